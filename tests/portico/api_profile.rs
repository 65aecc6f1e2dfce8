//! `GET /api/profile`: by session cookie, or by an access token; 401 says why.

use crate::support::{
    Answer, Browser, Endpoint, Page, Provider, Signing, Site, TestApp, assert_no_secret,
    keys::Key,
    logs,
    provider::{CLIENT_ID, TokenShape},
};
use axum::http::Method;
use chrono::Utc;
use serde_json::json;

const AUDIENCE: &str = "https://api.portico.example/";

async fn start() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", AUDIENCE)]).await;
    (provider, app)
}

/// Asks as a script does: with a header, and nothing of a browser's.
async fn ask(browser: &Browser, authorization: &str) -> Page {
    browser.request(Method::GET, browser.url("/api/profile")).by_script(authorization).send().await
}

/// Checks that `answer` is a 401 for scripts, and gives its `WWW-Authenticate`.
#[track_caller]
fn assert_unauthorized(answer: &Page) -> String {
    assert_eq!(answer.status, 401, "{}", answer.summary());
    let json = answer.json();
    assert_eq!(json["authenticated"], false, "{json}");
    assert!(json.get("user").is_none(), "{json}");
    assert_eq!(json["support_id"].as_str(), answer.header("x-request-id"), "{json}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.header("www-authenticate").expect("a 401 has a challenge (RFC 9110, section 15.5.2)").to_owned()
}

#[tokio::test]
async fn nobody_is_told_how_to_be_somebody() {
    let (_provider, app) = start().await;
    let challenge = assert_unauthorized(&app.browser().api_profile().await);
    assert!(challenge.starts_with("Bearer"), "{challenge}");
    assert!(!challenge.contains("error"), "nothing was wrong, nothing was there (RFC 6750, section 3.1): {challenge}");
}

#[tokio::test]
async fn a_session_answers_with_its_person() {
    let (provider, app) = start().await;
    let browser = app.browser();
    browser.signed_in().await;
    let answer = browser.api_profile().await;
    assert_eq!(answer.status, 200);
    let json = answer.json();
    let members: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["authenticated", "provider", "user"]);
    assert_eq!(json["authenticated"], true);
    assert_eq!(json["provider"], "auth0");
    assert_eq!(json["user"]["sub"], "auth0|ada");
    assert_no_secret(&app, &provider, &answer);
}

#[tokio::test]
async fn an_ended_session_is_nobody() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    browser.signed_in().await;
    let copy = browser.copy();
    browser.post("/logout", &[]).await.expect_redirect();
    assert_unauthorized(&copy.api_profile().await);
}

#[tokio::test]
async fn an_access_token_answers_with_its_person() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let token = provider.access_token(AUDIENCE, |_| {});
    // Before the person has ever signed in here, the token is all there is.
    let answer = ask(&browser, &format!("Bearer {token}")).await;
    assert_eq!(answer.status, 200, "{}", answer.summary());
    let json = answer.json();
    assert_eq!((&json["authenticated"], &json["user"]["sub"]), (&json!(true), &json!("auth0|ada")));
    assert!(answer.set_cookies.is_empty(), "a script gets no cookie");

    app.browser().signed_in().await;
    let by_token = ask(&browser, &format!("Bearer {token}")).await.json();
    assert_eq!(by_token["user"]["name"], "Ada Lovelace");
    assert_eq!(by_token["provider"], "auth0");
    for scheme in ["bearer", "BEARER"] {
        let answer = ask(&browser, &format!("{scheme} {token}")).await;
        assert_eq!(answer.status, 200, "the scheme's case does not matter (RFC 9110, section 11.1)");
    }
    assert_no_secret(&app, &provider, &answer);
    assert!(!logs().text().contains(&token), "the token is not in the log");
}

#[tokio::test]
async fn a_token_whose_key_is_withdrawn_is_good_no_more() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let token = format!("Bearer {}", provider.access_token(AUDIENCE, |_| {}));
    for _ in 0..2 {
        assert_eq!(ask(&browser, &token).await.status, 200);
    }
    provider.behave(|behaviour| {
        behaviour.signing_key = Key::Unpublished;
        behaviour.published_keys = vec![Key::Unpublished];
    });
    // Of an unknown key: the key set is fetched anew.
    let newer = format!("Bearer {}", provider.access_token(AUDIENCE, |_| {}));
    assert_eq!(ask(&browser, &newer).await.status, 200);
    assert_unauthorized(&ask(&browser, &token).await);
}

#[tokio::test]
async fn the_token_of_a_sign_in_is_good_as_well() {
    let (provider, app) = start().await;
    app.browser().signed_in().await;
    let token = provider.last_call(Endpoint::UserInfo).header("authorization").expect("a bearer token").to_owned();
    let answer = ask(&app.browser(), &token).await;
    assert_eq!(answer.status, 200, "{}", answer.summary());
    assert_eq!(answer.json()["user"]["email"], "ada@people.example");
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said() {
    let (provider, app) = start().await;
    let browser = app.browser();
    type Case = (&'static str, fn(&mut TokenShape), &'static str);
    let cases: &[Case] = &[
        (
            "expired",
            |t| {
                t.claims.set("exp", Utc::now().timestamp() - 120);
            },
            "expired",
        ),
        (
            "without an end",
            |t| {
                t.claims.remove("exp");
            },
            "exp",
        ),
        (
            "not valid yet",
            |t| {
                t.claims.set("nbf", Utc::now().timestamp() + 120);
            },
            "not valid yet",
        ),
        (
            "for another API",
            |t| {
                t.claims.set("aud", "https://other.example/");
            },
            "aud",
        ),
        (
            "for another API of ours",
            |t| {
                t.claims.set("aud", format!("{AUDIENCE}v2"));
            },
            "aud",
        ),
        (
            "for the client",
            |t| {
                t.claims.set("aud", CLIENT_ID);
            },
            "aud",
        ),
        (
            "for nobody",
            |t| {
                t.claims.remove("aud");
            },
            "aud",
        ),
        (
            "from another issuer",
            |t| {
                t.claims.set("iss", "https://elsewhere.example/");
            },
            "iss",
        ),
        (
            "from nobody",
            |t| {
                t.claims.remove("iss");
            },
            "iss",
        ),
        (
            "about nobody",
            |t| {
                t.claims.remove("sub");
            },
            "sub",
        ),
        (
            "an ID token, from its nonce",
            |t| {
                t.claims.set("nonce", "n");
            },
            "aud",
        ),
        ("alg none", |t| t.signing = Signing::None, "RS256"),
        ("HS256 with the public key", |t| t.signing = Signing::Hs256PublicKey, "RS256"),
        ("ES256", |t| t.signing = Signing::With(Key::Elliptic), "RS256"),
        ("a changed signature", |t| t.signing = Signing::Corrupted, "signature"),
        ("no signature", |t| t.signing = Signing::Stripped, "signature"),
        ("another key under our kid", |t| t.signing = Signing::ForgedWith(Key::Unpublished), "signature"),
        ("a kid nobody knows", |t| t.signing = Signing::With(Key::Unpublished), "kid"),
        (
            "no kid, and two keys",
            |t| {
                t.header.remove("kid");
            },
            "key",
        ),
    ];
    for (what, bend, why) in cases {
        eprintln!("case: {what}");
        let token = provider.access_token(AUDIENCE, bend);
        let answer = ask(&browser, &format!("Bearer {token}")).await;
        let challenge = assert_unauthorized(&answer);
        assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""), "{challenge}");
        assert!(challenge.contains("error_description=") && challenge.contains(why), "it says {why}: {challenge}");
        assert!(!logs().text().contains(&token), "the token is not in the log");
    }
}

#[tokio::test]
async fn what_is_no_token_is_said() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    for authorization in [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer e30.e30.",
        "Bearer ..",
        "Basic YTpi",
        "Token x",
        &format!("Bearer {}", "a".repeat(8192)),
    ] {
        let answer = ask(&browser, authorization).await;
        let challenge = assert_unauthorized(&answer);
        assert!(challenge.starts_with("Bearer ") && challenge.contains("error="), "{authorization:.40}: {challenge}");
    }
}

#[tokio::test]
async fn an_audience_among_others_is_enough() {
    let (provider, app) = start().await;
    let token = provider.access_token(AUDIENCE, |token| {
        token.claims.set("aud", json!([AUDIENCE, "https://tenant.example/userinfo"]));
    });
    assert_eq!(ask(&app.browser(), &format!("Bearer {token}")).await.status, 200);
}

#[tokio::test]
async fn a_bad_token_is_not_mended_by_a_good_cookie() {
    let (provider, app) = start().await;
    let browser = app.browser();
    browser.signed_in().await;
    let token = provider.access_token(AUDIENCE, |token| token.signing = Signing::Corrupted);
    assert_unauthorized(&ask(&browser, &format!("Bearer {token}")).await);
    assert!(browser.is_signed_in().await, "nor is the session harmed by it");
}

#[tokio::test]
async fn a_good_token_is_its_own_person_whatever_the_cookie_says() {
    let (provider, app) = start().await;
    let browser = app.browser();
    browser.signed_in().await;
    let token = provider.access_token(AUDIENCE, |token| {
        token.claims.set("sub", "machine@clients");
    });
    assert_eq!(ask(&browser, &format!("Bearer {token}")).await.json()["user"]["sub"], "machine@clients");
}

#[tokio::test]
async fn without_an_audience_no_token_is_taken() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let token = provider.access_token(AUDIENCE, |_| {});
    let challenge = assert_unauthorized(&ask(&app.browser(), &format!("Bearer {token}")).await);
    assert!(challenge.contains("AUTH0_AUDIENCE"), "the operator is told which setting: {challenge}");
    assert_eq!(provider.count(Endpoint::Jwks), 0, "and nothing is fetched for it");
}

#[tokio::test]
async fn made_up_kids_do_not_make_us_ask_the_provider_again_and_again() {
    let (provider, app) = start().await;
    let browser = app.browser();
    for number in 0..30 {
        let token = provider.access_token(AUDIENCE, |token| {
            token.header.set("kid", format!("made-up-{number}"));
        });
        assert_unauthorized(&ask(&browser, &format!("Bearer {token}")).await);
    }
    assert!(provider.count(Endpoint::Jwks) <= 2, "{} fetches", provider.count(Endpoint::Jwks));
}

#[tokio::test]
async fn a_new_key_is_taken_up() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let old = provider.access_token(AUDIENCE, |_| {});
    assert_eq!(ask(&browser, &format!("Bearer {old}")).await.status, 200);
    provider.behave(|behaviour| {
        behaviour.signing_key = Key::Unpublished;
        behaviour.published_keys = vec![Key::Unpublished];
    });
    let new = provider.access_token(AUDIENCE, |_| {});
    assert_eq!(ask(&browser, &format!("Bearer {new}")).await.status, 200);
    assert_unauthorized(&ask(&browser, &format!("Bearer {old}")).await);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_not_the_scripts_fault() {
    let (provider, app) = start().await;
    provider.behave(|behaviour| behaviour.answer(Endpoint::Jwks, Answer::Text(503, "text/plain", "no".into())));
    let token = provider.access_token(AUDIENCE, |_| {});
    let browser = app.browser();
    let answer = ask(&browser, &format!("Bearer {token}")).await;
    assert_eq!(answer.status, 503, "{}", answer.summary());
    assert_eq!(answer.json()["support_id"].as_str(), answer.header("x-request-id"));
    provider.behave_well();
    assert_eq!(ask(&browser, &format!("Bearer {token}")).await.status, 200, "and it mends by itself");
}

#[tokio::test]
async fn other_sites_cannot_read_it() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    browser.signed_in().await;
    let answer = browser
        .request(Method::GET, browser.url("/api/profile"))
        .site(Site::Cross)
        .fetch()
        .header("origin", "https://elsewhere.example")
        .send()
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}
