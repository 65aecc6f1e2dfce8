//! The sessions used within the last second, so that a page costs no database call.
//!
//! Two promises make the cache invisible:
//!
//! 1. **Once a session has been ended here, no lookup that begins later finds it.** A lookup may
//!    have read the session from the database just before it was ended, and put it into the cache
//!    just after. Removing the entry cannot prevent that, as there is none yet; a list of the
//!    recently ended would have to be kept for as long as the slowest lookup may take, and an
//!    attacker could make it grow. So each entry carries the *generation* that its part of the
//!    cache was in when the database was asked, ending a session moves its part on to the next one
//!    once the database has deleted it, and an entry of an earlier generation is not believed.
//!    The few other sessions that happen to be in that part, one in [`PARTS`], are read once more,
//!    which is all that happens to them.
//! 2. **A session ended elsewhere is not found by a lookup that begins a second or more later.** An
//!    entry is believed for a second from the moment at which the database was *asked*, not at
//!    which it answered.
//!
//! Sessions that don't exist are not remembered: whoever tries ids costs a database read each,
//! and no memory.

use crate::server::store::SessionKey;
use moka::future::Cache as Entries;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How long an entry is believed.
pub(super) const FRESH: Duration = Duration::from_secs(1);
/// How many sessions are remembered at most: those used within a second.
const CAPACITY: u64 = 10_000;
const PARTS: usize = 1024;

/// What is remembered of sessions, `T` each.
pub(super) struct Cache<T> {
    entries: Entries<SessionKey, Entry<T>>,
    generations: Box<[AtomicU64]>,
}

struct Entry<T> {
    value: Arc<T>,
    generation: u64,
    asked_at: Instant,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), ..*self }
    }
}

/// Why a lookup brought nothing.
#[derive(Debug)]
enum Miss<E> {
    Absent,
    Failed(E),
}

impl<T: Send + Sync + 'static> Cache<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: Entries::builder().max_capacity(CAPACITY).time_to_live(FRESH).build(),
            generations: (0..PARTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// What is remembered of the session, else what `load` brings. However many ask for the same
    /// session at once, one of them loads.
    pub(super) async fn get_or_load<E, F>(&self, key: &SessionKey, load: impl Fn() -> F) -> Result<Option<Arc<T>>, E>
    where
        E: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let came_at = Instant::now();
        loop {
            let entry = match self.entries.get(key).await {
                Some(entry) => entry,
                None => match self.entries.try_get_with(*key, self.entry(key, load())).await {
                    Ok(entry) => entry,
                    Err(miss) => match &*miss {
                        // Ids are never used again, so one that is absent now is absent for good.
                        Miss::Absent => return Ok(None),
                        Miss::Failed(error) => return Err(error.clone()),
                    },
                },
            };
            if entry.generation == self.generation(key) && came_at.saturating_duration_since(entry.asked_at) < FRESH {
                return Ok(Some(entry.value));
            }
            // The next turn asks the database after `came_at`, so it is the last one unless a
            // session of the same part ends in between.
            self.entries.invalidate(key).await;
        }
    }

    async fn entry<E>(
        &self,
        key: &SessionKey,
        load: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Entry<T>, Miss<E>> {
        // Both are read before the database is asked.
        let generation = self.generation(key);
        let asked_at = Instant::now();
        match load.await {
            Ok(Some(value)) => Ok(Entry { value: Arc::new(value), generation, asked_at }),
            Ok(None) => Err(Miss::Absent),
            Err(error) => Err(Miss::Failed(error)),
        }
    }

    /// Holds for as long as a session is being ended. When it is dropped, also because the work
    /// failed or was abandoned half-way, nothing read until then is believed any more.
    pub(super) fn ending(&self, key: &SessionKey) -> Ending<'_> {
        Ending(self.part(key))
    }

    /// Believes nothing any more that was read until now.
    pub(super) fn doubt_all(&self) {
        self.generations.iter().for_each(|part| drop(Ending(part)));
    }

    /// Frees the memory of a session that is of no more use.
    pub(super) async fn forget(&self, key: &SessionKey) {
        self.entries.invalidate(key).await;
    }

    fn generation(&self, key: &SessionKey) -> u64 {
        self.part(key).load(Ordering::SeqCst)
    }

    fn part(&self, key: &SessionKey) -> &AtomicU64 {
        let [one, two, ..] = *key.as_bytes();
        // What is left of a division by the number of parts is less than that.
        &self.generations[usize::from(u16::from_be_bytes([one, two])) % PARTS]
    }
}

/// See [`Cache::ending`].
pub(super) struct Ending<'a>(&'a AtomicU64);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicBool, AtomicUsize},
    };
    use tokio::sync::Notify;

    const KEY: [u8; 32] = [7; 32];

    /// A database with one session in it, which may be slow.
    #[derive(Default)]
    struct Database {
        ended: AtomicBool,
        reads: AtomicUsize,
        has_read: Notify,
        may_answer: Notify,
        slow: AtomicBool,
    }

    impl Database {
        async fn read(&self) -> Result<Option<&'static str>, Infallible> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            let found = (!self.ended.load(Ordering::SeqCst)).then_some("alive");
            if self.slow.load(Ordering::SeqCst) {
                self.has_read.notify_one();
                self.may_answer.notified().await;
            }
            Ok(found)
        }
    }

    #[tokio::test]
    async fn many_lookups_at_once_read_once() {
        let (cache, database) = (Cache::new(), Database::default());
        let key = SessionKey::from(KEY);
        let lookups = (0..100).map(|_| cache.get_or_load(&key, || database.read()));
        let found = futures::future::join_all(lookups).await;
        assert!(found.iter().all(|found| found.as_ref().unwrap().as_deref() == Some(&"alive")));
        assert_eq!(database.reads.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_does_not_exist_is_not_remembered() {
        let (cache, database) = (Cache::new(), Database::default());
        database.ended.store(true, Ordering::SeqCst);
        for n in 0..1000u64 {
            let mut key = KEY;
            key[..8].copy_from_slice(&n.to_be_bytes());
            assert!(cache.get_or_load(&SessionKey::from(key), || database.read()).await.unwrap().is_none());
        }
        cache.entries.run_pending_tasks().await;
        assert_eq!(cache.entries.entry_count(), 0);
        assert_eq!(database.reads.load(Ordering::SeqCst), 1000);
    }

    /// The race that the generations are for: read before the end, answered after it.
    #[tokio::test]
    async fn an_answer_from_before_the_end_is_not_believed_after_it() {
        let (cache, database) = (Arc::new(Cache::new()), Arc::new(Database::default()));
        let key = SessionKey::from(KEY);
        database.slow.store(true, Ordering::SeqCst);
        let early = tokio::spawn({
            let (cache, database) = (cache.clone(), database.clone());
            async move { cache.get_or_load(&key, || database.read()).await.unwrap() }
        });
        database.has_read.notified().await;

        let ending = cache.ending(&key);
        database.ended.store(true, Ordering::SeqCst);
        drop(ending);
        cache.forget(&key).await;

        database.slow.store(false, Ordering::SeqCst);
        database.may_answer.notify_one();
        assert_eq!(early.await.unwrap(), None, "even the lookup that read it does not believe it");
        assert_eq!(cache.get_or_load(&key, || database.read()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn in_doubt_all_is_read_anew() {
        let (cache, database) = (Cache::new(), Database::default());
        let key = SessionKey::from(KEY);
        for reads in [1, 2] {
            assert!(cache.get_or_load(&key, || database.read()).await.unwrap().is_some());
            assert_eq!(database.reads.load(Ordering::SeqCst), reads);
            cache.doubt_all();
        }
    }

    #[tokio::test]
    async fn an_entry_is_believed_for_a_second_from_when_it_was_asked_for() {
        let (cache, database) = (Cache::new(), Database::default());
        let key = SessionKey::from(KEY);
        for (age, reads) in [(FRESH / 2, 0), (FRESH, 1), (FRESH * 5, 1)] {
            database.reads.store(0, Ordering::SeqCst);
            let asked_at = Instant::now().checked_sub(age).unwrap();
            let entry = Entry { value: Arc::new("alive"), generation: cache.generation(&key), asked_at };
            cache.entries.insert(key, entry).await;
            assert!(cache.get_or_load(&key, || database.read()).await.unwrap().is_some());
            assert_eq!(database.reads.load(Ordering::SeqCst), reads, "after {age:?}");
        }
    }
}
