//! The SurrealDB room: people, sessions and records at rest, and nothing else that the application
//! thinks.
//!
//! One [`Store`] a process, shared. It holds the only signed-in connection (see `handles.rs` for
//! why it is never cloned), brings the tables up to date when it connects, and bounds every call
//! in time. The rules of a session live one room above, in `server::session`; this room is told the
//! time and does as it is told, in single transactions that can be repeated.

mod audit;
mod call;
mod connect;
mod devices;
mod endings;
mod error;
#[cfg(feature = "embedded")]
mod folder;
mod handles;
mod json;
mod logout;
mod migrate;
mod people;
mod person;
mod records;
mod refresh;
mod retry;
mod sessions;
mod signed_in;
#[cfg(all(test, feature = "embedded"))]
mod tests;
mod watching;

pub use audit::AuditRow;
pub use devices::ListedSession;
pub use endings::Endings;
pub use error::{FolderProblem, StoreError};
pub use logout::{ProviderLogout, ProviderLogoutOutcome};
pub use migrate::MigrationError;
pub use people::{Entitlements, NewPerson};
pub use person::Factor;
pub use records::{Actor, RecordQuery, Records, StoredRecord};
pub use refresh::{RefreshLease, RefreshTimes, RefreshTry, RefreshTurn, RefreshedRecord};
pub use sessions::{EndedRecord, SessionKey, SessionLimit, SessionRecord, StoredSession};
pub use signed_in::PersonSignedIn;

use super::secrets::Keyring;
use handles::Handles;
use secrecy::SecretString;
use std::{fmt, sync::Arc, time::Duration};

/// How long a call may take.
const CALL_LIMIT: Duration = Duration::from_secs(5);
/// How long the question whether the database is there may take.
const READY_LIMIT: Duration = Duration::from_secs(2);

/// Where the database is, and as whom to sign in to it.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `SURREALDB_URL`: `surrealkv://folder`, `mem://`, `ws://…` or `wss://…`.
    pub url: String,
    /// `SURREALDB_NS`: the namespace.
    pub namespace: String,
    /// `SURREALDB_DB`: the database in that namespace.
    pub database: String,
    /// `SURREALDB_USER`: the user, with the role OWNER (an EDITOR may not make tables). An embedded
    /// database is made with this user as its root.
    pub username: String,
    /// `SURREALDB_PASSWORD`: that user's password.
    pub password: SecretString,
    /// `SURREALDB_AUTH_LEVEL`: where the user is defined. An embedded database's is always root.
    pub auth_level: AuthLevel,
    /// The keys made of `PORTICO_SECRET`: among them those that people's connections sign in with.
    pub keyring: Keyring,
}

/// Where a database user is defined, and so what it may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthLevel {
    /// `DEFINE USER … ON ROOT`: makes namespace and database if they are missing.
    #[default]
    Root,
    /// `DEFINE USER … ON NAMESPACE`: makes the database if it is missing.
    Namespace,
    /// `DEFINE USER … ON DATABASE`: the database is there already; it should be STRICT.
    Database,
}

/// The database. Share it as `Arc<Store>`: it is not `Clone`, because its connection must not be.
pub struct Store {
    handles: Arc<Handles>,
}

impl Store {
    /// Connects, signs in, makes a STRICT database if there is none, and brings its tables up to
    /// date. An embedded database's folder is made, closed to other users of the machine, and
    /// locked against a second process. The connection to a server is watched over from then on.
    ///
    /// # Errors
    /// The database cannot be reached, opened, signed in to or migrated, or it takes too long.
    pub async fn connect(settings: &StoreSettings) -> Result<Self, StoreError> {
        let handles = Handles::open(settings).await?;
        migrate::run(&handles.service(), migrate::MIGRATIONS).await?;
        handles.admit_people().await?;
        let handles = Arc::new(handles);
        if connect::Engine::of(&settings.url)? == connect::Engine::Remote {
            tokio::spawn(watching::watch(Arc::downgrade(&handles)));
        }
        Ok(Self { handles })
    }

    /// Whether the database answers now and what Portico needs is there: a real read, within two
    /// seconds.
    ///
    /// # Errors
    /// It does not answer, or not as it should.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let mut answer =
            call::run(&self.handles, READY_LIMIT, "SELECT VALUE version FROM migration LIMIT 1", Default::default())
                .await?;
        match answer.row::<i64>(0)? {
            Some(_) => Ok(()),
            None => Err(StoreError::Unexpected("there is no sign of the migrations")),
        }
    }

    /// Whether the database lets functions be called that its tables call: a server can be told not to.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub async fn lets_functions_be_called(&self) -> Result<(), StoreError> {
        call::run(&self.handles, READY_LIMIT, "RETURN time::now()", Default::default()).await.map(drop)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
