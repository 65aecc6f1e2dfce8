//! Calls to the sign-in service over HTTP: the one client, and the bounds every call has.
//!
//! Each call ends within [`TIMEOUT`], reads at most [`MAX_ANSWER`] bytes, follows no redirect and
//! sends no cookie. What comes back is data of a stranger until somebody has verified it.

use super::error::printable;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a call may take in all, from connecting to the last byte.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
pub const MAX_ANSWER: usize = 512 * 1024;

/// How long a key set without a usable key is not asked for again: anybody can make us want keys.
const NO_KEY_STANDS_FOR: Duration = Duration::from_secs(10);

/// Why a call failed. Carries no part of the request or of the answer's body: both may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// No connection, a broken connection, or a TLS failure.
    #[error("{endpoint} cannot be reached: {reason}")]
    Unreachable {
        /// Which endpoint, in the words of OpenID Connect.
        endpoint: &'static str,
        /// The transport's own words.
        reason: String,
    },
    /// The answer took longer than [`TIMEOUT`].
    #[error("{endpoint} did not answer within {} s", TIMEOUT.as_secs())]
    TimedOut {
        /// Which endpoint.
        endpoint: &'static str,
    },
    /// The answer is larger than [`MAX_ANSWER`].
    #[error("{endpoint} answered with more than {MAX_ANSWER} bytes")]
    TooLarge {
        /// Which endpoint.
        endpoint: &'static str,
    },
    /// Another status code than 200.
    #[error("{endpoint} answered with status {status}{}", .code.as_ref().map(|code| format!(", error {code}")).unwrap_or_default())]
    Status {
        /// Which endpoint.
        endpoint: &'static str,
        /// The HTTP status code.
        status: u16,
        /// The `error` of RFC 6749, section 5.2, where the answer has one.
        code: Option<String>,
        /// How long it wants not to be asked again, where the answer says so.
        retry_after: Option<Duration>,
    },
    /// Not the JSON that was asked for.
    #[error("{endpoint} answered with something else than the JSON asked for: {reason}")]
    Malformed {
        /// Which endpoint.
        endpoint: &'static str,
        /// What is wrong, without any of the answer's values.
        reason: String,
    },
    /// A key set that is sound, and has no key that could have signed a token for us.
    #[error("{endpoint} has no key for RS256 signatures")]
    NoUsableKey {
        /// Which endpoint.
        endpoint: &'static str,
    },
}

impl OutboundError {
    /// Whether the service is away (rather than wrong): asking again later may help.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            Self::TooLarge { .. } | Self::Malformed { .. } | Self::NoUsableKey { .. } => false,
        }
    }

    /// How long the service wants not to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// How long the same is not asked again. What is away, or broken on the way, may be well at the
    /// next moment; a service that publishes no key needs a hand laid on.
    pub(super) const fn stands_for(&self) -> Duration {
        match self {
            Self::NoUsableKey { .. } => NO_KEY_STANDS_FOR,
            _ => Duration::ZERO,
        }
    }
}

/// The one HTTP client.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
}

/// A whole answer, read within the bounds.
pub struct Answer {
    /// The HTTP status code.
    pub status: StatusCode,
    /// The `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// How long the service wants not to be asked again ([`retry_after`]).
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outbound {
    /// Makes the client.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(3))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("portico/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// The underlying client, to build a request for [`send`](Self::send) with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// `Unreachable`, `TimedOut` or `TooLarge`.
    pub async fn send(&self, endpoint: &'static str, request: RequestBuilder) -> Result<Answer, OutboundError> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                OutboundError::TimedOut { endpoint }
            } else {
                OutboundError::Unreachable { endpoint, reason: root_cause(&error.without_url()) }
            }
        };
        let mut response: Response = request.send().await.map_err(failed)?;
        let status = response.status();
        let content_type =
            response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let retry_after = retry_after(response.headers(), Utc::now());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OutboundError::TooLarge { endpoint });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, content_type, retry_after, body })
    }

    /// Sends a request and takes a 200 answer as JSON, if it says that it is JSON: what a proxy puts
    /// in an answer's place, or somebody stored at the address, is not the service's word.
    ///
    /// # Errors
    /// All of [`OutboundError`].
    pub async fn json<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        request: RequestBuilder,
    ) -> Result<T, OutboundError> {
        let answer = self.send(endpoint, request).await?;
        if answer.status != StatusCode::OK {
            return Err(OutboundError::Status {
                endpoint,
                status: answer.status.as_u16(),
                code: error_code(&answer.body),
                retry_after: answer.retry_after,
            });
        }
        if let Some(reason) = wrong_content_type(answer.content_type.as_deref()) {
            return Err(OutboundError::Malformed { endpoint, reason });
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| OutboundError::Malformed { endpoint, reason: describe_json_error(&error) })
    }
}

/// How long an answer wants us to wait: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3),
/// else Auth0's `X-RateLimit-Reset` in seconds since 1970.
pub(in crate::server) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = |time: DateTime<Utc>| (time - now).to_std().unwrap_or_default();
    let asked = text("retry-after").and_then(|text| match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(until(DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc))),
    });
    let reset = || Some(until(DateTime::from_timestamp(text("x-ratelimit-reset")?.parse().ok()?, 0)?));
    asked.or_else(reset)
}

/// What is wrong with a `Content-Type` where JSON is wanted: `application/json`, or one that ends with
/// `+json` (RFC 6839), such as a key set's own.
fn wrong_content_type(content_type: Option<&str>) -> Option<String> {
    let essence =
        content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => None,
        suffixed if suffixed.starts_with("application/") && suffixed.ends_with("+json") => None,
        "" => Some("it has no Content-Type".to_owned()),
        // OpenID Connect Core 1.0, section 5.3.2: what a client gets that has registered for it.
        "application/jwt" => Some(
            "it is a JWT, which is not supported: register the client without userinfo_signed_response_alg and userinfo_encrypted_response_alg"
                .to_owned(),
        ),
        other => Some(format!("its Content-Type is {}", printable(other, 64))),
    }
}

/// The `error` member of an OAuth error answer (RFC 6749, section 5.2), if it is one of sane form.
fn error_code(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct ErrorAnswer {
        error: String,
    }
    let ErrorAnswer { error } = serde_json::from_slice(body).ok()?;
    let sane = error.len() <= 64 && error.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    sane.then_some(error)
}

/// Where and of what kind a JSON error is; `serde_json`'s own text may quote values.
fn describe_json_error(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Io => "it could not be read",
        serde_json::error::Category::Syntax => "it is not JSON",
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "it ends too early",
    };
    format!("{kind} (line {}, column {})", error.line(), error.column())
}

/// The innermost cause of an error: the outer ones only say that a request failed.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::wrong_content_type;

    #[test]
    fn json_goes_by_several_names_and_nothing_else_is_json() {
        for json in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON ;charset=UTF-8",
            "application/jwk-set+json",
            "application/openid-configuration+json;v=1",
        ] {
            assert_eq!(wrong_content_type(Some(json)), None, "{json}");
        }
        for other in
            ["text/html", "text/plain", "text/json", "application/jsonp", "application/octet-stream", "json", "+json"]
        {
            assert_eq!(wrong_content_type(Some(other)), Some(format!("its Content-Type is {other}")));
        }
        for none in [None, Some(""), Some("; charset=utf-8")] {
            assert_eq!(wrong_content_type(none).as_deref(), Some("it has no Content-Type"));
        }
        assert!(wrong_content_type(Some("application/jwt")).is_some_and(|reason| reason.contains("not supported")));
        let long = wrong_content_type(Some(&format!("text/\u{1b}{}", "x".repeat(1000)))).unwrap();
        assert!(long.len() < 100 && !long.contains('\u{1b}'), "{long}");
    }
}
