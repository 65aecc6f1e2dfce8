//! The JSON API keeps to the table; what it has not, the forms have.

use super::over_http::{Outcome, Way, keeps_to_the_table, unexpected};
use crate::support::{Browser, Page};
use axum::http::Method;
use portico::model::record::Closed;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_json_api_keeps_to_the_table() {
    keeps_to_the_table(&Api).await;
}

struct Api;

fn outcome(page: &Page) -> Outcome {
    match page.status.as_u16() {
        200 | 201 => Outcome::Done(page.json()),
        204 => Outcome::Done(json!(null)),
        403 => {
            let answer = page.json();
            let closed = [Closed::NoPermission, Closed::NeedsSecondFactor].map(Closed::sentence);
            if closed.contains(&answer["detail"].as_str().unwrap_or_default()) {
                Outcome::Closed
            } else {
                Outcome::Forbidden
            }
        }
        404 => Outcome::Missing,
        _ => unexpected(page),
    }
}

impl Way for Api {
    async fn list(&self, browser: &Browser, search: &str) -> Outcome {
        let mut url = browser.url("/api/secure-data");
        if !search.is_empty() {
            url.query_pairs_mut().append_pair("q", search);
        }
        outcome(&browser.request(Method::GET, url).fetch().send().await)
    }

    async fn open(&self, browser: &Browser, id: &str) -> Outcome {
        let url = browser.url(&format!("/api/secure-data/{id}"));
        outcome(&browser.request(Method::GET, url).fetch().send().await)
    }

    async fn create(&self, browser: &Browser, title: &str) -> Outcome {
        let request = browser.request(Method::POST, browser.url("/api/secure-data")).fetch();
        outcome(&request.json(&json!({ "title": title })).send().await)
    }

    async fn edit(&self, browser: &Browser, id: &str, version: u64, title: &str) -> Outcome {
        let request = browser.request(Method::PATCH, browser.url(&format!("/api/secure-data/{id}"))).fetch();
        let request = request.header("if-match", &format!("\"{version}\""));
        outcome(&request.json(&json!({ "title": title })).send().await)
    }

    async fn delete(&self, browser: &Browser, id: &str, version: u64) -> Outcome {
        let request = browser.request(Method::DELETE, browser.url(&format!("/api/secure-data/{id}"))).fetch();
        outcome(&request.header("if-match", &format!("\"{version}\"")).send().await)
    }

    /// The form behind "Undo": it leads to the record, or to the list, which says that it is too late.
    async fn restore(&self, browser: &Browser, id: &str) -> Outcome {
        let page = browser.post(&format!("/data/{id}/restore"), &[]).await;
        if page.status == 403 {
            return Outcome::Closed;
        }
        match page.expect_local_redirect() {
            to if to == format!("/data/{id}?done=restored") => Outcome::Done(json!(null)),
            to if to == "/data?done=too-late" => Outcome::Missing,
            _ => unexpected(&page),
        }
    }
}
