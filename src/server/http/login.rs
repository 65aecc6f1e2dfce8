//! `/login`: begins a sign-in at the sign-in service.

use super::{
    cookies::Jar,
    failure::Failure,
    form,
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
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::form_urlencoded;

/// What `/login` understands, all optional; the names are those of Auth0's SDKs and, for a sign-in that
/// another site asks for, of OpenID Connect Core 1.0, section 4.
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
    /// Who is expected to sign in, for the service's form to be filled in with.
    #[serde(rename = "login_hint")]
    login_hint: Option<String>,
    /// Where another site asks for a sign-in: at whom. There is only one.
    iss: Option<String>,
    /// Then in place of `returnTo`: an address of ours.
    #[serde(rename = "target_link_uri")]
    target_link_uri: Option<String>,
}

/// What another site sends along with a form; the rest of it is left out.
#[derive(Debug, Deserialize)]
pub struct ThirdParty {
    iss: String,
    target_link_uri: Option<String>,
    login_hint: Option<String>,
}

/// `POST /login`: another site asks for a sign-in, by a form (OpenID Connect Core 1.0, section 4).
///
/// Nothing is done yet, since the browser keeps our cookies back from such a form: it is sent to `GET /login`,
/// where they come along.
pub async fn third_party(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let ThirdParty { iss, target_link_uri, login_hint } = form::read(request).await?;
    let return_to = wanted_by_third_party(&state, &iss, target_link_uri.as_deref())?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("returnTo", return_to.as_str());
    if let Some(hint) = login_hint.filter(|hint| is_hint(hint)) {
        query.append_pair("login_hint", &hint);
    }
    Ok(Redirect::to(&format!("/login?{}", query.finish())).into_response())
}

/// Where a person goes whom another site has sent to sign in. The site is not trusted: it says where, within
/// this origin, and nothing more.
fn wanted_by_third_party(state: &AppState, iss: &str, target: Option<&str>) -> Result<ReturnTo, Failure> {
    // Nothing is believed because of it, so that the slash at the end, which some leave out, may be missing.
    if iss.trim_end_matches('/') != state.settings.oidc.issuer.trim_end_matches('/') {
        return Err(Failure::new(ProblemKind::BadRequest, "a sign-in is asked for at another issuer than ours"));
    }
    let origin = state.settings.public_origin.as_str();
    Ok(ReturnTo::parse_or_fallback(target.map(|target| target.strip_prefix(origin).unwrap_or(target))))
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
        login_hint: parameters.login_hint.filter(|hint| is_hint(hint)),
    };
    let return_to = match &parameters.iss {
        Some(iss) => wanted_by_third_party(&state, iss, parameters.target_link_uri.as_deref())?,
        None => ReturnTo::parse_or_fallback(parameters.return_to.as_deref()),
    };
    let attempt = Transaction::start(
        &return_to,
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

/// Whether it may be a name or an e-mail address; others are left out.
fn is_hint(hint: &str) -> bool {
    (1..=256).contains(&hint.len()) && !hint.chars().any(char::is_control)
}
