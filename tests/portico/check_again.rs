//! "Check again": a role given or taken at the sign-in service shows at once, when the person asks.

use crate::support::{Answer, Browser, Endpoint, Instances, Page, Provider, Site, assert_problem};
use axum::http::Method;
use portico::model::ProblemKind;
use serde_json::json;

const ROLES: &str = "https://portico.example/roles";
const CHECK: &str = "/access/check";
const BY_SIGN_IN: &str = "/login?returnTo=/access%3Fchecked%3Dnow";

async fn start(overrides: &[(&str, &str)]) -> (Provider, Instances, Browser) {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, overrides).await;
    let browser = portico.signed_in().await;
    (provider, portico, browser)
}

fn give(provider: &Provider, role: &str) {
    provider.behave(|behaviour| behaviour.person.insert(ROLES.to_owned(), json!([role])));
}

/// Presses the button, and gives the page that it leads to.
async fn check(browser: &Browser) -> Page {
    let page = browser.get("/access").await;
    let answer = browser.submit(&page, CHECK).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.summary());
    browser.follow(&answer).await
}

/// Whether the page says that somebody is that here, such as "a user".
fn says(page: &Page, level: &str) -> bool {
    page.body.replace("<!>", "").contains(&format!("You are {level} here."))
}

/// What a script of the page gets.
async fn check_by_script(browser: &Browser) -> String {
    let request = browser.request(Method::POST, browser.url(CHECK)).form(&[]).fetch();
    request.send().await.expect_local_redirect()
}

#[tokio::test]
async fn a_role_given_or_taken_shows_at_once() {
    let (provider, portico, browser) = start(&[]).await;
    for (role, level) in [("user", "a user"), ("viewer", "a viewer")] {
        give(&provider, role);
        let page = check(&browser).await;
        assert!(page.body.contains("Checked just now"), "{}", page.summary());
        assert!(says(&page, level), "{}", page.summary());
        portico.seconds_later(11);
    }
    assert_eq!(provider.refreshes().len(), 2);
    assert_eq!(provider.live_grants(), 1);
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_waits_for_one() {
    let (provider, _portico, browser) = start(&[]).await;
    give(&provider, "admin");
    let page = check(&browser).await;
    assert!(page.body.contains("Checked just now") && page.body.contains("Confirm with a second factor"));
    assert!(!says(&page, "an administrator"), "{}", page.summary());
}

#[tokio::test]
async fn it_is_done_once_in_ten_seconds() {
    let (provider, portico, browser) = start(&[]).await;
    check(&browser).await;
    give(&provider, "user");
    for _ in 0..3 {
        let page = check(&browser).await;
        assert!(page.body.contains("Checked moments ago"), "{}", page.summary());
        assert!(says(&page, "a viewer"));
    }
    assert_eq!((provider.refreshes().len(), provider.count(Endpoint::UserInfo)), (1, 2));
    portico.seconds_later(11);
    assert!(says(&check(&browser).await, "a user"));
}

#[tokio::test]
async fn many_clicks_at_once_are_one() {
    let (provider, _portico, browser) = start(&[]).await;
    let answers = futures::future::join_all((0..20).map(|_| browser.post(CHECK, &[]))).await;
    assert!(answers.iter().all(|answer| answer.expect_local_redirect().starts_with("/access?checked=")));
    assert_eq!(provider.refreshes().len(), 1);
}

#[tokio::test]
async fn a_service_that_is_away_changes_nothing() {
    let (provider, _portico, browser) = start(&[]).await;
    provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::Json(503, json!({}))));
    give(&provider, "user");
    for _ in 0..2 {
        let page = check(&browser).await;
        assert!(page.body.contains("the sign-in service does not answer at the moment"), "{}", page.summary());
        assert!(says(&page, "a viewer"));
    }
    assert_eq!(provider.refreshes().len(), 1);
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn without_a_refresh_token_userinfo_is_asked_as_long_as_the_access_token_is_good() {
    let (provider, portico, browser) = start(&[("PORTICO_SCOPES", "openid profile email")]).await;
    give(&provider, "user");
    assert!(says(&check(&browser).await, "a user"));
    assert_eq!((provider.refreshes().len(), provider.count(Endpoint::UserInfo)), (0, 2));

    // Then it takes a sign-in, which brings the same.
    portico.seconds_later(3601);
    give(&provider, "viewer");
    assert_eq!(browser.post(CHECK, &[]).await.expect_local_redirect(), BY_SIGN_IN);
    portico.seconds_later(11);
    assert_eq!(check_by_script(&browser).await, "/access?checked=sign-in");
    let page = browser.get("/access?checked=sign-in").await;
    assert!(page.body.contains("only when you sign in again") && page.body.contains(BY_SIGN_IN), "{}", page.summary());
    assert!(browser.is_signed_in().await, "the session lives by its own limits");

    let login = browser.get(BY_SIGN_IN).await;
    let callback = browser.follow(&login).await.expect_redirect();
    let back = browser.come_back(callback).await;
    assert_eq!(back.expect_local_redirect(), "/access?checked=now");
    let page = browser.follow(&back).await;
    assert!(page.body.contains("Checked just now") && says(&page, "a viewer"));
}

#[tokio::test]
async fn an_access_token_that_was_revoked_takes_a_sign_in() {
    let (provider, _portico, browser) = start(&[("PORTICO_SCOPES", "openid profile email")]).await;
    provider.behave(|behaviour| {
        behaviour.answer(Endpoint::UserInfo, Answer::Json(401, json!({ "error": "invalid_token" })));
    });
    assert_eq!(browser.post(CHECK, &[]).await.expect_local_redirect(), BY_SIGN_IN);
}

#[tokio::test]
async fn a_session_that_is_over_at_the_service_ends() {
    let (provider, portico, browser) = start(&[]).await;
    provider.behave(|behaviour| {
        behaviour.answer(Endpoint::Token, Answer::Json(403, json!({ "error": "invalid_grant" })));
    });
    let page = browser.post(CHECK, &[]).await;
    assert_problem(&portico[0], &provider, &page, ProblemKind::SessionEnded);
    assert!(page.body.contains("href=\"/login?returnTo=/access\""), "{}", page.summary());
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn nobody_else_can_ask() {
    let (provider, portico, browser) = start(&[]).await;
    let nobody = portico[0].browser();
    assert_problem(&portico[0], &provider, &nobody.post(CHECK, &[]).await, ProblemKind::Unauthenticated);
    let cross = browser.request(Method::POST, browser.url(CHECK)).site(Site::Cross).form(&[]).send().await;
    assert_problem(&portico[0], &provider, &cross, ProblemKind::CrossSite);
    let damaged = browser.post(CHECK, &[("more", "x")]).await;
    assert_problem(&portico[0], &provider, &damaged, ProblemKind::BadRequest);
    assert_eq!(browser.get(CHECK).await.status.as_u16(), 405);
    assert_eq!(provider.refreshes().len(), 0);
}

#[tokio::test]
async fn an_address_that_was_kept_does_not_say_that_it_was_checked_now() {
    let (_provider, portico, browser) = start(&[]).await;
    assert!(browser.get("/access?checked=now").await.body.contains("Checked just now"), "just signed in");
    let page = browser.get("/access?checked=nonsense").await;
    assert!(!page.body.contains("Checked"), "{}", page.summary());
    drop(portico);
}
