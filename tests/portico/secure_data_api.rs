//! `/api/secure-data`: records for scripts. Who calls, what is sent, what comes back, page by page.

use crate::support::{Browser, Page, Provider, Site, TestApp, assert_no_secret, logs};
use axum::http::Method;
use portico::model::record::Closed;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AUDIENCE: &str = "https://api.portico.example/";
const LIST: &str = "/api/secure-data";
/// No record has it.
const NOBODYS: &str = "01JDJ6V7Y5T3M8K9QWERTYAB2C";

async fn start() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", AUDIENCE), ("PORTICO_DEFAULT_ROLE", "none")]).await;
    (provider, app)
}

/// A browser in which somebody with this role is signed in, with a second factor.
async fn signed_in(provider: &Provider, app: &TestApp, name: &str, role: &str) -> Browser {
    provider.behave(|behaviour| {
        behaviour.sign_in_as(&format!("auth0|{name}"));
        behaviour.person.insert("email_verified".to_owned(), json!(true));
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!([role]));
        behaviour.amr = Some(vec!["pwd".to_owned(), "mfa".to_owned()]);
    });
    let browser = app.browser();
    browser.signed_in().await;
    browser
}

fn at(id: &str) -> String {
    format!("{LIST}/{id}")
}

async fn post(browser: &Browser, body: &Value) -> Page {
    browser.request(Method::POST, browser.url(LIST)).fetch().json(body).send().await
}

async fn create(browser: &Browser, body: Value) -> Value {
    let page = post(browser, &body).await;
    assert_eq!(page.status, 201, "{}", page.summary());
    page.json()
}

async fn create_id(browser: &Browser, title: &str) -> String {
    create(browser, json!({ "title": title })).await["id"].as_str().expect("an id").to_owned()
}

async fn get(browser: &Browser, path: &str) -> Page {
    browser.request(Method::GET, browser.url(path)).fetch().send().await
}

async fn patch(browser: &Browser, id: &str, if_match: Option<&str>, body: &Value) -> Page {
    let mut request = browser.request(Method::PATCH, browser.url(&at(id))).fetch().json(body);
    if let Some(tags) = if_match {
        request = request.header("if-match", tags);
    }
    request.send().await
}

async fn delete(browser: &Browser, id: &str, if_match: Option<&str>) -> Page {
    let mut request = browser.request(Method::DELETE, browser.url(&at(id))).fetch();
    if let Some(tags) = if_match {
        request = request.header("if-match", tags);
    }
    request.send().await
}

/// Asks as a script does that is no browser.
async fn ask(browser: &Browser, method: Method, path: &str, token: &str, body: Option<&Value>) -> Page {
    let mut request = browser.request(method, browser.url(path)).by_script(&format!("Bearer {token}"));
    if let Some(body) = body {
        request = request.json(body);
    }
    request.send().await
}

/// Checks problem details (RFC 9457), and gives them.
#[track_caller]
fn problem(page: &Page, status: u16) -> Value {
    assert_eq!(page.status, status, "{}", page.summary());
    assert_eq!(page.header("content-type"), Some("application/problem+json"), "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let json = page.json();
    assert_eq!((&json["type"], &json["status"]), (&json!("about:blank"), &json!(status)), "{json}");
    assert!(json["title"].as_str().is_some_and(|title| !title.is_empty()), "{json}");
    assert!(json["detail"].as_str().is_some_and(|detail| detail.ends_with(['.', '?'])), "a sentence: {json}");
    let id = page.header("x-request-id").expect("every answer has one");
    assert_eq!(json["support_id"], id, "{json}");
    assert!(logs().lines_with(id).iter().any(|line| line.contains("\"cause\"")), "the log tells why");
    json
}

/// The fields that are at fault.
fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            assert!(error["message"].as_str().is_some_and(|message| message.ends_with('.')), "{error}");
            error["field"].as_str().expect("a field")
        })
        .collect()
}

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let sent =
        json!({ "title": " Plan ", "body": "a\r\nb", "classification": "restricted", "tags": ["Blue", "red", "blue"] });
    let created = post(&ada, &sent).await;
    assert_eq!(created.status, 201, "{}", created.summary());
    let record = created.json();
    let id = record["id"].as_str().expect("an id");
    assert_eq!(created.header("location"), Some(at(id).as_str()));
    assert_eq!(created.header("etag"), Some("\"1\""));
    assert_eq!(created.header("cache-control"), Some("no-store"));
    assert_eq!((&record["title"], &record["body"]), (&json!("Plan"), &json!("a\nb")));
    assert_eq!((&record["classification"], &record["tags"]), (&json!("restricted"), &json!(["blue", "red"])));
    assert_eq!(record["owner"], json!({ "name": "ada", "is_me": true }));
    assert_eq!(record["created_at"], record["updated_at"]);

    let read = get(&ada, created.header("location").expect("a location")).await;
    assert_eq!((read.json(), read.header("etag")), (record.clone(), Some("\"1\"")));

    let changed = patch(&ada, id, Some("\"1\""), &json!({ "title": "Other" })).await;
    assert_eq!((changed.status.as_u16(), changed.header("etag")), (200, Some("\"2\"")), "{}", changed.summary());
    let after = changed.json();
    assert_eq!((&after["title"], &after["version"]), (&json!("Other"), &json!(2)));
    for member in ["id", "body", "classification", "tags", "owner", "created_at"] {
        assert_eq!(after[member], record[member], "what is left out stays: {member}");
    }
    assert_eq!(get(&ada, &at(id)).await.json(), after);

    let deleted = delete(&ada, id, Some("\"2\"")).await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    problem(&get(&ada, &at(id)).await, 404);
    problem(&patch(&ada, id, Some("*"), &json!({})).await, 404);
    problem(&delete(&ada, id, Some("*")).await, 404);
    assert_no_secret(&app, &provider, &deleted);
}

#[tokio::test]
async fn nothing_is_written_over_unseen() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create_id(&ada, "one").await;
    let title = json!({ "title": "two" });
    for tags in
        ["\"2\"", "\"0\"", "1", "W/\"1\"", "\"1", "", "\"\"", "\"2\", \"3\"", "\"18446744073709551616\"", "\u{fffd}"]
    {
        // Strong comparison: a weak tag matches nothing (RFC 9110, section 13.1.1).
        let tags = if tags.is_ascii() { tags } else { "\"x\"" };
        problem(&patch(&ada, &id, Some(tags), &title).await, 412);
        problem(&delete(&ada, &id, Some(tags)).await, 412);
    }
    problem(&patch(&ada, &id, None, &title).await, 428);
    problem(&delete(&ada, &id, None).await, 428);
    let record = get(&ada, &at(&id)).await.json();
    assert_eq!((&record["title"], &record["version"]), (&json!("one"), &json!(1)), "nothing has happened");

    for (version, tags) in [(2, "\"1\""), (3, "\"7\", \"2\""), (4, "W/\"3\",\"3\""), (5, "*")] {
        let page = patch(&ada, &id, Some(tags), &json!({ "title": format!("title {version}") })).await;
        assert_eq!((page.status.as_u16(), &page.json()["version"]), (200, &json!(version)), "{tags}");
    }
    // It is a fault of the caller's before it is one of the body's.
    problem(&patch(&ada, &id, Some("\"1\""), &json!({ "title": "" })).await, 412);
    assert_eq!(delete(&ada, &id, Some("\"4\" , \"5\"")).await.status, 204);
}

#[tokio::test]
async fn of_many_who_change_the_same_version_one_does() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create_id(&ada, "one").await;
    let bodies: Vec<_> = (0..20).map(|number| json!({ "title": format!("title {number}") })).collect();
    let pages = futures::future::join_all(bodies.iter().map(|body| patch(&ada, &id, Some("\"1\""), body))).await;
    let won: Vec<_> = pages.iter().filter(|page| page.status == 200).collect();
    assert_eq!(won.len(), 1);
    pages.iter().filter(|page| page.status != 200).for_each(|page| {
        problem(page, 412);
    });
    let record = get(&ada, &at(&id)).await.json();
    assert_eq!((&record["title"], &record["version"]), (&won[0].json()["title"], &json!(2)));
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let id = create_id(&ada, "one").await;
    let read = async |tags: &str| {
        ada.request(Method::GET, ada.url(&at(&id))).fetch().header("if-none-match", tags).send().await
    };
    for tags in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let page = read(tags).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (304, ""), "{tags}");
        assert_eq!(page.header("etag"), Some("\"1\""));
    }
    for tags in ["\"2\"", "1", "", "\"x\""] {
        let page = read(tags).await;
        assert_eq!((page.status.as_u16(), &page.json()["title"]), (200, &json!("one")), "{tags}");
    }
    // What may not be seen is not known either.
    let ben = signed_in(&provider, &app, "ben", "nobody").await;
    let page = ben.request(Method::GET, ben.url(&at(&id))).fetch().header("if-none-match", "*").send().await;
    problem(&page, 403);
}

#[tokio::test]
async fn what_is_sent_must_be_json_and_a_record() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let id = create_id(&ada, "one").await;
    let send = async |method: Method, media_type: &str, body: Vec<u8>| {
        let path = if method == Method::POST { LIST.to_owned() } else { at(&id) };
        let request = ada.request(method, ada.url(&path)).fetch().header("if-match", "*");
        request.body(media_type, body).send().await
    };
    for method in [Method::POST, Method::PATCH] {
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "text/json",
            "",
            "multipart/form-data",
        ] {
            problem(&send(method.clone(), media_type, b"{\"title\":\"t\"}".to_vec()).await, 415);
        }
        for media_type in ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"] {
            let page = send(method.clone(), media_type, b"{\"title\":\"t\"}".to_vec()).await;
            assert!(page.status.is_success(), "{media_type}: {}", page.summary());
        }
        for body in [
            &b""[..],
            b"{",
            b"{\"title\":\"t\"",
            b"{'title':'t'}",
            b"title=t",
            b"{\"title\":\"\xff\"}",
            b"{\"title\":\"\\ud800\"}",
            b"{} {}",
            b"\0",
        ] {
            problem(&send(method.clone(), "application/json", body.to_vec()).await, 400);
        }
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        problem(&send(method.clone(), "application/json", deep).await, 400);
        for body in [
            json!([]),
            json!("t"),
            json!(null),
            json!(1),
            json!({ "title": 1 }),
            json!({ "title": ["t"] }),
            json!({ "title": "t", "body": {} }),
            json!({ "title": "t", "classification": "secret" }),
            json!({ "title": "t", "classification": "Public" }),
            json!({ "title": "t", "classification": 3 }),
            json!({ "title": "t", "tags": "a, b" }),
            json!({ "title": "t", "tags": [1] }),
            json!({ "title": "t", "owner": "auth0|ben" }),
            json!({ "title": "t", "id": NOBODYS }),
            json!({ "title": "t", "version": 7 }),
            json!({ "title": "t", "created_at": "2026-01-01T00:00:00Z" }),
            json!({ "title": "t", "deleted_at": "2026-01-01T00:00:00Z" }),
            json!({ "title": "t", "may": { "edit": true, "delete": true } }),
        ] {
            problem(&send(method.clone(), "application/json", body.to_string().into_bytes()).await, 422);
        }
        let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
        for (body, at_fault) in [
            (json!({ "title": "  " }), &["title"][..]),
            (json!({ "title": "x".repeat(201) }), &["title"]),
            (json!({ "title": "a\nb" }), &["title"]),
            (json!({ "title": "t", "body": "x".repeat(64 * 1024 + 1) }), &["body"]),
            (json!({ "title": "t", "body": "a\u{0}b" }), &["body"]),
            (json!({ "title": "t", "tags": many }), &["tags"]),
            (json!({ "title": "t", "tags": ["x".repeat(41)] }), &["tags"]),
            (json!({ "title": "t", "tags": ["a,b"] }), &["tags"]),
            (json!({ "title": "", "body": "\u{7}", "tags": [""] }), &["title", "body", "tags"]),
        ] {
            let page = send(method.clone(), "application/json", body.to_string().into_bytes()).await;
            assert_eq!(fields(&problem(&page, 422)), at_fault, "{:.80}", body.to_string());
        }
        let huge = json!({ "title": "t", "body": "x".repeat(600 * 1024) }).to_string();
        problem(&send(method.clone(), "application/json", huge.into_bytes()).await, 413);
    }
    problem(&post(&ada, &json!({})).await, 422);
    let patched = send(Method::PATCH, "application/merge-patch+json", b"{\"title\":\"t\"}".to_vec()).await;
    assert_eq!(patched.status, 200, "RFC 7396: {}", patched.summary());
    problem(&send(Method::POST, "application/merge-patch+json", b"{\"title\":\"t\"}".to_vec()).await, 415);
    // At the limits it is one.
    let full = json!({
        "title": "é".repeat(200),
        // Six bytes each on the way, one at rest.
        "body": "\u{9}".repeat(64 * 1024),
        "tags": (0..20).map(|number| format!("{number:é>40}")).collect::<Vec<_>>(),
    });
    let escaped = full.to_string().replace("\\t", "\\u0009");
    let page = send(Method::POST, "application/json", escaped.into_bytes()).await;
    assert_eq!(page.status, 201, "{}", page.summary());
    let found = get(&ada, page.header("location").expect("a location")).await.json();
    for member in ["title", "body", "tags"] {
        assert_eq!(found[member], full[member], "{member}");
    }
}

#[tokio::test]
async fn whatever_is_written_comes_back_as_it_was() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    for text in [
        "'; DELETE secure_data; --",
        "\" OR 1 = 1",
        "$auth.permissions",
        "user:['x', 'y']",
        "`secure_data`:⟨x⟩ {{ }} ${x} \\u0041 \\",
        "d'2026-01-01T00:00:00Z'",
        "NONE",
        "null",
        "1",
        "<script>alert(1)</script>",
        "<!-- --> & &amp; \u{202e}drowssap\u{202c}",
        "👩‍👩‍👧‍👦 e\u{301} İ ß",
    ] {
        let record = create(&ada, json!({ "title": text, "body": text, "tags": ["x y"] })).await;
        let found = get(&ada, &at(record["id"].as_str().expect("an id"))).await.json();
        assert_eq!((&found["title"], &found["body"]), (&json!(text), &json!(text)));
    }
    assert_eq!(get(&ada, LIST).await.json()["records"].as_array().expect("a list").len(), 12);
}

#[tokio::test]
async fn who_calls_must_be_somebody() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let id = create_id(&ada, "one").await;
    let nobody = app.browser();
    let ended = ada.copy();
    ended.post("/logout", &[]).await.expect_redirect();
    for (browser, title) in [(&nobody, "Please sign in"), (&ada, "You were signed out")] {
        for page in [
            get(browser, LIST).await,
            get(browser, &at(&id)).await,
            get(browser, &at(NOBODYS)).await,
            get(browser, &at("x")).await,
            get(browser, &format!("{LIST}?before=x")).await,
            post(browser, &json!({ "title": "t" })).await,
            post(browser, &json!([])).await,
            patch(browser, &id, Some("*"), &json!({ "title": "t" })).await,
            patch(browser, &id, None, &json!({ "title": "t" })).await,
            delete(browser, &id, Some("*")).await,
        ] {
            let json = problem(&page, 401);
            assert_eq!((&json["title"], &json["authenticated"]), (&json!(title), &json!(false)), "{json}");
            assert_eq!(page.header("www-authenticate"), Some("Bearer realm=\"portico\""));
        }
    }
    let page = ask(&nobody, Method::GET, LIST, "not.a.token", None).await;
    problem(&page, 401);
    assert!(page.header("www-authenticate").is_some_and(|why| why.contains("invalid_token")));
}

#[tokio::test]
async fn an_access_token_acts_for_its_person() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let token = |subject: &str| {
        let subject = subject.to_owned();
        provider.access_token(AUDIENCE, move |token| {
            token.claims.set("sub", subject);
        })
    };
    let script = app.browser();
    let adas = token("auth0|ada");
    let created = ask(&script, Method::POST, LIST, &adas, Some(&json!({ "title": "by a script" }))).await;
    assert_eq!(created.status, 201, "{}", created.summary());
    let path = created.header("location").expect("a location").to_owned();
    assert_eq!(get(&ada, &path).await.json()["owner"]["is_me"], true);
    assert_eq!(get(&ben, &path).await.json()["owner"], json!({ "name": "ada", "is_me": false }));
    assert!(created.set_cookies.is_empty());

    // The token counts, whatever cookie comes with it.
    let page = ask(&ben, Method::GET, &path, &adas, None).await;
    assert_eq!(page.json()["owner"]["is_me"], true);

    // Without a second factor a token has what its person has without one.
    let bens = token("auth0|ben");
    let refused = problem(&ask(&script, Method::GET, LIST, &bens, None).await, 403);
    assert_eq!(refused["detail"], Closed::NeedsSecondFactor.sentence());
    let proven = provider.access_token(AUDIENCE, |token| {
        token.claims.set("sub", "auth0|ben").set("amr", json!(["pwd", "mfa"]));
    });
    assert_eq!(
        ask(&script, Method::GET, &path, &proven, None).await.json()["may"],
        json!({ "edit": true, "delete": true })
    );

    // Somebody who never signed in here, and a machine.
    for subject in ["auth0|stranger", "machine@clients"] {
        for (method, path, body) in [
            (Method::GET, LIST, None),
            (Method::GET, path.as_str(), None),
            (Method::POST, LIST, Some(json!({ "title": "t" }))),
            (Method::DELETE, path.as_str(), None),
        ] {
            problem(&ask(&script, method, path, &token(subject), body.as_ref()).await, 403);
        }
    }
    assert!(!logs().text().contains(&adas), "the token is not in the log");
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create_id(&ada, "one").await;
    for site in [Site::Cross, Site::None] {
        for (method, path, body) in [
            (Method::POST, LIST.to_owned(), json!({ "title": "t" })),
            (Method::PATCH, at(&id), json!({ "title": "t" })),
            (Method::DELETE, at(&id), json!(null)),
            (Method::POST, format!("/data/{id}/delete"), json!(null)),
        ] {
            // As if no cookie were SameSite, which is another line of defence.
            let cookie = format!("{}={}", app.session_cookie(), ada.cookie(app.session_cookie()).expect("signed in"));
            let request = ada.request(method, ada.url(&path)).site(site).fetch().header("cookie", &cookie);
            problem(&request.header("if-match", "*").json(&body).send().await, 403);
        }
    }
    assert_eq!(get(&ada, LIST).await.json()["records"].as_array().expect("a list").len(), 1);
    assert_eq!(get(&ada, &at(&id)).await.json()["version"], 1);
    let page = ada.request(Method::GET, ada.url(LIST)).site(Site::Cross).header("origin", "https://elsewhere.example");
    let page = page.fetch().send().await;
    assert_eq!(page.header("access-control-allow-origin"), None);
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
}

#[tokio::test]
async fn what_is_no_records_id_is_no_record() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create_id(&ada, "one").await;
    let lower = id.to_lowercase();
    let table = format!("secure_data:{id}");
    for id in [
        NOBODYS,
        "x",
        "1",
        "user",
        "migration:1",
        "session:x",
        &table,
        &lower,
        "%00",
        "%F0%9F%98%80",
        "secure_data",
        "⟨x⟩",
        "user:['https:%2F%2Ftenant.example%2F','auth0|ada']",
        "01JDJ6V7Y5T3M8K9QWERTYAB2C;DELETE%20secure_data",
        "01JDJ6V7Y5T3M8K9QWERTYAB2C%20OR%201=1",
        "%2e%2e",
        "..%2fprofile",
        "%2F",
        "(SELECT%20*%20FROM%20user)",
        "$auth",
        "*",
        &"A".repeat(26),
        &"7".repeat(26),
        &"Z".repeat(4000),
    ] {
        problem(&get(&ada, &at(id)).await, 404);
        problem(&patch(&ada, id, Some("*"), &json!({ "title": "t" })).await, 404);
        problem(&delete(&ada, id, Some("*")).await, 404);
    }
    let page = get(&ada, &at("%FF")).await;
    assert!([400, 404].contains(&page.status.as_u16()), "{}", page.summary());
    assert_eq!(get(&ada, &at(&id)).await.json()["version"], 1, "nothing has happened");
    for before in ["x", "", "user:x", "%FF", &lower, "'%20OR%201=1"] {
        problem(&get(&ada, &format!("{LIST}?before={before}")).await, 400);
    }
    for query in ["q=a&q=b", "unknown=1", "limit=1000000", "before"] {
        problem(&get(&ada, &format!("{LIST}?{query}")).await, 400);
    }
}

#[tokio::test]
async fn methods_that_there_are_not_are_not_allowed() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create_id(&ada, "one").await;
    for (path, methods) in [(LIST.to_owned(), ["PUT", "PATCH", "DELETE"]), (at(&id), ["PUT", "POST", "QUERY"])] {
        for method in methods {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let page = ada.request(method.clone(), ada.url(&path)).fetch().json(&json!({ "title": "t" })).send().await;
            problem(&page, 405);
        }
    }
    assert_eq!(get(&ada, &at(&id)).await.json()["version"], 1);
}

#[tokio::test]
async fn who_is_shut_out_is_told_why() {
    let (provider, app) = start().await;
    let nobody = signed_in(&provider, &app, "nobody", "a role of no policy").await;
    let refused = problem(&get(&nobody, LIST).await, 403);
    assert_eq!(refused["detail"], Closed::NoPermission.sentence());

    provider.behave(|behaviour| {
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["user"]));
        behaviour.person.insert("email_verified".to_owned(), json!(false));
    });
    let unverified = app.browser();
    unverified.signed_in().await;
    for page in [get(&unverified, LIST).await, post(&unverified, &json!({ "title": "t" })).await] {
        assert_eq!(problem(&page, 403)["detail"], Closed::EmailNotVerified.sentence());
    }
}

/// All pages from `path` on, by their `next`, as long as there are pages.
async fn pages(browser: &Browser, mut before: Option<String>) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    loop {
        let query = before.map(|id| format!("?before={id}")).unwrap_or_default();
        let page = get(browser, &format!("{LIST}{query}")).await.json();
        pages.push(page["records"].as_array().expect("a list").clone());
        assert!(pages.len() < 10, "there is an end");
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => return pages,
        }
    }
}

fn ids(records: &[Value]) -> Vec<String> {
    records.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn pages_are_stable_whatever_happens_meanwhile() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    for number in 0..60 {
        create(&ada, json!({ "title": format!("record {number}"), "body": "A text." })).await;
    }
    let all = pages(&ada, None).await;
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
    let listed = ids(&all.concat());
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), 60, "each once");
    assert!(listed.is_sorted_by(|one, other| one > other), "newest first");
    assert!(all.concat().iter().all(|record| record.get("body").is_none()), "a list has no texts");

    // After the first page: more are created, some of each page are deleted, and others changed.
    let next = listed[24].clone();
    for title in ["newer", "newest"] {
        create_id(&ada, title).await;
    }
    for gone in [0, 24, 30, 55] {
        assert_eq!(delete(&ada, &listed[gone], Some("*")).await.status, 204);
    }
    for changed in [1, 26, 59] {
        assert_eq!(patch(&ada, &listed[changed], Some("*"), &json!({ "title": "changed" })).await.status, 200);
    }
    let rest = ids(&pages(&ada, Some(next)).await.concat());
    let expected: Vec<_> =
        (25..60).filter(|place| ![30, 55].contains(place)).map(|place| listed[place].clone()).collect();
    assert_eq!(rest, expected, "no record twice, none left out");
    assert_eq!(pages(&ada, None).await.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 8]);
    let last = listed[59].clone();
    assert_eq!(pages(&ada, Some(last)).await, [Vec::<Value>::new()], "behind the oldest there is nothing");
    assert_eq!(pages(&ada, Some("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".into())).await.len(), 3);
    assert_eq!(pages(&ada, Some("0".repeat(26))).await, [Vec::<Value>::new()]);
}

#[tokio::test]
async fn exactly_one_page_has_no_next() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    assert_eq!(get(&ada, LIST).await.json(), json!({ "records": [], "next": null }));
    for number in 0..25 {
        create_id(&ada, &format!("record {number}")).await;
    }
    assert_eq!(pages(&ada, None).await.iter().map(Vec::len).collect::<Vec<_>>(), [25]);
    create_id(&ada, "one more").await;
    assert_eq!(pages(&ada, None).await.iter().map(Vec::len).collect::<Vec<_>>(), [25, 1]);
}

#[tokio::test]
async fn a_search_finds_words_and_only_what_one_may_see() {
    let (provider, app) = start().await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let title = create(&ada, json!({ "title": "Quarterly Café-Budget", "body": "nothing" })).await;
    let body = create(&ada, json!({ "title": "one", "body": "A walrus, in the\nlibrary." })).await;
    let tags = create(&ben, json!({ "title": "two", "tags": ["Zebra crossing"] })).await;
    let search = async |browser: &Browser, words: &str| {
        let mut url = browser.url(LIST);
        url.query_pairs_mut().append_pair("q", words);
        let page = browser.request(Method::GET, url).fetch().send().await;
        assert_eq!(page.status, 200, "{words:?}: {}", page.summary());
        ids(page.json()["records"].as_array().expect("a list"))
    };
    for (words, found) in [
        ("quarterly", Some(&title)),
        ("QUART", Some(&title)),
        ("q", Some(&title)),
        ("cafe", Some(&title)),
        ("café", Some(&title)),
        ("budg", Some(&title)),
        (" budget\t", Some(&title)),
        ("uarterly", None),
        ("walrus", Some(&body)),
        ("LIBRARY", Some(&body)),
        ("walr", None),
        ("zebra", Some(&tags)),
        ("cross", Some(&tags)),
        ("bra", None),
        ("nowhere", None),
    ] {
        let expected: Vec<_> = found.into_iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(search(&ada, words).await, expected, "{words:?}");
    }
    // Nothing of a search is more than words.
    for words in
        ["'", "\"", "' OR 1 = 1 --", "*", "%", "_", "a*", "()", "\\", "$auth", "🦭", "a\nb", &"long ".repeat(500)]
    {
        let found = search(&ada, words).await;
        assert!(found.len() < 3, "{words:?}: {found:?}");
    }
    for words in ["", " ", "\t", "\u{0}"] {
        assert_eq!(search(&ada, words).await.len(), 3, "no words are no search");
    }
    // What is changed is found by what it is now; what is deleted is not found.
    let id = title["id"].as_str().expect("an id");
    assert_eq!(patch(&ada, id, Some("*"), &json!({ "title": "Monthly" })).await.status, 200);
    assert_eq!((search(&ada, "quarterly").await, search(&ada, "month").await), (vec![], vec![id.to_owned()]));
    assert_eq!(delete(&ben, id, Some("*")).await.status, 204);
    assert_eq!((search(&ada, "month").await, search(&ben, "month").await), (vec![], vec![]));
    // Nobody finds what they may not see; this person may see nothing at all.
    let nobody = signed_in(&provider, &app, "nobody", "a role of no policy").await;
    problem(&get(&nobody, &format!("{LIST}?q=walrus")).await, 403);
}

#[tokio::test]
async fn a_search_has_pages_too() {
    let (provider, app) = start().await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    for number in 0..30 {
        create(&ada, json!({ "title": if number % 3 == 0 { "other" } else { "word" }, "body": "word word" })).await;
    }
    for number in 0..10 {
        create_id(&ada, &format!("nothing {number}")).await;
    }
    let first = get(&ada, &format!("{LIST}?q=word")).await.json();
    let next = first["next"].as_str().expect("there are more");
    let second = get(&ada, &format!("{LIST}?q=word&before={next}")).await.json();
    let found = [ids(first["records"].as_array().unwrap()), ids(second["records"].as_array().unwrap())].concat();
    assert_eq!((found.len(), &second["next"]), (30, &Value::Null));
    assert!(found.is_sorted_by(|one, other| one > other), "newest first, each once");
}
