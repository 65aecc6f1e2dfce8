//! The headers that every answer carries.

use super::{RequestId, backchannel_logout, csp_report};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The same for every answer (OWASP Secure Headers Project; ASVS 5, 3.4).
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    ),
];
/// Two years (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// What is no page loads and runs nothing.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// The same answer comes compressed to those who can read it so: no cache may give one to all.
const BY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
/// A file whose name holds a hash of its content never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// What kind of answer a path gives, as far as caches are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    /// Depends on who asks.
    Never,
    /// A file named after its content.
    Forever,
    /// Any other file.
    AWhile,
}

impl Caching {
    /// By the request's path: only files below `/pkg` and with an extension are for everybody.
    pub fn of(request: &Request, hashed: bool) -> Self {
        let path = request.uri().path();
        let has_extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        match path.starts_with("/pkg/") {
            true if hashed => Self::Forever,
            true => Self::Never,
            false if has_extension && !path.starts_with("/api/") && !path.starts_with("/rpc/") => Self::AWhile,
            false => Self::Never,
        }
    }
}

/// Adds what is missing. What the handler has set stays.
pub fn add(response: &mut Response, id: RequestId, https: bool, caching: Caching) {
    let succeeded = response.status().is_success() || response.status().as_u16() == 304;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    let caching = match caching {
        Caching::Forever if succeeded => IMMUTABLE,
        Caching::AWhile if succeeded && !headers.contains_key(header::SET_COOKIE) => AN_HOUR,
        _ => NO_STORE,
    };
    // The layer that compresses says so, but neither of what it leaves as it is nor of files compressed before.
    if caching != NO_STORE {
        headers.entry(header::VARY).or_insert(BY_ENCODING);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(caching);
}

/// Whether the client would rather have JSON than a page: it says so, or it is none that shows pages.
pub fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    if path.starts_with("/api/")
        || path.starts_with("/rpc/")
        || [backchannel_logout::PATH, csp_report::PATH].contains(&path)
    {
        return true;
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    !accept.contains("text/html") && accept.contains("json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::StatusCode};

    fn answered(status: StatusCode, caching: Caching) -> HeaderMap {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        add(&mut response, RequestId::generate(), true, caching);
        response.headers().clone()
    }

    #[test]
    fn whatever_a_cache_may_keep_is_kept_for_each_encoding_by_itself() {
        for (caching, control) in [(Caching::Forever, IMMUTABLE), (Caching::AWhile, AN_HOUR)] {
            for status in [StatusCode::OK, StatusCode::NOT_MODIFIED] {
                let headers = answered(status, caching);
                assert_eq!(headers[header::CACHE_CONTROL], control);
                assert_eq!(headers[header::VARY], BY_ENCODING);
            }
        }
    }

    #[test]
    fn what_failed_is_kept_by_no_cache() {
        for caching in [Caching::Forever, Caching::AWhile, Caching::Never] {
            assert_eq!(answered(StatusCode::NOT_FOUND, caching)[header::CACHE_CONTROL], NO_STORE);
        }
    }
}
