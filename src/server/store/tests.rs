//! What only this room can see of itself: the connection, the rules of the tables, the statements.

mod audit;
mod finding;
mod fixtures;
mod people;
mod rules;
mod server;
mod tokens;
mod upkeep;

use super::{
    call,
    handles::Handles,
    migrate::{self, Migration, MigrationError},
    sessions::{FIND, SWEEP_EXPIRED, SWEEP_IDLE},
    *,
};
use chrono::{TimeDelta, Utc};
use fixtures::{PASSWORD, person, session, settings};
use serde_json::json;
use surrealdb::types::{ToSql as _, Value, Variables};

/// A namespace and a database that must be quoted wherever they are named.
fn memory() -> StoreSettings {
    StoreSettings { namespace: "name space".into(), database: "data`base".into(), ..settings("mem://") }
}

async fn query(store: &Store, text: &'static str) -> Result<Value, StoreError> {
    Ok(call::run(&store.handles, CALL_LIMIT, text, Variables::new()).await?.row::<Value>(0)?.unwrap_or_default())
}

/// Compiles as long as the type is not `Clone`: if it were, `check` would be ambiguous.
macro_rules! assert_not_clone {
    ($type:ty) => {{
        trait AmbiguousIfClone<A> {
            fn check() {}
        }
        impl<T: ?Sized> AmbiguousIfClone<()> for T {}
        impl<T: ?Sized + Clone> AmbiguousIfClone<u8> for T {}
        <$type as AmbiguousIfClone<_>>::check();
    }};
}

#[test]
fn neither_the_store_nor_the_signed_in_connection_can_be_cloned() {
    assert_not_clone!(Store);
    assert_not_clone!(Handles);
    assert_not_clone!(handles::Service);
}

/// A session made from the anonymous handle may do nothing, whatever the service does meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_cloned_from_the_anonymous_handle_is_nobody() {
    let store = Arc::new(Store::connect(&memory()).await.unwrap());
    let tasks = (0..100u8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            // The service is busy, and signs in anew in between.
            let now = Utc::now();
            store
                .save_sign_in(&person(&format!("auth0|{n}")), session(n, now + TimeDelta::hours(1)), None, now)
                .await
                .unwrap();
            if n % 10 == 0 {
                store.handles.renew(&store.handles.service()).await.unwrap();
            }

            let guest = store.handles.guest();
            guest.use_ns("name space").use_db("data`base").await.unwrap();
            for text in [
                "SELECT * FROM user",
                "SELECT * FROM session",
                "SELECT * FROM migration",
                "CREATE session:a SET amr = []",
                "UPDATE user SET name = 'x'",
                "DELETE session",
                "INFO FOR DB",
                "INFO FOR ROOT",
                "DEFINE TABLE mine",
                "DEFINE USER mine ON ROOT PASSWORD 'mine' ROLES OWNER",
                "LIVE SELECT * FROM session",
                "RETURN 1",
            ] {
                let refused = match guest.query(text).await {
                    Err(error) => error,
                    Ok(mut results) => {
                        results.take_errors().remove(&0).unwrap_or_else(|| panic!("{text} was not refused"))
                    }
                };
                assert!(refused.is_not_allowed(), "{text}: {refused:?}");
            }
            // A bad token leaves it nobody.
            guest.authenticate("not.a.token").await.unwrap_err();
            assert!(guest.query("SELECT * FROM user").await.and_then(|results| results.check()).is_err());
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let mut answer = store.handles.service().query("SELECT VALUE id FROM session", Variables::new()).await.unwrap();
    assert_eq!(answer.rows::<Value>(0).unwrap().len(), 100);
    store.ready().await.unwrap();
}

#[tokio::test]
async fn a_lost_sign_in_is_renewed_by_the_next_call() {
    let store = Store::connect(&memory()).await.unwrap();
    let before = store.handles.service();
    before.sign_out().await;
    assert!(before.query("SELECT * FROM user", Variables::new()).await.is_err(), "it is signed out indeed");

    let calls = futures::future::join_all((0..20).map(|_| store.person("https://tenant.example/", "auth0|1"))).await;
    assert!(calls.iter().all(|call| matches!(call, Ok(None))), "{calls:?}");
    let after = store.handles.service();
    assert!(!Arc::ptr_eq(&before, &after));
    store.ready().await.unwrap();
    assert!(Arc::ptr_eq(&after, &store.handles.service()), "one new sign-in for all of them");
}

#[tokio::test]
async fn tables_have_rules() {
    let store = Store::connect(&memory()).await.unwrap();
    // STRICT: a misspelt table is an error, not a new table without rules.
    assert!(query(&store, "CREATE sesion SET a = 1").await.is_err());
    // SCHEMAFULL: so is a misspelt field.
    let now = Utc::now();
    store.save_sign_in(&person("auth0|1"), session(1, now + TimeDelta::hours(1)), None, now).await.unwrap();
    assert!(query(&store, "UPDATE user SET nmae = 'x'").await.is_err());
    assert!(query(&store, "UPDATE session SET last_seen_at = 'now'").await.is_err());
    // READONLY: who it is and when it began never change.
    assert!(query(&store, "UPDATE user SET subject = 'auth0|2'").await.is_err());
    assert!(query(&store, "UPDATE session SET expires_at = d'2030-01-01T00:00:00Z'").await.is_err());

    let tables = query(&store, "INFO FOR DB").await.unwrap().to_sql();
    for table in ["session", "migration", "logout_token"] {
        assert!(tables.contains(&format!("DEFINE TABLE {table} TYPE NORMAL SCHEMAFULL PERMISSIONS NONE")), "{tables}");
    }
    let namespace = query(&store, "INFO FOR NS").await.unwrap().to_sql();
    assert!(namespace.contains("STRICT"), "{namespace}");
}

#[tokio::test]
async fn what_runs_often_or_over_everything_uses_an_index() {
    let store = Store::connect(&memory()).await.unwrap();
    let now = Utc::now();
    let mut variables = Variables::new();
    variables.insert("now", now);
    variables.insert("idle_since", now);
    variables.insert("most", 10);
    variables.insert("id", surrealdb::types::RecordId::new("session", "a"));
    variables.insert("user_key", super::people::record_key("https://tenant.example/", "auth0|1"));
    for (text, expected) in [
        (SWEEP_EXPIRED, "session_expires_at"),
        (SWEEP_IDLE, "session_last_seen_at"),
        ("(SELECT VALUE id FROM session WHERE user_key = $user_key)", "session_user_key"),
        ("(SELECT VALUE id FROM session WHERE sid = 'a')", "session_sid"),
        ("(SELECT VALUE id FROM session WHERE sid = 'a' AND user.issuer = 'b')", "session_sid"),
        (
            "(SELECT VALUE id FROM session WITH INDEX session_user_key WHERE user_key = $user_key AND sid = NONE)",
            "session_user_key",
        ),
        ("(SELECT VALUE id FROM session WHERE user_key = $user_key AND id != $id LIMIT $most)", "session_user_key"),
        (
            "(SELECT id, created_at FROM session WHERE user_key = $user_key AND id != $id AND expires_at > $now \
             AND last_seen_at > $idle_since ORDER BY created_at DESC START 1)",
            "session_user_key",
        ),
        (
            "(SELECT user, last_seen_at FROM session WHERE last_seen_at > $idle_since AND expires_at > $now \
             ORDER BY last_seen_at DESC LIMIT 10)",
            "session_last_seen_at",
        ),
        ("(SELECT VALUE id FROM user WHERE email IN ['a', 'b'] LIMIT 10)", "user_email"),
        ("(SELECT VALUE id FROM logout_token WHERE expires_at <= $now LIMIT 10)", "logout_token_expires_at"),
    ] {
        let (_, select) = text.split_once('(').unwrap();
        let (select, _) = select.split_once(')').unwrap();
        let plan = store
            .handles
            .service()
            .query(format!("EXPLAIN {select}"), variables.clone())
            .await
            .unwrap()
            .row::<Value>(0);
        let plan = plan.unwrap().unwrap().to_sql();
        assert!(plan.contains(expected), "{select}: {plan}");
    }
    let plan = store.handles.service().query(format!("EXPLAIN {FIND}"), variables).await.unwrap().row::<Value>(0);
    let plan = plan.unwrap().unwrap().to_sql();
    assert!(!plan.contains("TableScan") && !plan.contains("Iterate Table"), "a lookup reads one record: {plan}");
}

#[tokio::test]
async fn a_session_without_its_person_is_nobodys() {
    let store = Store::connect(&memory()).await.unwrap();
    let now = Utc::now();
    store.save_sign_in(&person("auth0|1"), session(1, now + TimeDelta::hours(1)), None, now).await.unwrap();
    let key = SessionKey::from([1; 32]);
    let long_ago = now - TimeDelta::hours(1);
    assert!(store.session(&key, now, long_ago).await.unwrap().is_some());
    query(&store, "DELETE user").await.unwrap();
    assert!(store.session(&key, now, long_ago).await.unwrap().is_none());
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_whole_writes_nothing() {
    let store = Store::connect(&memory()).await.unwrap();
    let now = Utc::now();
    let until = now + TimeDelta::hours(1);
    store.save_sign_in(&person("auth0|1"), session(1, until), None, now).await.unwrap();
    // The session is taken: this must neither overwrite it, nor leave the person, nor end another.
    store.save_sign_in(&person("auth0|2"), session(2, until), None, now).await.unwrap();
    let taken = store.save_sign_in(&person("auth0|3"), session(1, until), Some(&SessionKey::from([2; 32])), now).await;
    assert!(matches!(taken, Err(StoreError::Query(_))), "{taken:?}");
    assert!(store.person("https://tenant.example/", "auth0|3").await.unwrap().is_none());
    let long_ago = now - TimeDelta::hours(1);
    let first = store.session(&SessionKey::from([1; 32]), now, long_ago).await.unwrap().unwrap();
    assert_eq!(first.person.subject, "auth0|1");
    assert!(store.session(&SessionKey::from([2; 32]), now, long_ago).await.unwrap().is_some());
}

#[tokio::test]
async fn a_sweep_of_more_than_one_batch_is_complete() {
    let store = Store::connect(&memory()).await.unwrap();
    let now = Utc::now();
    let long_ago = now - TimeDelta::hours(1);
    // 7 whose time is over, 7 that were not used, 1 that lives.
    for n in 0..15 {
        let (begun, expires) = match n {
            0..7 => (now, now),
            7..14 => (long_ago, now + TimeDelta::hours(1)),
            _ => (now, now + TimeDelta::hours(1)),
        };
        store.save_sign_in(&person("auth0|1"), session(n, expires), None, begun).await.unwrap();
    }
    assert_eq!(store.sweep_in_batches(now, long_ago, 3).await.unwrap(), 14);
    let mut answer = store.handles.service().query("SELECT VALUE id FROM session", Variables::new()).await.unwrap();
    assert_eq!(answer.rows::<Value>(0).unwrap().len(), 1);
    assert!(store.session(&SessionKey::from([14; 32]), now, long_ago).await.unwrap().is_some());
}

/// A server closes the connection of whoever does not read fast enough what it tells.
#[tokio::test]
async fn whoever_is_told_what_ends_stands_a_sweep_of_many() {
    const MANY: usize = 600;
    const COPY: &str = "FOR $id IN $ids { CREATE $id CONTENT (SELECT * OMIT id FROM ONLY $of) RETURN NONE; }";
    let store = Store::connect(&memory()).await.unwrap();
    let now = Utc::now();
    let (expired, live) = (SessionKey::from([1; 32]), SessionKey::from([2; 32]));
    for (byte, until) in [(1, now), (2, now + TimeDelta::hours(1))] {
        store.save_sign_in(&person("auth0|1"), session(byte, until), None, now).await.unwrap();
    }
    let ids = (0..MANY).map(|n| {
        let mut key = [3; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        SessionKey::from(key).record_id()
    });
    let mut variables = Variables::new();
    variables.insert("ids", ids.collect::<Vec<_>>());
    variables.insert("of", expired.record_id());
    store.handles.service().query(COPY, variables).await.unwrap();

    let mut endings = store.endings().await.unwrap();
    assert_eq!(store.sweep_sessions(now, now - TimeDelta::hours(1)).await.unwrap(), MANY + 1);
    store.end_session(&live).await.unwrap().expect("it was there");
    while endings.next().await.expect("it is still told") != live {}
}

#[tokio::test]
async fn a_call_is_bounded_in_time() {
    let store = Store::connect(&memory()).await.unwrap();
    let start = std::time::Instant::now();
    let answer = call::run(&store.handles, Duration::from_millis(50), "SLEEP 1h", Variables::new()).await;
    assert!(matches!(answer, Err(StoreError::TimedOut)), "{:?}", answer.err());
    assert!(start.elapsed() < CALL_LIMIT);
    store.ready().await.unwrap();
}

const ONE: Migration = Migration::new(1, "one", "DEFINE TABLE one SCHEMAFULL; DEFINE FIELD a ON one TYPE int;");
const TWO: Migration = Migration::new(2, "two", "DEFINE TABLE two SCHEMAFULL;");

async fn fresh() -> Handles {
    Handles::open(&memory()).await.unwrap()
}

#[tokio::test]
async fn migrations_run_once_and_in_order() {
    let handles = fresh().await;
    migrate::run(&handles.service(), &[ONE]).await.unwrap();
    // Run again, `DEFINE TABLE one` would fail.
    migrate::run(&handles.service(), &[ONE]).await.unwrap();
    migrate::run(&handles.service(), &[ONE, TWO]).await.unwrap();
    let mut answer = handles
        .service()
        .query("SELECT VALUE [version, name] FROM migration ORDER BY version", Variables::new())
        .await
        .unwrap();
    let notes: Vec<Value> = answer.rows(0).unwrap();
    assert_eq!(notes.iter().map(|note| note.to_sql()).collect::<Vec<_>>(), ["[1, 'one']", "[2, 'two']"]);
}

/// Sessions that were there before are still found by whose they are.
#[tokio::test]
async fn sessions_of_before_are_their_persons() {
    const OLD: &str = "CREATE session:a SET user = $user, tokens = <bytes> 'x', amr = [],
        expires_at = d'2027-01-01T00:00:00Z', created_at = d'2026-01-01T00:00:00Z',
        last_seen_at = d'2026-01-01T00:00:00Z'";
    const FOUND: &str = "SELECT VALUE user_key FROM session WHERE user_key = $user_key";
    for (issuer, subject) in [("https://tenant.example/", "auth0|1"), ("https://tenant.example", "it's \"odd\" \\ é")]
    {
        let handles = fresh().await;
        migrate::run(&handles.service(), &migrate::MIGRATIONS[..2]).await.unwrap();
        let mut variables = Variables::new();
        variables.insert("user", super::people::record_id(issuer, subject));
        handles.service().query(OLD, variables).await.unwrap();
        migrate::run(&handles.service(), migrate::MIGRATIONS).await.unwrap();
        let mut variables = Variables::new();
        variables.insert("user_key", super::people::record_key(issuer, subject));
        let mut answer = handles.service().query(FOUND, variables).await.unwrap();
        assert_eq!(answer.rows::<String>(0).unwrap().len(), 1, "{subject}");
    }
}

#[tokio::test]
async fn a_changed_a_newer_and_a_gappy_database_are_refused() {
    let handles = fresh().await;
    migrate::run(&handles.service(), &[ONE, TWO]).await.unwrap();

    let changed = Migration::new(1, "one", "DEFINE TABLE one SCHEMALESS;");
    let error = |result: Result<(), StoreError>| match result {
        Err(StoreError::Migration(error)) => error,
        other => panic!("{other:?}"),
    };
    let refused = error(migrate::run(&handles.service(), &[changed, TWO]).await);
    assert!(matches!(refused, MigrationError::Changed { version: 1, .. }), "{refused:?}");
    let refused = error(migrate::run(&handles.service(), &[ONE]).await);
    assert!(matches!(refused, MigrationError::Newer { database: 2, program: 1 }), "{refused:?}");
    handles.service().query("DELETE migration:1", Variables::new()).await.unwrap();
    let refused = error(migrate::run(&handles.service(), &[ONE, TWO]).await);
    assert!(matches!(refused, MigrationError::Gap { version: 1 }), "{refused:?}");
}

#[tokio::test]
async fn line_ends_are_not_a_change() {
    let handles = fresh().await;
    migrate::run(&handles.service(), &[Migration::new(1, "one", "DEFINE TABLE one;\nDEFINE TABLE other;\n")])
        .await
        .unwrap();
    migrate::run(&handles.service(), &[Migration::new(1, "one", "DEFINE TABLE one;\r\nDEFINE TABLE other;\r\n")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_failing_migration_leaves_nothing_behind() {
    let handles = fresh().await;
    let broken = Migration::new(
        2,
        "broken",
        "DEFINE TABLE two SCHEMAFULL; DEFINE FIELD a ON two TYPE int; CREATE two:1 SET a = 'x';",
    );
    let failed = migrate::run(&handles.service(), &[ONE, broken]).await;
    assert!(matches!(failed, Err(StoreError::Migration(MigrationError::Failed { version: 2, .. }))), "{failed:?}");
    let tables =
        handles.service().query("INFO FOR DB", Variables::new()).await.unwrap().row::<Value>(0).unwrap().unwrap();
    assert!(!tables.to_sql().contains("DEFINE TABLE two"));
    // Mended, it runs.
    migrate::run(&handles.service(), &[ONE, TWO]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instances_that_migrate_at_once_do_not_harm_each_other() {
    let handles = Arc::new(fresh().await);
    let instances = (0..8).map(|_| {
        let handles = handles.clone();
        tokio::spawn(async move { migrate::run(&handles.service(), migrate::MIGRATIONS).await })
    });
    for instance in instances.collect::<Vec<_>>() {
        instance.await.unwrap().unwrap();
    }
    let mut answer = handles.service().query("SELECT VALUE version FROM migration", Variables::new()).await.unwrap();
    assert_eq!(answer.rows::<i64>(0).unwrap().len(), migrate::MIGRATIONS.len());
}

#[test]
fn migrations_are_numbered_upwards_from_one() {
    let numbers: Vec<_> = migrate::MIGRATIONS.iter().map(Migration::version).collect();
    assert!(numbers[0] == 1 && numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[tokio::test]
async fn no_error_shows_the_password_or_a_persons_data() {
    let store = Store::connect(&memory()).await.unwrap();
    let settings = format!("{:?}", memory());
    assert!(!settings.contains(PASSWORD), "{settings}");
    let mut odd = person("auth0|1");
    odd.claims = json!({ "secret": "of a person" }).as_object().unwrap().clone();
    let now = Utc::now();
    store.save_sign_in(&odd, session(1, now), None, now).await.unwrap();
    let error = store.save_sign_in(&odd, session(1, now), None, now).await.unwrap_err();
    assert!(!error.to_string().contains("of a person"), "{error}");
}
