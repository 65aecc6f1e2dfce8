//! The page as HTML: what is said of each session, and what may be done with it.

use super::*;
use crate::model::device::{Browser, Device, System};
use chrono::DateTime;

/// A session that is told of in many words.
pub fn session(handle: &str, is_this: bool) -> DeviceSession {
    DeviceSession {
        handle: handle.to_owned(),
        is_this,
        device: Device { browser: Some(Browser::Firefox), system: Some(System::Linux) },
        first_seen: DateTime::UNIX_EPOCH,
        last_seen: DateTime::from_timestamp(1_795_603_320, 0).unwrap(),
        network: Some("203.0.113.0/24".to_owned()),
        connection: "google-oauth2".to_owned(),
        second_factor: Some("otp".to_owned()),
    }
}

fn html(sessions: Vec<DeviceSession>, may_end: bool, notice: Option<SessionsNotice>) -> String {
    let shown = SessionsView { sessions, may_end, administers: false, notice };
    Owner::new().with(|| view! { <Everything shown=&shown/> }.to_html())
}

#[test]
fn a_session_is_told_in_words() {
    let html = html(vec![session("a", true), session("b", false)], true, None);
    for words in ["Firefox on Linux", "203.0.113.0/24", "Google", "One-time code", "2026-11-25T10:42:00Z"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains("action=\"/sessions/b/end\" data-soft"), "{html}");
    assert!(!html.contains("/sessions/a/end"), "this one is left by signing out: {html}");
    assert_eq!(html.matches("<time").count(), 3, "of this one it says: now");
}

#[test]
fn who_is_signed_in_once_has_nothing_to_end() {
    let html = html(vec![session("a", true)], true, None);
    assert!(html.contains("You are signed in nowhere else."));
    assert!(!html.contains("/sessions/"), "{html}");
}

#[test]
fn without_a_fresh_sign_in_the_browser_itself_sends_the_forms() {
    let html = html(vec![session("a", true), session("b", false)], false, Some(SessionsNotice::MustConfirm));
    assert!(html.contains("action=\"/sessions/b/end\"") && !html.contains("data-soft"), "{html}");
    assert!(html.contains("asked to sign in again"));
    assert!(html.contains("href=\"/login?max_age=600&amp;returnTo=/sessions%3Fdone%3Dconfirmed\""), "{html}");
}

#[test]
fn what_others_wrote_is_text() {
    let hostile = DeviceSession {
        connection: "<img src=x>".to_owned(),
        second_factor: Some("<b>x</b>".to_owned()),
        network: Some("<i>".to_owned()),
        ..session("b", false)
    };
    let html = html(vec![hostile], true, None);
    assert!(!html.contains("<img") && !html.contains("<b>x") && !html.contains("<i>"), "{html}");
}
