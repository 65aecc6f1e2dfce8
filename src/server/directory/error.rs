//! Why the directory gave no answer, told apart so that each has its remedy.

use crate::model::ProblemKind;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// The two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// Auth0's Management API v2.
    Management,
    /// Auth0's Authorization Extension API.
    AuthorizationExtension,
}

impl Api {
    /// Where the setting stands that says where this API is.
    const fn address_setting(self) -> &'static str {
        match self {
            Self::Management => "AUTH0_TENANT_DOMAIN (or AUTH0_DOMAIN)",
            Self::AuthorizationExtension => "AUTHZ_EXTENSION_URL",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Management => "the Management API",
            Self::AuthorizationExtension => "the Authorization Extension",
        })
    }
}

/// Why the directory gave no answer. Its text holds no token and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// `PORTICO_DIRECTORY=none`.
    #[error("no directory is configured")]
    Off,
    /// The tenant does not know the client, or its secret is another one.
    #[error("the tenant refuses the client id or its secret")]
    ClientRefused,
    /// The client may not use the grant `client_credentials`.
    #[error("the client may not use the grant client_credentials")]
    GrantNotAllowed,
    /// The tenant has no API of this audience, or the API says that the token is for another.
    #[error("{api} is not known by the audience {audience}")]
    WrongAudience {
        /// Which API.
        api: Api,
        /// The audience the token was asked for.
        audience: String,
    },
    /// The extension's API access is off: the tenant does not know `urn:auth0-authz-api`.
    #[error("the Authorization Extension's API is not enabled")]
    ExtensionApiDisabled,
    /// The client has no grant for the API.
    #[error("the client is not authorised for {audience}")]
    ClientNotAuthorised {
        /// The audience the token was asked for.
        audience: String,
    },
    /// The client's grant lacks a scope.
    #[error("the client lacks the scope {scope} for {api}")]
    MissingScope {
        /// Which API.
        api: Api,
        /// The scope, such as `read:roles`.
        scope: String,
    },
    /// The API was sent something that is no machine's token: the 401 "Invalid token format".
    #[error("{api} was sent a user's or an opaque token where a machine's is needed")]
    UserTokenUsed {
        /// Which API.
        api: Api,
    },
    /// The API refuses the token for another reason: its signature, issuer or lifetime.
    #[error("{api} refuses the token: {reason}")]
    TokenRefused {
        /// Which API.
        api: Api,
        /// The API's own words.
        reason: String,
    },
    /// Something answers at the address, but it is not the API.
    #[error("what answers with status {status} is not {api}")]
    WrongBaseUrl {
        /// Which API.
        api: Api,
        /// The HTTP status code.
        status: u16,
    },
    /// The directory, or our own budget for it, allows no call before this time.
    #[error("no call is allowed before {}", .until.to_rfc3339_opts(SecondsFormat::Millis, true))]
    RateLimited {
        /// When the next call is allowed.
        until: DateTime<Utc>,
    },
    /// The directory is away: no connection, a time-out, or a fault of its own (5xx).
    #[error("{0}")]
    Unavailable(String),
    /// No answer yet. It is waited for in the background, and kept for who asks next.
    #[error("the directory has not answered yet")]
    NotYet,
    /// The answer is not of the form that the API documents.
    #[error("the answer to {call} cannot be used: {reason}")]
    Malformed {
        /// The call.
        call: &'static str,
        /// What is wrong, without any of the answer's values.
        reason: String,
    },
    /// There is no such account, role or group.
    #[error("{0} found nothing of this id")]
    NotFound(&'static str),
    /// The directory refused the request itself (4xx).
    #[error("{call} was refused with status {status}: {reason}")]
    Rejected {
        /// The call.
        call: &'static str,
        /// The HTTP status code.
        status: u16,
        /// The API's own words.
        reason: String,
    },
    /// The request was not sent, since it makes no sense.
    #[error("the request was not sent: {0}")]
    Senseless(&'static str),
}

impl DirectoryError {
    /// What an operator can do about it, in full sentences.
    pub fn remedy(&self) -> String {
        match self {
            Self::Off => "Set PORTICO_DIRECTORY to management or authorization_extension.".to_owned(),
            Self::ClientRefused => {
                "Check AUTH0_MANAGEMENT_CLIENT_ID and AUTH0_MANAGEMENT_CLIENT_SECRET (or, without them, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET).".to_owned()
            }
            Self::GrantNotAllowed => {
                "In the Auth0 dashboard open the application, Settings, Advanced Settings, Grant Types, and tick Client Credentials.".to_owned()
            }
            Self::WrongAudience { api: Api::Management, .. } => {
                "The tenant has no such API. Behind a custom domain, set AUTH0_TENANT_DOMAIN to the tenant's own domain, such as tenant.eu.auth0.com.".to_owned()
            }
            Self::WrongAudience { api: Api::AuthorizationExtension, .. } => {
                "The extension belongs to another tenant. Check AUTHZ_EXTENSION_URL, and AUTH0_TENANT_DOMAIN behind a custom domain.".to_owned()
            }
            Self::ExtensionApiDisabled => {
                "In the Authorization Extension open Configuration, API, and turn API Access on.".to_owned()
            }
            Self::ClientNotAuthorised { audience } => {
                format!("In the Auth0 dashboard open Applications, APIs, the API {audience}, Machine to Machine Applications, and authorise the client, with the scopes named in docs/auth0-setup.md.")
            }
            Self::MissingScope { scope, .. } => {
                format!("In the Auth0 dashboard open Applications, APIs, the API, Machine to Machine Applications, the client, and tick {scope}.")
            }
            Self::UserTokenUsed { .. } => {
                "Only a token from the grant client_credentials, for the API's own audience, is accepted, never the one a person signed in with. Portico asks for one; if the tenant answers with an opaque token, the API is missing there, and if it does not, something on the way replaces the Authorization header.".to_owned()
            }
            Self::TokenRefused { .. } => {
                "A token of one domain is refused at another: AUTH0_TENANT_DOMAIN must be the domain of the tenant that the API belongs to. Check this machine's clock as well.".to_owned()
            }
            Self::WrongBaseUrl { api: Api::Management, .. } => format!("Check {}.", Api::Management.address_setting()),
            Self::WrongBaseUrl { api: Api::AuthorizationExtension, .. } => {
                "Check AUTHZ_EXTENSION_URL: the extension shows it under Configuration, API, and it ends with /api.".to_owned()
            }
            Self::RateLimited { .. } => {
                "Wait, or lower PORTICO_DIRECTORY_CALLS_PER_SECOND: all instances and other clients share the tenant's limit.".to_owned()
            }
            Self::Unavailable(_) | Self::NotYet => {
                "Check that this machine can reach the directory. It is asked again by itself.".to_owned()
            }
            Self::Malformed { .. } => "Check the addresses in the settings, and whether something on the way changes answers.".to_owned(),
            Self::NotFound(_) | Self::Senseless(_) => "Nothing needs to be mended.".to_owned(),
            Self::Rejected { .. } => "The directory's own words say why.".to_owned(),
        }
    }

    /// What a person is told whose action failed.
    pub const fn problem(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) => ProblemKind::NotFound,
            Self::Senseless(_) | Self::Rejected { .. } => ProblemKind::BadRequest,
            Self::RateLimited { .. } | Self::Unavailable(_) | Self::NotYet => ProblemKind::Unavailable,
            _ => ProblemKind::Internal,
        }
    }

    /// Whether the directory is away, rather than refusing: asking again soon may help.
    pub(super) const fn is_away(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotYet | Self::Malformed { .. })
    }
}
