//! Providers differ, and keys change: whatever is sound is accepted, and what is kept of the
//! provider is fetched once.

use crate::support::{
    Answer, Behaviour, Endpoint, Provider, Signing, TestApp, eventually,
    keys::Key,
    provider::{CLIENT_ID, Gate},
};
use chrono::Utc;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_client_authenticates_as_the_provider_offers_or_as_the_setting_says() {
    for (offered, setting, used) in [
        (vec!["client_secret_post"], "", "client_secret_post"),
        (vec!["client_secret_basic", "client_secret_post"], "", "client_secret_post"),
        (vec!["client_secret_basic", "client_secret_post"], "client_secret_basic", "client_secret_basic"),
    ] {
        let provider = Provider::start().await;
        provider.behave(|behaviour| behaviour.client_auth = offered.clone());
        let app = TestApp::start(&provider, &[("PORTICO_CLIENT_AUTH", setting)]).await;
        app.browser().signed_in().await;
        let (method, _, secret) = provider.last_call(Endpoint::Token).client().expect("the client says who it is");
        assert_eq!(method, used, "offered {offered:?}, set {setting:?}");
        assert_eq!(secret, provider.client_secret());
    }
}

#[tokio::test]
async fn without_advertised_methods_the_client_uses_basic() {
    // The default of OpenID Connect Discovery 1.0, section 3.
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.discovery.remove("token_endpoint_auth_methods_supported");
    });
    let app = TestApp::start(&provider, &[]).await;
    app.browser().signed_in().await;
    assert_eq!(provider.last_call(Endpoint::Token).client().map(|(method, ..)| method), Some("client_secret_basic"));
}

type Bend = fn(&mut Behaviour);

/// What differs from our provider's habits and is sound all the same.
const SOUND: &[(&str, Bend)] = &[
    ("azp that names us", |b| {
        b.id_token.claims.set("azp", CLIENT_ID);
    }),
    ("no at_hash", |b| {
        b.id_token.claims.remove("at_hash");
    }),
    ("no typ in the header", |b| {
        b.id_token.header.remove("typ");
    }),
    ("exp half a minute ago: clocks differ", |b| {
        b.id_token.claims.set("exp", Utc::now().timestamp() - 30);
    }),
    ("nbf in half a minute", |b| {
        b.id_token.claims.set("nbf", Utc::now().timestamp() + 30);
    }),
    ("iat in half a minute", |b| {
        b.id_token.claims.set("iat", Utc::now().timestamp() + 30);
    }),
    ("the second of the published keys", |b| b.id_token.signing = Signing::With(Key::Next)),
    ("no scope in the answer", |b| {
        b.token_answer.remove("scope");
    }),
    ("no refresh token", |b| {
        b.token_answer.remove("refresh_token");
    }),
    ("members nobody knows", |b| {
        b.token_answer.set("not_before_policy", 0).set("extra", json!({ "a": [1, null] }));
    }),
    ("updated_at in seconds, as the standard has it", |b| {
        b.userinfo.set("updated_at", 1_767_323_045);
    }),
    ("email_verified as text, as some do", |b| {
        b.userinfo.set("email_verified", "true");
    }),
    ("nothing about the person but sub", |b| {
        b.userinfo.with(|claims| claims.retain(|name, _| name == "sub"));
    }),
];

#[tokio::test]
async fn what_is_unusual_but_sound_is_accepted() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    for (what, bend) in SOUND {
        provider.behave_well();
        provider.behave(bend);
        let browser = app.browser();
        let page = browser.sign_in("/profile").await;
        assert!(page.redirect().is_some_and(|to| to.path() == "/profile"), "{what}: {}", page.summary());
        assert!(browser.is_signed_in().await, "{what}");
    }
}

#[tokio::test]
async fn unusual_but_sound_metadata_and_keys_are_accepted() {
    let cases: &[(&str, Bend)] = &[
        ("keys that say neither use nor alg", |b| {
            b.jwks.with(|document| {
                for key in document["keys"].as_array_mut().expect("keys") {
                    let key = key.as_object_mut().expect("a key");
                    key.remove("use");
                    key.remove("alg");
                }
            });
        }),
        ("keys of kinds nobody knows beside ours", |b| {
            b.jwks.with(|document| {
                let keys = document["keys"].as_array_mut().expect("keys");
                keys.insert(0, json!({ "kty": "LATTICE", "kid": "future", "alg": "ML-DSA-65" }));
                keys.insert(1, json!("not a key"));
            });
        }),
        ("JSON by its other names", |b| {
            b.answer(Endpoint::Discovery, Answer::ContentType("application/openid-configuration+json"));
            b.answer(Endpoint::Jwks, Answer::ContentType("application/jwk-set+json; charset=utf-8"));
            b.answer(Endpoint::UserInfo, Answer::ContentType("Application/JSON;charset=UTF-8"));
        }),
        ("no iss at the callback, and none promised", |b| {
            b.discovery.remove("authorization_response_iss_parameter_supported");
            b.callback.remove("iss");
        }),
        ("metadata without the optional endpoints", |b| {
            b.discovery.remove("end_session_endpoint").remove("revocation_endpoint");
        }),
        ("a key set of hundred keys", |b| {
            b.jwks.with(|document| {
                let keys = document["keys"].as_array_mut().expect("keys");
                let spare = keys[1].clone();
                for number in 0..100 {
                    let mut key = spare.clone();
                    key["kid"] = format!("old-{number}").into();
                    keys.insert(0, key);
                }
            });
        }),
    ];
    for (what, bend) in cases {
        let provider = Provider::start().await;
        provider.behave(bend);
        let app = TestApp::start(&provider, &[]).await;
        let page = app.browser().sign_in("/profile").await;
        assert!(page.redirect().is_some_and(|to| to.path() == "/profile"), "{what}: {}", page.summary());
    }
}

#[tokio::test]
async fn metadata_and_keys_are_fetched_once_however_many_sign_in() {
    let provider = Provider::start().await;
    let gate = Gate::default();
    provider.behave(|behaviour| behaviour.answer(Endpoint::Discovery, Answer::Held(gate.clone())));
    let app = TestApp::start(&provider, &[]).await;
    let browsers: Vec<_> = (0..20).map(|_| app.browser()).collect();
    let all = futures::future::join_all(browsers.iter().map(|browser| browser.sign_in("/profile")));
    let open = async {
        eventually("somebody asks for the metadata", Duration::from_secs(5), || async { gate.arrived() > 0 }).await;
        gate.open();
    };
    let (pages, ()) = tokio::join!(all, open);
    for page in pages {
        assert_eq!(page.expect_local_redirect(), "/profile");
    }
    assert_eq!(provider.count(Endpoint::Discovery), 1);
    assert_eq!(provider.count(Endpoint::Jwks), 1);
    assert_eq!(provider.count(Endpoint::Token), 20);
}
