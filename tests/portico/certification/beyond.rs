//! Beyond certification: what the suite has no test for, has for other flows, or leaves to the client.

use crate::support::{
    Attempt, Behaviour, Browser, Endpoint, Page, Provider, Signing, Site, TestApp, assert_problem,
    keys::Key,
    provider::{Authorization, CLIENT_ID},
    refusal::{accept, case, claim, no_claim, refuse, refuse_each, signed},
};
use axum::http::Method;
use portico::model::ProblemKind::{BadRequest, CrossSite, SignInFailed};
use serde_json::json;

/// Expected: the client refuses an ID token without `aud`.
#[tokio::test]
async fn id_token_without_aud() {
    refuse(&[case("no audience", no_claim("aud"), SignInFailed, "aud")]).await;
}

/// Expected: the client refuses an ID token without `exp`.
#[tokio::test]
async fn id_token_without_exp() {
    refuse(&[case("no expiry", no_claim("exp"), SignInFailed, "exp")]).await;
}

/// Expected: the client refuses an ID token without `iss`.
#[tokio::test]
async fn id_token_without_iss() {
    refuse(&[case("no issuer", no_claim("iss"), SignInFailed, "iss")]).await;
}

/// Expected: the client refuses an ID token without the `nonce` it sent.
#[tokio::test]
async fn id_token_without_nonce() {
    refuse(&[case("no nonce", no_claim("nonce"), SignInFailed, "nonce")]).await;
}

/// Expected: a client registered for RS256 refuses ES256, however good the signature is.
#[tokio::test]
async fn rp_id_token_sig_es256() {
    refuse(&[case("by a key that is not published", signed(Signing::With(Key::Elliptic)), SignInFailed, "RS256")])
        .await;
    let elliptic = |b: &mut Behaviour| {
        b.signing_key = Key::Elliptic;
        b.published_keys = vec![Key::Elliptic, Key::Current];
    };
    refuse_each(&[case("by a published key", elliptic, SignInFailed, "RS256")]).await;
}

/// Expected: a client registered for RS256 refuses HS256, whatever the shared secret is.
#[tokio::test]
async fn rp_id_token_sig_hs256() {
    refuse(&[
        case("the public key its secret", signed(Signing::Hs256PublicKey), SignInFailed, "RS256"),
        case("the client secret its secret", signed(Signing::Hs256ClientSecret), SignInFailed, "RS256"),
    ])
    .await;
}

/// Expected: the client refuses an ID token whose `at_hash` is that of another access token.
#[tokio::test]
async fn rp_id_token_bad_at_hash() {
    refuse(&[case("another hash", claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), SignInFailed, "at_hash")]).await;
}

/// Expected: the client refuses an ID token that is also for an audience it does not trust.
#[tokio::test]
async fn id_token_with_an_untrusted_second_audience() {
    let two = json!([CLIENT_ID, "another-client"]);
    let and_azp = two.clone();
    refuse(&[
        case("a second audience", claim("aud", two), SignInFailed, "aud"),
        case(
            "a second audience, and azp names us",
            move |b| _ = b.id_token.claims.set("aud", and_azp.clone()).set("azp", CLIENT_ID),
            SignInFailed,
            "aud",
        ),
    ])
    .await;
}

/// Expected: the client accepts an `aud` that is an array of itself alone.
#[tokio::test]
async fn id_token_with_an_audience_in_an_array() {
    accept(|b| _ = b.id_token.claims.set("aud", json!([CLIENT_ID]))).await;
}

/// Expected: the client accepts `token_type` in letters of any size (RFC 6749, section 5.1).
#[tokio::test]
async fn token_type_in_any_case() {
    for name in ["bearer", "BEARER", "bEaReR"] {
        accept(|b| _ = b.token_answer.set("token_type", name)).await;
    }
}

/// Expected: the client accepts a token answer without `expires_in`, which is only recommended.
#[tokio::test]
async fn token_answer_without_expires_in() {
    accept(|b| _ = b.token_answer.remove("expires_in")).await;
}

/// Expected: the client refuses an authorization answer whose `iss` is not the issuer it asked (RFC 9207).
#[tokio::test]
async fn callback_with_another_iss() {
    let another = |b: &mut Behaviour| _ = b.callback.set("iss", "https://elsewhere.example/");
    refuse(&[case("another issuer", another, SignInFailed, "iss")]).await;
}

/// Expected: the client refuses an authorization answer without the `iss` that the metadata promise (RFC 9207).
#[tokio::test]
async fn callback_without_the_promised_iss() {
    refuse(&[case("no issuer", |b| _ = b.callback.remove("iss"), SignInFailed, "iss")]).await;
}

/// Expected: the client refuses an authorization answer without `state` and redeems nothing.
#[tokio::test]
async fn callback_without_state() {
    let provider = Provider::start().await;
    provider.behave(|b| _ = b.callback.remove("state"));
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let page = browser.sign_in("/profile").await;
    let log = assert_problem(&app, &provider, &page, BadRequest);
    assert!(log.iter().any(|line| line.contains("there is no state")), "{log:#?}");
    assert!(!browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Token), 0);
}

/// Expected: a client of the query response mode refuses what is posted to it, an error or a code, cleanly.
#[tokio::test]
async fn rp_response_mode_form_post_error() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    for authorization in [
        Authorization::Refuses { error: "access_denied", description: "<script>alert(1)</script>" },
        Authorization::Grants,
    ] {
        provider.behave(|b| b.authorization = authorization);
        let browser = app.browser();
        let attempt = browser.begin("/profile").await;
        let mut authorize = attempt.authorize.clone();
        authorize.query_pairs_mut().append_pair("response_mode", "form_post");
        let form = browser.request(Method::GET, authorize).site(Site::Cross).send().await;
        assert_eq!(form.status, 200, "{}", form.summary());
        let page = browser.submit(&form, "/callback").await;
        assert_problem(&app, &provider, &page, CrossSite);
        assert!(!page.body.contains("alert(1)"));
        assert!(!browser.is_signed_in().await);
        assert_eq!(provider.count(Endpoint::Token), 0, "the code was not even looked at");
    }
}

/// What another site has a browser ask for, by a link or by a form.
async fn from_another_site(browser: &Browser, method: &Method, params: &[(&str, &str)]) -> Page {
    let mut url = browser.url("/login");
    if *method == Method::GET {
        url.query_pairs_mut().extend_pairs(params);
        return browser.request(Method::GET, url).site(Site::Cross).send().await;
    }
    let sent_on = browser.request(Method::POST, url).site(Site::Cross).form(params).send().await;
    assert!(sent_on.set_cookies.is_empty(), "the form itself changes nothing");
    if sent_on.redirect().is_none() {
        return sent_on;
    }
    assert_eq!(sent_on.status, 303, "to be asked for by GET");
    browser.follow(&sent_on).await
}

/// Expected: another site starts a sign-in at the client's issuer by `GET` or `POST`, which ends at the target.
#[tokio::test]
async fn rp_3rd_party_init_login() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let target = format!("{}/profile?tab=claims#id", app.origin);
    let slashless = provider.issuer().trim_end_matches('/');
    for method in [Method::GET, Method::POST] {
        for (iss, target, end) in
            [(provider.issuer(), target.as_str(), "/profile?tab=claims#id"), (slashless, "/data?q=tea", "/data?q=tea")]
        {
            eprintln!("case: {method} {iss} {target}");
            let browser = app.browser();
            let hint = ("login_hint", "ada@people.example");
            let params = [("iss", iss), ("target_link_uri", target), hint, ("ui_locales", "en")];
            let login = from_another_site(&browser, &method, &params).await;
            let authorize = login.expect_redirect();
            assert!(authorize.as_str().starts_with(&format!("{}authorize?", provider.issuer())), "{authorize}");
            let attempt = Attempt { login, authorize };
            assert_eq!(attempt.param("login_hint").as_deref(), Some("ada@people.example"));
            let callback = browser.authorize(&attempt).await;
            assert_eq!(browser.come_back(callback).await.expect_local_redirect(), end);
            assert!(browser.is_signed_in().await);
        }
    }
}

/// Expected: the client starts none at another issuer, and never goes on to an address that is not its own.
#[tokio::test]
async fn rp_3rd_party_init_login_misused() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let iss = provider.issuer();
    let (subdomain, user) =
        (format!("{}.elsewhere.example/x", app.origin), format!("{}@elsewhere.example/x", app.origin));
    for method in [Method::GET, Method::POST] {
        for wrong in ["https://elsewhere.example/", "", "javascript:alert(1)", &format!("{iss}x")] {
            eprintln!("case: {method} iss {wrong}");
            let browser = app.browser();
            let page = from_another_site(&browser, &method, &[("iss", wrong), ("target_link_uri", "/data")]).await;
            assert_problem(&app, &provider, &page, BadRequest);
            assert_eq!(browser.cookies(), []);
        }
        let doubled = [("iss", iss), ("iss", "https://elsewhere.example/")];
        assert_problem(&app, &provider, &from_another_site(&app.browser(), &method, &doubled).await, BadRequest);
        for elsewhere in [
            "https://elsewhere.example/profile",
            &subdomain,
            &user,
            "//elsewhere.example",
            "javascript:alert(1)",
            "/logout",
        ] {
            eprintln!("case: {method} target {elsewhere}");
            let browser = app.browser();
            let login = from_another_site(&browser, &method, &[("iss", iss), ("target_link_uri", elsewhere)]).await;
            let attempt = Attempt { authorize: login.expect_redirect(), login };
            let callback = browser.authorize(&attempt).await;
            assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile");
        }
    }
    // A form without an issuer is no third party's.
    let page = from_another_site(&app.browser(), &Method::POST, &[("returnTo", "/data")]).await;
    assert_problem(&app, &provider, &page, BadRequest);
}
