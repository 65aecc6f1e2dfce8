//! A callback that is not the answer to what this browser asked signs nobody in.

use crate::support::{
    Behaviour, Endpoint, Provider, TestApp, assert_problem,
    provider::Authorization,
    refusal::{assert_refused, case, cut_slash, refuse},
};
use portico::model::ProblemKind::{self, BadRequest, SignInDenied, SignInFailed, SignInUnreachable};

#[tokio::test]
async fn from_another_issuer_or_without_a_code() {
    let set = |name: &'static str, value: &'static str| move |b: &mut Behaviour| _ = b.callback.set(name, value);
    let without = |name: &'static str| move |b: &mut Behaviour| _ = b.callback.remove(name);
    refuse(&[
        case(
            "the issuer without its slash",
            |b| _ = b.callback.with(|parameters| cut_slash(parameters, "iss")),
            SignInFailed,
            "iss",
        ),
        case("an empty issuer", set("iss", ""), SignInFailed, "iss"),
        case("no code", without("code"), BadRequest, "code"),
        case("an empty code", set("code", ""), BadRequest, "code"),
        case("a code nobody issued", set("code", "made-up"), SignInFailed, "invalid_grant"),
        case("a code and an error", set("error", "access_denied"), SignInDenied, "access_denied"),
    ])
    .await;
}

#[tokio::test]
async fn the_providers_errors_are_told_in_our_words() {
    const HOSTILE: &str = "<script>alert(1)</script>\r\nforged: line\u{1b}[31m";
    let cases: &[(&'static str, ProblemKind)] = &[
        ("access_denied", SignInDenied),
        ("login_required", SignInFailed),
        ("consent_required", SignInFailed),
        ("interaction_required", SignInFailed),
        ("unauthorized", SignInFailed),
        ("invalid_scope", SignInFailed),
        ("server_error", SignInFailed),
        ("temporarily_unavailable", SignInUnreachable),
        ("<b>made up</b>", SignInFailed),
    ];
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    for (error, kind) in cases {
        eprintln!("case: {error}");
        provider.behave(|b| b.authorization = Authorization::Refuses { error, description: HOSTILE });
        let browser = app.browser();
        let page = browser.sign_in("/profile").await;
        let log = assert_problem(&app, &provider, &page, *kind);
        assert!(log.iter().any(|line| line.contains(error)), "the log has the provider's word: {log:#?}");
        assert!(
            !log.iter().any(|line| line.contains("\\u001b") || line.contains("\\n")),
            "the log has no control characters of a stranger: {log:#?}"
        );
        for word in ["alert(1)", "forged", "made up"] {
            assert!(!page.body.contains(word), "the page has the provider's words: {}", page.summary());
        }
        assert_eq!(browser.cookies(), [], "no session, and the attempt is over");
        assert_eq!(provider.count(Endpoint::Token), 0);
    }
    provider.behave_well();
    app.browser().signed_in().await;
}

#[tokio::test]
async fn an_error_from_another_issuer_is_not_believed() {
    let provider = Provider::start().await;
    provider.behave(|b| {
        b.authorization = Authorization::Refuses { error: "access_denied", description: "no" };
        b.callback.set("iss", "https://elsewhere.example/");
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let page = browser.sign_in("/profile").await;
    assert_refused(&app, &provider, &browser, &page, SignInFailed, "iss").await;
}

#[tokio::test]
async fn without_a_state_or_with_doubled_parameters() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    for query in
        ["", "?", "?code=1", "?error=access_denied", "?iss=x", "?state=a&state=b&code=1", "?code=1&code=2&state=a"]
    {
        eprintln!("case: {query}");
        let page = browser.come_back(browser.url(&format!("/callback{query}"))).await;
        assert_problem(&app, &provider, &page, BadRequest);
        assert_eq!(browser.cookies(), []);
    }
    // An empty or broken state is a foreign one: sign-in starts again.
    for query in ["?state=", "?state=%ff%fe&code=1", "?state=%00&code=1", &format!("?state={}", "a".repeat(4096))] {
        eprintln!("case: {query}");
        let page = browser.come_back(browser.url(&format!("/callback{query}"))).await;
        assert_eq!(page.expect_redirect().path(), "/authorize");
    }
    assert!(!browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_code_stolen_from_another_browser_is_worth_nothing() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let (victim, thief) = (app.browser(), app.browser());
    let stolen = victim.authorize(&victim.begin("/profile").await).await;
    let code = stolen.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let attempt = thief.begin("/profile").await;
    let mut own = thief.authorize(&attempt).await;
    // The thief's own state, the victim's code: PKCE binds it to the victim's browser.
    own.query_pairs_mut()
        .clear()
        .append_pair("code", &code)
        .append_pair("state", &attempt.state())
        .append_pair("iss", provider.issuer());
    let page = thief.come_back(own).await;
    assert_refused(&app, &provider, &thief, &page, SignInFailed, "invalid_grant").await;
}

#[tokio::test]
async fn a_code_is_used_once() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let transaction = browser.cookies();
    let callback = browser.authorize(&attempt).await;
    assert_eq!(browser.come_back(callback.clone()).await.expect_local_redirect(), "/profile");

    // Somebody who kept the attempt's cookie sends the same callback again.
    let replay = app.browser();
    for (name, value) in &transaction {
        replay.set_cookie(name, value);
    }
    let page = replay.come_back(callback).await;
    assert_refused(&app, &provider, &replay, &page, SignInFailed, "invalid_grant").await;
}
