//! The profile "RP-Initiated Logout RP".
//!
//! `state` is optional (OpenID Connect RP-Initiated Logout 1.0, section 2), and the suite's tests about it
//! want it sent. Portico sends one and compares what comes back. Nothing depends on it: the session has ended
//! before the browser leaves, and the start page, where it comes back to, is for everybody.

use crate::support::{Browser, Endpoint, Page, Provider, TestApp, logs, provider::Changes};

/// Signs in, out, and back to the application, where `bend` changes what the provider sends along: the last
/// page, and the application's answer to the return if that was not the page itself.
async fn sign_out(bend: impl FnOnce(&mut Changes) -> &mut Changes) -> (Provider, TestApp, Browser, String, Page, Page) {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        bend(&mut behaviour.logged_out);
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let leaves = browser.post("/logout", &[]).await;
    let state = browser.cookie(app.sign_out_cookie()).expect("the state is remembered");
    let at_provider = browser.follow(&leaves).await;
    let returns = browser.follow(&at_provider).await;
    let home = browser.follow_all(returns.clone()).await;
    assert!(!browser.is_signed_in().await, "signed out whatever comes back");
    assert_eq!((home.status.as_u16(), home.url.as_str()), (200, format!("{}/", app.origin).as_str()));
    assert!(!home.body.contains("Ada Lovelace"), "{}", home.summary());
    (provider, app, browser, state, returns, home)
}

fn log_of(page: &Page) -> Vec<String> {
    logs().lines_with(page.header("x-request-id").expect("every answer has one"))
}

/// Expected: the client ends the session at the `end_session_endpoint`, and is there when the browser comes back.
#[tokio::test]
async fn rp_init_logout() {
    let (provider, app, browser, state, returns, _) = sign_out(|changes| changes).await;
    let call = provider.last_call(Endpoint::OidcLogout);
    assert_eq!(call.param("post_logout_redirect_uri"), Some(format!("{}/", app.origin).as_str()));
    assert!(call.param("id_token_hint").is_some(), "the hint spares the person a question");
    assert_eq!(call.param("state"), Some(state.as_str()));
    assert!(state.len() >= 43, "256 bits: {state}");
    assert!(log_of(&returns).iter().any(|line| line.contains("signed out at the sign-in service as well")));
    assert_eq!(browser.cookies(), [], "it is over");
    assert_eq!(provider.count(Endpoint::Elsewhere), 0);
}

/// Expected: the client does not take a return with another `state` for the answer to its request.
#[tokio::test]
async fn rp_init_logout_other_state() {
    let (_provider, app, browser, state, returns, _) = sign_out(|changes| changes.set("state", "another-state")).await;
    assert!(log_of(&returns).iter().any(|line| line.contains("did not ask for; ignored")), "{:#?}", log_of(&returns));
    assert_eq!(browser.cookie(app.sign_out_cookie()), Some(state), "the sign-out that was asked for is still open");
}

/// Expected: the client copes with a return without `state`, and does not take it for the answer either.
#[tokio::test]
async fn rp_init_logout_no_state() {
    let (_provider, app, browser, state, returns, home) = sign_out(|changes| changes.remove("state")).await;
    assert_eq!(returns.url, home.url, "the start page itself");
    assert_eq!(browser.cookie(app.sign_out_cookie()), Some(state), "the sign-out that was asked for is still open");
}
