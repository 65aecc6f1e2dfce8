//! Where a request comes from: the defence against cross-site request forgery.
//!
//! The browser says so itself, and pages cannot forge it: `Sec-Fetch-Site` (Fetch Metadata), and in
//! older browsers `Origin`. A request that changes something and says neither is refused.

use super::backchannel_logout;
use crate::server::settings::PublicOrigin;
use axum::http::{HeaderMap, Method, header};

/// Whether a request may change something here: by its method it does not, or it comes from one of
/// our own pages, or its path is one where no cookie counts.
pub fn may_change(method: &Method, path: &str, headers: &HeaderMap, own: &PublicOrigin) -> bool {
    // The sign-in service calls there, with a signed token: nobody's browser lends it anything.
    if method.is_safe() || path == backchannel_logout::PATH {
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

/// Whether the person came here by themselves: from one of our pages, or by typing the address.
/// Browsers that do not say count as no.
pub fn is_own_navigation(headers: &HeaderMap) -> bool {
    matches!(text(headers, "sec-fetch-site"), Some("same-origin" | "none"))
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
    fn the_sign_in_service_is_no_page_of_ours_and_may_end_sessions() {
        let own = PublicOrigin::of(&url::Url::parse("https://portal.example/callback").unwrap());
        let may = |path| may_change(&Method::POST, path, &HeaderMap::new(), &own);
        assert!(may("/backchannel-logout"));
        for path in ["/backchannel-logout/", "/backchannel-logout/x", "//backchannel-logout", "/", "/logout"] {
            assert!(!may(path), "{path}");
        }
    }
}
