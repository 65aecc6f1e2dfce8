//! Signing out ends the session here, its refresh token, its cookies, and the provider's session.

use crate::support::{Answer, Browser, Endpoint, Page, Provider, Site, TestApp, assert_problem};
use axum::http::Method;
use portico::model::ProblemKind::CrossSite;
use serde_json::json;

async fn start() -> (Provider, TestApp, Browser) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    (provider, app, browser)
}

/// Checks that `page` signs out at the provider and that a copy of the cookies is worth nothing.
async fn assert_signed_out(app: &TestApp, browser: &Browser, copy: &Browser, page: &Page) {
    let to = page.expect_redirect();
    assert!(to.path() == "/oidc/logout" || to.path() == "/v2/logout", "{to}");
    assert!(!copy.is_signed_in().await, "the session has ended on the server, not only in the browser");
    let kept = browser.cookies().into_iter().filter(|(name, _)| name != app.sign_out_cookie());
    assert_eq!(kept.collect::<Vec<_>>(), [], "no cookie is left but that of the sign-out itself");
    let cleared = page.set_cookie(app.session_cookie()).expect("the session's cookie is cleared");
    let set = browser.set_cookies(app.session_cookie()).into_iter().next().expect("it was set before").1;
    assert_eq!(
        (cleared.path(), cleared.domain(), cleared.secure(), cleared.http_only(), cleared.same_site()),
        (set.path(), set.domain(), set.secure(), set.http_only(), set.same_site()),
        "with the attributes it was set with"
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn it_ends_everywhere_it_should() {
    let (provider, app, browser) = start().await;
    browser.begin("/profile").await;
    let copy = browser.copy();
    assert_eq!(provider.live_grants(), 1);
    let page = browser.post("/logout", &[]).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
    assert_eq!(provider.live_grants(), 0, "the refresh token is revoked");
    assert_eq!(provider.count(Endpoint::Revoke), 1);
    assert_eq!(provider.last_call(Endpoint::Revoke).param("token_type_hint"), Some("refresh_token"));

    let home = browser.follow_all(page).await;
    assert_eq!(
        (home.status.as_u16(), home.url.as_str()),
        (200, format!("{}/", app.origin).as_str()),
        "back at the start page"
    );
    assert!(!home.body.contains("Ada Lovelace"), "{}", home.summary());
    let page = browser.get("/profile").await;
    assert!(page.expect_local_redirect().starts_with("/login"), "the profile asks to sign in again");
}

#[tokio::test]
async fn over_https_the_cookies_go_as_well() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_CALLBACK_URL", "https://portico.example/callback")]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let copy = browser.copy();
    let page = browser.post("/logout", &[]).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn without_an_advertised_endpoint_it_is_auth0s_own() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.discovery.remove("end_session_endpoint");
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let copy = browser.copy();
    let page = browser.post("/logout", &[]).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
    let home = browser.follow_all(page).await;
    assert_eq!(home.url.as_str(), format!("{}/", app.origin));
    let call = provider.last_call(Endpoint::V2Logout);
    assert_eq!(call.param("returnTo"), Some(format!("{}/", app.origin).as_str()));
    assert!(call.param("id_token_hint").is_none(), "no token in an address that does not ask for it");
    assert_eq!(browser.cookies(), [], "no state is waited for that never comes back");
}

#[tokio::test]
async fn a_link_on_our_own_page_signs_out() {
    let (_provider, app, browser) = start().await;
    let copy = browser.copy();
    let page = browser.get("/logout").await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn a_typed_address_signs_out() {
    let (_provider, app, browser) = start().await;
    let copy = browser.copy();
    let page = browser.open(browser.url("/logout")).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn a_link_on_another_site_asks_first() {
    let (_provider, app, browser) = start().await;
    let copy = browser.copy();
    let page = browser.request(Method::GET, browser.url("/logout")).site(Site::Cross).send().await;
    let asks = browser.follow_all(page).await;
    assert_eq!((asks.status.as_u16(), asks.url.path()), (200, "/sign-out"), "{}", asks.summary());
    assert!(browser.is_signed_in().await, "nothing has happened yet");
    let page = browser.submit(&asks, "/logout").await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn a_browser_that_does_not_say_where_it_comes_from_is_asked() {
    let (_provider, _app, browser) = start().await;
    let page = browser.request(Method::GET, browser.url("/logout")).without("sec-fetch-site").send().await;
    assert_eq!(page.expect_local_redirect(), "/sign-out");
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn an_image_on_another_site_does_nothing() {
    let (provider, _app, browser) = start().await;
    let image = browser
        .request(Method::GET, browser.url("/logout"))
        .site(Site::Cross)
        .header("sec-fetch-mode", "no-cors")
        .header("sec-fetch-dest", "image");
    image.send().await;
    assert!(browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Revoke), 0);
}

#[tokio::test]
async fn a_form_on_another_site_is_refused() {
    let (provider, app, browser) = start().await;
    let url = browser.url("/logout");
    // A browser keeps Lax cookies back here; this one sends them all the same, as a worse case.
    let cookie = format!("{}={}", app.session_cookie(), browser.cookie(app.session_cookie()).expect("a session"));
    let post = || browser.request(Method::POST, url.clone()).header("cookie", &cookie);
    for (what, request) in [
        ("another site", post().site(Site::Cross)),
        ("another site that claims our origin", post().site(Site::Cross).origin(&app.origin)),
        ("a sibling of ours", post().header("sec-fetch-site", "same-site")),
        ("an old browser on another site", post().without("sec-fetch-site").origin("https://elsewhere.example")),
        ("an old browser in a sandbox", post().without("sec-fetch-site").origin("null")),
        ("an old browser at our host and another port", post().without("sec-fetch-site").origin("http://localhost:1")),
        ("nobody knows where", post().without("sec-fetch-site").without("origin")),
    ] {
        eprintln!("case: {what}");
        let page = request.send().await;
        assert_problem(&app, &provider, &page, CrossSite);
        assert!(page.set_cookies.is_empty());
        assert!(browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn an_old_browser_on_our_own_page_signs_out() {
    let (_provider, app, browser) = start().await;
    let copy = browser.copy();
    let page = browser
        .request(Method::POST, browser.url("/logout"))
        .without("sec-fetch-site")
        .without("sec-fetch-mode")
        .send()
        .await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn one_browser_signs_out_and_the_other_stays() {
    let (_provider, app, browser) = start().await;
    let other = app.browser();
    other.signed_in().await;
    browser.post("/logout", &[]).await.expect_redirect();
    assert!(!browser.is_signed_in().await);
    assert!(other.is_signed_in().await);
}

#[tokio::test]
async fn who_is_not_signed_in_can_sign_out() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let page = browser.post("/logout", &[]).await;
    let home = browser.follow_all(page).await;
    assert_eq!((home.status.as_u16(), home.url.path()), (200, "/"), "{}", home.summary());
    assert!(provider.last_call(Endpoint::OidcLogout).param("id_token_hint").is_none());
    assert_eq!(provider.count(Endpoint::Revoke), 0);
}

#[tokio::test]
async fn signing_out_twice_is_signing_out() {
    let (provider, _app, browser) = start().await;
    let copy = browser.copy();
    let (one, two) = tokio::join!(browser.post("/logout", &[]), copy.post("/logout", &[]));
    one.expect_redirect();
    two.expect_redirect();
    assert!(!browser.is_signed_in().await && !copy.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Revoke), 1, "one of the two ended the session");
}

#[tokio::test]
async fn a_provider_that_cannot_revoke_stops_nobody() {
    for answer in [
        Answer::Text(500, "text/plain", "no".into()),
        Answer::Json(400, json!({ "error": "unsupported_token_type" })),
        Answer::huge(),
        Answer::BrokenOff,
        Answer::Redirect("/elsewhere".into()),
    ] {
        eprintln!("case: {answer:?}");
        let (provider, app, browser) = start().await;
        provider.behave(|behaviour| behaviour.answer(Endpoint::Revoke, answer));
        let copy = browser.copy();
        let page = browser.post("/logout", &[]).await;
        assert_signed_out(&app, &browser, &copy, &page).await;
        assert_eq!(provider.count(Endpoint::Elsewhere), 0);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_stops_nobody() {
    let (provider, app, browser) = start().await;
    let copy = browser.copy();
    provider.go_down().await;
    let page = browser.post("/logout", &[]).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
}

#[tokio::test]
async fn a_provider_without_revocation_is_not_asked() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.discovery.remove("revocation_endpoint");
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let copy = browser.copy();
    let page = browser.post("/logout", &[]).await;
    assert_signed_out(&app, &browser, &copy, &page).await;
    assert_eq!(provider.count(Endpoint::Revoke) + provider.count(Endpoint::Elsewhere), 0);
}
