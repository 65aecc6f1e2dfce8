//! Signing in never ends on another site, whatever `returnTo` says.
//!
//! The payloads have the shapes of public open-redirect lists; each is named by what it hopes for.

use crate::support::{Provider, TestApp};
use portico::model::ReturnTo;
use std::collections::BTreeSet;
use url::Url;

/// What must not be taken, by the trick it uses.
const REFUSED: &[(&str, &[&str])] = &[
    (
        "an address with a scheme",
        &[
            "https://elsewhere.example",
            "http://elsewhere.example/",
            "https://elsewhere.example/profile",
            "HTTPS://ELSEWHERE.EXAMPLE",
            "hTtPs://elsewhere.example",
            "https:elsewhere.example",
            "https:/elsewhere.example",
            "https:///elsewhere.example",
            "https:////elsewhere.example",
            "http:\\\\elsewhere.example",
            "https:\\elsewhere.example",
            "ftp://elsewhere.example",
            "ws://elsewhere.example",
            "view-source:https://elsewhere.example",
            "blob:https://elsewhere.example/1",
            "file:///etc/passwd",
            "mailto:somebody@elsewhere.example",
            "intent://elsewhere.example#Intent;scheme=https;end",
        ],
    ),
    (
        "an address that runs a script",
        &[
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "javascript://%0aalert(1)",
            "java\nscript:alert(1)",
            "java%0ascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "vbscript:msgbox(1)",
            "data:text/html,<script>alert(1)</script>",
            "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
        ],
    ),
    (
        "an address without a scheme",
        &[
            "//elsewhere.example",
            "//elsewhere.example/profile",
            "///elsewhere.example",
            "////elsewhere.example",
            "/////elsewhere.example/..",
            "//elsewhere%2eexample",
            "//elsewhere.example:443/",
            "//127.0.0.1/",
            "//2130706433/",
            "//0x7f000001/",
            "//[::1]/",
            "//localhost/",
            "//elsewhere.example?/profile",
            "//elsewhere.example#/profile",
            "/profile//elsewhere.example",
        ],
    ),
    (
        "the application's name in front of another host",
        &[
            "//portico.example@elsewhere.example",
            "//portico.example:pass@elsewhere.example/",
            "https://portico.example@elsewhere.example",
            "https://portico.example.elsewhere.example",
            "https://elsewhere.example?portico.example/profile",
            "https://elsewhere.example#portico.example",
            "@elsewhere.example",
            ":@elsewhere.example",
            ".elsewhere.example",
            "elsewhere.example",
            "elsewhere.example/profile",
            "portico.example/profile",
        ],
    ),
    (
        "backslashes, which browsers turn around",
        &[
            "/\\elsewhere.example",
            "\\/elsewhere.example",
            "\\\\elsewhere.example",
            "\\elsewhere.example",
            "/\\/elsewhere.example",
            "/\\\\elsewhere.example",
            "/\\/\\elsewhere.example",
            "//\\elsewhere.example",
            "\\/\\/elsewhere.example/",
            "/profile\\..\\..\\elsewhere.example",
            "/profile?\\elsewhere.example",
        ],
    ),
    (
        "white space and control characters, which browsers take out",
        &[
            " //elsewhere.example",
            " https://elsewhere.example",
            " /profile",
            "\t//elsewhere.example",
            "\n//elsewhere.example",
            "/\t/elsewhere.example",
            "/\n/elsewhere.example",
            "/\r/elsewhere.example",
            "/\r\n/elsewhere.example",
            "/ /elsewhere.example",
            "/\u{0}/elsewhere.example",
            "/\u{b}/elsewhere.example",
            "/\u{c}/elsewhere.example",
            "/\u{7f}/elsewhere.example",
            "\u{0}//elsewhere.example",
            "/profile\u{0}.elsewhere.example",
            "/profile ",
            "/\t\\elsewhere.example",
        ],
    ),
    (
        "white space and control characters, encoded",
        &[
            "/%09/elsewhere.example",
            "/%0a/elsewhere.example",
            "/%0d/elsewhere.example",
            "/%0D%0A/elsewhere.example",
            "/%20/elsewhere.example",
            "/%00/elsewhere.example",
            "/%0b/elsewhere.example",
            "/%7f/elsewhere.example",
            "%09//elsewhere.example",
            "/%09%5celsewhere.example",
            "%20//elsewhere.example",
        ],
    ),
    (
        "a header of its own",
        &[
            "/profile\r\nLocation: https://elsewhere.example",
            "/profile\r\nSet-Cookie: portico=stolen",
            "/profile%0d%0aLocation:%20https://elsewhere.example",
            "/%0d%0aSet-Cookie:portico=stolen",
            "/%E5%98%8A%E5%98%8DLocation:elsewhere.example",
            "/profile\n\n<script>alert(1)</script>",
        ],
    ),
    (
        "slashes and backslashes, encoded",
        &[
            "/%2felsewhere.example",
            "/%2Felsewhere.example",
            "/%2f%2felsewhere.example",
            "%2f%2felsewhere.example",
            "%2F/elsewhere.example",
            "/%5celsewhere.example",
            "/%5Celsewhere.example",
            "/%5c%5celsewhere.example",
            "/%2f%5celsewhere.example",
            "/%5c%2felsewhere.example",
            "%5c%5celsewhere.example",
            "/profile%2f%2felsewhere.example",
            "https%3a%2f%2felsewhere.example",
        ],
    ),
    (
        "slashes and backslashes, encoded several times",
        &[
            "/%252felsewhere.example",
            "/%252f%252felsewhere.example",
            "/%255celsewhere.example",
            "/%25252felsewhere.example",
            "/%25252f%25252felsewhere.example",
            "/%25255celsewhere.example",
            "/%2525252felsewhere.example",
            "/%252525252felsewhere.example",
            "/%25252e%25252e/%25252felsewhere.example",
            "/%2%66elsewhere.example",
            "/%25%32%66elsewhere.example",
        ],
    ),
    (
        "characters that are slashes or dots to somebody",
        &[
            "/／elsewhere.example",
            "／／elsewhere.example",
            "/＼elsewhere.example",
            "/⁄elsewhere.example",
            "/∕elsewhere.example",
            "//elsewhere。example",
            "/%ef%bc%8felsewhere.example",
            "/%E2%81%84elsewhere.example",
            "/%c0%afelsewhere.example",
            "/%e0%80%afelsewhere.example",
            "/%u2215elsewhere.example",
            "/\u{200b}/elsewhere.example",
            "/\u{202e}/elsewhere.example",
            "/\u{a0}/elsewhere.example",
            "/\u{85}/elsewhere.example",
            "/\u{feff}/elsewhere.example",
        ],
    ),
    (
        "dot segments, which browsers fold first",
        &[
            "/.//elsewhere.example",
            "/..//elsewhere.example",
            "/./elsewhere.example",
            "/../elsewhere.example",
            "/profile/../..//elsewhere.example",
            "/profile/..",
            "/.",
            "/..",
            "/%2e/%2felsewhere.example",
            "/%2e%2e/elsewhere.example",
            "/%2E%2E%2Felsewhere.example",
            "/.%2e//elsewhere.example",
            "/%252e%252e/elsewhere.example",
            "/..%2f%2felsewhere.example",
            "/..%5celsewhere.example",
            "./profile",
            "../profile",
        ],
    ),
    (
        "the sign-in itself, in a circle",
        &[
            "/login",
            "/login?returnTo=/login",
            "/LOGIN",
            "/login/",
            "/login#top",
            "/logout",
            "/logout?returnTo=//elsewhere.example",
            "/callback?code=1&state=2",
            "/Callback",
        ],
    ),
    (
        "what is no path at all",
        &[
            "",
            "?returnTo=/profile",
            "#profile",
            "profile",
            "*",
            "/%",
            "/%2",
            "/%zz",
            "/%%32%66elsewhere.example",
            "null",
            "undefined",
        ],
    ),
];

/// What people really come back to.
const TAKEN: &[&str] = &[
    "/",
    "/profile",
    "/profile/",
    "/sign-out",
    "/sessions",
    "/reports/2026/11",
    "/reports/2026-11-25_summary.pdf",
    "/profile?tab=claims",
    "/profile?tab=claims&raw=true#metadata",
    "/profile#metadata",
    "/?welcome",
    "/search?q=a+b",
    "/search?q=a%20b%2Fc%3F",
    "/search?q=100%25",
    "/search?q=%C3%BCber",
    "/search?next=//elsewhere.example",
    "/search?next=https://elsewhere.example/",
    "/search#//elsewhere.example",
    "/people/auth0%7C5f7c8ec7",
    "/people/~ada",
    "/people/@ada",
    "/files/a.b.c/..hidden",
    "/files/...",
    "/matrix;version=2/(all)",
    "/a:b",
    "/loginhistory",
    "/account/login",
    "/callbacks",
];

fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSED.iter().flat_map(|(trick, payloads)| payloads.iter().map(|payload| (*trick, *payload)))
}

#[test]
fn the_list_has_over_a_hundred_different_payloads() {
    let different: BTreeSet<_> = refused().map(|(_, payload)| payload).collect();
    assert_eq!(different.len(), refused().count(), "a payload is there twice");
    assert!(different.len() >= 100, "only {}", different.len());
}

#[test]
fn no_trick_is_taken() {
    let taken: Vec<_> = refused().filter(|(_, payload)| ReturnTo::parse(payload).is_some()).collect();
    assert!(taken.is_empty(), "taken: {taken:#?}");
}

#[test]
fn no_trick_is_taken_behind_a_path_that_is_sound() {
    // A list may hold the trick anywhere: whatever is taken must still be an address of ours.
    let home = Url::parse("https://portico.example/").unwrap();
    for (trick, payload) in refused() {
        for prefix in ["/profile", "/profile/", "/profile;", "/profile?next=", "/profile#"] {
            let path = format!("{prefix}{payload}");
            let Some(taken) = ReturnTo::parse(&path) else { continue };
            assert_eq!(taken.as_str(), path, "what is taken is not changed");
            let address = home.join(taken.as_str()).unwrap();
            assert_eq!(address.origin(), home.origin(), "{trick}: {path}");
            // Nor does it become one when a proxy on the way decodes the path once more.
            let (before, after) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
            let pair = format!("x={}", before.replace('+', "%2B").replace('&', "%26"));
            let (_, decoded) = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap();
            assert_eq!(
                home.join(&format!("{decoded}{after}")).unwrap().origin(),
                home.origin(),
                "{trick}: {path}, decoded once"
            );
        }
    }
}

#[test]
fn paths_of_the_application_are_taken_as_they_are() {
    for path in TAKEN {
        assert_eq!(ReturnTo::parse(path).map(|taken| taken.to_string()).as_deref(), Some(*path), "{path}");
    }
}

#[test]
fn the_longest_path_is_taken_and_a_longer_one_is_not() {
    let longest = format!("/{}", "a".repeat(ReturnTo::MAX_LENGTH - 1));
    assert_eq!(ReturnTo::parse(&longest).unwrap().as_str(), longest);
    assert_eq!(ReturnTo::parse(&format!("{longest}a")), None);
}

#[test]
fn what_is_not_taken_becomes_the_profile() {
    assert_eq!(ReturnTo::parse_or_fallback(None).as_str(), "/profile");
    for (trick, payload) in refused() {
        assert_eq!(ReturnTo::parse_or_fallback(Some(payload)).as_str(), "/profile", "{trick}: {payload:?}");
    }
}

#[tokio::test]
async fn a_whole_sign_in_ends_at_the_path_or_at_the_profile() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    for (trick, payload) in refused() {
        let page = browser.sign_in(payload).await;
        assert_eq!(page.expect_local_redirect(), "/profile", "{trick}: {payload:?}");
    }
    for path in TAKEN {
        let page = browser.sign_in(path).await;
        assert_eq!(page.expect_local_redirect(), *path);
    }
}
