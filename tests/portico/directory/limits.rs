//! How often the directory is called: its limits and our own.

use super::{
    eventually, is_available,
    tenant::{Fault, Tenant, directory},
};
use chrono::Utc;
use portico::{model::directory::Availability, server::directory::DirectoryError};
use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

#[tokio::test]
async fn a_pause_the_directory_asks_for_is_kept() {
    let in_two_seconds = (Utc::now().timestamp() + 2).to_string();
    for headers in [
        vec![("retry-after", "1".to_owned())],
        vec![
            ("x-ratelimit-limit", "2".to_owned()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-reset", in_two_seconds),
        ],
        vec![],
    ] {
        let tenant = Tenant::start().await;
        let directory = directory(&tenant.management_settings());
        assert!(directory.roles().await.is_ok(), "the token is there");
        tenant.plan("GET /users/{id}", 1, Fault::Limited(headers.clone()));
        assert!(directory.user("auth0|ada").await.is_ok());
        let times: Vec<Instant> =
            tenant.calls().iter().filter(|call| call.name == "GET /users/{id}").map(|call| call.at).collect();
        let gap = times[1] - times[0];
        // A reset is named in whole seconds, so that of a moment ago may be under two away.
        let least = if headers.len() == 3 { 1 } else { 990 };
        assert_eq!(times.len(), 2);
        assert!(gap >= Duration::from_millis(least) && gap < Duration::from_secs(10), "{gap:?} after {headers:?}");
    }
}

#[tokio::test]
async fn a_pause_holds_for_every_call_and_nobody_waits_in_vain() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.patience = Duration::from_millis(100);
    settings.tuning.refresh_limit = Duration::from_millis(500);
    let directory = directory(&settings);
    assert!(directory.user("auth0|ada").await.is_ok());
    tenant.plan("*", usize::MAX, Fault::Limited(vec![("retry-after", "1800".to_owned())]));
    let start = Instant::now();
    let outcome = directory.user("auth0|ada").await;
    let Err(DirectoryError::RateLimited { until }) = outcome else { panic!("{outcome:?}") };
    let wait = (until - Utc::now()).num_seconds();
    assert!((1700..=1800).contains(&wait), "{wait}");
    let calls = tenant.calls().len();
    for _ in 0..20 {
        assert!(matches!(directory.user("auth0|bob").await, Err(DirectoryError::RateLimited { .. })));
        assert!(matches!(directory.roles().await, Err(DirectoryError::RateLimited { .. })));
        assert!(matches!(directory.catalogue().await.availability, Availability::UnavailableSince(_)));
    }
    assert_eq!(tenant.calls().len(), calls, "not one call more");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_limit_met_in_the_background_is_waited_for() {
    let tenant = Tenant::start().await;
    tenant.plan("GET /roles/{id}/permissions", 1, Fault::Limited(vec![("retry-after", "1".to_owned())]));
    let directory = directory(&tenant.management_settings());
    assert!(is_available(&directory.catalogue().await));
    eventually("all permissions", || async { !directory.catalogue().await.value.unwrap().partial }).await;
    assert_eq!((tenant.count("GET /roles"), tenant.count("GET /roles/{id}/permissions")), (1, 5));
}

#[tokio::test]
async fn our_own_budget_is_never_exceeded() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.calls_per_second = NonZeroU32::new(20).unwrap();
    settings.tuning.burst = NonZeroU32::new(4).unwrap();
    let directory = directory(&settings);
    let start = Instant::now();
    let answers = futures::future::join_all((0..24).map(|_| directory.user("auth0|ada"))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(tenant.count("GET /users/{id}"), 24);
    // Four at once, and then one every 50 ms.
    let last = tenant.last("GET /users/{id}").at - start;
    assert!(last >= Duration::from_secs(1), "{last:?}");
}

#[tokio::test]
async fn who_acts_is_not_behind_a_thousand_refreshes() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.calls_per_second = NonZeroU32::new(2).unwrap();
    settings.tuning.burst = NonZeroU32::MIN;
    settings.tuning.patience = Duration::from_millis(50);
    let directory = directory(&settings);
    let views = futures::future::join_all((0..1000).map(|person| {
        let directory = directory.clone();
        async move { directory.memberships(&format!("auth0|{person}")).await }
    }));
    let start = Instant::now();
    views.await;
    assert!(start.elapsed() < Duration::from_secs(30), "no view waits for the queue: {:?}", start.elapsed());
    let start = Instant::now();
    assert!(directory.user("auth0|ada").await.is_ok());
    assert!(tenant.count("GET /users/{id}/roles") < 30, "the queue is still long");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
