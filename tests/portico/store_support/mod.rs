//! What the tests of the store and of the sessions share: settings, people and sessions to sign in.

#[path = "../../../src/server/store/tests/fixtures.rs"]
mod fixtures;

pub use fixtures::{ISSUER, PASSWORD, keyring, person, session, settings};

use crate::support::server;
use chrono::{DateTime, TimeDelta, Utc};
use portico::server::{
    secrets::Keyring,
    session::{Clock, NewSession, SessionId, SessionSettings, Sessions, Tokens},
    store::{AuthLevel, NewPerson, SessionKey, SessionRecord, Store, StoreSettings},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

pub const ACCESS_TOKEN: &str = "the-access-token-of-a-test";
pub const REFRESH_TOKEN: &str = "the-refresh-token-of-a-test";
pub const ID_TOKEN: &str = "the-id-token-of-a-test";

/// The defaults of the settings.
pub const LIFE: SessionSettings = SessionSettings {
    idle: Duration::from_secs(24 * 3600),
    lifetime: Duration::from_secs(7 * 24 * 3600),
    per_person: None,
};

pub async fn memory() -> Arc<Store> {
    Arc::new(Store::connect(&settings("mem://")).await.expect("an embedded database opens"))
}

pub fn sessions(store: &Arc<Store>) -> Sessions {
    Sessions::new(store.clone(), keyring(&[1]), LIFE)
}

pub fn new_session(id: &SessionId) -> NewSession {
    NewSession {
        id: id.clone(),
        tokens: Tokens {
            access_token: ACCESS_TOKEN.into(),
            refresh_token: Some(REFRESH_TOKEN.into()),
            id_token: ID_TOKEN.into(),
            access_token_life: None,
            scope: Some("openid".into()),
        },
        provider_session: Some("the provider's session".into()),
        amr: vec!["pwd".into(), "mfa".into()],
        acr: None,
        auth_time: None,
        connection: None,
        user_agent: Some("Mozilla/5.0".into()),
        address: Some([203, 0, 113, 7].into()),
    }
}

/// Signs somebody in and answers the new session's id.
pub async fn sign_in(sessions: &Sessions, subject: &str) -> SessionId {
    let id = SessionId::generate();
    sessions.begin(&person(subject), new_session(&id), None).await.expect("a sign-in succeeds");
    id
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct StandingClock(Arc<Mutex<DateTime<Utc>>>);

impl StandingClock {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-03-01T08:00:00Z".parse().unwrap())))
    }

    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    pub fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += TimeDelta::from_std(by).unwrap();
    }

    pub fn clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}
