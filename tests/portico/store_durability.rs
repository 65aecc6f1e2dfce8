//! What was acknowledged is there after `kill -9`, and the tokens are nowhere to be read.

use crate::store_support::{
    ACCESS_TOKEN, ID_TOKEN, ISSUER, LIFE, PASSWORD, REFRESH_TOKEN, keyring, new_session, person, settings,
};
use portico::server::{
    session::{SessionId, Sessions},
    store::{Store, StoreError, StoreSettings},
};
use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use surrealdb::{
    engine::any,
    opt::{Config, auth::Root, capabilities::Capabilities},
    types::{ToSql as _, Value},
};

/// Set in the process that gets killed: the database's folder.
const FOLDER: &str = "PORTICO_TEST_DURABILITY_FOLDER";
const ACKNOWLEDGED: &str = "acknowledged ";

fn on_disk(folder: &Path) -> StoreSettings {
    settings(&format!("surrealkv://{}", folder.display()))
}

fn sessions(store: Store) -> Sessions {
    Sessions::new(Arc::new(store), keyring(&[1]), LIFE)
}

/// Opens the database as soon as its last user is gone.
async fn open(settings: &StoreSettings) -> Store {
    let start = Instant::now();
    loop {
        match Store::connect(settings).await {
            Ok(store) => return store,
            Err(StoreError::Open(_)) if start.elapsed() < Duration::from_secs(20) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}: {error:?}"),
        }
    }
}

/// The process that gets killed: it signs people in and says so, until it is no more.
async fn sign_people_in(folder: &Path) -> ! {
    let sessions = sessions(open(&on_disk(folder)).await);
    for n in 0.. {
        let id = SessionId::generate();
        sessions.begin(&person(&format!("auth0|{n}")), new_session(&id), None).await.unwrap();
        let mut out = std::io::stdout().lock();
        // A line of its own, whatever the test harness has written before.
        writeln!(out, "\n{ACKNOWLEDGED}{}", id.to_cookie()).unwrap();
        out.flush().unwrap();
    }
    unreachable!("it is killed long before")
}

#[tokio::test]
async fn a_sign_in_survives_kill_9_right_after_it_was_acknowledged() {
    if let Some(folder) = env::var_os(FOLDER) {
        sign_people_in(Path::new(&folder)).await;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("portico");
    let mut acknowledged = vec![];
    // The second one opens what the first one left when it was killed.
    for count in [3, 4] {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "store_durability::a_sign_in_survives_kill_9_right_after_it_was_acknowledged",
                "--nocapture",
            ])
            .env(FOLDER, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let cookies: Vec<_> = lines
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix(ACKNOWLEDGED).map(str::to_owned))
            .take(count)
            .collect();
        // SIGKILL, in the middle of the next sign-in.
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(cookies.len(), count, "the process signed people in");
        acknowledged.extend(cookies.into_iter().enumerate());
    }

    let sessions = sessions(open(&on_disk(&folder)).await);
    for (n, cookie) in acknowledged {
        let id = SessionId::parse(&cookie).unwrap();
        let found =
            sessions.find(&id).await.unwrap().unwrap_or_else(|| panic!("session {n} was acknowledged and is lost"));
        assert_eq!(found.person.issuer, ISSUER);
        assert_eq!(found.person.subject, format!("auth0|{n}"));
    }
}

#[tokio::test]
async fn neither_the_rows_nor_the_files_have_a_token_or_a_cookie() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("portico");
    let settings = on_disk(&folder);
    let id = SessionId::generate();
    {
        let sessions = sessions(open(&settings).await);
        sessions.begin(&person("auth0|somebody"), new_session(&id), None).await.unwrap();
    }

    // Every row of every table, seen as an operator sees it.
    let dump = dump(&settings).await;
    assert!(dump.contains("auth0|somebody") && dump.contains(&id.key().to_string()), "the dump is one: {dump}");
    let cookie = id.to_cookie();
    for secret in [ACCESS_TOKEN, REFRESH_TOKEN, ID_TOKEN, &cookie] {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
        assert!(!dump.contains(secret) && !dump.to_uppercase().contains(&hex), "a secret is in the rows: {dump}");
        assert!(!files(&folder).any(|file| contains(&file, secret.as_bytes())), "a secret is in the files");
    }
    assert!(files(&folder).any(|file| contains(&file, b"auth0|somebody")), "the files are the right ones");
}

async fn dump(settings: &StoreSettings) -> String {
    let root = Root { username: settings.username.clone(), password: PASSWORD.into() };
    let start = Instant::now();
    let database = loop {
        let config = Config::new().user(root.clone()).capabilities(Capabilities::none());
        match any::connect((settings.url.as_str(), config)).await {
            Ok(database) => break database,
            Err(_) if start.elapsed() < Duration::from_secs(20) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    database.signin(root).await.unwrap();
    database.use_ns(&settings.namespace).use_db(&settings.database).await.unwrap();
    let tables: Value = database.query("RETURN (INFO FOR DB).tables").await.unwrap().take(0).unwrap();
    let Value::Object(tables) = tables else { panic!("{tables:?}") };
    let mut dump = String::new();
    for table in tables.keys() {
        let rows: Value = database.query(format!("SELECT * FROM `{table}`")).await.unwrap().take(0).unwrap();
        dump += &rows.to_sql();
    }
    dump
}

fn files(folder: &Path) -> impl Iterator<Item = Vec<u8>> {
    let mut folders = vec![folder.to_owned()];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => found.push(fs::read(entry.path()).unwrap()),
            }
        }
    }
    found.into_iter()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
