//! `/access`: what the person may do, and asking the sign-in service for it anew ("Check again").

use super::{
    cookies::Jar,
    failure::Failure,
    form, origin,
    visitor::{self},
};
use crate::{
    app::{AccessNotice, CHECK_BY_SIGN_IN},
    model::{ProblemKind, ReturnTo, SignedIn},
    server::{
        AppState,
        refresh::{self, Outcome},
    },
};
use axum::{
    extract::{Query, Request, State},
    http::Uri,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{TimeDelta, Utc};
use serde::Deserialize;

/// How old news may be of which the page says that they are new: the address may have been kept.
const NEWS: TimeDelta = TimeDelta::minutes(1);

/// What the page's address says. What does not fit is as if it were not there.
#[derive(Default, Deserialize)]
struct Parameters {
    /// What became of asking.
    checked: Option<String>,
}

/// What the page says about asking.
pub fn notice(signed_in: &SignedIn, address: &Uri) -> Option<AccessNotice> {
    let Query(parameters) = Query::<Parameters>::try_from_uri(address).unwrap_or_default();
    let is_new = Utc::now() - signed_in.person.described_at < NEWS;
    match parameters.checked.as_deref() {
        Some("now") if is_new => Some(AccessNotice::Checked),
        Some("before") if is_new => Some(AccessNotice::CheckedBefore),
        Some("later") => Some(AccessNotice::NotChecked),
        Some("sign-in") => Some(AccessNotice::MustSignIn),
        _ => None,
    }
}

/// `POST /access/check`: asks the sign-in service what it says of the person now, once in ten seconds.
pub async fn check_again(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let ended = || {
        Failure::new(ProblemKind::SessionEnded, "the session has ended")
            .returning_to(ReturnTo::parse_or_fallback(Some("/access")))
    };
    let signed_in = visitor::signed_in(&state, request.headers(), "/access").await?;
    // Whoever is signed in by a cookie has a session.
    let id = visitor::session_id(Jar::of(&state.settings.public_origin), request.headers()).ok_or_else(ended)?;
    // What a script of the page sends cannot go on to the sign-in service, so the page says it.
    let by_navigation = origin::is_navigation(request.headers());
    let form::Nothing {} = form::read(request).await?;
    let next = match refresh::check(&state, &id, &signed_in).await {
        Outcome::Renewed => "/access?checked=now",
        Outcome::NotNeeded => "/access?checked=before",
        Outcome::Later => "/access?checked=later",
        Outcome::NeedsSignIn if by_navigation => CHECK_BY_SIGN_IN,
        Outcome::NeedsSignIn => "/access?checked=sign-in",
        Outcome::Ended => return Err(ended()),
    };
    Ok(Redirect::to(next).into_response())
}
