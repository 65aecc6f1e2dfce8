//! The audit log only grows, whoever writes to it, until an entry's time is over.

use super::super::{AuditRow, StoreError};
use super::people::{as_service, connection, may, memory, sign_in};
use super::{CALL_LIMIT, call};
use crate::model::Permission;
use chrono::{TimeDelta, Utc};
use serde_json::json;
use surrealdb::types::{Value, Variables};

fn row(key: &str, kept_for: TimeDelta) -> AuditRow {
    AuditRow {
        key: key.to_owned(),
        at: Utc::now(),
        event: "signed_in".to_owned(),
        details: json!({ "methods": ["pwd"] }).as_object().unwrap().clone(),
        issuer: "https://tenant.example/".to_owned(),
        subject: Some("auth0|ada".to_owned()),
        session: None,
        network: Some("203.0.113.0/24".to_owned()),
        request: None,
        keep_until: Utc::now() + kept_for,
    }
}

#[tokio::test]
async fn what_was_added_is_read_in_order() {
    let store = memory().await;
    let rows = ["01C", "01A", "01B"].map(|key| row(key, TimeDelta::days(1)));
    store.add_to_audit(rows.to_vec()).await.unwrap();
    store.add_to_audit(vec![]).await.unwrap();
    let keys = async |after: &str, before: &str, most| {
        let rows = store.audit(after, before, most).await.unwrap();
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    assert_eq!(keys("", "8", 10).await, ["01A", "01B", "01C"]);
    assert_eq!(keys("01A", "8", 1).await, ["01B"]);
    assert_eq!(keys("", "01B", 10).await, ["01A"]);
    let found = store.audit("01B", "8", 1).await.unwrap().remove(0);
    assert_eq!((found.details, found.network), (rows[0].details.clone(), rows[0].network.clone()));
    // The same id is no second entry, and nothing of the others is written.
    assert!(store.add_to_audit(vec![row("01D", TimeDelta::days(1)), row("01A", TimeDelta::days(1))]).await.is_err());
    assert_eq!(keys("01C", "8", 10).await, [] as [&str; 0]);
}

#[tokio::test]
async fn not_even_the_service_changes_an_entry_or_deletes_one_before_its_time() {
    let store = memory().await;
    store.add_to_audit(vec![row("01A", TimeDelta::days(1)), row("01B", TimeDelta::seconds(-1))]).await.unwrap();
    for statement in [
        "UPDATE audit SET event = 'other'",
        "UPDATE audit:`01A` SET subject = NONE",
        "UPDATE audit:`01A` SET keep_until = d'2000-01-01T00:00:00Z'",
        "UPDATE audit:`01A` MERGE { details: { methods: [] } }",
        "UPSERT audit:`01A` SET at = d'2000-01-01T00:00:00Z'",
        "UPDATE audit:`01B` SET event = 'other'",
        "DELETE audit:`01A`",
        "DELETE audit",
    ] {
        let refused = call::run(&store.handles, CALL_LIMIT, statement, Variables::new()).await;
        assert!(matches!(refused, Err(StoreError::Query(_))), "{statement}");
    }
    let rows = store.audit("", "8", 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.event.as_str()).collect::<Vec<_>>(), ["signed_in", "signed_in"]);

    assert_eq!(store.sweep_audit(Utc::now()).await.unwrap(), 1);
    let rows = store.audit("", "8", 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["01A"], "its time is not over");
}

#[tokio::test]
async fn a_sweep_takes_all_whose_time_is_over() {
    let store = memory().await;
    let old = (0..600).map(|n| row(&format!("01{n:03}"), TimeDelta::seconds(-1))).collect();
    store.add_to_audit(old).await.unwrap();
    store.add_to_audit(vec![row("02", TimeDelta::days(1))]).await.unwrap();
    assert_eq!(store.sweep_audit(Utc::now()).await.unwrap(), 600);
    assert_eq!(store.sweep_audit(Utc::now()).await.unwrap(), 0);
    assert_eq!(store.audit("", "8", 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn people_neither_read_nor_write_it() {
    let store = memory().await;
    sign_in(&store, "auth0|ada", may(&Permission::ALL, "blue")).await;
    store.add_to_audit(vec![row("01A", TimeDelta::days(1))]).await.unwrap();
    for statement in [
        "SELECT * FROM audit",
        "CREATE audit:mine SET key = 'mine'",
        "UPDATE audit SET event = 'other'",
        "DELETE audit",
    ] {
        let ada = connection(&store, "auth0|ada").await;
        let answer = ada.query(statement, Variables::new()).await.unwrap().rows::<Value>(0).unwrap();
        assert!(answer.is_empty(), "{statement}: {answer:?}");
    }
    let found = as_service(&store, "SELECT VALUE key FROM audit", Variables::new()).await;
    assert_eq!(found.len(), 1);
}
