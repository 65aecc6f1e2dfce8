//! Addresses that pages link to.

use crate::model::ReturnTo;
use crate::model::record::RecordId;
use leptos::prelude::use_context;

/// The start page.
pub const HOME: &str = "/";
/// What is known about the person.
pub const PROFILE: &str = "/profile";
/// What the person may do, and why.
pub const ACCESS: &str = "/access";
/// Asks the sign-in service anew what the person may do, by POST.
pub const CHECK_AGAIN: &str = "/access/check";
/// Starts a sign-in, which brings the same, and comes back to [`ACCESS`].
pub const CHECK_BY_SIGN_IN: &str = "/login?returnTo=/access%3Fchecked%3Dnow";
/// The records that the person sees, newest first.
pub const DATA: &str = "/data";
/// The form for a new record.
pub const NEW_RECORD: &str = "/data/new";
/// Where the person is signed in.
pub const SESSIONS: &str = "/sessions";
/// Ends all sessions but the one that asks, by POST.
pub const END_OTHER_SESSIONS: &str = "/sessions/end-others";
/// Starts a sign-in for which the person must have proved in the last ten minutes who they are, and comes
/// back to [`SESSIONS`].
pub const CONFIRM_FOR_SESSIONS: &str = "/login?max_age=600&returnTo=/sessions%3Fdone%3Dconfirmed";
/// Who is signed in, for administrators.
pub const PEOPLE: &str = "/people";
/// Ends a session of a person, or all of theirs, by POST.
pub const END_PERSONS_SESSIONS: &str = "/people/end-sessions";
/// Ends everybody's sessions but the one that asks, by POST.
pub const END_EVERYBODYS_SESSIONS: &str = "/people/end-everybodys-sessions";
/// The question whether to sign out.
pub const SIGN_OUT: &str = "/sign-out";
/// Starts a sign-in.
pub const LOGIN: &str = "/login";
/// Starts a sign-in that shows the sign-up form (Auth0's `screen_hint`).
pub const SIGN_UP: &str = "/login?screen_hint=signup";
/// Starts a sign-in that asks for a second factor and comes back to [`ACCESS`].
pub const STEP_UP: &str = "/login?step_up=true&returnTo=/access";
/// Ends the session, by POST.
pub const LOGOUT: &str = "/logout";
/// The person as JSON, for programs.
pub const PROFILE_API: &str = "/api/profile";

/// First segments of paths that are no page: the navigation leaves them to the browser.
pub const NOT_PAGES: [&str; 7] = ["login", "logout", "callback", "api", "rpc", "pkg", "healthz"];

/// The address that starts a sign-in which ends at `path`. A path that may not be returned to is
/// left out.
pub fn login(path: &str) -> String {
    match ReturnTo::parse(path) {
        Some(path) => format!("{LOGIN}?returnTo={}", encode(path.as_str())),
        None => LOGIN.to_owned(),
    }
}

/// The address that starts a sign-in which asks for a second factor and comes back to `path`.
pub fn step_up(path: &str) -> String {
    match ReturnTo::parse(path) {
        Some(path) => format!("{LOGIN}?step_up=true&returnTo={}", encode(path.as_str())),
        None => STEP_UP.to_owned(),
    }
}

/// One record.
pub fn record(id: &RecordId) -> String {
    format!("{DATA}/{id}")
}

/// The form that changes a record: also where it is sent to.
pub fn edit_record(id: &RecordId) -> String {
    format!("{DATA}/{id}/edit")
}

/// The same form as the record is, without what was kept of it.
pub fn edit_record_anew(id: &RecordId) -> String {
    format!("{DATA}/{id}/edit?discard=true")
}

/// Deletes a record, by POST.
pub fn delete_record(id: &RecordId) -> String {
    format!("{DATA}/{id}/delete")
}

/// Brings a deleted record back, by POST.
pub fn restore_record(id: &RecordId) -> String {
    format!("{DATA}/{id}/restore")
}

/// Ends one of the person's sessions, by POST.
pub fn end_session(handle: &str) -> String {
    format!("{SESSIONS}/{}/end", encode(handle))
}

/// The sessions of a person with that id (`sub`), for administrators.
pub fn person(subject: &str) -> String {
    format!("{PEOPLE}?person={}", encode(subject))
}

/// Starts a sign-in for which an administrator must have proved in the last ten minutes who they are, and comes back
/// to the page about that person, or about all.
pub fn confirm_for_people(subject: Option<&str>) -> String {
    let page = match subject {
        Some(subject) => format!("{}&done=confirmed", person(subject)),
        None => format!("{PEOPLE}?done=confirmed"),
    };
    format!("{LOGIN}?max_age=600&returnTo={}", encode(&page))
}

/// A page of the records in which `search` is found (of all, if it is empty): the first, or the one
/// that begins after `before`.
pub fn records(search: &str, before: Option<&RecordId>) -> String {
    let before = before.map(|id| format!("before={id}"));
    let search = (!search.is_empty()).then(|| format!("q={}", encode(search)));
    let query: Vec<String> = before.into_iter().chain(search).collect();
    if query.is_empty() { DATA.to_owned() } else { format!("{DATA}?{}", query.join("&")) }
}

/// Path and query of the request being answered, `/` where there is none.
pub fn current() -> String {
    match use_context::<super::Address>() {
        Some(super::Address(address)) => address,
        None => HOME.to_owned(),
    }
}

/// Where a sign-in that starts on this page should end: where an earlier one was to end, else here.
pub fn return_here() -> String {
    match use_context::<ReturnTo>() {
        Some(path) => path.as_str().to_owned(),
        None => current(),
    }
}

/// Whether a path of this origin leads to a page.
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
pub fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    !NOT_PAGES.contains(&first)
}

/// Percent-encodes all but unreserved characters and `/` (RFC 3986, sections 2.3 and 3.4).
fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => encoded.push(byte.into()),
            _ => _ = write!(encoded, "%{byte:02X}"), // writing to a string never fails
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_comes_back_to_the_whole_path() {
        assert_eq!(login("/profile"), "/login?returnTo=/profile");
        assert_eq!(login("/a?b=c&d=é"), "/login", "only plain ASCII comes back");
        assert_eq!(login("/a?b=c&d=%C3%A9#e"), "/login?returnTo=/a%3Fb%3Dc%26d%3D%25C3%25A9%23e");
        assert_eq!(login("//evil.example"), "/login");
        assert_eq!(login("/logout"), "/login");
    }

    #[test]
    fn a_step_up_comes_back_to_the_page_that_asked_for_it() {
        assert_eq!(step_up("/data/new"), "/login?step_up=true&returnTo=/data/new");
        assert_eq!(step_up("/access"), STEP_UP);
        assert_eq!(step_up("//evil.example"), STEP_UP);
    }

    #[test]
    fn a_search_is_text_and_nothing_else() {
        let id: RecordId = "01JDJ6V7Y5T3M8K9QWERTYAB2C".parse().unwrap();
        assert_eq!(records("", None), "/data");
        assert_eq!(records("a&before=b é", None), "/data?q=a%26before%3Db%20%C3%A9");
        assert_eq!(records("x", Some(&id)), "/data?before=01JDJ6V7Y5T3M8K9QWERTYAB2C&q=x");
    }

    #[test]
    fn only_pages_are_opened_in_place() {
        for path in ["/", "/profile", "/sign-out", "/apiary", "/loginx", "/?a=/login"] {
            assert!(is_page(path), "{path}");
        }
        for path in [
            "/login",
            "/login/x",
            "/login?a=b",
            "/logout#c",
            "/callback",
            "/api/profile",
            "/rpc/profile_json",
            "/pkg/portico.js",
        ] {
            assert!(!is_page(path), "{path}");
        }
    }
}
