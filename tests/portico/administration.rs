//! Administrators see who is signed in and end sessions, a person's or everybody's, after a fresh sign-in and on the
//! record. Nobody else does.

use crate::support::{Browser, Endpoint, Page, Provider, TestApp, assert_no_secret, assert_problem, eventually, start};
use axum::http::Method;
use chrono::Utc;
use portico::model::ProblemKind;
use serde_json::{Value, json};
use std::time::Duration;

const AUDIENCE: &str = "https://api.portico.example/";
const ROLES: &str = "https://portico.example/roles";

async fn sign_in(provider: &Provider, app: &TestApp, name: &str, roles: &[&str]) -> Browser {
    provider.behave(|behaviour| {
        behaviour.sign_in_as(&format!("auth0|{name}"));
        behaviour.person.insert(ROLES.to_owned(), json!(roles));
        behaviour.person.insert("name".to_owned(), json!(format!("Name of {name}")));
        behaviour.person.insert("email".to_owned(), json!(format!("{name}@portico.example")));
        behaviour.person.insert("email_verified".to_owned(), json!(true));
        behaviour.amr = Some(vec!["pwd".into(), "mfa".into()]);
    });
    let browser = app.browser();
    browser.signed_in().await;
    browser
}

async fn administrator(provider: &Provider, app: &TestApp) -> Browser {
    sign_in(provider, app, "administrator", &["admin"]).await
}

/// Lets the service say that whoever signs in next proved who they are an hour ago.
fn proved_long_ago(provider: &Provider) {
    let at = Utc::now().timestamp() - 3600;
    provider.behave(|behaviour| {
        behaviour.id_token.claims.set("auth_time", at);
    });
}

async fn api(browser: &Browser, method: Method, path: &str) -> Page {
    browser.request(method, browser.url(path)).fetch().send().await
}

/// What the audit log has about sessions that were ended.
async fn ends(administrator: &Browser) -> Vec<Value> {
    let log =
        administrator.request(Method::GET, administrator.url("/api/audit?limit=1000")).fetch().send().await.json();
    let entries = log["entries"].as_array().expect("entries").iter();
    entries.filter(|entry| entry["event"] == "session_ended").cloned().collect()
}

#[tokio::test]
async fn they_see_who_is_signed_in_and_find_people_by_address_or_id() {
    let (provider, app) = start().await;
    let _ada = (sign_in(&provider, &app, "ada", &["viewer"]).await, sign_in(&provider, &app, "ada", &["viewer"]).await);
    let _grace = sign_in(&provider, &app, "grace", &["viewer"]).await;
    let administrator = administrator(&provider, &app).await;

    let page = administrator.get("/people").await;
    assert_eq!(page.status, 200, "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    for words in ["Name of ada", "2 sessions", "Name of grace", "grace@portico.example", "Name of administrator"] {
        assert!(page.body.contains(words), "{words}: {}", page.summary());
    }
    assert_no_secret(&app, &provider, &page);

    for (search, found) in [
        ("ada@portico.example", true),
        (" ADA@portico.example ", true),
        ("auth0%7Cada", true),
        ("ada", false),
        ("ada@portico", false),
        ("%25", false),
    ] {
        let page = administrator.get(&format!("/people?q={search}")).await;
        assert_eq!(page.body.contains("Name of ada"), found, "{search}: {}", page.summary());
        assert!(!page.body.contains("Name of grace"), "{search}");
    }

    let page = administrator.get("/people?person=auth0%7Cada").await;
    assert_eq!(page.body.matches("name=\"session\"").count(), 2, "{}", page.summary());
    assert!(page.body.contains("Chrome on Linux"));
    let page = administrator.get("/people?person=auth0%7Cnobody").await;
    assert_problem(&app, &provider, &page, ProblemKind::NotFound);
    assert!(administrator.get("/sessions").await.body.contains("href=\"/people\""));
}

#[tokio::test]
async fn they_end_one_session_of_a_person_or_all_at_once_and_the_log_says_who_did() {
    let (provider, app) = start().await;
    let ada = [
        sign_in(&provider, &app, "ada", &["viewer"]).await,
        sign_in(&provider, &app, "ada", &["viewer"]).await,
        sign_in(&provider, &app, "ada", &["viewer"]).await,
    ];
    let grace = sign_in(&provider, &app, "grace", &["viewer"]).await;
    let administrator = administrator(&provider, &app).await;
    let page = administrator.get("/people?person=auth0%7Cada").await;
    let handle = page.body.split("name=\"session\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let handle = handle.expect("a session").to_owned();

    let form = [("person", "auth0|ada"), ("session", handle.as_str())];
    let answer = administrator.post("/people/end-sessions", &form).await;
    assert_eq!(
        (answer.status.as_u16(), answer.expect_local_redirect().as_str()),
        (303, "/people?person=auth0%7Cada&done=ended")
    );
    let mut alive = 0;
    for browser in &ada {
        alive += usize::from(browser.is_signed_in().await);
    }
    assert_eq!(alive, 2);
    assert!(administrator.follow(&answer).await.body.contains("That session is ended."));
    // It is one of nobody's now, and never was one of Grace's.
    for person in ["auth0|ada", "auth0|grace"] {
        let answer = administrator.post("/people/end-sessions", &[("person", person), ("session", &handle)]).await;
        assert_problem(&app, &provider, &answer, ProblemKind::NotFound);
    }

    let answer = administrator.post("/people/end-sessions", &[("person", "auth0|ada")]).await;
    assert_eq!(answer.expect_local_redirect(), "/people?person=auth0%7Cada&done=all");
    for browser in &ada {
        assert!(!browser.is_signed_in().await);
    }
    assert!(grace.is_signed_in().await && administrator.is_signed_in().await);
    let page = administrator.follow(&answer).await;
    assert!(page.body.contains("They are signed in nowhere."), "{}", page.summary());
    eventually("their refresh tokens are revoked", Duration::from_secs(5), || async {
        provider.count(Endpoint::Revoke) == 3
    })
    .await;

    let ends = ends(&administrator).await;
    assert_eq!(ends.len(), 3, "{ends:#?}");
    for entry in &ends {
        assert_eq!(entry["by"], "administrator");
        assert_eq!(entry["administrator"], "auth0|administrator");
        assert_eq!(entry["subject"], "auth0|ada");
        assert!(entry["request"].is_string() && entry["session"].is_string(), "{entry}");
    }
    assert_eq!(ends.iter().filter(|entry| entry["session"] == handle.as_str()).count(), 1);
}

#[tokio::test]
async fn they_end_everybodys_and_stay_signed_in_themselves() {
    let (provider, app) = start().await;
    let others = [
        sign_in(&provider, &app, "ada", &["viewer"]).await,
        sign_in(&provider, &app, "grace", &["viewer"]).await,
        administrator(&provider, &app).await,
    ];
    let administrator = administrator(&provider, &app).await;
    let answer = administrator.post("/people/end-everybodys-sessions", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.expect_local_redirect().as_str()), (303, "/people?done=everybodys"));
    for other in &others {
        assert!(!other.is_signed_in().await);
    }
    let page = administrator.follow(&answer).await;
    assert!(page.body.contains("You alone are signed in."), "{}", page.summary());
    assert!(page.body.contains("1 session<"), "{}", page.summary());
    let ends = ends(&administrator).await;
    let mut whose: Vec<_> = ends.iter().map(|entry| entry["subject"].as_str().expect("whose")).collect();
    whose.sort_unstable();
    assert_eq!(whose, ["auth0|ada", "auth0|administrator", "auth0|grace"]);
    // Whoever was signed out signs in again as ever.
    assert!(sign_in(&provider, &app, "ada", &["viewer"]).await.is_signed_in().await);
}

#[tokio::test]
async fn scripts_do_the_same() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", AUDIENCE)]).await;
    let ada = sign_in(&provider, &app, "ada", &["viewer"]).await;
    let grace = sign_in(&provider, &app, "grace", &["viewer"]).await;
    let administrator = administrator(&provider, &app).await;

    let people = api(&administrator, Method::GET, "/api/people").await.json();
    let names: Vec<_> = people["people"].as_array().expect("people").iter().map(|one| one["subject"].clone()).collect();
    assert_eq!(names.len(), 3, "{people:#}");
    let found = api(&administrator, Method::GET, "/api/people?q=ada@portico.example").await.json();
    let [one] = found["people"].as_array().expect("people").as_slice() else { panic!("{found:#}") };
    assert_eq!(
        (&one["subject"], &one["sessions"], &one["name"]),
        (&json!("auth0|ada"), &json!(1), &json!("Name of ada"))
    );
    assert_eq!(api(&administrator, Method::GET, "/api/people?who=ada").await.status, 400);

    let answer = api(&administrator, Method::DELETE, "/api/people/auth0%7Cada/sessions").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "ended": 1 })));
    assert!(!ada.is_signed_in().await && grace.is_signed_in().await);
    let again = api(&administrator, Method::DELETE, "/api/people/auth0%7Cada/sessions").await;
    assert_eq!(again.json(), json!({ "ended": 0 }));
    assert_eq!(api(&administrator, Method::DELETE, "/api/people/auth0%7Cnobody/sessions").await.status, 404);

    assert_eq!(api(&administrator, Method::DELETE, "/api/sessions").await.json(), json!({ "ended": 1 }));
    assert!(!grace.is_signed_in().await && administrator.is_signed_in().await);

    // An access token has no session: nothing is kept.
    let token = provider.access_token(AUDIENCE, |token| {
        token.claims.set("sub", "auth0|administrator").set("amr", json!(["pwd", "mfa"]));
    });
    let script = app.browser();
    let request = script.request(Method::DELETE, script.url("/api/sessions")).by_script(&format!("Bearer {token}"));
    let answer = request.send().await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "ended": 1 })));
    assert!(!administrator.is_signed_in().await);
}

#[tokio::test]
async fn nobody_else_sees_or_ends_anything() {
    let (provider, app) = start().await;
    let ada = sign_in(&provider, &app, "ada", &["viewer"]).await;
    let manager = sign_in(&provider, &app, "manager", &["manager"]).await;
    assert!(!manager.get("/sessions").await.body.contains("href=\"/people\""));
    for path in ["/people", "/people?q=ada@portico.example", "/people?person=auth0%7Cada"] {
        let page = manager.get(path).await;
        assert_problem(&app, &provider, &page, ProblemKind::Forbidden);
        assert!(!page.body.contains("Name of ada"), "{path}");
    }
    for (path, form) in
        [("/people/end-sessions", &[("person", "auth0|ada")][..]), ("/people/end-everybodys-sessions", &[])]
    {
        assert_problem(&app, &provider, &manager.post(path, form).await, ProblemKind::Forbidden);
    }
    for (method, path) in [
        (Method::GET, "/api/people"),
        (Method::DELETE, "/api/people/auth0%7Cada/sessions"),
        (Method::DELETE, "/api/people/auth0%7Cmanager/sessions"),
        (Method::DELETE, "/api/sessions"),
    ] {
        assert_eq!(api(&manager, method.clone(), path).await.status, 403, "{method} {path}");
        assert_eq!(api(&app.browser(), method.clone(), path).await.status, 401, "{method} {path}");
    }
    assert!(ada.is_signed_in().await && manager.is_signed_in().await);
    let administrator = administrator(&provider, &app).await;
    assert_eq!(ends(&administrator).await, [] as [Value; 0]);
}

#[tokio::test]
async fn without_a_fresh_sign_in_nothing_is_ended_and_the_service_is_asked_for_one() {
    let (provider, app) = start().await;
    let ada = sign_in(&provider, &app, "ada", &["viewer"]).await;
    proved_long_ago(&provider);
    let administrator = administrator(&provider, &app).await;

    let answer = administrator.post("/people/end-sessions", &[("person", "auth0|ada")]).await;
    let confirm = answer.expect_local_redirect();
    assert!(confirm.starts_with("/login?max_age=600&returnTo="), "{confirm}");
    let answer = administrator.post("/people/end-everybodys-sessions", &[]).await;
    assert_eq!(answer.expect_local_redirect(), "/login?max_age=600&returnTo=/people%3Fdone%3Dconfirmed");
    for path in ["/api/people/auth0%7Cada/sessions", "/api/sessions"] {
        let answer = api(&administrator, Method::DELETE, path).await;
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("/login?max_age=600"), "{}", answer.summary());
    }
    assert!(ada.is_signed_in().await);

    // The sign-in that it leads to comes back to the person that it was about.
    provider.behave(|behaviour| {
        behaviour.id_token.claims.set("auth_time", Utc::now().timestamp());
    });
    let attempt = administrator.begin_at(administrator.url(&confirm)).await;
    let callback = administrator.authorize(&attempt).await;
    let back = administrator.come_back(callback).await;
    assert_eq!(back.expect_local_redirect(), "/people?person=auth0%7Cada&done=confirmed");
    assert!(administrator.follow(&back).await.body.contains("For the next ten minutes you can end sessions here."));
    administrator.post("/people/end-sessions", &[("person", "auth0|ada")]).await;
    assert!(!ada.is_signed_in().await);
}
