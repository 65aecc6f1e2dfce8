//! `portico check`: one line a question, and the remedy where the answer is no.

use crate::support::{Answer, Endpoint, Provider, keys::Key, settings};
use portico::server::{
    check::{self, Finding},
    settings::Settings,
};
use std::collections::BTreeMap;

const ORIGIN: &str = "http://localhost:8080";

/// Runs the check as the program does: on threads with a stack that the database can work with.
async fn check(settings: BTreeMap<String, String>) -> Vec<Finding> {
    tokio::task::spawn_blocking(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_stack_size(10 << 20)
            .enable_all()
            .build()
            .expect("a runtime starts");
        runtime.block_on(async {
            tokio::spawn(check::run(Settings::from_pairs(settings))).await.expect("the check does not panic")
        })
    })
    .await
    .expect("the check ends")
}

/// What is wrong: `(question, remedy)`.
fn faults(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().filter_map(|finding| Some((finding.what, finding.outcome.as_ref().err()?.as_str()))).collect()
}

#[tokio::test]
async fn a_good_configuration_has_no_fault() {
    let provider = Provider::start().await;
    provider.register(ORIGIN);
    let settings = settings(&provider, ORIGIN);
    let findings = check(settings.clone()).await;
    assert_eq!(faults(&findings), [], "{findings:#?}");
    let questions: Vec<_> = findings.iter().map(|finding| finding.what).collect();
    let expected = ["settings", "callback URL", "discovery", "key set", "client credentials", "directory", "database"];
    assert_eq!(questions, expected);
    assert!(findings.iter().all(|finding| finding.to_string().lines().count() == 1), "one line each: {findings:#?}");
    assert_eq!(provider.count(Endpoint::Authorize), 0, "nobody is signed in for it");
    let text = format!("{findings:?}");
    for name in ["AUTH0_CLIENT_SECRET", "SURREALDB_PASSWORD", "PORTICO_SECRET"] {
        assert!(!text.contains(&settings[name]), "{name} is shown: {text}");
    }
}

#[tokio::test]
async fn all_faults_of_the_settings_are_findings() {
    let findings = check(BTreeMap::new()).await;
    assert!(findings.len() >= 10, "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.outcome.is_err()), "{findings:#?}");
}

#[tokio::test]
async fn a_provider_that_is_down_does_not_hide_the_database() {
    let provider = Provider::start().await;
    provider.go_down().await;
    let findings = check(settings(&provider, ORIGIN)).await;
    let faults = faults(&findings);
    assert_eq!(faults.len(), 1, "{findings:#?}");
    assert_eq!(faults[0].0, "discovery");
    assert!(faults[0].1.contains("AUTH0_DOMAIN") && faults[0].1.contains(provider.issuer()), "{faults:?}");
    assert!(findings.iter().any(|finding| finding.what == "database" && finding.outcome.is_ok()), "{findings:#?}");
}

#[tokio::test]
async fn a_wrong_client_secret_is_found() {
    let provider = Provider::start().await;
    let mut settings = settings(&provider, ORIGIN);
    settings.insert("AUTH0_CLIENT_SECRET".into(), "a-wrong-one".into());
    let findings = check(settings).await;
    let faults = faults(&findings);
    assert_eq!(faults.len(), 1, "{findings:#?}");
    assert_eq!(faults[0].0, "client credentials");
    assert!(faults[0].1.contains("invalid_client") && faults[0].1.contains("AUTH0_CLIENT_SECRET"), "{faults:?}");
    assert!(!faults[0].1.contains("a-wrong-one"));
}

#[tokio::test]
async fn an_issuer_without_its_slash_is_found() {
    let provider = Provider::start().await;
    let mut settings = settings(&provider, ORIGIN);
    settings.insert("OIDC_ISSUER".into(), provider.issuer().trim_end_matches('/').to_owned());
    let findings = check(settings).await;
    let faults = faults(&findings);
    assert_eq!(faults.len(), 1, "{findings:#?}");
    assert!(faults[0].0 == "discovery" && faults[0].1.contains("slash"), "{faults:?}");
}

#[tokio::test]
async fn a_tenant_that_signs_with_something_else_is_found() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| behaviour.published_keys = vec![Key::Elliptic]);
    let findings = check(settings(&provider, ORIGIN)).await;
    let faults = faults(&findings);
    assert_eq!(faults.len(), 1, "{findings:#?}");
    assert!(faults[0].0 == "key set" && faults[0].1.contains("RS256"), "{faults:?}");
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_found() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::Text(500, "text/plain", "no".into())));
    let findings = check(settings(&provider, ORIGIN)).await;
    let faults = faults(&findings);
    assert_eq!(faults.len(), 1, "{findings:#?}");
    assert!(faults[0].0 == "client credentials" && faults[0].1.contains("500"), "{faults:?}");
}
