//! The tokens of a session: held as secrets, sealed at rest.

use crate::server::{
    secrets::{Keyring, Purpose},
    store::SessionKey,
};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

/// What the token endpoint answered with (RFC 6749, section 5.1). Only this server ever has them.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token, if `offline_access` was granted.
    pub refresh_token: Option<SecretString>,
    /// The ID token, as it came.
    pub id_token: SecretString,
    /// How long the access token is good for from when it came, if the provider said so (`expires_in`).
    pub access_token_life: Option<TimeDelta>,
    /// What was granted (`scope`), if the provider said so.
    pub scope: Option<String>,
}

/// The secret part of [`Tokens`], as it is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed<'a> {
    access_token: &'a str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    id_token: &'a str,
}

/// The tokens of a session, decrypted.
pub(super) struct Opened {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub id_token: SecretString,
}

impl Tokens {
    /// Encrypts the tokens for that session: with another one's key they do not open.
    pub(super) fn seal(&self, keyring: &Keyring, session: &SessionKey) -> Vec<u8> {
        let text = Sealed {
            access_token: self.access_token.expose_secret(),
            refresh_token: self.refresh_token.as_ref().map(ExposeSecret::expose_secret),
            id_token: self.id_token.expose_secret(),
        };
        // Nothing but three strings, written to memory: neither can fail.
        let plain = Zeroizing::new(serde_json::to_vec(&text).expect("strings can be written as JSON"));
        keyring.seal(Purpose::SessionTokens, session.as_bytes(), &plain)
    }
}

/// Decrypts the tokens of that session; nothing if no secret opens them any more.
pub(super) fn open(keyring: &Keyring, session: &SessionKey, sealed: &[u8]) -> Option<Opened> {
    let plain = Zeroizing::new(keyring.open(Purpose::SessionTokens, session.as_bytes(), sealed)?);
    let text: Sealed<'_> = serde_json::from_slice(&plain).ok()?;
    Some(Opened {
        access_token: SecretString::from(text.access_token),
        refresh_token: text.refresh_token.map(SecretString::from),
        id_token: SecretString::from(text.id_token),
    })
}
