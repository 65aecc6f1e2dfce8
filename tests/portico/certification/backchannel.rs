//! The profile "Back-Channel Logout RP": the provider tells of its logout by a token (OpenID Connect Back-Channel
//! Logout 1.0). What else may be wrong with one, `backchannel_logout` has.

use crate::{
    backchannel_logout::{EVENT, assert_done, assert_refused, claim, no_claim, signed, signed_in, tell},
    support::{Signing, keys::Key, provider::TokenShape, start},
};
use axum::http::StatusCode;
use serde_json::json;

/// Signs in, and the provider tells of a logout by a token that `bend` has spoilt: it is refused with 400, for the
/// reason `why`, and the session goes on.
async fn refuse(bend: impl Fn(&mut TokenShape), why: &str) {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let answer = tell(&app, &provider.logout_token(&sid, bend)).await;
    assert_refused(&answer, why);
    assert!(browser.is_signed_in().await, "it ends nothing");
}

/// Expected: the client signs out at the `end_session_endpoint`, and answers the provider's logout token with 200
/// and `Cache-Control: no-store`, though the session has ended here before.
#[tokio::test]
async fn rp_backchannel_rpinitlogout() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let (other, _) = signed_in(&provider, &app).await;
    let leaves = browser.post("/logout", &[]).await;
    let at_provider = browser.follow(&leaves).await;
    assert_done(&tell(&app, &provider.logout_token(&sid, |_| ())).await);
    let home = browser.follow(&at_provider).await;
    let home = browser.follow_all(home).await;
    assert_eq!(home.status, StatusCode::OK, "{}", home.summary());
    assert!(!browser.is_signed_in().await && other.is_signed_in().await);
}

/// Expected: the client refuses a logout token with `alg` `none`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_alg_none() {
    refuse(signed(Signing::None), "RS256").await;
    refuse(signed(Signing::NoneButSigned), "RS256").await;
}

/// Expected: the client refuses a logout token without `events`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_no_event() {
    refuse(no_claim("events"), "events").await;
}

/// Expected: the client refuses a logout token with a `nonce`.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_with_nonce() {
    refuse(claim("nonce", "n"), "nonce").await;
}

/// Expected: the client refuses a logout token that is signed by another algorithm than it registered for.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_alg() {
    refuse(signed(Signing::Hs256ClientSecret), "RS256").await;
    refuse(signed(Signing::With(Key::Elliptic)), "RS256").await;
}

/// Expected: the client refuses a logout token whose `aud` is another client.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_aud() {
    refuse(claim("aud", "another-client"), "aud").await;
}

/// Expected: the client refuses a logout token whose `events` are others.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_event() {
    refuse(claim("events", json!({ EVENT.replace("logout", "login"): {} })), "events").await;
}

/// Expected: the client refuses a logout token of another issuer.
#[tokio::test]
async fn rp_backchannel_rpinitlogout_wrong_iss() {
    refuse(claim("iss", "https://elsewhere.example/"), "iss").await;
}
