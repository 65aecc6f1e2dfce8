//! The session's cookie: an opaque name for a session, and nothing else is taken for one.

use crate::support::{Browser, Provider, TestApp, assert_problem};
use axum::http::Method;
use cookie::SameSite;
use portico::model::ProblemKind::SessionEnded;
use std::collections::BTreeSet;

async fn start(overrides: &[(&str, &str)]) -> (Provider, TestApp, Browser) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, overrides).await;
    let browser = app.browser();
    browser.signed_in().await;
    (provider, app, browser)
}

#[tokio::test]
async fn its_attributes_keep_it_to_the_server() {
    for (overrides, name, secure, seconds) in [
        (&[][..], "portico", None, 604_800),
        (&[("AUTH0_CALLBACK_URL", "https://portico.example/callback")], "__Host-portico", Some(true), 604_800),
        (
            &[("PORTICO_SESSION_LIFETIME_SECONDS", "7200"), ("PORTICO_SESSION_IDLE_SECONDS", "3600")],
            "portico",
            None,
            7200,
        ),
    ] {
        let (_provider, _app, browser) = start(overrides).await;
        let set = browser.set_cookies(name);
        assert_eq!(set.len(), 1, "set once, by the callback");
        let (url, cookie) = &set[0];
        assert_eq!(url.path(), "/callback");
        assert_eq!(cookie.http_only(), Some(true), "{cookie}");
        assert_eq!(cookie.secure(), secure, "{cookie}");
        assert_eq!(cookie.same_site(), Some(SameSite::Lax), "{cookie}");
        assert_eq!(cookie.path(), Some("/"), "{cookie}");
        assert_eq!(cookie.domain(), None, "{cookie}");
        assert_eq!(cookie.max_age().map(|age| age.whole_seconds()), Some(seconds), "{cookie}");
    }
}

#[tokio::test]
async fn its_value_is_256_bits_and_new_each_time() {
    let (_provider, app, _) = start(&[]).await;
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        let browser = app.browser();
        browser.signed_in().await;
        let value = browser.cookie(app.session_cookie()).expect("a session");
        assert_eq!(value.len(), 43, "256 bits in base64url: {value}");
        assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{value}");
        assert!(seen.insert(value), "the same twice");
    }
}

/// What is no cookie of ours, made from one that is.
fn forgeries(value: &str) -> Vec<String> {
    let flip = |at: usize| {
        // Far enough that also the last character, of which two bits are spare, is another one.
        let other = if value.as_bytes()[at] == b'w' { "g" } else { "w" };
        format!("{}{other}{}", &value[..at], &value[at + 1..])
    };
    let mut forgeries: Vec<_> = (0..value.len()).map(flip).collect();
    forgeries.extend((0..value.len()).map(|length| value[..length].to_owned()));
    forgeries.extend([
        format!("{value}A"),
        format!("{value}="),
        format!("{value}{value}"),
        format!("{value}.{value}"),
        format!("\"{value}\""),
        format!("%{value}"),
        value.to_uppercase(),
        value.chars().rev().collect(),
        "A".repeat(43),
        "A".repeat(8192),
        value.repeat(190),
        "undefined".to_owned(),
        "null".to_owned(),
        "../../etc/passwd".to_owned(),
        "session:1".to_owned(),
        "'OR1=1--".to_owned(),
        "$(id)".to_owned(),
    ]);
    forgeries.retain(|forgery| forgery != value);
    forgeries
}

#[tokio::test]
async fn edited_truncated_or_overlong_it_is_nobodys() {
    let (_provider, app, browser) = start(&[]).await;
    let value = browser.cookie(app.session_cookie()).expect("a session");
    for forgery in forgeries(&value) {
        let stranger = app.browser();
        stranger.set_cookie(app.session_cookie(), &forgery);
        let answer = stranger.api_profile().await;
        assert_eq!(answer.status, 401, "{forgery:.60}: {}", answer.summary());
        assert_eq!(answer.json()["authenticated"], false);
    }
    assert!(browser.is_signed_in().await, "the real one is untouched by all this");
}

#[tokio::test]
async fn a_page_with_a_bad_cookie_says_so_and_takes_it_away() {
    let (provider, app, browser) = start(&[]).await;
    let value = browser.cookie(app.session_cookie()).expect("a session");
    for forgery in [value.to_lowercase(), value[..20].to_owned(), "A".repeat(8192)] {
        browser.set_cookie(app.session_cookie(), &forgery);
        let page = browser.get("/profile").await;
        assert_problem(&app, &provider, &page, SessionEnded);
        assert!(page.body.contains("/login"), "the page offers to sign in again");
        assert_eq!(browser.cookie(app.session_cookie()), None);
        let page = browser.get("/profile").await;
        assert!(
            page.expect_local_redirect().starts_with("/login?returnTo="),
            "and then it is as if there had been none"
        );
        let page = browser.get("/").await;
        assert_eq!(page.status, 200);
    }
}

#[tokio::test]
async fn an_ended_session_is_told_apart_from_none() {
    let (provider, app, browser) = start(&[]).await;
    let copy = browser.copy();
    browser.post("/logout", &[]).await.expect_redirect();
    let page = copy.get("/profile").await;
    assert_problem(&app, &provider, &page, SessionEnded);
    assert!(!page.body.contains("Ada Lovelace"), "nothing of the person is left");
}

#[tokio::test]
async fn sent_twice_it_is_nobodys() {
    // A sibling path or a sibling domain can plant a second one; which of the two is ours?
    let (_provider, app, browser) = start(&[]).await;
    let name = app.session_cookie();
    let value = browser.cookie(name).expect("a session");
    let other = "B".repeat(43);
    for cookies in [format!("{name}={value}; {name}={other}"), format!("{name}={other}; {name}={value}")] {
        let answer =
            browser.request(Method::GET, browser.url("/api/profile")).fetch().header("cookie", &cookies).send().await;
        assert_eq!(answer.status, 401, "{cookies}");
    }
}

#[tokio::test]
async fn among_other_cookies_it_is_found() {
    let (_provider, app, browser) = start(&[]).await;
    let name = app.session_cookie();
    let value = browser.cookie(name).expect("a session");
    for cookies in [
        format!("a=1; {name}={value}; b=2"),
        format!("{name}2={value}x; x{name}=y; {name}={value}"),
        format!("theme=dark;{name}={value}"),
        format!("broken; =; {name}={value}; also broken="),
    ] {
        let answer =
            browser.request(Method::GET, browser.url("/api/profile")).fetch().header("cookie", &cookies).send().await;
        assert_eq!(answer.status, 200, "{cookies}: {}", answer.summary());
    }
}

#[tokio::test]
async fn on_https_the_plain_name_is_nobodys() {
    // Without the prefix a sibling domain could have planted it.
    let (_provider, app, browser) = start(&[("AUTH0_CALLBACK_URL", "https://portico.example/callback")]).await;
    let value = browser.cookie("__Host-portico").expect("a session");
    let answer = browser
        .request(Method::GET, browser.url("/api/profile"))
        .fetch()
        .header("cookie", &format!("portico={value}"))
        .send()
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(app.session_cookie(), "__Host-portico");
}

#[tokio::test]
async fn whatever_depends_on_it_is_kept_by_no_cache() {
    let (_provider, app, browser) = start(&[]).await;
    for browser in [browser, app.browser()] {
        for path in
            ["/", "/profile", "/sign-out", "/api/profile", "/login", "/callback?code=1&state=2", "/no-such-page"]
        {
            let page = browser.get(path).await;
            assert_eq!(page.header("cache-control"), Some("no-store"), "{path}: {}", page.status);
        }
    }
}
