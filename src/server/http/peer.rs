//! Where a request comes from on the network.
//!
//! By itself the address at the other end of the connection. Behind a proxy that is the proxy's, and what it says in
//! `X-Forwarded-For` counts if it is one of ours (`PORTICO_TRUSTED_PROXIES`). Anybody can send that header, and
//! proxies add to it at its right end: so it is read from the right, as far as our own proxies have written it.
//! `Forwarded` (RFC 7239) and all other headers of the kind are not looked at, nor is what they say of host or scheme.

use crate::server::settings::TrustedProxies;
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client, whatever it is. `front` works it out for every request. Nothing where the connection
/// has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// Of that request, by the word of these proxies.
    pub fn of(request: &Request, trusted: &TrustedProxies) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Self(peer.map(|peer| seen_through(peer.to_canonical(), request.headers(), trusted)))
    }

    /// The address if it is one of the internet, and so says something about the person: within an own network,
    /// or behind a proxy that is not trusted, it does not.
    pub fn of_the_internet(self) -> Option<IpAddr> {
        self.0.filter(is_of_the_internet)
    }
}

/// From proxy to proxy as long as each is ours. One that names nobody is as far as it goes.
fn seen_through(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let mut client = peer;
    let lines = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    for hop in hops.into_iter().rev() {
        if !trusted.has(client) {
            break;
        }
        let Some(address) = address(hop.trim()) else { break };
        client = address;
    }
    client
}

/// An address, as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']'))?.parse().ok();
    text.parse().or_else(|_| with_port()).ok().or_else(in_brackets).map(|address: IpAddr| address.to_canonical())
}

/// [`ClientAddress::of_the_internet`], for handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ClientAddress>().copied().unwrap_or_default().of_the_internet()))
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
    use axum::body::Body;

    /// What is made of a connection from `peer` with these lines, where 10.0.0.0/8 and fd00::/8 are ours.
    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted = "10.0.0.0/8,fd00::/8".parse().unwrap();
        let mut request = Request::builder().extension(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1234)));
        for line in lines {
            request = request.header(FORWARDED_FOR, *line).header("forwarded", "for=192.0.2.9");
        }
        let ClientAddress(address) = ClientAddress::of(&request.body(Body::empty()).unwrap(), &trusted);
        address.unwrap().to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(client("203.0.113.7", &["198.51.100.1, 10.0.0.1"]), "203.0.113.7");
        assert_eq!(client("::ffff:203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
    }

    #[test]
    fn our_own_proxy_says_who_asks_it() {
        assert_eq!(client("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        for written in ["203.0.113.7:4711", "::ffff:203.0.113.7", " 203.0.113.7 "] {
            assert_eq!(client("10.0.0.1", &[written]), "203.0.113.7", "{written}");
        }
        for written in ["[2001:db8::7]:4711", "[2001:db8::7]"] {
            assert_eq!(client("10.0.0.1", &[written]), "2001:db8::7", "{written}");
        }
    }

    #[test]
    fn what_was_written_before_it_is_the_clients_own_invention() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.9, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.0.0.2", "10.0.0.3"]), "203.0.113.7");
    }

    #[test]
    fn where_it_names_nobody_it_is_the_client_itself() {
        for line in ["", "unknown", "_hidden", "203.0.113.7, unknown", "203.0.113.7,", "localhost", "1.2.3"] {
            assert_eq!(client("10.0.0.1", &[line]), "10.0.0.1", "{line:?}");
        }
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "all are ours");
    }

    async fn peer(address: &str) -> Option<String> {
        let request = Request::builder().extension(ClientAddress(Some(address.parse().unwrap())));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(Peer(peer)) = Peer::from_request_parts(&mut parts, &()).await;
        peer.map(|peer| peer.to_string())
    }

    #[tokio::test]
    async fn an_address_of_the_internet_says_something_about_the_person() {
        for address in ["203.0.113.7", "100.63.0.1", "100.128.0.1", "172.15.0.1", "2001:db8::1"] {
            assert_eq!(peer(address).await.as_deref(), Some(address));
        }
    }

    #[tokio::test]
    async fn a_proxys_own_does_not() {
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
        ] {
            assert_eq!(peer(address).await, None, "{address}");
        }
        let (mut parts, ()) = Request::builder().body(()).unwrap().into_parts();
        assert_eq!(Peer::from_request_parts(&mut parts, &()).await, Ok(Peer(None)), "nobody knows");
    }
}
