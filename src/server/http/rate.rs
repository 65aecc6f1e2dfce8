//! How often something may happen: a leaky bucket for each key (the generic cell rate algorithm).
//!
//! It can look without counting, which counting failures alone needs, and what it remembers is bounded: a key
//! whose bucket is empty is forgotten.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);
/// How many keys are remembered at most. An entry is some fifty bytes.
const MOST: usize = 65_536;
/// Fewer than these are not worth a sweep.
const FEW: usize = 1024;

/// So many a minute for each key, evenly or all at once.
pub struct RateLimit<K> {
    /// What one costs of the minute.
    cost: Duration,
    started: Instant,
    buckets: Mutex<Buckets<K>>,
}

struct Buckets<K> {
    /// When each bucket is empty, since `started`.
    empty_at: HashMap<K, Duration>,
    /// With so many the empty ones are swept.
    sweep_at: usize,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// So many a minute.
    pub fn per_minute(most: NonZeroU32) -> Self {
        let buckets = Mutex::new(Buckets { empty_at: HashMap::new(), sweep_at: FEW });
        Self { cost: MINUTE / most.get(), started: Instant::now(), buckets }
    }

    /// Counts one more for this key.
    ///
    /// # Errors
    /// It would be one too many: how long to wait for the next. It is not counted then.
    pub fn count(&self, key: K) -> Result<(), Duration> {
        self.count_at(key, self.started.elapsed())
    }

    /// The same without counting.
    ///
    /// # Errors
    /// One more would be one too many: how long to wait for the next.
    pub fn look(&self, key: &K) -> Result<(), Duration> {
        let now = self.started.elapsed();
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        self.room(buckets.empty_at.get(key).copied(), now).map(drop)
    }

    fn count_at(&self, key: K, now: Duration) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let empty_at = self.room(buckets.empty_at.get(&key).copied(), now)?;
        buckets.make_room(now);
        buckets.empty_at.insert(key, empty_at);
        Ok(())
    }

    /// When a bucket is empty that takes one more now.
    fn room(&self, empty_at: Option<Duration>, now: Duration) -> Result<Duration, Duration> {
        let then = empty_at.unwrap_or_default().max(now) + self.cost;
        match (then - now).checked_sub(MINUTE) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => Ok(then),
        }
    }
}

impl<K: Eq + Hash> Buckets<K> {
    fn make_room(&mut self, now: Duration) {
        if self.empty_at.len() < self.sweep_at {
            return;
        }
        self.empty_at.retain(|_, empty_at| *empty_at > now);
        if self.empty_at.len() >= MOST {
            // So many addresses at once are no crowd of people. To count each of them says nothing any more, and
            // to refuse all newcomers would shut everybody out.
            tracing::warn!(keys = MOST, "too many addresses to count what each does: the count begins anew");
            self.empty_at.clear();
        }
        self.sweep_at = (self.empty_at.len() * 2).clamp(FEW, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(most: u32) -> RateLimit<u32> {
        RateLimit::per_minute(NonZeroU32::new(most).unwrap())
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_one_at_a_time() {
        let limit = limit(6);
        for _ in 0..6 {
            assert_eq!(limit.count_at(1, seconds(0)), Ok(()));
        }
        assert_eq!(limit.count_at(1, seconds(0)), Err(seconds(10)));
        assert_eq!(limit.count_at(1, seconds(9)), Err(seconds(1)), "being refused costs nothing");
        assert_eq!(limit.count_at(1, seconds(10)), Ok(()));
        assert_eq!(limit.count_at(1, seconds(10)), Err(seconds(10)));
        assert_eq!((0..10).filter(|_| limit.count_at(1, seconds(200)).is_ok()).count(), 6, "no more is saved up");
    }

    #[test]
    fn each_key_is_counted_alone_and_looking_counts_nothing() {
        let limit = limit(1);
        assert_eq!(limit.count(1), Ok(()));
        assert!(limit.look(&1).is_err());
        for _ in 0..3 {
            assert_eq!(limit.look(&2), Ok(()));
        }
        assert_eq!(limit.count(2), Ok(()));
    }

    #[test]
    fn what_it_remembers_is_bounded() {
        let limit = limit(1);
        let known = || limit.buckets.lock().unwrap().empty_at.len();
        for key in 0..10_000 {
            // Each is over before the next comes.
            assert_eq!(limit.count_at(key, seconds(u64::from(key) * 61)), Ok(()));
            assert!(known() <= FEW);
        }
        for key in 0..200_000 {
            assert_eq!(limit.count_at(key, seconds(1_000_000)), Ok(()));
            assert!(known() <= MOST);
        }
    }
}
