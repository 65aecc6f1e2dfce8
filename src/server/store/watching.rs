//! Watching over the connection to a database server.
//!
//! The client library connects again when it sees that the connection is lost. It does not see one that has gone
//! silent (a host without power, a firewall that forgot it) for as long as the system takes it for alive, a quarter of
//! an hour and more; and a sign-in that fails while it connects again it never tries once more. So the database is
//! asked, now and then, and where it does not answer another connection is tried.

use super::{CALL_LIMIT, error::StoreError, handles::Handles};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use surrealdb::types::Variables;

/// How often the database is asked.
const EVERY: Duration = Duration::from_secs(5);

/// Watches until the handles are gone.
pub(super) async fn watch(handles: Weak<Handles>) {
    loop {
        // Silence has no event: only time tells it.
        tokio::time::sleep(EVERY).await;
        let Some(handles) = handles.upgrade() else { return };
        let Err(error) = answers(&handles).await else { continue };
        match bounded(handles.reconnect()).await {
            Ok(()) => tracing::warn!(%error, "the connection to the database was of no more use; another one is"),
            Err(still) => tracing::debug!(error = %still, "the database cannot be connected to"),
        }
    }
}

async fn answers(handles: &Arc<Handles>) -> Result<(), StoreError> {
    let service = handles.service();
    match bounded(service.query("RETURN true", Variables::new())).await {
        // The next call signs in again.
        Err(error) if error.is_signed_out() => Ok(()),
        result => result.map(drop),
    }
}

async fn bounded<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(CALL_LIMIT, call).await.unwrap_or(Err(StoreError::TimedOut))
}
