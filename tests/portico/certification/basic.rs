//! The profile "Basic RP".

use crate::support::{
    Behaviour, Endpoint, Provider, Signing, TestApp,
    keys::Key,
    provider::CLIENT_ID,
    refusal::{accept, case, claim, no_claim, refuse, signed, signed_with_header},
};
use portico::model::ProblemKind::SignInFailed;
use serde_json::{Value, json};

/// Expected: the request asks for `response_type=code`, and the code that comes back is exchanged.
#[tokio::test]
async fn rp_response_type_code() {
    let provider = accept(|_| ()).await;
    assert_eq!(provider.last_call(Endpoint::Authorize).param("response_type"), Some("code"));
    let exchange = provider.last_call(Endpoint::Token);
    assert_eq!(exchange.param("grant_type"), Some("authorization_code"));
    let code = exchange.param("code").expect("a code").to_owned();
    assert!(provider.secrets().contains(&code), "the code the provider gave");
}

/// Expected: the client refuses an ID token whose `iss` is not the issuer it asked.
#[tokio::test]
async fn rp_id_token_issuer_mismatch() {
    refuse(&[case("another issuer", claim("iss", "https://elsewhere.example/"), SignInFailed, "iss")]).await;
}

/// Expected: the client refuses an ID token without `sub`.
#[tokio::test]
async fn rp_id_token_sub() {
    refuse(&[case("no subject", no_claim("sub"), SignInFailed, "sub")]).await;
}

/// Expected: the client refuses an ID token whose `aud` does not have its `client_id`.
#[tokio::test]
async fn rp_id_token_aud() {
    refuse(&[case("another audience", claim("aud", "another-client"), SignInFailed, "aud")]).await;
}

/// Expected: the client refuses an ID token without `iat`.
#[tokio::test]
async fn rp_id_token_iat() {
    refuse(&[case("no time of issue", no_claim("iat"), SignInFailed, "iat")]).await;
}

/// Expected: the client takes the one key that fits when the ID token names none, and accepts the token.
#[tokio::test]
async fn rp_id_token_kid_absent_single_jwks() {
    let nameless = |b: &mut Behaviour, keys: &[Key]| {
        b.published_keys = keys.to_vec();
        b.id_token.header.remove("kid");
    };
    accept(|b| nameless(b, &[Key::Current])).await;
    // The key has no name either.
    accept(|b| {
        nameless(b, &[Key::Current]);
        b.jwks.with(|document| {
            document["keys"][0].as_object_mut().expect("a key").remove("kid");
        });
    })
    .await;
    // The one key for RS256, beside one for another algorithm.
    accept(|b| nameless(b, &[Key::Elliptic, Key::Current])).await;
}

/// Expected: the client refuses an ID token that names none of several keys, or finds the key; Portico refuses.
#[tokio::test]
async fn rp_id_token_kid_absent_multiple_jwks() {
    let nameless = signed_with_header(Signing::Provider, "kid", Value::Null);
    refuse(&[case("no kid, and two keys", nameless, SignInFailed, "names no key")]).await;
}

/// Expected: the client accepts an ID token signed with RS256, and has looked the key up to check it.
#[tokio::test]
async fn rp_id_token_sig_rs256() {
    let provider = accept(|b| b.signing_key = Key::Next).await;
    assert_eq!(provider.count(Endpoint::Jwks), 1);
}

/// Expected: the client refuses an unsigned ID token, unless it registered for `none`, which Portico does not.
#[tokio::test]
async fn rp_id_token_sig_none() {
    refuse(&[
        case("alg none", signed(Signing::None), SignInFailed, "RS256"),
        case("alg none above a signature", signed(Signing::NoneButSigned), SignInFailed, "RS256"),
    ])
    .await;
}

/// Expected: the client refuses an ID token whose RS256 signature is wrong.
#[tokio::test]
async fn rp_id_token_bad_sig_rs256() {
    refuse(&[case("one bit of the signature changed", signed(Signing::Corrupted), SignInFailed, "signature")]).await;
}

/// Expected: the client refuses an answer of `/userinfo` whose `sub` is not that of the ID token.
#[tokio::test]
async fn rp_userinfo_bad_sub_claim() {
    let another = |b: &mut Behaviour| _ = b.userinfo.set("sub", "auth0|mallory");
    refuse(&[case("about another person", another, SignInFailed, "sub")]).await;
}

/// Expected: the client refuses an ID token whose `nonce` is not the one it sent.
#[tokio::test]
async fn rp_nonce_invalid() {
    refuse(&[case("another nonce", claim("nonce", "another-nonce"), SignInFailed, "nonce")]).await;
}

/// Expected: the client asks for claims by scope, and reads from `/userinfo` those that the scopes give.
#[tokio::test]
async fn rp_scope_userinfo_claims() {
    let provider = Provider::start().await;
    provider.behave(|b| {
        b.userinfo.with(|claims| claims.retain(|name, _| matches!(name.as_str(), "sub" | "email" | "email_verified")));
    });
    let app = TestApp::start(&provider, &[("PORTICO_SCOPES", "openid email")]).await;
    let browser = app.browser();
    browser.signed_in().await;
    assert_eq!(provider.last_call(Endpoint::Authorize).param("scope"), Some("openid email"));
    let asked = provider.last_call(Endpoint::UserInfo);
    assert!(asked.header("authorization").is_some_and(|value| value.starts_with("Bearer ")));
    assert!(asked.params.is_empty(), "the access token is in no address");
    let user = browser.api_profile().await.json()["user"].take();
    assert_eq!((&user["email"], &user["email_verified"]), (&json!("ada@people.example"), &json!(true)));
    assert_eq!(user.get("name"), None, "what was not asked for is not known");
}

/// Expected: the client proves who it is by HTTP Basic where the provider wants `client_secret_basic`.
#[tokio::test]
async fn rp_token_endpoint_client_secret_basic() {
    let provider = accept(|b| b.client_auth = vec!["client_secret_basic"]).await;
    let exchange = provider.last_call(Endpoint::Token);
    let secret = provider.client_secret().to_owned();
    assert_eq!(exchange.client(), Some(("client_secret_basic", CLIENT_ID.to_owned(), secret)));
    assert_eq!(exchange.param("client_secret"), None, "one way at a time (RFC 6749, section 2.3)");
}
