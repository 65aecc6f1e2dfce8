//! No client gets more than its share, and all together no more than can be answered.

use crate::support::{
    Answer, Browser, Endpoint, Page, Provider, TestApp, eventually,
    provider::{Gate, TokenShape},
};
use axum::http::Method;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const AUDIENCE: &str = "https://api.portico.example/";
const THREE: (&str, &str) = ("PORTICO_RATE_LIMIT_PER_MINUTE", "3");

async fn start(settings: &[(&str, &str)]) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, settings).await;
    (provider, app)
}

#[track_caller]
fn assert_too_many(page: &Page) {
    assert_eq!(page.status, 429, "{}", page.summary());
    let wait: u64 = page.header("retry-after").expect("it says when to try again").parse().expect("in seconds");
    assert!((1..=21).contains(&wait), "one third of a minute at most: {wait}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn sign_ins_from_one_address_are_bounded() {
    let (_provider, app) = start(&[THREE]).await;
    let browser = app.browser();
    for _ in 0..3 {
        browser.begin("/profile").await;
    }
    let refused = browser.get("/login?returnTo=/profile").await;
    assert_too_many(&refused);
    assert!(refused.body.contains("That was too often"), "in plain words: {}", refused.summary());
    assert!(refused.body.contains(refused.header("x-request-id").expect("an id")), "with a support id");
    assert_too_many(&app.browser().get("/login").await);
    let form = [("iss", "https://elsewhere.example/")];
    assert_too_many(&browser.request(Method::POST, browser.url("/login")).form(&form).send().await);
    assert_eq!(browser.get("/").await.status, 200, "all else goes on");
}

#[tokio::test]
async fn what_comes_back_from_the_sign_in_service_is_counted_by_itself() {
    let (_provider, app) = start(&[THREE]).await;
    for _ in 0..3 {
        app.browser().signed_in().await;
    }
    assert_too_many(&app.browser().get("/callback?state=x&code=y").await);
}

/// Asks with an access token, as a script does.
async fn ask(app: &TestApp, token: &str) -> Page {
    let browser = app.browser();
    let request = browser.request(Method::GET, browser.url("/api/profile")).fetch();
    request.header("authorization", &format!("Bearer {token}")).without("sec-fetch-site").send().await
}

#[tokio::test]
async fn access_tokens_are_bounded_where_they_are_refused() {
    let (provider, app) = start(&[THREE, ("AUTH0_AUDIENCE", AUDIENCE)]).await;
    let good = provider.access_token(AUDIENCE, |_| {});
    let browser = app.browser();
    browser.signed_in().await;
    for _ in 0..8 {
        assert_eq!(ask(&app, &good).await.status, 200, "a good one is good as often as it comes");
    }
    for _ in 0..3 {
        assert_eq!(ask(&app, "forged").await.status, 401);
    }
    let refused = ask(&app, &good).await;
    assert_too_many(&refused);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    let list = browser.request(Method::GET, browser.url("/api/secure-data")).header("authorization", "Bearer x");
    assert_too_many(&list.send().await);
    assert!(browser.is_signed_in().await, "who comes with a session is not concerned");
    for _ in 0..5 {
        assert_eq!(app.browser().api_profile().await.status, 401, "nor who comes with nothing");
    }
}

#[tokio::test]
async fn logout_tokens_are_bounded_where_they_are_refused() {
    let (provider, app) = start(&[THREE]).await;
    let send = async |token: &str| {
        let service = app.browser();
        let request = service.request(Method::POST, service.url("/backchannel-logout"));
        request.form(&[("logout_token", token)]).without("sec-fetch-site").without("origin").send().await
    };
    let good = |_: &mut TokenShape| {};
    for _ in 0..8 {
        assert_eq!(send(&provider.logout_token("nobody's", good)).await.status, 200);
    }
    for _ in 0..3 {
        assert_eq!(send("forged").await.status, 400);
    }
    assert_too_many(&send(&provider.logout_token("nobody's", good)).await);
}

/// Asks for a sign-in by way of proxies.
async fn login_via(browser: &Browser, forwarded_for: &str) -> Page {
    let request = browser.request(Method::GET, browser.url("/login"));
    request.header("x-forwarded-for", forwarded_for).send().await
}

#[tokio::test]
async fn behind_our_own_proxy_each_client_has_its_share() {
    let (_provider, app) = start(&[THREE, ("PORTICO_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")]).await;
    let browser = app.browser();
    for client in ["203.0.113.1", "203.0.113.2, 10.1.2.3", "2001:db8:0:1::1"] {
        for _ in 0..3 {
            login_via(&browser, client).await.expect_redirect();
        }
        assert_too_many(&login_via(&browser, client).await);
    }
    for same in ["198.51.100.1, 203.0.113.1", "127.0.0.1, 203.0.113.1", "203.0.113.2", "2001:db8:0:1::2"] {
        assert_too_many(&login_via(&browser, same).await);
    }
    login_via(&browser, "2001:db8:0:2::1").await.expect_redirect();
}

#[tokio::test]
async fn what_a_stranger_writes_into_the_header_changes_nothing() {
    let (_provider, app) = start(&[THREE, ("PORTICO_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let browser = app.browser();
    for client in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
        login_via(&browser, client).await.expect_redirect();
    }
    assert_too_many(&login_via(&browser, "203.0.113.4, 10.0.0.1").await);
}

#[tokio::test]
async fn what_is_too_much_at_once_is_refused_in_plain_words() {
    let (provider, app) = start(&[("PORTICO_CONCURRENT_REQUESTS", "1")]).await;
    let gate = Gate::default();
    provider.behave(|behaviour| behaviour.answer(Endpoint::Discovery, Answer::Held(gate.clone())));
    let under_way = app.browser();
    let login = tokio::spawn(async move { under_way.get("/login").await });
    eventually("a request is under way", Duration::from_secs(5), || async { gate.arrived() == 1 }).await;
    let browser = app.browser();
    let page = browser.get("/").await;
    assert_eq!(page.status, 503, "{}", page.summary());
    assert_eq!(page.header("retry-after"), Some("5"));
    assert!(page.body.contains("Portico is very busy"), "{}", page.summary());
    assert!(page.body.contains(page.header("x-request-id").expect("an id")), "with a support id");
    let script = browser.api_profile().await;
    assert_eq!((script.status.as_u16(), script.header("content-type")), (503, Some("application/problem+json")));
    assert_eq!(browser.get("/healthz").await.status, 200, "the process lives");
    gate.open();
    login.await.expect("the request ends").expect_redirect();
    eventually("there is room again", Duration::from_secs(5), || async { browser.get("/").await.status == 200 }).await;
}

/// Sends this over a connection of its own, and gives what comes until it is closed.
async fn send_raw(app: &TestApp, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.address).await.expect("it listens");
    // It may be refused and closed before all is written.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused_and_the_server_lives() {
    let (_provider, app) = start(&[]).await;
    let filler = "a".repeat(64 * 1024);
    let many: String = (0..200).map(|n| format!("x-{n}: a\r\n")).collect();
    for head in [
        format!("GET / HTTP/1.1\r\nhost: a\r\nx-filler: {filler}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n"),
    ] {
        let answer = send_raw(&app, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    }
    let answer = send_raw(&app, format!("GET /{filler} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer:?}");
    let fits = "a".repeat(16 * 1024);
    let head = format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx-filler: {fits}\r\nconnection: close\r\n\r\n");
    assert!(send_raw(&app, head.as_bytes()).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(app.browser().get("/").await.status, 200);
}
