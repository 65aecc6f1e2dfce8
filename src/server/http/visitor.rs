//! Who sent a request, by its session cookie.

use super::{cookies::Jar, failure::Failure};
use crate::{
    model::{SignedIn, Visitor},
    server::{AppState, session::SessionId},
};
use axum::http::HeaderMap;
use std::sync::Arc;

/// The session named by the request's cookie, if its form is right. It may have ended.
pub fn session_id(jar: Jar, headers: &HeaderMap) -> Option<SessionId> {
    jar.get(headers, jar.session_name()).and_then(SessionId::parse)
}

/// Who sent the request.
///
/// # Errors
/// When the database cannot be asked.
pub async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Visitor, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let found = match session_id(jar, headers) {
        Some(id) => state.sessions.find(&id).await?,
        None => None,
    };
    Ok(visitor(jar, headers, found))
}

/// Who sent the request, without that counting as a use of their session.
///
/// # Errors
/// When the database cannot be asked.
pub async fn identify_unnoticed(state: &AppState, headers: &HeaderMap) -> Result<Visitor, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let found = match session_id(jar, headers) {
        Some(id) => state.sessions.peek(&id).await?,
        None => None,
    };
    Ok(visitor(jar, headers, found))
}

fn visitor(jar: Jar, headers: &HeaderMap, found: Option<Arc<SignedIn>>) -> Visitor {
    match found {
        Some(signed_in) => Visitor::SignedIn(signed_in),
        None if jar.has_session(headers) => Visitor::SessionEnded,
        None => Visitor::Anonymous,
    }
}
