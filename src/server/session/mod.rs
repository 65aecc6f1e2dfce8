//! The rules of a session: how it begins, how long it lives, how it ends.
//!
//! - A session begins with a sign-in, always under a new id, and the one it replaces ends with it.
//! - It ends when it was not used for [`SessionSettings::idle`], at [`SessionSettings::lifetime`]
//!   after the sign-in however busy it is, and when somebody ends it. All three are decided here on
//!   every lookup, never by the cookie's own expiry (OWASP ASVS 5, 7.3).
//! - Ended is ended: ending deletes, and nothing but a sign-in makes a session, so a slow request
//!   cannot bring one back. On this instance it takes effect at once, on others within a second
//!   (see `cache.rs`).
//!
//! A lookup of a session used within the last second costs no database call and opens no token.

mod cache;
mod device;
mod devices;
mod id;
mod refresh;
mod signed_in;
mod tokens;
mod user_agent;
mod watch;

pub(in crate::server) use device::network;
pub use devices::{OwnSession, handle};
pub use id::SessionId;
pub use refresh::{Freshness, RefreshLease, RefreshReason};
pub use tokens::Tokens;
pub use watch::{News, SessionWatch, WatchError};

pub use super::store::{ProviderLogoutOutcome, RefreshTurn};

use super::{
    auth::LogoutToken,
    secrets::Keyring,
    store::{
        AuditRow, EndedRecord, NewPerson, ProviderLogout, RefreshTimes, SessionKey, SessionLimit, SessionRecord, Store,
        StoreError, StoredSession,
    },
};
use crate::model::SignedIn;
use cache::Cache;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use std::{
    fmt,
    net::IpAddr,
    num::NonZeroU16,
    sync::{Arc, OnceLock},
    time::Duration,
};
use watch::{Follower, Watchers};

/// How long it is remembered that a logout token was taken: longer than any is accepted, which is three
/// minutes, one of them in the future.
const LOGOUT_TOKEN_REMEMBERED: Duration = Duration::from_secs(600);
/// How often it is noted, at most, that a session is in use.
const NOTE_USE_EVERY: Duration = Duration::from_secs(60);

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// `PORTICO_SESSION_IDLE_SECONDS`: a session ends when it was not used for this long. As its
    /// use is noted once a minute, it may end up to a minute early.
    pub idle: Duration,
    /// `PORTICO_SESSION_LIFETIME_SECONDS`: it ends this long after the sign-in in any case.
    pub lifetime: Duration,
    /// `PORTICO_SESSIONS_PER_PERSON`: how many a person may have; as many as they like where it is not set. A
    /// sign-in ends the oldest.
    pub per_person: Option<NonZeroU16>,
}

/// A sign-in that becomes a session.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id: a new one for every sign-in.
    pub id: SessionId,
    /// What the token endpoint answered with.
    pub tokens: Tokens,
    /// The provider's own session: the ID token's `sid`.
    pub provider_session: Option<String>,
    /// How the person proved who they are: the ID token's `amr` (RFC 8176).
    pub amr: Vec<String>,
    /// How strongly: the ID token's `acr`.
    pub acr: Option<String>,
    /// When they did: the ID token's `auth_time`.
    pub auth_time: Option<DateTime<Utc>>,
    /// The connection that was asked for at `/login`.
    pub connection: Option<String>,
    /// The browser's `User-Agent`. The beginning of it is kept.
    pub user_agent: Option<String>,
    /// Where the person came from. Only the network is kept: /24 of IPv4, /48 of IPv6.
    pub address: Option<IpAddr>,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Who is signed in by it.
    pub signed_in: Arc<SignedIn>,
    /// The person's oldest sessions, which had to make room ([`SessionSettings::per_person`]).
    pub ended: Vec<EndedSession>,
}

/// What signing out at the provider takes, of a session that has just ended here.
#[derive(Clone, Debug)]
pub struct EndedSession {
    /// What the database knew it by.
    pub key: SessionKey,
    /// Whose it was (`sub`).
    pub subject: String,
    /// The `id_token_hint` of the logout. Nothing if the secret it was sealed with is gone.
    pub id_token: Option<SecretString>,
    /// To be revoked. Nothing if there was none, or if the secret it was sealed with is gone.
    pub refresh_token: Option<SecretString>,
    /// The ID token's `sid`.
    pub provider_session: Option<String>,
}

/// What can go wrong with sessions: only what can go wrong with the database.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What time it is. The system's, except in tests.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// All sessions. One of it a process.
pub struct Sessions {
    store: Arc<Store>,
    keyring: Keyring,
    settings: SessionSettings,
    cache: Arc<Cache<Live>>,
    watchers: Arc<Watchers>,
    /// Begun by the first who waits for a session to end.
    follower: OnceLock<Follower>,
    clock: Clock,
}

/// A session as it is remembered for a second.
struct Live {
    signed_in: Arc<SignedIn>,
    /// When it ends if it is not used again, or its lifetime is over: whichever comes first.
    ends_at: DateTime<Utc>,
    refresh: RefreshTimes,
}

impl Sessions {
    /// Sessions kept in `store`, with their tokens sealed by `keyring`.
    pub fn new(store: Arc<Store>, keyring: Keyring, settings: SessionSettings) -> Self {
        Self {
            store,
            keyring,
            settings,
            cache: Arc::new(Cache::new()),
            watchers: Arc::default(),
            follower: OnceLock::new(),
            clock: Arc::new(Utc::now),
        }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Begins a session for a person who has just signed in, and ends the one it `replaces`, in one
    /// transaction. The person is made or brought up to date by it, and their oldest sessions end where
    /// there would be too many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: there is no session then.
    pub async fn begin(
        &self,
        person: &NewPerson,
        session: NewSession,
        replaces: Option<&SessionId>,
    ) -> Result<Begun, SessionError> {
        self.begin_audited(person, session, replaces, vec![]).await
    }

    /// The same, and writes entries of the audit log in the same transaction.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_audited(
        &self,
        person: &NewPerson,
        session: NewSession,
        replaces: Option<&SessionId>,
        audit: Vec<AuditRow>,
    ) -> Result<Begun, SessionError> {
        let now = self.now();
        let replaces = replaces.map(SessionId::key);
        let ending = replaces.map(|key| self.cache.ending(&key));
        let expires_at = later(now, self.settings.lifetime);
        let (amr, auth_time) = (session.amr.clone(), session.auth_time);
        let record = SessionRecord { audit, ..self.record(session, now, expires_at) };
        let (person, surplus) = match self.settings.per_person {
            Some(most) => {
                let idle_since = earlier(now, self.settings.idle);
                let limit = SessionLimit { others: u32::from(most.get()) - 1, idle_since };
                self.store.save_limited_sign_in(person, record, replaces.as_ref(), now, limit).await?
            }
            None => (self.store.save_sign_in(person, record, replaces.as_ref(), now).await?, vec![]),
        };
        drop(ending);
        if let Some(key) = replaces {
            self.forget(&key).await;
        }
        let signed_in = SignedIn {
            person,
            signed_in_at: now,
            authenticated_at: auth_time.unwrap_or(now),
            auth_time,
            expires_at,
            authentication_methods: amr,
        };
        Ok(Begun { signed_in: Arc::new(signed_in), ended: self.gone(surplus).await })
    }

    /// The person signed in by that id; nothing if the session has ended or never was. Counts as a
    /// use of the session.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn find(&self, id: &SessionId) -> Result<Option<Arc<SignedIn>>, SessionError> {
        Ok(self.look_up(id, true).await?.map(|live| live.signed_in.clone()))
    }

    /// The same, and whether the session's tokens are to be refreshed.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn find_with_freshness(
        &self,
        id: &SessionId,
    ) -> Result<Option<(Arc<SignedIn>, Freshness)>, SessionError> {
        let found = self.look_up(id, true).await?;
        Ok(found.map(|live| (live.signed_in.clone(), Freshness::of(&live.refresh, self.now()))))
    }

    /// The same without counting as a use: a page left open asks by itself whether its session
    /// lives, and must not keep it alive by asking.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn peek(&self, id: &SessionId) -> Result<Option<Arc<SignedIn>>, SessionError> {
        Ok(self.look_up(id, false).await?.map(|live| live.signed_in.clone()))
    }

    async fn look_up(&self, id: &SessionId, in_use: bool) -> Result<Option<Arc<Live>>, SessionError> {
        self.live(id.key(), in_use).await
    }

    async fn live(&self, key: SessionKey, in_use: bool) -> Result<Option<Arc<Live>>, SessionError> {
        let found = self.cache.get_or_load(&key, || self.load(key, in_use)).await?;
        Ok(found.filter(|live| self.now() < live.ends_at))
    }

    /// Ends a session. Answers what signing out at the provider takes, also for one that had
    /// expired; nothing if there was none. Once this has answered, no lookup here finds it.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: the session may be alive then.
    pub async fn end(&self, id: &SessionId) -> Result<Option<EndedSession>, SessionError> {
        let key = id.key();
        let ending = self.cache.ending(&key);
        let ended = self.store.end_session(&key).await?;
        drop(ending);
        self.forget(&key).await;
        Ok(ended.map(|ended| self.opened(ended)))
    }

    /// Ends what the sign-in service says has ended, by a logout token of `issuer` that was verified: all
    /// sessions of its `sid`, else all of its `sub`. Answers what is left of them, or that the token was
    /// taken before. Once this has answered, no lookup here finds them.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: the sessions may be alive then.
    pub async fn end_by_provider(
        &self,
        issuer: &str,
        token: &LogoutToken,
    ) -> Result<ProviderLogoutOutcome<EndedSession>, SessionError> {
        let logout = ProviderLogout {
            issuer,
            token: &token.jti,
            session: token.session.as_deref(),
            subject: token.subject.as_deref(),
            remembered_until: later(self.now(), LOGOUT_TOKEN_REMEMBERED),
        };
        Ok(match self.store.end_by_provider(&logout).await? {
            ProviderLogoutOutcome::Done(ended) => ProviderLogoutOutcome::Done(self.gone(ended).await),
            ProviderLogoutOutcome::Replayed => ProviderLogoutOutcome::Replayed,
        })
    }

    /// Forgets sessions that the database has just deleted.
    async fn gone(&self, ended: Vec<EndedRecord>) -> Vec<EndedSession> {
        // First all that costs no waiting: from here on none of them is found.
        ended.iter().for_each(|ended| drop(self.cache.ending(&ended.key)));
        for ended in &ended {
            self.forget(&ended.key).await;
        }
        ended.into_iter().map(|ended| self.opened(ended)).collect()
    }

    /// Frees what is kept of a session that has ended, and wakes who waits for that.
    async fn forget(&self, key: &SessionKey) {
        self.cache.forget(key).await;
        self.watchers.wake(key);
    }

    fn opened(&self, ended: EndedRecord) -> EndedSession {
        let opened = tokens::open(&self.keyring, &ended.key, &ended.sealed_tokens);
        if opened.is_none() {
            tracing::warn!(
                "the tokens of an ended session cannot be decrypted; was a secret removed from PORTICO_SECRET?"
            );
        }
        let (id_token, refresh_token) =
            opened.map_or((None, None), |tokens| (Some(tokens.id_token), tokens.refresh_token));
        let EndedRecord { key, subject, provider_session, .. } = ended;
        EndedSession { key, subject, id_token, refresh_token, provider_session }
    }

    /// Deletes the sessions that have expired, and answers how many. No lookup finds them anyway:
    /// this frees the space, and rids the database of their tokens. Old logout tokens go with them.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn sweep(&self) -> Result<usize, SessionError> {
        let now = self.now();
        self.store.sweep_logout_tokens(now).await?;
        Ok(self.store.sweep_sessions(now, earlier(now, self.settings.idle)).await?)
    }

    async fn load(&self, key: SessionKey, in_use: bool) -> Result<Option<Live>, StoreError> {
        let now = self.now();
        let idle_since = earlier(now, self.settings.idle);
        let Some(session) = self.store.session(&key, now, idle_since).await? else { return Ok(None) };
        let StoredSession { person, created_at, mut last_seen_at, expires_at, amr, auth_time, refresh } = session;
        // A short idle time needs its use noted more often, or a busy session would end.
        let note_before = earlier(now, NOTE_USE_EVERY.min(self.settings.idle / 4));
        if in_use && last_seen_at < note_before && self.store.touch_session(&key, now, note_before, idle_since).await? {
            last_seen_at = now;
        }
        Ok(Some(Live {
            ends_at: expires_at.min(later(last_seen_at, self.settings.idle)),
            refresh,
            signed_in: Arc::new(SignedIn {
                person,
                signed_in_at: created_at,
                authenticated_at: auth_time.unwrap_or(created_at),
                auth_time,
                expires_at,
                authentication_methods: amr,
            }),
        }))
    }

    fn record(&self, session: NewSession, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> SessionRecord {
        let key = session.id.key();
        SessionRecord {
            key,
            sealed_tokens: session.tokens.seal(&self.keyring, &key),
            access_token_expires_at: refresh::expires_at(&session.tokens, now),
            refresh_due_at: refresh::due_at(&session.tokens, now),
            scope: session.tokens.scope,
            provider_session: session.provider_session,
            amr: session.amr,
            acr: session.acr,
            auth_time: session.auth_time,
            connection: session.connection,
            user_agent: session.user_agent.map(device::shortened),
            network: session.address.map(network),
            expires_at,
            audit: vec![],
        }
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// `time` and so much later, or as late as can be said.
fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| time.checked_add_signed(by)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// `time` and so much earlier, or as early as can be said.
fn earlier(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| time.checked_sub_signed(by)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}
