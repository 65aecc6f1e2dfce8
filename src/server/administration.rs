//! What administrators do about people's sessions: ending one, all of a person, or everybody's (OWASP ASVS 5, 7.4.5).
//!
//! Whether somebody may is decided before (`http::administrator`). What they did is in the audit log, with their name.

use super::{
    AppState,
    audit::{self, EndedBy, Event},
    ending,
    session::{EndedSession, SessionError, SessionId},
};
use crate::model::Person;
use chrono::Utc;
use tracing::Instrument;

/// Ends the session of that person that is called so; answers whether they had one.
///
/// # Errors
/// The database does not answer, or not as it should: it may be alive then.
pub async fn end_one(
    state: &AppState,
    administrator: &str,
    person: &Person,
    called: &str,
) -> Result<bool, SessionError> {
    let ended = state.sessions.end_of_person(person, called).await?;
    let ended: Vec<_> = ended.into_iter().collect();
    let any = !ended.is_empty();
    follow_up(state, administrator, ended).await;
    Ok(any)
}

/// Ends all sessions of a person, but the one to be `kept`; answers how many.
///
/// # Errors
/// As [`end_one`].
pub async fn end_all_of(
    state: &AppState,
    administrator: &str,
    person: &Person,
    kept: Option<&SessionId>,
) -> Result<usize, SessionError> {
    let ended = state.sessions.end_all_of(person, kept).await?;
    let count = ended.len();
    tracing::warn!(administrator, subject = %person.subject, sessions = count, "an administrator ended a person's sessions");
    follow_up(state, administrator, ended).await;
    Ok(count)
}

/// Ends everybody's sessions that have begun by now, but the one to be `kept`; answers how many. It is carried
/// through when nobody waits for it any more.
///
/// # Errors
/// The database does not answer, or not as it should: some are ended then, and the others alive.
pub async fn end_everybodys(
    state: &AppState,
    administrator: &str,
    kept: Option<SessionId>,
) -> Result<usize, SessionError> {
    let (state, administrator) = (state.clone(), administrator.to_owned());
    let work = async move {
        let begun_by = Utc::now();
        let mut count = 0;
        loop {
            let ended = state.sessions.end_some(begun_by, kept.as_ref()).await?;
            if ended.is_empty() {
                break;
            }
            count += ended.len();
            follow_up(&state, &administrator, ended).await;
        }
        tracing::warn!(administrator, sessions = count, "an administrator ended everybody's sessions");
        Ok(count)
    };
    match tokio::spawn(audit::traced(audit::trace(), work).in_current_span()).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Err(_) => Err(super::store::StoreError::TimedOut.into()),
    }
}

async fn follow_up(state: &AppState, administrator: &str, ended: Vec<EndedSession>) {
    let event = Event::SessionEnded { by: EndedBy::Administrator, administrator: Some(administrator.to_owned()) };
    ending::tell(state, &ended, &event).await;
    ending::revoke_in_background(state, ended);
}
