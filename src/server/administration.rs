//! What administrators do about people's sessions: ending one, all of a person, or everybody's (OWASP ASVS 5, 7.4.5).
//!
//! Whether somebody may is decided before (`http::administrator`). What they did is in the audit log, with their name.

use super::{
    AppState,
    audit::{EndedBy, Event},
    ending,
    session::{SessionError, SessionId},
};
use crate::model::Person;
use chrono::Utc;

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
    let Some(ended) = state.sessions.end_of_person(person, called).await? else { return Ok(false) };
    ending::tell(state, std::slice::from_ref(&ended), &ended_by(administrator)).await;
    ending::revoke_in_background(state, vec![ended]);
    Ok(true)
}

/// Ends all sessions of a person, but the one to be `kept`; answers how many.
///
/// # Errors
/// The database does not answer, or not as it should: some may be alive then.
pub async fn end_all_of(
    state: &AppState,
    administrator: &str,
    person: &Person,
    kept: Option<SessionId>,
) -> Result<usize, SessionError> {
    let whose = person.clone();
    let some = move |state: AppState| {
        let (whose, kept) = (whose.clone(), kept.clone());
        async move { state.sessions.end_some_of(&whose, kept.as_ref()).await }
    };
    let count = ending::all(state, ended_by(administrator), some).await?;
    tracing::warn!(administrator, subject = %person.subject, sessions = count, "an administrator ended a person's sessions");
    Ok(count)
}

/// Ends everybody's sessions that have begun by now, but the one to be `kept`; answers how many.
///
/// # Errors
/// As [`end_all_of`].
pub async fn end_everybodys(
    state: &AppState,
    administrator: &str,
    kept: Option<SessionId>,
) -> Result<usize, SessionError> {
    let begun_by = Utc::now();
    let some = move |state: AppState| {
        let kept = kept.clone();
        async move { state.sessions.end_some(begun_by, kept.as_ref()).await }
    };
    let count = ending::all(state, ended_by(administrator), some).await?;
    tracing::warn!(administrator, sessions = count, "an administrator ended everybody's sessions");
    Ok(count)
}

fn ended_by(administrator: &str) -> Event {
    Event::SessionEnded { by: EndedBy::Administrator, administrator: Some(administrator.to_owned()) }
}
