//! The directory is down, slow, or refuses tokens: pages go on without it, and it comes back by
//! itself.

use super::{
    catalogue, eventually, is_available,
    tenant::{Fault, Tenant, directory},
};
use portico::{
    model::directory::Availability,
    server::{directory::DirectoryError, settings::ClientAuth},
};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

fn since(availability: Availability) -> chrono::DateTime<chrono::Utc> {
    match availability {
        Availability::UnavailableSince(since) => since,
        other => panic!("not unavailable: {other:?}"),
    }
}

#[tokio::test]
async fn down_from_the_start_it_is_missed_since_a_time_and_comes_back_by_itself() {
    let tenant = Tenant::start().await;
    for mut settings in [tenant.management_settings(), tenant.extension_settings()] {
        settings.tuning.rest = Duration::ZERO;
        let directory = directory(&settings);
        tenant.plan("*", usize::MAX, Fault::unavailable());
        let first = directory.catalogue().await;
        let calls = tenant.calls().len();
        let second = directory.catalogue().await;
        assert!(tenant.calls().len() > calls, "it was asked again");
        assert_eq!(since(first.availability), since(second.availability), "it says since when, not until when");
        tenant.behave();
        tenant.go_down().await;
        let third = directory.catalogue().await;
        assert!(matches!(third.error, Some(DirectoryError::Unavailable(_))), "{:?}", third.error);
        assert_eq!(since(first.availability), since(third.availability));
        tenant.come_back().await;
        eventually("descriptions to come back", || async { is_available(&directory.catalogue().await) }).await;
        eventually("memberships to come back", || async { is_available(&directory.memberships("auth0|ada").await) })
            .await;
    }
}

#[tokio::test]
async fn down_later_it_is_answered_from_memory() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.cache_life = Duration::ZERO;
    settings.tuning.rest = Duration::ZERO;
    let directory = directory(&settings);
    let before = catalogue(&directory).await;
    assert!(is_available(&directory.memberships("auth0|ada").await));
    tenant.plan("*", usize::MAX, Fault::unavailable());
    let calls = tenant.calls().len();
    eventually("several refreshes to fail", || async {
        let (catalogue, memberships) = directory.look("auth0|ada").await;
        let Availability::Available { as_of } = catalogue.availability else { panic!("the catalogue is gone") };
        assert!(as_of >= before.as_of && catalogue.value.unwrap().role("admin").is_some());
        assert!(is_available(&memberships));
        tenant.calls().len() > calls + 12
    })
    .await;
    tenant.go_down().await;
    let (catalogue, memberships) = directory.look("auth0|ada").await;
    assert!(is_available(&catalogue) && is_available(&memberships));
}

#[tokio::test]
async fn while_it_is_down_a_page_waits_once_and_then_not_at_all() {
    let tenant = Tenant::start().await;
    for call in ["GET /roles", "GET /users/{id}/roles"] {
        tenant.plan(call, usize::MAX, Fault::Silent);
    }
    let mut settings = tenant.management_settings();
    settings.tuning.patience = Duration::from_millis(100);
    settings.tuning.call_timeout = Duration::from_millis(500);
    settings.tuning.rest = LONG;
    let directory = directory(&settings);
    let (first, _) = directory.look("auth0|ada").await;
    since(first.availability);
    eventually("the tries to end", || async {
        let (catalogue, memberships) = directory.look("auth0|ada").await;
        let is_over = |error| matches!(error, Some(DirectoryError::Unavailable(_)));
        is_over(catalogue.error) && is_over(memberships.error)
    })
    .await;
    let calls = tenant.calls().len();
    let start = Instant::now();
    for person in 0..1000 {
        since(directory.look(&format!("auth0|{person}")).await.0.availability);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "a thousand pages took {:?}", start.elapsed());
    assert_eq!(tenant.calls().len(), calls, "it is left alone");
}

#[tokio::test]
async fn slow_it_holds_no_page_up_and_its_answer_is_kept() {
    let tenant = Tenant::start().await;
    let gate = Arc::new(Semaphore::new(0));
    tenant.plan("GET /roles", 1, Fault::Held(Arc::clone(&gate)));
    let mut settings = tenant.management_settings();
    settings.tuning.patience = Duration::from_millis(50);
    let directory = directory(&settings);
    for _ in 0..5 {
        let start = Instant::now();
        let looked = directory.catalogue().await;
        assert!(start.elapsed() < Duration::from_secs(20), "nobody waits for the end");
        since(looked.availability);
        assert_eq!(looked.error, Some(DirectoryError::NotYet));
    }
    gate.add_permits(1);
    eventually("the slow answer", || async { is_available(&directory.catalogue().await) }).await;
    assert_eq!((tenant.count("GET /roles"), tenant.count("POST /oauth/token")), (1, 1));
}

#[tokio::test]
async fn what_was_read_so_far_is_shown_while_the_rest_is_read() {
    let tenant = Tenant::start().await;
    let gate = Arc::new(Semaphore::new(0));
    tenant.plan("GET /roles/{id}/permissions", usize::MAX, Fault::Held(Arc::clone(&gate)));
    let mut settings = tenant.management_settings();
    settings.tuning.patience = Duration::from_millis(50);
    let directory = directory(&settings);
    eventually("the roles", || async { is_available(&directory.catalogue().await) }).await;
    let outline = directory.catalogue().await.value.unwrap();
    assert!(outline.partial && outline.permission("read").is_none());
    assert_eq!(outline.role("admin").unwrap().role.description.as_deref(), Some("Looks after everything"));
    gate.add_permits(100);
    assert!(catalogue(&directory).await.permission("read").is_some());
}

#[tokio::test]
async fn roles_are_described_also_where_their_permissions_cannot_be_read() {
    let tenant = Tenant::start().await;
    tenant.plan("GET /roles/{id}/permissions", usize::MAX, Fault::unavailable());
    let looked = directory(&tenant.management_settings()).catalogue().await;
    assert!(is_available(&looked));
    assert!(looked.value.unwrap().role("admin").unwrap().role.description.is_some());
}

#[tokio::test]
async fn faults_of_its_own_are_tried_again_three_times() {
    for fault in [Fault::unavailable(), Fault::Json(500, json!({}))] {
        let tenant = Tenant::start().await;
        let settings = tenant.management_settings();
        tenant.plan("GET /users/{id}", 3, fault.clone());
        assert!(directory(&settings).user("auth0|ada").await.is_ok(), "{fault:?}");
        assert_eq!(tenant.count("GET /users/{id}"), 4);
        tenant.plan("GET /users/{id}", usize::MAX, fault.clone());
        let outcome = directory(&settings).user("auth0|ada").await;
        assert!(matches!(outcome, Err(DirectoryError::Unavailable(_))), "{outcome:?}");
        assert_eq!(tenant.count("GET /users/{id}"), 8);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_asked_for_again() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.call_timeout = Duration::from_secs(1);
    tenant.plan("GET /users/{id}", 1, Fault::Silent);
    assert!(directory(&settings).user("auth0|ada").await.is_ok());
    assert_eq!(tenant.count("GET /users/{id}"), 2);
}

#[tokio::test]
async fn refusals_are_never_tried_again() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.management_settings());
    for (count, status) in [400, 401, 403, 404, 409, 410, 422, 301, 302, 307].into_iter().enumerate() {
        let body = json!({ "statusCode": status, "error": "x", "message": "no" });
        tenant.plan("GET /users/{id}", 1, Fault::Json(status, body));
        assert!(directory.user("auth0|ada").await.is_err(), "{status}");
        assert_eq!(tenant.count("GET /users/{id}"), count + 1, "{status}");
    }
    assert!(directory.user("auth0|ada").await.is_ok(), "and none of them is taken for an outage");
}

#[tokio::test]
async fn one_token_serves_all_however_many_ask() {
    let tenant = Tenant::start().await;
    let gate = Arc::new(Semaphore::new(0));
    tenant.plan("POST /oauth/token", 1, Fault::Held(Arc::clone(&gate)));
    let directory = directory(&tenant.management_settings());
    let asks = futures::future::join_all((0..100).map(|_| directory.user("auth0|ada")));
    let open = async {
        eventually("the token endpoint to be asked", || async { tenant.count("POST /oauth/token") == 1 }).await;
        gate.add_permits(1);
    };
    let (answers, ()) = tokio::join!(asks, open);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(tenant.count("POST /oauth/token"), 1);
    assert_eq!(tenant.count("GET /users/{id}"), 100);
}

#[tokio::test]
async fn a_failing_token_fetch_is_shared_by_all_who_wait() {
    let tenant = Tenant::start().await;
    tenant.plan("POST /oauth/token", usize::MAX, Fault::unavailable());
    let mut settings = tenant.management_settings();
    settings.tuning.rest = LONG;
    let directory = directory(&settings);
    let answers = futures::future::join_all((0..100).map(|_| directory.user("auth0|ada"))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(DirectoryError::Unavailable(_)))));
    assert_eq!(tenant.count("POST /oauth/token"), 4, "one fetch of four tries");
}

#[tokio::test]
async fn each_audience_has_its_own_token() {
    let tenant = Tenant::start().await;
    let directory = directory(&tenant.extension_settings());
    assert!(directory.user("auth0|ada").await.is_ok() && directory.roles().await.is_ok());
    let audiences: Vec<_> = tenant
        .calls()
        .into_iter()
        .filter(|call| call.name == "POST /oauth/token")
        .map(|call| call.body["audience"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(audiences, [tenant.management(), "urn:auth0-authz-api".to_owned()]);
}

#[tokio::test]
async fn the_client_proves_itself_in_the_form_or_in_the_header() {
    let tenant = Tenant::start().await;
    let mut client = tenant.client();
    assert!(directory(&tenant.management_settings()).user("auth0|ada").await.is_ok());
    assert_eq!(tenant.last("POST /oauth/token").body["client_id"], "web");
    client.client_auth = ClientAuth::Basic;
    let mut settings = tenant.management_settings();
    settings.source = portico::server::directory::DirectorySource::Management(client);
    assert!(directory(&settings).user("auth0|ada").await.is_ok());
    let call = tenant.last("POST /oauth/token");
    assert!(
        call.headers["authorization"].to_str().unwrap().starts_with("Basic ")
            && call.body.get("client_secret").is_none()
    );
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let tenant = Tenant::start().await;
    // Fresh for half its life, since it lives for less than ten minutes.
    tenant.token_life(Some(1));
    let directory = directory(&tenant.management_settings());
    assert!(directory.user("auth0|ada").await.is_ok());
    assert_eq!(tenant.count("POST /oauth/token"), 1);
    eventually("a second token", || async {
        assert!(directory.user("auth0|ada").await.is_ok());
        tenant.count("POST /oauth/token") == 2
    })
    .await;
    tenant.token_life(None);
    eventually("a third token", || async {
        assert!(directory.user("auth0|ada").await.is_ok());
        tenant.count("POST /oauth/token") == 3
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_replaced() {
    let tenant = Tenant::start().await;
    let mut settings = tenant.management_settings();
    settings.tuning.rest_after_refusal = Duration::ZERO;
    let patient = directory(&tenant.management_settings());
    let directory = directory(&settings);
    assert!(patient.user("auth0|ada").await.is_ok() && directory.user("auth0|ada").await.is_ok());
    tenant.revoke_tokens();
    assert!(matches!(directory.user("auth0|ada").await, Err(DirectoryError::TokenRefused { .. })));
    assert!(directory.user("auth0|ada").await.is_ok());
    assert_eq!(tenant.count("POST /oauth/token"), 3);
    for _ in 0..10 {
        assert!(patient.user("auth0|ada").await.is_err());
    }
    assert_eq!(tenant.count("POST /oauth/token"), 3, "a token just issued is not replaced over and over");
}

#[tokio::test]
async fn no_error_and_no_debug_output_shows_a_secret() {
    let tenant = Tenant::start().await;
    let settings = tenant.management_settings();
    let directory = directory(&settings);
    assert!(directory.user("auth0|ada").await.is_ok());
    let mut texts = vec![format!("{settings:?}")];
    for fault in [
        Fault::Json(401, json!({ "statusCode": 401, "message": "no" })),
        Fault::Json(400, json!({ "statusCode": 400, "message": "no" })),
        Fault::Text(200, "application/json", "{".to_owned()),
    ] {
        tenant.plan("GET /users/{id}", 1, fault);
        let error = directory.user("auth0|ada").await.unwrap_err();
        texts.push(format!("{error:?} {error} {}", error.remedy()));
    }
    tenant.go_down().await;
    let error = directory.user("auth0|ada").await.unwrap_err();
    texts.push(format!("{error:?} {error} {}", error.remedy()));
    for secret in tenant.secrets() {
        assert!(texts.iter().all(|text| !text.contains(&secret)), "{texts:?}");
    }
}
