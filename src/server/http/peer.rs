//! Where a request comes from on the network, as far as that says something about the person.

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// The address at the other end of the connection. Nothing for one that is not of the internet: behind a
/// proxy it is the proxy's. What a proxy says in headers is not believed, as anybody can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Ok(Self(address.map(|address| address.to_canonical()).filter(is_of_the_internet)))
    }
}

fn is_of_the_internet(address: &IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return false;
    }
    match address {
        IpAddr::V4(address) => {
            !address.is_private() && !address.is_link_local() && !address.is_broadcast() && !is_shared(*address)
        }
        IpAddr::V6(address) => !address.is_unique_local() && !address.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10: of a provider's own network (RFC 6598).
fn is_shared(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && b & 0b1100_0000 == 0b0100_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    async fn peer(address: &str) -> Option<String> {
        let request = Request::get("/")
            .header("x-forwarded-for", "198.51.100.1")
            .extension(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1234)));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(Peer(peer)) = Peer::from_request_parts(&mut parts, &()).await;
        peer.map(|peer| peer.to_string())
    }

    #[tokio::test]
    async fn an_address_of_the_internet_is_taken() {
        for address in ["203.0.113.7", "100.63.0.1", "100.128.0.1", "172.15.0.1", "2001:db8::1"] {
            assert_eq!(peer(address).await.as_deref(), Some(address));
        }
        assert_eq!(peer("::ffff:203.0.113.7").await.as_deref(), Some("203.0.113.7"));
    }

    #[tokio::test]
    async fn a_proxys_own_is_not() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(peer(address).await, None, "{address}");
        }
        let (mut parts, ()) = Request::get("/").body(()).unwrap().into_parts();
        assert_eq!(Peer::from_request_parts(&mut parts, &()).await, Ok(Peer(None)), "nobody knows");
    }
}
