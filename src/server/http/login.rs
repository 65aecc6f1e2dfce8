//! `GET /login`: begins a sign-in at the sign-in service.

use super::{
    cookies::Jar,
    failure::Failure,
    visitor::{self, Use},
};
use crate::{
    model::{ProblemKind, ReturnTo},
    server::{
        AppState,
        auth::{LoginHints, Transaction},
        standing,
    },
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// What `/login` understands, all optional; the names are those of Auth0's SDKs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Where to go afterwards: a path on this origin.
    return_to: Option<String>,
    /// Skips the picker, such as `google-oauth2`.
    connection: Option<String>,
    /// Signs in to an organization, by id or name.
    organization: Option<String>,
    /// `signup` opens the sign-up form.
    #[serde(rename = "screen_hint")]
    screen_hint: Option<String>,
    /// `true` asks for a second factor.
    #[serde(rename = "step_up")]
    step_up: Option<String>,
    /// How many seconds ago the person may have proved who they are; else the service asks again.
    #[serde(rename = "max_age")]
    max_age: Option<u32>,
    /// `login` asks again instead of going on with who is signed in there.
    prompt: Option<String>,
}

/// Begins a sign-in.
pub async fn login(
    State(state): State<AppState>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(parameters) = parameters.map_err(|error| Failure::new(ProblemKind::BadRequest, error))?;
    let step_up = parameters.step_up.as_deref() == Some("true");
    // Who has given a second factor and is asked for one all the same has one that is too old: the service
    // must not answer with the same again, from a session of its own.
    let again = step_up
        && visitor::identify(&state, &headers, Use::Counts)
            .await?
            .signed_in()
            .is_some_and(|signed_in| standing::factor_of(&state, signed_in).is_some());
    let prompt = if again { Some("login".to_owned()) } else { parameters.prompt };
    let hints = LoginHints {
        screen_hint: parameters.screen_hint.filter(|hint| matches!(hint.as_str(), "signup" | "login")),
        prompt: prompt.filter(|prompt| prompt == "login"),
    };
    let attempt = Transaction::start(
        &ReturnTo::parse_or_fallback(parameters.return_to.as_deref()),
        parameters.connection.filter(|name| is_name(name)),
        parameters.organization.filter(|name| is_name(name)),
        false,
    );
    let attempt = attempt.with_max_age(parameters.max_age);
    let attempt = if step_up { attempt.stepping_up() } else { attempt };
    start(&state, &headers, attempt, &hints).await
}

/// Sends the browser to the sign-in service, with the attempt in a cookie of its own.
///
/// # Errors
/// When the service's metadata cannot be had.
pub async fn start(
    state: &AppState,
    headers: &HeaderMap,
    attempt: Transaction,
    hints: &LoginHints,
) -> Result<Response, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let keyring = &state.settings.keyring;
    let url = state.provider.authorization_url(&attempt, hints).await?;
    let name = jar.transaction_name(&attempt.state);
    let value = attempt.seal(keyring, &name).map_err(|error| Failure::new(ProblemKind::Internal, error))?;
    let mut response = Redirect::to(url.as_str()).into_response();
    for evicted in jar.transactions_to_evict(headers, |name, value| Transaction::open(keyring, name, value)) {
        response.headers_mut().append(header::SET_COOKIE, jar.clear(evicted));
    }
    response.headers_mut().append(header::SET_COOKIE, jar.set_transaction(name, value));
    Ok(response)
}

/// Whether it has the form of a connection's or an organization's name; others are left out.
fn is_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
