//! Values read from elsewhere, each under a key: kept for a while, read once however many ask,
//! served a little stale while the next one is read, and left alone for a while after a failure.
//!
//! It differs from the sign-in service's own cache in that nobody waits for a refresh: it runs in a
//! task of its own and outlives those who asked.

use super::{error::DirectoryError, settings::Tuning};
use chrono::{DateTime, Utc};
use moka::{future::Cache, policy::EvictionPolicy};
use std::{
    collections::{HashMap, hash_map::Entry},
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout_at};

/// After this long a value is forgotten, whatever is said of its use.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What a fetch brought.
pub(super) struct Fetched<T> {
    pub(super) value: T,
    /// How long it needs no refresh.
    pub(super) fresh_for: Duration,
    /// How long it may be served when no newer one can be had.
    pub(super) usable_for: Duration,
    /// Roughly how many bytes it takes.
    pub(super) bytes: u32,
}

/// A value and the time it was read at.
pub(super) struct Snapshot<T> {
    pub(super) value: Arc<T>,
    pub(super) as_of: DateTime<Utc>,
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), as_of: self.as_of }
    }
}

/// Why there is no value.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    /// Since when it has been asked for in vain.
    pub(super) since: DateTime<Utc>,
    pub(super) error: DirectoryError,
}

type Outcome<T> = Result<Snapshot<T>, Missing>;

/// The values. Cloning gives another handle to the same ones.
pub(super) struct Refreshing<T>(Arc<Shared<T>>);

impl<T> Clone for Refreshing<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<T> {
    kept: Cache<String, Arc<Kept<T>>>,
    flights: Mutex<HashMap<String, Flight<T>>>,
    flight_ids: AtomicU64,
    rest: Duration,
    rest_after_refusal: Duration,
}

/// What is known under a key.
struct Kept<T> {
    snapshot: Option<Snapshot<T>>,
    fresh_until: Instant,
    usable_until: Instant,
    bytes: u32,
    /// How the latest fetch failed, if it did.
    failure: Option<Failure>,
}

#[derive(Clone)]
struct Failure {
    missing: Missing,
    rest_until: Instant,
}

/// A fetch under way.
struct Flight<T> {
    id: u64,
    started_at: DateTime<Utc>,
    outcome: watch::Receiver<Option<Outcome<T>>>,
}

impl<T> Kept<T> {
    fn usable(&self, now: Instant) -> Option<&Snapshot<T>> {
        self.snapshot.as_ref().filter(|_| now < self.usable_until)
    }

    /// What is to be answered without a fetch, if anything: a fresh value, or, while a failure is
    /// recent, what there is.
    fn settled(&self, now: Instant) -> Option<Outcome<T>> {
        if now < self.fresh_until
            && let Some(snapshot) = &self.snapshot
        {
            return Some(Ok(snapshot.clone()));
        }
        let failure = self.failure.as_ref().filter(|failure| now < failure.rest_until)?;
        Some(self.usable(now).cloned().ok_or_else(|| failure.missing.clone()))
    }
}

impl<T: Send + Sync + 'static> Refreshing<T> {
    /// Room for about this many bytes; what was used longest ago makes way.
    pub(super) fn new(most_bytes: u64, tuning: &Tuning) -> Self {
        let kept = Cache::builder()
            .max_capacity(most_bytes)
            .weigher(|key: &String, kept: &Arc<Kept<T>>| {
                kept.bytes.saturating_add(u32::try_from(key.len()).unwrap_or(u32::MAX)).saturating_add(256)
            })
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(FORGOTTEN_AFTER)
            .build();
        Self(Arc::new(Shared {
            kept,
            flights: Mutex::default(),
            flight_ids: AtomicU64::new(0),
            rest: tuning.rest,
            rest_after_refusal: tuning.rest_after_refusal,
        }))
    }

    /// The value under `key`. A fresh one comes at once, and so does a stale one, while `fetch`
    /// runs for those who come later. Where there is none, the fetch is waited for until `deadline`.
    ///
    /// # Errors
    /// The failure of the fetch, this one or a recent one; [`DirectoryError::NotYet`] when the
    /// deadline came first.
    pub(super) async fn get<F>(
        &self,
        key: &str,
        deadline: Instant,
        fetch: impl FnOnce() -> F + Send + 'static,
    ) -> Outcome<T>
    where
        F: Future<Output = Result<Fetched<T>, DirectoryError>> + Send + 'static,
    {
        let now = Instant::now();
        let kept = self.0.kept.get(key).await;
        if let Some(settled) = kept.as_ref().and_then(|kept| kept.settled(now)) {
            return settled;
        }
        let (mut outcome, started_at) = self.join_or_start(key, fetch);
        if let Some(stale) = kept.as_ref().and_then(|kept| kept.usable(now)) {
            return Ok(stale.clone());
        }
        let missing = |error| {
            let failed_since =
                kept.as_ref().and_then(|kept| kept.failure.as_ref()).map(|failure| failure.missing.since);
            Err(Missing { since: failed_since.unwrap_or(started_at), error })
        };
        match timeout_at(deadline.into(), outcome.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => match outcome.as_ref() {
                Some(outcome) => outcome.clone(),
                None => missing(DirectoryError::NotYet),
            },
            // The task is gone without an outcome: it panicked, or the runtime stops.
            Ok(Err(_)) => missing(DirectoryError::Unavailable("the fetch was broken off".to_owned())),
            Err(_) => missing(DirectoryError::NotYet),
        }
    }

    /// Forgets what is under `key`; a fetch under way will not bring it back.
    pub(super) async fn forget(&self, key: &str) {
        self.0.flights().remove(key);
        self.0.kept.invalidate(key).await;
    }

    /// Joins the fetch under way for `key`, or starts it.
    fn join_or_start<F>(
        &self,
        key: &str,
        fetch: impl FnOnce() -> F + Send + 'static,
    ) -> (watch::Receiver<Option<Outcome<T>>>, DateTime<Utc>)
    where
        F: Future<Output = Result<Fetched<T>, DirectoryError>> + Send + 'static,
    {
        let mut flights = self.0.flights();
        let entry = match flights.entry(key.to_owned()) {
            Entry::Occupied(flight) => return (flight.get().outcome.clone(), flight.get().started_at),
            Entry::Vacant(entry) => entry,
        };
        let (sender, receiver) = watch::channel(None);
        let started_at = Utc::now();
        let id = self.0.flight_ids.fetch_add(1, Ordering::Relaxed);
        entry.insert(Flight { id, started_at, outcome: receiver.clone() });
        let ticket = Ticket { shared: Arc::clone(&self.0), key: key.to_owned(), id };
        tokio::spawn(async move {
            let outcome = ticket.fly(started_at, fetch).await;
            // First out of the list, then known: who comes between finds it among the kept.
            drop(ticket);
            sender.send_replace(Some(outcome));
        });
        (receiver, started_at)
    }
}

/// A flight's place in the list, given back when it ends, however it ends.
struct Ticket<T> {
    shared: Arc<Shared<T>>,
    key: String,
    id: u64,
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        let mut flights = self.shared.flights();
        if flights.get(&self.key).is_some_and(|flight| flight.id == self.id) {
            flights.remove(&self.key);
        }
    }
}

impl<T: Send + Sync + 'static> Ticket<T> {
    async fn fly<F>(&self, started_at: DateTime<Utc>, fetch: impl FnOnce() -> F) -> Outcome<T>
    where
        F: Future<Output = Result<Fetched<T>, DirectoryError>>,
    {
        // Another flight may have ended between the look at the kept and the start of this one.
        let before = self.shared.kept.get(&self.key).await;
        if let Some(settled) = before.as_ref().and_then(|kept| kept.settled(Instant::now())) {
            return settled;
        }
        let outcome = fetch().await;
        let now = Instant::now();
        let kept = match outcome {
            Ok(fetched) => Kept {
                snapshot: Some(Snapshot { value: Arc::new(fetched.value), as_of: Utc::now() }),
                fresh_until: now + fetched.fresh_for,
                usable_until: now + fetched.usable_for.min(FORGOTTEN_AFTER),
                bytes: fetched.bytes,
                failure: None,
            },
            Err(error) => {
                let since = before
                    .as_ref()
                    .and_then(|kept| kept.failure.as_ref())
                    .map_or(started_at, |failure| failure.missing.since);
                let rest_until = now + self.shared.rest_after(&error);
                let failure = Some(Failure { missing: Missing { since, error }, rest_until });
                match before.as_deref() {
                    Some(before) => Kept {
                        snapshot: before.snapshot.clone(),
                        fresh_until: before.fresh_until,
                        usable_until: before.usable_until,
                        bytes: before.bytes,
                        failure,
                    },
                    None => Kept { snapshot: None, fresh_until: now, usable_until: now, bytes: 0, failure },
                }
            }
        };
        let outcome = match (&kept.failure, &kept.snapshot) {
            (Some(failure), _) => Err(failure.missing.clone()),
            (None, Some(snapshot)) => Ok(snapshot.clone()),
            (None, None) => Err(Missing { since: started_at, error: DirectoryError::NotYet }),
        };
        // What was forgotten meanwhile must not come back. The second look is for a `forget`
        // between the first one and the insertion.
        if self.is_current() {
            self.shared.kept.insert(self.key.clone(), Arc::new(kept)).await;
            if !self.is_current() {
                self.shared.kept.invalidate(&self.key).await;
            }
        }
        outcome
    }

    fn is_current(&self) -> bool {
        self.shared.flights().get(&self.key).is_some_and(|flight| flight.id == self.id)
    }
}

impl<T> Shared<T> {
    fn flights(&self) -> MutexGuard<'_, HashMap<String, Flight<T>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest_after(&self, error: &DirectoryError) -> Duration {
        match error {
            DirectoryError::RateLimited { until } => {
                (*until - Utc::now()).to_std().unwrap_or_default().min(self.rest_after_refusal)
            }
            error if error.is_away() => self.rest,
            _ => self.rest_after_refusal,
        }
    }
}

#[cfg(test)]
mod tests;
