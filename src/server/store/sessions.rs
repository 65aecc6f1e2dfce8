//! Sessions at rest. A session's record id is the SHA-256 of its cookie's value; its tokens are
//! sealed before they come here.
//!
//! A session is made once and ended once: it is only ever created by a sign-in, updates touch rows
//! that are there, and ending deletes. So nothing can bring an ended session back.

use super::{
    AuditRow, CALL_LIMIT, NewPerson, RefreshTimes, Store, StoreError,
    audit::{self, add_audit},
    call, hex,
    people::{PersonRow, PersonWrite, person_columns, record_id, record_key, subject_of, upsert_person},
};
use crate::model::Person;
use chrono::{DateTime, Utc};
use std::fmt;
use surrealdb::types::{Bytes, RecordId, RecordIdKey, SurrealValue, Variables};

/// What the database knows a session by: the SHA-256 of its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl From<[u8; 32]> for SessionKey {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl SessionKey {
    /// The hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn record_id(&self) -> RecordId {
        RecordId::new("session", self.to_string())
    }

    /// What [`record_id`](Self::record_id) was made from.
    fn of_record(id: &RecordId) -> Option<Self> {
        let RecordIdKey::String(text) = &id.key else { return None };
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// In hexadecimal, as in the database.
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({self})")
    }
}

/// What a sign-in writes about its session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// The hash of the session's id.
    pub key: SessionKey,
    /// The access, refresh and ID token, encrypted.
    pub sealed_tokens: Vec<u8>,
    /// When the access token expires, if the provider said so (`expires_in`).
    pub access_token_expires_at: Option<DateTime<Utc>>,
    /// When the tokens are to be refreshed. Never, where there is no refresh token.
    pub refresh_due_at: Option<DateTime<Utc>>,
    /// What the access token is good for (`scope`), if the provider said so.
    pub scope: Option<String>,
    /// The provider's own session: the ID token's `sid`, by which it ends ours (back-channel logout).
    pub provider_session: Option<String>,
    /// How the person proved who they are: the ID token's `amr` (RFC 8176).
    pub amr: Vec<String>,
    /// How strongly: the ID token's `acr`.
    pub acr: Option<String>,
    /// When they did: the ID token's `auth_time`.
    pub auth_time: Option<DateTime<Utc>>,
    /// The connection they signed in with, if one was asked for.
    pub connection: Option<String>,
    /// The browser, as it calls itself.
    pub user_agent: Option<String>,
    /// The network they came from: `203.0.113.0/24`, `2001:db8:1::/48`.
    pub network: Option<String>,
    /// When the session ends however busy it is.
    pub expires_at: DateTime<Utc>,
    /// What the audit log has about it.
    pub audit: Vec<AuditRow>,
}

/// A session that has not expired, with its person.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSession {
    /// Whose it is.
    pub person: Person,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within a minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends however busy it is.
    pub expires_at: DateTime<Utc>,
    /// The ID token's `amr`.
    pub amr: Vec<String>,
    /// The ID token's `auth_time`.
    pub auth_time: Option<DateTime<Utc>>,
    /// When its tokens are to be refreshed.
    pub refresh: RefreshTimes,
}

/// What is left of a session that has just been ended.
#[derive(Clone, Debug)]
pub struct EndedRecord {
    /// The hash of the session's id.
    pub key: SessionKey,
    /// Whose it was (`sub`).
    pub subject: String,
    /// The access, refresh and ID token, encrypted.
    pub sealed_tokens: Vec<u8>,
    /// The ID token's `sid`.
    pub provider_session: Option<String>,
}

/// How many of a person's sessions may live besides the one that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// So many others.
    pub others: u32,
    /// What was last used by then lives no more, and does not count.
    pub idle_since: DateTime<Utc>,
}

/// The person, the session that this one replaces, the session, and what the audit log has about it: all or
/// nothing.
macro_rules! sign_in {
    () => {
        concat!(
            "BEGIN;\n",
            upsert_person!(),
            " RETURN AFTER;
            DELETE $replaced RETURN NONE;
            CREATE $id CONTENT $content RETURN VALUE created_at;\n"
        )
    };
}
const SIGN_IN: &str = concat!(sign_in!(), add_audit!(), "COMMIT;");
/// The same, and of the person's others only the newest stay. Two sign-ins of one person write the same
/// person, so they never do this at once.
const LIMITED_SIGN_IN: &str = concat!(
    sign_in!(),
    "LET $surplus = (SELECT id, created_at FROM session WHERE user_key = $user_key AND id != $id AND expires_at > $now
        AND last_seen_at > $idle_since ORDER BY created_at DESC START $others).id;
    DELETE $surplus RETURN BEFORE;\n",
    add_audit!(),
    "COMMIT;"
);

/// Only what a page needs: no token leaves the database for a lookup.
pub(super) const FIND: &str = "SELECT created_at, last_seen_at, expires_at, amr, auth_time, access_token_expires_at,
    refresh_due_at, refresh_rest_until, user.* AS user FROM $id
    WHERE expires_at > $now AND last_seen_at > $idle_since";

const TOUCH: &str = "UPDATE $id SET last_seen_at = $now
    WHERE last_seen_at < $before AND last_seen_at > $idle_since AND expires_at > $now
    RETURN VALUE last_seen_at";

const END: &str = "DELETE $id RETURN BEFORE";

pub(super) const SWEEP_EXPIRED: &str =
    "DELETE (SELECT VALUE id FROM session WHERE expires_at <= $now LIMIT $most) RETURN VALUE $before.id";
pub(super) const SWEEP_IDLE: &str =
    "DELETE (SELECT VALUE id FROM session WHERE last_seen_at <= $idle_since LIMIT $most) RETURN VALUE $before.id";

/// How many sessions one statement ends of those that may be many. Each end is told to every instance, and a
/// SurrealDB server closes the connection of one that has a hundred unread.
pub(super) const MOST_AT_ONCE: i64 = 50;

impl Store {
    /// Writes down a sign-in in one transaction: the person is made or brought up to date
    /// (`last_login` becomes `now`), the session `replaces` ends, and `session` begins.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; then nothing was written, except that
    /// after [`StoreError::TimedOut`] it may have been.
    pub async fn save_sign_in(
        &self,
        person: &NewPerson,
        session: SessionRecord,
        replaces: Option<&SessionKey>,
        now: DateTime<Utc>,
    ) -> Result<Person, StoreError> {
        Ok(self.write_sign_in(person, session, replaces, now, None).await?.0)
    }

    /// The same, and all but the newest of the person's other sessions end in the same transaction. Answers
    /// what is left of these, too.
    ///
    /// # Errors
    /// As [`save_sign_in`](Self::save_sign_in).
    pub async fn save_limited_sign_in(
        &self,
        person: &NewPerson,
        session: SessionRecord,
        replaces: Option<&SessionKey>,
        now: DateTime<Utc>,
        limit: SessionLimit,
    ) -> Result<(Person, Vec<EndedRecord>), StoreError> {
        self.write_sign_in(person, session, replaces, now, Some(limit)).await
    }

    async fn write_sign_in(
        &self,
        person: &NewPerson,
        mut session: SessionRecord,
        replaces: Option<&SessionKey>,
        now: DateTime<Utc>,
        limit: Option<SessionLimit>,
    ) -> Result<(Person, Vec<EndedRecord>), StoreError> {
        let user = record_id(&person.issuer, &person.subject);
        let user_key = record_key(&person.issuer, &person.subject);
        let mut variables = Variables::new();
        variables.insert("user", user.clone());
        variables.insert("person", PersonWrite::from(person));
        variables.insert("now", now);
        variables.insert("replaced", replaces.map(SessionKey::record_id).into_iter().collect::<Vec<_>>());
        variables.insert("id", session.key.record_id());
        variables.insert("audit", audit::writes(std::mem::take(&mut session.audit)));
        variables.insert("content", SessionWrite::new(user, user_key.clone(), session, now));
        let text = match limit {
            Some(SessionLimit { others, idle_since }) => {
                variables.insert("user_key", user_key);
                variables.insert("others", i64::from(others));
                variables.insert("idle_since", idle_since);
                LIMITED_SIGN_IN
            }
            None => SIGN_IN,
        };
        let mut answer = call::run(&self.handles, CALL_LIMIT, text, variables).await?;
        // BEGIN and COMMIT count as statements too.
        let person = answer.row::<PersonRow>(1)?.ok_or(StoreError::Unexpected("the person was not written"))?;
        let begun = answer.row::<DateTime<Utc>>(3)?.ok_or(StoreError::Unexpected("the session was not written"))?;
        if begun != now {
            return Err(StoreError::Unexpected("the session is another one's"));
        }
        let surplus = if limit.is_some() { ended(answer.rows::<EndedRow>(5)?)? } else { vec![] };
        Ok((person.into(), surplus))
    }

    /// The session with that key, if it was used after `idle_since` and ends after `now`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn session(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Option<StoredSession>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("id", key.record_id());
        variables.insert("now", now);
        variables.insert("idle_since", idle_since);
        let mut answer = call::run(&self.handles, CALL_LIMIT, FIND, variables).await?;
        let Some(row) = answer.row::<SessionRow>(0)? else { return Ok(None) };
        // A session whose person is gone is nobody's.
        let Some(person) = row.user else { return Ok(None) };
        Ok(Some(StoredSession {
            person: person.into(),
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            amr: row.amr,
            auth_time: row.auth_time,
            refresh: RefreshTimes {
                due_at: row.refresh_due_at,
                rest_until: row.refresh_rest_until,
                access_token_expires_at: row.access_token_expires_at,
            },
        }))
    }

    /// Notes that the session was used at `now`, if it is alive and was last noted before `before`.
    /// It never makes a session. Answers whether it noted anything.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn touch_session(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
        before: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut variables = Variables::new();
        variables.insert("id", key.record_id());
        variables.insert("now", now);
        variables.insert("before", before);
        variables.insert("idle_since", idle_since);
        let mut answer = call::run(&self.handles, CALL_LIMIT, TOUCH, variables).await?;
        Ok(answer.row::<DateTime<Utc>>(0)?.is_some())
    }

    /// Ends the session with that key, expired or not; nothing if there was none.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn end_session(&self, key: &SessionKey) -> Result<Option<EndedRecord>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("id", key.record_id());
        let mut answer = call::run(&self.handles, CALL_LIMIT, END, variables).await?;
        Ok(ended(answer.rows::<EndedRow>(0)?)?.pop())
    }

    /// Deletes the sessions that ended by `now` or were last used by `idle_since`, some in
    /// each transaction, and answers how many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; some may be deleted then.
    pub async fn sweep_sessions(&self, now: DateTime<Utc>, idle_since: DateTime<Utc>) -> Result<usize, StoreError> {
        self.sweep_in_batches(now, idle_since, MOST_AT_ONCE).await
    }

    pub(super) async fn sweep_in_batches(
        &self,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
        batch: i64,
    ) -> Result<usize, StoreError> {
        let mut variables = Variables::new();
        variables.insert("now", now);
        variables.insert("idle_since", idle_since);
        let mut swept = 0;
        for text in [SWEEP_EXPIRED, SWEEP_IDLE] {
            swept += call::sweep(&self.handles, text, variables.clone(), batch).await?;
        }
        Ok(swept)
    }
}

/// The variable `$content` of [`SIGN_IN`]: a new row of the table `session`.
#[derive(SurrealValue)]
struct SessionWrite {
    user: RecordId,
    user_key: String,
    tokens: Bytes,
    access_token_expires_at: Option<DateTime<Utc>>,
    refresh_due_at: Option<DateTime<Utc>>,
    scope: Option<String>,
    sid: Option<String>,
    amr: Vec<String>,
    acr: Option<String>,
    auth_time: Option<DateTime<Utc>>,
    connection: Option<String>,
    user_agent: Option<String>,
    network: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl SessionWrite {
    fn new(user: RecordId, user_key: String, session: SessionRecord, now: DateTime<Utc>) -> Self {
        Self {
            user,
            user_key,
            tokens: Bytes::from(session.sealed_tokens),
            access_token_expires_at: session.access_token_expires_at,
            refresh_due_at: session.refresh_due_at,
            scope: session.scope,
            sid: session.provider_session,
            amr: session.amr,
            acr: session.acr,
            auth_time: session.auth_time,
            connection: session.connection,
            user_agent: session.user_agent,
            network: session.network,
            created_at: now,
            last_seen_at: now,
            expires_at: session.expires_at,
        }
    }
}

#[derive(SurrealValue)]
struct SessionRow {
    user: Option<PersonRow>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    amr: Vec<String>,
    auth_time: Option<DateTime<Utc>>,
    access_token_expires_at: Option<DateTime<Utc>>,
    refresh_due_at: Option<DateTime<Utc>>,
    refresh_rest_until: Option<DateTime<Utc>>,
}

/// A row that was deleted, as it was (`RETURN BEFORE`).
#[derive(SurrealValue)]
pub(super) struct EndedRow {
    id: RecordId,
    user: RecordId,
    tokens: Bytes,
    sid: Option<String>,
}

/// The key of a session's record.
pub(super) fn key_of(id: &RecordId) -> Result<SessionKey, StoreError> {
    SessionKey::of_record(id).ok_or(StoreError::Unexpected("a session's id is no hash"))
}

/// What is left of sessions that were deleted.
pub(super) fn ended(rows: Vec<EndedRow>) -> Result<Vec<EndedRecord>, StoreError> {
    rows.into_iter()
        .map(|row| {
            let key = key_of(&row.id)?;
            let subject = subject_of(&row.user).ok_or(StoreError::Unexpected("a session is nobody's"))?;
            Ok(EndedRecord { key, subject, sealed_tokens: row.tokens.to_vec(), provider_session: row.sid })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_record() {
        let key = SessionKey::from([0xa7; 32]);
        assert_eq!(SessionKey::of_record(&key.record_id()), Some(key));
        for other in ["", "a7", &"é".repeat(32), &"g7".repeat(32), &"a7".repeat(33)] {
            assert_eq!(SessionKey::of_record(&RecordId::new("session", other.to_owned())), None, "{other}");
        }
        assert_eq!(SessionKey::of_record(&RecordId::new("session", 7)), None);
    }
}
