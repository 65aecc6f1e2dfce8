//! What the integration tests share: an OpenID provider that can be told to misbehave
//! ([`Provider`]), a browser ([`Browser`]), a running Portico ([`TestApp`]) and the log it writes
//! ([`logs`]).

mod app;
mod browser;
#[cfg(all(feature = "embedded", unix))]
mod database;
mod instances;
pub mod keys;
mod log;
mod markup;
#[cfg(all(feature = "embedded", unix))]
pub mod outage;
mod problem;
pub mod provider;
pub mod refusal;
#[allow(clippy::duplicate_mod, reason = "the fixtures of the store bring it along as well")]
#[path = "../../../src/server/store/tests/server.rs"]
pub mod server;

pub use app::{TestApp, secret, settings};
pub use browser::{Attempt, Browser, Listening, Page, Request, Site};
#[cfg(all(feature = "embedded", unix))]
pub use database::Database;
pub use instances::Instances;
pub use log::logs;
pub use markup::assert_harmless;
pub use problem::{assert_no_secret, assert_problem};
pub use provider::{Answer, Behaviour, Endpoint, Provider, Signing};

use std::time::{Duration, Instant};

/// A provider, and a Portico without settings of its own that signs people in there.
pub async fn start() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    (provider, app)
}

/// Waits until `condition` holds, asking every few milliseconds.
///
/// # Panics
/// When it does not hold within `limit`; `what` tells what was waited for.
pub async fn eventually<F, R>(what: &str, limit: Duration, mut condition: F)
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
