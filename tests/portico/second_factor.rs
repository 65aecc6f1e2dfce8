//! Roles that need a second factor: asked for once, used when given, left out when not, never a loop.

use crate::support::{Browser, Endpoint, Page, Provider, TestApp, provider::Authorization};
use serde_json::json;

const ACR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// A provider whose person has this role and shows these authentication methods.
async fn provider_with(role: &str, amr: &[&str]) -> Provider {
    let provider = Provider::start().await;
    let amr: Vec<String> = amr.iter().map(|method| (*method).to_owned()).collect();
    provider.behave(|behaviour| {
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!([role]));
        behaviour.amr = Some(amr);
    });
    provider
}

/// Signs in up to the callback's answer, which must be a step-up, and gives where that leads.
async fn asked_to_step_up(browser: &Browser, return_to: &str) -> url::Url {
    let page = browser.sign_in(return_to).await;
    let next = page.expect_redirect();
    let acr = next.query_pairs().find(|(name, _)| name == "acr_values").map(|(_, value)| value.into_owned());
    assert_eq!(acr.as_deref(), Some(ACR), "{}", page.summary());
    assert!(browser.is_signed_in().await, "the session exists already, without the roles");
    next
}

async fn follow(browser: &Browser, authorize: url::Url) -> Page {
    let back = browser.open(authorize).await.expect_redirect();
    browser.come_back(back).await
}

#[tokio::test]
async fn who_shows_one_at_once_is_not_asked() {
    for method in ["mfa", "otp", "sms", "totp", "hwk", "swk", "fido"] {
        let provider = provider_with("admin", &["pwd", method]).await;
        let app = TestApp::start(&provider, &[]).await;
        let browser = app.browser();
        assert_eq!(browser.sign_in("/access").await.expect_local_redirect(), "/access", "{method}");
        let page = browser.get("/access").await;
        assert!(!page.body.contains("Confirm with a second factor"), "{method}");
        assert_eq!(provider.count(Endpoint::Authorize), 1, "{method}");
    }
}

#[tokio::test]
async fn roles_that_need_none_are_never_asked() {
    for role in ["user", "viewer", "a role of no policy"] {
        let provider = provider_with(role, &["pwd"]).await;
        let app = TestApp::start(&provider, &[]).await;
        assert_eq!(app.browser().sign_in("/profile").await.expect_local_redirect(), "/profile", "{role}");
    }
}

#[tokio::test]
async fn who_gives_one_when_asked_has_the_role_and_lands_where_they_wanted() {
    let provider = provider_with("admin", &["pwd"]).await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let step_up = asked_to_step_up(&browser, "/access?from=here").await;
    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".to_owned(), "mfa".to_owned()]));
    assert_eq!(follow(&browser, step_up).await.expect_local_redirect(), "/access?from=here");
    let page = browser.get("/access").await;
    assert!(!page.body.contains("Confirm with a second factor"));
    assert_eq!(provider.count(Endpoint::Authorize), 2);
}

#[tokio::test]
async fn who_comes_back_without_is_signed_in_without_the_role_and_not_asked_again() {
    for role in ["admin", "manager"] {
        let provider = provider_with(role, &["pwd"]).await;
        let app = TestApp::start(&provider, &[]).await;
        let browser = app.browser();
        let step_up = asked_to_step_up(&browser, "/access").await;
        assert_eq!(follow(&browser, step_up).await.expect_local_redirect(), "/access", "{role}");
        let page = browser.get("/access").await;
        assert!(page.body.contains("Confirm with a second factor"), "{role}: the page says so, with a button");
        assert_eq!(provider.count(Endpoint::Authorize), 2, "{role}: never a loop");
    }
}

#[tokio::test]
async fn who_refuses_stays_signed_in_without_the_role() {
    let provider = provider_with("admin", &["pwd"]).await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let step_up = asked_to_step_up(&browser, "/access").await;
    provider.behave(|behaviour| {
        behaviour.authorization = Authorization::Refuses { error: "access_denied", description: "no" };
    });
    assert_eq!(follow(&browser, step_up).await.expect_local_redirect(), "/access");
    assert!(browser.is_signed_in().await);
    assert!(browser.get("/access").await.body.contains("Confirm with a second factor"));
}

#[tokio::test]
async fn the_button_asks_again_and_once() {
    let provider = provider_with("admin", &["pwd"]).await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let step_up = asked_to_step_up(&browser, "/access").await;
    follow(&browser, step_up).await;
    let again = browser.begin_at(browser.url("/login?step_up=true&returnTo=/access")).await;
    assert_eq!(again.param("acr_values").as_deref(), Some(ACR));
    let back = browser.authorize(&again).await;
    assert_eq!(browser.come_back(back).await.expect_local_redirect(), "/access", "in vain, and no further");
}
