//! Keeps the tokens of sessions good, and what is known of their people up to date: a role that is given or
//! taken at the sign-in service shows here within the life of an access token, or when the person asks.
//!
//! The first request in an access token's last minute starts it, and nobody waits. A request that comes when
//! the token has expired waits for it, for [`PATIENCE`] at most, so that nobody goes by what was true long ago.
//! After a failure nobody waits: what is known stands until the service is well again.
//!
//! However many ask, it is done once: those of this instance share one flight, those of others wait for whoever
//! has the lease of the session (see `session/refresh.rs`).

use super::{
    AppState,
    audit::{self, About, EndedBy, Event},
    auth::RefreshError,
    ending,
    session::{Freshness, RefreshLease, RefreshReason, RefreshTurn, SessionError, SessionId, Tokens},
    standing,
    store::{NewPerson, SessionKey},
};
use crate::model::SignedIn;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout, timeout_at},
};
use tracing::Instrument;

/// How long a request waits at most when the access token has expired.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// How long somebody waits at most who asked for it.
const PATIENCE_OF_WHO_ASKS: Duration = Duration::from_secs(12);
/// How soon, how often at least, and for how long it is looked whether another instance is done.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_FOR: Duration = Duration::from_secs(70);
/// How often, and for how long, a write is tried that must not be lost: a refresh token that was exchanged
/// cannot be had again.
const INSIST_EVERY: Duration = Duration::from_secs(1);
const INSIST_FOR: Duration = Duration::from_secs(300);

/// The sessions whose tokens this instance is refreshing.
#[derive(Default)]
pub struct Refreshes(Mutex<HashMap<SessionKey, Flight>>);

/// A refresh under way.
#[derive(Clone)]
struct Flight {
    since: Instant,
    outcome: watch::Receiver<Option<Outcome>>,
}

impl Refreshes {
    fn flights(&self) -> MutexGuard<'_, HashMap<SessionKey, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what is under way, for `grace` at most: a refresh token that was exchanged and not kept is
    /// lost. Call it when no request comes any more.
    pub async fn land(&self, grace: Duration) {
        let flights: Vec<Flight> = self.flights().values().cloned().collect();
        if timeout(grace, futures::future::join_all(flights.into_iter().map(outcome))).await.is_err() {
            tracing::warn!("tokens that were being refreshed may be lost");
        }
    }
}

/// What became of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What is known of the person is new.
    Renewed,
    /// It was done moments ago.
    NotNeeded,
    /// It cannot be done now. The session lives on.
    Later,
    /// It cannot be done without a sign-in: there is no refresh token, and the access token has expired.
    NeedsSignIn,
    /// The session has ended.
    Ended,
}

/// The person signed in by that id; nothing if the session has ended or never was. Counts as a use of the
/// session, and refreshes its tokens when that is due.
///
/// # Errors
/// The database does not answer, or not as it should.
pub async fn find(state: &AppState, id: &SessionId) -> Result<Option<Arc<SignedIn>>, SessionError> {
    let Some((signed_in, freshness)) = state.sessions.find_with_freshness(id).await? else { return Ok(None) };
    match freshness {
        Freshness::Fresh => {}
        Freshness::Ageing => drop(join_or_start(state, id.key(), &signed_in, RefreshReason::Due)),
        Freshness::Stale => {
            let flight = join_or_start(state, id.key(), &signed_in, RefreshReason::Due);
            // From when it began: while a service hangs, only the first who come wait.
            if timeout_at((flight.since + PATIENCE).into(), outcome(flight)).await.is_ok() {
                return state.sessions.find(id).await;
            }
        }
    }
    Ok(Some(signed_in))
}

/// Asks the sign-in service now what it says of the person ("Check again").
pub async fn check(state: &AppState, id: &SessionId, signed_in: &SignedIn) -> Outcome {
    let asked = async {
        let first = outcome(join_or_start(state, id.key(), signed_in, RefreshReason::Asked)).await;
        // That may have been a flight that only looked whether it is due.
        match first {
            Outcome::NotNeeded => outcome(join_or_start(state, id.key(), signed_in, RefreshReason::Asked)).await,
            first => first,
        }
    };
    timeout(PATIENCE_OF_WHO_ASKS, asked).await.unwrap_or(Outcome::Later)
}

async fn outcome(mut flight: Flight) -> Outcome {
    match flight.outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.unwrap_or(Outcome::Later),
        // The task is gone without an outcome: it panicked, or the runtime stops.
        Err(_) => Outcome::Later,
    }
}

/// Joins the flight of this session, or starts one. It goes on when nobody waits for it any more.
fn join_or_start(state: &AppState, key: SessionKey, signed_in: &SignedIn, reason: RefreshReason) -> Flight {
    let mut flights = state.refreshes.flights();
    if let Some(flight) = flights.get(&key) {
        return flight.clone();
    }
    let (sender, outcome) = watch::channel(None);
    let flight = Flight { since: Instant::now(), outcome };
    flights.insert(key, flight.clone());
    let landing = Landing { state: state.clone(), key };
    let subject = signed_in.person.subject.clone();
    let work = async move {
        let outcome = fly(&landing.state, key, &subject, reason).await;
        // Whoever has heard the outcome begins anew.
        drop(landing);
        sender.send_replace(Some(outcome));
    };
    // What it brings is told of the request that began it.
    tokio::spawn(audit::traced(audit::trace(), work).in_current_span());
    flight
}

/// Takes a flight off the list when it is over, however it ends.
struct Landing {
    state: AppState,
    key: SessionKey,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.state.refreshes.flights().remove(&self.key);
    }
}

async fn fly(state: &AppState, key: SessionKey, subject: &str, reason: RefreshReason) -> Outcome {
    let outcome = match wait_for_turn(state, key, reason).await {
        Ok(Ok(lease)) => run(state, &lease, subject).await,
        Ok(Err(outcome)) => Ok(outcome),
        Err(error) => Err(error),
    };
    // Whatever became of it, it is in the database.
    state.sessions.reread(&key).await;
    outcome.unwrap_or_else(|error| {
        tracing::warn!(%error, %subject, "a session could not be refreshed: the database");
        Outcome::Later
    })
}

/// The lease, or what became of it without.
async fn wait_for_turn(
    state: &AppState,
    key: SessionKey,
    reason: RefreshReason,
) -> Result<Result<RefreshLease, Outcome>, SessionError> {
    let started = Instant::now();
    let (mut has_waited, mut pause) = (false, LOOK_AGAIN);
    loop {
        return Ok(Err(match state.sessions.take_refresh(key, reason).await? {
            RefreshTurn::Taken(lease) => return Ok(Ok(lease)),
            RefreshTurn::Held if started.elapsed() < LOOK_FOR => {
                has_waited = true;
                sleep(pause).await;
                pause = (pause * 2).min(LOOK_EVERY);
                continue;
            }
            RefreshTurn::Held | RefreshTurn::Resting => Outcome::Later,
            // Another instance has just done it.
            RefreshTurn::NotDue if has_waited => Outcome::Renewed,
            RefreshTurn::NotDue => Outcome::NotNeeded,
            RefreshTurn::Gone => Outcome::Ended,
        }));
    }
}

/// One try, by whoever has the lease.
async fn run(state: &AppState, lease: &RefreshLease, subject: &str) -> Result<Outcome, SessionError> {
    let tried = match &lease.tokens {
        Some(before) => match &before.refresh_token {
            Some(token) => refresh(state, lease, before, token, subject).await,
            None if lease.has_expired => Err(Fault::NothingToAskWith),
            None => describe_again(state, lease, before, subject).await,
        },
        None => Err(Fault::NothingToAskWith),
    };
    match tried {
        Ok(outcome) => Ok(outcome),
        Err(Fault::Database(error)) => Err(error),
        Err(Fault::NothingToAskWith) => {
            state.sessions.give_refresh_up(lease).await?;
            Ok(Outcome::NeedsSignIn)
        }
        Err(Fault::Service(error)) => {
            let by = match error {
                RefreshError::Failed(_) => {
                    tracing::warn!(%error, %subject, "a session was not refreshed; it lives on, and is tried again");
                    state.sessions.postpone_refresh(lease, error.retry_after()).await?;
                    return Ok(Outcome::Later);
                }
                RefreshError::Revoked => EndedBy::InvalidGrant,
                RefreshError::NotThisSession(_) => EndedBy::RefreshMismatch,
            };
            tracing::warn!(%error, %subject, "a session ends, as it could not be refreshed");
            let ended: Vec<_> = insist(|| state.sessions.end_by_refresh(lease)).await?.into_iter().collect();
            ending::tell(state, &ended, &Event::session_ended(by)).await;
            ending::revoke_in_background(state, ended);
            Ok(Outcome::Ended)
        }
    }
}

/// Why a try did not succeed.
enum Fault {
    /// The sign-in service.
    Service(RefreshError),
    /// The database.
    Database(SessionError),
    /// There is no token that the service would take.
    NothingToAskWith,
}

impl From<RefreshError> for Fault {
    fn from(error: RefreshError) -> Self {
        Self::Service(error)
    }
}

impl From<SessionError> for Fault {
    fn from(error: SessionError) -> Self {
        Self::Database(error)
    }
}

/// Exchanges the refresh token, and asks with the new tokens who the person is.
async fn refresh(
    state: &AppState,
    lease: &RefreshLease,
    before: &Tokens,
    token: &SecretString,
    subject: &str,
) -> Result<Outcome, Fault> {
    let refreshed = state.provider.refresh(token, before).await?;
    let new = &refreshed.tokens;
    // First of all: should anything fail from here on, the next try needs the new one.
    let rotated = new.refresh_token.as_ref().filter(|new| new.expose_secret() != token.expose_secret());
    if let Some(rotated) = rotated
        && !insist(|| state.sessions.keep_rotated(lease, before, rotated)).await?
    {
        let outcome = after_loss(state, lease).await?;
        if outcome == Outcome::Ended {
            // Nobody else has the new one.
            ending::revoke_token(state, rotated).await;
        }
        return Ok(outcome);
    }
    let as_of = state.sessions.time();
    let person = state.provider.describe_refreshed(subject, before, &refreshed).await?;
    finish(state, lease, person, as_of, new, true).await
}

/// Asks with the tokens that are there who the person is.
async fn describe_again(
    state: &AppState,
    lease: &RefreshLease,
    tokens: &Tokens,
    subject: &str,
) -> Result<Outcome, Fault> {
    let as_of = state.sessions.time();
    match state.provider.describe_again(subject, tokens).await {
        Ok(person) => finish(state, lease, person, as_of, tokens, false).await,
        Err(error) if error.is_access_token_refused() => Err(Fault::NothingToAskWith),
        Err(error) => Err(error.into()),
    }
}

/// Works out what the person may do now, as at a sign-in, and writes it.
async fn finish(
    state: &AppState,
    lease: &RefreshLease,
    person: NewPerson,
    as_of: DateTime<Utc>,
    tokens: &Tokens,
    are_new: bool,
) -> Result<Outcome, Fault> {
    let entitled = standing::entitled(state, person, &tokens.access_token).await;
    let person = entitled.map_err(RefreshError::from)?;
    let before = insist(|| async { Ok(state.store.person(&person.issuer, &person.subject).await?) }).await?;
    let changes = standing::role_changes(&state.settings.access, before.as_ref(), &person);
    let about = About { subject: Some(&person.subject), session: Some(&lease.key) };
    let told: Vec<_> = state.audit.roles_changed(changes, about).into_iter().collect();
    let new = are_new.then_some(tokens);
    if !insist(|| state.sessions.finish_refresh(lease, &person, as_of, new, told.clone())).await? {
        return Ok(after_loss(state, lease).await?);
    }
    tracing::info!(subject = %person.subject, "a session was refreshed");
    Ok(Outcome::Renewed)
}

/// The lease is lost: the session has ended meanwhile, and whoever ended it has its refresh token. Or the try
/// took too long, and another one goes on with it.
async fn after_loss(state: &AppState, lease: &RefreshLease) -> Result<Outcome, SessionError> {
    Ok(if state.sessions.lives(lease).await? { Outcome::Later } else { Outcome::Ended })
}

/// Tries a write again for a while if the database does not answer. It is bound to the lease, so that it is
/// never too late for it.
async fn insist<T, F>(write: impl Fn() -> F) -> Result<T, SessionError>
where
    F: Future<Output = Result<T, SessionError>>,
{
    let started = Instant::now();
    loop {
        match write().await {
            Err(error) if started.elapsed() < INSIST_FOR => {
                tracing::warn!(%error, "what a refresh brought could not be written; it is tried again");
                sleep(INSIST_EVERY).await;
            }
            outcome => return outcome,
        }
    }
}
