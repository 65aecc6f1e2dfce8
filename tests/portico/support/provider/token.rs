//! Makes signed tokens, sound ones and all kinds of unsound ones.

use super::{Behaviour, Changes};
use crate::support::keys::Key;
use aws_lc_rs::{digest, hmac};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// How a token differs from a sound one.
#[derive(Clone, Debug, Default)]
pub struct TokenShape {
    /// Changes to the claims, made just before signing.
    pub claims: Changes,
    /// Changes to the header, made just before signing.
    pub header: Changes,
    /// How it is signed.
    pub signing: Signing,
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// With the provider's current signing key.
    #[default]
    Provider,
    /// With this key, whatever is published.
    With(Key),
    /// With this key, under the `kid` of the provider's signing key: a forgery.
    ForgedWith(Key),
    /// `alg: none`, and no signature.
    None,
    /// `alg: none`, above a signature by the provider's key.
    NoneButSigned,
    /// HS256, the published RSA key in PEM as the shared secret (CVE-2015-9235).
    Hs256PublicKey,
    /// HS256 with the client secret: sound OpenID Connect, but not what we take.
    Hs256ClientSecret,
    /// RS256, one bit of the signature changed.
    Corrupted,
    /// RS256, the signature left out.
    Stripped,
}

/// Signs `claims` in `shape`.
pub(super) fn sign(behaviour: &Behaviour, shape: &TokenShape, typ: &str, claims: Value, client_secret: &str) -> String {
    let key = match shape.signing {
        Signing::With(key) | Signing::ForgedWith(key) => key,
        _ => behaviour.signing_key,
    };
    let kid = match shape.signing {
        Signing::ForgedWith(_) => behaviour.signing_key.kid(),
        _ => key.kid(),
    };
    let alg = match shape.signing {
        Signing::None | Signing::NoneButSigned => "none",
        Signing::Hs256PublicKey | Signing::Hs256ClientSecret => "HS256",
        _ => key.alg(),
    };
    let header = shape.header.applied(json!({ "alg": alg, "typ": typ, "kid": kid }));
    let claims = shape.claims.applied(claims);
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = match shape.signing {
        Signing::None | Signing::Stripped => Vec::new(),
        Signing::Hs256PublicKey => mac(key.public_pem().as_bytes(), &message),
        Signing::Hs256ClientSecret => mac(client_secret.as_bytes(), &message),
        Signing::Corrupted => {
            let mut signature = key.sign(message.as_bytes());
            let middle = signature.len() / 2;
            signature[middle] ^= 1;
            signature
        }
        Signing::Provider | Signing::With(_) | Signing::ForgedWith(_) | Signing::NoneButSigned => {
            key.sign(message.as_bytes())
        }
    };
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The `at_hash` of an access token, for RS256 (OpenID Connect Core 1.0, section 3.1.3.6).
pub(super) fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

/// The S256 `code_challenge` of a verifier (RFC 7636, section 4.2).
pub(super) fn s256(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The claims of a JWT, unverified.
pub fn claims_of(token: &str) -> Map<String, Value> {
    let payload = token.split('.').nth(1).expect("a JWT has three parts");
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("a JWT is base64url");
    serde_json::from_slice(&json).expect("a JWT's payload is a JSON object")
}

fn part(json: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
}

fn mac(secret: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref().to_vec()
}
