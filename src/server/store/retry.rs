//! Trying again when two transactions wanted the same record.
//!
//! SurrealDB's transactions are optimistic: of two that change one record, the later one to commit
//! is told so and has done nothing. That is normal (two tabs signing in at once), and trying again
//! is all there is to do.

use super::error::StoreError;
use aws_lc_rs::rand;
use std::time::Duration;

/// How often it is tried again. The time limit of the call usually comes first.
const TRIES: u32 = 40;
const FIRST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(200);

/// The pauses between tries: each may be twice as long as the one before, and is as long as chance
/// has it, so that those who collided don't meet again.
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    pub(super) const fn new() -> Self {
        Self { tries: 0 }
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was tried often enough.
    pub(super) async fn pause(&mut self) -> Result<(), StoreError> {
        if self.tries == TRIES {
            return Err(StoreError::Conflict);
        }
        tokio::time::sleep(up_to(ceiling(self.tries))).await;
        self.tries += 1;
        Ok(())
    }
}

fn ceiling(tries: u32) -> Duration {
    FIRST.saturating_mul(2u32.saturating_pow(tries)).min(LONGEST)
}

/// A random part of `most`. Should chance fail, all of it will do.
fn up_to(most: Duration) -> Duration {
    let mut byte = [u8::MAX];
    match rand::fill(&mut byte) {
        Ok(()) => most.mul_f64(f64::from(byte[0]) / f64::from(u8::MAX)),
        Err(_) => most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_stay_bounded() {
        assert_eq!(ceiling(0), FIRST);
        assert!((0..200).all(|tries| ceiling(tries) <= ceiling(tries + 1)));
        assert_eq!(ceiling(200), LONGEST);
        assert!((0..1000).all(|_| up_to(LONGEST) <= LONGEST));
    }

    #[tokio::test]
    async fn it_gives_up_in_the_end() {
        let mut backoff = Backoff { tries: TRIES - 1 };
        assert!(backoff.pause().await.is_ok());
        assert!(matches!(backoff.pause().await, Err(StoreError::Conflict)));
    }
}
