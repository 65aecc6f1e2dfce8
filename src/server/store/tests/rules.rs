//! What the database does not do for a person, whatever statement is put on their own connection.

use super::super::{Entitlements, NewPerson, RecordQuery, Store, handles::PersonConnection};
use super::fixtures::{ISSUER, person};
use super::people::{
    as_service, connection, create, draft, everything, info, may, memory, new_id, records, sign_in, sign_in_as, user,
};
use crate::model::{Permission, record::Sees};
use chrono::{TimeDelta, Utc};
use serde_json::json;
use surrealdb::types::{RecordId as Link, SurrealValue, ToSql as _, Value, Variables};

const ADA: &str = "auth0|ada";
const BEN: &str = "auth0|ben";

/// A database with two people, a record of each, a session of each and a kept form of Ben's.
struct World {
    store: std::sync::Arc<Store>,
    ada: PersonConnection,
    variables: Variables,
}

impl World {
    async fn with(permissions: &[Permission]) -> Self {
        let store = memory().await;
        for subject in [ADA, BEN] {
            let about = json!({ "secret": format!("of {subject}") }).as_object().unwrap().clone();
            sign_in_as(
                &store,
                NewPerson {
                    name: Some(format!("Name of {subject}")),
                    given_name: Some(format!("secret of {subject}")),
                    family_name: Some(format!("secret of {subject}")),
                    email: Some(format!("secret-of-{subject}@people.example")),
                    email_verified: true,
                    locale: Some(format!("secret of {subject}")),
                    app_metadata: about.clone(),
                    user_metadata: about.clone(),
                    claims: about,
                    token_permissions: vec![format!("secret of {subject}")],
                    entitlements: may(&Permission::ALL, "blue"),
                    ..person(subject)
                },
            )
            .await;
        }
        let mine = create(&records(&store, ADA).await, "hers").await;
        let theirs = create(&records(&store, BEN).await, "his").await;
        store.keep_form(ISSUER, BEN, "/data/new", b"sealed".to_vec(), Utc::now() + TimeDelta::hours(1)).await.unwrap();
        assert!(store.entitle(ISSUER, ADA, &may(permissions, "blue")).await.unwrap());
        let ada = connection(&store, ADA).await;
        let record =
            |id: &crate::model::record::RecordId| Link::new("secure_data", id.as_str().to_owned()).into_value();
        let new = new_id();
        let variables = Variables::from_iter([
            ("mine".to_owned(), record(&mine)),
            ("theirs".to_owned(), record(&theirs)),
            ("new".to_owned(), record(&new)),
            ("key".to_owned(), new.to_string().into_value()),
            ("ada".to_owned(), user(ADA).into_value()),
            ("ben".to_owned(), user(BEN).into_value()),
        ]);
        Self { store, ada, variables }
    }

    async fn ask(&self, text: &'static str) -> String {
        let answer = self.answer(text).await;
        assert!(!answer.contains("Parse error"), "this says nothing: {text}: {answer}");
        answer
    }

    async fn answer(&self, text: &'static str) -> String {
        match self.ada.query(text, self.variables.clone()).await {
            Ok(mut answer) => answer.rows::<Value>(0).unwrap().into_value().to_sql(),
            Err(error) => format!("refused: {error}"),
        }
    }

    /// None of these may change anything at all.
    async fn nothing_comes_of(&self, statements: &[&'static str]) {
        let before = everything(&self.store).await;
        for text in statements {
            let answer = self.ask(text).await;
            assert_eq!(everything(&self.store).await, before, "{text}: {answer}");
        }
    }
}

#[tokio::test]
async fn nobody_writes_but_records() {
    let world = World::with(&Permission::ALL).await;
    world
        .nothing_comes_of(&[
            "UPDATE $ada SET permissions = { single_factor: ['admin'], second_factor: ['admin'] }",
            "UPDATE $ada SET permissions.single_factor += 'admin'",
            "UPDATE $ada MERGE { groups: ['red'], disabled: false, email_verified: true, policy: 'x' }",
            "UPDATE $ada SET name = 'Somebody else'",
            "UPDATE $ben SET disabled = true",
            "UPDATE user SET email = 'ada@people.example'",
            "UPSERT user:['https://tenant.example/', 'auth0|new'] SET issuer = 'x', subject = 'y'",
            "CREATE user:new SET issuer = 'x', subject = 'y'",
            "INSERT INTO user { id: user:new, issuer: 'x' }",
            "DELETE user",
            "DELETE $ben",
            "DELETE $ada",
            "UPDATE session SET user = $ada",
            "DELETE session",
            "CREATE session:mine SET user = $ada, amr = ['mfa']",
            "UPDATE kept_form SET expires_at = d'1970-01-01T00:00:00Z'",
            "DELETE kept_form",
            "DELETE migration",
            "UPDATE migration SET name = 'x'",
            "CREATE migration:99 SET version = 99",
            "DELETE secure_data",
            "DELETE $mine",
            "DELETE $theirs",
            "DEFINE FIELD more ON secure_data TYPE string",
            "DEFINE TABLE mine",
            "DEFINE TABLE OVERWRITE secure_data SCHEMALESS PERMISSIONS FULL",
            "ALTER TABLE secure_data PERMISSIONS FULL",
            "REMOVE TABLE session",
            "REMOVE FIELD permissions ON user",
            "REMOVE INDEX secure_data_key ON secure_data",
            "DEFINE USER me ON DATABASE PASSWORD 'me' ROLES OWNER",
            "DEFINE ACCESS mine ON DATABASE TYPE RECORD",
            "DEFINE EVENT mine ON secure_data THEN (DELETE session)",
            "DEFINE FUNCTION fn::mine() { DELETE session }",
            "DEFINE PARAM $auth VALUE 'x'",
            "REBUILD INDEX secure_data_key ON secure_data",
            "LET $auth = $ben",
            "LET $token = { factor: 'second_factor' }",
            "USE NS other DB other",
        ])
        .await;
    let info = info(&world.store).await.to_sql();
    for made in ["mine", "DEFINE USER me", "SCHEMALESS"] {
        assert!(!info.contains(made), "{made}: {info}");
    }
}

#[tokio::test]
async fn nobody_reads_what_is_not_theirs() {
    let world = World::with(&Permission::ALL).await;
    for text in [
        "SELECT * FROM session",
        "SELECT * FROM kept_form",
        "SELECT * FROM migration",
        "SELECT VALUE <-session FROM user",
        "SELECT * FROM $ada.sessions",
    ] {
        let answer = world.ask(text).await;
        assert!(
            ["[]", "[[], []]", "[NONE, NONE]"].contains(&answer.as_str()) || answer.starts_with("refused"),
            "{text}: {answer}"
        );
    }
    for text in ["INFO FOR DB", "INFO FOR TABLE user", "INFO FOR ROOT", "INFO FOR NS", "INFO FOR USER portico ON ROOT"]
    {
        let answer = world.ask(text).await;
        assert!(answer.starts_with("refused"), "{text}: {answer}");
    }
    // Of other people there is a name, and no more.
    let mine = world.ask("SELECT * FROM $ada").await;
    assert!(mine.contains("secret of auth0|ada") && mine.contains("secret-of-auth0|ada"), "one's own is open: {mine}");
    for text in [
        "SELECT * FROM user WHERE id != $auth",
        "SELECT * FROM $ben",
        "SELECT VALUE owner.* FROM $theirs",
        "SELECT *, owner.* FROM secure_data FETCH owner",
        "SELECT email, claims, permissions, token_permissions FROM user WHERE id != $auth",
        "SELECT VALUE [email, claims, app_metadata, user_metadata, locale] FROM $ben",
        "RETURN $ben.*",
        "RETURN $ben.email",
        "RETURN $ben.claims.secret",
        "SELECT (SELECT * FROM $ben) AS them FROM $mine",
        "SELECT * FROM secure_data WHERE owner.email CONTAINS 'secret-of-auth0|ben'",
    ] {
        let answer = world.ask(text).await;
        for secret in ["secret of auth0|ben", "secret-of-auth0|ben"] {
            assert!(!answer.contains(secret), "{text}: {answer}");
        }
        for field in ["single_factor: [", "second_factor: ["] {
            let his = answer.split("Name of auth0|ben").nth(1).unwrap_or(&answer);
            assert!(!his.contains(field), "{text}: {answer}");
        }
    }
    let name = world.ask("SELECT VALUE owner.name FROM $theirs").await;
    assert_eq!(name, "['Name of auth0|ben']");
    // A condition on what cannot be read does not give it away either.
    for text in [
        "SELECT VALUE name FROM user WHERE id != $auth AND email CONTAINS 'secret-of-auth0|ben'",
        "SELECT VALUE name FROM user WHERE id != $auth AND claims.secret = 'of auth0|ben'",
        "SELECT VALUE title FROM secure_data WHERE owner.email CONTAINS 'secret-of-auth0|ben'",
    ] {
        assert_eq!(world.ask(text).await, "[]", "{text}");
    }
}

#[tokio::test]
async fn a_record_is_made_by_its_owner_and_stays_theirs() {
    let world = World::with(&Permission::ALL).await;
    world
        .nothing_comes_of(&[
            "CREATE $new SET owner = $ben, key = $key, title = 't', body = '', classification = 'public', tags = [],
             created_at = time::now(), updated_at = time::now()",
            "CREATE $new SET owner = $ben, key = $key, title = 't', body = '', classification = 'public', tags = [],
             created_at = d'2026-01-01T00:00:00Z', updated_at = d'2026-01-01T00:00:00Z'",
            "INSERT INTO secure_data { id: $new, owner: $ben, key: $key, title: 't', body: '', classification: 'public',
             tags: [], created_at: d'2026-01-01T00:00:00Z', updated_at: d'2026-01-01T00:00:00Z' }",
            "UPSERT $new SET owner = $ben, key = $key, title = 't', body = '', classification = 'public', tags = [],
             created_at = d'2026-01-01T00:00:00Z', updated_at = d'2026-01-01T00:00:00Z'",
            "CREATE $new SET title = 't'",
            "CREATE $theirs SET key = $key, title = 't', body = '', classification = 'public', tags = [],
             created_at = d'2026-01-01T00:00:00Z', updated_at = d'2026-01-01T00:00:00Z'",
            "UPDATE $theirs SET owner = $auth",
            "UPDATE $mine SET owner = $ben",
            "UPDATE $mine SET created_at = d'1970-01-01T00:00:00Z'",
            "UPDATE $mine SET key = 'x'",
            "UPDATE $mine SET classification = 'secret'",
            "UPDATE $mine SET title = NONE",
            "UPDATE $mine SET more = 'x'",
            "UPDATE $mine SET id = $new",
        ])
        .await;
    // These are worked out anew with every change, whatever is said.
    world.ask("UPDATE $mine SET version = 99, owner_key = 'x'").await;
    let row = as_service(&world.store, "SELECT VALUE [version, owner_key] FROM $mine", world.variables.clone()).await;
    assert_eq!(row[0], vec![2.into_value(), user(ADA).to_sql().into_value()].into_value());
}

#[tokio::test]
async fn what_is_in_a_record_takes_the_permission_to_write() {
    // Deleting is allowed, and so changing the row; its content is not.
    let world = World::with(&[Permission::Read, Permission::Delete]).await;
    let content = "SELECT VALUE [title, body, classification, tags] FROM secure_data";
    let before = as_service(&world.store, content, Variables::new()).await;
    for text in [
        "UPDATE $theirs SET title = 'x', body = 'x', classification = 'public', tags = ['x']",
        "UPDATE $mine SET title = 'x'",
        "UPDATE secure_data MERGE { title: 'x', body: 'x' }",
        "UPDATE $theirs PATCH [{ op: 'replace', path: '/title', value: 'x' }]",
        "UPDATE secure_data SET tags += 'x'",
    ] {
        world.ask(text).await;
        assert_eq!(as_service(&world.store, content, Variables::new()).await, before, "{text}");
    }
    // And the other way round.
    let world = World::with(&[Permission::Read, Permission::Write]).await;
    for text in [
        "UPDATE $theirs SET deleted_at = d'2026-01-01T00:00:00Z', deleted_by = $auth",
        "UPDATE $mine SET deleted_at = d'2026-01-01T00:00:00Z'",
        "UPDATE secure_data MERGE { deleted_at: d'2026-01-01T00:00:00Z' }",
    ] {
        world.ask(text).await;
        let deleted = as_service(&world.store, "SELECT VALUE deleted_at FROM secure_data", Variables::new()).await;
        assert_eq!(deleted, [Value::None, Value::None], "{text}");
    }
}

#[tokio::test]
async fn who_has_no_permission_has_nothing() {
    for permissions in [&[][..], &[Permission::Delete], &[Permission::Admin]] {
        let world = World::with(permissions).await;
        world
            .nothing_comes_of(&[
                "UPDATE secure_data SET title = 'x'",
                "UPDATE $mine SET title = 'x'",
                "UPDATE secure_data SET deleted_at = d'2026-01-01T00:00:00Z', deleted_by = $auth",
                "UPDATE secure_data SET updated_at = d'2026-01-01T00:00:00Z'",
                "CREATE $new SET key = $key, title = 't', body = '', classification = 'public', tags = [],
                 created_at = d'2026-01-01T00:00:00Z', updated_at = d'2026-01-01T00:00:00Z'",
            ])
            .await;
        for text in [
            "SELECT * FROM secure_data",
            "SELECT * FROM $mine",
            "SELECT * FROM user WHERE id != $auth",
            "SELECT * FROM secure_data WHERE title @@ 'his'",
        ] {
            assert_eq!(world.ask(text).await, "[]", "{permissions:?}: {text}");
        }
        let count = world.ask("SELECT count() FROM secure_data GROUP ALL").await;
        assert!(!count.contains('2') && !count.contains('1'), "{permissions:?}: {count}");
    }
}

#[tokio::test]
async fn what_is_taken_away_is_gone_with_the_next_statement() {
    let store = memory().await;
    sign_in(&store, ADA, may(&[Permission::Read, Permission::Write, Permission::Delete], "blue")).await;
    let ada = records(&store, ADA).await;
    let id = create(&ada, "a title").await;
    let now = Utc::now();
    let query = RecordQuery { sees: Sees::All, ..Default::default() };
    let entitle = async |permissions: &[Permission], group: &str| {
        assert!(store.entitle(ISSUER, ADA, &may(permissions, group)).await.unwrap());
    };

    // Each on the one connection that was made when everything was allowed.
    entitle(&[Permission::Read, Permission::Write], "blue").await;
    assert_eq!(ada.delete(&id, 1, now).await.unwrap(), None);
    entitle(&[Permission::Read], "blue").await;
    assert_eq!(ada.update(&id, 1, &draft("other"), now).await.unwrap(), None);
    assert_eq!(ada.create(&new_id(), &draft("other"), now).await.unwrap(), None);
    assert_eq!(ada.get(&id).await.unwrap().unwrap().title, "a title");
    entitle(&[], "blue").await;
    assert_eq!(ada.get(&id).await.unwrap(), None);
    assert_eq!(ada.list(&query).await.unwrap(), []);

    // What is given is there as soon.
    entitle(&[Permission::Read], "blue").await;
    assert_eq!(ada.list(&query).await.unwrap().len(), 1);

    // Disabled, not even what they may see is there.
    let id_of = || Variables::from_iter([("id".to_owned(), user(ADA).into_value())]);
    as_service(&store, "UPDATE $id SET disabled = true", id_of()).await;
    assert_eq!(ada.get(&id).await.unwrap(), None);
    assert_eq!(ada.list(&query).await.unwrap(), []);
    assert_eq!(ada.create(&new_id(), &draft("other"), now).await.unwrap(), None);
    as_service(&store, "UPDATE $id SET disabled = NONE", id_of()).await;
    assert_eq!(ada.get(&id).await.unwrap().unwrap().version, 1, "nothing has been changed in all of this");
}

#[tokio::test]
async fn who_leaves_a_group_leaves_its_records() {
    let store = memory().await;
    let lead = [Permission::ManageTeam];
    sign_in(&store, ADA, may(&lead, "blue")).await;
    sign_in(&store, BEN, may(&[Permission::WriteOwn], "blue")).await;
    let (ada, id) = (records(&store, ADA).await, create(&records(&store, BEN).await, "his").await);
    let query = RecordQuery { sees: Sees::Team, ..Default::default() };
    let seen = async || (ada.get(&id).await.unwrap().is_some(), ada.list(&query).await.unwrap().len());
    assert_eq!(seen().await, (true, 1));
    for (subject, entitlements, expected) in [
        (ADA, may(&lead, "red"), (false, 0)),
        (BEN, may(&[], "red"), (true, 1)),
        (BEN, may(&[], ""), (false, 0)),
        (ADA, may(&lead, ""), (true, 1)),
        (ADA, Entitlements { groups: vec![], ..may(&lead, "") }, (false, 0)),
        (BEN, Entitlements { groups: vec![], ..may(&[], "") }, (false, 0)),
    ] {
        assert!(store.entitle(ISSUER, subject, &entitlements).await.unwrap());
        assert_eq!(seen().await, expected, "{subject} {:?}", entitlements.groups);
    }
}
