//! From an address to a connection that nobody is signed in to.

use super::{StoreSettings, error::StoreError};
use std::time::Duration;
use surrealdb::{
    Surreal,
    engine::any::{self, Any},
};

/// How long a remote database may take to accept a connection.
const REMOTE_LIMIT: Duration = Duration::from_secs(5);
/// How long an embedded one may take to open: after a crash it first replays its log.
#[cfg(feature = "embedded")]
const EMBEDDED_LIMIT: Duration = Duration::from_secs(60);

/// Where the database runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine<'a> {
    /// In a server of its own, by WebSocket.
    Remote,
    /// In this process, in this folder.
    Folder(&'a str),
    /// In this process, gone with it.
    Memory,
}

impl<'a> Engine<'a> {
    /// Reads an address.
    ///
    /// # Errors
    /// [`StoreError::Scheme`] for any other scheme, and for a folder without a name.
    pub(super) fn of(url: &'a str) -> Result<Self, StoreError> {
        match url.split_once("://") {
            Some(("ws" | "wss", _)) => Ok(Self::Remote),
            Some(("mem", "")) => Ok(Self::Memory),
            // The engine takes options after a question mark.
            Some(("surrealkv", rest)) => match rest.split('?').next() {
                Some(folder) if !folder.is_empty() => Ok(Self::Folder(folder)),
                _ => Err(StoreError::Scheme),
            },
            _ => Err(StoreError::Scheme),
        }
    }
}

/// Connects, or opens an embedded database. Nobody is signed in, and nothing is allowed.
pub(super) async fn connect(settings: &StoreSettings) -> Result<Surreal<Any>, StoreError> {
    match Engine::of(&settings.url)? {
        Engine::Remote => tokio::time::timeout(REMOTE_LIMIT, any::connect(&settings.url))
            .await
            .map_err(|_| StoreError::TimedOut)?
            .map_err(|error| StoreError::Unreachable(Box::new(error))),
        engine => embedded(settings, engine).await,
    }
}

#[cfg(feature = "embedded")]
async fn embedded(settings: &StoreSettings, engine: Engine<'_>) -> Result<Surreal<Any>, StoreError> {
    use super::{CALL_LIMIT, folder};
    use secrecy::ExposeSecret;
    use surrealdb::opt::{Config, auth::Root, capabilities::Capabilities};

    if let Engine::Folder(folder) = engine {
        folder::prepare(std::path::Path::new(folder))?;
    }
    // Without a root user the engine checks nobody and everybody is root, also when it opens a
    // database that was made with one: never leave it out.
    let root = Root { username: settings.username.clone(), password: settings.password.expose_secret().to_owned() };
    // The one function that the tables need: `0004_audit.surql`.
    let capabilities = Capabilities::none()
        .with_guest_access(false)
        .with_live_query_notifications(true)
        .with_function_allowed("time::now")
        .map_err(|_| StoreError::Unexpected("a function has a name that is none"))?;
    let config = Config::new().user(root).capabilities(capabilities).query_timeout(CALL_LIMIT);
    tokio::time::timeout(EMBEDDED_LIMIT, any::connect((settings.url.as_str(), config)))
        .await
        .map_err(|_| StoreError::TimedOut)?
        .map_err(|error| StoreError::Open(Box::new(error)))
}

#[cfg(not(feature = "embedded"))]
async fn embedded(_: &StoreSettings, _: Engine<'_>) -> Result<Surreal<Any>, StoreError> {
    Err(StoreError::Engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let engine = |url| Engine::of(url).ok();
        assert_eq!(engine("ws://127.0.0.1:8000"), Some(Engine::Remote));
        assert_eq!(engine("wss://database.example/"), Some(Engine::Remote));
        assert_eq!(engine("mem://"), Some(Engine::Memory));
        assert_eq!(engine("surrealkv://data/portico"), Some(Engine::Folder("data/portico")));
        assert_eq!(engine("surrealkv:///var/lib/portico?sync=every"), Some(Engine::Folder("/var/lib/portico")));
        for url in
            ["", "mem", "mem:///tmp/x", "surrealkv://", "surrealkv://?a", "rocksdb://x", "http://x", "grpc://x", "x"]
        {
            assert_eq!(engine(url), None, "{url}");
        }
    }
}
