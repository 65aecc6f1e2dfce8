//! `portico audit` prints the audit log as JSON lines, all of it or what lies between two times.

use crate::support::{Database, Provider, TestApp};
use axum::http::Method;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    process::{Command, Output},
};

fn portico(arguments: &[&str], settings: &BTreeMap<String, String>) -> Output {
    let folder = tempfile::tempdir().expect("a folder can be made");
    Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(arguments)
        .env_clear()
        .envs(settings)
        .current_dir(folder.path())
        .output()
        .expect("the program runs")
}

/// The entries that were printed.
#[track_caller]
fn printed(output: &Output) -> Vec<Value> {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let lines = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn it_prints_what_the_api_says() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.person.insert("https://portico.example/roles".to_owned(), "admin".into());
        behaviour.amr = Some(vec!["pwd".into(), "mfa".into()]);
    });
    let database = Database::new();
    let mut app = TestApp::start(&provider, &[("SURREALDB_URL", &database.url())]).await;
    let browser = app.browser();
    for _ in 0..3 {
        browser.signed_in().await;
    }
    let page = browser.request(Method::GET, browser.url("/api/audit")).fetch().send().await.json();
    let entries = page["entries"].as_array().expect("entries").clone();
    assert_eq!(entries.len(), 4, "three sign-ins, and the roles of the first");
    app.stop().await;
    let mut settings = app.settings();
    settings.insert("SURREALDB_URL".to_owned(), database.copy());

    assert_eq!(printed(&portico(&["audit"], &settings)), entries);
    let time = |at: usize| entries[at]["at"].as_str().expect("a time");
    let since = printed(&portico(&["audit", "--since", time(2)], &settings));
    assert_eq!(since, entries[2..]);
    let until = printed(&portico(&["audit", "--until", time(2)], &settings));
    assert_eq!(until, entries[..2]);
    let none = portico(&["audit", "--since", time(2), "--until", time(2)], &settings);
    assert_eq!(printed(&none), [] as [Value; 0]);
}

#[test]
fn what_it_does_not_understand_it_says() {
    for arguments in [&["audit", "--since"][..], &["audit", "--since", "yesterday"], &["audit", "all"]] {
        let output = portico(arguments, &BTreeMap::new());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("Usage: portico"), "{arguments:?}");
    }
    let output = portico(&["audit"], &BTreeMap::new());
    assert_eq!(output.status.code(), Some(1), "without settings");
    assert!(output.stdout.is_empty());
}
