//! People are kept as the sign-in service last described them, whatever it says.

use crate::store_support::{ISSUER, memory, person, session};
use chrono::{DateTime, TimeDelta, Utc};
use portico::{
    model::Person,
    server::store::{Entitlements, NewPerson, SessionKey, SessionRecord, Store},
};
use serde_json::{Map, Value, json};
use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A session nobody asks for.
fn any_session(now: DateTime<Utc>) -> SessionRecord {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut key = [0; 32];
    key[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    SessionRecord { key: SessionKey::from(key), ..session(0, now + TimeDelta::hours(1)) }
}

async fn sign_in(store: &Store, person: &NewPerson, now: DateTime<Utc>) -> Person {
    let saved = store.save_sign_in(person, any_session(now), None, now).await.unwrap();
    let read = store.person(&person.issuer, &person.subject).await.unwrap().expect("the person is there");
    assert_eq!(saved, read);
    read
}

/// What was said about the person, out of what is kept.
fn said(person: Person) -> NewPerson {
    NewPerson {
        issuer: person.issuer,
        subject: person.subject,
        name: person.name,
        nickname: person.nickname,
        given_name: person.given_name,
        family_name: person.family_name,
        picture: person.picture,
        email: person.email,
        email_verified: person.email_verified,
        locale: person.locale,
        updated_at: person.updated_at,
        provider: person.provider,
        app_metadata: person.app_metadata,
        user_metadata: person.user_metadata,
        claims: person.claims,
        token_permissions: person.token_permissions,
        entitlements: Entitlements::default(),
    }
}

fn full() -> NewPerson {
    NewPerson {
        name: Some("Ada Lovelace".into()),
        nickname: Some("ada".into()),
        given_name: Some("Ada".into()),
        family_name: Some("Lovelace".into()),
        picture: Some("https://images.example/ada.png".into()),
        email: Some("ada@example.com".into()),
        email_verified: true,
        locale: Some("en-GB".into()),
        updated_at: Some("2026-02-03T04:05:06.789Z".parse().unwrap()),
        app_metadata: object(json!({ "plan": "pro", "limits": { "seats": 5, "ratio": 0.25, "beta": null } })),
        user_metadata: object(json!({ "theme": "dark", "tags": ["a", 1, false, null, {}] })),
        claims: object(json!({ "https://app.example/roles": ["admin"], "authorization": { "groups": ["staff"] } })),
        ..person("auth0|ada")
    }
}

#[tokio::test]
async fn everything_that_was_said_is_kept() {
    let store = memory().await;
    let first: DateTime<Utc> = "2026-03-01T08:00:00.123456789Z".parse().unwrap();
    assert!(store.person(ISSUER, "auth0|ada").await.unwrap().is_none());
    let kept = sign_in(&store, &full(), first).await;
    assert_eq!((kept.created_at, kept.last_login), (first, first));
    assert_eq!(said(kept), full());

    let second = first + TimeDelta::days(3);
    let kept = sign_in(&store, &full(), second).await;
    assert_eq!((kept.created_at, kept.last_login), (first, second), "the first sign-in is remembered");
}

#[tokio::test]
async fn what_is_no_longer_said_is_gone() {
    let store = memory().await;
    let now = Utc::now();
    sign_in(&store, &full(), now).await;

    let less = NewPerson {
        app_metadata: object(json!({ "limits": { "seats": 5 } })),
        claims: object(json!({ "https://app.example/roles": [] })),
        email: Some("ada@new.example".into()),
        ..person("auth0|ada")
    };
    assert_eq!(said(sign_in(&store, &less, now).await), less);
    let nothing = person("auth0|ada");
    assert_eq!(said(sign_in(&store, &nothing, now).await), nothing);
}

#[tokio::test]
async fn hostile_and_long_values_come_back_as_they_were() {
    let store = memory().await;
    let hostile = [
        "<script>alert(1)</script>",
        "'; DELETE user; --",
        "`user`:⟨x⟩ $auth $person ${1} {{x}} \\u0000 \\",
        "user:admin",
        "d'2026-01-01T00:00:00Z'",
        "NONE",
        "null",
        "مرحبا \u{202e}drowssap\u{202c} 👩‍👩‍👧‍👦 e\u{301}",
        "a\0b",
        "\r\n\t\u{1b}[31m",
        &"0123456789abcdef".repeat(256),
    ];
    for text in hostile {
        let odd = NewPerson {
            name: Some(text.into()),
            nickname: Some(text.into()),
            email: Some(text.into()),
            locale: Some(text.into()),
            provider: text.into(),
            app_metadata: object(json!({ text: text, "id": text, "__proto__": { "constructor": text } })),
            user_metadata: object(json!({ "deep": [[[[{ text: [text] }]]]] })),
            claims: object(json!({ "": text, "a.b.c": text, "numbers": [0, -1, 1.5, 1e300, i64::MAX, i64::MIN] })),
            ..person("auth0|hostile")
        };
        assert_eq!(said(sign_in(&store, &odd, Utc::now()).await), odd);
    }
}

#[tokio::test]
async fn a_person_is_issuer_and_subject_exactly() {
    let store = memory().await;
    let subjects = [
        "auth0|a",
        "auth0|A",
        "auth0|a ",
        " auth0|a",
        "auth0|a\0",
        "auth0|a\0b",
        "auth0|á",
        "auth0|a\u{301}",
        "1",
        "[]",
        "a', 'b",
        "",
    ];
    let issuers = [ISSUER, "https://tenant.example", "https://other.example/"];
    for issuer in issuers {
        for subject in subjects {
            let one = NewPerson { issuer: issuer.into(), name: Some(format!("{issuer} {subject}")), ..person(subject) };
            sign_in(&store, &one, Utc::now()).await;
        }
    }
    let mut names = HashSet::new();
    for issuer in issuers {
        for subject in subjects {
            let found = store.person(issuer, subject).await.unwrap().unwrap();
            assert_eq!(found.name.as_deref(), Some(format!("{issuer} {subject}").as_str()));
            names.insert(found.name);
        }
    }
    assert_eq!(names.len(), subjects.len() * issuers.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_sign_ins_of_one_person_at_once_all_succeed_and_leave_one_person() {
    let store = memory().await;
    let now: DateTime<Utc> = "2026-03-01T08:00:00Z".parse().unwrap();
    let sign_ins = (0..40).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let one = NewPerson { name: Some(format!("number {n}")), ..full() };
            let session = any_session(now);
            let key = session.key;
            store.save_sign_in(&one, session, None, now + TimeDelta::milliseconds(n)).await.map(|person| (person, key))
        })
    });
    let mut created = HashSet::new();
    for sign_in in sign_ins.collect::<Vec<_>>() {
        let (person, key) = sign_in.await.unwrap().expect("each of them succeeds");
        created.insert(person.created_at);
        let session = store.session(&key, now, now - TimeDelta::hours(1)).await.unwrap().expect("each has its session");
        assert_eq!(session.person.subject, "auth0|ada");
    }
    assert_eq!(created.len(), 1, "one of them was the first, and all the others saw it");
}
