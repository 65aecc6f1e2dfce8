//! Where permissions come from, and that a change of it reaches everybody: the access token, the policy
//! file at a restart, and the administrator who shuts somebody out.

use crate::support::{Browser, Database, Endpoint, Page, Provider, TestApp};
use axum::http::Method;
use portico::model::record::Closed;
use serde_json::{Value, json};
use std::{fs, path::Path};
use surrealdb::{
    engine::any,
    opt::{Config, auth::Root, capabilities::Capabilities},
};
use tempfile::TempDir;

const AUDIENCE: &str = "https://api.portico.example/";

/// Signs somebody in whose access token carries these permissions.
async fn sign_in(provider: &Provider, browser: &Browser, permissions: &[&str], second_factor: bool) {
    provider.behave(|behaviour| {
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["user"]));
        behaviour.access_token.claims.set("permissions", json!(permissions));
        behaviour.amr = Some(["pwd", "mfa"].iter().take(1 + usize::from(second_factor)).map(|&m| m.into()).collect());
    });
    browser.sign_in("/data").await.expect_redirect();
    assert!(browser.is_signed_in().await);
}

/// Stops it and starts it again over what is in its database.
async fn restart(mut app: TestApp, database: &Database) -> TestApp {
    app.stop().await;
    let url = database.copy();
    app.restart(&[("SURREALDB_URL", &url)]).await
}

async fn create(browser: &Browser) -> String {
    let request = browser.request(Method::POST, browser.url("/api/secure-data")).fetch();
    let page = request.json(&json!({ "title": "A plan" })).send().await;
    assert_eq!(page.status, 201, "{}", page.summary());
    page.json()["id"].as_str().expect("an id").to_owned()
}

async fn delete(browser: &Browser, id: &str) -> Page {
    let request = browser.request(Method::DELETE, browser.url(&format!("/api/secure-data/{id}"))).fetch();
    request.header("if-match", "*").send().await
}

async fn edit(browser: &Browser, id: &str) -> Page {
    let request = browser.request(Method::PATCH, browser.url(&format!("/api/secure-data/{id}"))).fetch();
    request.header("if-match", "*").json(&json!({ "title": "Another" })).send().await
}

/// What this person is told that they may do with a record.
async fn may(browser: &Browser, id: &str) -> Value {
    browser.get(&format!("/api/secure-data/{id}")).await.json()["may"].clone()
}

/// A folder with a policy file in it.
fn policy(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("policy.toml");
    write(&path, text);
    let path = path.to_str().expect("a path in UTF-8").to_owned();
    (folder, path)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file can be written");
}

#[tokio::test]
async fn permissions_of_the_access_token_count_where_the_operator_says_so() {
    let (_folder, path) = policy(
        "levels = [\"user\"]\n[roles]\nuser = [\"read\", \"write_own\"]\ncleaner = [\"delete\"]\nboss = [\"write\"]\n\
         [second_factor]\nroles = [\"boss\"]\nmethods = [\"mfa\"]\n",
    );
    for (setting, counts) in [("true", true), ("false", false)] {
        let provider = Provider::start().await;
        let settings =
            [("AUTH0_AUDIENCE", AUDIENCE), ("PERMISSIONS_FROM_TOKEN", setting), ("PORTICO_POLICY", path.as_str())];
        let app = TestApp::start(&provider, &settings).await;
        let browser = app.browser();
        sign_in(&provider, &browser, &["delete", "admin", "no such permission"], false).await;
        let id = create(&browser).await;
        assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": counts }), "{setting}");
        // The database says the same.
        assert_eq!(delete(&browser, &id).await.status, if counts { 204 } else { 403 }, "{setting}");

        // With the next sign-in it is gone.
        let id = create(&browser).await;
        sign_in(&provider, &browser, &[], false).await;
        assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": false }), "{setting}");
        assert_eq!(delete(&browser, &id).await.status, 403, "{setting}");
    }
}

#[tokio::test]
async fn a_token_carries_nothing_past_the_second_factor() {
    // By the policy that is built in, only administrators delete, and they need a second factor.
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", AUDIENCE), ("PERMISSIONS_FROM_TOKEN", "true")]).await;
    let browser = app.browser();
    sign_in(&provider, &browser, &["delete"], false).await;
    let id = create(&browser).await;
    assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": false }));
    assert_eq!(delete(&browser, &id).await.status, 403);
    sign_in(&provider, &browser, &["delete"], true).await;
    assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": true }));
    assert_eq!(delete(&browser, &id).await.status, 204);
}

#[tokio::test]
async fn a_token_that_is_sent_carries_no_permissions_of_its_own() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("AUTH0_AUDIENCE", AUDIENCE), ("PERMISSIONS_FROM_TOKEN", "true")]).await;
    let browser = app.browser();
    sign_in(&provider, &browser, &[], false).await;
    let id = create(&browser).await;
    // What counts is what the last sign-in brought: the database knows of nothing else.
    let token = provider.access_token(AUDIENCE, |token| {
        token.claims.set("permissions", json!(["delete", "write"])).set("amr", json!(["mfa"]));
    });
    let script = app.browser();
    let request = script.request(Method::DELETE, script.url(&format!("/api/secure-data/{id}"))).fetch();
    let page = request.header("authorization", &format!("Bearer {token}")).header("if-match", "*").send().await;
    assert_eq!(page.status, 403, "{}", page.summary());
    assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": false }));
}

#[tokio::test]
async fn another_policy_holds_for_those_who_are_signed_in() {
    let text = |user: &str| {
        format!("levels = [\"user\"]\n[roles]\nuser = [{user}]\n[second_factor]\nroles = []\nmethods = [\"mfa\"]\n")
    };
    let (_folder, path) = policy(&text("\"read\", \"write_own\""));
    let database = Database::new();
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("SURREALDB_URL", &database.url()), ("PORTICO_POLICY", &path)]).await;
    let browser = app.browser();
    sign_in(&provider, &browser, &[], false).await;
    let id = create(&browser).await;
    assert_eq!(edit(&browser, &id).await.status, 200);

    write(Path::new(&path), &text("\"read\""));
    let app = restart(app, &database).await;
    assert!(browser.is_signed_in().await, "they have not signed in again");
    assert_eq!(may(&browser, &id).await, json!({ "edit": false, "delete": false }));
    assert_eq!((edit(&browser, &id).await.status.as_u16(), delete(&browser, &id).await.status.as_u16()), (403, 403));

    write(Path::new(&path), &text("\"admin\""));
    let app = restart(app, &database).await;
    let page = browser.get("/data").await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains(Closed::NoPermission.sentence()), "{}", page.body);

    write(Path::new(&path), &text("\"read\", \"write\", \"delete\""));
    let app = restart(app, &database).await;
    assert_eq!(may(&browser, &id).await, json!({ "edit": true, "delete": true }));
    assert_eq!((edit(&browser, &id).await.status.as_u16(), delete(&browser, &id).await.status.as_u16()), (200, 204));
    assert_eq!(provider.count(Endpoint::Token), 1, "in all of this they have signed in once");
    drop(app);
}

#[tokio::test]
async fn who_is_disabled_is_shut_out_of_records_and_stays_signed_in() {
    let database = Database::new();
    let provider = Provider::start().await;
    let mut app = TestApp::start(&provider, &[("SURREALDB_URL", &database.url())]).await;
    let browser = app.browser();
    sign_in(&provider, &browser, &[], false).await;
    let id = create(&browser).await;
    app.stop().await;

    let settings = app.settings();
    let root = Root { username: settings["SURREALDB_USER"].clone(), password: settings["SURREALDB_PASSWORD"].clone() };
    let config = Config::new().user(root.clone()).capabilities(Capabilities::none());
    let raw = any::connect((database.copy(), config)).await.expect("the database opens");
    raw.signin(root).await.expect("the user is let in");
    raw.use_ns(&settings["SURREALDB_NS"]).use_db(&settings["SURREALDB_DB"]).await.expect("the database is there");
    raw.query("UPDATE user SET disabled = true").await.expect("it answers").check().expect("it is done");
    drop(raw);
    let app = restart(app, &database).await;
    assert!(browser.is_signed_in().await);
    let page = browser.get(&format!("/data/{id}")).await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains(Closed::Disabled.sentence()), "{}", page.body);
    assert_eq!(edit(&browser, &id).await.json()["detail"], Closed::Disabled.sentence());
    // Signing in again does not help.
    sign_in(&provider, &browser, &[], true).await;
    assert_eq!(browser.get("/data").await.status, 403);
    assert_eq!(browser.get("/profile").await.status, 200);
    drop(app);
}
