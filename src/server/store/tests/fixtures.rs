//! People, sessions and settings to try the store with. The integration tests include this file as
//! well, where the names it takes from above are those of the crate's public face.

use super::{AuthLevel, Keyring, NewPerson, SessionKey, SessionRecord, StoreSettings, server};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::Map;

pub const ISSUER: &str = "https://tenant.example/";
pub const PASSWORD: &str = "the database password of a test";

/// A database at that address.
pub fn settings(url: &str) -> StoreSettings {
    StoreSettings {
        url: server::at(url, "portico", PASSWORD),
        namespace: "portico".into(),
        database: "portico".into(),
        username: "portico".into(),
        password: PASSWORD.into(),
        auth_level: AuthLevel::Root,
        keyring: keyring(&[1]),
    }
}

/// Keys made of secrets that consist of one byte each.
pub fn keyring(bytes: &[u8]) -> Keyring {
    let secrets: Vec<_> = bytes.iter().map(|&byte| SecretString::from(STANDARD.encode([byte; 32]))).collect();
    Keyring::new(&secrets).unwrap()
}

/// Somebody of whom nothing is known.
pub fn person(subject: &str) -> NewPerson {
    NewPerson {
        issuer: ISSUER.into(),
        subject: subject.into(),
        name: None,
        nickname: None,
        given_name: None,
        family_name: None,
        picture: None,
        email: None,
        email_verified: false,
        locale: None,
        updated_at: None,
        provider: "auth0".into(),
        app_metadata: Map::new(),
        user_metadata: Map::new(),
        claims: Map::new(),
        token_permissions: vec![],
        entitlements: Default::default(),
    }
}

/// A session whose key is that byte, again and again.
pub fn session(byte: u8, expires_at: DateTime<Utc>) -> SessionRecord {
    SessionRecord {
        key: SessionKey::from([byte; 32]),
        sealed_tokens: vec![byte],
        access_token_expires_at: None,
        refresh_due_at: None,
        scope: None,
        provider_session: None,
        amr: vec![],
        acr: None,
        auth_time: None,
        connection: None,
        user_agent: None,
        network: None,
        audit: vec![],
        expires_at,
    }
}
