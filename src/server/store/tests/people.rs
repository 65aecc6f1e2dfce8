//! People with connections of their own, for the tests of what these may do.

use super::super::{
    Actor, Entitlements, Factor, NewPerson, Records, SessionKey, Store, call, handles::PersonConnection,
    people::record_id,
};
use super::fixtures::{ISSUER, person, session, settings};
use crate::model::{
    Permission,
    record::{Classification, Draft, RecordId},
};
use chrono::{TimeDelta, Utc};
use std::sync::Arc;
use surrealdb::types::{RecordId as Link, SurrealValue as _, ToSql as _, Value, Variables};
use ulid::Ulid;

pub async fn memory() -> Arc<Store> {
    Arc::new(Store::connect(&settings("mem://")).await.unwrap())
}

/// What somebody may do, with and without a second factor.
pub fn may(permissions: &[Permission], group: &str) -> Entitlements {
    Entitlements {
        single_factor: permissions.iter().copied().collect(),
        second_factor: permissions.iter().copied().collect(),
        groups: vec![group.to_owned()],
        policy: "a test's".into(),
    }
}

/// Signs somebody in whose e-mail address is verified.
pub async fn sign_in(store: &Store, subject: &str, entitlements: Entitlements) {
    sign_in_as(store, NewPerson { email_verified: true, entitlements, ..person(subject) }).await;
}

pub async fn sign_in_as(store: &Store, person: NewPerson) {
    let now = Utc::now();
    let mut key = [0; 32];
    key[..16].copy_from_slice(&Ulid::new().to_bytes());
    let session = super::SessionRecord { key: SessionKey::from(key), ..session(0, now + TimeDelta::hours(1)) };
    store.save_sign_in(&person, session, None, now).await.unwrap();
}

pub fn user(subject: &str) -> Link {
    record_id(ISSUER, subject)
}

/// A connection of theirs, on which anything can be said.
pub async fn connection(store: &Store, subject: &str) -> PersonConnection {
    store.handles.person(&user(subject), Factor::SingleFactor).await.unwrap()
}

pub async fn records(store: &Store, subject: &str) -> Records {
    store.records(&Actor { issuer: ISSUER, subject, factor: Factor::SingleFactor }).await.unwrap()
}

pub fn draft(title: &str) -> Draft {
    Draft::check(title, "A text.", Classification::Internal, vec!["tag".into()]).unwrap()
}

pub fn new_id() -> RecordId {
    Ulid::new().to_string().parse().unwrap()
}

pub async fn create(records: &Records, title: &str) -> RecordId {
    let id = new_id();
    records.create(&id, &draft(title), Utc::now()).await.unwrap().unwrap();
    id
}

/// Runs a statement as the service, and gives its rows, or its one value.
pub async fn as_service(store: &Store, text: &'static str, variables: Variables) -> Vec<Value> {
    call::run(&store.handles, super::CALL_LIMIT, text, variables).await.unwrap().rows(0).unwrap()
}

/// What the database says about itself.
pub async fn info(store: &Store) -> Value {
    as_service(store, "INFO FOR DB", Variables::new()).await.remove(0)
}

/// Everything in the database.
pub async fn everything(store: &Store) -> String {
    const TEXT: &str = "RETURN [(SELECT * FROM user), (SELECT * FROM session), (SELECT * FROM secure_data),
        (SELECT * FROM kept_form), (SELECT * FROM migration), (SELECT * FROM audit)]";
    as_service(store, TEXT, Variables::new()).await.into_value().to_sql()
}
