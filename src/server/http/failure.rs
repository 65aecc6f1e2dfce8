//! What a handler returns when it cannot do what was asked.
//!
//! It carries the kind of problem for the person and the cause for the log. `front` puts both under
//! the request's id and draws the page (or, for `/api` and `/rpc`, the JSON).

use crate::{
    model::{ProblemKind, ReturnTo, record::Fault},
    server::{
        auth::{OutboundError, SignInError, SignInFailure},
        records::RecordsError,
        session::SessionError,
        store::StoreError,
    },
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{fmt, sync::Arc, time::Duration};

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the person is told.
    pub kind: ProblemKind,
    /// What the log is told. Nothing secret goes in here.
    pub cause: Arc<str>,
    /// Where the person wanted to go, when the address does not say it.
    pub return_to: Option<ReturnTo>,
    /// What a script is told instead of the kind's own words.
    pub details: Option<Arc<Details>>,
    /// How to be let in: the `WWW-Authenticate` of a 401.
    pub challenge: Option<HeaderValue>,
    /// When to try again: the `Retry-After` of a 429 or 503.
    pub retry_after: Option<Duration>,
    /// Why a sign-in came to nothing, where it is one.
    pub sign_in: Option<SignInFailure>,
}

/// What a script is told about its mistake.
#[derive(Clone, Debug)]
pub struct Details {
    /// The status code of the answer.
    pub status: StatusCode,
    /// What is wrong and what would be right, in a sentence or two.
    pub sentence: String,
    /// What is wrong with each field.
    pub faults: Vec<Fault>,
}

impl Failure {
    /// A failure of this kind, for this reason.
    pub fn new(kind: ProblemKind, cause: impl fmt::Display) -> Self {
        let cause = cause.to_string().into();
        Self { kind, cause, return_to: None, details: None, challenge: None, retry_after: None, sign_in: None }
    }

    /// A script's mistake, in words for whoever wrote it.
    pub fn for_script(status: StatusCode, sentence: impl Into<String>, faults: Vec<Fault>) -> Self {
        let sentence = sentence.into();
        let cause = format!("{status}: {sentence}");
        Self {
            details: Some(Arc::new(Details { status, sentence, faults })),
            ..Self::new(ProblemKind::BadRequest, cause)
        }
    }

    /// A 401 that says how to be let in.
    pub fn unauthorized(kind: ProblemKind, cause: impl fmt::Display, challenge: &str) -> Self {
        let challenge = HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
        Self { challenge: Some(challenge), ..Self::new(kind, cause) }
    }

    /// The same, which may be tried again after so long.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The same, for a person who wanted to go there.
    #[must_use]
    pub fn returning_to(self, return_to: ReturnTo) -> Self {
        Self { return_to: Some(return_to), ..self }
    }

    /// The status code of its kind, or the one for scripts.
    pub fn status(&self) -> StatusCode {
        match &self.details {
            Some(details) => details.status,
            None => StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(challenge) = &self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
        }
        if let Some(wait) = self.retry_after {
            // In whole seconds (RFC 9110, section 10.2.3), and never too early.
            response.headers_mut().insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        Self { sign_in: Some(error.reason()), ..Self::new(error.problem(), error) }
    }
}

impl From<OutboundError> for Failure {
    fn from(error: OutboundError) -> Self {
        SignInError::Outbound(error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(ProblemKind::Unavailable, error)
    }
}

impl From<RecordsError> for Failure {
    fn from(error: RecordsError) -> Self {
        let kind = match &error {
            RecordsError::Closed(_) => ProblemKind::Forbidden,
            RecordsError::Store(_) => ProblemKind::Unavailable,
        };
        Self::new(kind, error)
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::new(ProblemKind::Unavailable, error)
    }
}

/// The address exists, but not for this method.
pub async fn method_not_allowed() -> Response {
    let mut response = Failure::new(ProblemKind::BadRequest, "method not allowed").into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
