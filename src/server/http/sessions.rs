//! `/sessions`: where the person is signed in, and ending that elsewhere (OWASP ASVS 5, 7.5.2).
//!
//! Looking needs a session; ending needs a person who has proved lately who they are, by the sign-in
//! service's own word (`auth_time`): a device left open must not sign its person out everywhere.

use super::{
    administrator,
    cookies::Jar,
    ending,
    failure::Failure,
    form, origin,
    visitor::{self},
};
use crate::{
    app::{CONFIRM_FOR_SESSIONS, SessionsNotice, SessionsView},
    model::{Person, ProblemKind, SignedIn, device::DeviceSession},
    server::{
        AppState,
        access::second_factor,
        audit::{EndedBy, Event},
        session::{OwnSession, SessionId},
        standing,
    },
};
use axum::{
    extract::{Path, Query, Request, State},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{TimeDelta, Utc};
use serde::{Deserialize, de::DeserializeOwned};
use std::sync::Arc;

/// How long ago the person may have proved who they are, to end a session. [`CONFIRM_FOR_SESSIONS`] asks the
/// sign-in service for the same.
const LATELY: TimeDelta = TimeDelta::minutes(10);

/// What the page's address says. What does not fit is as if it were not there.
#[derive(Default, Deserialize)]
struct Parameters {
    /// What has just been done.
    done: Option<String>,
}

/// What the page shows.
///
/// # Errors
/// The database does not answer.
pub async fn page(state: &AppState, signed_in: &SignedIn, request: &Parts) -> Result<SessionsView, Failure> {
    let this = this(state, &request.headers)?;
    let parameters =
        Query::<Parameters>::try_from_uri(&request.uri).map(|Query(parameters)| parameters).unwrap_or_default();
    let may_end = may_end(signed_in);
    let sessions = state.sessions.of_person(&signed_in.person, &this).await?;
    Ok(SessionsView {
        sessions: sessions.into_iter().map(|session| shown(state, &signed_in.person, session)).collect(),
        may_end,
        administers: administrator::is(&signed_in.person, &standing::of_session(state, signed_in)),
        notice: match parameters.done.as_deref() {
            Some("ended") => Some(SessionsNotice::Ended),
            Some("others") => Some(SessionsNotice::OthersEnded),
            Some("confirm") if !may_end => Some(SessionsNotice::MustConfirm),
            Some("confirmed") if may_end => Some(SessionsNotice::Confirmed),
            _ => None,
        },
    })
}

/// A session of that person, as pages show it.
pub fn shown(state: &AppState, person: &Person, session: OwnSession) -> DeviceSession {
    let OwnSession { is_this, device, handle, kept } = session;
    let policy = &state.settings.access.policy;
    let second_factor = second_factor::from_methods(policy, &kept.amr, kept.created_at);
    DeviceSession {
        handle,
        is_this,
        device,
        first_seen: kept.created_at,
        last_seen: kept.last_seen_at,
        network: kept.network,
        connection: kept.connection.unwrap_or_else(|| person.provider.clone()),
        second_factor: second_factor.map(|factor| factor.method),
    }
}

/// `POST /sessions/{handle}/end`: ends one of the person's sessions. A handle of somebody else's is no
/// handle.
pub async fn end_one(
    State(state): State<AppState>,
    Path(handle): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let Asked { signed_in, this, may_end, by_navigation, form: form::Nothing {} } = asked(&state, request).await?;
    if !may_end {
        return Ok(confirm_first(by_navigation));
    }
    let ended = state.sessions.end_of_person(&signed_in.person, &handle).await?;
    let ended = ended.ok_or_else(|| Failure::new(ProblemKind::NotFound, "no such session of this person"))?;
    tracing::info!(subject = %signed_in.person.subject, "a session was ended from another");
    let is_this = ended.key == this.key();
    ending::tell(&state, std::slice::from_ref(&ended), &Event::session_ended(EndedBy::Person)).await;
    ending::revoke_in_background(&state, vec![ended]);
    if is_this {
        // Pages offer signing out in its place.
        let mut response = Redirect::to("/").into_response();
        let gone = Jar::of(&state.settings.public_origin).clear_session();
        response.headers_mut().append(header::SET_COOKIE, gone);
        return Ok(response);
    }
    Ok(Redirect::to("/sessions?done=ended").into_response())
}

/// `POST /sessions/end-others`: ends all of the person's sessions but the one that asks.
pub async fn end_others(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let Asked { signed_in, this, may_end, by_navigation, form: form::Nothing {} } = asked(&state, request).await?;
    if !may_end {
        return Ok(confirm_first(by_navigation));
    }
    let whose = signed_in.clone();
    let some = move |state: AppState| {
        let (whose, this) = (whose.clone(), this.clone());
        async move { state.sessions.end_some_of(&whose.person, Some(&this)).await }
    };
    let ended = ending::all(&state, Event::session_ended(EndedBy::Person), some).await?;
    tracing::info!(subject = %signed_in.person.subject, sessions = ended, "all other sessions were ended");
    Ok(Redirect::to("/sessions?done=others").into_response())
}

/// Somebody who is signed in and asks for an end.
pub struct Asked<T> {
    /// Who.
    pub signed_in: Arc<SignedIn>,
    /// In which session.
    pub this: SessionId,
    /// Whether they have proved lately who they are.
    pub may_end: bool,
    /// Whether the browser itself sent the form, not a script of the page.
    pub by_navigation: bool,
    /// What was sent.
    pub form: T,
}

impl<T: DeserializeOwned> Asked<T> {
    /// Reads what somebody has sent who may ask.
    ///
    /// # Errors
    /// It is no such form.
    pub async fn of(state: &AppState, signed_in: Arc<SignedIn>, request: Request) -> Result<Self, Failure> {
        let this = this(state, request.headers())?;
        let by_navigation = origin::is_navigation(request.headers());
        let form = form::read(request).await?;
        Ok(Self { may_end: may_end(&signed_in), signed_in, this, by_navigation, form })
    }
}

async fn asked(state: &AppState, request: Request) -> Result<Asked<form::Nothing>, Failure> {
    let signed_in = visitor::signed_in(state, request.headers(), "/sessions").await?;
    Asked::of(state, signed_in, request).await
}

/// The session that asks.
///
/// # Errors
/// There is none, which whoever is signed in by a cookie has.
pub fn this(state: &AppState, headers: &HeaderMap) -> Result<SessionId, Failure> {
    visitor::session_id(Jar::of(&state.settings.public_origin), headers)
        .ok_or_else(|| Failure::new(ProblemKind::Internal, "signed in without a session"))
}

/// Whether they have proved lately who they are.
pub fn may_end(signed_in: &SignedIn) -> bool {
    signed_in.proved_within(LATELY, Utc::now())
}

/// To the sign-in service and back to the page. What a script of the page sends cannot go there, so the
/// page says it.
fn confirm_first(by_navigation: bool) -> Response {
    let next = if by_navigation { CONFIRM_FOR_SESSIONS } else { "/sessions?done=confirm" };
    Redirect::to(next).into_response()
}
