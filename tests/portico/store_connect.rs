//! Opening a database: what is refused, and that it says why.

use crate::store_support::{ISSUER, person, sessions, settings, sign_in};
use portico::server::store::{FolderProblem, Store, StoreError, StoreSettings};
use std::{fs, os::unix::fs::PermissionsExt, time::Instant};

fn on_disk(folder: &std::path::Path) -> StoreSettings {
    settings(&format!("surrealkv://{}", folder.display()))
}

/// A database shuts down in the background once its store is dropped, and until then nobody else
/// may open it.
async fn reopen(settings: &StoreSettings) -> Result<Store, StoreError> {
    let start = Instant::now();
    loop {
        match Store::connect(settings).await {
            Err(StoreError::Open(_)) if start.elapsed().as_secs() < 20 => tokio::task::yield_now().await,
            result => return result,
        }
    }
}

#[tokio::test]
async fn a_database_on_disk_is_kept_closed_locked_and_to_its_first_password() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data/portico");
    let settings = on_disk(&folder);
    let store = std::sync::Arc::new(Store::connect(&settings).await.unwrap());
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    sign_in(&sessions(&store), "auth0|1").await;

    let second = Store::connect(&settings).await;
    assert!(matches!(second, Err(StoreError::Open(_))), "{:?}", second.err());
    drop(store);

    let mut changed = settings.clone();
    changed.password = "another password".into();
    let refused = reopen(&changed).await;
    let refused = refused.expect_err("it is refused");
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("another password"), "{refused:?}");
    changed.password = "".into();
    let refused = reopen(&changed).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{:?}", refused.err());

    // An open folder is closed again.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let store = reopen(&settings).await.unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(store.person(ISSUER, "auth0|1").await.unwrap().unwrap().subject, person("auth0|1").subject);
    store.ready().await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_with_its_type() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = |url: String| async move { Store::connect(&settings(&url)).await.expect_err("it is refused") };

    let error = refused(format!("surrealkv://{}", file.display())).await;
    assert!(matches!(error, StoreError::Folder { problem: FolderProblem::NotAFolder, .. }), "{error:?}");
    let error = refused("rocksdb://data".into()).await;
    assert!(matches!(error, StoreError::Scheme), "{error:?}");

    // Nobody listens there any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(format!("ws://127.0.0.1:{port}")).await;
    assert!(matches!(error, StoreError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_that_never_answers_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = settings(&format!("ws://{}", listener.local_addr().unwrap()));
    let start = Instant::now();
    let error = Store::connect(&silent).await.expect_err("nobody answers");
    assert!(matches!(error, StoreError::TimedOut), "{error:?}");
    assert!(start.elapsed().as_secs() < 10);
}
