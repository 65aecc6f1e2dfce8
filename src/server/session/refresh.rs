//! Refreshing a session's tokens: when it is due, and one try at a time.
//!
//! A try begins by taking the session's *lease* in the database, and writes only as long as it has it. So one
//! instance refreshes however many are asked, and no try brings back a session that has ended meanwhile.

use super::{EndedSession, SessionError, Sessions, Tokens, earlier, later, tokens};
use crate::server::store::{AuditRow, NewPerson, RefreshTimes, RefreshTry, RefreshTurn, RefreshedRecord, SessionKey};
use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use std::time::Duration;

/// How long before its end an access token is refreshed. One that lives shorter than twice that, at half its
/// life: else it would be due as soon as it comes.
const LEAD: TimeDelta = TimeDelta::minutes(1);
/// How long an access token is taken to live when the provider does not say (`expires_in` is optional).
const USUAL_LIFE: TimeDelta = TimeDelta::hours(1);
/// How long a try has the lease: longer than it takes, as each call in it ends in five seconds. Whoever dies at
/// it holds the next try up for no longer.
const LEASE: Duration = Duration::from_secs(60);
/// How soon a person may have it done again, who asks for it.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// The pause after a try that failed. It doubles with each that fails after it.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// The longest pause that a sign-in service is granted, which asks for one (`Retry-After`).
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(3600);

/// Whether a session's tokens are to be refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// No: they are new enough, there is no refresh token, or the last try has failed a moment ago.
    Fresh,
    /// Yes, and nobody need wait for it: the access token is good still, or the last try has failed.
    Ageing,
    /// Yes, and first: the access token has expired, and with it what is known of the person.
    Stale,
}

/// Why tokens are refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshReason {
    /// It is time to.
    Due,
    /// The person asks for it ("Check again").
    Asked,
}

/// The right to refresh a session's tokens, for the one that has it.
#[derive(Debug)]
pub struct RefreshLease {
    /// Which session's.
    pub key: SessionKey,
    holder: String,
    failures: u32,
    /// The tokens. Nothing if the secret they were sealed with is gone.
    pub tokens: Option<Tokens>,
    /// Whether the access token has expired, as far as it is known.
    pub has_expired: bool,
}

impl Freshness {
    pub(super) fn of(times: &RefreshTimes, now: DateTime<Utc>) -> Self {
        let Some(due_at) = times.due_at.filter(|due_at| *due_at <= now) else { return Self::Fresh };
        let expires_at = times.access_token_expires_at.unwrap_or(due_at + LEAD);
        match times.rest_until {
            Some(rest_until) if now < rest_until => Self::Fresh,
            None if expires_at <= now => Self::Stale,
            _ => Self::Ageing,
        }
    }
}

/// When the access token expires, if the provider said so.
pub(super) fn expires_at(tokens: &Tokens, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    tokens.access_token_life.and_then(|life| now.checked_add_signed(life))
}

/// When the tokens are to be refreshed, if they can be.
pub(super) fn due_at(tokens: &Tokens, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    tokens.refresh_token.as_ref()?;
    let life = tokens.access_token_life.unwrap_or(USUAL_LIFE);
    now.checked_add_signed(life - LEAD.min(life / 2))
}

/// The pause after a try that failed, as had `failures` before it.
fn pause(failures: u32, asked: Option<Duration>) -> Duration {
    let own = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_PAUSE);
    own.max(asked.unwrap_or_default().min(LONGEST_ASKED_PAUSE))
}

impl Sessions {
    /// Begins to refresh the tokens of a session, if that is due and nobody else is at it.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn take_refresh(
        &self,
        key: SessionKey,
        reason: RefreshReason,
    ) -> Result<RefreshTurn<RefreshLease>, SessionError> {
        let now = self.now();
        let wanted = RefreshTry {
            holder: holder(),
            now,
            until: later(now, LEASE),
            asked_and_none_since: (reason == RefreshReason::Asked).then(|| earlier(now, ASK_EVERY)),
        };
        Ok(match self.store.take_refresh(&key, &wanted).await? {
            RefreshTurn::Taken(taken) => {
                let opened = tokens::open(&self.keyring, &key, &taken.sealed_tokens);
                RefreshTurn::Taken(RefreshLease {
                    key,
                    holder: wanted.holder,
                    failures: taken.failures,
                    tokens: opened.map(|opened| Tokens {
                        access_token: opened.access_token,
                        refresh_token: opened.refresh_token,
                        id_token: opened.id_token,
                        access_token_life: None,
                        scope: taken.scope,
                    }),
                    has_expired: taken.access_token_expires_at.is_some_and(|at| at <= now),
                })
            }
            RefreshTurn::Held => RefreshTurn::Held,
            RefreshTurn::NotDue => RefreshTurn::NotDue,
            RefreshTurn::Resting => RefreshTurn::Resting,
            RefreshTurn::Gone => RefreshTurn::Gone,
        })
    }

    /// Keeps a new refresh token beside the other tokens as they were, which are used until the new ones are
    /// found to be good: the old one may be worth nothing any more. Answers `false` if the lease is lost; then
    /// nothing was written.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn keep_rotated(
        &self,
        lease: &RefreshLease,
        before: &Tokens,
        rotated: &SecretString,
    ) -> Result<bool, SessionError> {
        let tokens = Tokens { refresh_token: Some(rotated.clone()), ..before.clone() };
        Ok(self.store.keep_tokens(&lease.key, &lease.holder, tokens.seal(&self.keyring, &lease.key)).await?)
    }

    /// Ends a try that went well: writes how the person was described at `as_of`, what the audit log has about it,
    /// and the new tokens where there are any. Answers `false` if the lease is lost; then nothing was written.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn finish_refresh(
        &self,
        lease: &RefreshLease,
        person: &NewPerson,
        as_of: DateTime<Utc>,
        new: Option<&Tokens>,
        audit: Vec<AuditRow>,
    ) -> Result<bool, SessionError> {
        let now = self.now();
        let record = new.map(|tokens| RefreshedRecord {
            sealed_tokens: tokens.seal(&self.keyring, &lease.key),
            access_token_expires_at: expires_at(tokens, now),
            scope: tokens.scope.clone(),
            due_at: due_at(tokens, now),
        });
        let saved = self.store.save_refresh(&lease.key, &lease.holder, person, as_of, record, audit).await?;
        self.reread(&lease.key).await;
        Ok(saved)
    }

    /// Ends a try that failed. The next one waits, for as long as the service `asked` if it did.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn postpone_refresh(&self, lease: &RefreshLease, asked: Option<Duration>) -> Result<(), SessionError> {
        let until = later(self.now(), pause(lease.failures, asked));
        self.store.postpone_refresh(&lease.key, &lease.holder, until).await?;
        self.reread(&lease.key).await;
        Ok(())
    }

    /// Ends a try that had nothing to refresh with. There is no other but by the person's wish.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn give_refresh_up(&self, lease: &RefreshLease) -> Result<(), SessionError> {
        self.store.give_refresh_up(&lease.key, &lease.holder).await?;
        self.reread(&lease.key).await;
        Ok(())
    }

    /// Ends the session, as the service says it is over, or answers for somebody else. Nothing if the lease is
    /// lost: then somebody else knows better. Once this has answered, no lookup here finds it.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: the session may be alive then.
    pub async fn end_by_refresh(&self, lease: &RefreshLease) -> Result<Option<EndedSession>, SessionError> {
        let ended = self.store.end_refreshing_session(&lease.key, &lease.holder).await?;
        Ok(self.gone(ended.into_iter().collect()).await.pop())
    }

    /// Whether the session of a try lives, also if another one has the lease by now.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn lives(&self, lease: &RefreshLease) -> Result<bool, SessionError> {
        let now = self.now();
        Ok(self.store.session(&lease.key, now, earlier(now, self.settings.idle)).await?.is_some())
    }

    /// What time it is, by which a description of a person is dated.
    pub fn time(&self) -> DateTime<Utc> {
        self.now()
    }

    /// Forgets what is remembered of a session that was changed: the next lookup reads it anew.
    pub async fn reread(&self, key: &SessionKey) {
        drop(self.cache.ending(key));
        self.cache.forget(key).await;
    }
}

/// A word that no other try has.
fn holder() -> String {
    let mut bytes = [0; 16];
    // The system's random source failing means that nothing here can be done safely.
    rand::fill(&mut bytes).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(life: Option<i64>, refresh_token: bool) -> Tokens {
        Tokens {
            access_token: "a".into(),
            refresh_token: refresh_token.then(|| "r".into()),
            id_token: "i".into(),
            access_token_life: life.map(TimeDelta::seconds),
            scope: None,
        }
    }

    #[test]
    fn it_is_due_a_minute_before_the_end_or_at_half_a_short_life() {
        let now = Utc::now();
        let due = |life| due_at(&tokens(life, true), now).map(|at| (at - now).num_seconds());
        for (life, seconds) in [(86_400, 86_340), (3600, 3540), (121, 61), (120, 60), (60, 30), (10, 5), (0, 0)] {
            assert_eq!(due(Some(life)), Some(seconds), "{life}");
        }
        assert_eq!(due(None), Some(3540), "no expires_in");
        assert_eq!(due(Some(i64::MAX / 1000)), None, "longer than there is time");
        assert_eq!(due_at(&tokens(Some(3600), false), now), None, "no refresh token");
    }

    #[test]
    fn whoever_comes_after_the_end_waits_and_nobody_after_a_failure() {
        let now = Utc::now();
        let at = |seconds| Some(now + TimeDelta::seconds(seconds));
        let times =
            |due_at, access_token_expires_at, rest_until| RefreshTimes { due_at, rest_until, access_token_expires_at };
        for (times, expected) in [
            (times(None, at(-1), None), Freshness::Fresh),
            (times(at(1), at(61), None), Freshness::Fresh),
            (times(at(0), at(60), None), Freshness::Ageing),
            (times(at(-59), at(1), None), Freshness::Ageing),
            (times(at(-60), at(0), None), Freshness::Stale),
            (times(at(-59), None, None), Freshness::Ageing),
            (times(at(-60), None, None), Freshness::Stale),
            (times(at(-9999), at(-9939), at(1)), Freshness::Fresh),
            (times(at(-9999), at(-9939), at(0)), Freshness::Ageing),
        ] {
            assert_eq!(Freshness::of(&times, now), expected, "{times:?}");
        }
    }

    #[test]
    fn pauses_grow_are_bounded_and_as_long_as_the_service_asks() {
        let seconds = |failures, asked: Option<u64>| pause(failures, asked.map(Duration::from_secs)).as_secs();
        assert_eq!([0, 1, 2, 3].map(|failures| seconds(failures, None)), [15, 30, 60, 120]);
        assert_eq!(seconds(u32::MAX, None), 600);
        assert_eq!((seconds(0, Some(3)), seconds(0, Some(90))), (15, 90));
        assert_eq!(seconds(0, Some(u64::MAX)), 3600);
    }
}
