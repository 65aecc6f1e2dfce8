//! What verifying a signed token costs, beside the RS256 verification of the crypto library alone.
//!
//! Access tokens are verified for every request that brings one along, ID tokens once at a sign-in.
//! The key set is the provider's, fetched once from loopback and then cached, as in the server.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use axum::{Json, Router, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use criterion::{BatchSize, Criterion};
use portico::server::{auth::Provider, settings::OidcSettings};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    error::Error,
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::{net::TcpListener, runtime::Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLIENT_ID: &str = "portico-local";
const AUDIENCE: &str = "https://api.portico.example/";
const KEY_ID: &str = "current";
/// The id of the next token.
static NEXT: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Runtime::new()?;
    let keys = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let issuer = runtime.block_on(publish(&keys))?;
    let provider = Provider::new(settings(&issuer)?)?;
    let tokens = Tokens::sign(&keys, &issuer)?;

    // Fetches the key set, and makes sure that what is measured is the verification of sound tokens.
    runtime.block_on(provider.verify_access_token(&tokens.access, AUDIENCE))??;

    let (message, signature) = tokens.access.rsplit_once('.').ok_or("a JWT has three parts")?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature)?;
    let der: PublicKeyX509Der<'_> = keys.public_key().as_der()?;
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref())?;
    key.verify_sig(message.as_bytes(), &signature)?;

    let mut group = criterion.benchmark_group("tokens");
    group.bench_function("RS256 alone", |b| b.iter(|| key.verify_sig(black_box(message.as_bytes()), &signature)));
    group.bench_function("access token, a new one", |b| {
        // Each has an id of its own; signing it is not measured.
        b.to_async(&runtime).iter_batched(
            || Tokens::sign(&keys, &issuer).expect("a token is signed").access,
            |token| async { (provider.verify_access_token(black_box(&token), AUDIENCE).await, token) },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("access token, one of a moment ago", |b| {
        b.to_async(&runtime).iter(|| provider.verify_access_token(black_box(&tokens.access), AUDIENCE));
    });
    group.finish();
    criterion.final_summary();
    Ok(())
}

/// Publishes discovery document and key set on a free port of this machine. Returns the issuer.
async fn publish(keys: &RsaKeyPair) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let issuer = format!("http://{}/", listener.local_addr()?);
    let at = |path: &str| format!("{issuer}{path}");
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("oauth/token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
    });
    let parts = RsaPublicKeyComponents::<Vec<u8>>::from(keys.public_key());
    let key_set = json!({ "keys": [{
        "kty": "RSA", "kid": KEY_ID, "alg": "RS256", "use": "sig",
        "n": BASE64_URL_SAFE_NO_PAD.encode(parts.n), "e": BASE64_URL_SAFE_NO_PAD.encode(parts.e),
    }] });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(metadata)))
        .route("/.well-known/jwks.json", get(async move || Json(key_set)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(issuer)
}

fn settings(issuer: &str) -> Result<OidcSettings, Box<dyn Error>> {
    Ok(OidcSettings {
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: SecretString::from("never sent here"),
        audience: Some(AUDIENCE.to_owned()),
        callback_url: "http://localhost:8080/callback".parse()?,
        scopes: vec!["openid".to_owned()],
        client_auth: None,
        logout_token_typ: Default::default(),
    })
}

/// Tokens with the claims that Auth0 puts into them.
struct Tokens {
    access: String,
}

impl Tokens {
    fn sign(keys: &RsaKeyPair, issuer: &str) -> Result<Self, Box<dyn Error>> {
        let now = chrono::Utc::now().timestamp();
        let access = json!({
            "iss": issuer, "sub": "auth0|administrator", "aud": [AUDIENCE, format!("{issuer}userinfo")],
            "azp": CLIENT_ID, "iat": now, "exp": now + 86_400, "scope": "openid profile email offline_access",
            "permissions": ["read", "write", "delete", "admin"],
            "jti": NEXT.fetch_add(1, Ordering::Relaxed).to_string(),
        });
        Ok(Self { access: sign(keys, "at+jwt", &access)? })
    }
}

fn sign(keys: &RsaKeyPair, typ: &str, claims: &Value) -> Result<String, Box<dyn Error>> {
    let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(&json!({ "alg": "RS256", "typ": typ, "kid": KEY_ID })), part(claims));
    let mut signature = vec![0; keys.public_modulus_len()];
    keys.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)?;
    Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
}
