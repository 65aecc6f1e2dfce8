//! What went wrong, for a script: problem details (RFC 9457).

use super::failure::Details;
use crate::model::{Problem, ProblemKind, record::Fault};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// Problem details. `type` is always `about:blank`: the status code says what kind of problem it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Always `about:blank`.
    r#type: &'static str,
    /// A few words.
    title: String,
    /// The status code of the answer.
    status: u16,
    /// What happened, in one sentence.
    detail: String,
    /// `false` where the answer is 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
    /// What is wrong with each field, where the answer is 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// The id of the request, under which the log keeps the cause.
    support_id: String,
}

/// How each endpoint of the JSON API may refuse, for its description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is only described")]
pub enum Refused {
    /// Nobody is signed in, or the token is refused: `WWW-Authenticate` says why.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemDocument),
    /// Too many tokens from this address were refused; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument),
    /// The database or the sign-in service does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument),
}

/// The answer about a problem, with this status: in the words of its kind, or in the `details` where
/// there are any.
pub fn response(problem: &Problem, status: StatusCode, details: Option<&Details>) -> Response {
    let kind = problem.kind;
    let signed_out = matches!(kind, ProblemKind::Unauthenticated | ProblemKind::SessionEnded);
    let (title, detail, errors) = match details {
        Some(Details { status, sentence, faults }) => {
            (status.canonical_reason().unwrap_or_default(), sentence.as_str(), faults.clone())
        }
        None => (kind.title(), kind.sentence(), vec![]),
    };
    let document = ProblemDocument {
        r#type: "about:blank",
        title: title.to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        authenticated: signed_out.then_some(false),
        errors,
        support_id: problem.support_id.clone(),
    };
    let mut response = (status, Json(document)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
