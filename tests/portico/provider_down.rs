//! The provider is away, at start or later: the application starts and says so, people get a page
//! in time, and all is well again when the provider is back, without a hand laid on.

use crate::support::{Answer, Browser, Endpoint, Page, Provider, TestApp, assert_problem};
use portico::model::ProblemKind::{SignInFailed, SignInUnreachable};
use std::time::{Duration, Instant};

/// How long a person waits at most for the page that says what is wrong.
const PATIENCE: Duration = Duration::from_secs(6);

async fn readiness(browser: &Browser) -> Page {
    browser.open(browser.url("/readyz")).await
}

/// Runs `ask` and checks that it did not take longer than [`PATIENCE`].
async fn in_time<T>(ask: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let answer = ask.await;
    assert!(start.elapsed() < PATIENCE, "it took {:?}", start.elapsed());
    answer
}

#[tokio::test]
async fn it_starts_without_the_provider_and_recovers_by_itself() {
    let provider = Provider::start().await;
    provider.go_down().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();

    let alive = browser.open(browser.url("/healthz")).await;
    assert_eq!(alive.status, 200, "the process is well");
    let ready = in_time(readiness(&browser)).await;
    assert_eq!(ready.status, 503);
    let json = ready.json();
    assert_eq!((json["database"].as_str(), json["sign_in_service"].as_str()), (Some("ok"), Some("unreachable")));
    assert!(!ready.body.contains("127.0.0.1"), "no detail for strangers: {}", ready.body);
    let home = in_time(browser.get("/")).await;
    assert_eq!(home.status, 200, "what needs no provider works: {}", home.summary());

    let page = in_time(browser.get("/login?returnTo=/profile")).await;
    let log = assert_problem(&app, &provider, &page, SignInUnreachable);
    assert!(log.iter().any(|line| line.contains("cannot be reached")), "{log:#?}");
    assert!(page.body.contains("/login"), "the page offers to try again");
    assert_eq!(browser.cookies(), [], "no attempt was started");

    provider.come_back().await;
    assert_eq!(browser.sign_in("/profile").await.expect_local_redirect(), "/profile", "the very next attempt works");
    let ready = readiness(&browser).await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json()["sign_in_service"], "ok");
}

#[tokio::test]
async fn readiness_recovers_without_anybody_signing_in() {
    let provider = Provider::start().await;
    provider.go_down().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    assert_eq!(readiness(&browser).await.status, 503);
    provider.come_back().await;
    assert_eq!(readiness(&browser).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_costs_seconds_and_no_more() {
    for answer in [Answer::Silent, Answer::Stalled] {
        eprintln!("case: {answer:?}");
        let provider = Provider::start().await;
        provider.behave(|behaviour| behaviour.answer(Endpoint::Discovery, answer));
        let app = TestApp::start(&provider, &[]).await;
        let browser = app.browser();
        let page = in_time(browser.get("/login")).await;
        let log = assert_problem(&app, &provider, &page, SignInUnreachable);
        assert!(log.iter().any(|line| line.contains("did not answer within")), "{log:#?}");
        provider.behave_well();
        browser.signed_in().await;
    }
}

#[tokio::test]
async fn many_who_wait_for_the_same_answer_wait_once() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| behaviour.answer(Endpoint::Discovery, Answer::Silent));
    let app = TestApp::start(&provider, &[]).await;
    let browsers: Vec<_> = (0..20).map(|_| app.browser()).collect();
    let pages = in_time(futures::future::join_all(browsers.iter().map(|browser| browser.get("/login")))).await;
    for page in &pages {
        assert_problem(&app, &provider, page, SignInUnreachable);
    }
    assert!(
        provider.count(Endpoint::Discovery) <= 2,
        "{} requests to a provider in trouble",
        provider.count(Endpoint::Discovery)
    );
}

#[tokio::test]
async fn each_endpoint_may_be_silent() {
    for endpoint in [Endpoint::Jwks, Endpoint::Token, Endpoint::UserInfo] {
        eprintln!("case: {endpoint:?}");
        let provider = Provider::start().await;
        provider.behave(|behaviour| behaviour.answer(endpoint, Answer::Silent));
        let app = TestApp::start(&provider, &[]).await;
        let browser = app.browser();
        let page = in_time(browser.sign_in("/profile")).await;
        assert_problem(&app, &provider, &page, SignInUnreachable);
        assert!(!browser.is_signed_in().await);
        provider.behave_well();
        browser.signed_in().await;
    }
}

#[tokio::test]
async fn it_goes_down_while_somebody_signs_in() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let callback = browser.authorize(&browser.begin("/profile").await).await;
    provider.go_down().await;
    let page = in_time(browser.come_back(callback)).await;
    assert_problem(&app, &provider, &page, SignInUnreachable);
    assert!(!browser.is_signed_in().await);
    provider.come_back().await;
    browser.signed_in().await;
}

#[tokio::test]
async fn who_is_signed_in_does_not_notice() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    provider.go_down().await;
    let page = in_time(browser.get("/profile")).await;
    assert_eq!(page.status, 200, "{}", page.summary());
    assert!(page.body.contains("Ada Lovelace"));
    assert!(browser.is_signed_in().await);
    assert_eq!(readiness(&browser).await.status, 200, "what is kept of the provider still serves");
}

#[tokio::test]
async fn another_provider_at_the_same_address_is_not_mistaken_for_ours() {
    // A wrong configuration stays wrong, however often it is asked; mended, it works at once.
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.discovery.set("issuer", "https://elsewhere.example/");
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    for _ in 0..2 {
        let page = browser.get("/login").await;
        assert_problem(&app, &provider, &page, SignInFailed);
        assert_eq!(readiness(&browser).await.status, 503);
    }
    provider.behave_well();
    browser.signed_in().await;
}
