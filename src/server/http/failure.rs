//! What a handler returns when it cannot do what was asked.
//!
//! It carries the kind of problem for the person and the cause for the log. `front` puts both under
//! the request's id and draws the page (or, for `/api` and `/rpc`, the JSON).

use crate::{
    model::{ProblemKind, ReturnTo},
    server::{
        auth::{OutboundError, SignInError},
        records::RecordsError,
        session::SessionError,
        store::StoreError,
    },
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::{fmt, sync::Arc};

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What the person is told.
    pub kind: ProblemKind,
    /// What the log is told. Nothing secret goes in here.
    pub cause: Arc<str>,
    /// Where the person wanted to go, when the address does not say it.
    pub return_to: Option<ReturnTo>,
}

impl Failure {
    /// A failure of this kind, for this reason.
    pub fn new(kind: ProblemKind, cause: impl fmt::Display) -> Self {
        Self { kind, cause: cause.to_string().into(), return_to: None }
    }

    /// The same, for a person who wanted to go there.
    #[must_use]
    pub fn returning_to(self, return_to: ReturnTo) -> Self {
        Self { return_to: Some(return_to), ..self }
    }

    /// The status code of its kind.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        Self::new(error.problem(), error)
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
