//! Machine tokens: access tokens that Portico asks for in its own name, by the client credentials
//! grant (RFC 6749, section 4.4), one for each audience.

use super::{
    error::{Api, DirectoryError},
    refreshing::{Fetched, Missing, Refreshing, Snapshot},
    refusal,
    retry::{Backoff, Retry},
    settings::{MachineClient, Tuning},
    transport::Transport,
};
use crate::server::settings::ClientAuth;
use axum::http::StatusCode;
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const CALL: &str = "POST /oauth/token";
/// How long before its end a token is no longer fresh.
const MARGIN: Duration = Duration::from_secs(300);
/// The life assumed where the answer names none.
const SHORT_LIFE: Duration = Duration::from_secs(600);
/// The longest life believed.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest token taken, in bytes.
const LONGEST_TOKEN: usize = 16 << 10;

/// A machine token.
pub(super) struct MachineToken {
    pub(super) token: SecretString,
    /// What it may be used for, where the answer says so.
    pub(super) scopes: Option<Vec<String>>,
    /// How long it lives, from its issue on.
    pub(super) life: Duration,
}

/// The machine tokens of one client.
#[derive(Clone)]
pub(super) struct MachineTokens {
    client: Arc<MachineClient>,
    transport: Transport,
    tuning: Tuning,
    kept: Refreshing<MachineToken>,
}

impl MachineTokens {
    pub(super) fn new(client: Arc<MachineClient>, transport: Transport, tuning: Tuning) -> Self {
        Self { client, transport, tuning, kept: Refreshing::new(1 << 20, &tuning) }
    }

    /// The token for an audience, fetched once however many ask, and anew from 5 minutes before its
    /// end.
    ///
    /// # Errors
    /// The token endpoint's refusal, or that it is away.
    pub(super) async fn get(
        &self,
        api: Api,
        audience: &str,
        deadline: Instant,
    ) -> Result<Snapshot<MachineToken>, DirectoryError> {
        let (this, wanted) = (self.clone(), audience.to_owned());
        let fetch = move || async move { this.fetch(api, &wanted).await };
        self.kept.get(audience, deadline, fetch).await.map_err(|Missing { error, .. }| error)
    }

    /// Forgets a token that the API does not take, unless it is new: then the next one would be
    /// refused as well, and each counts towards the tenant's quota.
    pub(super) async fn forget(&self, audience: &str, refused: &Snapshot<MachineToken>) {
        if (Utc::now() - refused.as_of).to_std().unwrap_or_default() >= self.tuning.rest_after_refusal {
            self.kept.forget(audience).await;
        }
    }

    async fn fetch(&self, api: Api, audience: &str) -> Result<Fetched<MachineToken>, DirectoryError> {
        let deadline = Instant::now() + self.tuning.refresh_limit;
        let mut backoff = Backoff::new(&self.tuning, deadline);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let fault = match self.transport.send(CALL, self.request(audience)?, left).await {
                Ok(reply) if reply.is_fault() || reply.status == StatusCode::TOO_MANY_REQUESTS => {
                    DirectoryError::Unavailable(format!("{CALL}: status {}", reply.status.as_u16()))
                }
                Ok(reply) if reply.status == StatusCode::OK => {
                    let token = read(&reply.body).map_err(|reason| DirectoryError::Malformed { call: CALL, reason })?;
                    tracing::debug!(audience, life_seconds = token.life.as_secs(), "a machine token was issued");
                    let (fresh_for, usable_for) = uses(token.life);
                    return Ok(Fetched {
                        fresh_for,
                        usable_for,
                        bytes: u32::try_from(reply.body.len()).unwrap_or(u32::MAX),
                        value: token,
                    });
                }
                Ok(reply) => return Err(refusal::by_token_endpoint(api, audience, reply.status, &reply.body)),
                Err(DirectoryError::Unavailable(reason)) => DirectoryError::Unavailable(reason),
                Err(error) => return Err(error),
            };
            match backoff.next() {
                Retry::After(pause) => tokio::time::sleep(pause).await,
                Retry::Never => return Err(fault),
            }
        }
    }

    fn request(&self, audience: &str) -> Result<reqwest::RequestBuilder, DirectoryError> {
        let endpoint = self
            .client
            .tenant
            .join("oauth/token")
            .map_err(|_| DirectoryError::Senseless("the tenant's address has no paths"))?;
        let secret = self.client.client_secret.expose_secret();
        // No `scope`: the token then has all that the client was granted, and a grant that lacks
        // one still gives the others.
        let mut form = vec![("grant_type", "client_credentials"), ("audience", audience)];
        let mut request = self.transport.outbound.client().post(endpoint);
        match self.client.client_auth {
            ClientAuth::Post => form.extend([("client_id", self.client.client_id.as_str()), ("client_secret", secret)]),
            ClientAuth::Basic => {
                // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                request = request.basic_auth(encode(&self.client.client_id), Some(encode(secret)));
            }
        }
        Ok(request.form(&form))
    }
}

/// How long a token is fresh, and how long it may be used while the next one cannot be had.
fn uses(life: Duration) -> (Duration, Duration) {
    (life.saturating_sub(MARGIN.min(life / 2)), life.saturating_sub(Duration::from_secs(5)))
}

/// Reads a token answer (RFC 6749, section 5.1).
fn read(body: &[u8]) -> Result<MachineToken, String> {
    let json: Value = serde_json::from_slice(body).map_err(|_| "it is not JSON".to_owned())?;
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let token = text("access_token").ok_or("there is no access_token in it")?;
    if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("its access_token cannot be one".to_owned());
    }
    if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("Bearer")) {
        return Err("its token_type is not Bearer".to_owned());
    }
    let life = match json.get("expires_in") {
        None => SHORT_LIFE,
        Some(seconds) => {
            Duration::from_secs(seconds.as_u64().filter(|s| *s > 0).ok_or("its expires_in is no number of seconds")?)
        }
    };
    Ok(MachineToken {
        token: SecretString::from(token),
        scopes: text("scope").map(|scopes| scopes.split_ascii_whitespace().map(str::to_owned).collect()),
        life: life.min(LONGEST_LIFE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_is_fresh_until_five_minutes_before_its_end() {
        let seconds = |life| {
            let (fresh, usable) = uses(Duration::from_secs(life));
            (fresh.as_secs_f64(), usable.as_secs())
        };
        assert_eq!(seconds(86_400), (86_100.0, 86_395));
        assert_eq!(seconds(600), (300.0, 595));
        assert_eq!(seconds(60), (30.0, 55), "one that lives for less than ten minutes, for half its life");
        assert_eq!(seconds(1), (0.5, 0));
    }

    #[test]
    fn a_token_answer_is_believed_only_in_its_form() {
        let read = |json: Value| read(json.to_string().as_bytes());
        let full = read(json!({ "access_token": "a.b.c", "token_type": "bearer", "expires_in": 86400, "scope": "read:users  read:roles" })).unwrap();
        assert_eq!(full.token.expose_secret(), "a.b.c");
        assert_eq!(
            (full.life.as_secs(), full.scopes.unwrap()),
            (86_400, vec!["read:users".to_owned(), "read:roles".to_owned()])
        );
        let short = read(json!({ "access_token": "a", "token_type": "Bearer" })).unwrap();
        assert_eq!((short.life, short.scopes), (SHORT_LIFE, None));
        let endless = read(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": u64::MAX })).unwrap();
        assert_eq!(endless.life, LONGEST_LIFE);
        for wrong in [
            json!("token"),
            json!({ "token_type": "Bearer" }),
            json!({ "access_token": 7, "token_type": "Bearer" }),
            json!({ "access_token": "", "token_type": "Bearer" }),
            json!({ "access_token": "a\r\nX-Evil: 1", "token_type": "Bearer" }),
            json!({ "access_token": "a".repeat(LONGEST_TOKEN + 1), "token_type": "Bearer" }),
            json!({ "access_token": "a", "token_type": "DPoP" }),
            json!({ "access_token": "a" }),
            json!({ "access_token": "a", "token_type": "Bearer", "expires_in": "86400" }),
            json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 0 }),
            json!({ "access_token": "a", "token_type": "Bearer", "expires_in": -1 }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
