//! A value fetched from elsewhere: kept for a while, fetched once however many ask, and served a
//! little stale rather than not at all.

use super::outbound::OutboundError;
use std::{
    future::Future,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long after its fetch a value may still be served when no newer one can be had.
const USABLE_WHEN_STALE: Duration = Duration::from_secs(24 * 3600);

/// A value with the time it was fetched at.
pub(super) struct Cached<T> {
    what: &'static str,
    life: Duration,
    kept: RwLock<Option<Kept<T>>>,
    /// Held while fetching. It keeps how the last fetch failed, for those who waited for it.
    fetching: Mutex<Option<(Instant, OutboundError)>>,
}

struct Kept<T> {
    value: Arc<T>,
    fetched_at: Instant,
}

impl<T> Cached<T> {
    pub(super) fn new(what: &'static str, life: Duration) -> Self {
        Self { what, life, kept: RwLock::new(None), fetching: Mutex::new(None) }
    }

    /// The value kept, if it was fetched less than `life` ago.
    fn kept_within(&self, life: Duration) -> Option<(Arc<T>, Instant)> {
        let kept = self.kept.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.as_ref()
            .filter(|kept| kept.fetched_at.elapsed() < life)
            .map(|kept| (Arc::clone(&kept.value), kept.fetched_at))
    }

    /// The value, fetched by `fetch` if none is fresh.
    pub(super) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<Arc<T>, OutboundError>
    where
        F: Future<Output = Result<T, OutboundError>>,
    {
        if let Some((value, _)) = self.kept_within(self.life) {
            return Ok(value);
        }
        match self.fetch_since(Instant::now(), fetch).await {
            Ok(value) => Ok(value),
            Err(error) => match self.kept_within(USABLE_WHEN_STALE) {
                Some((value, fetched_at)) => {
                    tracing::warn!(%error, age_seconds = fetched_at.elapsed().as_secs(), "{} could not be fetched anew; the one kept is used", self.what);
                    Ok(value)
                }
                None => Err(error),
            },
        }
    }

    /// The value, fetched after `asked_at`: by `fetch`, or by somebody else who was faster.
    pub(super) async fn fetch_since<F>(
        &self,
        asked_at: Instant,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, OutboundError>
    where
        F: Future<Output = Result<T, OutboundError>>,
    {
        let mut last_failure = self.fetching.lock().await;
        if let Some((value, fetched_at)) = self.kept_within(self.life)
            && fetched_at >= asked_at
        {
            return Ok(value);
        }
        // Those who waited for a fetch that failed get its failure: one after the other they would
        // each wait for a time-out of their own. Some failures stand for a while longer.
        if let Some((failed_at, error)) = last_failure.as_ref()
            && (*failed_at >= asked_at || failed_at.elapsed() < error.stands_for())
        {
            return Err(error.clone());
        }
        match fetch().await {
            Ok(value) => {
                let value = Arc::new(value);
                let kept = Kept { value: Arc::clone(&value), fetched_at: Instant::now() };
                *self.kept.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(kept);
                *last_failure = None;
                Ok(value)
            }
            Err(error) => {
                *last_failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn down() -> OutboundError {
        OutboundError::TimedOut { endpoint: "discovery" }
    }

    #[tokio::test]
    async fn a_hundred_askers_cause_one_fetch() {
        let cached = Cached::new("it", Duration::from_secs(60));
        let fetches = AtomicUsize::new(0);
        let asks = (0..100).map(|_| {
            cached.get(|| async {
                fetches.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(7)
            })
        });
        let answers = futures::future::join_all(asks).await;
        assert!(answers.into_iter().all(|answer| *answer.unwrap() == 7));
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn those_who_waited_for_a_failure_share_it_and_the_next_one_tries_again() {
        let cached: Cached<u8> = Cached::new("it", Duration::from_secs(60));
        let fetches = AtomicUsize::new(0);
        let fetch = || async {
            fetches.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(down())
        };
        let answers = futures::future::join_all((0..100).map(|_| cached.get(fetch))).await;
        assert!(answers.into_iter().all(|answer| answer == Err(down())));
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        assert!(cached.get(|| async { Ok(1) }).await.is_ok());
    }

    #[tokio::test]
    async fn a_failure_that_stands_is_not_asked_for_again_and_again() {
        let no_key = || OutboundError::NoUsableKey { endpoint: "the key set" };
        let cached: Cached<u8> = Cached::new("it", Duration::from_secs(60));
        let fetches = AtomicUsize::new(0);
        let fetch = || async {
            fetches.fetch_add(1, Ordering::Relaxed);
            Err(no_key())
        };
        for _ in 0..5 {
            assert_eq!(cached.get(fetch).await, Err(no_key()));
        }
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_stale_value_is_better_than_none() {
        let cached = Cached::new("it", Duration::ZERO);
        assert_eq!(*cached.get(|| async { Ok(1) }).await.unwrap(), 1);
        assert_eq!(*cached.get(|| async { Err(down()) }).await.unwrap(), 1);
        assert_eq!(*cached.get(|| async { Ok(2) }).await.unwrap(), 2);
        let no_key = || async { Err(OutboundError::NoUsableKey { endpoint: "the key set" }) };
        assert_eq!(*cached.get(no_key).await.unwrap(), 2);
    }
}
