//! The audit log tells what happened to people's access: who, when, what, from where and in which request, and
//! no secret. Administrators read it, and nobody else.

use crate::support::{Answer, Browser, Endpoint, Page, Provider, TestApp};
use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
#[cfg(feature = "embedded")]
use {
    crate::{
        store_support::memory,
        support::{Instances, eventually, logs, provider::Gate},
    },
    portico::server::audit::{About, Audit, Event},
    std::time::Duration,
};

const ROLES: &str = "https://portico.example/roles";
const CLIENT: &str = "203.0.113.77";

async fn start(settings: &[(&str, &str)]) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let proxy = [("PORTICO_TRUSTED_PROXIES", "127.0.0.1")];
    let app = TestApp::start(&provider, &[&proxy, settings].concat()).await;
    (provider, app)
}

/// The next sign-in is this person's, with these roles.
fn is_next(provider: &Provider, name: &str, roles: &[&str]) {
    provider.behave_well();
    provider.behave(|behaviour| {
        behaviour.sign_in_as(&format!("auth0|{name}"));
        behaviour.person.insert(ROLES.to_owned(), json!(roles));
        behaviour.person.insert("email_verified".to_owned(), json!(true));
        behaviour.amr = Some(vec!["pwd".into(), "mfa".into()]);
    });
}

async fn sign_in(provider: &Provider, app: &TestApp, name: &str, roles: &[&str]) -> Browser {
    is_next(provider, name, roles);
    let browser = app.browser();
    browser.signed_in().await;
    browser
}

async fn read(browser: &Browser, query: &str) -> Page {
    browser.request(Method::GET, browser.url(&format!("/api/audit{query}"))).fetch().send().await
}

/// All that the log has about somebody, or about nobody. An administrator reads it who appears in it as well.
async fn entries(provider: &Provider, app: &TestApp, subject: Option<&str>) -> Vec<Value> {
    let administrator = sign_in(provider, app, "administrator", &["admin"]).await;
    let page = read(&administrator, "?limit=1000").await;
    assert_eq!(page.status, 200, "{}", page.summary());
    let page = page.json();
    let entries = page["entries"].as_array().expect("entries").iter();
    entries.filter(|entry| entry["subject"].as_str() == subject).cloned().collect()
}

fn events(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["event"].as_str().expect("an event")).collect()
}

#[tokio::test]
async fn a_sign_in_and_its_end_are_told_with_all_that_belongs_to_them() {
    let (provider, app) = start(&[]).await;
    is_next(&provider, "ada", &["viewer"]);
    let browser = app.browser();
    let before = Utc::now() - TimeDelta::seconds(1);
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    let request = browser.request(Method::GET, callback).header("x-forwarded-for", CLIENT);
    let signed_in = request.site(crate::support::Site::Cross).send().await;
    let cookie = browser.cookie(app.session_cookie()).expect("a session");
    let signed_out = browser.post("/logout", &[]).await;

    let entries = entries(&provider, &app, Some("auth0|ada")).await;
    assert_eq!(events(&entries), ["signed_in", "roles_changed", "signed_out"], "{entries:#?}");
    let [begun, roles, over] = entries.as_slice() else { unreachable!("there are three") };
    assert_eq!(begun["methods"], json!(["pwd", "mfa"]));
    assert_eq!((&roles["gained"], &roles["lost"]), (&json!(["viewer"]), &json!([])));
    for (entry, page, network) in [(begun, &signed_in, json!("203.0.113.0/24")), (over, &signed_out, Value::Null)] {
        assert_eq!(entry["request"].as_str(), page.header("x-request-id"), "{entry}");
        assert_eq!(entry["network"], network, "{entry}");
        assert_eq!(entry["issuer"], provider.issuer());
        let at: DateTime<Utc> = entry["at"].as_str().expect("a time").parse().expect("a time");
        assert!(before < at && at <= Utc::now(), "{at}");
    }
    let handle = begun["session"].as_str().expect("a session");
    assert_eq!(over["session"], handle, "the same session");
    assert!(handle.len() == 22 && !cookie.contains(handle), "a handle, no cookie");
    let told = format!("{entries:?}");
    for secret in provider.secrets().into_iter().chain(app.secrets()).chain([cookie, attempt.state()]) {
        assert!(!told.contains(&secret), "{told}");
    }
}

#[tokio::test]
async fn what_came_to_nothing_is_told_with_its_reason() {
    let (provider, app) = start(&[]).await;
    let fail = async |bend: &dyn Fn(&mut crate::support::Behaviour)| {
        provider.behave_well();
        provider.behave(|behaviour| bend(behaviour));
        app.browser().sign_in("/profile").await
    };
    let pages = [
        fail(&|behaviour| _ = behaviour.id_token.claims.set("nonce", "another")).await,
        fail(&|behaviour| _ = behaviour.userinfo.set("sub", "auth0|somebody-else")).await,
        fail(&|behaviour| behaviour.answer(Endpoint::Token, Answer::Json(400, json!({ "error": "invalid_grant" }))))
            .await,
        fail(&|behaviour| behaviour.answer(Endpoint::Token, Answer::Json(500, json!({})))).await,
    ];
    let entries = entries(&provider, &app, None).await;
    assert_eq!(events(&entries), ["sign_in_failed"; 4], "{entries:#?}");
    let reasons: Vec<_> = entries.iter().map(|entry| entry["reason"].as_str().expect("a reason")).collect();
    assert_eq!(reasons, ["id_token", "other_subject", "code", "sign_in_service"]);
    for (entry, page) in entries.iter().zip(&pages) {
        assert_eq!(entry["request"].as_str(), page.header("x-request-id"));
    }
    // Whoever never began one cannot fill the log.
    app.browser().get("/callback?state=x&code=y").await;
    app.browser().get("/callback").await;
    assert_eq!(self::entries(&provider, &app, None).await.len(), 4);
}

#[tokio::test]
async fn roles_that_come_and_go_are_told_once() {
    let (provider, app) = start(&[]).await;
    for roles in [&["viewer", "user"][..], &["user", "viewer"], &["user", "auditor"], &[]] {
        sign_in(&provider, &app, "ada", roles).await;
    }
    let entries = entries(&provider, &app, Some("auth0|ada")).await;
    let changes: Vec<_> = entries.iter().filter(|entry| entry["event"] == "roles_changed").collect();
    let changes: Vec<_> = changes.iter().map(|entry| (entry["gained"].clone(), entry["lost"].clone())).collect();
    let expected = [
        (json!(["user", "viewer"]), json!([])),
        (json!(["auditor"]), json!(["viewer"])),
        // Who comes without any has the default role.
        (json!([]), json!(["auditor"])),
    ];
    assert_eq!(changes, expected);
}

#[tokio::test]
async fn a_second_factor_is_told_as_what_it_is() {
    let (provider, app) = start(&[]).await;
    is_next(&provider, "ada", &["user"]);
    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".into()]));
    let browser = app.browser();
    browser.signed_in().await;
    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".into(), "otp".into()]));
    let attempt = browser.begin_at(browser.url("/login?step_up=true&returnTo=/access")).await;
    let callback = browser.authorize(&attempt).await;
    browser.come_back(callback).await.expect_redirect();
    let entries = entries(&provider, &app, Some("auth0|ada")).await;
    assert_eq!(events(&entries), ["signed_in", "roles_changed", "stepped_up"], "{entries:#?}");
    assert_eq!(entries[2]["methods"], json!(["pwd", "otp"]));
}

#[tokio::test]
async fn sessions_that_are_ended_from_elsewhere_say_by_whom() {
    let (provider, app) = start(&[("PORTICO_SESSIONS_PER_PERSON", "2")]).await;
    let first = sign_in(&provider, &app, "ada", &["user"]).await;
    let second = sign_in(&provider, &app, "ada", &["user"]).await;
    let third = sign_in(&provider, &app, "ada", &["user"]).await;
    assert!(!first.is_signed_in().await, "the limit has ended the first");
    let page = third.get("/sessions").await;
    third.submit(&page, "/sessions/end-others").await.expect_redirect();
    assert!(!second.is_signed_in().await);
    let token = provider.logout_token(&provider.sids().pop().expect("a sid"), |_| {});
    let service = app.browser();
    let request = service.request(Method::POST, service.url("/backchannel-logout"));
    let page = request.form(&[("logout_token", &token)]).without("sec-fetch-site").without("origin").send().await;
    assert_eq!(page.status, 200, "{}", page.summary());
    assert!(!third.is_signed_in().await);

    let entries = entries(&provider, &app, Some("auth0|ada")).await;
    let of = |event: &str| entries.iter().filter(|entry| entry["event"] == event).collect::<Vec<_>>();
    let ends: Vec<_> = of("session_ended").iter().map(|entry| entry["by"].clone()).collect();
    assert_eq!(ends, ["limit", "person", "sign_in_service"]);
    let begun: Vec<_> = of("signed_in").iter().map(|entry| entry["session"].clone()).collect();
    let ended: Vec<_> = of("session_ended").iter().map(|entry| entry["session"].clone()).collect();
    assert_eq!(begun, ended, "each by its handle");
    assert_eq!(of("session_ended")[2]["request"].as_str(), page.header("x-request-id"));
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn roles_that_change_within_a_session_are_told_once() {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, &[]).await;
    is_next(&provider, "ada", &["viewer"]);
    let browser = portico.signed_in().await;
    let give = |roles: &[&str]| provider.behave(|behaviour| behaviour.person.insert(ROLES.to_owned(), json!(roles)));
    give(&["user"]);
    let asked = browser.post("/access/check", &[]).await;
    assert_eq!(asked.expect_local_redirect(), "/access?checked=now");
    give(&["user", "auditor"]);
    portico.seconds_later(3601);
    let came_back = browser.get("/profile").await;
    // The next refresh brings nothing new.
    portico.seconds_later(3601);
    assert!(browser.is_signed_in().await);
    assert_eq!(provider.refreshes().len(), 3);

    let entries = entries(&provider, &portico[0], Some("auth0|ada")).await;
    assert_eq!(events(&entries), ["signed_in", "roles_changed", "roles_changed", "roles_changed"], "{entries:#?}");
    for (entry, page, gained, lost) in [
        (&entries[2], &asked, json!(["user"]), json!(["viewer"])),
        (&entries[3], &came_back, json!(["auditor"]), json!([])),
    ] {
        assert_eq!((&entry["gained"], &entry["lost"]), (&gained, &lost));
        assert_eq!(entry["request"].as_str(), page.header("x-request-id"), "{entry}");
        assert_eq!(entry["session"], entries[0]["session"]);
    }
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn roles_that_were_not_taken_over_are_not_told() {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, &[]).await;
    is_next(&provider, "ada", &["viewer"]);
    let browser = portico.signed_in().await;
    let copy = browser.copy();
    let gate = Gate::default();
    provider.behave(|behaviour| {
        behaviour.person.insert(ROLES.to_owned(), json!(["user"]));
        behaviour.answer(Endpoint::UserInfo, Answer::OnItsWay(gate.clone()));
    });
    let sign_out = async {
        let limit = Duration::from_secs(10);
        eventually("the answer is on its way", limit, || async { gate.arrived() == 1 }).await;
        copy.post("/logout", &[]).await.expect_redirect();
        gate.open();
    };
    let (checked, ()) = tokio::join!(browser.post("/access/check", &[]), sign_out);
    assert_eq!(checked.status, 401, "{}", checked.summary());
    let entries = entries(&provider, &portico[0], Some("auth0|ada")).await;
    assert_eq!(events(&entries), ["signed_in", "roles_changed", "signed_out"], "{entries:#?}");
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn sessions_that_cannot_be_refreshed_say_why() {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, &[]).await;
    let mut pages = vec![];
    let bends: [&dyn Fn(&mut crate::support::Behaviour); 2] = [
        &|behaviour| behaviour.answer(Endpoint::Token, Answer::Json(403, json!({ "error": "invalid_grant" }))),
        &|behaviour| _ = behaviour.refreshed_id_token.claims.set("sub", "auth0|somebody-else"),
    ];
    for bend in bends {
        is_next(&provider, "ada", &["user"]);
        let browser = portico.signed_in().await;
        provider.behave(|behaviour| bend(behaviour));
        portico.seconds_later(3601);
        pages.push(browser.get("/profile").await);
        assert!(!browser.is_signed_in().await);
    }
    let entries = entries(&provider, &portico[0], Some("auth0|ada")).await;
    let of = |event: &str| entries.iter().filter(|entry| entry["event"] == event).collect::<Vec<_>>();
    let (begun, ended) = (of("signed_in"), of("session_ended"));
    let ends: Vec<_> = ended.iter().map(|entry| entry["by"].clone()).collect();
    assert_eq!(ends, ["invalid_grant", "refresh_mismatch"]);
    for ((begun, ended), page) in begun.iter().zip(&ended).zip(&pages) {
        assert_eq!(begun["session"], ended["session"]);
        assert_eq!(ended["request"].as_str(), page.header("x-request-id"));
    }
}

#[tokio::test]
async fn what_happens_to_records_and_what_is_refused_is_told() {
    let (provider, app) = start(&[]).await;
    let author = sign_in(&provider, &app, "ada", &["admin"]).await;
    let request = author.request(Method::POST, author.url("/api/secure-data")).fetch();
    let record = request.json(&json!({ "title": "t" })).send().await.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/secure-data/{record}");
    let delete = author.request(Method::DELETE, author.url(&path)).header("if-match", "*");
    assert_eq!(delete.send().await.status, 204);
    let restore = author.call(Method::POST, author.url("/rpc/restore_record"));
    let restored = restore.json(&json!({ "id": record })).send().await;
    assert_eq!(restored.status, 200, "{}", restored.summary());
    let of_ada = entries(&provider, &app, Some("auth0|ada")).await;
    let about: Vec<_> = of_ada.iter().filter(|entry| entry.get("record").is_some()).collect();
    assert_eq!(about.iter().map(|entry| &entry["event"]).collect::<Vec<_>>(), ["record_deleted", "record_restored"]);
    assert!(about.iter().all(|entry| entry["record"] == record.as_str()), "{about:?}");
    assert_eq!(about[1]["request"].as_str(), restored.header("x-request-id"), "by a server function as well");

    let viewer = sign_in(&provider, &app, "ben", &["viewer"]).await;
    let request = viewer.request(Method::POST, viewer.url("/api/secure-data")).fetch();
    assert_eq!(request.json(&json!({ "title": "t" })).send().await.status, 403);
    let delete = viewer.request(Method::DELETE, viewer.url(&path)).header("if-match", "*");
    assert_eq!(delete.send().await.status, 403);
    assert_eq!(read(&viewer, "").await.status, 403);
    let of_ben = entries(&provider, &app, Some("auth0|ben")).await;
    let refused: Vec<_> = of_ben.iter().filter_map(|entry| entry.get("action")?.as_str()).collect();
    assert_eq!(refused, ["create_record", "delete_record", "read_audit"], "{of_ben:#?}");
}

#[tokio::test]
async fn only_administrators_read_it() {
    let (provider, app) = start(&[("AUTH0_AUDIENCE", "https://api.portico.example/")]).await;
    assert_eq!(read(&app.browser(), "").await.status, 401);
    for roles in [&["user"][..], &["viewer"], &["editor"], &[]] {
        let browser = sign_in(&provider, &app, "ada", roles).await;
        let page = read(&browser, "").await;
        assert_eq!(page.status, 403, "{roles:?}: {}", page.summary());
        assert!(!page.body.contains("signed_in"));
    }
    let administrator = sign_in(&provider, &app, "administrator", &["admin"]).await;
    assert_eq!(read(&administrator, "").await.status, 200);
    // Without a second factor the role does not count, in a token neither.
    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".into()]));
    let single = app.browser();
    single.sign_in("/profile").await;
    assert_eq!(read(&single, "").await.status, 403);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let request = administrator.request(method.clone(), administrator.url("/api/audit")).fetch();
        assert_eq!(request.send().await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn it_is_read_page_by_page() {
    let (provider, app) = start(&[]).await;
    let administrator = sign_in(&provider, &app, "administrator", &["admin"]).await;
    for n in 0..4 {
        sign_in(&provider, &app, &format!("person-{n}"), &["user"]).await;
    }
    let all = read(&administrator, "").await.json();
    assert!(all.get("next").is_none(), "it is all there is");
    let all = all["entries"].as_array().expect("entries").clone();
    assert_eq!(all.len(), 10, "five sign-ins, each with roles");
    let (mut found, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = read(&administrator, &query).await.json();
        let entries = page["entries"].as_array().expect("entries");
        assert!(entries.len() <= 3);
        found.extend(entries.iter().cloned());
        let Some(next) = page.get("next").and_then(Value::as_str) else { break };
        query = format!("?limit=3&after={next}");
    }
    assert_eq!(found, all);
    let ids: Vec<_> = all.iter().map(|entry| entry["id"].as_str().expect("an id")).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for bad in ["?limit=0", "?limit=1001", "?limit=x", "?after=x", "?after=", "?before=x", "?limit=1&limit=2"] {
        let page = read(&administrator, bad).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (400, Some("application/problem+json")),
            "{bad}"
        );
    }
}

#[cfg(feature = "embedded")]
#[tokio::test]
async fn what_cannot_be_written_is_in_the_log_as_a_whole() {
    let log = logs();
    let audit = Audit::new(memory().await, "https://tenant.example/".to_owned(), Duration::from_secs(60));
    let about = About { subject: Some("auth0|unwritten"), session: None };
    let entry = audit.entry(&Event::SignedOut, about);
    // The same twice: the database takes neither.
    audit.write_all(vec![entry.clone(), entry.clone()]).await;
    assert_eq!(audit.after(None, 10).await.expect("it can be read"), []);
    let told = log.lines_with("auth0|unwritten");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|line| line.contains("\"ERROR\"") && line.contains(&entry.key)), "{told:?}");
    audit.write(Event::SignedOut, about).await;
    assert_eq!(audit.after(None, 10).await.expect("it can be read").len(), 1, "the next one is written");
}
