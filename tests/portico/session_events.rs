//! An open page is told at once that its session has ended, and whoever has none is told nothing.

use crate::support::{Browser, Listening, Provider, Request, Site, TestApp, eventually, start};
use axum::http::Method;
use portico::server::http::Times;
use std::time::{Duration, Instant};

const EVENTS: &str = "/api/session/events";
const SOON: Duration = Duration::from_secs(2);

async fn signed_in(app: &TestApp) -> Browser {
    let browser = app.browser();
    browser.signed_in().await;
    browser
}

/// An open page of that browser.
async fn open(browser: &Browser) -> Listening {
    let mut page = browser.listen(EVENTS).await;
    assert_eq!(page.status.as_u16(), 200);
    page.until("retry: 3000\n\n", SOON).await;
    page
}

/// It says that the session has ended, and ends; and says nothing else.
async fn assert_told(page: Listening) {
    let said = page.all_said(SOON).await;
    let said: Vec<_> = said.split("\n\n").filter(|block| !block.starts_with(':')).collect();
    assert_eq!(said, ["retry: 3000", "event: ended\ndata: ended", ""]);
}

/// A browser that may not listen gets this status, and an explanation for whoever wrote the script.
async fn assert_refused(request: Request<'_>, status: u16) {
    let page = request.fetch().header("accept", "text/event-stream").send().await;
    assert_eq!(page.status.as_u16(), status, "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let problem = page.json();
    assert!(["detail", "support_id"].iter().all(|name| problem[name].as_str().is_some_and(|text| !text.is_empty())));
}

fn request(browser: &Browser) -> Request<'_> {
    browser.request(Method::GET, browser.url(EVENTS))
}

#[tokio::test]
async fn it_is_a_stream_that_nobody_keeps_or_collects() {
    let (_provider, app) = start().await;
    let browser = signed_in(&app).await;
    let mut page = request(&browser).fetch().header("accept-encoding", "gzip, br").listen().await;
    assert_eq!(page.header("content-type"), Some("text/event-stream"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!((page.header("content-encoding"), page.header("x-accel-buffering")), (None, Some("no")));
    assert_eq!((page.header("content-length"), page.header("set-cookie")), (None, None));
    page.until("retry: 3000\n\n", SOON).await;
}

#[tokio::test]
async fn it_goes_on_after_the_time_of_a_request_and_is_not_silent_for_long() {
    let provider = Provider::start().await;
    let times = Times { request: Duration::from_secs(3), keep_alive: Duration::from_millis(400) };
    let app = TestApp::start_with_times(&provider, &[], times).await;
    let browser = signed_in(&app).await;
    let began = Instant::now();
    let mut page = open(&browser).await;
    let mut comments = String::new();
    while began.elapsed() < times.request * 4 / 3 {
        comments += ":\n\n";
        page.until(&format!("retry: 3000\n\n{comments}"), SOON).await;
    }
    browser.copy().post("/logout", &[]).await.expect_redirect();
    assert_told(page).await;
}

#[tokio::test]
async fn signing_out_is_told_to_every_page_of_the_session_and_to_no_other() {
    let (_provider, app) = start().await;
    let (browser, other) = (signed_in(&app).await, signed_in(&app).await);
    let (one, two, mut others) = (open(&browser).await, open(&browser).await, open(&other).await);
    browser.copy().post("/logout", &[]).await.expect_redirect();
    assert_told(one).await;
    assert_told(two).await;
    other.post("/logout", &[]).await.expect_redirect();
    others.until("event: ended", SOON).await;
}

#[tokio::test]
async fn an_end_from_another_device_is_told() {
    let (_provider, app) = start().await;
    let (browser, phone) = (signed_in(&app).await, signed_in(&app).await);
    let (on_phone, mut here) = (open(&phone).await, open(&browser).await);
    browser.post("/sessions/end-others", &[]).await.expect_redirect();
    assert_told(on_phone).await;
    browser.post("/logout", &[]).await.expect_redirect();
    here.until("event: ended", SOON).await;
}

#[tokio::test]
async fn an_end_by_the_sign_in_service_is_told() {
    let (provider, app) = start().await;
    let browser = signed_in(&app).await;
    let page = open(&browser).await;
    let sid = provider.sids().pop().expect("a sign-in was granted");
    let token = provider.logout_token(&sid, |_| ());
    let service = app.browser();
    let told = service.request(Method::POST, service.url("/backchannel-logout")).form(&[("logout_token", &token)]);
    assert_eq!(told.send().await.status.as_u16(), 200);
    assert_told(page).await;
}

/// The other tabs of a browser: their session has ended, and there is a new one.
#[tokio::test]
async fn a_new_sign_in_in_the_same_browser_is_told() {
    let (_provider, app) = start().await;
    let browser = signed_in(&app).await;
    let page = open(&browser).await;
    browser.signed_in().await;
    assert_told(page).await;
    drop(open(&browser).await);
}

#[tokio::test]
async fn who_has_no_session_is_told_nothing() {
    let (_provider, app) = start().await;
    let nobody = app.browser();
    assert_refused(request(&nobody), 401).await;
    for cookie in ["A".repeat(43).as_str(), "x", ""] {
        nobody.set_cookie(app.session_cookie(), cookie);
        assert_refused(request(&nobody), 401).await;
    }
    let ended = signed_in(&app).await;
    ended.copy().post("/logout", &[]).await.expect_redirect();
    assert_refused(request(&ended), 401).await;
}

#[tokio::test]
async fn only_our_own_pages_listen() {
    let (_provider, app) = start().await;
    let browser = signed_in(&app).await;
    for site in [Site::Cross, Site::None] {
        assert_refused(request(&browser).site(site), 403).await;
    }
    assert_refused(request(&browser).header("sec-fetch-site", "same-site"), 403).await;
    assert_eq!(browser.post(EVENTS, &[]).await.status.as_u16(), 405);
    // A browser that does not say where from.
    let old = request(&browser).fetch().without("sec-fetch-site");
    assert_eq!(old.listen().await.status.as_u16(), 200);
}

#[tokio::test]
async fn four_pages_of_a_session_listen_and_a_place_is_free_again_when_one_is_closed() {
    let (_provider, app) = start().await;
    let (browser, other) = (signed_in(&app).await, signed_in(&app).await);
    let mut pages = Vec::new();
    for _ in 0..4 {
        pages.push(open(&browser).await);
    }
    assert_refused(request(&browser), 429).await;
    drop(open(&other).await);
    pages.pop();
    eventually("there is a place again", Duration::from_secs(10), || async {
        browser.listen(EVENTS).await.status.as_u16() == 200
    })
    .await;
    assert!(browser.is_signed_in().await, "all else goes on");
}
