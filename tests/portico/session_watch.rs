//! Whoever waits for a session to end learns of it, wherever and however it ends, and does not keep it alive by
//! waiting.

use crate::store_support::{ISSUER, LIFE, StandingClock, keyring, memory, new_session, person, sessions, sign_in};
use portico::server::{
    auth::LogoutToken,
    session::{News, SessionId, SessionSettings, SessionWatch, Sessions, WatchError},
    store::Store,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Long enough for whatever must come.
const LONG: Duration = Duration::from_secs(20);
/// Long enough to tell that nothing comes.
const SHORT: Duration = Duration::from_millis(200);

async fn watch(sessions: &Sessions, id: &SessionId) -> SessionWatch {
    sessions.watch(id).await.expect("it may be watched").expect("it lives")
}

/// Two instances on one database, and a session that both know.
async fn two_instances() -> (Arc<Store>, Sessions, Sessions, SessionId) {
    let store = memory().await;
    let (here, elsewhere) = (sessions(&store), sessions(&store));
    let id = sign_in(&here, "auth0|1").await;
    assert!(here.find(&id).await.unwrap().is_some() && elsewhere.find(&id).await.unwrap().is_some());
    (store, here, elsewhere, id)
}

/// Whatever the person's page is told, at `here`, when `end` is over.
async fn assert_heard(what: &str, here: &Sessions, id: &SessionId, end: impl Future<Output = ()>) {
    let mut watch = watch(here, id).await;
    assert_eq!(here.news(&mut watch, SHORT).await, News::Alive, "{what}: it has not ended yet");
    assert!(here.find(id).await.unwrap().is_some());
    end.await;
    let ended = Instant::now();
    let mut news = News::Alive;
    while news == News::Alive {
        news = here.news(&mut watch, LONG).await;
    }
    assert_eq!(news, News::Ended, "{what}");
    assert!(ended.elapsed() < Duration::from_secs(1), "{what}: heard after {:?}", ended.elapsed());
    assert!(here.find(id).await.unwrap().is_none(), "{what}: it is as good as told");
}

#[tokio::test]
async fn it_is_heard_where_it_ends() {
    let store = memory().await;
    let here = sessions(&store);
    let id = sign_in(&here, "auth0|1").await;
    assert_heard("ended", &here, &id, async { drop(here.end(&id).await.unwrap().expect("it was there")) }).await;
}

#[tokio::test]
async fn every_end_on_another_instance_is_heard_within_a_second() {
    let (store, here, elsewhere, id) = two_instances().await;
    assert_heard("ended", &here, &id, async { drop(elsewhere.end(&id).await.unwrap().expect("it was there")) }).await;

    let (id, this) = (sign_in(&here, "auth0|1").await, sign_in(&here, "auth0|1").await);
    let found = elsewhere.find(&this).await.unwrap().expect("it lives");
    let others = async { assert_eq!(elsewhere.end_some_of(&found.person, Some(&this)).await.unwrap().len(), 1) };
    assert_heard("ended from another session", &here, &id, others).await;

    let id = sign_in(&here, "auth0|2").await;
    let token = LogoutToken { jti: "1".to_owned(), session: Some("the provider's session".to_owned()), subject: None };
    let by_provider = async { drop(elsewhere.end_by_provider(ISSUER, &token).await.unwrap()) };
    assert_heard("ended by the sign-in service", &here, &id, by_provider).await;

    let id = sign_in(&here, "auth0|3").await;
    let next = SessionId::generate();
    let replaced = async {
        elsewhere.begin(&person("auth0|3"), new_session(&next), Some(&id)).await.unwrap();
    };
    assert_heard("replaced by a sign-in", &here, &id, replaced).await;
    assert!(here.find(&next).await.unwrap().is_some());

    let few = SessionSettings { per_person: std::num::NonZeroU16::new(1), ..LIFE };
    let elsewhere = Sessions::new(store, keyring(&[1]), few);
    let id = sign_in(&here, "auth0|4").await;
    let one_too_many = async { _ = sign_in(&elsewhere, "auth0|4").await };
    assert_heard("had to make room", &here, &id, one_too_many).await;
}

#[tokio::test]
async fn the_end_of_another_session_is_no_news() {
    let (_store, here, elsewhere, id) = two_instances().await;
    let other = sign_in(&here, "auth0|1").await;
    let mut watch = watch(&here, &id).await;
    elsewhere.end(&other).await.unwrap();
    for _ in 0..3 {
        assert_eq!(here.news(&mut watch, SHORT).await, News::Alive);
    }
}

#[tokio::test]
async fn what_has_ended_or_never_was_is_not_watched() {
    let store = memory().await;
    let sessions = sessions(&store);
    let id = sign_in(&sessions, "auth0|1").await;
    sessions.end(&id).await.unwrap();
    for id in [id, SessionId::generate()] {
        assert!(sessions.watch(&id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn its_expiry_is_heard_of_when_it_comes() {
    let store = memory().await;
    let soon = SessionSettings { lifetime: Duration::from_secs(2), idle: Duration::from_secs(2), ..LIFE };
    let sessions = Sessions::new(store, keyring(&[1]), soon);
    let id = sign_in(&sessions, "auth0|1").await;
    let mut watch = watch(&sessions, &id).await;
    let start = Instant::now();
    while sessions.news(&mut watch, LONG).await == News::Alive {}
    assert!(start.elapsed() < Duration::from_secs(4), "not only when it is looked at anyway: {:?}", start.elapsed());
}

#[tokio::test]
async fn waiting_is_no_use_of_it() {
    let store = memory().await;
    let clock = StandingClock::new();
    let idle = Duration::from_secs(3600);
    let life = SessionSettings { idle, ..LIFE };
    let sessions = Sessions::new(store, keyring(&[1]), life).with_clock(clock.clock());
    let id = sign_in(&sessions, "auth0|1").await;
    let mut waits = watch(&sessions, &id).await;
    clock.forward(idle * 9 / 10);
    assert_eq!(sessions.news(&mut waits, SHORT).await, News::Alive);
    drop(watch(&sessions, &id).await);
    clock.forward(idle * 2 / 10);
    assert_eq!(sessions.news(&mut waits, SHORT).await, News::Ended);
}

#[tokio::test]
async fn when_the_server_stops_nobody_waits_any_more() {
    let store = memory().await;
    let sessions = sessions(&store);
    let id = sign_in(&sessions, "auth0|1").await;
    let mut waits = watch(&sessions, &id).await;
    sessions.stop_watching();
    let start = Instant::now();
    while sessions.news(&mut waits, LONG).await != News::Stopping {}
    assert!(start.elapsed() < LONG, "at once");
    assert!(matches!(sessions.watch(&id).await, Err(WatchError::Stopping)));
}
