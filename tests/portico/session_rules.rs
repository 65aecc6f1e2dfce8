//! The rules of a session: how it begins, how long it lives, how it ends.

use crate::store_support::{
    ID_TOKEN, LIFE, REFRESH_TOKEN, StandingClock, keyring, memory, new_session, person, sessions, sign_in,
};
use portico::server::{
    session::{NewSession, SessionId, SessionSettings, Sessions},
    store::Store,
};
use secrecy::ExposeSecret as _;
use std::{sync::Arc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// An instance that has nothing in its cache, by a clock that the test moves.
fn instance(store: &Arc<Store>, settings: SessionSettings, clock: &StandingClock) -> Sessions {
    Sessions::new(store.clone(), keyring(&[1]), settings).with_clock(clock.clock())
}

#[tokio::test]
async fn a_session_tells_who_it_is_until_it_is_ended() {
    let store = memory().await;
    let (sessions, clock) = (sessions(&store), StandingClock::new());
    let sessions = sessions.with_clock(clock.clock());
    let id = SessionId::generate();
    assert!(sessions.find(&id).await.unwrap().is_none());

    let begun = sessions.begin(&person("auth0|1"), new_session(&id), None).await.unwrap().signed_in;
    assert_eq!(begun.person.subject, "auth0|1");
    assert_eq!(begun.signed_in_at, clock.now());
    assert_eq!(begun.expires_at, clock.now() + LIFE.lifetime);
    assert_eq!(begun.authentication_methods, ["pwd", "mfa"]);
    assert_eq!(sessions.find(&id).await.unwrap().unwrap(), begun, "first from the database");
    assert_eq!(sessions.find(&id).await.unwrap().unwrap(), begun, "then from memory");
    assert!(sessions.find(&SessionId::generate()).await.unwrap().is_none(), "another id is nobody");

    let ended = sessions.end(&id).await.unwrap().expect("it was there");
    assert_eq!(ended.id_token.unwrap().expose_secret(), ID_TOKEN);
    assert_eq!(ended.refresh_token.unwrap().expose_secret(), REFRESH_TOKEN);
    assert_eq!(ended.provider_session.as_deref(), Some("the provider's session"));
    assert!(sessions.find(&id).await.unwrap().is_none());
    assert!(sessions.end(&id).await.unwrap().is_none(), "ending again is no error and does nothing");
    assert!(sessions.find(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_sign_in_ends_the_session_it_replaces() {
    let store = memory().await;
    let sessions = sessions(&store);
    let old = sign_in(&sessions, "auth0|1").await;
    let other = sign_in(&sessions, "auth0|1").await;
    assert!(sessions.find(&old).await.unwrap().is_some());

    let new = SessionId::generate();
    sessions.begin(&person("auth0|2"), new_session(&new), Some(&old)).await.unwrap();
    assert!(sessions.find(&old).await.unwrap().is_none(), "at once, though it was in memory");
    assert_eq!(sessions.find(&new).await.unwrap().unwrap().person.subject, "auth0|2");
    assert!(sessions.find(&other).await.unwrap().is_some(), "another device stays signed in");

    // What is replaced may be gone already.
    sessions.begin(&person("auth0|2"), new_session(&SessionId::generate()), Some(&old)).await.unwrap();
}

#[tokio::test]
async fn it_ends_when_it_is_not_used() {
    let (store, clock) = (memory().await, StandingClock::new());
    let same = instance(&store, LIFE, &clock);
    let id = sign_in(&same, "auth0|1").await;
    assert!(same.find(&id).await.unwrap().is_some());

    clock.forward(LIFE.idle - SECOND);
    // This one is asked only now, so it notes no use; the other two look without its memory.
    assert!(same.find(&id).await.unwrap().is_some());
    clock.forward(SECOND);
    assert!(same.find(&id).await.unwrap().is_none(), "what is in memory expires as well");
    assert!(instance(&store, LIFE, &clock).find(&id).await.unwrap().is_none());
    clock.forward(LIFE.lifetime);
    assert!(instance(&store, LIFE, &clock).find(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn using_it_keeps_it_until_its_lifetime_is_over() {
    let (store, clock) = (memory().await, StandingClock::new());
    let id = sign_in(&instance(&store, LIFE, &clock), "auth0|1").await;
    let step = LIFE.idle - MINUTE;
    let mut lived = Duration::ZERO;
    while lived + step < LIFE.lifetime {
        clock.forward(step);
        lived += step;
        assert!(instance(&store, LIFE, &clock).find(&id).await.unwrap().is_some(), "after {lived:?}");
    }
    clock.forward(LIFE.lifetime - lived - SECOND);
    let last = instance(&store, LIFE, &clock);
    assert!(last.find(&id).await.unwrap().is_some());
    clock.forward(SECOND);
    assert!(last.find(&id).await.unwrap().is_none(), "what is in memory expires as well");
    assert!(instance(&store, LIFE, &clock).find(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn looking_whether_it_lives_does_not_keep_it_alive() {
    let (store, clock) = (memory().await, StandingClock::new());
    let id = sign_in(&instance(&store, LIFE, &clock), "auth0|1").await;
    let mut idle = Duration::ZERO;
    while idle + MINUTE * 5 < LIFE.idle {
        clock.forward(MINUTE * 5);
        idle += MINUTE * 5;
        assert!(instance(&store, LIFE, &clock).peek(&id).await.unwrap().is_some(), "after {idle:?}");
    }
    clock.forward(LIFE.idle - idle);
    assert!(instance(&store, LIFE, &clock).peek(&id).await.unwrap().is_none(), "it was looked at, not used");
}

#[tokio::test]
async fn its_use_is_noted_once_a_minute_and_often_enough() {
    let (store, clock) = (memory().await, StandingClock::new());
    let id = sign_in(&instance(&store, LIFE, &clock), "auth0|1").await;
    let start = clock.now();
    let noted = async || {
        let session = store.session(&id.key(), clock.now(), start - LIFE.idle).await.unwrap().unwrap();
        session.last_seen_at - start
    };
    for (forward, expected) in [(59, 0), (2, 61), (59, 61), (2, 122)] {
        clock.forward(SECOND * forward);
        instance(&store, LIFE, &clock).find(&id).await.unwrap().unwrap();
        assert_eq!(noted().await.num_seconds(), expected);
    }

    // With an idle time of less than a minute, noting once a minute would end a busy session.
    let short = SessionSettings { idle: SECOND * 8, ..LIFE };
    let id = sign_in(&instance(&store, short, &clock), "auth0|1").await;
    for _ in 0..20 {
        clock.forward(SECOND * 3);
        assert!(instance(&store, short, &clock).find(&id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_session_of_no_length_is_over_at_once() {
    let (store, clock) = (memory().await, StandingClock::new());
    for settings in
        [SessionSettings { idle: Duration::ZERO, ..LIFE }, SessionSettings { lifetime: Duration::ZERO, ..LIFE }]
    {
        let sessions = instance(&store, settings, &clock);
        let id = sign_in(&sessions, "auth0|1").await;
        assert!(sessions.find(&id).await.unwrap().is_none(), "{settings:?}");
    }
}

#[tokio::test]
async fn ending_an_expired_session_still_tells_what_to_revoke() {
    let (store, clock) = (memory().await, StandingClock::new());
    let sessions = instance(&store, LIFE, &clock);
    let id = sign_in(&sessions, "auth0|1").await;
    clock.forward(LIFE.idle);
    assert!(sessions.find(&id).await.unwrap().is_none());
    let ended = sessions.end(&id).await.unwrap().expect("it was not swept yet");
    assert_eq!(ended.refresh_token.unwrap().expose_secret(), REFRESH_TOKEN);
}

#[tokio::test]
async fn with_a_limit_the_newest_live_and_the_others_end_at_once() {
    let (store, clock) = (memory().await, StandingClock::new());
    let limited =
        |most: u16| instance(&store, SessionSettings { per_person: std::num::NonZeroU16::new(most), ..LIFE }, &clock);
    let sessions = limited(2);
    let somebody_elses = sign_in(&sessions, "auth0|2").await;
    let mut ids = Vec::new();
    for n in 0..4 {
        clock.forward(SECOND);
        let id = SessionId::generate();
        let begun = sessions.begin(&person("auth0|1"), new_session(&id), None).await.unwrap();
        assert_eq!(begun.ended.len(), usize::from(n >= 2), "sign-in {n}");
        assert!(begun.ended.iter().all(|ended| ended.refresh_token.is_some()), "to be revoked");
        ids.push(id);
        for (at, id) in ids.iter().enumerate() {
            assert_eq!(sessions.find(id).await.unwrap().is_some(), at + 2 > n, "session {at} after sign-in {n}");
        }
    }
    assert!(sessions.find(&somebody_elses).await.unwrap().is_some());

    // The one that is replaced makes room by itself.
    clock.forward(SECOND);
    let id = SessionId::generate();
    let begun = sessions.begin(&person("auth0|1"), new_session(&id), Some(&ids[3])).await.unwrap();
    assert!(begun.ended.is_empty() && sessions.find(&ids[2]).await.unwrap().is_some());
    // What has expired does not count.
    clock.forward(LIFE.idle);
    let live = [sign_in(&sessions, "auth0|1").await, sign_in(&sessions, "auth0|1").await];
    assert!(sessions.find(&live[0]).await.unwrap().is_some());
    // One alone: a sign-in ends all others.
    clock.forward(SECOND);
    let alone = limited(1);
    let only = sign_in(&alone, "auth0|1").await;
    assert!(alone.find(&only).await.unwrap().is_some());
    for id in &live {
        assert!(alone.find(id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_sweep_takes_all_that_has_expired_and_nothing_else() {
    const EXPIRED: usize = 5;
    let (store, clock) = (memory().await, StandingClock::new());
    let sessions = instance(&store, LIFE, &clock);
    for n in 0..EXPIRED {
        sign_in(&sessions, &format!("auth0|{n}")).await;
    }
    clock.forward(LIFE.idle / 2);
    let live = sign_in(&sessions, "auth0|live").await;
    assert_eq!(sessions.sweep().await.unwrap(), 0);
    clock.forward(LIFE.idle / 2);
    assert_eq!(sessions.sweep().await.unwrap(), EXPIRED);
    assert_eq!(sessions.sweep().await.unwrap(), 0);
    assert!(sessions.find(&live).await.unwrap().is_some());

    // One whose lifetime is over, though it is used.
    let short = instance(&store, SessionSettings { lifetime: MINUTE, ..LIFE }, &clock);
    let over = sign_in(&short, "auth0|over").await;
    clock.forward(MINUTE);
    assert_eq!(sessions.sweep().await.unwrap(), 1);
    assert!(sessions.end(&over).await.unwrap().is_none());
    assert!(sessions.find(&live).await.unwrap().is_some());
}

#[tokio::test]
async fn secrets_rotate_without_signing_anybody_out() {
    let store = memory().await;
    let by = |secrets: &[u8]| Sessions::new(store.clone(), keyring(secrets), LIFE);
    let [first, second] = [sign_in(&by(&[1]), "auth0|1").await, sign_in(&by(&[1]), "auth0|1").await];

    let rotated = by(&[2, 1]);
    assert!(rotated.find(&first).await.unwrap().is_some());
    let ended = rotated.end(&first).await.unwrap().unwrap();
    assert_eq!(ended.id_token.unwrap().expose_secret(), ID_TOKEN);

    // With the old secret gone the session lives; only its tokens are lost.
    let gone = by(&[2]);
    assert!(gone.find(&second).await.unwrap().is_some());
    let ended = gone.end(&second).await.unwrap().expect("it ends all the same");
    assert!(ended.id_token.is_none() && ended.refresh_token.is_none());
    assert_eq!(ended.provider_session.as_deref(), Some("the provider's session"));
}

#[tokio::test]
async fn a_sign_in_without_extras_and_one_with_huge_ones_both_work() {
    let store = memory().await;
    let sessions = sessions(&store);
    let id = SessionId::generate();
    let mut bare = new_session(&id);
    bare.tokens.refresh_token = None;
    let bare = NewSession { provider_session: None, amr: vec![], user_agent: None, address: None, ..bare };
    sessions.begin(&person("auth0|1"), bare, None).await.unwrap();
    assert!(sessions.find(&id).await.unwrap().unwrap().authentication_methods.is_empty());
    assert!(sessions.end(&id).await.unwrap().unwrap().refresh_token.is_none());

    let id = SessionId::generate();
    let long = "0123456789abcdef".repeat(4096);
    let mut huge = new_session(&id);
    huge.tokens.id_token = long.as_str().into();
    let huge =
        NewSession { user_agent: Some(long.clone()), acr: Some(long.clone()), connection: Some(long.clone()), ..huge };
    sessions.begin(&person("auth0|1"), huge, None).await.unwrap();
    assert_eq!(sessions.end(&id).await.unwrap().unwrap().id_token.unwrap().expose_secret(), long);
}
