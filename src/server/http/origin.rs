//! Where a request comes from: the defence against cross-site request forgery.
//!
//! The browser says so itself, and pages cannot forge it: `Sec-Fetch-Site` (Fetch Metadata), and in
//! older browsers `Origin`. A request that changes something and says neither is refused.

use super::{backchannel_logout, csp_report};
use crate::{api::CALL_HEADER, server::settings::PublicOrigin};
use axum::http::{HeaderMap, Method, header};

/// Where requests of others are taken: a form of another site that asks for a sign-in, which changes nothing,
/// the sign-in service's logout, which is proved by a signed token, and what browsers report, some of which do
/// not say where from. No cookie counts there.
const FOR_OTHERS: [&str; 3] = ["/login", backchannel_logout::PATH, csp_report::PATH];

/// Whether a request may go on: by its method or its path nobody's cookie lends it anything, or it comes
/// from one of our own pages.
pub fn may_change(method: &Method, path: &str, headers: &HeaderMap, own: &PublicOrigin) -> bool {
    if method.is_safe() || (method == Method::POST && FOR_OTHERS.contains(&path)) {
        return true;
    }
    // A script with a token of its own is no browser with somebody's cookie.
    if headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE) {
        return true;
    }
    match (text(headers, "sec-fetch-site"), text(headers, "origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == own.as_str(),
        (None, None) => false,
    }
}

/// Whether a server function is called as our own pages call it, with [`CALL_HEADER`]: no form and no link can
/// send that header, and a script of another origin only after a question (CORS preflight) that is never granted.
pub fn is_own_call(headers: &HeaderMap) -> bool {
    let (name, value) = CALL_HEADER;
    text(headers, name) == Some(value)
}

/// Whether the person came here by themselves: from one of our pages, or by typing the address.
/// Browsers that do not say count as no.
pub fn is_own_navigation(headers: &HeaderMap) -> bool {
    matches!(text(headers, "sec-fetch-site"), Some("same-origin" | "none"))
}

/// Whether the browser will show the answer, as far as it says: a script that asked cannot be sent to another site.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate")
}

/// Whether a script of our own pages asks, as far as the browser says: older ones don't, and keep what comes
/// from the scripts of other sites by themselves.
pub fn is_own_script(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // A header sent twice, or that is no text, is a trick.
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { "" } else { first.to_str().unwrap_or("") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn allowed(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let own = PublicOrigin::of(&url::Url::parse("https://portal.example/callback").unwrap());
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut map = HeaderMap::new();
        headers.for_each(|(name, value)| {
            map.append(name, value);
        });
        may_change(&method, "/logout", &map, &own)
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        assert!(allowed(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(allowed(Method::POST, &[("origin", "https://portal.example")]));
        assert!(allowed(Method::GET, &[("sec-fetch-site", "cross-site")]), "reading is free");
        for bad in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://portal.example")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "null")],
            &[("origin", "https://portal.example.evil.example")],
            &[("origin", "http://portal.example")],
            &[("authorization", "Bearer x"), ("cookie", "portico=x")],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(!allowed(method, bad), "{bad:?}");
            }
        }
        assert!(allowed(Method::DELETE, &[("authorization", "Bearer x")]));
    }

    #[test]
    fn a_call_of_our_own_pages_says_so_once() {
        let own = |values: &[&'static str]| {
            let name = || HeaderName::from_static("x-portico");
            let mut headers = HeaderMap::new();
            values.iter().for_each(|value| _ = headers.append(name(), HeaderValue::from_static(value)));
            is_own_call(&headers)
        };
        assert!(own(&["1"]));
        for bad in [&[][..], &[""], &["0"], &["true"], &["1, 1"], &["1", "1"]] {
            assert!(!own(bad), "{bad:?}");
        }
    }

    #[test]
    fn others_may_ask_for_a_sign_in_or_end_sessions_by_a_token_and_nothing_else() {
        let own = PublicOrigin::of(&url::Url::parse("https://portal.example/callback").unwrap());
        let cross =
            HeaderMap::from_iter([(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("cross-site"))]);
        for headers in [&cross, &HeaderMap::new()] {
            for path in ["/login", "/backchannel-logout", "/csp-report"] {
                assert!(may_change(&Method::POST, path, headers, &own), "{path}");
                for method in [Method::PUT, Method::PATCH, Method::DELETE] {
                    assert!(!may_change(&method, path, headers, &own), "{method} {path}");
                }
            }
            for path in [
                "/",
                "/callback",
                "/logout",
                "/login/",
                "/LOGIN",
                "//login",
                "/data/new",
                "/rpc/login",
                "/backchannel-logout/",
                "//backchannel-logout",
                "/sessions/end-others",
            ] {
                assert!(!may_change(&Method::POST, path, headers, &own), "{path}");
            }
        }
    }
}
