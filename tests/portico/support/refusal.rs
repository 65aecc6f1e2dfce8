//! Sign-ins that must be refused: tables of misbehaviour, and what holds for each. And such that must not.

use super::{Answer, Behaviour, Browser, Endpoint, Page, Provider, Signing, TestApp, assert_problem};
use portico::model::ProblemKind;
use serde_json::{Value, json};

/// A misbehaviour, the kind of problem it is to a person, and a word of its cause in the log.
pub struct Case {
    what: &'static str,
    bend: Box<dyn Fn(&mut Behaviour)>,
    kind: ProblemKind,
    cause: &'static str,
}

/// One [`Case`].
pub fn case(
    what: &'static str,
    bend: impl Fn(&mut Behaviour) + 'static,
    kind: ProblemKind,
    cause: &'static str,
) -> Case {
    Case { what, bend: Box::new(bend), kind, cause }
}

/// The ID token has this claim.
pub fn claim(name: &'static str, value: impl Into<Value>) -> impl Fn(&mut Behaviour) {
    let value = value.into();
    move |behaviour| {
        behaviour.id_token.claims.set(name, value.clone());
    }
}

/// The ID token lacks this claim.
pub fn no_claim(name: &'static str) -> impl Fn(&mut Behaviour) {
    move |behaviour| {
        behaviour.id_token.claims.remove(name);
    }
}

/// The ID token is signed like this.
pub fn signed(signing: Signing) -> impl Fn(&mut Behaviour) {
    move |behaviour| behaviour.id_token.signing = signing
}

/// The ID token is signed like this, and its header has this member (`null` takes it away).
pub fn signed_with_header(signing: Signing, name: &'static str, value: impl Into<Value>) -> impl Fn(&mut Behaviour) {
    let value = value.into();
    move |behaviour| {
        behaviour.id_token.signing = signing;
        match &value {
            Value::Null => behaviour.id_token.header.remove(name),
            value => behaviour.id_token.header.set(name, value.clone()),
        };
    }
}

/// The endpoint answers this.
pub fn answers(endpoint: Endpoint, answer: Answer) -> impl Fn(&mut Behaviour) {
    move |behaviour| behaviour.answer(endpoint, answer.clone())
}

/// The endpoint answers this JSON.
pub fn answers_json(endpoint: Endpoint, status: u16, body: Value) -> impl Fn(&mut Behaviour) {
    answers(endpoint, Answer::Json(status, body))
}

/// The endpoint answers a page.
pub fn answers_page(endpoint: Endpoint, status: u16) -> impl Fn(&mut Behaviour) {
    answers(endpoint, Answer::Text(status, "text/html", "<h1>hello</h1>".to_owned()))
}

/// The issuer in `object` without the slash at its end.
pub fn cut_slash(object: &mut serde_json::Map<String, Value>, member: &str) {
    let issuer = object[member].as_str().expect("an issuer").trim_end_matches('/').to_owned();
    object.insert(member.to_owned(), json!(issuer));
}

/// Signs in at a provider that is unusual and sound, and gives it, for what it was asked.
pub async fn accept(bend: impl FnOnce(&mut Behaviour)) -> Provider {
    let provider = Provider::start().await;
    provider.behave(bend);
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    browser.signed_in().await;
    assert!(browser.is_signed_in().await);
    provider
}

/// Runs each case in a browser of its own; in the end, without a fault, a sign-in works.
pub async fn refuse(cases: &[Case]) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    for case in cases {
        eprintln!("case: {}", case.what);
        provider.behave_well();
        provider.behave(&case.bend);
        let browser = app.browser();
        let page = browser.sign_in("/profile").await;
        assert_refused(&app, &provider, &browser, &page, case.kind, case.cause).await;
    }
    provider.behave_well();
    app.browser().signed_in().await;
}

/// The same for what an application keeps for an hour: each case has an application of its own.
/// Once the fault is gone, the same browser signs in without a restart of the application.
pub async fn refuse_afresh(cases: &[Case]) {
    for case in cases {
        let (provider, _app, browser) = refuse_alone(case).await;
        provider.behave_well();
        browser.signed_in().await;
    }
}

/// The same, but nothing is said of when the application recovers.
pub async fn refuse_each(cases: &[Case]) {
    for case in cases {
        refuse_alone(case).await;
    }
}

async fn refuse_alone(case: &Case) -> (Provider, TestApp, Browser) {
    eprintln!("case: {}", case.what);
    let provider = Provider::start().await;
    provider.behave(&case.bend);
    let app = TestApp::start(&provider, &[]).await;
    let browser = app.browser();
    let login = browser.get("/login").await;
    let page = browser.follow_all(login).await;
    assert_refused(&app, &provider, &browser, &page, case.kind, case.cause).await;
    (provider, app, browser)
}

/// Checks that `page` refuses a sign-in and that the browser is left with nothing.
///
/// # Panics
/// When something of that does not hold.
pub async fn assert_refused(
    app: &TestApp,
    provider: &Provider,
    browser: &Browser,
    page: &Page,
    kind: ProblemKind,
    cause: &str,
) {
    let log = assert_problem(app, provider, page, kind);
    let told = log.iter().any(|line| line.contains("\"cause\"") && line.contains(cause));
    assert!(told, "the log says {cause:?}: {log:#?}");
    assert!(page.body.contains("/login"), "the page offers to try again");
    assert_eq!(browser.cookies(), [], "no session, and the attempt is over");
    assert!(!browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Elsewhere), 0, "nothing but the endpoints is asked");
}
