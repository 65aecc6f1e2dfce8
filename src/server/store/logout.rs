//! Sessions that the sign-in service ends, by a logout token that counts once.

use super::{
    CALL_LIMIT, EndedRecord, Store, StoreError, call, hex,
    people::record_key,
    sessions::{EndedRow, ended},
};
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use surrealdb::types::{ErrorDetails, RecordId, Variables};

/// A logout that the sign-in service asks for, by a token that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderLogout<'a> {
    /// The sign-in service.
    pub issuer: &'a str,
    /// The token's own id (`jti`).
    pub token: &'a str,
    /// Which of the service's sessions has ended (`sid`).
    pub session: Option<&'a str>,
    /// Whose (`sub`).
    pub subject: Option<&'a str>,
    /// Until when the token's id is remembered: it must be refused for its age by then.
    pub remembered_until: DateTime<Utc>,
}

/// What became of a [`ProviderLogout`].
#[derive(Clone, Debug)]
pub enum ProviderLogoutOutcome<T> {
    /// These sessions have ended; there may have been none.
    Done(Vec<T>),
    /// The token was taken before: nothing was done.
    Replayed,
}

// The note that the token was taken is written with the end of the sessions, or neither is.
/// By `sid`. A session of which no `sid` is known may be the one that is meant, so it ends as well where
/// the token says whose it is.
const END_BY_SESSION: &str = "BEGIN;
    CREATE $seen CONTENT { expires_at: $until } RETURN NONE;
    DELETE (SELECT VALUE id FROM session WHERE sid = $sid AND user.issuer = $issuer) RETURN BEFORE;
    DELETE (SELECT VALUE id FROM session WITH INDEX session_user_key WHERE user_key = $user_key AND sid = NONE) RETURN BEFORE;
    COMMIT;";
const END_BY_SUBJECT: &str = "BEGIN;
    CREATE $seen CONTENT { expires_at: $until } RETURN NONE;
    DELETE (SELECT VALUE id FROM session WHERE user_key = $user_key) RETURN BEFORE;
    COMMIT;";
const SWEEP: &str =
    "DELETE (SELECT VALUE id FROM logout_token WHERE expires_at <= $now LIMIT $most) RETURN VALUE $before.id";

impl Store {
    /// Ends the sessions that the sign-in service says have ended, expired or not, and notes that its token
    /// was taken, in one transaction: all that began with the session `sid`, else all of the person `sub`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; then nothing was done, except that after
    /// [`StoreError::TimedOut`] it may have been.
    pub async fn end_by_provider(
        &self,
        logout: &ProviderLogout<'_>,
    ) -> Result<ProviderLogoutOutcome<EndedRecord>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("seen", RecordId::new("logout_token", token_key(logout.issuer, logout.token)));
        variables.insert("until", logout.remembered_until);
        variables.insert("user_key", logout.subject.map(|subject| record_key(logout.issuer, subject)));
        let (text, answers) = match logout.session {
            Some(sid) => {
                variables.insert("sid", sid.to_owned());
                variables.insert("issuer", logout.issuer.to_owned());
                (END_BY_SESSION, 2..4)
            }
            None => (END_BY_SUBJECT, 2..3),
        };
        match call::run(&self.handles, CALL_LIMIT, text, variables).await {
            Ok(mut answer) => {
                let mut all = Vec::new();
                for statement in answers {
                    all.extend(ended(answer.rows::<EndedRow>(statement)?)?);
                }
                Ok(ProviderLogoutOutcome::Done(all))
            }
            // Nothing else in there is created.
            Err(StoreError::Query(error)) if matches!(error.details(), ErrorDetails::AlreadyExists(_)) => {
                Ok(ProviderLogoutOutcome::Replayed)
            }
            Err(error) => Err(error),
        }
    }

    /// Forgets the logout tokens that would be refused for their age, and answers how many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; some may be forgotten then.
    pub async fn sweep_logout_tokens(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut variables = Variables::new();
        variables.insert("now", now);
        call::sweep(&self.handles, SWEEP, variables, call::SWEEP_BATCH).await
    }
}

/// The SHA-256 of issuer and `jti`: of one length whatever was sent. The issuer's length goes first, so
/// that no two pairs read the same.
fn token_key(issuer: &str, jti: &str) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(&(issuer.len() as u64).to_be_bytes());
    hash.update(issuer.as_bytes());
    hash.update(jti.as_bytes());
    hex(hash.finish().as_ref())
}

#[cfg(test)]
mod tests {
    use super::token_key;

    #[test]
    fn no_two_tokens_have_one_key() {
        assert_eq!(token_key("https://a.example/", "1"), token_key("https://a.example/", "1"));
        assert_ne!(token_key("https://a.example/", "1"), token_key("https://a.example/1", ""));
        assert_ne!(token_key("https://a.example/", "1"), token_key("https://b.example/", "1"));
    }
}
