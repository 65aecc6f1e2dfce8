//! Server functions are for our own pages: whoever calls them says so in a header that no other site can send.

use crate::support::{Browser, Provider, TestApp};
use axum::http::Method;
use serde_json::json;

async fn signed_in() -> (Provider, TestApp, Browser) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    (provider, app, browser)
}

#[tokio::test]
async fn our_own_pages_are_answered() {
    let (_provider, _app, browser) = signed_in().await;
    let page = browser.call(Method::GET, browser.url("/rpc/profile_json")).send().await;
    assert_eq!(page.status, 200, "{}", page.summary());
    assert!(page.body.contains("auth0|ada"), "{}", page.summary());
}

#[tokio::test]
async fn without_the_header_nothing_is_done_whoever_asks() {
    let (_provider, _app, browser) = signed_in().await;
    let form = json!({ "form": { "title": "t", "body": "", "classification": "internal", "tags": "", "version": "" } });
    for (method, path) in
        [(Method::GET, "/rpc/profile_json"), (Method::POST, "/rpc/create_record"), (Method::GET, "/rpc/x")]
    {
        for value in [None, Some(""), Some("0"), Some("1, 1")] {
            let request = browser.request(method.clone(), browser.url(path)).fetch();
            let request = if method == Method::POST { request.json(&form) } else { request };
            let request = value.into_iter().fold(request, |request, value| request.header("x-portico", value));
            let page = request.send().await;
            assert_eq!(page.status, 403, "{path} {value:?}: {}", page.summary());
            assert_eq!(page.header("content-type"), Some("application/problem+json"), "{path}");
            assert!(page.json()["support_id"].is_string(), "{path}");
            assert!(!page.body.contains("auth0|ada"), "{path}");
        }
    }
    let records = browser.get("/api/secure-data").await.json();
    assert_eq!(records["records"], json!([]), "nothing was created");
}

#[tokio::test]
async fn the_header_alone_does_not_make_a_request_of_another_site_ours() {
    let (_provider, _app, browser) = signed_in().await;
    let request = browser.call(Method::POST, browser.url("/rpc/restore_record")).header("sec-fetch-site", "same-site");
    assert_eq!(request.json(&json!({ "id": "01JDJ6V7Y5T3M8K9QWERTYAB2C" })).send().await.status, 403);
}

#[tokio::test]
async fn no_other_site_is_allowed_to_send_it() {
    let (_provider, _app, browser) = signed_in().await;
    let preflight = browser
        .request(Method::OPTIONS, browser.url("/rpc/profile_json"))
        .fetch()
        .origin("https://elsewhere.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-portico")
        .send()
        .await;
    let granted: Vec<_> = preflight.headers.keys().filter(|name| name.as_str().starts_with("access-control")).collect();
    assert!(granted.is_empty(), "{granted:?}");
}
