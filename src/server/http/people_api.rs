//! `/api/people` and `/api/sessions`: who is signed in, and ending their sessions, for administrators' scripts.

use super::{
    administrator,
    caller::{self, Caller},
    failure::Failure,
    people::summary,
    problem::{ProblemDocument, Refused},
    sessions::may_end,
    visitor::{self, Use},
};
use crate::{
    model::{PersonSessions, ProblemKind},
    server::{AppState, administration, audit::Action, session::SessionId},
};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which people.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Parameters {
    /// An e-mail address or a user id (`sub`), whole. Where nothing is said: those who were last seen.
    q: Option<String>,
}

/// People, and how much they are signed in.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// The last seen first, 50 at most.
    people: Vec<PersonSessions>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// So many.
    ended: usize,
}

/// Who is signed in, the last seen first; or the people who are called so, signed in or not.
///
/// Only for those who have the permission `admin`.
#[utoipa::path(
    get,
    path = "/api/people",
    tag = "administration",
    params(Parameters),
    responses(
        (status = 200, description = "People.", body = People),
        (status = 400, description = "A parameter is no good.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The caller lacks the permission `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn people(
    State(state): State<AppState>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<People>, Failure> {
    let caller = caller::identify(&state, &headers, Use::Counts).await?;
    let (person, standing) = caller.standing(&state)?;
    administrator::allow(&state, person, &standing, Action::ReadPeople).await?;
    let bad = |_| Failure::for_script(StatusCode::BAD_REQUEST, "The parameter is q, once.", vec![]);
    let Query(Parameters { q }) = parameters.map_err(bad)?;
    let found = state.sessions.people(&state.settings.oidc.issuer, q.as_deref().unwrap_or_default().trim()).await?;
    Ok(Json(People { people: found.into_iter().map(summary).collect() }))
}

/// Ends all sessions of a person, but the one that asks.
///
/// Only for those who have the permission `admin`; in a session, for those who have signed in within the last ten minutes.
#[utoipa::path(
    delete,
    path = "/api/people/{subject}/sessions",
    tag = "administration",
    params(("subject" = String, Path, description = "The person's id (`sub`), percent-encoded.")),
    responses(
        (status = 200, description = "They are ended.", body = Ended),
        (status = 403, description = "The caller lacks the permission `admin`, or has to sign in again.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such person.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn end_of_person(
    State(state): State<AppState>,
    Path(subject): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Ended>, Failure> {
    let (administrator, kept) = may_end_sessions(&state, &headers).await?;
    let person = state.store.person(&state.settings.oidc.issuer, &subject).await?;
    let person = person.ok_or_else(|| Failure::new(ProblemKind::NotFound, "there is no such person"))?;
    let ended = administration::end_all_of(&state, &administrator, &person, kept).await?;
    Ok(Json(Ended { ended }))
}

/// Ends everybody's sessions, but the one that asks.
///
/// Only for those who have the permission `admin`; in a session, for those who have signed in within the last ten minutes.
#[utoipa::path(
    delete,
    path = "/api/sessions",
    tag = "administration",
    responses(
        (status = 200, description = "They are ended.", body = Ended),
        (status = 403, description = "The caller lacks the permission `admin`, or has to sign in again.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn end_everybodys(State(state): State<AppState>, headers: HeaderMap) -> Result<Json<Ended>, Failure> {
    let (administrator, kept) = may_end_sessions(&state, &headers).await?;
    let ended = administration::end_everybodys(&state, &administrator, kept).await?;
    Ok(Json(Ended { ended }))
}

/// The administrator who may do so (`sub`), and their session if they have one.
async fn may_end_sessions(state: &AppState, headers: &HeaderMap) -> Result<(String, Option<SessionId>), Failure> {
    let caller = caller::identify(state, headers, Use::Counts).await?;
    let (person, standing) = caller.standing(state)?;
    administrator::allow(state, person, &standing, Action::EndSessions).await?;
    let kept = match &caller {
        Caller::Session(signed_in) if !may_end(signed_in) => {
            let sentence = "This takes a sign-in of the last ten minutes: sign in again at /login?max_age=600.";
            return Err(Failure::for_script(StatusCode::FORBIDDEN, sentence, vec![]));
        }
        Caller::Session(_) => visitor::session_id(super::cookies::Jar::of(&state.settings.public_origin), headers),
        Caller::Token { .. } => None,
    };
    Ok((person.subject.clone(), kept))
}
