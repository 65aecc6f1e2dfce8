//! One try of a call: sends a request by the process's one HTTP client and reads the answer within
//! bounds. Nothing here knows what is asked.

use super::error::DirectoryError;
use crate::server::auth::{Outbound, retry_after};
use axum::http::{HeaderMap, StatusCode, header};
use chrono::{DateTime, Utc};
use reqwest::RequestBuilder;
use std::time::Duration;

/// How much of an answer is read, in bytes. The Authorization Extension's list of groups is not
/// paged, and names the members of each.
const MAX_ANSWER: usize = 4 << 20;
/// The longest pause that is honoured. A directory that asks for more is asked again after this.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// The pause when a directory asks for one without saying how long.
const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// A whole answer.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Whether trying the same again may help: a fault of the service's own.
    pub(super) fn is_fault(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::REQUEST_TIMEOUT
    }

    /// Whether it says to be JSON, or does not say what it is.
    pub(super) fn may_be_json(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_none_or(|text| text.to_ascii_lowercase().contains("json"))
    }
}

/// The HTTP client, with the time limit of one try.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) outbound: Outbound,
    pub(super) timeout: Duration,
}

impl Transport {
    /// Sends the request and reads the answer, whatever its status, within `limit` at most.
    ///
    /// # Errors
    /// `Unavailable`, with words that hold neither the address nor anything of the request;
    /// `Malformed` when the answer is too large.
    pub(super) async fn send(
        &self,
        call: &'static str,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<Reply, DirectoryError> {
        let failed = |error: reqwest::Error| {
            let what = if error.is_timeout() {
                "was not answered in time".to_owned()
            } else {
                root_cause(&error.without_url())
            };
            DirectoryError::Unavailable(format!("{call}: {what}"))
        };
        let mut response = request.timeout(self.timeout.min(limit)).send().await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(DirectoryError::Malformed {
                    call,
                    reason: format!("it is larger than {MAX_ANSWER} bytes"),
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }
}

/// The innermost cause of an error: the outer ones only say that a request failed.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// How long a 429 (RFC 6585, section 4) wants us to wait, within reason.
pub(super) fn pause(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    retry_after(headers, now).unwrap_or(USUAL_PAUSE).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause_of(pairs: &[(&'static str, &str)]) -> u128 {
        let now = DateTime::from_timestamp(1_000_000_000, 0).unwrap();
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        pause(&headers, now).as_secs().into()
    }

    #[test]
    fn a_pause_comes_in_three_forms() {
        assert_eq!(pause_of(&[("retry-after", "7")]), 7);
        assert_eq!(pause_of(&[("retry-after", "Sun, 09 Sep 2001 01:46:49 GMT")]), 9);
        assert_eq!(pause_of(&[("x-ratelimit-reset", "1000000003"), ("x-ratelimit-remaining", "0")]), 3);
        assert_eq!(pause_of(&[("retry-after", "7"), ("x-ratelimit-reset", "1000000003")]), 7);
        assert_eq!(pause_of(&[("retry-after", "later"), ("x-ratelimit-reset", "1000000003")]), 3);
    }

    #[test]
    fn nonsense_neither_stops_nor_hastens_anything() {
        assert_eq!(pause_of(&[]), 1);
        assert_eq!(pause_of(&[("retry-after", "-5")]), 1);
        assert_eq!(pause_of(&[("retry-after", "18446744073709551615")]), 3600);
        assert_eq!(pause_of(&[("retry-after", "Sun, 09 Sep 2001 01:46:00 GMT")]), 0);
        assert_eq!(pause_of(&[("x-ratelimit-reset", "9223372036854775807")]), 1);
        assert_eq!(pause_of(&[("x-ratelimit-reset", "0")]), 0);
    }
}
