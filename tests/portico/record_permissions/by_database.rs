//! The database alone keeps to the table: nothing of the service's own checks is asked.

use super::table::{POLICY, Row, Whose, rows};
use crate::store_support::{ISSUER, memory, person, session};
use chrono::{DateTime, TimeDelta, Utc};
use portico::{
    model::{
        Permission,
        record::{Classification, Draft, RecordId, Sees},
    },
    server::{
        access::{Policy, RoleClaims},
        settings::AccessSettings,
        standing,
        store::{Actor, Entitlements, Factor, NewPerson, RecordQuery, Records, SessionKey, SessionRecord, Store},
    },
};
use serde_json::{Map, json};
use std::{collections::BTreeSet, time::Duration};
use ulid::Ulid;

const TEAM: &str = "blue";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_alone_keeps_to_the_table() {
    let store = memory().await;
    sign_in(&store, "auth0|observer", "nobody's").await;
    sign_in(&store, "auth0|mate", TEAM).await;
    sign_in(&store, "auth0|stranger", "red").await;
    for (number, row) in rows().iter().enumerate() {
        let subject = format!("auth0|row-{number}");
        // Under every permission, so that there is something of their own, and something they deleted.
        sign_in(&store, &subject, TEAM).await;
        // A connection is good for a minute.
        let connect = async |subject: &str| records(&store, subject, Factor::SingleFactor).await;
        let (full, observer) = (connect(&subject).await, connect("auth0|observer").await);
        let (mate, stranger) = (connect("auth0|mate").await, connect("auth0|stranger").await);
        let mut live = Vec::new();
        let mut deleted = Vec::new();
        for owner in [&full, &mate, &stranger] {
            live.push(create(owner, "live").await);
            let id = create(owner, "deleted").await;
            full.delete(&id, 1, Utc::now()).await.unwrap().expect("they may for now");
            deleted.push(id);
        }
        entitle(&store, &subject, row).await;
        let factor = if row.second_factor { Factor::SecondFactor } else { Factor::SingleFactor };
        let case = Case { row, records: records(&store, &subject, factor).await, observer: &observer };
        case.lists(&live, &deleted).await;
        case.creates().await;
        for whose in Whose::ALL {
            case.opens_edits_and_deletes(whose, &live[whose as usize]).await;
            case.restores(whose, &deleted[whose as usize]).await;
        }
        // Nothing of this is in the way of the next row.
        entitle_to(&store, &subject, &Entitlements::default()).await;
    }
}

/// A row's person, let in by the database.
struct Case<'a> {
    row: &'a Row,
    records: Records,
    /// Sees everything.
    observer: &'a Records,
}

impl Case<'_> {
    async fn lists(&self, live: &[RecordId], deleted: &[RecordId]) {
        let name = self.row.name();
        let expected = self.row.all_with('l');
        for search in ["", "live", "text"] {
            let mut widest = Vec::new();
            for sees in [Sees::All, Sees::Team, Sees::Own, Sees::Nothing] {
                let query = RecordQuery { search: search.to_owned(), before: None, sees };
                let found = self.records.list(&query).await.unwrap();
                let seen: Vec<_> =
                    Whose::ALL.into_iter().filter(|whose| contains(&found, &live[*whose as usize])).collect();
                assert!(
                    seen.iter().all(|whose| expected.contains(whose)),
                    "{name}: {sees:?} of {search:?} shows {seen:?}, never more than {expected:?}"
                );
                assert!(!deleted.iter().any(|id| contains(&found, id)), "{name}: nothing that is deleted");
                widest.extend(seen);
            }
            widest.sort_unstable();
            widest.dedup();
            assert_eq!(widest, expected, "{name}: {search:?}");
        }
    }

    async fn creates(&self) {
        let id = new_id();
        let created = self.records.create(&id, &draft("new"), Utc::now()).await.unwrap();
        let found = self.observer.get(&id).await.unwrap();
        assert_eq!(created.is_some(), self.row.creates, "{}: create", self.row.name());
        assert_eq!(found.is_some(), self.row.creates, "{}: create", self.row.name());
        if let Some(created) = created {
            assert!(created.is_mine && created.version == 1, "{created:?}");
        }
    }

    async fn opens_edits_and_deletes(&self, whose: Whose, id: &RecordId) {
        let name = format!("{}: {whose:?}", self.row.name());
        let before = self.observer.get(id).await.unwrap().expect("it is there");
        let opened = self.records.get(id).await.unwrap();
        assert_eq!(opened.is_some(), self.row.allows('o', whose), "{name}: open");

        let edited = self.records.update(id, before.version, &draft("changed"), Utc::now()).await.unwrap();
        let after = self.observer.get(id).await.unwrap().expect("it is there");
        if self.row.allows('e', whose) {
            assert_eq!(edited.map(|record| record.title).as_deref(), Some("changed"), "{name}: edit");
            assert_eq!((after.title.as_str(), after.version), ("changed", before.version + 1), "{name}: edit");
        } else {
            assert_eq!((edited, &after), (None, &before), "{name}: edit");
        }

        let gone = self.records.delete(id, after.version, Utc::now()).await.unwrap();
        let left = self.observer.get(id).await.unwrap();
        if self.row.allows('d', whose) {
            assert!(gone.is_some() && left.is_none(), "{name}: delete");
        } else {
            assert_eq!((gone, left), (None, Some(after)), "{name}: delete");
        }
    }

    async fn restores(&self, whose: Whose, id: &RecordId) {
        let name = format!("{}: {whose:?}: restore", self.row.name());
        let allowed = self.row.allows('r', whose);
        let restored = self.records.restore(id, Utc::now() - TimeDelta::minutes(10)).await.unwrap();
        assert_eq!(restored.map(|record| record.version), allowed.then_some(3), "{name}");
        assert_eq!(self.observer.get(id).await.unwrap().is_some(), allowed, "{name}");
    }
}

fn contains(found: &[portico::server::store::StoredRecord], id: &RecordId) -> bool {
    found.iter().any(|record| record.id == *id)
}

fn draft(title: &str) -> Draft {
    Draft::check(title, "A text.", Classification::Internal, vec![]).unwrap()
}

fn new_id() -> RecordId {
    Ulid::new().to_string().parse().unwrap()
}

async fn create(owner: &Records, title: &str) -> RecordId {
    let id = new_id();
    owner.create(&id, &draft(title), Utc::now()).await.unwrap().expect("they may");
    id
}

async fn records(store: &Store, subject: &str, factor: Factor) -> Records {
    store.records(&Actor { issuer: ISSUER, subject, factor }).await.expect("the database lets them in")
}

/// Somebody who may do everything, in that group.
async fn sign_in(store: &Store, subject: &str, group: &str) {
    let everything: BTreeSet<_> = Permission::ALL.into();
    let entitlements = Entitlements {
        single_factor: everything.clone(),
        second_factor: everything,
        groups: vec![group.to_owned()],
        policy: "a test's".into(),
    };
    let new = NewPerson { email_verified: true, entitlements, ..person(subject) };
    let now = Utc::now();
    store.save_sign_in(&new, any_session(now), None, now).await.unwrap();
}

fn any_session(now: DateTime<Utc>) -> SessionRecord {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&Ulid::new().to_bytes());
    SessionRecord { key: SessionKey::from(key), ..session(0, now + TimeDelta::hours(1)) }
}

/// What a sign-in with the row's roles would write.
async fn entitle(store: &Store, subject: &str, row: &Row) {
    let settings = AccessSettings {
        policy: Policy::from_toml(POLICY).unwrap(),
        roles: RoleClaims { default_role: None, ..RoleClaims::default() },
        permissions_from_token: false,
        second_factor_max_age: Duration::from_secs(3600),
    };
    let claims = Map::from_iter([("roles".to_owned(), json!(row.roles())), ("groups".to_owned(), json!([TEAM]))]);
    let new = NewPerson { claims, ..person(subject) };
    entitle_to(store, subject, &standing::entitlements_of_new(&settings, &new)).await;
}

async fn entitle_to(store: &Store, subject: &str, entitlements: &Entitlements) {
    assert!(store.entitle(ISSUER, subject, entitlements).await.unwrap());
}
