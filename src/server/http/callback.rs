//! `GET /callback`: a sign-in comes back from the sign-in service.

use super::{
    cookies::Jar,
    ending,
    failure::Failure,
    login,
    peer::Peer,
    visitor::{self, Use},
};
use crate::{
    model::{ProblemKind, ReturnTo, Visitor},
    server::{
        AppState,
        access::second_factor::{AfterSignIn, from_methods, on_sign_in},
        audit::{About, EndedBy, Event},
        auth::{LoginHints, SignIn, SignInError, SignInFailure, Transaction},
        session::{NewSession, SessionId},
        standing,
        store::{AuditRow, NewPerson, SessionKey},
    },
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;

/// What the service sends along (RFC 6749, section 4.1.2; RFC 9207). A parameter sent twice is
/// refused when it is read.
#[derive(Deserialize)]
pub struct Parameters {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Ends a sign-in: with a new session, or with a page that says what happened.
pub async fn callback(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let Ok(Query(parameters)) = parameters else {
        return Err(SignInError::Callback("they cannot be read").into());
    };
    let Some(attempt_state) = parameters.state.as_deref() else {
        return Err(SignInError::Callback("there is no state").into());
    };
    let jar = Jar::of(&state.settings.public_origin);
    let cookie_name = jar.transaction_name(attempt_state);
    let attempt = jar
        .get(&headers, &cookie_name)
        .and_then(|value| Transaction::open(&state.settings.keyring, &cookie_name, value))
        .filter(|attempt| attempt.has_state(attempt_state));
    let attempt = match attempt {
        Some(attempt) if !attempt.has_expired(Utc::now()) => attempt,
        Some(attempt) => {
            return lost(&state, &headers, attempt_state, Some(attempt), "it was started too long ago").await;
        }
        None => return lost(&state, &headers, attempt_state, None, "there is no cookie of it").await,
    };
    // From here on the attempt is over, however it ends: its cookie goes, and it cannot be replayed.
    let mut response = match finish(&state, &headers, peer, &attempt, parameters).await {
        Ok(response) => response,
        Err(failure) => {
            // What belongs to no attempt of this browser is in the log alone: anybody could fill the audit log with it.
            let reason = failure.sign_in.unwrap_or(match failure.kind {
                ProblemKind::Unavailable => SignInFailure::Database,
                _ => SignInFailure::Internal,
            });
            state.audit.write(Event::SignInFailed { reason }, About::default()).await;
            failure.returning_to(ReturnTo::parse_or_fallback(Some(&attempt.return_to))).into_response()
        }
    };
    response.headers_mut().append(header::SET_COOKIE, jar.clear(cookie_name));
    Ok(response)
}

async fn finish(
    state: &AppState,
    headers: &HeaderMap,
    peer: Peer,
    attempt: &Transaction,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let promised = state.provider.metadata().await?.authorization_response_iss_parameter_supported;
    match parameters.iss {
        Some(iss) if iss != state.settings.oidc.issuer => return Err(SignInError::CallbackIssuer("another one").into()),
        None if promised => {
            return Err(SignInError::CallbackIssuer("missing, though the service says it sends it").into());
        }
        _ => {}
    }
    if let Some(error) = &parameters.error {
        // Whoever says no to a second factor stays signed in, without what needs one; the page says so.
        if attempt.step_up && visitor::identify(state, headers, Use::Counts).await?.signed_in().is_some() {
            tracing::info!(error = %SignInError::refused(error, None), "no second factor was given");
            return Ok(Redirect::to(ReturnTo::parse_or_fallback(Some(&attempt.return_to)).as_str()).into_response());
        }
        return Err(SignInError::refused(error, parameters.error_description.as_deref()).into());
    }
    let code = parameters.code.filter(|code| !code.is_empty()).ok_or(SignInError::Callback("there is no code"))?;
    let signed_in = state.provider.finish(attempt, code).await?;
    begin_session(state, headers, peer, attempt, signed_in).await
}

async fn begin_session(
    state: &AppState,
    headers: &HeaderMap,
    Peer(address): Peer,
    attempt: &Transaction,
    signed_in: SignIn,
) -> Result<Response, Failure> {
    let jar = Jar::of(&state.settings.public_origin);
    let new_person = standing::entitled(state, signed_in.person, &signed_in.tokens.access_token).await?;
    let id = SessionId::generate();
    let cookie = jar.set_session(id.to_cookie(), state.settings.session.lifetime);
    let session = NewSession {
        id,
        tokens: signed_in.tokens,
        provider_session: signed_in.provider_session,
        amr: signed_in.amr,
        acr: signed_in.acr,
        auth_time: signed_in.auth_time,
        connection: attempt.connection.clone(),
        user_agent: headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        address,
    };
    // Whoever was signed in in this browser is not any more (ASVS 5, 7.2.4).
    let replaces = visitor::session_id(jar, headers);
    let audit = told_of(state, &new_person, &session, attempt.step_up).await?;
    let begun = state.sessions.begin_audited(&new_person, session, replaces.as_ref(), audit).await?;
    ending::tell(state, &begun.ended, &Event::session_ended(EndedBy::Limit)).await;
    ending::revoke_in_background(state, begun.ended);
    let person = begun.signed_in;
    tracing::info!(subject = %person.person.subject, methods = ?person.authentication_methods, "signed in");
    let return_to = ReturnTo::parse_or_fallback(Some(&attempt.return_to));
    let allowed = standing::of_session(state, &person).access;
    let mut response = match on_sign_in(&allowed, attempt.step_up) {
        AfterSignIn::Continue => Redirect::to(return_to.as_str()).into_response(),
        AfterSignIn::SignInWithoutRoles => {
            tracing::info!("signed in without the roles that need a second factor");
            Redirect::to(return_to.as_str()).into_response()
        }
        // The session exists already: whoever gives up at the second factor is signed in without it.
        AfterSignIn::StepUp => {
            let (connection, organization) = (attempt.connection.clone(), attempt.organization.clone());
            let step_up = Transaction::start(&return_to, connection, organization, false)
                .stepping_up()
                .with_max_age(attempt.max_age);
            login::start(state, headers, step_up, &LoginHints::default()).await?
        }
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// What the audit log has about a sign-in: that it was, and what roles came and went with it.
async fn told_of(
    state: &AppState,
    person: &NewPerson,
    session: &NewSession,
    asked_for_second_factor: bool,
) -> Result<Vec<AuditRow>, Failure> {
    let settings = &state.settings.access;
    let key: SessionKey = session.id.key();
    let about = About { subject: Some(&person.subject), session: Some(&key) };
    let methods = session.amr.clone();
    let stepped_up = asked_for_second_factor && from_methods(&settings.policy, &methods, Utc::now()).is_some();
    let event = if stepped_up { Event::SteppedUp { methods } } else { Event::SignedIn { methods } };
    let before = state.store.person(&person.issuer, &person.subject).await?;
    let changes = standing::role_changes(settings, before.as_ref(), person);
    let signed_in = state.audit.entry(&event, about);
    Ok([signed_in].into_iter().chain(state.audit.roles_changed(changes, about)).collect())
}

/// The callback belongs to no attempt of this browser: too old, used already, or begun elsewhere.
/// Who is signed in goes on; who is not starts again by itself, once.
async fn lost(
    state: &AppState,
    headers: &HeaderMap,
    attempt_state: &str,
    attempt: Option<Transaction>,
    why: &'static str,
) -> Result<Response, Failure> {
    if let Visitor::SignedIn(_) = visitor::identify(state, headers, Use::Counts).await? {
        tracing::info!(why, "a stale callback; the person is signed in already");
        return Ok(Redirect::to(ReturnTo::FALLBACK).into_response());
    }
    if Transaction::is_restart(attempt_state) {
        return Err(SignInError::TransactionLost(why).into());
    }
    tracing::info!(why, "a sign-in is started again, once");
    let return_to = ReturnTo::parse_or_fallback(attempt.as_ref().map(|attempt| attempt.return_to.as_str()));
    let (connection, organization, max_age) =
        attempt.map(|attempt| (attempt.connection, attempt.organization, attempt.max_age)).unwrap_or_default();
    let attempt = Transaction::start(&return_to, connection, organization, true).with_max_age(max_age);
    login::start(state, headers, attempt, &LoginHints::default()).await
}
