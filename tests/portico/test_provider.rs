//! The provider that the other tests use keeps its own promises: correct by default, and each
//! forgery is one that a careless client would take.

use crate::support::{
    Provider, Signing,
    keys::Key,
    provider::{CLIENT_ID, TokenShape, claims_of},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::{Client, StatusCode};
use serde_json::{Map, Value};
use url::Url;

const ORIGIN: &str = "http://localhost:1";
const REDIRECT_URI: &str = "http://localhost:1/callback";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const NONCE: &str = "a-nonce-of-more-than-22-letters";

/// A client written by hand.
struct Hand {
    client: Client,
    provider: Provider,
}

impl Hand {
    async fn start() -> Self {
        let provider = Provider::start().await;
        provider.register(ORIGIN);
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client");
        Self { client, provider }
    }

    fn at(&self, path: &str) -> Url {
        Url::parse(self.provider.issuer()).and_then(|issuer| issuer.join(path)).expect("an address")
    }

    /// Asks `/authorize`, with one parameter changed: the status, and the callback's address.
    async fn authorize(&self, change: Option<(&str, &str)>) -> (StatusCode, Option<Url>) {
        let mut params = vec![
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid offline_access"),
            ("state", "a-state-of-more-than-22-letters"),
            ("nonce", NONCE),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        if let Some((name, value)) = change {
            params.retain(|(known, _)| *known != name);
            params.push((name, value));
        }
        let mut url = self.at("authorize");
        url.query_pairs_mut().extend_pairs(params);
        let answer = self.client.get(url).send().await.expect("an answer");
        let location = answer.headers().get("location").map(|to| Url::parse(to.to_str().unwrap()).expect("an address"));
        (answer.status(), location)
    }

    async fn code(&self) -> String {
        let (_, callback) = self.authorize(None).await;
        let callback = callback.expect("a callback");
        callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    /// Asks the token endpoint with the client's own id and secret in the form.
    async fn token(&self, params: &[(&str, &str)]) -> (StatusCode, Map<String, Value>) {
        let mut form = params.to_vec();
        if !params.iter().any(|(name, _)| *name == "client_secret") {
            form.push(("client_secret", self.provider.client_secret()));
        }
        form.push(("client_id", CLIENT_ID));
        let answer = self.client.post(self.at("oauth/token")).form(&form).send().await.expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    async fn redeem(&self, code: &str) -> (StatusCode, Map<String, Value>) {
        let grant = ("grant_type", "authorization_code");
        self.token(&[grant, ("code", code), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)]).await
    }

    async fn refresh(&self, token: &Value) -> (StatusCode, Map<String, Value>) {
        let token = token.as_str().expect("a refresh token");
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn userinfo(&self, access_token: &Value) -> StatusCode {
        let token = access_token.as_str().expect("an access token");
        self.client.get(self.at("userinfo")).bearer_auth(token).send().await.expect("an answer").status()
    }

    async fn jwks(&self) -> Value {
        self.client.get(self.at(".well-known/jwks.json")).send().await.expect("an answer").json().await.expect("JSON")
    }
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[CLIENT_ID]);
    validation
}

#[tokio::test]
async fn it_refuses_requests_that_are_not_as_they_must_be() {
    let hand = Hand::start().await;
    assert_eq!(hand.authorize(None).await.0, StatusCode::FOUND);
    for change in [
        ("response_type", "token"),
        ("client_id", "another"),
        ("redirect_uri", "http://localhost:2/callback"),
        ("redirect_uri", "http://localhost:1/callback/"),
        ("scope", "profile"),
        ("state", "short"),
        ("nonce", ""),
        ("code_challenge", ""),
        ("code_challenge_method", "plain"),
    ] {
        assert_eq!(hand.authorize(Some(change)).await.0, StatusCode::BAD_REQUEST, "{change:?}");
    }
}

#[tokio::test]
async fn a_code_is_for_one_client_one_verifier_and_one_use() {
    let hand = Hand::start().await;
    let grant = ("grant_type", "authorization_code");
    let (uri, verifier) = (("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER));
    for wrong in [
        vec![grant, uri],
        vec![grant, uri, ("code_verifier", CHALLENGE)],
        vec![grant, verifier],
        vec![grant, verifier, ("redirect_uri", "http://localhost:1/")],
    ] {
        let code = hand.code().await;
        let (status, answer) = hand.token(&[wrong.as_slice(), &[("code", &code)]].concat()).await;
        assert_eq!((status, &answer["error"]), (StatusCode::FORBIDDEN, &"invalid_grant".into()), "{wrong:?}");
    }
    let code = hand.code().await;
    let (status, answer) = hand.token(&[grant, uri, verifier, ("code", &code), ("client_secret", "wrong")]).await;
    assert_eq!((status, &answer["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
    let (status, answer) = hand.redeem(&code).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(hand.userinfo(&answer["access_token"]).await, StatusCode::OK);
    let (status, _) = hand.redeem(&code).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a second time");
    assert_eq!(hand.userinfo(&answer["access_token"]).await, StatusCode::UNAUTHORIZED, "and what it gave is void");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_used_one_voids_them_all() {
    let hand = Hand::start().await;
    let (_, first) = hand.redeem(&hand.code().await).await;
    let (status, second) = hand.refresh(&first["refresh_token"]).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let claims = claims_of(second["id_token"].as_str().expect("an ID token"));
    assert!(claims.get("nonce").is_none(), "no nonce after a refresh");
    assert_eq!(claims["sub"], "auth0|ada");
    assert_eq!(hand.refresh(&first["refresh_token"]).await.0, StatusCode::FORBIDDEN, "a used one");
    assert_eq!(hand.refresh(&second["refresh_token"]).await.0, StatusCode::FORBIDDEN, "and its successor");
    assert_eq!(hand.provider.live_grants(), 0);
}

#[tokio::test]
async fn a_revoked_refresh_token_is_void() {
    let hand = Hand::start().await;
    let (_, answer) = hand.redeem(&hand.code().await).await;
    let token = answer["refresh_token"].as_str().expect("a refresh token");
    let form = [("token", token), ("client_id", CLIENT_ID), ("client_secret", hand.provider.client_secret())];
    let revoked = hand.client.post(hand.at("oauth/revoke")).form(&form).send().await.expect("an answer");
    assert_eq!(revoked.status(), StatusCode::OK);
    assert_eq!(hand.refresh(&answer["refresh_token"]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn its_tokens_verify_with_its_published_keys() {
    let hand = Hand::start().await;
    let (_, answer) = hand.redeem(&hand.code().await).await;
    let token = answer["id_token"].as_str().expect("an ID token");
    let kid = decode_header(token).expect("a header").kid.expect("a kid");
    let jwks = hand.jwks().await;
    let jwk = jwks["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == kid.as_str()).expect("its key");
    let key = DecodingKey::from_jwk(&serde_json::from_value(jwk.clone()).expect("a JWK")).expect("a key");
    let claims =
        decode::<Map<String, Value>>(token, &key, &validation(Algorithm::RS256)).expect("a sound token").claims;
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["iss"], hand.provider.issuer());
}

#[tokio::test]
async fn its_forgeries_would_deceive_a_careless_client() {
    let provider = Provider::start().await;
    let forge = |signing| {
        let token = provider.access_token(CLIENT_ID, |shape: &mut TokenShape| shape.signing = signing);
        let alg = token.split('.').next().and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        let header: Value = serde_json::from_slice(&alg.expect("base64url")).expect("JSON");
        (token, header)
    };
    let verifies = |token: &str, key: &DecodingKey, algorithm| {
        decode::<Map<String, Value>>(token, key, &validation(algorithm)).is_ok()
    };
    let rsa = |key: Key| DecodingKey::from_rsa_pem(key.public_pem().as_bytes()).expect("a key");

    // Whoever believes the header's alg and uses the public key as what it asks for.
    let (token, header) = forge(Signing::Hs256PublicKey);
    assert_eq!(header["alg"], "HS256");
    let secret = DecodingKey::from_secret(Key::Current.public_pem().as_bytes());
    assert!(verifies(&token, &secret, Algorithm::HS256));
    // Whoever takes any algorithm of the key set.
    let (token, header) = forge(Signing::With(Key::Elliptic));
    assert_eq!((&header["alg"], &header["kid"]), (&"ES256".into(), &"elliptic".into()));
    let elliptic = DecodingKey::from_jwk(&serde_json::from_value(Key::Elliptic.jwk()).expect("a JWK")).expect("a key");
    assert!(verifies(&token, &elliptic, Algorithm::ES256));
    // Whoever takes the key from the token, or does not look which one signed.
    let (token, header) = forge(Signing::ForgedWith(Key::Unpublished));
    assert_eq!(header["kid"], "current");
    assert!(verifies(&token, &rsa(Key::Unpublished), Algorithm::RS256));
    assert!(!verifies(&token, &rsa(Key::Current), Algorithm::RS256));
    // Whoever does not check signatures.
    for signing in [Signing::Corrupted, Signing::Stripped, Signing::None, Signing::NoneButSigned] {
        let (token, _) = forge(signing);
        assert_eq!(claims_of(&token)["sub"], "auth0|ada");
        assert_eq!(token.ends_with('.'), matches!(signing, Signing::Stripped | Signing::None), "{signing:?}");
        assert!(!verifies(&token, &rsa(Key::Current), Algorithm::RS256), "{signing:?}");
    }
}

#[tokio::test]
async fn it_goes_down_and_comes_back_with_all_it_knew() {
    let hand = Hand::start().await;
    let code = hand.code().await;
    hand.provider.go_down().await;
    // A connection that the client has kept breaks, a new one is refused: either is an error.
    assert!(hand.client.get(hand.at("userinfo")).send().await.is_err());
    hand.provider.come_back().await;
    assert_eq!(hand.redeem(&code).await.0, StatusCode::OK);
}
