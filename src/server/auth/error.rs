//! Why a sign-in failed: the cause for the log, the kind of problem for the person.

use super::{jwt::TokenError, outbound::OutboundError};
use crate::model::ProblemKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a sign-in failed. Its text is for the log and holds no token, code, state or secret.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The callback's parameters cannot be read.
    #[error("the callback's parameters cannot be used: {0}")]
    Callback(&'static str),
    /// The callback belongs to no attempt of this browser, or to one too old.
    #[error("the callback belongs to no attempt of this browser: {0}")]
    TransactionLost(&'static str),
    /// The callback comes from another issuer than the one asked, or does not say from which
    /// (RFC 9207).
    #[error("the callback's iss is {0}")]
    CallbackIssuer(&'static str),
    /// The service answered with an error (RFC 6749, section 4.1.2.1).
    #[error("the sign-in service answered {code}: {description}")]
    Refused {
        /// `access_denied`, `login_required`…
        code: String,
        /// The service's own words, cut and cleaned.
        description: String,
    },
    /// A call to the service failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The code or the refresh token was not accepted.
    #[error("the token endpoint refused: {0}")]
    Exchange(String),
    /// The ID token is not acceptable.
    #[error("the ID token is refused: {0}")]
    IdToken(#[source] TokenError),
    /// The answer of `/userinfo` is about somebody else (OpenID Connect Core 1.0, section 5.3.2).
    #[error("the sub of /userinfo is not that of the ID token")]
    OtherSubject,
    /// The person signed in to another organization than was asked for.
    #[error("the ID token is not of the organization asked for")]
    OtherOrganization,
}

/// Why a sign-in came to nothing, for the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInFailure {
    /// The callback lacked something.
    Callback,
    /// The attempt was not this browser's, too old, or used before.
    Attempt,
    /// The callback came from another issuer, or did not say from which.
    Issuer,
    /// The person said no, or the sign-in service refused them (`access_denied`).
    Denied,
    /// The sign-in service answered with another error, not as it should, or not at all.
    SignInService,
    /// The code was not accepted.
    Code,
    /// The ID token was not acceptable.
    IdToken,
    /// `/userinfo` was about somebody else.
    OtherSubject,
    /// The person signed in to another organization than was asked for.
    OtherOrganization,
    /// The database did not answer.
    Database,
    /// A fault of our own.
    Internal,
}

impl SignInError {
    /// The same for the audit log.
    pub fn reason(&self) -> SignInFailure {
        match self {
            Self::Callback(_) => SignInFailure::Callback,
            Self::TransactionLost(_) => SignInFailure::Attempt,
            Self::CallbackIssuer(_) => SignInFailure::Issuer,
            Self::Refused { code, .. } if code == "access_denied" => SignInFailure::Denied,
            Self::Refused { .. } | Self::Outbound(_) => SignInFailure::SignInService,
            Self::Exchange(_) => SignInFailure::Code,
            Self::IdToken(_) => SignInFailure::IdToken,
            Self::OtherSubject => SignInFailure::OtherSubject,
            Self::OtherOrganization => SignInFailure::OtherOrganization,
        }
    }

    /// What the person is told.
    pub fn problem(&self) -> ProblemKind {
        match self {
            Self::Callback(_) => ProblemKind::BadRequest,
            Self::TransactionLost(_) => ProblemKind::SignInExpired,
            Self::Refused { code, .. } if code == "access_denied" => ProblemKind::SignInDenied,
            Self::Refused { code, .. } if code == "temporarily_unavailable" => ProblemKind::SignInUnreachable,
            Self::Outbound(error) if error.is_unreachable() => ProblemKind::SignInUnreachable,
            _ => ProblemKind::SignInFailed,
        }
    }

    /// An error answer of the service, with its words made safe for a log line.
    pub(crate) fn refused(code: &str, description: Option<&str>) -> Self {
        Self::Refused {
            code: printable(code, 64),
            description: printable(description.unwrap_or("no description"), 256),
        }
    }
}

/// At most `length` characters, without control characters: words of a stranger, for a log line.
pub(crate) fn printable(text: &str, length: usize) -> String {
    text.chars().take(length).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
