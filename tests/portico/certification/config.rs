//! The profile "Config RP": what the client learns from the provider's metadata and key set.

use crate::support::{
    Behaviour, Endpoint, Provider, Signing, TestApp, assert_problem,
    keys::Key,
    refusal::{accept, case, refuse_afresh, refuse_each},
};
use portico::model::ProblemKind::SignInFailed;
use serde_json::Value;

/// Expected: the client reads the provider's metadata and uses the endpoints that stand there.
#[tokio::test]
async fn rp_discovery_openid_configuration() {
    let endpoints = [
        ("authorization_endpoint", Endpoint::Authorize),
        ("token_endpoint", Endpoint::Token),
        ("userinfo_endpoint", Endpoint::UserInfo),
        ("jwks_uri", Endpoint::Jwks),
    ];
    // Addresses that nobody guesses.
    let provider = accept(|b| {
        b.discovery.with(move |document| {
            for (member, _) in endpoints {
                let address = document[member].as_str().expect("an address");
                document[member] = Value::String(format!("{address}?from=metadata"));
            }
        });
    })
    .await;
    assert_eq!(provider.count(Endpoint::Discovery), 1);
    for (member, endpoint) in endpoints {
        assert_eq!(provider.last_call(endpoint).param("from"), Some("metadata"), "{member}");
    }
}

/// Expected: the client verifies signatures with the keys at the metadata's `jwks_uri`, and with no others.
#[tokio::test]
async fn rp_discovery_jwks_uri_keys() {
    let provider = accept(|b| {
        b.signing_key = Key::Unpublished;
        b.published_keys = vec![Key::Unpublished];
    })
    .await;
    assert_eq!(provider.count(Endpoint::Jwks), 1);
    let other_keys = |b: &mut Behaviour| b.published_keys = vec![Key::Next];
    refuse_each(&[case("a key that is not there", other_keys, SignInFailed, "kid")]).await;
}

/// Expected: the client refuses metadata whose `issuer` is not the one it was configured with.
#[tokio::test]
async fn rp_discovery_issuer_not_matching_config() {
    let another = |b: &mut Behaviour| _ = b.discovery.set("issuer", "https://elsewhere.example/");
    refuse_afresh(&[case("another issuer", another, SignInFailed, "issuer")]).await;
}

/// Expected: when the provider signs with a new key, the client fetches the key set and accepts the ID token.
#[tokio::test]
async fn rp_key_rotation_op_sign_key() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    app.browser().signed_in().await;
    provider.behave(|b| {
        b.signing_key = Key::Unpublished;
        b.published_keys = vec![Key::Unpublished];
    });
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 2);
    provider.behave(|b| b.id_token.signing = Signing::With(Key::Current));
    let page = app.browser().sign_in("/profile").await;
    let log = assert_problem(&app, &provider, &page, SignInFailed);
    assert!(log.iter().any(|line| line.contains("kid")), "the key that was withdrawn is worth nothing: {log:#?}");
}

/// Expected: the same when the key changes between the request and the signing; the key set is fetched once more.
#[tokio::test]
async fn rp_key_rotation_op_sign_key_native() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 1, "the key set is kept");
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 1, "the key set is kept");
    provider.behave(|b| b.rotate_before_signing = Some(Key::Unpublished));
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 2, "an unknown kid: one more fetch");
    app.browser().signed_in().await;
    assert_eq!(provider.count(Endpoint::Jwks), 2, "and the new set is kept");
}
