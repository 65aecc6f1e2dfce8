//! The server functions keep to the table.

use super::over_http::{Outcome, Way, keeps_to_the_table, unexpected};
use crate::support::{Browser, Page};
use axum::http::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_functions_keep_to_the_table() {
    keeps_to_the_table(&ServerFunctions).await;
}

struct ServerFunctions;

/// Calls one that writes, as the page's script does.
async fn call(browser: &Browser, name: &str, arguments: Value) -> Outcome {
    outcome(&browser.call(Method::POST, browser.url(&format!("/rpc/{name}"))).json(&arguments).send().await)
}

fn outcome(page: &Page) -> Outcome {
    let answer = page.json();
    match (page.status.as_u16(), answer.as_str()) {
        (200, Some("gone")) => Outcome::Missing,
        (200, Some("forbidden")) => Outcome::Forbidden,
        (200, None) => match answer.get("done") {
            Some(record) => Outcome::Done(record.clone()),
            // One that reads answers with what it has read.
            None if answer.get("invalid").is_none() && answer.get("changed").is_none() => Outcome::Done(answer),
            None => unexpected(page),
        },
        (403, _) if answer["kind"] == "forbidden" => Outcome::Closed,
        (404, _) if answer["kind"] == "not_found" => Outcome::Missing,
        _ => unexpected(page),
    }
}

fn form(title: &str, version: &str) -> Value {
    json!({ "title": title, "body": "A text.", "classification": "internal", "tags": "", "version": version })
}

impl Way for ServerFunctions {
    async fn list(&self, browser: &Browser, search: &str) -> Outcome {
        let mut url = browser.url("/rpc/list_records");
        if !search.is_empty() {
            url.query_pairs_mut().append_pair("search", search);
        }
        outcome(&browser.call(Method::GET, url).send().await)
    }

    async fn open(&self, browser: &Browser, id: &str) -> Outcome {
        let url = browser.url(&format!("/rpc/record?id={id}"));
        outcome(&browser.call(Method::GET, url).send().await)
    }

    async fn create(&self, browser: &Browser, title: &str) -> Outcome {
        call(browser, "create_record", json!({ "form": form(title, "") })).await
    }

    async fn edit(&self, browser: &Browser, id: &str, version: u64, title: &str) -> Outcome {
        call(browser, "update_record", json!({ "id": id, "form": form(title, &version.to_string()) })).await
    }

    async fn delete(&self, browser: &Browser, id: &str, version: u64) -> Outcome {
        call(browser, "delete_record", json!({ "id": id, "version": version })).await
    }

    async fn restore(&self, browser: &Browser, id: &str) -> Outcome {
        call(browser, "restore_record", json!({ "id": id })).await
    }
}
