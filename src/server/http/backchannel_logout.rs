//! `POST /backchannel-logout`: the sign-in service says that somebody has signed out there (OpenID Connect
//! Back-Channel Logout 1.0, sections 2.5 to 2.8).

use super::{ending, form};
use crate::server::{
    AppState,
    audit::{self, EndedBy, Event},
    carried,
    session::ProviderLogoutOutcome,
};
use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the service sends it. What stands before all requests knows this path, too: no cookie counts here.
pub const PATH: &str = "/backchannel-logout";
/// The largest body taken, in bytes: many times a logout token.
const MAX_BODY: usize = 16 * 1024;

/// What the service sends (section 2.5). What it may send besides is passed over.
#[derive(Deserialize)]
struct Parameters {
    logout_token: String,
}

/// The answer to a request that was not done (section 2.8).
#[derive(Serialize)]
struct Refusal {
    error: &'static str,
    error_description: String,
}

/// Ends the sessions that the token is about. One that is not known counts as ended.
pub async fn backchannel_logout(State(state): State<AppState>, request: Request) -> Response {
    // Not in the task: who does not go on sending would keep it for ever.
    let token = match read(request).await {
        Ok(token) => token,
        Err(refusal) => return refusal.into_response(),
    };
    // In a task of its own: a service that hangs up does not cut it in two.
    let work = async move { logout(&state, &token).await.unwrap_or_else(IntoResponse::into_response) };
    let done = carried::through(audit::traced(audit::trace(), work)).await;
    done.unwrap_or_else(|| Refusal::later().into_response())
}

async fn logout(state: &AppState, token: &str) -> Result<Response, Refusal> {
    let verified = state.provider.verify_logout_token(token).await.map_err(|error| {
        tracing::error!(%error, "a logout token cannot be verified: the keys cannot be had");
        Refusal::later()
    })?;
    let token = verified.map_err(|error| Refusal::invalid(format!("logout_token is refused: {error}")))?;
    let outcome = state.sessions.end_by_provider(&state.settings.oidc.issuer, &token).await.map_err(|error| {
        tracing::error!(%error, "the sign-in service ends sessions, and the database does not");
        Refusal::later()
    })?;
    match outcome {
        ProviderLogoutOutcome::Replayed => Err(Refusal::invalid("logout_token is refused: its jti was used before")),
        ProviderLogoutOutcome::Done(ended) => {
            tracing::info!(sessions = ended.len(), "signed out by the sign-in service");
            ending::tell(state, &ended, &Event::session_ended(EndedBy::SignInService)).await;
            ending::revoke_in_background(state, ended);
            Ok((StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response())
        }
    }
}

async fn read(request: Request) -> Result<String, Refusal> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refusal::invalid("the body is too large or broken"))?;
    let request = Request::from_parts(parts, Body::from(body));
    let unfit = |_| Refusal::invalid("a form with one logout_token is needed");
    form::read::<Parameters>(request).await.map(|parameters| parameters.logout_token).map_err(unfit)
}

impl Refusal {
    fn invalid(why: impl fmt::Display) -> Self {
        tracing::warn!(cause = %why, "a back-channel logout is refused");
        Self { error: "invalid_request", error_description: why.to_string() }
    }

    /// Keys or database are away: the service may try again.
    fn later() -> Self {
        Self { error: "temporarily_unavailable", error_description: "try again in a minute".to_owned() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            if self.error == "invalid_request" { StatusCode::BAD_REQUEST } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, [(header::CACHE_CONTROL, "no-store")], Json(self)).into_response()
    }
}
