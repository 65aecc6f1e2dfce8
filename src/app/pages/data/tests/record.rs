//! One record.

use super::*;
use crate::app::Notice;

fn drawn(record: Record, reach: Reach, notice: Option<Notice>) -> String {
    let shown = RecordsView::Record { record: Box::new(record), reach, notice };
    html(&shown, "http://leptos.dev/data/01JDJ6V7Y5T3M8K9QWERTYAB2C")
}

#[test]
fn the_text_keeps_its_lines_and_is_text() {
    let html = drawn(record(), reach(), None);
    assert!(html.contains("First line\n\n  indented</p>"), "{html}");
    let html = drawn(Record { title: HOSTILE.into(), body: HOSTILE.into(), ..record() }, reach(), None);
    is_harmless(&html);
    assert_eq!(times(&html, "&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}gnp.exe"), 2, "{html}");
    assert!(drawn(Record { body: " \n".into(), ..record() }, reach(), None).contains("This record has no text."));
}

#[test]
fn a_title_stays_inside_the_title_of_the_document() {
    let record = Box::new(Record { title: HOSTILE.into(), ..record() });
    let title = title(&RecordsView::Record { record, reach: reach(), notice: None });
    is_harmless(&title);
    assert!(title.starts_with("&lt;/textarea&gt;&lt;/title&gt;"), "{title}");
}

#[test]
fn only_what_is_allowed_is_offered_and_the_rest_explained() {
    let edit = "href=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/edit\"";
    let delete = "action=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/delete\"";
    for (may_edit, may_delete, mine, words) in [
        (true, true, false, None),
        (true, false, false, Some("Deleting it needs the permission to delete.")),
        (false, true, false, Some("Changing it needs the permission to write, or to be its owner.")),
        (false, true, true, Some("It is yours, but changing it needs")),
        (false, false, false, Some("You can see this record. Changing it needs")),
        (false, false, true, Some("This record is yours, but changing it needs")),
    ] {
        let owner = Owner { name: None, is_me: mine };
        let may = Actions { edit: may_edit, delete: may_delete };
        let html = drawn(Record { owner, may, ..record() }, reach(), None);
        assert_eq!((html.contains(edit), html.contains(delete)), (may_edit, may_delete), "{html}");
        assert_eq!(html.contains("data-limits"), words.is_some(), "{html}");
        assert!(words.is_none_or(|words| html.contains(words)), "{words:?}: {html}");
        assert!(!html.contains("step_up"), "{html}");
    }
}

#[test]
fn a_second_factor_is_offered_where_it_helps_and_comes_back_here() {
    let may = Actions { edit: true, delete: false };
    let html = drawn(Record { may, ..record() }, Reach { second_factor_helps: true, ..reach() }, None);
    let address = "href=\"/login?step_up=true&amp;returnTo=/data/01JDJ6V7Y5T3M8K9QWERTYAB2C\"";
    assert_eq!(times(&html, address), 1, "{html}");
    let html = drawn(record(), reach(), Some(Notice::NeedsSecondFactor));
    assert_eq!(times(&html, address), 1, "{html}");
}

#[test]
fn deleting_names_the_version_that_was_seen() {
    let html = drawn(record(), reach(), None);
    let (_, form) = html.split_once("/delete\"").unwrap();
    assert!(form.contains("<input type=\"hidden\" name=\"version\" value=\"7\">"), "{html}");
}

#[test]
fn the_focus_is_on_what_has_happened() {
    assert_eq!(times(&drawn(record(), reach(), None), "autofocus"), 0);
    assert_eq!(times(&drawn(record(), reach(), Some(Notice::Saved)), "autofocus"), 1);
}
