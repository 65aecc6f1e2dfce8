//! Our cookies: their names, their attributes, and reading them.
//!
//! On https all carry the `__Host-` prefix (RFC 6265bis): no sibling domain can plant one. Plain
//! http happens on loopback only, where browsers refuse that prefix.

#[cfg(test)]
mod properties;

use crate::server::{
    auth::{TRANSACTION_LIFETIME, Transaction},
    settings::PublicOrigin,
};
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};

/// How many attempts to sign in a browser may have under way. Cookies that pile up until a proxy
/// refuses the request's headers (431) are a known fault of sign-in libraries.
const MAX_TRANSACTIONS: usize = 5;
/// A value longer than any of ours is not even decoded, in bytes.
const MAX_VALUE: usize = 4096;

/// Names and attributes, as the public origin wants them.
#[derive(Clone, Copy, Debug)]
pub struct Jar {
    https: bool,
}

impl Jar {
    /// The cookies of that origin.
    pub fn of(origin: &PublicOrigin) -> Self {
        Self { https: origin.is_https() }
    }

    fn prefixed(self, name: &str) -> String {
        if self.https { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// The name of the session's cookie.
    pub fn session_name(self) -> &'static str {
        if self.https { "__Host-portico" } else { "portico" }
    }

    /// The name of the cookie of the attempt with that state.
    pub fn transaction_name(self, state: &str) -> String {
        format!("{}{}", self.transaction_prefix(), Transaction::cookie_id(state))
    }

    fn transaction_prefix(self) -> String {
        self.prefixed("portico.tx.")
    }

    /// The name of the cookie that remembers a sign-out under way at the sign-in service.
    pub fn sign_out_name(self) -> String {
        self.prefixed("portico.out")
    }

    /// Sets that cookie: the `state` the browser must come back with, for as long as an attempt to sign in lives.
    pub fn set_sign_out(self, state: String) -> HeaderValue {
        self.set(self.sign_out_name(), state, Duration::seconds(TRANSACTION_LIFETIME.num_seconds()))
    }

    /// Sets the session's cookie. It lives as long as the session can, and the server decides
    /// whether the session still does.
    pub fn set_session(self, value: String, lifetime: std::time::Duration) -> HeaderValue {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self.set(self.session_name().to_owned(), value, Duration::seconds(seconds))
    }

    /// Takes the session's cookie away.
    pub fn clear_session(self) -> HeaderValue {
        self.clear(self.session_name().to_owned())
    }

    /// Sets an attempt's cookie.
    pub fn set_transaction(self, name: String, value: String) -> HeaderValue {
        self.set(name, value, Duration::seconds(TRANSACTION_LIFETIME.num_seconds()))
    }

    /// Takes a cookie away: the same name and attributes, no value, in the past.
    pub fn clear(self, name: String) -> HeaderValue {
        self.set(name, String::new(), Duration::ZERO)
    }

    fn set(self, name: String, value: String, life: Duration) -> HeaderValue {
        let cookie = Cookie::build((name, value))
            .path("/")
            .secure(self.https)
            .http_only(true)
            // The callback is a navigation from another site: Strict cookies would not come along.
            .same_site(SameSite::Lax)
            .max_age(life)
            .build();
        // Names and values are ours: letters, digits, `-`, `_`, `.`.
        HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The value of a cookie; one sent twice is nobody's (a sibling path may have planted the other).
    pub fn get<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let mut values = all(headers).filter(|(found, _)| *found == name).map(|(_, value)| value);
        let value = values.next()?;
        (values.next().is_none() && value.len() <= MAX_VALUE).then_some(value)
    }

    /// Whether a session cookie was sent at all, readable or not.
    pub fn has_session(self, headers: &HeaderMap) -> bool {
        all(headers).any(|(name, _)| name == self.session_name())
    }

    /// The names of all attempts' cookies that were sent.
    pub fn transactions(self, headers: &HeaderMap) -> Vec<String> {
        let prefix = self.transaction_prefix();
        all(headers).map(|(name, _)| name).filter(|name| name.starts_with(&prefix)).map(str::to_owned).collect()
    }

    /// The names of the attempts' cookies that must go to make room for one more: those that cannot
    /// be opened or have expired, then the oldest.
    pub fn transactions_to_evict(
        self,
        headers: &HeaderMap,
        open: impl Fn(&str, &str) -> Option<Transaction>,
    ) -> Vec<String> {
        let prefix = self.transaction_prefix();
        let now = chrono::Utc::now();
        let (mut live, mut evicted) = (Vec::new(), Vec::new());
        for (name, value) in all(headers).filter(|(name, _)| name.starts_with(&prefix)) {
            match open(name, value).filter(|attempt| !attempt.has_expired(now)) {
                Some(attempt) => live.push((attempt.started_at, name)),
                None => evicted.push(name.to_owned()),
            }
        }
        live.sort_unstable();
        let surplus = (live.len() + 1).saturating_sub(MAX_TRANSACTIONS);
        evicted.extend(live.into_iter().take(surplus).map(|(_, name)| name.to_owned()));
        evicted
    }
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}
