//! The sessions that end, as the database tells it: also those that another instance ends.

use super::{
    CALL_LIMIT, SessionKey, Store, StoreError, call,
    handles::{Handles, Service},
    sessions::key_of,
};
use futures::StreamExt as _;
use std::{fmt, sync::Arc, time::Duration};
use surrealdb::{
    Notification,
    method::QueryStream,
    types::{RecordId, Variables},
};

const LIVE: &str = "LIVE SELECT VALUE id FROM session WHERE $event = 'DELETE'";
/// How often it is looked whether the sign-in that the live query was made under still stands: with an
/// expired one it falls silent, and says nothing about it.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Tells which sessions end. One a process is enough: all that open pages wait for comes from it.
pub struct Endings {
    told: QueryStream<Notification<RecordId>>,
    service: Arc<Service>,
    handles: Arc<Handles>,
}

impl Store {
    /// From now on each session that is deleted, by whomever. What was deleted before is not told.
    ///
    /// # Errors
    /// The database does not answer, or not as it should, or it has no live queries.
    pub async fn endings(&self) -> Result<Endings, StoreError> {
        // Read first: should it be renewed meanwhile, that is noticed below.
        let service = self.handles.service();
        let told = call::run(&self.handles, CALL_LIMIT, LIVE, Variables::new()).await?.live(0)?;
        Ok(Endings { told, service, handles: Arc::clone(&self.handles) })
    }
}

impl Endings {
    /// The next session that has ended. Nothing is lost when it is not waited for to the end.
    ///
    /// # Errors
    /// The connection was lost, or signed in anew: nothing is told any more, and some may have been missed.
    /// [`Store::endings`] begins again.
    pub async fn next(&mut self) -> Result<SessionKey, StoreError> {
        loop {
            match tokio::time::timeout(LOOK_EVERY, self.told.next()).await {
                Ok(Some(told)) => return key_of(&told?.data),
                Ok(None) => return Err(StoreError::Unexpected("the live query has ended")),
                Err(_) if !Arc::ptr_eq(&self.service, &self.handles.service()) => {
                    return Err(StoreError::Unexpected("the live query belongs to a sign-in that is over"));
                }
                Err(_) => {}
            }
        }
    }
}

impl fmt::Debug for Endings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endings")
    }
}
