//! An ID token that is not exactly what it must be signs nobody in (OpenID Connect Core 1.0,
//! section 3.1.3.7). The plain cases are in `certification`, here are the sly ones.

use crate::support::{
    Endpoint, Provider, Signing, TestApp, assert_problem,
    keys::Key,
    provider::CLIENT_ID,
    refusal::{case, claim, cut_slash, refuse, signed, signed_with_header},
};
use chrono::Utc;
use portico::model::ProblemKind::SignInFailed;
use serde_json::{Map, Value, json};

#[tokio::test]
async fn about_another_issuer_audience_or_party() {
    let also_theirs = |claims: &mut Map<String, Value>| {
        let issuer = claims["iss"].take();
        claims.insert("iss".into(), json!([issuer, "https://elsewhere.example/"]));
    };
    let in_an_array = |claims: &mut Map<String, Value>| {
        let issuer = claims["iss"].take();
        claims.insert("iss".into(), json!([issuer]));
    };
    let longer = format!("{CLIENT_ID}-2");
    refuse(&[
        case(
            "the issuer without its slash",
            |b| _ = b.id_token.claims.with(|claims| cut_slash(claims, "iss")),
            SignInFailed,
            "iss",
        ),
        case("the issuer among others", move |b| _ = b.id_token.claims.with(also_theirs), SignInFailed, "iss"),
        case("the issuer in an array", move |b| _ = b.id_token.claims.with(in_an_array), SignInFailed, "iss"),
        case("an empty audience", claim("aud", json!([])), SignInFailed, "aud"),
        case("an audience that begins with ours", claim("aud", longer), SignInFailed, "aud"),
        case("another authorized party", claim("azp", "another-client"), SignInFailed, "azp"),
        case("an authorized party that is no text", claim("azp", json!([CLIENT_ID])), SignInFailed, "azp"),
    ])
    .await;
}

#[tokio::test]
async fn out_of_time() {
    let now = Utc::now().timestamp();
    refuse(&[
        case("expired two minutes ago", claim("exp", now - 120), SignInFailed, "expired"),
        case("an expiry that is no time", claim("exp", "never"), SignInFailed, "exp"),
        // Counted from the start of the test: a slow machine must not bring it into the leeway.
        case("not valid yet", claim("nbf", now + 600), SignInFailed, "not valid yet"),
        case("issued in the future", claim("iat", now + 600), SignInFailed, "not valid yet"),
        case("a time of issue that is no time", claim("iat", "today"), SignInFailed, "iat"),
    ])
    .await;
}

#[tokio::test]
async fn of_another_sign_in_or_about_nobody() {
    refuse(&[
        case("an empty nonce", claim("nonce", ""), SignInFailed, "nonce"),
        case("a nonce that is no text", claim("nonce", json!(["another-nonce"])), SignInFailed, "nonce"),
        case("an empty subject", claim("sub", ""), SignInFailed, "sub"),
        case("a subject that is a number", claim("sub", 7), SignInFailed, "sub"),
        case("an empty hash", claim("at_hash", ""), SignInFailed, "at_hash"),
        case("a hash that is no text", claim("at_hash", 7), SignInFailed, "at_hash"),
        case("no claims at all", |b| _ = b.id_token.claims.with(Map::clear), SignInFailed, "ID token"),
    ])
    .await;
}

#[tokio::test]
async fn signed_by_somebody_else_or_not_at_all() {
    use Signing::{ForgedWith, Hs256PublicKey, Stripped, With};
    refuse(&[
        case("alg None", signed_with_header(Signing::None, "alg", "None"), SignInFailed, "RS256"),
        case("alg NONE", signed_with_header(Signing::None, "alg", "NONE"), SignInFailed, "RS256"),
        case("no alg", signed_with_header(Signing::Provider, "alg", Value::Null), SignInFailed, "RS256"),
        case("alg in an array", signed_with_header(Signing::Provider, "alg", json!(["RS256"])), SignInFailed, "RS256"),
        case(
            "HS256, the public key its secret, called RS256",
            signed_with_header(Hs256PublicKey, "alg", "RS256"),
            SignInFailed,
            "signature",
        ),
        case("called PS256", signed_with_header(Signing::Provider, "alg", "PS256"), SignInFailed, "RS256"),
        case("called RS512", signed_with_header(Signing::Provider, "alg", "RS512"), SignInFailed, "RS256"),
        case("no signature", signed(Stripped), SignInFailed, "signature"),
        case("another key under our kid", signed(ForgedWith(Key::Unpublished)), SignInFailed, "signature"),
        case("the other published key under our kid", signed(ForgedWith(Key::Next)), SignInFailed, "signature"),
        case("a kid nobody knows", signed(With(Key::Unpublished)), SignInFailed, "kid"),
        case("a kid that is a number", signed_with_header(Signing::Provider, "kid", 7), SignInFailed, "kid"),
        case(
            "the attacker's key in the header",
            signed_with_header(ForgedWith(Key::Unpublished), "jwk", Key::Unpublished.jwk()),
            SignInFailed,
            "signature",
        ),
        case(
            "the attacker's key set in the header",
            signed_with_header(With(Key::Unpublished), "jku", "https://elsewhere.example/jwks.json"),
            SignInFailed,
            "kid",
        ),
        case(
            "a critical extension",
            signed_with_header(Signing::Provider, "crit", json!(["exp"])),
            SignInFailed,
            "critical",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_unknown_kid_makes_one_fetch_however_often_it_comes() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 1);
    provider.behave(signed(Signing::With(Key::Unpublished)));
    for _ in 0..5 {
        let page = app.browser().sign_in("/profile").await;
        assert_problem(&app, &provider, &page, SignInFailed);
    }
    assert_eq!(provider.count(Endpoint::Jwks), 2, "one more fetch, and then not again for a while");
}

#[tokio::test]
async fn a_refused_sign_in_leaves_the_session_before_alone() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    provider.behave(claim("nonce", "another-nonce"));
    let page = browser.sign_in("/profile").await;
    assert_problem(&app, &provider, &page, SignInFailed);
    assert!(browser.is_signed_in().await, "who was signed in still is");
}
