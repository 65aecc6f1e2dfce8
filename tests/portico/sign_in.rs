//! A person signs in: authorization code with PKCE, ID token, `/userinfo`, session.

use crate::support::{Endpoint, Provider, TestApp, assert_problem, logs, provider::CLIENT_ID};
use axum::http::Method;
use chrono::{DateTime, Utc};
use portico::model::ProblemKind::SignInFailed;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn the_request_to_the_provider_is_what_the_standards_ask_for() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    assert!(
        attempt.authorize.as_str().starts_with(&format!("{}authorize?", provider.issuer())),
        "{}",
        attempt.authorize
    );
    for (name, value) in [
        ("response_type", Some("code".to_owned())),
        ("client_id", Some(CLIENT_ID.to_owned())),
        ("redirect_uri", Some(format!("{}/callback", app.origin))),
        ("scope", Some("openid profile email offline_access".to_owned())),
        ("code_challenge_method", Some("S256".to_owned())),
        ("audience", None),
        ("connection", None),
        ("organization", None),
        ("screen_hint", None),
        ("prompt", None),
        ("login_hint", None),
    ] {
        assert_eq!(attempt.param(name), value, "{name}");
    }
    // The provider checks the rest and refuses what it does not like.
    let callback = browser.authorize(&attempt).await;
    assert!(callback.as_str().starts_with(&format!("{}/callback?", app.origin)));
}

#[tokio::test]
async fn state_nonce_and_challenge_are_new_each_time() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let attempt = browser.begin("/").await;
        for name in ["state", "nonce", "code_challenge"] {
            let value = attempt.param(name).unwrap_or_else(|| panic!("no {name}"));
            assert!(value.len() >= 43, "{name} has 256 bits: {value}");
            assert!(seen.insert(value), "{name} came twice");
        }
    }
}

#[tokio::test]
async fn hints_go_on_to_the_provider_and_only_hints() {
    let provider = Provider::start().await;
    let app = TestApp::start(
        &provider,
        &[("AUTH0_AUDIENCE", "https://api.portico.example/"), ("PORTICO_SCOPES", "openid email")],
    )
    .await;
    let browser = app.browser();
    let login = browser.url("/login?connection=google-oauth2&organization=org_7&screen_hint=signup&login_hint=ada%40people.example&returnTo=/profile");
    let attempt = browser.begin_at(login).await;
    for (name, value) in [
        ("connection", "google-oauth2"),
        ("organization", "org_7"),
        ("screen_hint", "signup"),
        ("login_hint", "ada@people.example"),
        ("audience", "https://api.portico.example/"),
        ("scope", "openid email"),
    ] {
        assert_eq!(attempt.param(name).as_deref(), Some(value), "{name}");
    }
    let login = browser.url("/login?connection=a%20b%26scope%3Dadmin&screen_hint=%3Cscript%3E&login_hint=a%0Ab&scope=admin&redirect_uri=https://elsewhere.example&state=mine");
    let attempt = browser.begin_at(login).await;
    assert_eq!(attempt.param("connection"), None, "no name of a connection");
    assert_eq!(attempt.param("screen_hint"), None, "no known hint");
    assert_eq!(attempt.param("login_hint"), None, "no name and no address");
    assert_eq!(attempt.param("scope").as_deref(), Some("openid email"));
    assert_eq!(attempt.param("redirect_uri"), Some(format!("{}/callback", app.origin)));
    assert_ne!(attempt.state(), "mine");
}

#[tokio::test]
async fn a_person_signs_in_and_the_application_knows_all_their_claims() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.person.insert("app_metadata".into(), json!({ "plan": "pro" }));
        behaviour.person.insert("user_metadata".into(), json!({ "theme": "dark" }));
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    assert!(!browser.is_signed_in().await);
    let before = Utc::now();
    let page = browser.sign_in("/profile?tab=claims#metadata").await;
    assert_eq!(page.expect_local_redirect(), "/profile?tab=claims#metadata");

    let answer = browser.api_profile().await;
    assert_eq!(answer.status, 200, "{}", answer.summary());
    let answer = answer.json();
    assert_eq!(answer["authenticated"], true);
    assert_eq!(answer["provider"], "auth0");
    let user = &answer["user"];
    for (claim, value) in [
        ("iss", json!(provider.issuer())),
        ("sub", json!("auth0|ada")),
        ("name", json!("Ada Lovelace")),
        ("nickname", json!("ada")),
        ("given_name", json!("Ada")),
        ("family_name", json!("Lovelace")),
        ("picture", json!("https://pictures.example/ada.png")),
        ("email", json!("ada@people.example")),
        ("email_verified", json!(true)),
        ("locale", json!("en-GB")),
        ("provider", json!("auth0")),
        ("app_metadata", json!({ "plan": "pro" })),
        ("user_metadata", json!({ "theme": "dark" })),
    ] {
        assert_eq!(user[claim], value, "{claim}");
    }
    assert_eq!(user["claims"]["https://portico.example/roles"], json!(["viewer"]), "{user}");
    assert_eq!(time(&user["updated_at"]), "2026-01-02T03:04:05.678Z".parse::<DateTime<Utc>>().unwrap());
    assert!(time(&user["last_login"]) >= before - chrono::TimeDelta::seconds(1), "{user}");

    let token_call = provider.last_call(Endpoint::Token);
    let (method, id, _) = token_call.client().expect("the client says who it is");
    assert_eq!((method, id.as_str()), ("client_secret_post", CLIENT_ID));
    assert!(
        token_call.header("authorization").is_none(),
        "one way of authentication at a time (RFC 6749, section 2.3)"
    );
    assert_eq!(token_call.param("grant_type"), Some("authorization_code"));
    assert_eq!(provider.count(Endpoint::Token), 1);
    assert_eq!(provider.count(Endpoint::UserInfo), 1);
    assert_eq!(provider.count(Endpoint::Elsewhere), 0);
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no time"))
}

#[tokio::test]
async fn the_browser_never_gets_a_token_and_the_log_gets_no_secret() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", "https://api.portico.example/")]).await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let attempt_cookie = attempt.login.set_cookies[0].value().to_owned();
    let callback = browser.authorize(&attempt).await;
    let signed_in = browser.come_back(callback).await;
    let profile = browser.get("/profile").await;
    assert_eq!(profile.status, 200, "{}", profile.summary());
    let api = browser.api_profile().await;
    let session_cookie = browser.cookie(app.session_cookie()).expect("a session");
    let signed_out = browser.post("/logout", &[]).await;
    signed_out.expect_redirect();

    let codes_and_tokens = provider.secrets();
    assert!(codes_and_tokens.len() >= 5, "code, access, refresh and ID token, client secret");
    for page in [&attempt.login, &signed_in, &profile, &api] {
        let everything = format!("{:?}{}", page.headers, page.body);
        assert!(codes_and_tokens.iter().all(|secret| !everything.contains(secret)), "{}", page.summary());
    }
    let log = logs().text();
    let nonce = attempt.param("nonce").expect("a nonce");
    let verifier = provider.last_call(Endpoint::Token).param("code_verifier").expect("a verifier").to_owned();
    let also = [attempt.state(), nonce, verifier, attempt_cookie, session_cookie];
    for secret in codes_and_tokens.into_iter().chain(app.secrets()).chain(also) {
        assert!(!log.contains(&secret), "in the log: {:#?}", logs().lines_with(&secret));
    }
    let told = logs().lines_with(signed_in.header("x-request-id").expect("every answer has one"));
    assert!(
        told.iter().any(|line| line.contains("signed in") && line.contains("auth0|ada")),
        "what happened is in the log: {told:#?}"
    );
}

#[tokio::test]
async fn an_organization_that_was_asked_for_is_the_one_signed_in_to() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let cases = [
        (Some(("org_id", "org_7")), "org_7", true),
        (Some(("org_name", "acme")), "Acme", true),
        (Some(("org_id", "org_8")), "org_7", false),
        (Some(("org_name", "org_8")), "org_7", false),
        (None, "org_7", false),
    ];
    for (says, asked, good) in cases {
        provider.behave_well();
        if let Some((claim, value)) = says {
            provider.behave(|behaviour| _ = behaviour.id_token.claims.set(claim, value));
        }
        let browser = app.browser();
        let attempt = browser.begin_at(browser.url(&format!("/login?organization={asked}"))).await;
        let callback = browser.authorize(&attempt).await;
        let page = browser.come_back(callback).await;
        assert_eq!(browser.is_signed_in().await, good, "asked for {asked}, got {says:?}: {}", page.summary());
        if !good {
            assert_problem(&app, &provider, &page, SignInFailed);
        }
    }
}

#[tokio::test]
async fn every_sign_in_has_a_session_of_its_own_and_ends_the_one_before() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let first = browser.cookie(app.session_cookie()).expect("a session cookie");
    let copy = browser.copy();
    assert!(copy.is_signed_in().await);
    browser.signed_in().await;
    let second = browser.cookie(app.session_cookie()).expect("a session cookie");
    assert_ne!(first, second);
    assert!(browser.is_signed_in().await);
    assert!(!copy.is_signed_in().await, "the session before has ended");
    assert_eq!(
        provider.count(Endpoint::Revoke),
        0,
        "the service may count both to one grant: it would end the new one"
    );
}

#[tokio::test]
async fn a_session_cookie_planted_before_does_not_survive() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let planted = "A".repeat(43);
    browser.set_cookie(app.session_cookie(), &planted);
    browser.signed_in().await;
    assert_ne!(browser.cookie(app.session_cookie()), Some(planted.clone()));
    let attacker = app.browser();
    attacker.set_cookie(app.session_cookie(), &planted);
    assert!(!attacker.is_signed_in().await);
}

#[tokio::test]
async fn another_person_in_the_same_browser_is_another_person() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    provider.behave(|behaviour| {
        behaviour.sign_in_as("google-oauth2|grace");
        // The address is the first one's: it decides nothing.
        behaviour.userinfo.set("email", "ada@people.example");
    });
    browser.signed_in().await;
    let answer = browser.api_profile().await.json();
    assert_eq!(answer["user"]["sub"], "google-oauth2|grace");
    assert_eq!(answer["user"]["name"], "grace");
    assert_eq!(answer["user"].get("nickname"), None, "nothing of the first person is left");
    assert_eq!(answer["provider"], "google-oauth2");

    provider.behave_well();
    let other = app.browser();
    other.signed_in().await;
    assert_eq!(other.api_profile().await.json()["user"]["sub"], "auth0|ada");
    assert_eq!(browser.api_profile().await.json()["user"]["sub"], "google-oauth2|grace", "each browser its own person");
}

#[tokio::test]
async fn claims_are_read_again_at_each_sign_in() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    let first = browser.api_profile().await.json();
    provider.behave(|behaviour| {
        behaviour.userinfo.set("name", "Ada King").remove("nickname").set("https://portico.example/roles", json!([]));
    });
    browser.signed_in().await;
    let second = browser.api_profile().await.json();
    assert_eq!(second["user"]["name"], "Ada King");
    assert_eq!(second["user"].get("nickname"), None, "what is no longer said is no longer known");
    assert_eq!(second["user"]["claims"]["https://portico.example/roles"], json!([]));
    assert_eq!(second["user"]["created_at"], first["user"]["created_at"], "the same person as before");
    assert!(time(&second["user"]["last_login"]) > time(&first["user"]["last_login"]));
}

#[tokio::test]
async fn a_page_for_people_sends_to_sign_in_and_comes_back() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let page = browser.get("/profile?tab=claims").await;
    let page = browser.follow_all(page).await;
    assert_eq!(page.status, 200, "{}", page.summary());
    assert_eq!(&page.url[url::Position::BeforePath..], "/profile?tab=claims");
    assert!(page.body.contains("Ada Lovelace"));
}

#[tokio::test]
async fn over_https_everything_works_the_same() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_CALLBACK_URL", "https://portico.example/callback")]).await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    assert_eq!(attempt.param("redirect_uri").as_deref(), Some("https://portico.example/callback"));
    let callback = browser.authorize(&attempt).await;
    let page = browser.come_back(callback).await;
    assert_eq!(page.expect_local_redirect(), "/profile");
    assert!(browser.is_signed_in().await);
}

#[tokio::test]
async fn login_answers_get_and_the_form_of_a_third_party_alone() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    for (method, status) in [(Method::PUT, 405), (Method::DELETE, 405), (Method::POST, 400)] {
        let page = browser.request(method.clone(), browser.url("/login")).form(&[("returnTo", "/")]).send().await;
        assert_eq!(page.status, status, "{method}");
        assert!(page.set_cookies.is_empty(), "{method}");
    }
}
