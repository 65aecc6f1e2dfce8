//! The pages as HTML: each state, only what is allowed, all that was typed, and hostile texts.

mod form;
mod list;
mod record;

use super::page;
use crate::app::{DocumentTitle, RecordsView};
use crate::model::record::{Actions, Classification, Closed, Owner, Reach, Record, RecordId, Sees};
use chrono::{DateTime, Utc};
use leptos::prelude::{Owner as Drawing, *};
use leptos_router::location::RequestUrl;

/// What people put where they may.
const HOSTILE: &str = "</textarea></title><script>alert(1)</script>\u{202e}gnp.exe & \"quoted\"";

fn html(shown: &RecordsView, url: &str) -> String {
    drawn_in(DocumentTitle::default(), shown, url)
}

fn drawn_in(title: DocumentTitle, shown: &RecordsView, url: &str) -> String {
    Drawing::new().with(|| {
        provide_context(title);
        provide_context(RequestUrl::new(url));
        page(shown, "auth0|user").to_html()
    })
}

/// What the document is called then, as HTML.
fn title(shown: &RecordsView) -> String {
    let title = DocumentTitle::default();
    drawn_in(title.clone(), shown, "http://leptos.dev/data");
    title.to_html()
}

fn id() -> RecordId {
    "01JDJ6V7Y5T3M8K9QWERTYAB2C".parse().unwrap()
}

fn time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_597_920, 0).unwrap()
}

fn record() -> Record {
    Record {
        id: id(),
        title: "Access review".into(),
        body: "First line\n\n  indented".into(),
        classification: Classification::Confidential,
        tags: vec!["audit".into(), "q3 & q4".into()],
        owner: Owner { name: Some("Ada".into()), is_me: false },
        created_at: time(),
        updated_at: time(),
        version: 7,
        may: Actions { edit: true, delete: true },
    }
}

fn reach() -> Reach {
    Reach { sees: Sees::All, create: true, edit_all: true, delete: true, second_factor_helps: false }
}

/// Whether the text is there, and how often.
fn times(text: &str, needle: &str) -> usize {
    text.matches(needle).count()
}

#[track_caller]
fn is_harmless(html: &str) {
    assert!(!html.contains("<script"), "{html}");
    assert_eq!(times(html, "</textarea>"), times(html, "<textarea"), "{html}");
}

#[test]
fn closed_says_why_and_what_to_do() {
    for closed in [Closed::EmailNotVerified, Closed::Disabled, Closed::NoPermission, Closed::NeedsSecondFactor] {
        let html = html(&RecordsView::Closed(closed), "http://leptos.dev/data/new");
        assert!(html.contains(closed.sentence()) && html.contains(closed.remedy()), "{html}");
        let step_up = html.contains("href=\"/login?step_up=true&amp;returnTo=/data/new\"");
        assert_eq!(step_up, closed == Closed::NeedsSecondFactor, "{html}");
    }
}

#[test]
fn a_second_factor_never_comes_back_to_a_deletion() {
    let html = html(&RecordsView::Closed(Closed::NeedsSecondFactor), "http://leptos.dev/data/01JD/delete");
    assert!(html.contains("href=\"/login?step_up=true&amp;returnTo=/data\""), "{html}");
}
