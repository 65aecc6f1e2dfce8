//! Refreshed tokens (OpenID Connect Core 1.0, section 12): the suite's tests for clients have none about them.
//!
//! Each is about a session whose access token has expired, so that its next request waits for the refresh.

use crate::support::{Behaviour, Browser, Instances, Provider, Signing, eventually, keys::Key, logs};
use serde_json::json;
use std::time::Duration;

const ROLES: &str = "https://portico.example/roles";

/// Refreshes a session at a provider that behaves like this by then, and gives the person another role.
async fn refresh(bend: impl FnOnce(&mut Behaviour)) -> (Provider, Instances, Browser) {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, &[]).await;
    let browser = portico.signed_in().await;
    provider.behave(|behaviour| {
        behaviour.person.insert(ROLES.to_owned(), json!(["user"]));
        bend(behaviour);
    });
    portico.seconds_later(3601);
    (provider, portico, browser)
}

/// The session ends, the log says why, and the new refresh token is revoked.
async fn assert_ends(what: &str, bend: impl FnOnce(&mut Behaviour)) {
    eprintln!("case: {what}");
    let (provider, _portico, browser) = refresh(bend).await;
    assert!(!browser.is_signed_in().await, "{what}");
    assert_eq!(provider.refreshes().len(), 1);
    assert!(!logs().lines_with("a session ends, as it could not be refreshed").is_empty());
    let limit = Duration::from_secs(10);
    eventually("its tokens are revoked", limit, || async { provider.live_grants() == 0 }).await;
    provider.behave_well();
    browser.signed_in().await;
}

/// The session lives on, and nothing of the answer is taken.
async fn assert_lives_on(what: &str, bend: impl FnOnce(&mut Behaviour)) {
    eprintln!("case: {what}");
    let (provider, portico, browser) = refresh(bend).await;
    let role = async || browser.api_profile().await.json()["user"]["claims"][ROLES][0].clone();
    assert_eq!(role().await, "viewer", "{what}");
    provider.behave(|behaviour| behaviour.refreshed_id_token = Default::default());
    portico.seconds_later(16);
    let limit = Duration::from_secs(10);
    eventually("the next one is taken", limit, || async { role().await == "user" }).await;
    assert_eq!(provider.live_grants(), 1, "by the new refresh token");
}

fn claim(name: &'static str, value: impl Into<serde_json::Value>) -> impl FnOnce(&mut Behaviour) {
    let value = value.into();
    move |behaviour| {
        behaviour.refreshed_id_token.claims.set(name, value);
    }
}

/// Expected: the client takes new tokens without an ID token among them, and the claims of `/userinfo`.
#[tokio::test]
async fn refresh_without_an_id_token() {
    let (provider, _portico, browser) = refresh(|behaviour| {
        behaviour.token_answer.remove("id_token");
    })
    .await;
    assert_eq!(browser.api_profile().await.json()["user"]["claims"][ROLES][0], "user");
    assert_eq!(provider.refreshes().len(), 1);
    browser.post("/logout", &[]).await.expect_redirect();
}

/// Expected: the client takes a refreshed ID token without a nonce, and one with that of the sign-in; not another.
#[tokio::test]
async fn refresh_with_another_nonce() {
    let (_provider, _portico, browser) = refresh(|_| ()).await;
    assert_eq!(browser.api_profile().await.json()["user"]["claims"][ROLES][0], "user", "without one");
    assert_ends("another nonce", claim("nonce", "another-nonce-of-more-than-22-letters")).await;
}

/// Expected: the client refuses an ID token about somebody else.
#[tokio::test]
async fn refresh_with_another_sub() {
    assert_ends("another sub", claim("sub", "auth0|grace")).await;
    assert_ends("another case", claim("sub", "auth0|Ada")).await;
}

/// Expected: the client refuses an ID token of another issuer.
#[tokio::test]
async fn refresh_with_another_iss() {
    assert_ends("another issuer", claim("iss", "https://elsewhere.example/")).await;
}

/// Expected: the client refuses an ID token for another client, or for more than itself.
#[tokio::test]
async fn refresh_with_another_aud() {
    assert_ends("another audience", claim("aud", "another-client")).await;
    assert_ends("a second audience", claim("aud", json!(["portico-test", "another-client"]))).await;
    assert_ends("another azp", claim("azp", "another-client")).await;
}

/// Expected: the client refuses an answer of `/userinfo` about somebody else.
#[tokio::test]
async fn refresh_with_another_sub_at_userinfo() {
    assert_ends("another sub", |behaviour| {
        behaviour.userinfo.set("sub", "auth0|grace");
    })
    .await;
}

/// Expected: the client takes no claims from an ID token that is not properly signed. It is not the service's
/// word either that the session is over.
#[tokio::test]
async fn refresh_with_a_bad_signature() {
    for (what, signing) in [
        ("not signed", Signing::None),
        ("one bit changed", Signing::Corrupted),
        ("forged", Signing::ForgedWith(Key::Unpublished)),
        ("HS256", Signing::Hs256ClientSecret),
    ] {
        assert_lives_on(what, |behaviour| {
            behaviour.refreshed_id_token.signing = signing;
            behaviour.refreshed_id_token.claims.set("sub", "auth0|grace");
        })
        .await;
    }
}

/// Expected: the client takes no claims from an ID token out of its time, or about another sign-in's time.
#[tokio::test]
async fn refresh_with_another_time() {
    assert_lives_on("expired", claim("exp", 1)).await;
    assert_lives_on("no iat", |behaviour| {
        behaviour.refreshed_id_token.claims.remove("iat");
    })
    .await;
    assert_lives_on("another auth_time", claim("auth_time", 1)).await;
    assert_lives_on("another at_hash", claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")).await;
}
