//! How every call to the database is made: bounded in time, carried through, tried again on a
//! conflict, signed in again when the sign-in is gone.

use super::{
    CALL_LIMIT,
    error::StoreError,
    handles::{Answer, Handles},
    retry::Backoff,
};
use crate::server::carried;
use std::{sync::Arc, time::Duration};
use surrealdb::types::{RecordId, Variables};

/// Runs `text`, which is one statement or one `BEGIN; …; COMMIT` and nothing else: it is run
/// again from its beginning after a conflict.
///
/// It runs in a task of its own. A request that its browser abandons is dropped wherever it
/// stands, and that must not cut a sign-out, or a transaction of the embedded engine, in two.
///
/// # Errors
/// Whatever the query failed with, and [`StoreError::TimedOut`] after `limit`.
pub(super) async fn run(
    handles: &Arc<Handles>,
    limit: Duration,
    text: &'static str,
    variables: Variables,
) -> Result<Answer, StoreError> {
    carried_through(limit, attempts(handles.clone(), text, variables)).await
}

/// How many rows one transaction sweeps: few enough for [`CALL_LIMIT`] on a machine that is busy.
pub(super) const SWEEP_BATCH: i64 = 200;

/// Runs `text` until there is nothing left for it: a statement that deletes rows, `$most` at most, and answers with
/// their ids. Answers how many they were.
///
/// # Errors
/// As [`run`]; some may be deleted then.
pub(super) async fn sweep(
    handles: &Arc<Handles>,
    text: &'static str,
    mut variables: Variables,
    most: i64,
) -> Result<usize, StoreError> {
    variables.insert("most", most);
    let mut swept = 0;
    loop {
        match run(handles, CALL_LIMIT, text, variables.clone()).await?.rows::<RecordId>(0)?.len() {
            0 => return Ok(swept),
            gone => swept += gone,
        }
    }
}

/// Runs a piece of work in a task of its own, for `limit` at most: it goes on when whoever waits for it
/// does not wait any more.
pub(super) async fn carried_through<T: Send + 'static>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let task = async move { tokio::time::timeout(limit, work).await.unwrap_or(Err(StoreError::TimedOut)) };
    carried::through(task).await.unwrap_or(Err(StoreError::TimedOut))
}

async fn attempts(handles: Arc<Handles>, text: &'static str, variables: Variables) -> Result<Answer, StoreError> {
    let mut service = handles.service();
    let mut backoff = Backoff::new();
    let mut renewed = false;
    loop {
        match service.query(text, variables.clone()).await {
            Err(StoreError::Conflict) => backoff.pause().await?,
            Err(error) if error.is_signed_out() && !renewed => {
                tracing::warn!(%error, "the sign-in to the database is gone");
                service = handles.renew(&service).await?;
                renewed = true;
            }
            result => return result,
        }
    }
}
