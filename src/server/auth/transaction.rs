//! One attempt to sign in, from `/login` to `/callback`: what must be remembered in between.
//!
//! It rides in an encrypted cookie of its own, so that two tabs can sign in at once and the server
//! keeps nothing for visitors who never come back.

use crate::{
    model::ReturnTo,
    server::secrets::{Keyring, Purpose},
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long an attempt may take.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Ends the state of an attempt that was started because the one before it was lost.
const RESTARTED: &str = ".2";

/// What is remembered of one attempt.
#[derive(Serialize, Deserialize)]
pub struct Transaction {
    /// The `state` of RFC 6749, section 4.1.1.
    pub state: String,
    /// The `nonce` of OpenID Connect Core 1.0, section 3.1.2.1.
    pub nonce: String,
    /// The `code_verifier` of RFC 7636.
    pub pkce_verifier: String,
    /// Where the person goes afterwards: a path that passed [`ReturnTo::parse`].
    pub return_to: String,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The connection asked for, such as `google-oauth2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Whether a second factor was asked for in this attempt.
    #[serde(default)]
    pub step_up: bool,
    /// How many seconds ago the person may have proved who they are (`max_age` of OpenID Connect Core 1.0,
    /// section 3.1.2.1), if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// The organization asked for: the ID token must be of the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}

impl Transaction {
    /// Starts an attempt. `restarted` marks one that takes the place of a lost one.
    pub fn start(
        return_to: &ReturnTo,
        connection: Option<String>,
        organization: Option<String>,
        restarted: bool,
    ) -> Self {
        let (_, verifier) = PkceCodeChallenge::new_random_sha256();
        let mark = if restarted { RESTARTED } else { "" };
        Self {
            state: format!("{}{mark}", random()),
            nonce: random(),
            pkce_verifier: verifier.into_secret(),
            return_to: return_to.as_str().to_owned(),
            started_at: Utc::now(),
            step_up: false,
            max_age: None,
            connection,
            organization,
        }
    }

    /// The same attempt, asking for a second factor.
    #[must_use]
    pub fn stepping_up(self) -> Self {
        Self { step_up: true, ..self }
    }

    /// The same attempt, asking that the person proved at most so many seconds ago who they are.
    #[must_use]
    pub fn with_max_age(self, max_age: Option<u32>) -> Self {
        Self { max_age, ..self }
    }

    /// The challenge that belongs to the verifier: S256, always.
    pub fn pkce_challenge(&self) -> PkceCodeChallenge {
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(self.pkce_verifier.clone()))
    }

    /// Whether the attempt with this `state` was started in place of a lost one. Read from the state
    /// itself, since there is nothing else left when the cookie is lost again.
    pub fn is_restart(state: &str) -> bool {
        state.ends_with(RESTARTED)
    }

    /// The part of the cookie's name that tells attempts apart: made from the state, and not
    /// telling it.
    pub fn cookie_id(state: &str) -> String {
        let hash = digest::digest(&digest::SHA256, state.as_bytes());
        // A SHA-256 has 32 bytes.
        URL_SAFE_NO_PAD.encode(&hash.as_ref()[..9])
    }

    /// Whether the attempt is older than [`LIFETIME`], or from the future.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        let age = now - self.started_at;
        age > LIFETIME || age < TimeDelta::minutes(-1)
    }

    /// Whether this is the attempt with that `state`, compared in constant time.
    pub fn has_state(&self, state: &str) -> bool {
        verify_slices_are_equal(self.state.as_bytes(), state.as_bytes()).is_ok()
    }

    /// Encrypts it for a cookie of that name: under another name it cannot be opened.
    pub fn seal(&self, keyring: &Keyring, cookie_name: &str) -> Result<String, serde_json::Error> {
        let plain = serde_json::to_vec(self)?;
        Ok(URL_SAFE_NO_PAD.encode(keyring.seal(Purpose::Transaction, cookie_name.as_bytes(), &plain)))
    }

    /// Opens the value of a cookie of that name; nothing if it is not ours, or not whole.
    pub fn open(keyring: &Keyring, cookie_name: &str, value: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let plain = keyring.open(Purpose::Transaction, cookie_name.as_bytes(), &sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

/// 256 random bits in base64url.
pub(super) fn random() -> String {
    let mut bytes = [0; 32];
    // The system's random source failing means that nothing here can be done safely.
    rand::fill(&mut bytes).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_has_its_own_secrets() {
        let [one, two] = [0, 1].map(|_| Transaction::start(&ReturnTo::default(), None, None, false));
        assert_ne!(one.state, two.state);
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.pkce_verifier, two.pkce_verifier);
        assert_ne!(Transaction::cookie_id(&one.state), Transaction::cookie_id(&two.state));
        assert!(one.has_state(&one.state) && !one.has_state(&two.state));
    }

    #[test]
    fn a_restart_is_told_by_its_state_alone() {
        assert!(Transaction::is_restart(&Transaction::start(&ReturnTo::default(), None, None, true).state));
        assert!(!Transaction::is_restart(&Transaction::start(&ReturnTo::default(), None, None, false).state));
    }

    #[test]
    fn an_attempt_lives_ten_minutes() {
        let attempt = Transaction::start(&ReturnTo::default(), None, None, false);
        assert!(!attempt.has_expired(attempt.started_at + LIFETIME));
        assert!(attempt.has_expired(attempt.started_at + LIFETIME + TimeDelta::seconds(1)));
        assert!(attempt.has_expired(attempt.started_at - TimeDelta::minutes(2)));
    }
}
