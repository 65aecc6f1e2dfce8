//! `GET /api/session/events`: tells an open page that its session has ended, at once (server-sent events; WHATWG
//! HTML, section 9.2).
//!
//! It is for our own pages, and only makes them quicker: a page that hears nothing finds out by itself, some
//! minutes later or on its next request. So whoever cannot have it goes without.

use super::{cookies::Jar, failure::Failure, origin, visitor};
use crate::{
    model::ProblemKind,
    server::{
        AppState,
        session::{News, WatchError},
    },
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream::{self, StreamExt};
use std::{convert::Infallible, time::Duration};

/// Asks the browser to come back after three seconds when the connection is lost.
const OPENING: &str = "retry: 3000\n\n";
/// A comment.
const ALIVE: &str = ":\n\n";
/// An event without data is none.
const ENDED: &str = "event: ended\ndata: ended\n\n";
/// What keeps nginx from collecting an answer before it passes it on.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Says nothing until the session ends, but a comment every `keep_alive`; then that, and ends as well. Listening does
/// not count as a use of the session.
pub async fn events(
    State(state): State<AppState>,
    headers: HeaderMap,
    keep_alive: Duration,
) -> Result<Response, Failure> {
    if !origin::is_own_script(&headers) {
        return Err(Failure::new(ProblemKind::CrossSite, "only our own pages listen"));
    }
    let jar = Jar::of(&state.settings.public_origin);
    let watch = match visitor::session_id(jar, &headers) {
        Some(id) => state.sessions.watch(&id).await?,
        None => None,
    };
    let Some(watch) = watch else {
        let kind = if jar.has_session(&headers) { ProblemKind::SessionEnded } else { ProblemKind::Unauthenticated };
        return Err(Failure::new(kind, "no session to listen to"));
    };
    let news = stream::unfold(Some((state, watch)), move |listening| async move {
        let (state, mut watch) = listening?;
        match state.sessions.news(&mut watch, keep_alive).await {
            News::Alive => Some((ALIVE, Some((state, watch)))),
            News::Ended => Some((ENDED, None)),
            News::Stopping => None,
        }
    });
    let said = stream::once(async { OPENING }).chain(news);
    let body = Body::from_stream(said.map(|text| Ok::<_, Infallible>(Bytes::from_static(text.as_bytes()))));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store"), (BUFFERING, "no")];
    Ok((headers, body).into_response())
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::SessionIsFull => Self::for_script(StatusCode::TOO_MANY_REQUESTS, error.to_string(), vec![]),
            WatchError::Full | WatchError::Stopping => {
                Self::for_script(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), vec![])
            }
            WatchError::Session(error) => error.into(),
        }
    }
}
