//! A person's sessions at rest, for the person themselves: each statement names whose they are, so that
//! nothing reaches another person's session.

use super::{
    CALL_LIMIT, EndedRecord, SessionKey, Store, StoreError, call,
    people::record_key,
    sessions::{EndedRow, MOST_AT_ONCE, ended, key_of},
};
use chrono::{DateTime, Utc};
use surrealdb::types::{RecordId, SurrealValue, Variables};

/// How many of a person's sessions are listed at most, the last used first.
const MOST: i64 = 200;

const LIST: &str = "SELECT id, created_at, last_seen_at, amr, connection, user_agent, network FROM session
    WHERE user_key = $user_key AND expires_at > $now AND last_seen_at > $idle_since ORDER BY last_seen_at DESC LIMIT $most";
const KEYS: &str = "SELECT VALUE id FROM session WHERE user_key = $user_key";
const END_ONE: &str = "DELETE $id WHERE user_key = $user_key RETURN BEFORE";
const END_SOME: &str =
    "DELETE (SELECT VALUE id FROM session WHERE user_key = $user_key AND id != $kept LIMIT $most) RETURN BEFORE";

/// A session that has not expired, as its person may know it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedSession {
    /// The hash of its id.
    pub key: SessionKey,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within a minute.
    pub last_seen_at: DateTime<Utc>,
    /// The ID token's `amr`.
    pub amr: Vec<String>,
    /// The connection they signed in with, if one was asked for.
    pub connection: Option<String>,
    /// The browser, as it calls itself.
    pub user_agent: Option<String>,
    /// The network they came from.
    pub network: Option<String>,
}

impl Store {
    /// The sessions of a person that were used after `idle_since` and end after `now`, the last used first.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn sessions_of(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user_key", record_key(issuer, subject));
        variables.insert("now", now);
        variables.insert("idle_since", idle_since);
        variables.insert("most", MOST);
        let rows = call::run(&self.handles, CALL_LIMIT, LIST, variables).await?.rows::<ListedRow>(0)?;
        rows.into_iter().map(ListedRow::read).collect()
    }

    /// The keys of all sessions of a person, expired or not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn session_keys_of(&self, issuer: &str, subject: &str) -> Result<Vec<SessionKey>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user_key", record_key(issuer, subject));
        let rows = call::run(&self.handles, CALL_LIMIT, KEYS, variables).await?.rows::<RecordId>(0)?;
        rows.iter().map(key_of).collect()
    }

    /// Ends the session with that key if it is that person's; nothing if they have none such.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn end_session_of(
        &self,
        issuer: &str,
        subject: &str,
        key: &SessionKey,
    ) -> Result<Option<EndedRecord>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user_key", record_key(issuer, subject));
        variables.insert("id", key.record_id());
        let rows = call::run(&self.handles, CALL_LIMIT, END_ONE, variables).await?.rows::<EndedRow>(0)?;
        Ok(ended(rows)?.pop())
    }

    /// Ends some of that person's sessions, [`MOST_AT_ONCE`] of them, but the one to be `kept`; nothing when there are
    /// no more.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn end_some_sessions_of(
        &self,
        issuer: &str,
        subject: &str,
        kept: Option<&SessionKey>,
    ) -> Result<Vec<EndedRecord>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user_key", record_key(issuer, subject));
        variables.insert("kept", kept.map(SessionKey::record_id));
        variables.insert("most", MOST_AT_ONCE);
        ended(call::run(&self.handles, CALL_LIMIT, END_SOME, variables).await?.rows::<EndedRow>(0)?)
    }
}

#[derive(SurrealValue)]
struct ListedRow {
    id: RecordId,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    amr: Vec<String>,
    connection: Option<String>,
    user_agent: Option<String>,
    network: Option<String>,
}

impl ListedRow {
    fn read(self) -> Result<ListedSession, StoreError> {
        Ok(ListedSession {
            key: key_of(&self.id)?,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            amr: self.amr,
            connection: self.connection,
            user_agent: self.user_agent,
            network: self.network,
        })
    }
}
