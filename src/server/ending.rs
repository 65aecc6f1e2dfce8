//! Ending many sessions, and what follows the end of each: the audit log has it, and its refresh token, which is of no
//! more use, should be worth nothing.

use super::{
    AppState,
    audit::{self, About, Event},
    carried,
    session::{EndedSession, SessionError},
    store::StoreError,
};
use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument;

/// Tells the audit log of sessions that have ended like this.
pub async fn tell(state: &AppState, sessions: &[EndedSession], event: &Event) {
    let entry = |session: &EndedSession| {
        state.audit.entry(event, About { subject: Some(&session.subject), session: Some(&session.key) })
    };
    state.audit.write_all(sessions.iter().map(entry).collect()).await;
}

/// Ends sessions as long as `some` finds any to end, tells the audit log of each that they ended like this, and has
/// their refresh tokens revoked. Answers how many they were. It is carried through when nobody waits for it any more.
///
/// # Errors
/// The database does not answer, or not as it should: what was ended until then is told of, and the others live.
pub async fn all<F>(
    state: &AppState,
    event: Event,
    some: impl Fn(AppState) -> F + Send + 'static,
) -> Result<usize, SessionError>
where
    F: Future<Output = Result<Vec<EndedSession>, SessionError>> + Send,
{
    let state = state.clone();
    let work = async move {
        let mut count = 0;
        loop {
            let ended = some(state.clone()).await?;
            if ended.is_empty() {
                return Ok(count);
            }
            count += ended.len();
            tell(&state, &ended, &event).await;
            revoke_in_background(&state, ended);
        }
    };
    carried::through(audit::traced(audit::trace(), work)).await.unwrap_or(Err(StoreError::TimedOut.into()))
}

/// Revokes the refresh token of a session that has ended (RFC 7009), so that a copy of it is worth nothing.
/// Best effort: it is forgotten here either way.
pub async fn revoke(state: &AppState, session: &EndedSession) {
    if let Some(token) = &session.refresh_token {
        revoke_token(state, token).await;
    }
}

/// The same for a refresh token that came too late for its session.
pub async fn revoke_token(state: &AppState, token: &SecretString) {
    if let Err(error) = state.provider.revoke(token.expose_secret()).await {
        tracing::warn!(%error, "a refresh token could not be revoked; it is forgotten here");
    }
}

/// The same for several, one after the other, without anybody waiting for it.
pub fn revoke_in_background(state: &AppState, sessions: Vec<EndedSession>) {
    if sessions.is_empty() {
        return;
    }
    let state = state.clone();
    let work = async move {
        for session in &sessions {
            revoke(&state, session).await;
        }
    };
    tokio::spawn(work.in_current_span());
}
