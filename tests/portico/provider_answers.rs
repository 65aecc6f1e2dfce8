//! Answers of the provider that cannot be used: too large, cut off, redirected, of another shape,
//! about somebody else. Each is refused, and none takes the application down.

use crate::support::{
    Answer, Behaviour,
    Endpoint::{self, Discovery, Jwks, Token, UserInfo},
    Provider, Signing, TestApp, eventually,
    keys::Key,
    refusal::{
        answers, answers_json, answers_page, case, cut_slash, refuse, refuse_afresh, refuse_each, signed_with_header,
    },
};
use portico::model::ProblemKind::{SignInFailed, SignInUnreachable};
use serde_json::{Value, json};
use std::time::Duration;

fn redirect() -> Answer {
    Answer::Redirect("/elsewhere".to_owned())
}

/// The right answer under another content type.
fn named(endpoint: Endpoint, content_type: &'static str) -> impl Fn(&mut Behaviour) {
    answers(endpoint, Answer::ContentType(content_type))
}

fn token(member: &'static str, value: impl Into<Value>) -> impl Fn(&mut Behaviour) {
    let value = value.into();
    move |b| _ = b.token_answer.set(member, value.clone())
}

#[tokio::test]
async fn of_the_token_endpoint() {
    let empty = Answer::Text(200, "application/json", String::new());
    refuse(&[
        case("a token of another type", token("token_type", "mac"), SignInFailed, "token_type"),
        case("a token of a type nobody knows", token("token_type", "N_A"), SignInFailed, "token_type"),
        case("no ID token", |b| _ = b.token_answer.remove("id_token"), SignInFailed, "id_token"),
        case("an ID token that is null", token("id_token", Value::Null), SignInFailed, "id_token"),
        case("an ID token that is none", token("id_token", "not-a-token"), SignInFailed, "token"),
        case("an ID token that is a list", token("id_token", json!(["a"])), SignInFailed, "token"),
        case("an empty ID token", token("id_token", ""), SignInFailed, "token"),
        case("an ID token of five parts", token("id_token", "e30.e30.e30.e30.e30"), SignInFailed, "RS256"),
        case("no access token", |b| _ = b.token_answer.remove("access_token"), SignInFailed, "token endpoint"),
        case(
            "invalid_grant with 400",
            answers_json(Token, 400, json!({ "error": "invalid_grant" })),
            SignInFailed,
            "invalid_grant",
        ),
        case(
            "invalid_grant with 403, as Auth0",
            answers_json(Token, 403, json!({ "error": "invalid_grant", "error_description": "no" })),
            SignInFailed,
            "invalid_grant",
        ),
        case(
            "invalid_client",
            answers_json(Token, 401, json!({ "error": "invalid_client" })),
            SignInFailed,
            "invalid_client",
        ),
        case("an error without a word", answers_page(Token, 400), SignInFailed, "token endpoint"),
        case("a server error", answers_page(Token, 500), SignInUnreachable, "500"),
        case(
            "too many requests",
            answers_json(Token, 429, json!({ "error": "too_many_requests" })),
            SignInUnreachable,
            "429",
        ),
        case("over a megabyte", answers(Token, Answer::huge()), SignInFailed, "more than"),
        case("over a megabyte, in chunks", answers(Token, Answer::huge_in_chunks()), SignInFailed, "more than"),
        case("half an answer", answers(Token, Answer::Truncated), SignInFailed, "token endpoint"),
        case("an answer that breaks off", answers(Token, Answer::BrokenOff), SignInUnreachable, "token endpoint"),
        case("an empty answer", answers(Token, empty), SignInFailed, "token endpoint"),
        case("JSON, but no object", answers_json(Token, 200, json!(["access_token"])), SignInFailed, "token endpoint"),
        case("a page in place of JSON", answers_page(Token, 200), SignInFailed, "token endpoint"),
        case(
            "the right JSON called a page",
            answers(Token, Answer::ContentType("text/html")),
            SignInFailed,
            "token endpoint",
        ),
        case("a redirect", answers(Token, redirect()), SignInFailed, "token endpoint"),
    ])
    .await;
}

#[tokio::test]
async fn of_userinfo() {
    let sub = |value: Value| move |b: &mut Behaviour| _ = b.userinfo.set("sub", value.clone());
    let signed_claims = answers(UserInfo, Answer::Text(200, "application/jwt", "e30.e30.e30".to_owned()));
    refuse(&[
        case("about nobody", |b| _ = b.userinfo.remove("sub"), SignInFailed, "sub"),
        case("about a number", sub(json!(7)), SignInFailed, "sub"),
        case("the right person in other letters", sub(json!("AUTH0|ADA")), SignInFailed, "sub"),
        case("the right person and a space", sub(json!("auth0|ada ")), SignInFailed, "sub"),
        case("the right person among others", sub(json!(["auth0|ada", "auth0|eve"])), SignInFailed, "sub"),
        case("the access token is refused", answers_page(UserInfo, 401), SignInFailed, "401"),
        case("a server error", answers_page(UserInfo, 503), SignInUnreachable, "503"),
        case("over a megabyte", answers(UserInfo, Answer::huge()), SignInFailed, "more than"),
        case("over a megabyte, in chunks", answers(UserInfo, Answer::huge_in_chunks()), SignInFailed, "more than"),
        case("half an answer", answers(UserInfo, Answer::Truncated), SignInFailed, "userinfo"),
        case("an answer that breaks off", answers(UserInfo, Answer::BrokenOff), SignInUnreachable, "userinfo"),
        case("JSON, but no object", answers_json(UserInfo, 200, json!("auth0|ada")), SignInFailed, "userinfo"),
        case("a page in place of JSON", answers_page(UserInfo, 200), SignInFailed, "userinfo"),
        case("the right JSON called a page", named(UserInfo, "text/html"), SignInFailed, "text/html"),
        case("the right JSON called nothing", named(UserInfo, ""), SignInFailed, "no Content-Type"),
        case("signed, as nobody asked for", signed_claims, SignInFailed, "userinfo_signed_response_alg"),
        case("a redirect", answers(UserInfo, redirect()), SignInFailed, "302"),
    ])
    .await;
}

#[tokio::test]
async fn of_discovery() {
    let set = |member: &'static str, value: &'static str| move |b: &mut Behaviour| _ = b.discovery.set(member, value);
    let without = |member: &'static str| move |b: &mut Behaviour| _ = b.discovery.remove(member);
    refuse_afresh(&[
        case(
            "the issuer without its slash",
            |b| _ = b.discovery.with(|document| cut_slash(document, "issuer")),
            SignInFailed,
            "issuer",
        ),
        case("no issuer", without("issuer"), SignInFailed, "discovery"),
        case("no token endpoint", without("token_endpoint"), SignInFailed, "discovery"),
        case("no key set", without("jwks_uri"), SignInFailed, "discovery"),
        case(
            "a token endpoint in the clear",
            set("token_endpoint", "http://elsewhere.example/oauth/token"),
            SignInFailed,
            "https",
        ),
        case("a key set in the clear", set("jwks_uri", "http://elsewhere.example/jwks.json"), SignInFailed, "https"),
        case("a key set in a file", set("jwks_uri", "file:///etc/passwd"), SignInFailed, "https"),
        case(
            "a sign-in page that is a script",
            set("authorization_endpoint", "javascript:alert(1)"),
            SignInFailed,
            "https",
        ),
        case("a logout that is a script", set("end_session_endpoint", "javascript:alert(1)"), SignInFailed, "https"),
        case("over a megabyte", answers(Discovery, Answer::huge()), SignInFailed, "more than"),
        case("over a megabyte, in chunks", answers(Discovery, Answer::huge_in_chunks()), SignInFailed, "more than"),
        case("cut off", answers(Discovery, Answer::Truncated), SignInFailed, "discovery"),
        case("broken off", answers(Discovery, Answer::BrokenOff), SignInUnreachable, "discovery"),
        case("a page in place of JSON", answers_page(Discovery, 200), SignInFailed, "discovery"),
        case("the right JSON called text", named(Discovery, "text/plain"), SignInFailed, "text/plain"),
        case("the right JSON called nothing", named(Discovery, ""), SignInFailed, "no Content-Type"),
        case("not there", answers_page(Discovery, 404), SignInFailed, "404"),
        case("in trouble", answers_page(Discovery, 502), SignInUnreachable, "502"),
        case("behind a redirect", answers(Discovery, redirect()), SignInFailed, "302"),
    ])
    .await;
}

#[tokio::test]
async fn of_the_key_set() {
    refuse_afresh(&[
        case("no list", |b| _ = b.jwks.set("keys", "none"), SignInFailed, "key set"),
        case("over a megabyte", answers(Jwks, Answer::huge_in_chunks()), SignInFailed, "more than"),
        case("cut off", answers(Jwks, Answer::Truncated), SignInFailed, "key set"),
        case("the right JSON called bytes", named(Jwks, "application/octet-stream"), SignInFailed, "octet-stream"),
        case("the right JSON called nothing", named(Jwks, ""), SignInFailed, "no Content-Type"),
        case("broken off", answers(Jwks, Answer::BrokenOff), SignInUnreachable, "key set"),
        case("behind a redirect", answers(Jwks, redirect()), SignInFailed, "302"),
        case("in trouble", answers_page(Jwks, 500), SignInUnreachable, "500"),
    ])
    .await;
}

#[tokio::test]
async fn keys_that_are_for_something_else_verify_nothing() {
    let every_key = |member: &'static str, value: &'static str| {
        move |b: &mut Behaviour| {
            b.jwks.with(move |document| {
                let keys = document["keys"].as_array_mut().expect("keys");
                keys.iter_mut().for_each(|key| key[member] = value.into());
            });
        }
    };
    let no_keys = |b: &mut Behaviour| b.published_keys.clear();
    let shared_secret = |b: &mut Behaviour| {
        b.id_token.signing = Signing::Hs256PublicKey;
        b.jwks.set("keys", json!([{ "kty": "oct", "kid": "current", "k": "c2VjcmV0" }]));
    };
    let nameless = signed_with_header(Signing::Provider, "kid", Value::Null);
    let nameless_and_none = move |b: &mut Behaviour| {
        nameless(b);
        b.published_keys.clear();
    };
    refuse_each(&[
        case("no key", no_keys, SignInFailed, "no key for RS256"),
        case("no key, and no kid", nameless_and_none, SignInFailed, "no key for RS256"),
        case("for encryption", every_key("use", "enc"), SignInFailed, "no key for RS256"),
        case("for another algorithm", every_key("alg", "RS512"), SignInFailed, "no key for RS256"),
        case("a shared secret under our kid", shared_secret, SignInFailed, "RS256"),
    ])
    .await;
}

#[tokio::test]
async fn a_key_set_without_a_key_is_not_kept() {
    let provider = Provider::start().await;
    provider.behave(|b| b.published_keys.clear());
    let app = TestApp::start(&provider, &[]).await;
    for _ in 0..3 {
        let page = app.browser().sign_in("/profile").await;
        assert_eq!(page.redirect(), None, "{}", page.summary());
    }
    assert_eq!(provider.count(Jwks), 1, "it is not asked for again and again");
    provider.behave_well();
    eventually("the keys are asked for anew", Duration::from_secs(20), || async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        app.browser().sign_in("/profile").await.redirect().is_some()
    })
    .await;
    assert_eq!(provider.count(Jwks), 2, "and kept");
}

#[tokio::test]
async fn a_key_set_without_a_key_does_not_replace_a_good_one() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    app.browser().signed_in().await;
    provider.behave(|b| {
        b.published_keys.clear();
        b.id_token.signing = Signing::With(Key::Unpublished);
    });
    let page = app.browser().sign_in("/profile").await;
    assert_eq!(page.redirect(), None, "{}", page.summary());
    assert_eq!(provider.count(Jwks), 2, "an unknown kid: one more fetch");
    provider.behave(|b| b.id_token.signing = Signing::Provider);
    app.browser().signed_in().await;
}
