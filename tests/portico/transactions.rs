//! Attempts to sign in: each in a cookie of its own, bound to one browser, used once, ten minutes
//! at most. What is lost starts again by itself, once.

use crate::support::{Attempt, Browser, Endpoint, Page, Provider, TestApp, assert_problem, secret, start};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use cookie::SameSite;
use portico::{
    model::ProblemKind::{SignInExpired, SignInFailed},
    server::{auth::Transaction, settings::Settings},
};
use url::Url;

/// The cookies of attempts that `browser` has.
fn attempts(app: &TestApp, browser: &Browser) -> Vec<(String, String)> {
    browser.cookies().into_iter().filter(|(name, _)| name.starts_with(app.transaction_cookies())).collect()
}

/// The cookie an attempt has set.
fn cookie_of(app: &TestApp, attempt: &Attempt) -> cookie::Cookie<'static> {
    let mut set = attempt
        .login
        .set_cookies
        .iter()
        .filter(|cookie| cookie.name().starts_with(app.transaction_cookies()) && !cookie.value().is_empty());
    let cookie = set.next().expect("an attempt sets a cookie").clone();
    assert!(set.next().is_none(), "one cookie an attempt");
    cookie
}

/// Checks that `page` starts another attempt instead of ending the one it came from.
fn assert_restarts(page: &Page, first: &Attempt) -> Attempt {
    let authorize = page.expect_redirect();
    assert_eq!(authorize.path(), "/authorize", "{}", page.summary());
    let again = Attempt { login: page.clone(), authorize };
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(again.param(name), first.param(name), "{name} is new");
    }
    again
}

fn with_state(callback: &Url, state: &str) -> Url {
    let pairs: Vec<_> = callback.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
    let mut url = callback.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("state", state);
    url
}

#[tokio::test]
async fn the_cookie_is_for_the_server_alone_and_for_ten_minutes() {
    for (callback, secure, prefix) in
        [("", None, "portico.tx."), ("https://portico.example/callback", Some(true), "__Host-portico.tx.")]
    {
        let provider = Provider::start().await;
        let overrides: &[_] = if callback.is_empty() { &[] } else { &[("AUTH0_CALLBACK_URL", callback)] };
        let app = TestApp::start(&provider, overrides).await;
        let attempt = app.browser().begin("/profile").await;
        let cookie = cookie_of(&app, &attempt);
        assert!(cookie.name().starts_with(prefix), "{cookie}");
        assert_eq!(cookie.http_only(), Some(true), "{cookie}");
        assert_eq!(cookie.secure(), secure, "{cookie}");
        assert_eq!(cookie.same_site(), Some(SameSite::Lax), "{cookie}");
        assert_eq!(cookie.path(), Some("/"), "{cookie}");
        assert_eq!(cookie.domain(), None, "{cookie}");
        assert_eq!(cookie.max_age().map(|age| age.whole_seconds()), Some(600), "{cookie}");
        assert!(!cookie.name().contains(&attempt.state()), "the name does not give the state away");
        assert_eq!(attempt.login.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn the_cookie_tells_nothing() {
    let (_provider, app) = start().await;
    let attempt = app.browser().begin("/a-path-to-look-for").await;
    let cookie = cookie_of(&app, &attempt);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cookie.value()).expect("base64url");
    let nonce = attempt.param("nonce").expect("a nonce");
    for hidden in [attempt.state(), nonce, "a-path-to-look-for".to_owned(), "nonce".to_owned()] {
        assert!(!bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()), "{hidden} can be read");
        assert!(!cookie.value().contains(&hidden), "{hidden} can be read");
    }
    assert!(cookie.name().len() + cookie.value().len() < 1024, "five of them fit into any proxy's limit");
}

#[tokio::test]
async fn two_tabs_sign_in_at_once() {
    for order in [[0, 1], [1, 0]] {
        let (_provider, app) = start().await;
        let browser = app.browser();
        let tabs = [browser.begin("/profile?tab=one").await, browser.begin("/profile?tab=two").await];
        assert_eq!(attempts(&app, &browser).len(), 2);
        let paths = ["/profile?tab=one", "/profile?tab=two"];
        for (done, tab) in order.into_iter().enumerate() {
            let callback = browser.authorize(&tabs[tab]).await;
            let page = browser.come_back(callback).await;
            assert_eq!(page.expect_local_redirect(), paths[tab], "each tab where it wanted to go");
            assert_eq!(attempts(&app, &browser).len(), 1 - done, "only its own attempt is over");
        }
        assert!(browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn five_attempts_at_once_and_each_can_end() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    let mut tabs = Vec::new();
    for number in 0..5 {
        tabs.push((number, browser.begin(&format!("/profile?tab={number}")).await));
    }
    assert_eq!(attempts(&app, &browser).len(), 5);
    for (number, attempt) in tabs.iter().rev() {
        let callback = browser.authorize(attempt).await;
        assert_eq!(browser.come_back(callback).await.expect_local_redirect(), format!("/profile?tab={number}"));
    }
}

#[tokio::test]
async fn the_sixth_attempt_evicts_the_oldest_alone() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let mut tabs = Vec::new();
    for number in 0..12 {
        tabs.push(browser.begin(&format!("/profile?tab={number}")).await);
        assert!(attempts(&app, &browser).len() <= 5, "cookies do not pile up");
    }
    let names: Vec<_> = attempts(&app, &browser).into_iter().map(|(name, _)| name).collect();
    let expected: Vec<_> = tabs[7..].iter().map(|attempt| cookie_of(&app, attempt).name().to_owned()).collect();
    assert_eq!(names, expected, "the newest five are left");

    // The evicted one is lost: it starts again, and nothing of it is used.
    let callback = browser.authorize(&tabs[6]).await;
    let page = browser.come_back(callback).await;
    let again = assert_restarts(&page, &tabs[6]);
    assert_eq!(provider.count(Endpoint::Token), 0);
    let callback = browser.authorize(&again).await;
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile");
}

#[tokio::test]
async fn cookies_that_are_no_attempts_are_evicted_first() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    let mut tabs = Vec::new();
    for _ in 0..4 {
        tabs.push(browser.begin("/profile").await);
    }
    for number in 0..3 {
        browser.set_cookie(&format!("{}junk{number}", app.transaction_cookies()), "junk");
    }
    tabs.push(browser.begin("/profile").await);
    let names: Vec<_> = attempts(&app, &browser).into_iter().map(|(name, _)| name).collect();
    let expected: Vec<_> = tabs.iter().map(|attempt| cookie_of(&app, attempt).name().to_owned()).collect();
    assert_eq!(names, expected, "the junk is gone, the attempts are not");
}

#[tokio::test]
async fn a_forged_state_starts_again_and_redeems_nothing() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile?tab=claims").await;
    let callback = browser.authorize(&attempt).await;
    let state = attempt.state();
    let mut flipped = state.clone().into_bytes();
    flipped[10] ^= 1;
    let flipped = String::from_utf8(flipped).expect("ASCII");
    for forged in ["forged", &flipped, &state[..state.len() - 1], &format!("{state}A"), &state.to_lowercase()] {
        assert_restarts(&browser.come_back(with_state(&callback, forged)).await, &attempt);
        assert!(!browser.is_signed_in().await);
    }
    assert_eq!(provider.count(Endpoint::Token), 0, "no code was redeemed");
}

#[tokio::test]
async fn a_foreign_callback_signs_in_nobody() {
    // Login CSRF: somebody makes a victim open the callback of their own sign-in.
    let (provider, app) = start().await;
    let (attacker, victim) = (app.browser(), app.browser());
    let attempt = attacker.begin("/profile").await;
    let callback = attacker.authorize(&attempt).await;
    let again = assert_restarts(&victim.come_back(callback).await, &attempt);
    assert!(!victim.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Token), 0, "the attacker's code was not redeemed");
    // What starts is a sign-in of the victim's own.
    provider.behave(|behaviour| behaviour.sign_in_as("auth0|victim"));
    let callback = victim.authorize(&again).await;
    assert_eq!(victim.come_back(callback).await.expect_local_redirect(), "/profile");
    assert_eq!(victim.api_profile().await.json()["user"]["sub"], "auth0|victim");
}

#[tokio::test]
async fn a_foreign_callback_does_not_disturb_an_attempt_under_way() {
    let (_provider, app) = start().await;
    let (attacker, victim) = (app.browser(), app.browser());
    let own = victim.begin("/profile?tab=claims").await;
    let foreign = attacker.authorize(&attacker.begin("/profile").await).await;
    assert_restarts(&victim.come_back(foreign).await, &own);
    let callback = victim.authorize(&own).await;
    assert_eq!(victim.come_back(callback).await.expect_local_redirect(), "/profile?tab=claims");
}

#[tokio::test]
async fn a_lost_attempt_starts_again_once_and_not_for_ever() {
    let (provider, app) = start().await;
    // Cookies are switched off: nothing is ever there when the callback comes.
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    forget_attempts(&app, &browser);
    let again = assert_restarts(&browser.come_back(callback).await, &attempt);
    let callback = browser.authorize(&again).await;
    forget_attempts(&app, &browser);
    let page = browser.come_back(callback).await;
    let log = assert_problem(&app, &provider, &page, SignInExpired);
    assert!(log.iter().any(|line| line.contains("no attempt of this browser")), "{log:#?}");
    assert!(page.body.contains("/login"), "the page offers to try again");
    assert_eq!(provider.count(Endpoint::Token), 0);
    // By hand it starts afresh, with all chances.
    browser.signed_in().await;
}

fn forget_attempts(app: &TestApp, browser: &Browser) {
    for (name, _) in attempts(app, browser) {
        browser.remove_cookie(&name);
    }
}

#[tokio::test]
async fn a_replayed_callback_goes_to_the_profile_while_signed_in() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile?tab=claims").await;
    let callback = browser.authorize(&attempt).await;
    assert_eq!(browser.come_back(callback.clone()).await.expect_local_redirect(), "/profile?tab=claims");
    let session = browser.cookie(app.session_cookie());
    // Back button, reload, a restored tab.
    for _ in 0..3 {
        let page = browser.come_back(callback.clone()).await;
        assert_eq!(page.expect_local_redirect(), "/profile");
        assert!(page.set_cookies.is_empty(), "nothing changes");
    }
    assert_eq!(browser.cookie(app.session_cookie()), session);
    assert!(browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_replayed_callback_starts_again_when_signed_out() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    browser.come_back(callback.clone()).await.expect_local_redirect();
    browser.post("/logout", &[]).await.expect_redirect();
    assert_restarts(&browser.come_back(callback).await, &attempt);
    assert!(!browser.is_signed_in().await);
    assert_eq!(provider.count(Endpoint::Token), 1);
}

/// Gives the attempt's cookie another start, as only the application could.
fn backdate(app: &TestApp, browser: &Browser, attempt: &Attempt, age: TimeDelta) {
    let keyring = Settings::from_pairs(app.settings()).expect("the application's settings").keyring;
    let cookie = cookie_of(app, attempt);
    let mut transaction = Transaction::open(&keyring, cookie.name(), cookie.value()).expect("the application's cookie");
    transaction.started_at = Utc::now() - age;
    browser.set_cookie(cookie.name(), &transaction.seal(&keyring, cookie.name()).expect("it can be sealed"));
}

#[tokio::test]
async fn an_attempt_older_than_ten_minutes_starts_again_and_goes_where_it_wanted() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile?tab=claims").await;
    let callback = browser.authorize(&attempt).await;
    // A browser drops the cookie by itself; one that does not gets nowhere either.
    backdate(&app, &browser, &attempt, TimeDelta::minutes(10) + TimeDelta::seconds(5));
    let again = assert_restarts(&browser.come_back(callback).await, &attempt);
    assert_eq!(provider.count(Endpoint::Token), 0);
    let callback = browser.authorize(&again).await;
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile?tab=claims");
    assert_eq!(attempts(&app, &browser), [], "the old attempt's cookie is gone as well");
}

#[tokio::test]
async fn an_attempt_of_nine_minutes_still_counts() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile?tab=claims").await;
    let callback = browser.authorize(&attempt).await;
    backdate(&app, &browser, &attempt, TimeDelta::minutes(9));
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile?tab=claims");
}

#[tokio::test]
async fn an_attempt_from_the_future_does_not_count() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    backdate(&app, &browser, &attempt, TimeDelta::hours(-1));
    assert_restarts(&browser.come_back(callback).await, &attempt);
    assert_eq!(provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_cookie_that_was_changed_is_as_good_as_none() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    let cookie = cookie_of(&app, &attempt);
    let value = cookie.value();
    let flip = |at: usize| {
        let other = if value.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &value[..at], &value[at + 1..])
    };
    let mut changed: Vec<_> = (0..value.len()).step_by(17).map(flip).collect();
    changed.extend([
        String::new(),
        value[..value.len() - 1].to_owned(),
        value[..20].to_owned(),
        format!("{value}A"),
        format!("{value}{value}"),
        value.to_uppercase(),
        "A".repeat(8192),
        "%00%ff".to_owned(),
    ]);
    for forged in changed {
        browser.set_cookie(cookie.name(), &forged);
        let page = browser.copy().come_back(callback.clone()).await;
        assert_restarts(&page, &attempt);
    }
    assert_eq!(provider.count(Endpoint::Token), 0);
    browser.set_cookie(cookie.name(), value);
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile", "untouched, it is good");
}

#[tokio::test]
async fn a_cookie_under_the_name_of_another_attempt_is_as_good_as_none() {
    let (provider, app) = start().await;
    let browser = app.browser();
    let [one, two] = [browser.begin("/profile?tab=one").await, browser.begin("/profile?tab=two").await];
    let callback = browser.authorize(&one).await;
    browser.set_cookie(cookie_of(&app, &one).name(), cookie_of(&app, &two).value());
    assert_restarts(&browser.come_back(callback).await, &one);
    assert_eq!(provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_cookie_of_another_installation_is_as_good_as_none() {
    let provider = Provider::start().await;
    let [one, two] = [TestApp::start(&provider, &[]).await, TestApp::start(&provider, &[]).await];
    let browser = one.browser();
    let attempt = browser.begin("/profile").await;
    let cookie = cookie_of(&one, &attempt);
    let other = two.browser();
    other.set_cookie(cookie.name(), cookie.value());
    let callback = browser.authorize(&attempt).await;
    let page = other.come_back(other.url(&callback[url::Position::BeforePath..])).await;
    assert_restarts(&page, &attempt);
    assert_eq!(provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_failed_attempt_cannot_be_tried_again_with_the_same_state() {
    let (provider, app) = start().await;
    provider.behave(|behaviour| {
        behaviour.userinfo.set("sub", "auth0|mallory");
    });
    let browser = app.browser();
    let attempt = browser.begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    assert_problem(&app, &provider, &browser.come_back(callback.clone()).await, SignInFailed);
    provider.behave_well();
    assert_restarts(&browser.come_back(callback).await, &attempt);
    assert_eq!(provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn attempts_survive_a_restart_and_a_change_of_the_secret() {
    let (provider, app) = start().await;
    let old = app.settings().remove("PORTICO_SECRET").expect("a secret");
    let browser = app.browser();
    let attempt = browser.begin("/profile?tab=claims").await;
    let callback = browser.authorize(&attempt).await;
    let app = app.restart(&[("PORTICO_SECRET", &format!("{},{old}", secret()))]).await;
    assert_eq!(browser.come_back(callback).await.expect_local_redirect(), "/profile?tab=claims");

    // Without the old secret, what it sealed is lost, and starts again.
    let attempt = browser.copy().begin("/profile").await;
    let callback = browser.authorize(&attempt).await;
    let fresh = app.browser();
    let cookie = cookie_of(&app, &attempt);
    fresh.set_cookie(cookie.name(), cookie.value());
    let _app = app.restart(&[("PORTICO_SECRET", &secret())]).await;
    assert_restarts(&fresh.come_back(callback).await, &attempt);
    assert_eq!(provider.count(Endpoint::Token), 1);
}
