//! Tokens are refreshed before they expire, once however many ask, and with them what is known of the person.

use crate::support::{
    Answer, Browser, Endpoint, Instances, Page, Provider, eventually,
    provider::{Gate, Rotation},
};
use axum::http::Method;
use futures::future::join_all;
use portico::server::store::{RefreshTry, RefreshTurn};
use serde_json::json;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

const ROLES: &str = "https://portico.example/roles";
const SOON: Duration = Duration::from_secs(10);
/// The provider's access tokens live for an hour.
const LAST_MINUTE: i64 = 3545;
const OVER: i64 = 3601;

async fn start(instances: usize, overrides: &[(&str, &str)]) -> (Provider, Instances) {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, instances, overrides).await;
    (provider, portico)
}

/// Gives the person this role at the provider, in place of what they had.
fn give(provider: &Provider, role: &str) {
    provider.behave(|behaviour| behaviour.person.insert(ROLES.to_owned(), json!([role])));
}

/// The role by which Portico knows the person.
fn role(profile: &Page) -> String {
    assert_eq!(profile.status.as_u16(), 200, "{}", profile.summary());
    profile.json()["user"]["claims"][ROLES][0].as_str().expect("a role").to_owned()
}

async fn has_role(browser: &Browser, wanted: &str) {
    eventually(&format!("the role {wanted}"), SOON, || async { role(&browser.api_profile().await) == wanted }).await;
}

/// Answers of the token endpoint wait at a gate.
fn hold_tokens(provider: &Provider) -> Gate {
    let gate = Gate::default();
    provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::Held(gate.clone())));
    gate
}

#[tokio::test]
async fn in_the_last_minute_it_is_done_and_nobody_waits() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    give(&provider, "user");
    let gate = hold_tokens(&provider);
    portico.seconds_later(LAST_MINUTE - 10);
    assert_eq!(role(&browser.api_profile().await), "viewer");
    assert_eq!(provider.refreshes().len(), 0, "not before the last minute");

    portico.seconds_later(10);
    for _ in 0..3 {
        assert_eq!(role(&browser.api_profile().await), "viewer", "served while the provider is at it");
    }
    eventually("it is asked", SOON, || async { gate.arrived() == 1 }).await;
    gate.open();
    has_role(&browser, "user").await;
    assert_eq!(provider.refreshes().len(), 1);
    let user = browser.api_profile().await.json()["user"].clone();
    assert_ne!(user["described_at"], user["last_login"], "a refresh is no sign-in");
}

#[tokio::test]
async fn who_comes_after_the_end_sees_what_is_true_now() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    for new in ["user", "viewer"] {
        give(&provider, new);
        portico.seconds_later(OVER);
        assert_eq!(role(&browser.api_profile().await), new, "given or taken");
    }
    assert_eq!(provider.refreshes().len(), 2);
    let first = provider.refreshes().remove(0);
    assert_eq!(first.client().map(|(_, id, _)| id).as_deref(), Some("portico-test"), "by a client that says who it is");
}

#[tokio::test]
async fn what_the_database_allows_follows() {
    let (provider, portico) = start(1, &[]).await;
    provider.behave(|behaviour| behaviour.person.insert("email_verified".to_owned(), json!(true)));
    give(&provider, "user");
    let browser = portico.signed_in().await;
    let create = async || {
        let record = json!({ "title": "a record" });
        let request = browser.request(Method::POST, browser.url("/api/secure-data")).fetch().json(&record);
        request.send().await.status.as_u16()
    };
    assert_eq!(create().await, 201);
    give(&provider, "viewer");
    portico.seconds_later(OVER);
    assert_eq!(create().await, 403, "the very request that finds the token over");
}

#[tokio::test]
async fn a_hundred_requests_at_the_end_make_one_call() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    give(&provider, "user");
    portico.seconds_later(OVER);
    let pages = join_all((0..100).map(|_| browser.api_profile())).await;
    assert!(pages.iter().all(|page| role(page) == "user"));
    assert_eq!(provider.refreshes().len(), 1);
    assert!(join_all((0..20).map(|_| browser.api_profile())).await.iter().all(|page| role(page) == "user"));
    assert_eq!(provider.refreshes().len(), 1);
}

#[tokio::test]
async fn a_hundred_requests_at_two_instances_make_one_call() {
    let (provider, portico) = start(2, &[]).await;
    let here = portico.signed_in().await;
    let there = portico.at(1, &here);
    assert!(there.is_signed_in().await);
    for round in 1..=3 {
        let new = ["viewer", "user"][round % 2];
        give(&provider, new);
        portico.seconds_later(OVER);
        let both = join_all((0..50).flat_map(|_| [here.api_profile(), there.api_profile()])).await;
        assert!(both.iter().all(|page| role(page) == new), "round {round}");
        assert_eq!(provider.refreshes().len(), round);
    }
}

#[tokio::test]
async fn each_refresh_uses_the_token_that_the_last_one_brought() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    for _ in 0..4 {
        portico.seconds_later(OVER);
        assert!(browser.is_signed_in().await);
    }
    let sent: HashSet<_> =
        provider.refreshes().iter().map(|call| call.param("refresh_token").expect("one").to_owned()).collect();
    assert_eq!(sent.len(), 4, "none twice");
    assert_eq!(provider.live_grants(), 1, "the provider has seen no theft");
    browser.post("/logout", &[]).await.expect_redirect();
    assert!(!sent.contains(provider.last_call(Endpoint::Revoke).param("token").expect("the newest")));
    assert_eq!(provider.live_grants(), 0);
}

#[tokio::test]
async fn where_the_answer_has_no_refresh_token_the_old_one_stays() {
    let (provider, portico) = start(1, &[]).await;
    provider.behave(|behaviour| behaviour.rotation = Rotation::Off);
    let browser = portico.signed_in().await;
    for new in ["user", "viewer", "user"] {
        give(&provider, new);
        portico.seconds_later(OVER);
        assert_eq!(role(&browser.api_profile().await), new);
    }
    let sent: HashSet<_> =
        provider.refreshes().iter().map(|call| call.param("refresh_token").expect("one").to_owned()).collect();
    assert_eq!((provider.refreshes().len(), sent.len()), (3, 1));
}

#[tokio::test]
async fn a_short_life_is_not_refreshed_again_and_again() {
    let (provider, portico) = start(1, &[]).await;
    provider.behave(|behaviour| behaviour.access_token_lifetime = 40);
    let browser = portico.signed_in().await;
    for round in 1..=2 {
        for _ in 0..5 {
            assert!(browser.is_signed_in().await);
        }
        assert_eq!(provider.refreshes().len(), round - 1, "not in the first half of its life");
        portico.seconds_later(21);
        assert!(browser.is_signed_in().await);
        eventually("it is refreshed", SOON, || async { provider.refreshes().len() == round }).await;
        eventually("and known to be", SOON, || async {
            portico.refresh_times(&browser).await.due_at > Some(portico.now())
        })
        .await;
    }
}

#[tokio::test]
async fn without_a_refresh_token_all_stays_as_at_the_sign_in() {
    let (provider, portico) = start(1, &[("PORTICO_SCOPES", "openid profile email")]).await;
    let browser = portico.signed_in().await;
    give(&provider, "user");
    portico.seconds_later(3 * OVER);
    for _ in 0..3 {
        assert_eq!(role(&browser.api_profile().await), "viewer");
    }
    assert_eq!(provider.refreshes().len(), 0);
}

#[tokio::test]
async fn who_only_looks_whether_the_session_lives_refreshes_nothing() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    portico.seconds_later(OVER);
    let look = browser.request(Method::HEAD, browser.url("/api/profile")).fetch().send().await;
    assert_eq!(look.status.as_u16(), 200);
    assert_eq!(provider.refreshes().len(), 0);
}

/// An instance that goes down while it has the lease.
#[tokio::test]
async fn whoever_dies_at_it_holds_it_up_until_the_lease_is_over() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    give(&provider, "user");
    portico.seconds_later(LAST_MINUTE);
    let dead = RefreshTry {
        holder: "dead".to_owned(),
        now: portico.now(),
        until: portico.now() + Duration::from_secs(60),
        asked_and_none_since: None,
    };
    let key = portico.session(&browser);
    assert!(matches!(portico.store.take_refresh(&key, &dead).await, Ok(RefreshTurn::Taken(_))));
    for _ in 0..3 {
        assert_eq!(role(&browser.api_profile().await), "viewer", "nobody waits");
    }
    assert_eq!(provider.refreshes().len(), 0);
    portico.seconds_later(61);
    has_role(&browser, "user").await;
    assert_eq!(provider.refreshes().len(), 1);
    assert!(!portico.store.keep_tokens(&key, &dead.holder, vec![]).await.unwrap(), "it comes too late");
    assert!(portico.store.end_refreshing_session(&key, &dead.holder).await.unwrap().is_none());
    assert!(browser.is_signed_in().await);
}

/// The provider has given new tokens and nobody could keep them: with an overlap the old one is good once more.
#[tokio::test]
async fn an_answer_that_was_lost_signs_nobody_out_where_rotation_overlaps() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    give(&provider, "user");
    provider.behave(|behaviour| {
        behaviour.rotation = Rotation::WithOverlap;
        behaviour.answer(Endpoint::Token, Answer::BrokenOff);
    });
    portico.seconds_later(OVER);
    assert_eq!(role(&browser.api_profile().await), "viewer");
    assert_eq!(provider.refreshes().len(), 1);
    provider.behave(|behaviour| behaviour.answers.clear());
    portico.seconds_later(16);
    has_role(&browser, "user").await;
    let sent: Vec<_> =
        provider.refreshes().iter().map(|call| call.param("refresh_token").expect("one").to_owned()).collect();
    assert!(sent.len() == 2 && sent[0] == sent[1]);
}

#[tokio::test]
async fn who_signs_out_meanwhile_is_signed_out_and_the_new_token_is_worth_nothing() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    let gate = Gate::default();
    provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::OnItsWay(gate.clone())));
    portico.seconds_later(LAST_MINUTE);
    let copy = browser.copy();
    assert!(browser.is_signed_in().await);
    eventually("new tokens are on their way", SOON, || async { gate.arrived() == 1 }).await;
    browser.post("/logout", &[]).await.expect_redirect();
    gate.open();
    eventually("both refresh tokens are revoked", SOON, || async { provider.count(Endpoint::Revoke) == 2 }).await;
    let revoked: HashSet<_> =
        provider.calls(Endpoint::Revoke).iter().map(|call| call.param("token").expect("one").to_owned()).collect();
    assert_eq!(revoked.len(), 2);
    assert!(!copy.is_signed_in().await, "the session is not back");
    assert_eq!(provider.live_grants(), 0);
}

#[tokio::test]
async fn it_neither_brings_a_second_factor_nor_takes_one_away() {
    let (provider, portico) = start(1, &[]).await;
    let without = portico.signed_in().await;
    give(&provider, "admin");
    provider.behave(|behaviour| {
        behaviour.refreshed_id_token.claims.set("amr", json!(["pwd", "mfa"]));
    });
    portico.seconds_later(OVER);
    let page = without.get("/access").await;
    assert!(page.body.contains("Confirm with a second factor"), "the role waits: {}", page.summary());
    assert!(!page.body.replace("<!>", "").contains("You are an administrator here"));

    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".into(), "mfa".into()]));
    let with = portico.signed_in().await;
    // Auth0 says it once, at the sign-in.
    provider.behave(|behaviour| {
        behaviour.refreshed_id_token.claims.remove("amr");
    });
    portico.seconds_later(OVER);
    let page = with.get("/access").await;
    assert!(page.body.replace("<!>", "").contains("You are an administrator here"), "{}", page.summary());
    assert_eq!(provider.refreshes().len(), 2);
}

#[tokio::test]
async fn permissions_are_those_of_the_new_access_token() {
    const AUDIENCE: &str = "https://api.portico.example/";
    let settings = [("AUTH0_AUDIENCE", AUDIENCE), ("PERMISSIONS_FROM_TOKEN", "true")];
    let (provider, portico) = start(1, &settings).await;
    let browser = portico.signed_in().await;
    let permissions = async || browser.api_profile().await.json()["user"]["token_permissions"].clone();
    assert_eq!(permissions().await, json!(null));
    provider.behave(|behaviour| {
        behaviour.access_token.claims.set("permissions", json!(["delete"]));
    });
    portico.seconds_later(OVER);
    assert_eq!(permissions().await, json!(["delete"]));
    provider.behave(|behaviour| {
        behaviour.access_token.claims.remove("permissions");
    });
    portico.seconds_later(OVER);
    assert_eq!(permissions().await, json!(null));
}

#[tokio::test]
async fn a_provider_that_hangs_holds_up_the_first_for_seconds_and_nobody_after() {
    let (provider, portico) = start(1, &[]).await;
    let browser = portico.signed_in().await;
    let gate = hold_tokens(&provider);
    portico.seconds_later(OVER);
    let began = Instant::now();
    assert!(browser.is_signed_in().await);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..3 {
        assert!(browser.is_signed_in().await);
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(gate.arrived(), 1);
}
