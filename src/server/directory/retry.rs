//! When to try again: after faults of the directory's own, with a pause that chance sets, so that
//! many instances don't come back at once.

use super::settings::Tuning;
use aws_lc_rs::rand;
use std::time::{Duration, Instant};

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(2);

/// What to do after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Try again after this.
    After(Duration),
    /// It was tried often enough, or there is no time left.
    Never,
}

/// The tries of one call.
pub(super) struct Backoff {
    tries: u32,
    most: u32,
    first: Duration,
    deadline: Instant,
}

impl Backoff {
    pub(super) fn new(tuning: &Tuning, deadline: Instant) -> Self {
        Self { tries: 0, most: tuning.retries, first: tuning.backoff, deadline }
    }

    /// What to do after one more fault.
    pub(super) fn next(&mut self) -> Retry {
        let pause = up_to(ceiling(self.first, self.tries));
        self.count(pause)
    }

    /// What to do after the directory asked for a pause.
    pub(super) fn next_after(&mut self, pause: Duration) -> Retry {
        self.count(pause)
    }

    fn count(&mut self, pause: Duration) -> Retry {
        if self.tries == self.most || Instant::now() + pause >= self.deadline {
            return Retry::Never;
        }
        self.tries += 1;
        Retry::After(pause)
    }
}

fn ceiling(first: Duration, tries: u32) -> Duration {
    first.saturating_mul(2u32.saturating_pow(tries)).min(LONGEST)
}

/// A random part of `most`, but no less than half. Should chance fail, all of it will do.
fn up_to(most: Duration) -> Duration {
    let mut byte = [u8::MAX];
    match rand::fill(&mut byte) {
        Ok(()) => most.mul_f64(0.5 + f64::from(byte[0]) / 510.0),
        Err(_) => most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn it_is_tried_three_times_more_and_ever_more_slowly() {
        let tuning = Tuning::for_rate(NonZeroU32::MIN);
        let mut backoff = Backoff::new(&tuning, Instant::now() + Duration::from_secs(60));
        for most in [200, 400, 800].map(Duration::from_millis) {
            let Retry::After(pause) = backoff.next() else { panic!("it gave up too early") };
            assert!(pause <= most && pause >= most / 2, "{pause:?} of {most:?}");
        }
        assert_eq!(backoff.next(), Retry::Never);
        assert_eq!(ceiling(Duration::from_millis(200), 40), LONGEST);
    }

    #[test]
    fn the_pauses_of_many_differ() {
        let pauses: std::collections::BTreeSet<_> = (0..100).map(|_| up_to(LONGEST)).collect();
        assert!(pauses.len() > 20);
    }

    #[test]
    fn it_is_not_tried_again_when_no_time_is_left() {
        let tuning = Tuning::for_rate(NonZeroU32::MIN);
        let deadline = Instant::now() + Duration::from_secs(1);
        assert_eq!(Backoff::new(&tuning, deadline).next_after(Duration::from_secs(2)), Retry::Never);
        assert_ne!(Backoff::new(&tuning, deadline).next_after(Duration::ZERO), Retry::Never);
        assert_eq!(Backoff::new(&tuning, Instant::now()).next(), Retry::Never);
    }
}
