//! One of the directory's APIs, as it is called: with a machine token, within the budget, tried
//! again after faults, left alone while it is away, and its errors told apart.

use super::{
    budget::{Budget, Urgency},
    error::{Api, DirectoryError},
    refusal,
    retry::{Backoff, Retry},
    settings::Tuning,
    shape,
    token::{MachineToken, MachineTokens},
    transport::{Reply, Transport, pause},
};
use axum::http::{Method, StatusCode};
use chrono::Utc;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use url::Url;

/// How many entries are asked for at once: the most that the Management API gives.
pub(super) const PER_PAGE: usize = 100;
/// How many pages are read at most. The Management API gives the first 1,000 entries only.
const MOST_PAGES: usize = 10;

/// An API and all that is needed to call it.
pub(super) struct ApiClient {
    pub(super) api: Api,
    /// Without a slash at the end.
    base: String,
    pub(super) audience: String,
    transport: Transport,
    pub(super) tokens: MachineTokens,
    budget: Budget,
    tuning: Tuning,
    outage: Mutex<Option<Outage>>,
    /// What was logged of each call that fails, so that it is logged once.
    reported: Mutex<BTreeMap<&'static str, DirectoryError>>,
}

/// The API is away. One call at a time finds out whether it is back.
struct Outage {
    error: DirectoryError,
    next_probe: Instant,
}

/// A call.
pub(super) struct Call<'a> {
    /// Its method and path, with the ids left out: for the log and for errors.
    pub(super) name: &'static str,
    pub(super) method: Method,
    /// The path's segments, not encoded.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, String)],
    pub(super) body: Option<Value>,
    /// The scope it needs.
    pub(super) scope: &'static str,
}

impl<'a> Call<'a> {
    /// A call that reads.
    pub(super) const fn get(name: &'static str, path: &'a [&'a str], scope: &'static str) -> Self {
        Self { name, method: Method::GET, path, query: &[], body: None, scope }
    }

    /// A call that changes something.
    pub(super) const fn change(
        name: &'static str,
        method: Method,
        path: &'a [&'a str],
        body: Value,
        scope: &'static str,
    ) -> Self {
        Self { name, method, path, query: &[], body: Some(body), scope }
    }
}

/// All entries of a list.
pub(super) struct Entries {
    pub(super) entries: Vec<Value>,
    /// Whether there are more than were read.
    pub(super) cut: bool,
}

impl ApiClient {
    pub(super) fn new(
        api: Api,
        base: &str,
        audience: String,
        tokens: MachineTokens,
        transport: Transport,
        tuning: Tuning,
    ) -> Self {
        Self {
            api,
            base: base.trim_end_matches('/').to_owned(),
            audience,
            transport,
            tokens,
            budget: Budget::new(&tuning),
            tuning,
            outage: Mutex::new(None),
            reported: Mutex::default(),
        }
    }

    /// Makes the call. The answer is JSON, or null where there is none.
    ///
    /// # Errors
    /// All but `Off`.
    pub(super) async fn call(&self, call: &Call<'_>, urgency: Urgency) -> Result<Value, DirectoryError> {
        let deadline = match urgency {
            Urgency::Action(deadline) => deadline,
            Urgency::Refresh => Instant::now() + self.tuning.refresh_limit,
        };
        self.check_outage()?;
        let outcome = self.tries(call, urgency, deadline).await;
        match &outcome {
            Err(error @ DirectoryError::Unavailable(_)) => self.away(error),
            // Our own budget says nothing about the API.
            Err(DirectoryError::RateLimited { .. } | DirectoryError::NotYet) => {}
            Ok(_) | Err(DirectoryError::NotFound(_)) => {
                self.back();
                self.reported().remove(call.name);
            }
            Err(error) => {
                self.back();
                if self.reported().insert(call.name, error.clone()).as_ref() != Some(error) {
                    tracing::warn!(call = call.name, %error, remedy = error.remedy(), "a call to the directory failed");
                }
            }
        }
        outcome
    }

    async fn tries(&self, call: &Call<'_>, urgency: Urgency, deadline: Instant) -> Result<Value, DirectoryError> {
        let url = self.url(call)?;
        let mut backoff = Backoff::new(&self.tuning, deadline);
        loop {
            self.budget.acquire(urgency, deadline).await?;
            let token = self.tokens.get(self.api, &self.audience, deadline).await?;
            let mut request = self.transport.outbound.client().request(call.method.clone(), url.clone());
            request = request.bearer_auth(token.value.token.expose_secret()).header("accept", "application/json");
            if let Some(body) = &call.body {
                request = request.json(body);
            }
            let limit = deadline.saturating_duration_since(Instant::now());
            let sent_at = Instant::now();
            let sent = self.transport.send(call.name, request, limit).await;
            tracing::debug!(
                call = call.name,
                status = sent.as_ref().map_or(0, |reply| reply.status.as_u16()),
                elapsed_ms = u64::try_from(sent_at.elapsed().as_millis()).unwrap_or(u64::MAX),
                "directory call"
            );
            let (fault, retry) = match sent {
                Ok(reply) if reply.status.is_success() => return self.json(call, &reply),
                Ok(reply) if reply.status == StatusCode::TOO_MANY_REQUESTS => {
                    let pause = pause(&reply.headers, Utc::now());
                    self.budget.pause(Instant::now() + pause);
                    tracing::warn!(call = call.name, pause_seconds = pause.as_secs(), "the directory asks for a pause");
                    let until = Utc::now() + pause;
                    // The budget waits for the pause to end, so there is nothing to sleep for here.
                    (DirectoryError::RateLimited { until }, backoff.next_after(pause))
                }
                Ok(reply) if reply.is_fault() => (
                    DirectoryError::Unavailable(format!("{}: status {}", call.name, reply.status.as_u16())),
                    backoff.next(),
                ),
                Ok(reply) => {
                    if reply.status == StatusCode::UNAUTHORIZED {
                        self.tokens.forget(&self.audience, &token).await;
                    }
                    return Err(refusal::by_api(
                        self.api,
                        &self.audience,
                        call.name,
                        call.scope,
                        reply.status,
                        &reply.body,
                    ));
                }
                Err(error @ DirectoryError::Unavailable(_)) => (error, backoff.next()),
                Err(error) => return Err(error),
            };
            match (retry, &fault) {
                (Retry::Never, _) => return Err(fault),
                (Retry::After(_), DirectoryError::RateLimited { .. }) => {}
                (Retry::After(pause), _) => tokio::time::sleep(pause).await,
            }
        }
    }

    fn json(&self, call: &Call<'_>, reply: &Reply) -> Result<Value, DirectoryError> {
        if reply.status == StatusCode::NO_CONTENT || (reply.body.is_empty() && call.body.is_some()) {
            return Ok(Value::Null);
        }
        if !reply.may_be_json() {
            return Err(DirectoryError::WrongBaseUrl { api: self.api, status: reply.status.as_u16() });
        }
        serde_json::from_slice(&reply.body)
            .map_err(|_| DirectoryError::Malformed { call: call.name, reason: "it is not JSON".to_owned() })
    }

    /// Reads a list to its end, or to the most that is read.
    ///
    /// # Errors
    /// Those of [`call`](Self::call), and `Malformed` when it is no list.
    pub(super) async fn pages(
        &self,
        call: Call<'_>,
        member: &'static str,
        urgency: Urgency,
    ) -> Result<Entries, DirectoryError> {
        let mut entries = Vec::new();
        for page in 0..MOST_PAGES {
            let query =
                [("page", page.to_string()), ("per_page", PER_PAGE.to_string()), ("include_totals", "true".to_owned())];
            let body = self.call(&Call { query: &query, body: None, method: Method::GET, ..call }, urgency).await?;
            let list =
                shape::list(body, member).map_err(|reason| DirectoryError::Malformed { call: call.name, reason })?;
            let received = list.entries.len();
            entries.extend(list.entries);
            let ended = match list.total {
                Some(total) => received == 0 || entries.len() >= total,
                None => received < PER_PAGE,
            };
            if ended {
                return Ok(Entries { entries, cut: false });
            }
        }
        tracing::warn!(call = call.name, read = entries.len(), "the list is longer than what is read of it");
        Ok(Entries { entries, cut: true })
    }

    /// Reads a list that comes whole.
    ///
    /// # Errors
    /// Those of [`call`](Self::call), and `Malformed` when it is no list.
    pub(super) async fn list(
        &self,
        call: Call<'_>,
        member: &'static str,
        urgency: Urgency,
    ) -> Result<Vec<Value>, DirectoryError> {
        let body = self.call(&call, urgency).await?;
        let list = shape::list(body, member).map_err(|reason| DirectoryError::Malformed { call: call.name, reason })?;
        Ok(list.entries)
    }

    /// The machine token that calls are made with, for `portico check`.
    pub(super) async fn token(&self, deadline: Instant) -> Result<Arc<MachineToken>, DirectoryError> {
        self.tokens.get(self.api, &self.audience, deadline).await.map(|snapshot| snapshot.value)
    }

    fn url(&self, call: &Call<'_>) -> Result<Url, DirectoryError> {
        let mut text = self.base.clone();
        for segment in call.path {
            text.push('/');
            push_encoded(&mut text, segment).ok_or(DirectoryError::NotFound(call.name))?;
        }
        let mut url = Url::parse(&text).map_err(|_| DirectoryError::Senseless("its address is none"))?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        Ok(url)
    }

    fn check_outage(&self) -> Result<(), DirectoryError> {
        let mut outage = self.outage();
        let Some(outage) = outage.as_mut() else { return Ok(()) };
        let now = Instant::now();
        if now < outage.next_probe {
            return Err(outage.error.clone());
        }
        outage.next_probe = now + self.tuning.rest;
        Ok(())
    }

    fn away(&self, error: &DirectoryError) {
        let mut outage = self.outage();
        if outage.is_none() {
            tracing::warn!(api = %self.api, %error, "the directory is away; names are shown without descriptions");
        }
        *outage = Some(Outage { error: error.clone(), next_probe: Instant::now() + self.tuning.rest });
    }

    fn back(&self) {
        if self.outage().take().is_some() {
            tracing::info!(api = %self.api, "the directory is back");
        }
    }

    fn reported(&self) -> MutexGuard<'_, BTreeMap<&'static str, DirectoryError>> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outage(&self) -> MutexGuard<'_, Option<Outage>> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends a path segment, with all but RFC 3986's unreserved characters percent-encoded: ids hold
/// `|`, and could hold anything. Nothing where the segment would be none or lead elsewhere.
fn push_encoded(text: &mut String, segment: &str) -> Option<()> {
    if matches!(segment, "" | "." | "..") || segment.len() > shape::LONGEST_ID {
        return None;
    }
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").ok()?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(segment: &str) -> Option<String> {
        let mut text = "https://tenant.example/api/v2/users/".to_owned();
        push_encoded(&mut text, segment)?;
        text.push_str("/roles");
        // What a URL parser makes of it is what is sent.
        Some(Url::parse(&text).unwrap().path().to_owned())
    }

    #[test]
    fn an_id_stays_one_segment_whatever_is_in_it() {
        for (id, path) in [
            ("auth0|5f7c8ec7", "auth0%7C5f7c8ec7"),
            ("google-oauth2|1", "google-oauth2%7C1"),
            ("samlp|okta|ada@example.com", "samlp%7Cokta%7Cada%40example.com"),
            ("a/../../clients", "a%2F..%2F..%2Fclients"),
            ("a\\b?c#d%2e", "a%5Cb%3Fc%23d%252e"),
            ("ä b\n", "%C3%A4%20b%0A"),
            ("...", "..."),
        ] {
            assert_eq!(encoded(id).unwrap(), format!("/api/v2/users/{path}/roles"));
        }
    }

    #[test]
    fn an_id_that_would_lead_elsewhere_is_none() {
        for id in ["", ".", "..", &"x".repeat(513)] {
            assert_eq!(encoded(id), None);
        }
        assert_eq!(encoded("%2e%2e").unwrap(), "/api/v2/users/%252e%252e/roles");
    }
}
