//! `/api/openapi.json` describes the JSON API: all of it, nothing else, and soundly.

use crate::support::{Provider, TestApp};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const OPERATIONS: [(&str, &str); 10] = [
    ("get", "/api/profile"),
    ("get", "/api/secure-data"),
    ("post", "/api/secure-data"),
    ("get", "/api/secure-data/{id}"),
    ("patch", "/api/secure-data/{id}"),
    ("delete", "/api/secure-data/{id}"),
    ("get", "/api/audit"),
    ("get", "/api/people"),
    ("delete", "/api/people/{subject}/sessions"),
    ("delete", "/api/sessions"),
];

async fn document(app: &TestApp) -> Value {
    let browser = app.browser();
    let page = browser.request(Method::GET, browser.url("/api/openapi.json")).fetch().send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, Some("application/json")));
    page.json()
}

/// Every `$ref` in there.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
            methods.into_iter().filter_map(move |method| Some((method, path.as_str(), item.get(method)?)))
        })
        .collect()
}

#[tokio::test]
async fn it_lists_the_operations_that_there_are() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let document = document(&app).await;
    let listed: BTreeSet<_> = operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert_eq!(listed, BTreeSet::from(OPERATIONS));
    // Each is there: nobody may, but it is an address. All other methods are none.
    let browser = app.browser();
    for path in listed.iter().map(|(_, path)| *path).collect::<BTreeSet<_>>() {
        for method in ["get", "put", "post", "delete", "patch"] {
            let url =
                browser.url(&path.replace("{id}", "01JDJ6V7Y5T3M8K9QWERTYAB2C").replace("{subject}", "auth0%7Cada"));
            let page = browser.request(method.to_uppercase().parse().unwrap(), url).fetch().send().await;
            let expected = if listed.contains(&(method, path)) { 401 } else { 405 };
            assert_eq!(page.status, expected, "{method} {path}: {}", page.summary());
        }
    }
}

#[tokio::test]
async fn it_is_a_sound_document() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let document = document(&app).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{}", document["openapi"]);
    for member in ["title", "version"] {
        assert!(document["info"][member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 5, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leaves the document"));
        assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference} leads nowhere");
    }
    let schemes = document["components"]["securitySchemes"].as_object().expect("security schemes");
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "{name}: its id is another's as well");
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {status}");
            assert!(status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)), "{name}: {status}");
            let content = response["content"].as_object();
            if status.starts_with(['4', '5']) && path != "/api/profile" {
                let content = content.unwrap_or_else(|| panic!("{name}: {status} says nothing"));
                assert_eq!(content.keys().collect::<Vec<_>>(), ["application/problem+json"], "{name}: {status}");
            }
            for media in content.into_iter().flat_map(|content| content.values()) {
                assert!(media["schema"].is_object(), "{name}: {status}");
            }
        }
        for need in operation["security"].as_array().expect("who may call") {
            assert!(need.as_object().is_some_and(|need| need.keys().all(|key| schemes.contains_key(key))), "{name}");
        }
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let in_path: Vec<_> = parameters.iter().filter(|one| one["in"] == "path").collect();
        assert_eq!(in_path.len(), path.matches('{').count(), "{name}");
        for one in in_path {
            let place = format!("{{{}}}", one["name"].as_str().unwrap_or_default());
            assert!(path.contains(&place) && one["required"] == true, "{name}: {place}");
        }
        let has_if_match = parameters.iter().any(|one| one["name"] == "If-Match" && one["required"] == true);
        let is_of_a_version = path == "/api/secure-data/{id}" && ["patch", "delete"].contains(&method);
        assert_eq!(has_if_match, is_of_a_version, "{name}");
        assert_eq!(operation.get("requestBody").is_some(), ["post", "patch"].contains(&method), "{name}");
    }
}

#[tokio::test]
async fn what_it_says_of_a_record_is_what_comes() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    provider.behave(|behaviour| {
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["user"]));
    });
    let browser = app.browser();
    browser.signed_in().await;
    let request = browser.request(Method::POST, browser.url("/api/secure-data")).fetch();
    let record = request.json(&json!({ "title": "t" })).send().await.json();
    let list = browser.get("/api/secure-data").await.json();
    let problem = browser.request(Method::POST, browser.url("/api/secure-data")).fetch();
    let problem = problem.json(&json!({ "title": "" })).send().await.json();
    let document = document(&app).await;
    let of = |schema: &str| {
        let schema = &document["components"]["schemas"][schema];
        let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{schema}"));
        properties.keys().cloned().collect::<BTreeSet<_>>()
    };
    let came = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(of("Record"), came(&record));
    assert_eq!(of("Summary"), came(&list["records"][0]));
    assert_eq!(of("RecordPage"), came(&list));
    assert_eq!(of("Owner"), came(&record["owner"]));
    assert_eq!(of("Actions"), came(&record["may"]));
    assert!(of("ProblemDocument").is_superset(&came(&problem)), "{problem}");
    assert_eq!(of("Fault"), came(&problem["errors"][0]));
    assert_eq!(of("NewRecord"), BTreeSet::from(["title", "body", "classification", "tags"].map(str::to_owned)));
    assert_eq!(of("RecordPatch"), of("NewRecord"));
}
