//! What is swept and what stays, how long something can be taken back, and how records are found.

use super::super::{
    RecordQuery,
    records::{LIST, LIST_OWN, LIST_TEAM, SEARCH},
};
use super::fixtures::ISSUER;
use super::people::{as_service, connection, create, may, memory, records, sign_in, user};
use crate::model::{Permission, record::Sees};
use chrono::{TimeDelta, Utc};
use surrealdb::types::{SurrealValue, ToSql as _, Value, Variables};

const ADA: &str = "auth0|ada";

#[tokio::test]
async fn only_what_was_deleted_long_enough_ago_is_swept() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    let ada = records(&store, ADA).await;
    let now = Utc::now();
    let limit = now - TimeDelta::minutes(10);
    let live = create(&ada, "live").await;
    let mut deleted = Vec::new();
    for at in [now, limit + TimeDelta::milliseconds(1), limit, limit - TimeDelta::days(400)] {
        let id = create(&ada, "deleted").await;
        ada.delete(&id, 1, at).await.unwrap().unwrap();
        deleted.push(id);
    }
    let back = create(&ada, "brought back").await;
    ada.delete(&back, 1, now - TimeDelta::minutes(20)).await.unwrap().unwrap();
    ada.restore(&back, now - TimeDelta::minutes(30)).await.unwrap().unwrap();

    assert_eq!(store.sweep_records(limit, now).await.unwrap(), 2);
    assert_eq!(store.sweep_records(limit, now).await.unwrap(), 0);
    let mut left = as_service(&store, "SELECT VALUE key FROM secure_data", Variables::new()).await;
    let mut expected = [&live, &deleted[0], &deleted[1], &back].map(|id| id.to_string().into_value());
    left.sort();
    expected.sort();
    assert_eq!(left, expected);
    assert!(ada.get(&live).await.unwrap().is_some() && ada.get(&back).await.unwrap().is_some());
}

#[tokio::test]
async fn a_sweep_of_more_than_one_batch_is_complete() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    let ada = records(&store, ADA).await;
    let now = Utc::now();
    for number in 0..8 {
        let id = create(&ada, "a title").await;
        if number > 0 {
            ada.delete(&id, 1, now).await.unwrap().unwrap();
        }
        store.keep_form(ISSUER, ADA, &format!("/data/{id}/edit"), b"sealed".to_vec(), now).await.unwrap();
    }
    assert_eq!(store.sweep_records_in_batches(now, now, 3).await.unwrap(), 7 + 8);
    let left = as_service(&store, "SELECT VALUE deleted_at FROM secure_data", Variables::new()).await;
    assert_eq!(left, [Value::None]);
}

#[tokio::test]
async fn kept_forms_last_until_they_expire() {
    let store = memory().await;
    let now = Utc::now();
    let (soon, later) = (now + TimeDelta::minutes(1), now + TimeDelta::minutes(30));
    store.keep_form(ISSUER, ADA, "/data/new", b"one".to_vec(), soon).await.unwrap();
    store.keep_form(ISSUER, ADA, "/data/x/edit", b"two".to_vec(), later).await.unwrap();
    store.keep_form(ISSUER, "auth0|ben", "/data/x/edit", b"three".to_vec(), later).await.unwrap();
    let kept = async |address: &str, at| store.kept_form(ISSUER, ADA, address, at).await.unwrap();
    assert_eq!(kept("/data/new", now).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(kept("/data/new", soon).await, None, "it is over, whether it is swept or not");
    assert_eq!(store.kept_form("https://other.example/", ADA, "/data/new", now).await.unwrap(), None);

    assert_eq!(store.sweep_records(now - TimeDelta::minutes(10), soon).await.unwrap(), 1);
    assert_eq!(kept("/data/new", now).await, None);
    assert_eq!(kept("/data/x/edit", now).await.as_deref(), Some(&b"two"[..]));
    // The newest takes the place of the one before.
    store.keep_form(ISSUER, ADA, "/data/x/edit", b"four".to_vec(), later).await.unwrap();
    assert_eq!(kept("/data/x/edit", now).await.as_deref(), Some(&b"four"[..]));
    store.forget_form(ISSUER, ADA, "/data/x/edit").await.unwrap();
    assert_eq!(kept("/data/x/edit", now).await, None);
    let his = store.kept_form(ISSUER, "auth0|ben", "/data/x/edit", now).await.unwrap();
    assert_eq!(his.as_deref(), Some(&b"three"[..]), "another's is another one");
}

#[tokio::test]
async fn what_was_deleted_too_long_ago_cannot_be_brought_back() {
    let store = memory().await;
    for subject in [ADA, "auth0|ben"] {
        sign_in(&store, subject, may(&Permission::ALL, "blue")).await;
    }
    let (ada, ben) = (records(&store, ADA).await, records(&store, "auth0|ben").await);
    let id = create(&ada, "a title").await;
    let at = Utc::now() - TimeDelta::minutes(10);
    ada.delete(&id, 1, at).await.unwrap().unwrap();
    for since in [at, at + TimeDelta::seconds(1)] {
        assert_eq!(ada.deleted(&id, since).await.unwrap(), None);
        assert_eq!(ada.restore(&id, since).await.unwrap(), None);
    }
    let in_time = at - TimeDelta::seconds(1);
    assert_eq!(ben.deleted(&id, in_time).await.unwrap(), None, "only whoever has deleted it");
    assert_eq!(ben.restore(&id, in_time).await.unwrap(), None);
    assert_eq!(ada.get(&id).await.unwrap(), None, "until then it is not there");
    assert_eq!(ada.update(&id, 2, &super::people::draft("other"), at).await.unwrap(), None);
    assert_eq!(ada.delete(&id, 2, at).await.unwrap(), None);
    assert_eq!(ada.deleted(&id, in_time).await.unwrap().unwrap().title, "a title");
    let back = ada.restore(&id, in_time).await.unwrap().unwrap();
    assert_eq!((back.title.as_str(), back.version, back.deleted_at), ("a title", 3, None));
    assert_eq!(ada.restore(&id, in_time).await.unwrap(), None, "once");
    assert!(ben.get(&id).await.unwrap().is_some());
}

#[tokio::test]
async fn lists_and_searches_use_an_index() {
    let store = memory().await;
    sign_in(&store, ADA, may(&Permission::ALL, "blue")).await;
    let ada = connection(&store, ADA).await;
    let variables = Variables::from_iter([
        ("most".to_owned(), 26.into_value()),
        ("before".to_owned(), "8".to_owned().into_value()),
        ("mine".to_owned(), user(ADA).to_sql().into_value()),
        ("theirs".to_owned(), vec![user(ADA).to_sql(), user("auth0|ben").to_sql()].into_value()),
        ("search".to_owned(), "word".to_owned().into_value()),
    ]);
    for (text, expected) in [
        (LIST, &["IndexScan [ctx: Db] [index: secure_data_key", "limit: $most"][..]),
        (LIST_OWN, &["IndexScan [ctx: Db] [index: secure_data_owner", "limit: $most"]),
        (LIST_TEAM, &["UnionIndexScan", "IndexScan [ctx: Db] [index: secure_data_owner"]),
        (SEARCH, &["FullTextScan [ctx: Db] [index: secure_data_title", "secure_data_tags", "secure_data_body"]),
    ] {
        let explain: &'static str = Box::leak(format!("EXPLAIN {text}").into_boxed_str());
        let plan = ada.query(explain, variables.clone()).await.unwrap().row::<Value>(0).unwrap().unwrap().to_sql();
        for part in expected {
            assert!(plan.contains(part), "{text}: {plan}");
        }
        assert!(!plan.contains("TableScan"), "{text}: {plan}");
    }
}

#[tokio::test]
async fn a_person_without_records_of_their_own_lists_none_of_others() {
    let store = memory().await;
    sign_in(&store, ADA, may(&[Permission::WriteOwn], "blue")).await;
    sign_in(&store, "auth0|ben", may(&[Permission::WriteOwn], "blue")).await;
    let his = create(&records(&store, "auth0|ben").await, "word").await;
    let ada = records(&store, ADA).await;
    for sees in [Sees::All, Sees::Team, Sees::Own, Sees::Nothing] {
        for search in ["", "word", "text", "tag"] {
            let query = RecordQuery { search: search.into(), before: None, sees };
            assert_eq!(ada.list(&query).await.unwrap(), [], "{sees:?} {search:?}");
        }
    }
    assert_eq!(ada.get(&his).await.unwrap(), None);
}
