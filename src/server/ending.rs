//! What follows the end of a session: the audit log has it, and its refresh token, which is of no more use, should be
//! worth nothing.

use super::{
    AppState,
    audit::{About, Event},
    session::EndedSession,
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
