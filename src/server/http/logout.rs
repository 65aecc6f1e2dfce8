//! `/logout`: ends the session here, then at the sign-in service.

use super::{cookies::Jar, ending, failure::Failure, origin, visitor};
use crate::server::{AppState, session::EndedSession};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::ExposeSecret;

/// `GET /logout`, as links have it. Who came here by themselves is signed out; for anybody else (a
/// link or an image on another site) a page asks first.
pub async fn asked(state: State<AppState>, headers: HeaderMap) -> Result<Response, Failure> {
    if origin::is_own_navigation(&headers) {
        logout(state, headers).await
    } else {
        Ok(Redirect::to("/sign-out").into_response())
    }
}

/// `POST /logout`, from our own pages: ends the session in the database, revokes its refresh token,
/// clears the cookies, and goes on to sign out at the sign-in service.
pub async fn logout(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let ended = match visitor::session_id(jar, &headers) {
        Some(id) => state.sessions.end(&id).await?,
        None => None,
    };
    let id_token = match ended {
        Some(session) => after_end(&state, session).await,
        None => None,
    };
    let home = format!("{}/", state.settings.public_origin.as_str());
    let next = match state.provider.end_session_url(id_token.as_deref(), &home).await {
        Ok(url) => url.to_string(),
        Err(error) => {
            tracing::warn!(%error, "signed out here, but not at the sign-in service");
            home
        }
    };
    let mut response = Redirect::to(&next).into_response();
    response.headers_mut().append(header::SET_COOKIE, jar.clear_session());
    for attempt in jar.transactions(&headers) {
        response.headers_mut().append(header::SET_COOKIE, jar.clear(attempt));
    }
    Ok(response)
}

/// Revokes the refresh token, so that a copy of it is worth nothing, and gives the ID token, which
/// spares the person a question at the service.
async fn after_end(state: &AppState, session: EndedSession) -> Option<String> {
    ending::revoke(state, &session).await;
    tracing::info!("signed out");
    session.id_token.map(|token| token.expose_secret().to_owned())
}
