//! How often the directory may be called: a token bucket, with a pause when the directory asks for
//! one.
//!
//! What a person waits for goes first. Refreshes in the background queue up behind each other, so
//! that at most one of them is ever ahead of a person.

use super::{error::DirectoryError, settings::Tuning};
use chrono::{TimeDelta, Utc};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::{sleep_until, timeout_at};

/// How many refreshes may queue up. More would only wait in vain.
const LONGEST_QUEUE: usize = 64;

/// Who waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// A person, until this time.
    Action(Instant),
    /// Nobody: the result is kept for those who come later.
    Refresh,
}

/// The bucket, in the form of the generic cell rate algorithm: instead of counting tokens it keeps
/// the time at which the bucket would be full.
pub(super) struct Budget {
    interval: Duration,
    tolerance: Duration,
    state: Mutex<State>,
    queue: tokio::sync::Mutex<()>,
    queued: AtomicUsize,
}

struct State {
    full_at: Instant,
    /// For those who had their token before the pause was asked for.
    paused_until: Option<Instant>,
}

impl Budget {
    pub(super) fn new(tuning: &Tuning) -> Self {
        let interval = Duration::from_secs(1) / tuning.calls_per_second.get();
        Self {
            interval,
            tolerance: interval * (tuning.burst.get() - 1),
            state: Mutex::new(State { full_at: Instant::now(), paused_until: None }),
            queue: tokio::sync::Mutex::new(()),
            queued: AtomicUsize::new(0),
        }
    }

    /// Waits until a call may be made.
    ///
    /// # Errors
    /// `RateLimited`, at once, when that would be after `deadline`.
    pub(super) async fn acquire(&self, urgency: Urgency, deadline: Instant) -> Result<(), DirectoryError> {
        let _turn = match urgency {
            Urgency::Action(_) => None,
            Urgency::Refresh => Some(self.turn(deadline).await?),
        };
        loop {
            let start = self.reserve(Instant::now(), deadline).map_err(rate_limited)?;
            sleep_until(start.into()).await;
            // The directory may have asked for a pause meanwhile.
            if self.state().paused_until.is_none_or(|until| until <= Instant::now()) {
                return Ok(());
            }
        }
    }

    /// No call before `until`, and no burst right after it.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.state();
        state.paused_until = Some(state.paused_until.map_or(until, |known| known.max(until)));
        state.full_at = state.full_at.max(until + self.tolerance);
    }

    /// Takes a token and says when it is good for a call, if that is not after `latest`; else takes
    /// none and says when one would be.
    fn reserve(&self, now: Instant, latest: Instant) -> Result<Instant, Instant> {
        let mut state = self.state();
        let full_at = state.full_at.max(now);
        let start = full_at.checked_sub(self.tolerance).unwrap_or(now).max(now);
        if start > latest {
            return Err(start);
        }
        state.full_at = full_at + self.interval;
        Ok(start)
    }

    /// Waits for the turn of a refresh.
    async fn turn(&self, deadline: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>, DirectoryError> {
        struct Place<'a>(&'a AtomicUsize);
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let ahead = self.queued.fetch_add(1, Ordering::Relaxed);
        let _place = Place(&self.queued);
        if ahead >= LONGEST_QUEUE {
            return Err(rate_limited(Instant::now() + self.interval * LONGEST_QUEUE as u32));
        }
        timeout_at(deadline.into(), self.queue.lock()).await.map_err(|_| rate_limited(Instant::now() + self.interval))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rate_limited(until: Instant) -> DirectoryError {
    let wait = until.saturating_duration_since(Instant::now());
    DirectoryError::RateLimited { until: Utc::now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt, stream::FuturesUnordered};
    use std::num::NonZeroU32;

    fn budget(rate: u32, burst: u32) -> Budget {
        let mut tuning = Tuning::for_rate(NonZeroU32::new(rate).unwrap());
        tuning.burst = NonZeroU32::new(burst).unwrap();
        Budget::new(&tuning)
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_burst_goes_at_once_and_then_two_a_second() {
        let budget = budget(2, 4);
        let now = Instant::now();
        let waits: Vec<_> = (0..8).map(|_| budget.reserve(now, now + HOUR).unwrap() - now).collect();
        let expected = [0, 0, 0, 0, 500, 1000, 1500, 2000].map(Duration::from_millis);
        assert_eq!(waits, expected);
    }

    #[test]
    fn over_any_time_no_more_than_the_rate_and_one_burst() {
        let budget = budget(2, 4);
        let begin = Instant::now();
        let calls = (0..60_000).filter(|&ms| {
            let now = begin + Duration::from_millis(ms);
            budget.reserve(now, now).is_ok()
        });
        // A minute at two a second, and the burst.
        assert_eq!(calls.count(), 123);
    }

    #[test]
    fn what_cannot_be_had_in_time_takes_no_token() {
        let budget = budget(2, 1);
        let now = Instant::now();
        assert_eq!(budget.reserve(now, now), Ok(now));
        for _ in 0..10 {
            assert_eq!(budget.reserve(now, now + Duration::from_millis(400)), Err(now + Duration::from_millis(500)));
        }
        assert_eq!(budget.reserve(now, now + HOUR), Ok(now + Duration::from_millis(500)));
    }

    #[test]
    fn a_pause_holds_for_all_and_is_never_shortened() {
        let budget = budget(2, 4);
        let now = Instant::now();
        budget.pause(now + Duration::from_secs(30));
        budget.pause(now + Duration::from_secs(10));
        assert_eq!(budget.reserve(now, now + Duration::from_secs(29)), Err(now + Duration::from_secs(30)));
        assert_eq!(budget.reserve(now, now + HOUR), Ok(now + Duration::from_secs(30)));
        assert_eq!(budget.reserve(now, now + HOUR), Ok(now + Duration::from_millis(30_500)), "no burst after a pause");
    }

    #[tokio::test]
    async fn who_waits_when_a_pause_begins_waits_for_its_end() {
        let budget = budget(10, 1);
        let start = Instant::now();
        let deadline = start + HOUR;
        budget.acquire(Urgency::Action(deadline), deadline).await.unwrap();
        let waiting = budget.acquire(Urgency::Action(deadline), deadline);
        let pause = async { budget.pause(start + Duration::from_millis(400)) };
        let (outcome, ()) = tokio::join!(waiting, pause);
        assert_eq!(outcome, Ok(()));
        assert!(start.elapsed() >= Duration::from_millis(400));
    }

    #[tokio::test]
    async fn a_person_is_never_behind_the_queue_of_refreshes() {
        let budget = budget(10, 1);
        let deadline = Instant::now() + Duration::from_secs(10);
        budget.acquire(Urgency::Action(deadline), deadline).await.unwrap();
        let order = Mutex::new(Vec::new());
        let refreshes = futures::future::join_all((0..5).map(|_| async {
            budget.acquire(Urgency::Refresh, deadline).await.unwrap();
            order.lock().unwrap().push("refresh");
        }));
        let person = async {
            tokio::task::yield_now().await;
            budget.acquire(Urgency::Action(deadline), deadline).await.unwrap();
            order.lock().unwrap().push("person");
        };
        tokio::join!(refreshes, person);
        assert_eq!(order.lock().unwrap().iter().position(|who| *who == "person"), Some(1));
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let budget = budget(10, 1);
        let deadline = Instant::now() + HOUR;
        let in_front = budget.queue.lock().await;
        let mut waiting: FuturesUnordered<_> =
            (0..=LONGEST_QUEUE).map(|_| budget.acquire(Urgency::Refresh, deadline)).collect();
        assert!(
            matches!(waiting.next().await, Some(Err(DirectoryError::RateLimited { .. }))),
            "one too many is sent away at once"
        );
        assert_eq!(budget.queued.load(Ordering::Relaxed), LONGEST_QUEUE);
        drop(waiting);
        assert_eq!(budget.queued.load(Ordering::Relaxed), 0, "who gives up leaves the queue");
        drop(in_front);
        assert_eq!(budget.acquire(Urgency::Refresh, deadline).await, Ok(()));
    }
}
