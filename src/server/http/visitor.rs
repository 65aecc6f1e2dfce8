//! Who sent a request, by its session cookie.

use super::{cookies::Jar, failure::Failure};
use crate::{
    model::{ProblemKind, ReturnTo, SignedIn, Visitor},
    server::{AppState, refresh, session::SessionId},
};
use axum::http::HeaderMap;
use std::sync::Arc;

/// The session named by the request's cookie, if its form is right. It may have ended.
pub fn session_id(jar: Jar, headers: &HeaderMap) -> Option<SessionId> {
    jar.get(headers, jar.session_name()).and_then(SessionId::parse)
}

/// Whether asking who sent a request counts as a use of their session, which keeps it alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The person does something.
    Counts,
    /// A page left open asks by itself.
    Unnoticed,
}

/// The person who sent a form, from a page that is to be come back to after signing in.
///
/// # Errors
/// When nobody is signed in (any more), or the database cannot be asked.
pub async fn signed_in(state: &AppState, headers: &HeaderMap, page: &str) -> Result<Arc<SignedIn>, Failure> {
    let (kind, cause) = match identify(state, headers, Use::Counts).await? {
        Visitor::SignedIn(signed_in) => return Ok(signed_in),
        Visitor::SessionEnded => (ProblemKind::SessionEnded, "the session has ended"),
        Visitor::Anonymous => (ProblemKind::Unauthenticated, "nobody is signed in"),
    };
    Err(Failure::new(kind, cause).returning_to(ReturnTo::parse_or_fallback(Some(page))))
}

/// Who sent the request.
///
/// # Errors
/// When the database cannot be asked.
pub async fn identify(state: &AppState, headers: &HeaderMap, as_use: Use) -> Result<Visitor, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let found = match session_id(jar, headers) {
        Some(id) => match as_use {
            Use::Counts => refresh::find(state, &id).await?,
            Use::Unnoticed => state.sessions.peek(&id).await?,
        },
        None => None,
    };
    Ok(match found {
        Some(signed_in) => Visitor::SignedIn(signed_in),
        None if jar.has_session(headers) => Visitor::SessionEnded,
        None => Visitor::Anonymous,
    })
}
