//! `GET /api/profile`: who is signed in, for scripts and for the page's own checks.

use super::{
    failure::Failure,
    visitor::{self, Use},
};
use crate::{
    model::{Person, ProblemKind, Visitor},
    server::{AppState, auth::Claims},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

/// The answer, as the Flask guide's `/api/profile` has it.
#[derive(Serialize)]
struct Profile<'a, T> {
    user: &'a T,
    authenticated: bool,
    provider: &'a str,
}

/// The person of the `Authorization: Bearer` access token where one is sent, else of the session's
/// cookie. Where both are missing or no good: 401, with the reason in `WWW-Authenticate`.
pub async fn profile(State(state): State<AppState>, method: Method, headers: HeaderMap) -> Result<Response, Failure> {
    match headers.get(header::AUTHORIZATION) {
        Some(authorization) => by_token(&state, authorization).await,
        None => match visitor::identify(&state, &headers, use_by(&method)).await? {
            Visitor::SignedIn(signed_in) => Ok(found(&signed_in.person)),
            Visitor::Anonymous => Ok(unauthorized(
                ProblemKind::Unauthenticated,
                "no session and no access token",
                "Bearer realm=\"portico\"",
            )),
            Visitor::SessionEnded => {
                Ok(unauthorized(ProblemKind::SessionEnded, "the session has ended", "Bearer realm=\"portico\""))
            }
        },
    }
}

/// HEAD is how an open page asks by itself whether its session lives.
fn use_by(method: &Method) -> Use {
    if method == Method::HEAD { Use::Unnoticed } else { Use::Counts }
}

async fn by_token(state: &AppState, authorization: &HeaderValue) -> Result<Response, Failure> {
    let refused = |code: &str, why: &str| {
        // RFC 6750, section 3: the reason, for the programmer of the script.
        let challenge = format!("Bearer realm=\"portico\", error=\"{code}\", error_description=\"{why}\"");
        unauthorized(ProblemKind::Unauthenticated, &format!("Bearer token refused: {why}"), &challenge)
    };
    let token = authorization
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return Ok(refused("invalid_request", "the Authorization header must be: Bearer, a space, an access token"));
    };
    let oidc = &state.settings.oidc;
    let Some(audience) = &oidc.audience else {
        return Ok(refused("invalid_token", "this installation takes no access tokens, it has no AUTH0_AUDIENCE"));
    };
    let claims = match state.provider.verify_access_token(token.trim(), audience).await? {
        Ok(claims) => claims,
        Err(error) => return Ok(refused("invalid_token", &error.to_string())),
    };
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    match state.store.person(&oidc.issuer, subject).await? {
        Some(person) => Ok(found(&person)),
        // A machine, or somebody who has not signed in here yet: what the token says is all there is.
        None => Ok(Json(Profile { user: &own_words(claims), authenticated: true, provider: "auth0" }).into_response()),
    }
}

fn found(person: &Person) -> Response {
    Json(Profile { user: person, authenticated: true, provider: &person.provider }).into_response()
}

/// A token's claims about its subject, without those about the token.
fn own_words(mut claims: Claims) -> Claims {
    claims.retain(|name, _| !matches!(name.as_str(), "aud" | "exp" | "iat" | "nbf" | "jti" | "azp"));
    claims
}

fn unauthorized(kind: ProblemKind, cause: &str, challenge: &str) -> Response {
    let mut response = Failure::new(kind, cause).into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::try_from(challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}
