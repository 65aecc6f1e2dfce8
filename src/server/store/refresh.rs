//! Refreshing at rest: who may do it, and what it writes. One try at a time has the session's *lease*, and all
//! that it writes is written only as long as it has it: so an end in between stays an end, and of two
//! instances one refreshes.

use super::{
    AuditRow, CALL_LIMIT, EndedRecord, NewPerson, SessionKey, Store, StoreError,
    audit::{self, add_audit},
    call,
    people::{PersonWrite, person_columns},
    sessions::{EndedRow, ended},
};
use chrono::{DateTime, Utc};
use surrealdb::types::{Bytes, SurrealValue, Variables};

/// When a session's tokens are to be refreshed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshTimes {
    /// When they are to be. Never, where there is no refresh token.
    pub due_at: Option<DateTime<Utc>>,
    /// Until when there is no try, since the last one failed.
    pub rest_until: Option<DateTime<Utc>>,
    /// When the access token expires, if the provider said so.
    pub access_token_expires_at: Option<DateTime<Utc>>,
}

/// A try that wants to begin.
#[derive(Clone, Debug)]
pub struct RefreshTry {
    /// Who tries: a word that no other try has.
    pub holder: String,
    /// Now.
    pub now: DateTime<Utc>,
    /// Until when nobody else may try, unless this one ends before.
    pub until: DateTime<Utc>,
    /// Where the person asks for it, whether it is due or not: when the last try must have been before.
    /// Nothing where it is to be done only if it is due.
    pub asked_and_none_since: Option<DateTime<Utc>>,
}

/// Whether a try may begin.
#[derive(Clone, Debug)]
pub enum RefreshTurn<T> {
    /// It has the lease.
    Taken(T),
    /// Another one has it.
    Held,
    /// It is not due, or was done moments ago.
    NotDue,
    /// The last one failed, and the next must wait.
    Resting,
    /// The session has ended.
    Gone,
}

/// What a try begins with.
#[derive(Clone, Debug)]
pub struct RefreshLease {
    /// The access, refresh and ID token, encrypted.
    pub sealed_tokens: Vec<u8>,
    /// When the access token expires, if the provider said so.
    pub access_token_expires_at: Option<DateTime<Utc>>,
    /// What the access token is good for, if the provider said so.
    pub scope: Option<String>,
    /// How many tries have failed since one succeeded.
    pub failures: u32,
}

/// New tokens.
#[derive(Clone, Debug)]
pub struct RefreshedRecord {
    /// The access, refresh and ID token, encrypted.
    pub sealed_tokens: Vec<u8>,
    /// When the access token expires, if the provider said so.
    pub access_token_expires_at: Option<DateTime<Utc>>,
    /// What the access token is good for, if the provider said so.
    pub scope: Option<String>,
    /// When they are to be refreshed.
    pub due_at: Option<DateTime<Utc>>,
}

// Compared with a time, NONE is earlier than all: so it is asked for by name.
macro_rules! take {
    ($condition:literal) => {
        concat!(
            "UPDATE $id SET refresh_lease = $holder, refresh_lease_until = $until, refresh_tried_at = $now
                WHERE expires_at > $now AND (refresh_lease = NONE OR refresh_lease_until <= $now)
                AND (refresh_rest_until = NONE OR refresh_rest_until <= $now) AND ",
            $condition,
            " RETURN tokens, access_token_expires_at, scope, refresh_failures"
        )
    };
}
const TAKE_IF_DUE: &str = take!("refresh_due_at != NONE AND refresh_due_at <= $now");
const TAKE_IF_ASKED: &str = take!("(refresh_tried_at = NONE OR refresh_tried_at <= $none_since)");
const WHY_NOT: &str = "SELECT refresh_lease != NONE AND refresh_lease_until > $now AS held,
    refresh_rest_until != NONE AND refresh_rest_until > $now AS resting FROM $id WHERE expires_at > $now";

const KEEP_TOKENS: &str = "UPDATE $id SET tokens = $tokens WHERE refresh_lease = $holder RETURN VALUE expires_at";

/// The person first, while the lease is there, and with them what the audit log has about it. What was read before
/// somebody else's newer news stays away.
macro_rules! describe {
    ($also:literal) => {
        concat!(
            "BEGIN;
            LET $described = UPDATE (SELECT VALUE user FROM $id WHERE refresh_lease = $holder) SET ",
            person_columns!(),
            ", described_at = $as_of WHERE (described_at ?? last_login) <= $as_of RETURN VALUE id;
            IF $described != [] { ",
            add_audit!(),
            " };
            UPDATE $id SET refresh_lease = NONE, refresh_lease_until = NONE, refresh_failures = 0,
                refresh_rest_until = NONE",
            $also,
            " WHERE refresh_lease = $holder RETURN VALUE expires_at;
            COMMIT;"
        )
    };
}
const DESCRIBED: &str = describe!("");
const REFRESHED: &str = describe!(
    ", tokens = $tokens, access_token_expires_at = $access_token_expires_at, scope = $scope, refresh_due_at = $due_at"
);

const POSTPONE: &str = "UPDATE $id SET refresh_lease = NONE, refresh_lease_until = NONE, refresh_failures += 1,
    refresh_rest_until = $until WHERE refresh_lease = $holder RETURN VALUE expires_at";
const GIVE_UP: &str = "UPDATE $id SET refresh_lease = NONE, refresh_lease_until = NONE, refresh_due_at = NONE
    WHERE refresh_lease = $holder RETURN VALUE expires_at";
const END: &str = "DELETE $id WHERE refresh_lease = $holder RETURN BEFORE";

impl Store {
    /// Begins a try, if it may: it has the lease then.
    ///
    /// # Errors
    /// The database does not answer, or not as it should. It may have the lease then.
    pub async fn take_refresh(
        &self,
        key: &SessionKey,
        wanted: &RefreshTry,
    ) -> Result<RefreshTurn<RefreshLease>, StoreError> {
        let mut variables = held_by(key, &wanted.holder);
        variables.insert("now", wanted.now);
        variables.insert("until", wanted.until);
        let text = match wanted.asked_and_none_since {
            Some(time) => {
                variables.insert("none_since", time);
                TAKE_IF_ASKED
            }
            None => TAKE_IF_DUE,
        };
        let taken = call::run(&self.handles, CALL_LIMIT, text, variables).await?.row::<LeaseRow>(0)?;
        if let Some(row) = taken {
            return Ok(RefreshTurn::Taken(RefreshLease {
                sealed_tokens: row.tokens.to_vec(),
                access_token_expires_at: row.access_token_expires_at,
                scope: row.scope,
                failures: u32::try_from(row.refresh_failures).unwrap_or_default(),
            }));
        }
        let mut variables = Variables::new();
        variables.insert("id", key.record_id());
        variables.insert("now", wanted.now);
        let why = call::run(&self.handles, CALL_LIMIT, WHY_NOT, variables).await?.row::<WhyNotRow>(0)?;
        Ok(match why {
            None => RefreshTurn::Gone,
            Some(WhyNotRow { held: true, .. }) => RefreshTurn::Held,
            Some(WhyNotRow { resting: true, .. }) => RefreshTurn::Resting,
            Some(_) => RefreshTurn::NotDue,
        })
    }

    /// Writes tokens while the try goes on. Answers whether it still has the lease: else nothing was written.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn keep_tokens(
        &self,
        key: &SessionKey,
        holder: &str,
        sealed_tokens: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let mut variables = held_by(key, holder);
        variables.insert("tokens", Bytes::from(sealed_tokens));
        self.while_held(KEEP_TOKENS, variables, 0).await
    }

    /// Ends a try well: writes how the person was described at `as_of` and what the audit log has about it (unless
    /// something newer is there), and the new tokens where there are any. Answers whether it still had the lease: else nothing was written.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; then nothing was written, except that after
    /// [`StoreError::TimedOut`] it may have been.
    pub async fn save_refresh(
        &self,
        key: &SessionKey,
        holder: &str,
        person: &NewPerson,
        as_of: DateTime<Utc>,
        tokens: Option<RefreshedRecord>,
        audit: Vec<AuditRow>,
    ) -> Result<bool, StoreError> {
        let mut variables = held_by(key, holder);
        variables.insert("person", PersonWrite::from(person));
        variables.insert("as_of", as_of);
        variables.insert("audit", audit::writes(audit));
        let text = match tokens {
            Some(new) => {
                variables.insert("tokens", Bytes::from(new.sealed_tokens));
                variables.insert("access_token_expires_at", new.access_token_expires_at);
                variables.insert("scope", new.scope);
                variables.insert("due_at", new.due_at);
                REFRESHED
            }
            None => DESCRIBED,
        };
        // BEGIN counts as a statement too.
        self.while_held(text, variables, 3).await
    }

    /// Ends a try that failed: none begins before `until`. Answers whether it still had the lease.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn postpone_refresh(
        &self,
        key: &SessionKey,
        holder: &str,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut variables = held_by(key, holder);
        variables.insert("until", until);
        self.while_held(POSTPONE, variables, 0).await
    }

    /// Ends a try for good: there is nothing to refresh with. Answers whether it still had the lease.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn give_refresh_up(&self, key: &SessionKey, holder: &str) -> Result<bool, StoreError> {
        self.while_held(GIVE_UP, held_by(key, holder), 0).await
    }

    /// Ends the session itself, if the try still has the lease.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: the session may be alive then.
    pub async fn end_refreshing_session(
        &self,
        key: &SessionKey,
        holder: &str,
    ) -> Result<Option<EndedRecord>, StoreError> {
        let mut answer = call::run(&self.handles, CALL_LIMIT, END, held_by(key, holder)).await?;
        Ok(ended(answer.rows::<EndedRow>(0)?)?.pop())
    }

    /// Whether `statement` of the text changed the session, as it does only while the lease is held.
    async fn while_held(&self, text: &'static str, variables: Variables, statement: usize) -> Result<bool, StoreError> {
        let mut answer = call::run(&self.handles, CALL_LIMIT, text, variables).await?;
        Ok(answer.row::<DateTime<Utc>>(statement)?.is_some())
    }
}

fn held_by(key: &SessionKey, holder: &str) -> Variables {
    let mut variables = Variables::new();
    variables.insert("id", key.record_id());
    variables.insert("holder", holder.to_owned());
    variables
}

#[derive(SurrealValue)]
struct LeaseRow {
    tokens: Bytes,
    access_token_expires_at: Option<DateTime<Utc>>,
    scope: Option<String>,
    refresh_failures: i64,
}

#[derive(SurrealValue)]
struct WhyNotRow {
    held: bool,
    resting: bool,
}
