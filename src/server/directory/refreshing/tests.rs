//! One fetch however many ask, and nobody waits longer than they said.

use super::*;
use std::{num::NonZeroU32, sync::atomic::AtomicUsize};
use tokio::sync::Semaphore;

const LONG: Duration = Duration::from_secs(3600);

fn refreshing(rest: Duration) -> Refreshing<usize> {
    let mut tuning = Tuning::for_rate(NonZeroU32::MIN);
    (tuning.rest, tuning.rest_after_refusal) = (rest, rest);
    Refreshing::new(1 << 20, &tuning)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

/// Fetches that are counted and give their number, or fail.
#[derive(Clone, Default)]
struct Source(Arc<AtomicUsize>);

impl Source {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn fetch(
        &self,
        fresh_for: Duration,
    ) -> impl Future<Output = Result<Fetched<usize>, DirectoryError>> + Send + use<> {
        let count = Arc::clone(&self.0);
        async move {
            tokio::task::yield_now().await;
            Ok(Fetched { value: count.fetch_add(1, Ordering::SeqCst) + 1, fresh_for, usable_for: LONG, bytes: 8 })
        }
    }

    fn fail(&self) -> impl Future<Output = Result<Fetched<usize>, DirectoryError>> + Send + use<> {
        let count = Arc::clone(&self.0);
        async move {
            tokio::task::yield_now().await;
            count.fetch_add(1, Ordering::SeqCst);
            Err(DirectoryError::Unavailable("down".to_owned()))
        }
    }
}

async fn value(refreshing: &Refreshing<usize>, source: &Source, fresh_for: Duration) -> Result<usize, DirectoryError> {
    let source = source.clone();
    refreshing
        .get("it", soon(), move || source.fetch(fresh_for))
        .await
        .map(|snapshot| *snapshot.value)
        .map_err(|missing| missing.error)
}

async fn failure(refreshing: &Refreshing<usize>, source: &Source) -> Result<usize, DirectoryError> {
    let source = source.clone();
    refreshing
        .get("it", soon(), move || source.fail())
        .await
        .map(|snapshot| *snapshot.value)
        .map_err(|missing| missing.error)
}

async fn until(condition: impl Fn() -> bool) {
    let limit = soon();
    while !condition() {
        assert!(Instant::now() < limit, "waited in vain");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_thousand_askers_cause_one_fetch() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    let answers = futures::future::join_all((0..1000).map(|_| value(&refreshing, &source, LONG))).await;
    assert!(answers.into_iter().all(|answer| answer == Ok(1)));
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(1));
    assert_eq!(source.count(), 1);
}

#[tokio::test]
async fn a_stale_value_comes_at_once_while_one_refresh_runs() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    assert_eq!(value(&refreshing, &source, Duration::ZERO).await, Ok(1));
    let gate = Arc::new(Semaphore::new(0));
    for _ in 0..10 {
        let (source, gate) = (source.clone(), Arc::clone(&gate));
        let fetch = move || async move {
            gate.acquire().await.unwrap().forget();
            source.fetch(LONG).await
        };
        assert_eq!(*refreshing.get("it", soon(), fetch).await.map_err(|missing| missing.error).unwrap().value, 1);
    }
    gate.add_permits(10);
    until(|| source.count() == 2).await;
    until(|| refreshing.0.flights().is_empty()).await;
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(2));
    assert_eq!(source.count(), 2);
}

#[tokio::test]
async fn who_waited_shares_the_failure_and_it_is_left_alone_for_a_while() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    let down = Err(DirectoryError::Unavailable("down".to_owned()));
    let answers = futures::future::join_all((0..100).map(|_| failure(&refreshing, &source))).await;
    assert!(answers.into_iter().all(|answer| answer == down));
    assert_eq!(failure(&refreshing, &source).await, down);
    assert_eq!(source.count(), 1);
}

#[tokio::test]
async fn it_comes_back_by_itself_and_remembers_since_when_it_was_away() {
    let (refreshing, source) = (refreshing(Duration::ZERO), Source::default());
    let fail = |source: Source| move || source.fail();
    let first = refreshing.get("it", soon(), fail(source.clone())).await.err().unwrap();
    let second = refreshing.get("it", soon(), fail(source.clone())).await.err().unwrap();
    assert_eq!(first.since, second.since);
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(3));
    refreshing.forget("it").await;
    let third = refreshing.get("it", soon(), fail(source.clone())).await.err().unwrap();
    assert!(third.since > first.since, "a new failure is a new one");
}

#[tokio::test]
async fn a_failed_refresh_takes_nothing_away_until_the_value_is_too_old() {
    let (refreshing, source) = (refreshing(Duration::ZERO), Source::default());
    assert_eq!(value(&refreshing, &source, Duration::ZERO).await, Ok(1));
    assert_eq!(failure(&refreshing, &source).await, Ok(1));
    until(|| source.count() == 2 && refreshing.0.flights().is_empty()).await;
    assert_eq!(failure(&refreshing, &source).await, Ok(1));
    let unusable =
        || async { Ok(Fetched { value: 9, fresh_for: Duration::ZERO, usable_for: Duration::ZERO, bytes: 8 }) };
    assert!(refreshing.get("other", soon(), unusable).await.is_ok());
    let down = || async { Err(DirectoryError::Unavailable("down".to_owned())) };
    assert!(refreshing.get("other", soon(), down).await.is_err());
}

#[tokio::test]
async fn nobody_waits_longer_than_the_deadline_and_the_fetch_goes_on() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    let gate = Arc::new(Semaphore::new(0));
    let fetch = {
        let (source, gate) = (source.clone(), Arc::clone(&gate));
        move || async move {
            gate.acquire().await.unwrap().forget();
            source.fetch(LONG).await
        }
    };
    let missing = refreshing.get("it", Instant::now() + Duration::from_millis(20), fetch).await.err().unwrap();
    assert_eq!(missing.error, DirectoryError::NotYet);
    gate.add_permits(1);
    until(|| refreshing.0.flights().is_empty()).await;
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(1));
    assert_eq!(source.count(), 1);
}

#[tokio::test]
async fn a_panicking_fetch_blocks_nobody() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    let panics = || async { if true { panic!("on purpose") } else { Err(DirectoryError::Off) } };
    let missing = refreshing.get("it", soon(), panics).await.err().unwrap();
    assert!(matches!(missing.error, DirectoryError::Unavailable(_)));
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(1));
}

#[tokio::test]
async fn what_was_forgotten_is_not_brought_back_by_a_fetch_from_before() {
    let (refreshing, source) = (refreshing(LONG), Source::default());
    let gate = Arc::new(Semaphore::new(0));
    let old = {
        let gate = Arc::clone(&gate);
        move || async move {
            gate.acquire().await.unwrap().forget();
            Ok(Fetched { value: 99, fresh_for: LONG, usable_for: LONG, bytes: 8 })
        }
    };
    assert!(refreshing.get("it", Instant::now(), old).await.is_err());
    refreshing.forget("it").await;
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(1));
    gate.add_permits(1);
    until(|| gate.available_permits() == 0).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(value(&refreshing, &source, LONG).await, Ok(1));
}

#[tokio::test]
async fn the_room_is_bounded() {
    let mut tuning = Tuning::for_rate(NonZeroU32::MIN);
    tuning.rest = LONG;
    let refreshing: Refreshing<usize> = Refreshing::new(100_000, &tuning);
    for key in 0..1000 {
        let fetch = move || async move { Ok(Fetched { value: key, fresh_for: LONG, usable_for: LONG, bytes: 1000 }) };
        assert!(refreshing.get(&format!("auth0|{key}"), soon(), fetch).await.is_ok());
    }
    refreshing.0.kept.run_pending_tasks().await;
    assert!(refreshing.0.kept.weighted_size() <= 100_000);
    assert!(refreshing.0.kept.entry_count() > 50);
    assert!(refreshing.0.flights().is_empty());
}
