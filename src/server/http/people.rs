//! `/people`: who is signed in, and ending their sessions, for administrators (OWASP ASVS 5, 7.4.5).
//!
//! As on `/sessions`, ending takes a person who has proved lately who they are.

use super::{
    administrator,
    failure::Failure,
    form,
    sessions::{Asked, may_end, shown, this},
    visitor,
};
use crate::{
    app::{self, PeopleNotice, PeopleShown, PeopleView},
    model::{PersonSessions, ProblemKind, SignedIn},
    server::{AppState, administration, audit::Action, standing, store::PersonSignedIn},
};
use axum::{
    extract::{Query, Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, de::DeserializeOwned};

/// What the page's address says. What does not fit is as if it were not there.
#[derive(Default, Deserialize)]
struct Parameters {
    /// What was searched for.
    q: Option<String>,
    /// Whom it is about.
    person: Option<String>,
    /// What has just been done.
    done: Option<String>,
}

/// What the page shows.
///
/// # Errors
/// It is not for this person, or about nobody; else the database does not answer.
pub async fn page(state: &AppState, signed_in: &SignedIn, request: &Parts) -> Result<PeopleView, Failure> {
    allow(state, signed_in, Action::ReadPeople).await?;
    let parameters =
        Query::<Parameters>::try_from_uri(&request.uri).map(|Query(parameters)| parameters).unwrap_or_default();
    let issuer = &state.settings.oidc.issuer;
    let shown = match parameters.person {
        Some(subject) => {
            let found = state.sessions.people(issuer, &subject).await?;
            let PersonSignedIn { person, sessions, last_seen_at } = found
                .into_iter()
                .find(|found| found.person.subject == subject)
                .ok_or_else(|| Failure::new(ProblemKind::NotFound, "there is no such person"))?;
            let this = this(state, &request.headers)?;
            let theirs = state.sessions.of_person(&person, &this).await?;
            let theirs = theirs.into_iter().map(|session| shown(state, &person, session)).collect();
            PeopleShown::One { person: summary(PersonSignedIn { person, sessions, last_seen_at }), sessions: theirs }
        }
        None => {
            let search = parameters.q.as_deref().unwrap_or_default().trim().to_owned();
            let people = state.sessions.people(issuer, &search).await?.into_iter().map(summary).collect();
            PeopleShown::Several { search, people }
        }
    };
    let may_end = may_end(signed_in);
    Ok(PeopleView {
        shown,
        may_end,
        notice: match parameters.done.as_deref() {
            Some("ended") => Some(PeopleNotice::Ended),
            Some("all") => Some(PeopleNotice::AllEnded),
            Some("everybodys") => Some(PeopleNotice::EverybodysEnded),
            Some("confirm") if !may_end => Some(PeopleNotice::MustConfirm),
            Some("confirmed") if may_end => Some(PeopleNotice::Confirmed),
            _ => None,
        },
    })
}

/// The same for pages and scripts.
pub fn summary(PersonSignedIn { person, sessions, last_seen_at }: PersonSignedIn) -> PersonSessions {
    PersonSessions {
        name: person.display_name().to_owned(),
        subject: person.subject,
        email: person.email,
        sessions,
        last_seen: last_seen_at,
    }
}

/// Whose sessions are to be ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    /// The person's id (`sub`).
    person: String,
    /// One of them, by its handle; all where nothing is said.
    session: Option<String>,
}

/// `POST /people/end-sessions`: ends one session of a person, or all of them.
pub async fn end_sessions(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let Asked { signed_in: administrator, this, may_end, by_navigation, form } =
        asked::<Whose>(&state, request).await?;
    let page = app::person(&form.person);
    if !may_end {
        return Ok(confirm_first(by_navigation, &page, Some(&form.person)));
    }
    let person = state.store.person(&state.settings.oidc.issuer, &form.person).await?;
    let person = person.ok_or_else(|| Failure::new(ProblemKind::NotFound, "there is no such person"))?;
    let by = &administrator.person.subject;
    let done = match &form.session {
        Some(handle) => {
            if !administration::end_one(&state, by, &person, handle).await? {
                return Err(Failure::new(ProblemKind::NotFound, "no such session of this person"));
            }
            "ended"
        }
        None => {
            administration::end_all_of(&state, by, &person, Some(this)).await?;
            "all"
        }
    };
    Ok(Redirect::to(&format!("{page}&done={done}")).into_response())
}

/// `POST /people/end-everybodys-sessions`: ends all sessions but the one that asks.
pub async fn end_everybodys(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let Asked { signed_in: administrator, this, may_end, by_navigation, form: form::Nothing {} } =
        asked(&state, request).await?;
    if !may_end {
        return Ok(confirm_first(by_navigation, "/people?", None));
    }
    administration::end_everybodys(&state, &administrator.person.subject, Some(this)).await?;
    Ok(Redirect::to("/people?done=everybodys").into_response())
}

/// An administrator who asks for an end.
async fn asked<T: DeserializeOwned>(state: &AppState, request: Request) -> Result<Asked<T>, Failure> {
    let administrator = visitor::signed_in(state, request.headers(), "/people").await?;
    allow(state, &administrator, Action::EndSessions).await?;
    Asked::of(state, administrator, request).await
}

async fn allow(state: &AppState, signed_in: &SignedIn, action: Action) -> Result<(), Failure> {
    administrator::allow(state, &signed_in.person, &standing::of_session(state, signed_in), action).await
}

/// To the sign-in service and back to the page; where a script of the page sent the form, the page says it.
fn confirm_first(by_navigation: bool, page: &str, person: Option<&str>) -> Response {
    let next = if by_navigation { app::confirm_for_people(person) } else { format!("{page}&done=confirm") };
    Redirect::to(&next).into_response()
}
