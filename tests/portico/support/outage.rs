//! A database that takes no tokens for a while.
//!
//! An embedded database cannot be away. But it can refuse: an event, such as any operator may define, lets each
//! write of a session's tokens fail as long as a certain record is there. All else goes on.

use super::database::Database;
use crate::store_support::{PASSWORD, settings};
use chrono::{TimeDelta, Utc};
use portico::server::store::{Store, StoreSettings};
use surrealdb::{
    engine::any,
    opt::{Config, auth::Root, capabilities::Capabilities},
};

const EVENT: &str = "DEFINE EVENT outage ON session
    WHEN $event = 'UPDATE' AND $before.tokens != $after.tokens AND (SELECT VALUE id FROM kept_form) != []
    THEN { THROW 'no token is taken now' }";

/// A database in a folder that can have an outage.
pub struct Fragile {
    url: String,
    username: String,
    /// Gone with the test.
    _database: Database,
}

impl Fragile {
    /// A new one, with Portico's tables.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new() -> Self {
        let database = Database::new();
        let StoreSettings { username, namespace, database: name, .. } = {
            let settings = settings(&database.url());
            drop(Store::connect(&settings).await.expect("an embedded database opens"));
            settings
        };
        let root = Root { username: username.clone(), password: PASSWORD.to_owned() };
        let config = Config::new().user(root.clone()).capabilities(Capabilities::none());
        let operator = any::connect((database.copy(), config)).await.expect("the database opens");
        operator.signin(root).await.expect("the user is let in");
        operator.use_ns(namespace).use_db(name).await.expect("the database is there");
        operator.query(EVENT).await.expect("it answers").check().expect("it is done");
        drop(operator);
        Self { url: database.copy(), username, _database: database }
    }

    /// The settings by which Portico opens it.
    pub fn settings(&self) -> [(&str, &str); 3] {
        [("SURREALDB_URL", &self.url), ("SURREALDB_USER", &self.username), ("SURREALDB_PASSWORD", PASSWORD)]
    }
}

/// From now on no token is taken.
pub async fn begin(store: &Store) {
    let far = Utc::now() + TimeDelta::days(1);
    store.keep_form("", "", "", vec![], far).await.expect("all else goes on");
}

/// It is over.
pub async fn end(store: &Store) {
    store.forget_form("", "", "").await.expect("all else goes on");
}
