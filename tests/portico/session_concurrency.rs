//! Ended is ended, however many requests are on their way.

use crate::store_support::{ISSUER, LIFE, keyring, memory, sessions, sign_in};
use chrono::{TimeDelta, Utc};
use portico::server::{
    auth::LogoutToken,
    session::{ProviderLogoutOutcome, SessionSettings, Sessions},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Barrier, task::JoinSet};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_one_end_none_of_200_concurrent_lookups_finds_the_session() {
    const LOOKUPS: usize = 200;
    let store = memory().await;
    let sessions = Arc::new(sessions(&store));
    for _ in 0..3 {
        let id = sign_in(&sessions, "auth0|1").await;
        let ended = Arc::new(AtomicBool::new(false));
        let alive = Arc::new(AtomicUsize::new(0));
        let started = Arc::new(Barrier::new(LOOKUPS + 1));
        let mut lookups = JoinSet::new();
        for _ in 0..LOOKUPS {
            let (sessions, id, ended, alive, started) =
                (sessions.clone(), id.clone(), ended.clone(), alive.clone(), started.clone());
            lookups.spawn(async move {
                started.wait().await;
                loop {
                    let after_end = ended.load(Ordering::SeqCst);
                    match sessions.find(&id).await.unwrap() {
                        None => return,
                        Some(_) => assert!(!after_end, "a lookup that began after the end found the session"),
                    }
                    alive.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            });
        }
        started.wait().await;
        while alive.load(Ordering::SeqCst) < LOOKUPS {
            tokio::task::yield_now().await;
        }
        assert!(sessions.end(&id).await.unwrap().is_some());
        ended.store(true, Ordering::SeqCst);
        while let Some(lookup) = lookups.join_next().await {
            lookup.unwrap();
        }
        assert!(sessions.find(&id).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_ends_one_gets_the_tokens() {
    let store = memory().await;
    let sessions = Arc::new(sessions(&store));
    let id = sign_in(&sessions, "auth0|1").await;
    let mut ends = JoinSet::new();
    for _ in 0..40 {
        let (sessions, id) = (sessions.clone(), id.clone());
        ends.spawn(async move { sessions.end(&id).await.unwrap().is_some() });
    }
    assert_eq!(ends.join_all().await.into_iter().filter(|&got| got).count(), 1);
}

#[tokio::test]
async fn an_end_elsewhere_is_seen_within_a_second() {
    let store = memory().await;
    let (here, elsewhere) = (sessions(&store), sessions(&store));
    let id = sign_in(&here, "auth0|1").await;
    assert!(here.find(&id).await.unwrap().is_some());
    assert!(elsewhere.end(&id).await.unwrap().is_some());
    let ended = Instant::now();
    let mut found = 0;
    loop {
        let began = Instant::now();
        match here.find(&id).await.unwrap() {
            None => break,
            Some(_) => assert!(began - ended < Duration::from_secs(1), "found more than a second later"),
        }
        found += 1;
        tokio::task::yield_now().await;
    }
    assert!(found > 0, "without the cache this would show nothing");
}

/// The same where the sign-in service ends it: two instances on one database.
#[tokio::test]
async fn an_end_by_the_sign_in_service_is_seen_everywhere_within_a_second() {
    let store = memory().await;
    let (here, elsewhere) = (sessions(&store), sessions(&store));
    let id = sign_in(&here, "auth0|1").await;
    assert!(here.find(&id).await.unwrap().is_some() && elsewhere.find(&id).await.unwrap().is_some());
    let token = |jti: &str| LogoutToken {
        jti: jti.to_owned(),
        session: Some("the provider's session".to_owned()),
        subject: None,
    };
    let other_issuer = here.end_by_provider("https://other.example/", &token("1")).await.unwrap();
    assert!(matches!(other_issuer, ProviderLogoutOutcome::Done(ended) if ended.is_empty()), "a sid is its issuer's");
    assert!(here.find(&id).await.unwrap().is_some());

    let ended = elsewhere.end_by_provider(ISSUER, &token("1")).await.unwrap();
    let done = Instant::now();
    assert!(matches!(ended, ProviderLogoutOutcome::Done(ended) if ended.len() == 1));
    assert!(elsewhere.find(&id).await.unwrap().is_none(), "at once where it was ended");
    loop {
        let began = Instant::now();
        match here.find(&id).await.unwrap() {
            None => break,
            Some(_) => assert!(began - done < Duration::from_secs(1), "found more than a second later"),
        }
        tokio::task::yield_now().await;
    }
    let again = here.end_by_provider(ISSUER, &token("1")).await.unwrap();
    assert!(matches!(again, ProviderLogoutOutcome::Replayed), "a token counts once on all instances");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_sign_ins_at_once_as_many_live_as_may() {
    let store = memory().await;
    let settings = SessionSettings { per_person: std::num::NonZeroU16::new(3), ..LIFE };
    let sessions = Arc::new(Sessions::new(store.clone(), keyring(&[1]), settings));
    let mut sign_ins = JoinSet::new();
    for _ in 0..6 {
        let sessions = sessions.clone();
        sign_ins.spawn(async move { sign_in(&sessions, "auth0|1").await });
    }
    let mut live = 0;
    for id in sign_ins.join_all().await {
        live += usize::from(sessions.find(&id).await.unwrap().is_some());
    }
    assert_eq!(live, 3);
}

/// Noting the use of a session while it is being ended must not write it anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn noting_its_use_does_not_bring_a_session_back() {
    let store = memory().await;
    let sessions = sessions(&store);
    for _ in 0..3 {
        let id = sign_in(&sessions, "auth0|1").await;
        let key = id.key();
        let start = Utc::now();
        let long_ago = start - TimeDelta::hours(1);
        let noted = Arc::new(AtomicUsize::new(0));
        let mut notes = JoinSet::new();
        for task in 0..16 {
            let (store, noted) = (store.clone(), noted.clone());
            notes.spawn(async move {
                // Each notes a later time, so that each has something to write.
                for step in 0.. {
                    let now = start + TimeDelta::milliseconds(step * 100 + task);
                    if store.touch_session(&key, now, now, long_ago).await.unwrap() {
                        noted.fetch_add(1, Ordering::SeqCst);
                    } else if store.session(&key, start, long_ago).await.unwrap().is_none() {
                        return;
                    }
                }
            });
        }
        while noted.load(Ordering::SeqCst) < 20 {
            tokio::task::yield_now().await;
        }
        assert!(store.end_session(&key).await.unwrap().is_some());
        while let Some(note) = notes.join_next().await {
            note.unwrap();
        }
        assert!(store.end_session(&key).await.unwrap().is_none(), "it is back");
    }
}

/// A browser that goes away in the middle of signing out is signed out.
#[tokio::test]
async fn an_abandoned_end_is_carried_through() {
    let store = memory().await;
    let sessions = sessions(&store);
    let id = sign_in(&sessions, "auth0|1").await;
    // Polled once, so that it has begun, then dropped.
    let mut end = Box::pin(sessions.end(&id));
    assert!(futures::poll!(&mut end).is_pending());
    drop(end);
    let start = Instant::now();
    while sessions.find(&id).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(10), "it was not ended");
        tokio::task::yield_now().await;
    }
}
