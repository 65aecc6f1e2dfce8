//! `GET /api/profile`: who is signed in, for scripts and for the page's own checks.

use super::{
    caller::{self, Caller},
    failure::Failure,
    problem::Refused,
    visitor::Use,
};
use crate::{
    model::Person,
    server::{AppState, auth::Claims},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The answer, as the Flask guide's `/api/profile` has it.
#[derive(Serialize)]
struct Profile<'a, T> {
    user: &'a T,
    authenticated: bool,
    provider: &'a str,
}

/// Who is signed in.
///
/// The person of the `Authorization: Bearer` access token where one is sent, else of the session's
/// cookie. Where both are missing or no good: 401, with the reason in `WWW-Authenticate`.
#[utoipa::path(
    get,
    path = "/api/profile",
    tag = "profile",
    responses(
        (status = 200, description = "`{\"user\": …, \"authenticated\": true, \"provider\": \"auth0\"}`: the user as claims of OpenID Connect.", body = serde_json::Value),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn profile(State(state): State<AppState>, method: Method, headers: HeaderMap) -> Result<Response, Failure> {
    // HEAD is how an open page asks by itself whether its session lives.
    let looked_up = if method == Method::HEAD { Use::Unnoticed } else { Use::Counts };
    Ok(match caller::identify(&state, &headers, looked_up).await? {
        Caller::Session(signed_in) => found(&signed_in.person),
        Caller::Token { person: Some(person), .. } => found(&person),
        // A machine, or somebody who has not signed in here yet: what the token says is all there is.
        Caller::Token { person: None, claims } => {
            Json(Profile { user: &own_words(&claims), authenticated: true, provider: "auth0" }).into_response()
        }
    })
}

fn found(person: &Person) -> Response {
    Json(Profile { user: person, authenticated: true, provider: &person.provider }).into_response()
}

/// A token's claims about its subject, without those about the token.
fn own_words(claims: &Claims) -> Claims {
    let mut claims = claims.clone();
    claims.retain(|name, _| !matches!(name.as_str(), "aud" | "exp" | "iat" | "nbf" | "jti" | "azp"));
    claims
}
