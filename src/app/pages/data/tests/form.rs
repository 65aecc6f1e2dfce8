//! The form.

use super::*;
use crate::app::{FormState, FormView};
use crate::model::record::{Form, MAX_BODY};

fn drawn(form: Form, editing: bool, state: FormState) -> String {
    let faults = match state {
        FormState::Plain if form != Form::empty() => form.read().err().unwrap_or_default(),
        _ => Vec::new(),
    };
    let shown = RecordsView::Form(FormView { form, editing: editing.then(id), faults, state });
    html(&shown, "/data/new")
}

fn typed() -> Form {
    Form {
        title: "Mine <b>".into(),
        body: "\nfirst\r\n<i> & co".into(),
        classification: "restricted".into(),
        tags: "a, b".into(),
        version: "7".into(),
    }
}

/// Everything typed is in the form, once.
#[track_caller]
fn has_all(html: &str) {
    let (_, form) = html.split_once("<form").unwrap();
    assert!(form.contains("name=\"title\" type=\"text\" value=\"Mine &lt;b&gt;\""), "{form}");
    assert!(form.contains(">\n\nfirst\r\n&lt;i&gt; &amp; co</textarea>"), "{form}");
    assert!(form.contains("value=\"restricted\" checked"), "{form}");
    assert!(form.contains("name=\"tags\" type=\"text\" value=\"a, b\""), "{form}");
}

#[test]
fn an_empty_form_works_without_a_script() {
    let html = drawn(Form::empty(), false, FormState::Plain);
    assert!(html.contains("method=\"post\" action=\"/data/new\""), "{html}");
    for name in ["title", "body", "classification", "tags", "version"] {
        assert!(html.contains(&format!("name=\"{name}\"")), "{name}: {html}");
    }
    assert!(html.contains("name=\"version\" value=\"\"") && html.contains("value=\"internal\" checked"), "{html}");
    assert!(html.contains("<button class=\"button button-primary\">Create record</button>"), "{html}");
    assert!(!html.contains("autofocus") && !html.contains("data-unsaved") && !html.contains("aria-invalid"), "{html}");
}

#[test]
fn an_edit_goes_to_its_own_address_with_its_version() {
    let html = drawn(typed(), true, FormState::Plain);
    assert!(html.contains("action=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/edit\""), "{html}");
    assert!(html.contains("name=\"version\" value=\"7\"") && html.contains("Save changes"), "{html}");
    assert_eq!(times(&html, "href=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C\""), 2, "back and cancel: {html}");
    has_all(&html);
}

#[test]
fn every_fault_is_said_at_its_field_and_in_the_summary() {
    let bad = Form { title: " ".into(), body: "x".repeat(MAX_BODY + 1), classification: "?".into(), ..Form::empty() };
    let html = drawn(Form { tags: "x".repeat(41), ..bad }, false, FormState::Plain);
    for name in ["title", "body", "classification", "tags"] {
        assert!(html.contains(&format!("href=\"#{name}\"")) && html.contains(&format!("id=\"{name}\"")), "{name}");
        let (_, message) = html.split_once(&format!("id=\"{name}-fault\"")).unwrap();
        assert!(!message.split_once('>').unwrap().0.contains("hidden"), "{name}: {message}");
        assert!(html.contains(&format!("{name}-fault\"")), "{name}");
    }
    assert_eq!(times(&html, "aria-invalid=\"true\""), 4, "{html}");
    assert_eq!(times(&html, "Give it a title."), 2, "{html}");
    assert_eq!(times(&html, "autofocus"), 1, "{html}");
    assert!(html.contains("data-unsaved") && !html.contains(" checked"), "{html}");
}

#[test]
fn hostile_texts_stay_inside_their_fields() {
    let hostile = Form { title: HOSTILE.into(), body: HOSTILE.into(), tags: HOSTILE.into(), ..typed() };
    let theirs = Record { title: HOSTILE.into(), body: HOSTILE.into(), tags: vec![HOSTILE.into()], ..record() };
    for state in [FormState::Plain, FormState::Changed(Box::new(theirs))] {
        let html = drawn(hostile.clone(), true, state);
        is_harmless(&html);
        let escaped =
            "&lt;/textarea&gt;&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}gnp.exe &amp; \"quoted\"";
        assert!(html.contains(&format!("\n{escaped}</textarea>")), "{html}");
    }
}

#[test]
fn a_conflict_shows_both_and_marks_what_differs() {
    let theirs = Record { tags: vec!["a".into(), "b".into()], ..record() };
    let html = drawn(Form { version: "7".into(), ..typed() }, true, FormState::Changed(Box::new(theirs)));
    has_all(&html);
    assert!(html.contains("Access review") && html.contains("First line\n\n  indented"), "{html}");
    assert_eq!((times(&html, ">Different<"), times(&html, ">Same as yours<")), (3, 1), "{html}");
    assert!(html.contains("Replace theirs with mine") && html.contains("data-discard"), "{html}");
    let unchanged = drawn(Form::of(&record()), true, FormState::Changed(Box::new(record())));
    assert_eq!(times(&unchanged, ">Same as yours<"), 4, "{unchanged}");
}

#[test]
fn each_state_says_why_and_keeps_all_that_was_typed() {
    let back = "href=\"/login?step_up=true&amp;returnTo=/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/edit\"";
    for (state, words) in [
        (FormState::NeedsSecondFactor, back),
        (FormState::Forbidden, "You may not save this."),
        (FormState::Gone, "Create as a new record"),
        (FormState::Kept, "href=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C/edit?discard=true\""),
    ] {
        let html = drawn(typed(), true, state.clone());
        assert!(html.contains(words), "{state:?}: {html}");
        assert!(html.contains("data-unsaved") && times(&html, "autofocus") == 1, "{state:?}: {html}");
        has_all(&html);
    }
}

#[test]
fn a_form_that_was_only_opened_holds_nothing_to_lose() {
    let html = drawn(Form::empty(), false, FormState::Forbidden);
    assert!(html.contains("You may not save this.") && !html.contains("data-unsaved"), "{html}");
}

#[test]
fn what_is_gone_can_be_created_anew() {
    let html = drawn(typed(), true, FormState::Gone);
    assert!(html.contains("action=\"/data/new\"") && html.contains("name=\"version\" value=\"\""), "{html}");
    assert!(!html.contains("href=\"/data/01JDJ6V7Y5T3M8K9QWERTYAB2C\""), "no way back to what is gone: {html}");
}

#[test]
fn what_the_browser_keeps_is_kept_for_this_person_alone() {
    assert!(drawn(Form::empty(), false, FormState::Plain).contains("data-guard=\"auth0|user\""));
}
