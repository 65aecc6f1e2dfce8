//! The one error that server functions give to the browser.

use crate::model::{Problem, ProblemKind};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a server function could not answer, fit for anybody's eyes.
///
/// It crosses the wire as the JSON of [`Problem`], `{"kind": …, "support_id": …}`. The cause stays
/// in the server's log under the support id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError(Problem);

impl ApiError {
    /// An error of the request at hand. On the server it takes the request's id from the context
    /// and gives the response the status that [`ProblemKind::status`] names.
    pub fn new(kind: ProblemKind) -> Self {
        #[cfg(feature = "ssr")]
        set_status(kind);
        let support_id = leptos::prelude::use_context::<crate::app::SupportId>();
        Self(Problem { kind, support_id: support_id.map(|id| id.0).unwrap_or_default() })
    }

    /// What went wrong.
    pub fn problem(&self) -> &Problem {
        &self.0
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    /// Translates the framework's own errors. Their texts can quote the request, so they go to the
    /// log and never to the browser.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let translated = Self::new(kind_of(&error));
        #[cfg(feature = "ssr")]
        tracing::warn!(error = %error, support_id = translated.0.support_id, "a server function call failed");
        translated
    }
}

/// What a framework error means to the caller.
fn kind_of(error: &ServerFnErrorErr) -> ProblemKind {
    match error {
        ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::UnsupportedRequestMethod(_) => {
            ProblemKind::BadRequest
        }
        ServerFnErrorErr::Request(_) => ProblemKind::Unavailable,
        ServerFnErrorErr::Registration(_)
        | ServerFnErrorErr::ServerError(_)
        | ServerFnErrorErr::MiddlewareError(_)
        | ServerFnErrorErr::Deserialization(_)
        | ServerFnErrorErr::Serialization(_)
        | ServerFnErrorErr::Response(_) => ProblemKind::Internal,
    }
}

/// Without this, Leptos answers every error with 500.
#[cfg(feature = "ssr")]
fn set_status(kind: ProblemKind) {
    use axum::http::StatusCode;
    let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() else {
        return; // not in a request, such as in a test
    };
    response.set_status(StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SupportId;
    use leptos::prelude::{Owner, provide_context};

    #[test]
    fn the_error_carries_the_id_of_the_request_and_reads_like_a_problem() {
        let error = Owner::new().with(|| {
            provide_context(SupportId("7K3F9QXM2T".into()));
            ApiError::new(ProblemKind::SessionEnded)
        });
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json, serde_json::json!({ "kind": "session_ended", "support_id": "7K3F9QXM2T" }));
    }

    #[test]
    fn nothing_of_a_framework_error_reaches_the_browser() {
        let error = Owner::new().with(|| {
            ApiError::from_server_fn_error(ServerFnErrorErr::ServerError("postgres://user:secret@host".into()))
        });
        assert_eq!(error.problem().kind, ProblemKind::Internal);
        let sent = String::from_utf8(error.ser().to_vec()).unwrap();
        assert!(!sent.contains("secret"), "{sent}");
    }

    #[test]
    #[cfg(feature = "ssr")]
    fn the_status_is_that_of_the_problem() {
        use leptos_axum::ResponseOptions;
        let response = ResponseOptions::default();
        Owner::new().with(|| {
            provide_context(response.clone());
            ApiError::new(ProblemKind::SessionEnded);
        });
        assert_eq!(response.0.read().unwrap().status, Some(axum::http::StatusCode::UNAUTHORIZED));
    }
}
