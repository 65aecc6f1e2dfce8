//! Whatever comes in place of a token, and whatever stands in one.

use super::{
    claims, id_token,
    jwt::{self, Claims, TokenError},
    keys::KeySet,
    logout_token,
};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

const ISSUER: &str = "https://tenant.example/";
const CLIENT: &str = "client";

/// Any JSON, not too deep.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z|:/.]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The claims of a sound token, with any of them in any other shape, or missing.
fn claims_nearly_right() -> impl Strategy<Value = Claims> {
    const NAMES: &[&str] = &[
        "iss",
        "aud",
        "exp",
        "iat",
        "nbf",
        "sub",
        "nonce",
        "azp",
        "at_hash",
        "sid",
        "jti",
        "events",
        "auth_time",
        "amr",
        "acr",
        "name",
        "email",
        "email_verified",
        "picture",
        "updated_at",
        "app_metadata",
        "user_metadata",
        "org_id",
    ];
    vec((proptest::sample::select(NAMES), proptest::option::of(any_json())), 0..4).prop_map(|changes| {
        let mut claims = sound();
        for (name, value) in changes {
            match value {
                Some(value) => _ = claims.insert(name.to_owned(), value),
                None => _ = claims.remove(name),
            }
        }
        claims
    })
}

fn sound() -> Claims {
    let now = jsonwebtoken::get_current_timestamp();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT, "exp": now + 60, "iat": now, "sub": "auth0|ada", "nonce": "nonce", "auth_time": now,
        "jti": "j", "sid": "s", "events": { event: {} },
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// A key, and the set that has it.
static KEY: LazyLock<(RsaKeyPair, KeySet)> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = KeySet::of(vec![json!({ "kty": "RSA", "n": encode(&public.n), "e": encode(&public.e) })]);
    (pair, keys)
});

fn signed(claims: &Claims) -> String {
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(json!({ "alg": "RS256" })), encode(Value::Object(claims.clone())));
    let mut signature = vec![0; KEY.0.public_modulus_len()];
    KEY.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn id_token(token: &str) -> Result<Claims, TokenError> {
    let expected = id_token::Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: "nonce",
        access_token: "access token",
        max_age: Some(600),
    };
    id_token::verify(token, &KEY.1, &expected)
}

fn logout_token(token: &str) -> Result<logout_token::LogoutToken, TokenError> {
    logout_token::verify(token, &KEY.1, ISSUER, CLIENT, Default::default())
}

proptest! {
    #[test]
    fn a_sound_token_is_taken(subject in "[!-~]{1,60}", session in "[!-~]{1,60}") {
        // Once: a second later it is another token.
        let mut claims = sound();
        claims.insert("sub".to_owned(), subject.as_str().into());
        claims.insert("sid".to_owned(), session.as_str().into());
        prop_assert_eq!(id_token(&signed(&claims)), Ok(claims.clone()));
        claims.remove("nonce");
        let taken = logout_token(&signed(&claims)).unwrap();
        prop_assert_eq!((taken.subject, taken.session), (Some(subject), Some(session)));
    }

    #[test]
    fn what_is_no_token_is_refused(text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){0,4}"]) {
        prop_assert!(id_token(&text).is_err() && logout_token(&text).is_err());
    }

    #[test]
    fn any_header_but_ours_is_refused(header in any_json()) {
        let token = signed(&sound());
        let (_, rest) = token.split_once('.').unwrap();
        let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
        prop_assert!(id_token(&forged).is_err() && logout_token(&forged).is_err());
    }

    #[test]
    fn a_token_with_any_bit_turned_is_refused(at in any::<proptest::sample::Index>(), bit in 0..7u8) {
        let token = signed(&sound());
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // The last letter of each part has bits that say nothing.
        let says_nothing = token.as_bytes().get(at + 1).is_none_or(|next| *next == b'.');
        if let Ok(turned) = String::from_utf8(bytes) && !says_nothing {
            prop_assert!(id_token(&turned).is_err());
        }
    }

    #[test]
    fn what_is_taken_is_what_must_be_there(claims in claims_nearly_right()) {
        let token = signed(&claims);
        if let Ok(taken) = id_token(&token) {
            prop_assert_eq!(taken.get("iss").and_then(Value::as_str), Some(ISSUER));
            prop_assert_eq!(taken.get("nonce").and_then(Value::as_str), Some("nonce"));
            prop_assert!(taken.get("sub").and_then(Value::as_str).is_some_and(|sub| !sub.is_empty()));
            prop_assert!(taken.get("exp").is_some() && taken.get("iat").is_some());
        }
        if let Ok(taken) = logout_token(&token) {
            prop_assert!(!claims.contains_key("nonce"));
            prop_assert!(!taken.jti.is_empty() && (taken.session.is_some() || taken.subject.is_some()));
        }
    }

    #[test]
    fn any_claims_make_a_person_or_are_left_out(from_token in claims_nearly_right(), userinfo in btree_map(any::<String>(), any_json(), 0..8)) {
        let person = claims::person(ISSUER, "auth0|ada", &from_token, userinfo.into_iter().collect());
        prop_assert_eq!(person.subject, "auth0|ada");
        prop_assert!(person.picture.is_none_or(|picture| picture.starts_with("http")));
        prop_assert!(["iss", "sub", "nonce", "at_hash"].iter().all(|name| !person.claims.contains_key(*name)));
        prop_assert!(claims::authentication_methods(&from_token).len() <= 6);
    }

    #[test]
    fn any_value_is_a_time_or_none(value in any_json()) {
        let claims = Claims::from_iter([("exp".to_owned(), value)]);
        if let Ok(Some(seconds)) = jwt::seconds(&claims, "exp") {
            prop_assert!(claims["exp"].is_number() && (seconds as f64 - claims["exp"].as_f64().unwrap()).abs() < 1e4);
        }
    }
}
