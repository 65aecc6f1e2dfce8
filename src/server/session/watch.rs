//! Who waits for a session to end: the open pages of its person.
//!
//! A page learns of it in three ways, each enough by itself:
//!
//! 1. Whatever ends sessions on this instance wakes those who wait.
//! 2. The database tells what other instances end, by one live query for all ([`follow`]). It also
//!    empties the cache of it, so that these endings take effect here at once as well.
//! 3. Every so often, and when the session expires, it is looked at without being asked to. Should the
//!    live query be lost, that is how late a page notices.
//!
//! Nobody's word is taken for it: being woken means to look, and the database decides.

use super::{Cache, Live, SessionError, SessionId, Sessions};
use crate::server::store::{SessionKey, Store};
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

/// How many may wait for one session. Over HTTP/1.1 a browser has six connections for all of its tabs, and
/// pages need some.
const MOST_OF_SESSION: usize = 4;
/// How many may wait in all.
const MOST: usize = 10_000;
/// How long it is waited before the live query is begun again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Why nobody may wait for the session now.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// So many pages of it do already.
    #[error("{MOST_OF_SESSION} pages of the session are told of its end already")]
    SessionIsFull,
    /// So many pages of others do already.
    #[error("{MOST} pages are told of the end of their sessions already")]
    Full,
    /// The server stops.
    #[error("the server stops")]
    Stopping,
    /// The session cannot be looked up.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// What there is to say about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It lives, as far as is known.
    Alive,
    /// It has ended.
    Ended,
    /// The server stops: there will be no news.
    Stopping,
}

/// Somebody who waits for a session to end.
pub struct SessionWatch {
    place: Place,
    /// When it ends if it is not used again.
    ends_at: DateTime<Utc>,
}

impl fmt::Debug for SessionWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWatch").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

impl Sessions {
    /// Waits for that session to end, with [`news`](Self::news); nothing if it has ended or never was. Does
    /// not count as a use of it.
    ///
    /// # Errors
    /// Too many wait already, the server stops, or the database does not answer.
    pub async fn watch(&self, id: &SessionId) -> Result<Option<SessionWatch>, WatchError> {
        let key = id.key();
        // Before it is looked up, so that no end falls in between.
        let place = Watchers::place(&self.watchers, key)?;
        self.follower.get_or_init(|| {
            Follower(tokio::spawn(follow(self.store.clone(), self.cache.clone(), self.watchers.clone())))
        });
        let live = self.live(key, false).await?;
        Ok(live.map(|live| SessionWatch { place, ends_at: live.ends_at }))
    }

    /// Waits for news of the session, for `at_most` so long.
    pub async fn news(&self, watch: &mut SessionWatch, at_most: Duration) -> News {
        let until_its_end = (watch.ends_at - self.now()).to_std().unwrap_or_default();
        if let Ok(Err(_)) = tokio::time::timeout(at_most.min(until_its_end), watch.place.woken.changed()).await {
            return News::Stopping;
        }
        match self.live(watch.place.key, false).await {
            Ok(Some(live)) => {
                watch.ends_at = live.ends_at;
                News::Alive
            }
            Ok(None) => News::Ended,
            Err(error) => {
                tracing::debug!(%error, "an open page cannot be told whether its session lives");
                // Not again and again, should it be over.
                watch.ends_at = DateTime::<Utc>::MAX_UTC;
                News::Alive
            }
        }
    }

    /// Lets all go who wait, and takes no more: the server stops.
    pub fn stop_watching(&self) {
        self.watchers.stop();
    }
}

/// Those who wait, by session.
#[derive(Default)]
pub(super) struct Watchers(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    sessions: HashMap<SessionKey, watch::Sender<()>>,
    count: usize,
    stopping: bool,
}

impl Watchers {
    fn place(watchers: &Arc<Self>, key: SessionKey) -> Result<Place, WatchError> {
        let mut waiting = watchers.waiting();
        if waiting.stopping {
            return Err(WatchError::Stopping);
        }
        if waiting.count >= MOST {
            return Err(WatchError::Full);
        }
        let session = waiting.sessions.entry(key).or_insert_with(|| watch::Sender::new(()));
        if session.receiver_count() >= MOST_OF_SESSION {
            return Err(WatchError::SessionIsFull);
        }
        let woken = session.subscribe();
        waiting.count += 1;
        Ok(Place { watchers: Arc::clone(watchers), key, woken })
    }

    /// Wakes those who wait for that session.
    pub(super) fn wake(&self, key: &SessionKey) {
        if let Some(session) = self.waiting().sessions.get(key) {
            session.send_replace(());
        }
    }

    fn wake_all(&self) {
        self.waiting().sessions.values().for_each(|session| session.send_replace(()));
    }

    fn stop(&self) {
        let mut waiting = self.waiting();
        waiting.stopping = true;
        waiting.sessions.clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait; it is free again when it is dropped.
struct Place {
    watchers: Arc<Watchers>,
    key: SessionKey,
    woken: watch::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.watchers.waiting();
        waiting.count = waiting.count.saturating_sub(1);
        // This one is still counted.
        if waiting.sessions.get(&self.key).is_some_and(|session| session.receiver_count() <= 1) {
            waiting.sessions.remove(&self.key);
        }
    }
}

/// The task of [`follow`]. It ends with its sessions.
pub(super) struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Follows what the database tells of sessions that end, for as long as the process lives.
async fn follow(store: Arc<Store>, cache: Arc<Cache<Live>>, watchers: Arc<Watchers>) {
    let (shortest, longest) = PAUSES;
    let mut pause = shortest;
    loop {
        let lost = match store.endings().await {
            Ok(mut endings) => {
                pause = shortest;
                // What ended in between was not told.
                cache.doubt_all();
                watchers.wake_all();
                loop {
                    match endings.next().await {
                        Ok(key) => {
                            drop(cache.ending(&key));
                            cache.forget(&key).await;
                            watchers.wake(&key);
                        }
                        Err(error) => break error,
                    }
                }
            }
            Err(error) => error,
        };
        tracing::warn!(error = %lost, "the database does not tell which sessions end; open pages notice later until it does");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SessionKey {
        SessionKey::from([byte; 32])
    }

    #[test]
    fn places_are_few_for_each_session_and_free_again_when_they_are_left() {
        let watchers = Arc::new(Watchers::default());
        let mut places: Vec<_> = (0..MOST_OF_SESSION).map(|_| Watchers::place(&watchers, key(1)).unwrap()).collect();
        assert!(matches!(Watchers::place(&watchers, key(1)), Err(WatchError::SessionIsFull)));
        drop(Watchers::place(&watchers, key(2)).unwrap());
        places.pop();
        places.push(Watchers::place(&watchers, key(1)).unwrap());
        assert!(matches!(Watchers::place(&watchers, key(1)), Err(WatchError::SessionIsFull)));
        drop(places);
        let waiting = watchers.waiting();
        assert_eq!((waiting.count, waiting.sessions.len()), (0, 0), "nothing is left of them");
    }

    #[test]
    fn places_are_bounded_in_all() {
        let watchers = Arc::new(Watchers::default());
        let place = |n: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&n.to_be_bytes());
            Watchers::place(&watchers, SessionKey::from(bytes))
        };
        let places: Vec<_> = (0..MOST).map(|n| place(n).unwrap()).collect();
        assert!(matches!(place(MOST), Err(WatchError::Full)));
        drop(places);
        assert!(place(MOST).is_ok());
    }

    #[test]
    fn one_is_woken_for_its_own_session_and_let_go_in_the_end() {
        let watchers = Arc::new(Watchers::default());
        let (mut one, mut other) =
            (Watchers::place(&watchers, key(1)).unwrap(), Watchers::place(&watchers, key(2)).unwrap());
        watchers.wake(&key(1));
        assert!(one.woken.has_changed().unwrap() && !other.woken.has_changed().unwrap());
        one.woken.mark_unchanged();
        watchers.wake_all();
        assert!(one.woken.has_changed().unwrap() && other.woken.has_changed().unwrap());
        other.woken.mark_unchanged();
        watchers.stop();
        assert!(other.woken.has_changed().is_err());
        assert!(matches!(Watchers::place(&watchers, key(1)), Err(WatchError::Stopping)));
        drop((one, other));
        assert_eq!(watchers.waiting().count, 0);
    }
}
