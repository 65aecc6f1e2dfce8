//! People see where they are signed in, and end it elsewhere: their own sessions only, after a fresh
//! sign-in, and at once.

use crate::support::{
    Browser, Endpoint, Page, Provider, Site, TestApp, assert_no_secret, assert_problem, eventually, start,
};
use axum::http::Method;
use chrono::Utc;
use portico::model::ProblemKind;
use std::time::Duration;

const CHROME: &str = "Chrome on Linux";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

async fn signed_in(app: &TestApp) -> Browser {
    let browser = app.browser();
    browser.signed_in().await;
    browser
}

async fn sessions(browser: &Browser) -> Page {
    let page = browser.get("/sessions").await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    page
}

/// The actions of the forms that end one session.
fn ends(page: &Page) -> Vec<String> {
    let actions = page.body.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    actions.filter(|action| action.starts_with("/sessions/") && action.ends_with("/end")).map(str::to_owned).collect()
}

/// Lets the service say that the person proved who they are that long ago, whatever it is asked.
fn proved_before(provider: &Provider, seconds: i64) {
    let at = Utc::now().timestamp() - seconds;
    provider.behave(|behaviour| {
        behaviour.id_token.claims.set("auth_time", at);
    });
}

#[tokio::test]
async fn it_lists_all_of_ones_own_and_says_which_is_this() {
    let (provider, app) = start().await;
    let browser = signed_in(&app).await;
    let alone = sessions(&browser).await;
    assert!(alone.body.contains("You are signed in nowhere else."), "{}", alone.summary());
    assert_eq!(ends(&alone), [] as [&str; 0]);
    assert_eq!(alone.body.matches(CHROME).count(), 1);

    let phone = app.browser();
    provider.behave(|behaviour| behaviour.amr = Some(vec!["pwd".into(), "otp".into()]));
    let attempt = phone.begin("/profile").await;
    let callback = phone.authorize(&attempt).await;
    phone.request(Method::GET, callback).site(Site::Cross).header("user-agent", IPHONE).send().await;
    provider.behave(|behaviour| behaviour.amr = None);

    let page = sessions(&browser).await;
    assert_eq!(ends(&page).len(), 1, "this one is left by signing out");
    let (this, others) = page.body.split_once("Other devices").expect("two lists");
    assert!(this.contains(CHROME) && !this.contains("Safari on an iPhone"));
    assert!(others.contains("Safari on an iPhone") && others.contains("One-time code") && others.contains("Password"));
    let cookie = browser.cookie(app.session_cookie()).expect("a session");
    assert!(!page.body.contains(&cookie), "no session id on the page");
    assert_no_secret(&app, &provider, &page);

    let (this, _) =
        sessions(&phone).await.body.split_once("Other devices").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(
        this.contains("Safari on an iPhone") && !this.contains(CHROME),
        "seen from there it is the other way round"
    );
}

#[tokio::test]
async fn ending_one_takes_effect_on_its_next_request_also_for_a_copied_cookie() {
    let (provider, app) = start().await;
    let browser = signed_in(&app).await;
    let (other, third) = (signed_in(&app).await, signed_in(&app).await);
    let copy = other.copy();
    assert!(other.is_signed_in().await && copy.is_signed_in().await && third.is_signed_in().await);
    // The last used stands first: it was the last to sign in that has not been looked at since.
    let from_third = ends(&sessions(&browser).await);
    assert_eq!(from_third.len(), 2);
    let mine_at_other = ends(&sessions(&other).await);
    let target = from_third.iter().find(|action| !mine_at_other.contains(action)).expect("the other's own").clone();

    let page = sessions(&browser).await;
    let answer = browser.submit(&page, &target).await;
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(answer.expect_local_redirect(), "/sessions?done=ended");
    assert!(!other.is_signed_in().await && !copy.is_signed_in().await);
    assert!(browser.is_signed_in().await && third.is_signed_in().await);
    let page = browser.follow(&answer).await;
    assert!(page.body.contains("That session is ended."), "{}", page.summary());
    assert_eq!(ends(&page).len(), 1);
    eventually("its refresh token is revoked", Duration::from_secs(5), || async {
        provider.count(Endpoint::Revoke) == 1 && provider.live_grants() == 2
    })
    .await;
    // A second click.
    assert_problem(&app, &provider, &browser.post(&target, &[]).await, ProblemKind::NotFound);
}

#[tokio::test]
async fn ending_all_others_leaves_this_one() {
    let (provider, app) = start().await;
    let browser = signed_in(&app).await;
    let others = [signed_in(&app).await, signed_in(&app).await, signed_in(&app).await];
    provider.behave(|behaviour| behaviour.sign_in_as("auth0|grace"));
    let grace = signed_in(&app).await;

    let page = sessions(&browser).await;
    let answer = browser.submit(&page, "/sessions/end-others").await;
    assert_eq!((answer.status.as_u16(), answer.expect_local_redirect().as_str()), (303, "/sessions?done=others"));
    for other in &others {
        assert!(!other.is_signed_in().await);
    }
    assert!(browser.is_signed_in().await && grace.is_signed_in().await);
    let page = browser.follow(&answer).await;
    assert!(page.body.contains("All other sessions are ended."));
    assert!(page.body.contains("You are signed in nowhere else."));
    eventually("their refresh tokens are revoked", Duration::from_secs(5), || async {
        provider.count(Endpoint::Revoke) == 3
    })
    .await;
}

#[tokio::test]
async fn another_persons_session_is_neither_shown_nor_ended() {
    let (provider, app) = start().await;
    let (ada, ada_again) = (signed_in(&app).await, signed_in(&app).await);
    provider.behave(|behaviour| behaviour.sign_in_as("auth0|grace"));
    let grace = signed_in(&app).await;
    let theirs = ends(&sessions(&ada).await).pop().expect("one of Ada's");
    assert_eq!(ends(&sessions(&grace).await), [] as [&str; 0]);
    let cookie = ada.cookie(app.session_cookie()).expect("a session");
    for action in [theirs, format!("/sessions/{cookie}/end"), "/sessions/x/end".into(), "/sessions/%00/end".into()] {
        eprintln!("case: {action}");
        assert_problem(&app, &provider, &grace.post(&action, &[]).await, ProblemKind::NotFound);
    }
    assert!(ada.is_signed_in().await && ada_again.is_signed_in().await);
    // Nor does one's own cookie name a session.
    assert_problem(&app, &provider, &ada.post(&format!("/sessions/{cookie}/end"), &[]).await, ProblemKind::NotFound);
}

#[tokio::test]
async fn without_a_fresh_sign_in_nothing_is_ended_and_the_service_is_asked_for_one() {
    let (provider, app) = start().await;
    let other = signed_in(&app).await;
    for age in [None, Some(660)] {
        match age {
            Some(age) => proved_before(&provider, age),
            None => provider.behave(|behaviour| {
                behaviour.id_token.claims.remove("auth_time");
            }),
        }
        let browser = signed_in(&app).await;
        provider.behave_well();
        let page = sessions(&browser).await;
        assert!(page.body.contains("asked to sign in again"), "looking is free: {}", page.summary());
        let end = ends(&page).pop().expect("the other's");
        for action in [end.as_str(), "/sessions/end-others"] {
            let answer = browser.submit(&page, action).await;
            assert_eq!(answer.status.as_u16(), 303);
            assert_eq!(answer.expect_local_redirect(), "/login?max_age=600&returnTo=/sessions%3Fdone%3Dconfirmed");
            // A script of the page cannot follow to another site: the page says it.
            let by_script = browser.request(Method::POST, browser.url(action)).form(&[]).fetch().send().await;
            assert_eq!(by_script.expect_local_redirect(), "/sessions?done=confirm");
            assert!(browser.follow(&by_script).await.body.contains("first confirm that it is you"));
        }
        assert!(other.is_signed_in().await, "nothing has happened");

        let login = browser.get("/login?max_age=600&returnTo=/sessions%3Fdone%3Dconfirmed").await;
        let callback = browser.follow(&login).await.expect_redirect();
        assert_eq!(provider.last_call(Endpoint::Authorize).param("max_age"), Some("600"));
        let back = browser.come_back(callback).await;
        assert_eq!(back.expect_local_redirect(), "/sessions?done=confirmed");
        let page = browser.follow(&back).await;
        assert!(page.body.contains("For the next ten minutes"), "{}", page.summary());
        assert!(ends(&page).contains(&end), "the handle stays");
        browser.post("/logout", &[]).await.expect_redirect();
    }
}

#[tokio::test]
async fn a_service_that_does_not_keep_to_max_age_is_refused() {
    let (provider, app) = start().await;
    for (what, age, cause) in [
        ("older than asked", Some(661), "auth_time"),
        ("no auth_time", None, "auth_time"),
        ("the future", Some(-120), ""),
    ] {
        eprintln!("case: {what}");
        match age {
            Some(age) => proved_before(&provider, age),
            None => provider.behave(|behaviour| {
                behaviour.id_token.claims.remove("auth_time");
            }),
        }
        let browser = app.browser();
        let attempt = browser.begin_at(browser.url("/login?max_age=600&returnTo=/sessions")).await;
        assert_eq!(attempt.param("max_age").as_deref(), Some("600"));
        let callback = browser.authorize(&attempt).await;
        let page = browser.come_back(callback).await;
        let lines = assert_problem(&app, &provider, &page, ProblemKind::SignInFailed);
        assert!(lines.iter().any(|line| line.contains(cause)), "{lines:?}");
        assert!(!browser.is_signed_in().await);
        provider.behave_well();
    }
    // Within what was asked, and a minute for the clocks.
    proved_before(&provider, 630);
    let browser = app.browser();
    let attempt = browser.begin_at(browser.url("/login?max_age=600&returnTo=/sessions")).await;
    let callback = browser.authorize(&attempt).await;
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/sessions");
}

#[tokio::test]
async fn max_age_is_asked_for_only_when_it_is_a_number() {
    let (provider, app) = start().await;
    let browser = app.browser();
    assert_eq!(browser.begin("/profile").await.param("max_age"), None);
    let zero = browser.begin_at(browser.url("/login?max_age=0")).await;
    assert_eq!(zero.param("max_age").as_deref(), Some("0"));
    for bad in ["", "-1", "soon", "1.5", "99999999999"] {
        let page = browser.get(&format!("/login?max_age={bad}")).await;
        assert_problem(&app, &provider, &page, ProblemKind::BadRequest);
    }
}

#[tokio::test]
async fn ones_own_handle_signs_this_device_out() {
    let (_provider, app) = start().await;
    let (browser, other) = (signed_in(&app).await, signed_in(&app).await);
    let own = ends(&sessions(&other).await).pop().expect("the first one's");
    let answer = browser.post(&own, &[]).await;
    assert_eq!(answer.expect_local_redirect(), "/");
    assert!(browser.cookies().is_empty());
    assert!(other.is_signed_in().await);
}

#[tokio::test]
async fn who_is_not_signed_in_sees_and_ends_nothing() {
    let (provider, app) = start().await;
    let (browser, other) = (signed_in(&app).await, signed_in(&app).await);
    let target = ends(&sessions(&browser).await).pop().expect("the other's");
    let nobody = app.browser();
    assert_eq!(nobody.get("/sessions").await.expect_local_redirect(), "/login?returnTo=%2Fsessions");
    for action in [target.as_str(), "/sessions/end-others"] {
        assert_problem(&app, &provider, &nobody.post(action, &[]).await, ProblemKind::Unauthenticated);
        let cross = browser.request(Method::POST, browser.url(action)).site(Site::Cross).form(&[]).send().await;
        assert_problem(&app, &provider, &cross, ProblemKind::CrossSite);
        let damaged = browser.post(action, &[("more", "x")]).await;
        assert_problem(&app, &provider, &damaged, ProblemKind::BadRequest);
        assert_eq!(browser.get(action).await.status.as_u16(), 405);
    }
    assert!(browser.is_signed_in().await && other.is_signed_in().await);
    browser.post("/logout", &[]).await.expect_redirect();
    browser.set_cookie(app.session_cookie(), &"A".repeat(43));
    let ended = browser.post("/sessions/end-others", &[]).await;
    assert_problem(&app, &provider, &ended, ProblemKind::SessionEnded);
}

#[tokio::test]
async fn the_menu_and_the_profile_lead_there() {
    let (_provider, app) = start().await;
    let browser = signed_in(&app).await;
    let page = browser.get("/profile").await;
    assert!(page.body.matches("href=\"/sessions\"").count() >= 2, "{}", page.summary());
}

#[tokio::test]
async fn the_sign_in_that_is_one_too_many_ends_the_oldest() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[("PORTICO_SESSIONS_PER_PERSON", "2")]).await;
    let (oldest, second) = (signed_in(&app).await, signed_in(&app).await);
    provider.behave(|behaviour| behaviour.sign_in_as("auth0|grace"));
    let grace = signed_in(&app).await;
    assert!(oldest.is_signed_in().await, "so many are allowed");
    provider.behave_well();
    let newest = signed_in(&app).await;
    assert!(!oldest.is_signed_in().await);
    for browser in [&second, &grace, &newest] {
        assert!(browser.is_signed_in().await);
    }
    eventually("its refresh token is revoked", Duration::from_secs(5), || async {
        provider.count(Endpoint::Revoke) == 1 && provider.live_grants() == 3
    })
    .await;
}
