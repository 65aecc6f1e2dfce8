//! `/logout`: ends the session here, then at the sign-in service.

use super::{cookies::Jar, ending, failure::Failure, origin, pages, visitor};
use crate::{
    app::Page,
    server::{AppState, audit::Event, session::EndedSession},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Query, Request, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::ExposeSecret;
use serde::Deserialize;

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
    let (next, returns_with) = match state.provider.sign_out(id_token.as_deref(), &home).await {
        Ok(sign_out) => (sign_out.url.to_string(), sign_out.state),
        Err(error) => {
            tracing::warn!(%error, "signed out here, but not at the sign-in service");
            (home, None)
        }
    };
    let mut response = Redirect::to(&next).into_response();
    response.headers_mut().append(header::SET_COOKIE, jar.clear_session());
    if let Some(state) = returns_with {
        response.headers_mut().append(header::SET_COOKIE, jar.set_sign_out(state));
    }
    for attempt in jar.transactions(&headers) {
        response.headers_mut().append(header::SET_COOKIE, jar.clear(attempt));
    }
    Ok(response)
}

/// Revokes the refresh token, so that a copy of it is worth nothing, and gives the ID token, which
/// spares the person a question at the service.
async fn after_end(state: &AppState, session: EndedSession) -> Option<String> {
    ending::tell(state, std::slice::from_ref(&session), &Event::SignedOut).await;
    ending::revoke(state, &session).await;
    tracing::info!("signed out");
    session.id_token.map(|token| token.expose_secret().to_owned())
}

#[derive(Deserialize)]
struct Returned {
    state: String,
}

/// `GET /`: the start page, where the sign-in service sends people after they signed out there.
///
/// The session ended before they left, so that nothing depends on how they come back. A `state` is compared with
/// the one of this browser all the same (OpenID Connect RP-Initiated Logout 1.0, section 2): another one is
/// ignored. Either way it goes from the address bar.
pub async fn returned(page: Page, state: AppState, request: Request) -> Result<Response, Failure> {
    let Ok(Query(Returned { state: came })) = Query::try_from_uri(request.uri()) else {
        return pages::page(page, state, request).await;
    };
    let jar = Jar::of(&state.settings.public_origin);
    let sent = jar.get(request.headers(), &jar.sign_out_name());
    let mut response = Redirect::to("/").into_response();
    if sent.is_some_and(|sent| verify_slices_are_equal(sent.as_bytes(), came.as_bytes()).is_ok()) {
        tracing::info!("signed out at the sign-in service as well");
        response.headers_mut().append(header::SET_COOKIE, jar.clear(jar.sign_out_name()));
    } else {
        tracing::warn!("a return from a sign-out that this browser did not ask for; ignored");
    }
    Ok(response)
}
