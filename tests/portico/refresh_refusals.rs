//! What becomes of a session that cannot be refreshed: it ends when the sign-in service says so, and by nothing
//! less.

use crate::support::{
    Answer, Browser, Endpoint, Instances, Provider, assert_no_secret, assert_problem, eventually, provider::Rotation,
};
use portico::model::ProblemKind;
use serde_json::json;
use std::time::Duration;

const ROLES: &str = "https://portico.example/roles";
const SOON: Duration = Duration::from_secs(10);
const OVER: i64 = 3601;

async fn start() -> (Provider, Instances, Browser) {
    let provider = Provider::start().await;
    let portico = Instances::start(&provider, 1, &[]).await;
    let browser = portico.signed_in().await;
    (provider, portico, browser)
}

/// Answers of the token endpoint are this instead.
fn answer(provider: &Provider, answer: Answer) {
    provider.behave(|behaviour| behaviour.answer(Endpoint::Token, answer));
}

#[tokio::test]
async fn a_grant_that_was_revoked_ends_the_session_and_people_come_back_to_where_they_were() {
    for status in [400, 403] {
        let (provider, portico, browser) = start().await;
        let copy = browser.copy();
        answer(&provider, Answer::Json(status, json!({ "error": "invalid_grant", "error_description": "revoked" })));
        portico.seconds_later(OVER);
        let page = browser.get("/data?q=word").await;
        assert_problem(&portico[0], &provider, &page, ProblemKind::SessionEnded);
        assert!(page.body.contains("href=\"/login?returnTo=/data%3Fq%3Dword\""), "{}", page.summary());
        assert!(browser.cookies().is_empty());

        let script = copy.api_profile().await;
        assert_eq!(script.status.as_u16(), 401);
        assert_eq!(script.json()["title"], ProblemKind::SessionEnded.title());
        assert_no_secret(&portico[0], &provider, &script);
        assert_eq!(provider.refreshes().len(), 1, "it is not asked again");
        provider.behave_well();
        browser.signed_in().await;
    }
}

#[tokio::test]
async fn in_the_background_it_ends_at_the_next_request() {
    let (provider, portico, browser) = start().await;
    answer(&provider, Answer::Json(403, json!({ "error": "invalid_grant" })));
    portico.seconds_later(3545);
    assert!(browser.is_signed_in().await, "this one did not wait");
    eventually("the session ends", SOON, || async { !browser.is_signed_in().await }).await;
    let page = browser.get("/profile").await;
    assert_problem(&portico[0], &provider, &page, ProblemKind::SessionEnded);
}

#[tokio::test]
async fn whatever_else_is_wrong_ends_nothing_and_passes() {
    for trouble in [
        Answer::Json(503, json!({})),
        Answer::Json(500, json!({ "error": "invalid_grant" })),
        Answer::Json(401, json!({ "error": "invalid_client" })),
        Answer::Json(400, json!({ "error": "invalid_request" })),
        Answer::Json(403, json!({ "error": "access_denied" })),
        Answer::Json(403, json!({ "message": "invalid_grant" })),
        Answer::Json(200, json!({ "error": "invalid_grant" })),
        Answer::Text(403, "text/html", "<h1>invalid_grant</h1>".to_owned()),
        Answer::Redirect("https://elsewhere.example/".to_owned()),
        Answer::BrokenOff,
        Answer::huge(),
    ] {
        eprintln!("case: {trouble:?}");
        let (provider, portico, browser) = start().await;
        provider.behave(|behaviour| {
            behaviour.rotation = Rotation::WithOverlap;
            behaviour.person.insert(ROLES.to_owned(), json!(["user"]));
        });
        answer(&provider, trouble);
        portico.seconds_later(OVER);
        for _ in 0..5 {
            assert!(browser.is_signed_in().await);
        }
        assert_eq!(provider.refreshes().len(), 1, "there is a pause after a failure");
        provider.behave(|behaviour| behaviour.answers.clear());
        portico.seconds_later(16);
        eventually("it is made good", SOON, || async {
            browser.api_profile().await.json()["user"]["claims"][ROLES][0] == "user"
        })
        .await;
        assert_eq!(provider.refreshes().len(), 2);
    }
}

#[tokio::test]
async fn while_the_service_is_down_the_session_lives_on_and_the_pauses_grow() {
    let (provider, portico, browser) = start().await;
    provider.go_down().await;
    portico.seconds_later(OVER);
    assert!(browser.is_signed_in().await);
    // Fifteen seconds, then thirty.
    let rests = async || {
        let rest_until = portico.refresh_times(&browser).await.rest_until.expect("a failure");
        (rest_until - portico.now()).num_seconds()
    };
    assert!((13..=15).contains(&rests().await), "{}", rests().await);
    portico.seconds_later(16);
    assert!(browser.is_signed_in().await);
    eventually("it has failed again", SOON, || async { rests().await > 15 }).await;
    assert!((28..=30).contains(&rests().await), "{}", rests().await);
    assert_eq!(browser.get("/profile").await.status.as_u16(), 200);

    provider.come_back().await;
    portico.seconds_later(31);
    assert!(browser.is_signed_in().await);
    eventually("it is made good", SOON, || async { provider.refreshes().len() == 1 }).await;
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is() {
    let (provider, portico, browser) = start().await;
    answer(&provider, Answer::Busy(300));
    portico.seconds_later(OVER);
    assert!(browser.is_signed_in().await);
    assert_eq!(provider.refreshes().len(), 1);
    provider.behave_well();
    portico.seconds_later(290);
    assert!(browser.is_signed_in().await);
    assert_eq!(browser.post("/access/check", &[]).await.expect_local_redirect(), "/access?checked=later");
    assert_eq!(provider.refreshes().len(), 1, "not even for who asks");
    portico.seconds_later(15);
    assert!(browser.is_signed_in().await);
    eventually("it is asked again", SOON, || async { provider.refreshes().len() == 2 }).await;
}

#[tokio::test]
async fn a_refresh_token_is_kept_also_when_what_follows_fails() {
    let (provider, portico, browser) = start().await;
    for trouble in [Answer::Json(503, json!({})), Answer::Busy(1), Answer::Text(200, "text/html", String::new())] {
        eprintln!("case: {trouble:?}");
        provider.behave(|behaviour| behaviour.answer(Endpoint::UserInfo, trouble));
        portico.seconds_later(OVER);
        let before = provider.refreshes().len();
        assert!(browser.is_signed_in().await);
        eventually("it is tried", SOON, || async { provider.refreshes().len() > before }).await;
        eventually("it has failed", SOON, || async {
            portico.refresh_times(&browser).await.rest_until > Some(portico.now())
        })
        .await;
    }
    provider.behave_well();
    portico.seconds_later(OVER);
    assert!(browser.is_signed_in().await);
    eventually("it succeeds", SOON, || async { provider.refreshes().len() == 4 }).await;
    assert_eq!(provider.live_grants(), 1, "no refresh token was sent twice");
    assert!(browser.is_signed_in().await);
}
