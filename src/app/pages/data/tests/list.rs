//! The list.

use super::*;
use crate::app::{ListView, Notice};
use crate::model::record::{Deleted, RecordPage, Summary};

fn summary(title: &str) -> Summary {
    let Record { id, classification, tags, owner, created_at, updated_at, version, may, .. } = record();
    Summary { id, title: title.into(), classification, tags, owner, created_at, updated_at, version, may }
}

fn list(records: Vec<Summary>) -> ListView {
    ListView {
        search: String::new(),
        page: RecordPage { records, next: None },
        is_later_page: false,
        reach: reach(),
        notice: None,
    }
}

fn drawn(list: ListView) -> String {
    html(&RecordsView::List(list), "http://leptos.dev/data")
}

#[test]
fn a_record_is_a_link_with_its_facts() {
    let html = drawn(list(vec![summary("Access review")]));
    assert!(html.contains("href=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C\""), "{html}");
    assert!(html.contains("<bdi>Access review</bdi>") && html.contains("Confidential"), "{html}");
    assert!(html.contains("href=\"/data?q=q3%20%26%20q4\""), "{html}");
    assert!(html.contains("<bdi>Ada</bdi>") && html.contains("datetime=\"2026-11-25T09:12:00Z\""), "{html}");
}

#[test]
fn owners_are_you_a_name_or_somebody() {
    let owned = |owner| drawn(list(vec![Summary { owner, ..summary("x") }]));
    assert!(owned(Owner { name: Some("Ada".into()), is_me: true }).contains("</span>You</span>"));
    assert!(owned(Owner { name: None, is_me: false }).contains("Somebody without a name"));
}

#[test]
fn hostile_and_long_titles_are_text() {
    let long = "x".repeat(200);
    let html = drawn(ListView { search: HOSTILE.into(), ..list(vec![summary(HOSTILE), summary(&long)]) });
    is_harmless(&html);
    assert_eq!(times(&html, "<bdi>&lt;/textarea&gt;&lt;/title&gt;&lt;script&gt;"), 2, "{html}");
    assert!(html.contains(&long));
}

#[test]
fn a_search_stays_inside_the_title_of_the_document() {
    let title = title(&RecordsView::List(ListView { search: HOSTILE.into(), ..list(vec![]) }));
    is_harmless(&title);
    assert!(title.starts_with("“&lt;/textarea&gt;&lt;/title&gt;"), "{title}");
}

#[test]
fn creating_is_offered_only_to_those_who_may() {
    let may = drawn(list(vec![summary("x")]));
    assert_eq!(times(&may, "href=\"/data/new\""), 1, "{may}");
    assert!(!may.contains("Creating records needs"), "{may}");

    let reach = Reach { create: false, sees: Sees::Team, ..reach() };
    let may_not = drawn(ListView { reach, ..list(vec![summary("x")]) });
    assert!(!may_not.contains("/data/new") && may_not.contains("Creating records needs a role"), "{may_not}");
    assert!(may_not.contains("people who share a group with you") && !may_not.contains("step_up"), "{may_not}");

    let reach = Reach { second_factor_helps: true, ..reach };
    let later = drawn(ListView { reach, ..list(vec![summary("x")]) });
    assert!(later.contains("href=\"/login?step_up=true&amp;returnTo=/data\""), "{later}");
}

#[test]
fn an_empty_list_says_what_to_do_next() {
    let first = drawn(list(vec![]));
    assert!(first.contains("There are no records yet.") && times(&first, "href=\"/data/new\"") == 1, "{first}");
    assert!(!first.contains("role=\"search\""), "there is nothing to search: {first}");
    let nothing = drawn(ListView { search: "zebra".into(), ..list(vec![]) });
    assert!(nothing.contains("<bdi>zebra</bdi>") && nothing.contains("Clear the search"), "{nothing}");
    assert!(nothing.contains("value=\"zebra\""), "{nothing}");
    let later = drawn(ListView { is_later_page: true, ..list(vec![]) });
    assert!(later.contains("There are no more records.") && later.contains("Back to the newest"), "{later}");
}

#[test]
fn pages_keep_the_search() {
    let page = RecordPage { records: vec![summary("x")], next: Some(id()) };
    let first = drawn(ListView { search: "a b".into(), page: page.clone(), ..list(vec![]) });
    assert!(first.contains("href=\"/data?before=01JDJ6V7Y5T3M8K9QWERTYAB2C&amp;q=a%20b\""), "{first}");
    assert!(!first.contains("Back to the newest"), "{first}");
    let later = drawn(ListView { search: "a b".into(), page, is_later_page: true, ..list(vec![]) });
    assert!(later.contains("href=\"/data?q=a%20b\"") && later.contains("Back to the newest"), "{later}");
    assert!(!drawn(list(vec![summary("x")])).contains("Next page"));
}

#[test]
fn what_was_deleted_can_be_brought_back_with_a_plain_form() {
    let deleted = Deleted { id: id(), title: HOSTILE.into(), restorable_until: time() };
    let html = drawn(ListView { notice: Some(Notice::Deleted(deleted)), ..list(vec![]) });
    is_harmless(&html);
    assert!(html.contains("method=\"post\" action=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/restore\""), "{html}");
    assert!(html.contains("Undo") && html.contains("until <time datetime=\"2026-11-25T09:12:00Z\">"), "{html}");
}

#[test]
fn each_notice_is_said_in_the_status_region() {
    for (notice, words) in [
        (Notice::Created, "is created"),
        (Notice::Saved, "are saved"),
        (Notice::Restored, "is back"),
        (Notice::Forbidden, "you may not do that"),
        (Notice::Changed, "somebody has changed it"),
        (Notice::Gone, "not there any more"),
        (Notice::TooLate, "too late"),
        (Notice::NeedsSecondFactor, "step_up=true"),
    ] {
        let html = drawn(ListView { notice: Some(notice.clone()), ..list(vec![]) });
        let (_, region) = html.split_once("role=\"status\"").unwrap();
        assert!(region.split("<h1").next().unwrap().contains(words), "{notice:?}: {html}");
    }
}
