//! The sign-in service ends sessions here (OpenID Connect Back-Channel Logout 1.0): at once, once by each
//! token, and by nothing but a sound token.

use crate::support::{
    Answer, Browser, Endpoint, Page, Provider, Signing, TestApp, assert_no_secret, eventually, keys::Key,
    provider::TokenShape, start,
};
use axum::http::Method;
use chrono::Utc;
use serde_json::{Value, json};
use std::time::Duration;

pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A browser that has just signed in, and the `sid` of that.
pub async fn signed_in(provider: &Provider, app: &TestApp) -> (Browser, String) {
    let browser = app.browser();
    browser.signed_in().await;
    assert!(browser.is_signed_in().await);
    (browser, provider.sids().pop().expect("a sign-in was granted"))
}

/// Sends a form as the service does: without cookies, and without saying where from.
async fn send(app: &TestApp, fields: &[(&str, &str)]) -> Page {
    let service = app.browser();
    let request = service.request(Method::POST, service.url("/backchannel-logout")).form(fields);
    ["origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user", "accept", "cookie"]
        .into_iter()
        .fold(request, |request, name| request.without(name))
        .send()
        .await
}

pub async fn tell(app: &TestApp, token: &str) -> Page {
    send(app, &[("logout_token", token)]).await
}

#[track_caller]
pub fn assert_done(page: &Page) {
    assert_eq!(page.status.as_u16(), 200, "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.body.is_empty() && page.set_cookies.is_empty());
}

#[track_caller]
pub fn assert_refused(page: &Page, why: &str) {
    assert_eq!(page.status.as_u16(), 400, "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.json()["error"], "invalid_request");
    let description = page.json()["error_description"].as_str().expect("a description").to_owned();
    assert!(description.contains(why), "{description} does not say {why}");
}

/// Everything as it was, but this claim.
pub fn claim(name: &'static str, value: impl Into<Value>) -> impl Fn(&mut TokenShape) {
    let value = value.into();
    move |shape| {
        shape.claims.set(name, value.clone());
    }
}

pub fn no_claim(name: &'static str) -> impl Fn(&mut TokenShape) {
    move |shape| {
        shape.claims.remove(name);
    }
}

fn header(name: &'static str, value: impl Into<Value>) -> impl Fn(&mut TokenShape) {
    let value = value.into();
    move |shape| match &value {
        Value::Null => {
            shape.header.remove(name);
        }
        value => {
            shape.header.set(name, value.clone());
        }
    }
}

pub fn signed(signing: Signing) -> impl Fn(&mut TokenShape) {
    move |shape| shape.signing = signing
}

#[tokio::test]
async fn it_ends_the_session_of_that_sid_at_once_and_no_other() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let copy = browser.copy();
    let (other, _) = signed_in(&provider, &app).await;

    let answer = tell(&app, &provider.logout_token(&sid, |_| ())).await;
    assert_done(&answer);
    assert!(!browser.is_signed_in().await && !copy.is_signed_in().await, "on the very next request, copied or not");
    assert!(other.is_signed_in().await, "another sign-in of the same person goes on");
    let page = browser.get("/profile").await;
    assert_eq!(page.status.as_u16(), 401, "{}", page.summary());
    assert!(page.body.contains("You were signed out"));
    assert_no_secret(&app, &provider, &answer);

    eventually("the refresh token is revoked", Duration::from_secs(5), || async {
        provider.count(Endpoint::Revoke) == 1 && provider.live_grants() == 1
    })
    .await;
    browser.signed_in().await;
    assert!(browser.is_signed_in().await, "they can sign in again");
}

#[tokio::test]
async fn by_sub_alone_it_ends_all_of_that_person_and_nobody_elses() {
    let (provider, app) = start().await;
    let (one, _) = signed_in(&provider, &app).await;
    let (two, _) = signed_in(&provider, &app).await;
    provider.behave(|behaviour| behaviour.sign_in_as("auth0|grace"));
    let (grace, _) = signed_in(&provider, &app).await;

    assert_done(&tell(&app, &provider.logout_token("x", no_claim("sid"))).await);
    assert!(!one.is_signed_in().await && !two.is_signed_in().await);
    assert!(grace.is_signed_in().await);
}

#[tokio::test]
async fn a_session_without_a_sid_ends_with_its_person() {
    let (provider, app) = start().await;
    provider.behave(|behaviour| {
        behaviour.id_token.claims.remove("sid");
    });
    let (nameless, _) = signed_in(&provider, &app).await;
    assert_done(&tell(&app, &provider.logout_token("some other", no_claim("sub"))).await);
    assert!(nameless.is_signed_in().await, "the token does not say whose session it is");
    assert_done(&tell(&app, &provider.logout_token("some other", |_| ())).await);
    assert!(!nameless.is_signed_in().await, "it may be the one that is meant");
}

#[tokio::test]
async fn what_is_not_there_counts_as_ended() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    assert_done(&tell(&app, &provider.logout_token("never heard of", |_| ())).await);
    assert_done(
        &tell(
            &app,
            &provider.logout_token("x", |shape| {
                shape.claims.remove("sid").set("sub", "auth0|nobody");
            }),
        )
        .await,
    );
    assert!(browser.is_signed_in().await);
    // A second token about the same session.
    for _ in 0..2 {
        assert_done(&tell(&app, &provider.logout_token(&sid, |_| ())).await);
    }
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_token_counts_once() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let of_person = provider.logout_token("x", no_claim("sid"));
    assert_done(&tell(&app, &of_person).await);
    assert!(!browser.is_signed_in().await);

    browser.signed_in().await;
    assert_refused(&tell(&app, &of_person).await, "jti");
    // Another token of the same id.
    let again = |claims: &mut serde_json::Map<String, Value>| {
        claims.insert("jti".to_owned(), json!("the same"));
    };
    assert_done(
        &tell(
            &app,
            &provider.logout_token(&sid, |shape| {
                shape.claims.with(again);
            }),
        )
        .await,
    );
    let forged = provider.logout_token("x", |shape| {
        shape.claims.with(again).remove("sid");
    });
    assert_refused(&tell(&app, &forged).await, "jti");
    assert!(browser.is_signed_in().await, "a replay ends nothing");
}

#[tokio::test]
async fn of_many_at_once_with_one_token_one_is_taken() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let token = provider.logout_token(&sid, |_| ());
    let answers = futures::future::join_all((0..20).map(|_| tell(&app, &token))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 400).count(), 19);
    assert!(!browser.is_signed_in().await);
}

/// Besides what the certification tests have (`certification::backchannel`).
#[tokio::test]
async fn an_unsound_token_ends_nothing() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let now = Utc::now().timestamp();
    type Bend = Box<dyn Fn(&mut TokenShape)>;
    let cases: Vec<(&str, Bend, &str)> = vec![
        ("HS256 by the public key", Box::new(signed(Signing::Hs256PublicKey)), "RS256"),
        ("a key of nobody", Box::new(signed(Signing::With(Key::Unpublished))), "kid"),
        ("a forgery", Box::new(signed(Signing::ForgedWith(Key::Unpublished))), "signature"),
        ("a bit changed", Box::new(signed(Signing::Corrupted)), "signature"),
        ("no signature", Box::new(signed(Signing::Stripped)), "signature"),
        ("critical parameters", Box::new(header("crit", json!(["exp"]))), "critical"),
        ("several issuers", Box::new(claim("iss", json!([provider.issuer(), "https://evil.example/"]))), "iss"),
        ("no issuer", Box::new(no_claim("iss")), "iss"),
        ("another audience as well", Box::new(claim("aud", json!(["portico-test", "another-client"]))), "aud"),
        ("no audience", Box::new(no_claim("aud")), "aud"),
        ("no iat", Box::new(no_claim("iat")), "iat"),
        ("an iat that is no time", Box::new(claim("iat", "now")), "iat"),
        ("issued long ago", Box::new(claim("iat", now - 190)), "too long ago"),
        ("issued in the future", Box::new(claim("iat", now + 120)), "not valid yet"),
        ("expired", Box::new(claim("exp", now - 70)), "expired"),
        ("an exp that is no time", Box::new(claim("exp", "soon")), "exp"),
        ("not valid yet", Box::new(claim("nbf", now + 120)), "not valid yet"),
        ("an event that is no object", Box::new(claim("events", json!({ EVENT: true }))), "events"),
        ("events that are a list", Box::new(claim("events", json!([EVENT]))), "events"),
        ("a nonce of null", Box::new(claim("nonce", Value::Null)), "nonce"),
        ("no jti", Box::new(no_claim("jti")), "jti"),
        ("an empty jti", Box::new(claim("jti", "")), "jti"),
        ("a jti that is no text", Box::new(claim("jti", 7)), "jti"),
        ("a sid that is no text", Box::new(claim("sid", json!([sid]))), "sid"),
        ("a sub that is no text", Box::new(claim("sub", 7)), ""),
        (
            "neither sid nor sub",
            Box::new(|shape| {
                shape.claims.remove("sid").remove("sub");
            }),
            "sid",
        ),
        ("the typ of an access token", Box::new(header("typ", "at+jwt")), "type"),
        ("a typ that is no text", Box::new(header("typ", 7)), ""),
    ];
    for (what, bend, why) in &cases {
        eprintln!("case: {what}");
        assert_refused(&tell(&app, &provider.logout_token(&sid, bend)).await, why);
        assert!(browser.is_signed_in().await, "{what}");
    }
    let id_token = provider.secrets().into_iter().find(|secret| secret.split('.').count() == 3).expect("an ID token");
    assert_refused(&tell(&app, &id_token).await, "nonce");
    for text in ["", "x", "x.y.z", "....", &"a".repeat(15_000)] {
        assert_refused(&tell(&app, text).await, "");
    }
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn what_the_standard_leaves_open_is_taken() {
    let (provider, app) = start().await;
    let now = Utc::now().timestamp();
    type Bend = Box<dyn Fn(&mut TokenShape)>;
    let cases: Vec<(&str, Bend)> = vec![
        ("no exp", Box::new(no_claim("exp"))),
        ("no sub", Box::new(no_claim("sub"))),
        ("the audience in a list", Box::new(claim("aud", json!(["portico-test"])))),
        ("two minutes old", Box::new(claim("iat", now - 150))),
        ("a clock ahead of ours", Box::new(claim("iat", now + 30))),
        ("typ JWT", Box::new(header("typ", "JWT"))),
        ("no typ", Box::new(header("typ", Value::Null))),
        ("typ as a whole media type", Box::new(header("typ", "application/logout+jwt"))),
        (
            "an event with members",
            Box::new(claim("events", json!({ EVENT: { "reason": "x" }, "https://x.example": 1 }))),
        ),
        ("the next key", Box::new(signed(Signing::With(Key::Next)))),
    ];
    for (what, bend) in &cases {
        eprintln!("case: {what}");
        let (browser, sid) = signed_in(&provider, &app).await;
        assert_done(&tell(&app, &provider.logout_token(&sid, bend)).await);
        assert!(!browser.is_signed_in().await, "{what}");
    }
}

#[tokio::test]
async fn strict_takes_the_standards_own_type_alone() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("PORTICO_LOGOUT_TOKEN_TYP", "strict")]).await;
    let (browser, sid) = signed_in(&provider, &app).await;
    for typ in [json!("JWT"), Value::Null] {
        assert_refused(&tell(&app, &provider.logout_token(&sid, header("typ", typ))).await, "type");
    }
    assert!(browser.is_signed_in().await);
    assert_done(&tell(&app, &provider.logout_token(&sid, |_| ())).await);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn another_request_than_the_standards_is_refused() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let token = || provider.logout_token(&sid, |_| ());
    let (one, two) = (token(), token());
    assert_refused(&send(&app, &[]).await, "logout_token");
    assert_refused(&send(&app, &[("token", &one)]).await, "logout_token");
    assert_refused(&send(&app, &[("logout_token", &one), ("logout_token", &two)]).await, "logout_token");
    assert_refused(&tell(&app, &"a".repeat(20_000)).await, "large");

    let service = app.browser();
    let address = service.url(&format!("/backchannel-logout?logout_token={one}"));
    let post = service.request(Method::POST, address.clone()).without("origin").without("sec-fetch-site");
    assert_refused(&post.send().await, "logout_token");
    assert_eq!(service.request(Method::GET, address).send().await.status.as_u16(), 405);
    assert!(browser.is_signed_in().await);

    // What else it sends is passed over (section 2.5).
    assert_done(&send(&app, &[("logout_token", &one), ("more", "x")]).await);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn a_key_that_is_new_to_us_is_looked_for() {
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    provider.behave(|behaviour| {
        behaviour.signing_key = Key::Unpublished;
        behaviour.published_keys = vec![Key::Unpublished];
    });
    assert_done(&tell(&app, &provider.logout_token(&sid, |_| ())).await);
    assert!(!browser.is_signed_in().await);
}

#[tokio::test]
async fn without_keys_the_service_is_told_to_come_again() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let token = provider.logout_token("x", |_| ());
    provider.behave(|behaviour| behaviour.answer(Endpoint::Jwks, Answer::Text(500, "text/plain", "no".into())));
    let page = tell(&app, &token).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (503, Some("no-store")), "{}", page.summary());
    provider.behave_well();
    assert_done(&tell(&app, &token).await);
}

/// Requests of a session that is being ended never bring it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_one_logout_none_of_200_concurrent_requests_finds_the_session() {
    const REQUESTS: usize = 200;
    let (provider, app) = start().await;
    let (browser, sid) = signed_in(&provider, &app).await;
    let token = provider.logout_token(&sid, |_| ());
    let requests = futures::future::join_all((0..REQUESTS).map(|_| browser.api_profile()));
    let logout = async {
        let answer = tell(&app, &token).await;
        assert_done(&answer);
        // Begun after the answer, while the others are still on their way.
        let after = futures::future::join_all((0..20).map(|_| browser.api_profile())).await;
        assert!(after.iter().all(|page| page.status.as_u16() == 401));
    };
    let (answers, ()) = tokio::join!(requests, logout);
    assert!(answers.iter().all(|page| matches!(page.status.as_u16(), 200 | 401)));
    // There is nothing to wait for: it must stay away for longer than the second that a session may be remembered.
    for _ in 0..5 {
        assert!(!browser.is_signed_in().await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
