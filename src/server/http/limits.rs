//! How much one client may ask, and how much all of them at once.
//!
//! Clients are told apart by their address ([`ClientAddress`]), of IPv6 by the /64 that a provider gives to one
//! customer. Loopback is no exception.

use super::{failure::Failure, peer::ClientAddress, rate::RateLimit};
use crate::{model::ProblemKind, server::AppState, server::settings::LimitSettings};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many reports of browsers are told in the log in a minute, of whomever they come.
const REPORTS: NonZeroU32 = NonZeroU32::new(60).unwrap();

/// What is counted.
pub struct Limits {
    /// Sign-ins that are asked for.
    sign_ins: RateLimit<Client>,
    /// Sign-ins that come back.
    callbacks: RateLimit<Client>,
    /// Access tokens and logout tokens that were refused.
    refused_tokens: RateLimit<Client>,
    /// Reports of browsers.
    pub reports: RateLimit<()>,
    /// Requests that are worked on.
    requests: Semaphore,
}

/// Who is counted as one. Nothing where nobody knows: then all of these are one.
type Client = Option<IpAddr>;

impl Limits {
    /// Nothing is counted yet.
    pub fn new(settings: &LimitSettings) -> Self {
        let each = || RateLimit::per_minute(settings.per_minute);
        Self {
            sign_ins: each(),
            callbacks: each(),
            refused_tokens: each(),
            reports: RateLimit::per_minute(REPORTS),
            requests: Semaphore::new(usize::from(settings.concurrent_requests.get())),
        }
    }

    /// A place for one more request, unless there are too many already. It is free again when it is dropped.
    pub fn admit(&self) -> Option<SemaphorePermit<'_>> {
        self.requests.try_acquire().ok()
    }
}

/// Counts each request for a sign-in.
pub async fn sign_ins(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match state.limits.sign_ins.count(client(&request)) {
        Ok(()) => next.run(request).await,
        Err(wait) => too_many("sign-ins that are asked for", wait),
    }
}

/// Counts each sign-in that comes back.
pub async fn callbacks(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match state.limits.callbacks.count(client(&request)) {
        Ok(()) => next.run(request).await,
        Err(wait) => too_many("sign-ins that come back", wait),
    }
}

/// Counts access tokens that are refused: who sends a good one may do so as often as they like, and who has sent
/// too many bad ones is not looked at for a while.
pub async fn access_tokens(state: State<AppState>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::AUTHORIZATION) {
        tokens(state, request, next, StatusCode::UNAUTHORIZED).await
    } else {
        next.run(request).await
    }
}

/// The same for logout tokens.
pub async fn logout_tokens(state: State<AppState>, request: Request, next: Next) -> Response {
    tokens(state, request, next, StatusCode::BAD_REQUEST).await
}

async fn tokens(State(state): State<AppState>, request: Request, next: Next, refusal: StatusCode) -> Response {
    let client = client(&request);
    let limit = &state.limits.refused_tokens;
    if let Err(wait) = limit.look(&client) {
        return too_many("refused tokens", wait);
    }
    let response = next.run(request).await;
    if response.status() == refusal {
        // That there is no more room concerns the next one.
        let _ = limit.count(client);
    }
    response
}

fn too_many(what: &str, wait: Duration) -> Response {
    let failure = Failure::new(ProblemKind::TooManyRequests, format!("too many {what} from this address"));
    failure.after(wait).into_response()
}

fn client(request: &Request) -> Client {
    let ClientAddress(address) = request.extensions().get().copied().unwrap_or_default();
    address.map(|address| match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn client_at(address: Option<&str>) -> Client {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ClientAddress(address.map(|address| address.parse().unwrap())));
        client(&request)
    }

    #[test]
    fn an_address_is_a_client_and_of_ipv6_its_network() {
        assert_ne!(client_at(Some("203.0.113.1")), client_at(Some("203.0.113.2")));
        assert_eq!(client_at(Some("2001:db8:1:2::1")), client_at(Some("2001:db8:1:2:ffff::9")));
        assert_ne!(client_at(Some("2001:db8:1:2::1")), client_at(Some("2001:db8:1:3::1")));
        assert_eq!(client_at(None), None);
    }
}
