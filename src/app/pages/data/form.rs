//! The form for a record: new, to change one, or refused and shown again with all that was typed.
//!
//! It works without a script. With one it is sent softly (`data-soft`) and looked after by
//! [`RecordForm`]; what they go by are the `data-` attributes here and in [`fields`](super::fields).

use super::fields::{self, fields};
use super::parts::{form_alert, step_up};
use super::theirs::theirs;
use crate::app::components::{RecordForm, icon};
use crate::app::title::Title;
use crate::app::{FormState, FormView, links};
use crate::model::record::{Form, RecordId};
use leptos::prelude::*;

/// The form, with what there is to say about it. `person` is the id of who fills it in.
#[component]
pub fn FormPage<'a>(view: &'a FormView, person: &'a str) -> impl IntoView + use<> {
    let FormView { form, editing, faults, state } = view;
    let heading = if editing.is_some() { "Edit record" } else { "New record" };
    let refused = !faults.is_empty() || !matches!(state, FormState::Plain | FormState::Kept);
    let title = format!("{}{heading} · Portico", if refused { "Not saved: " } else { "" });
    // What is gone can only be created anew.
    let changes = editing.as_ref().filter(|_| *state != FormState::Gone);
    let action = changes.map_or(links::NEW_RECORD.to_owned(), links::edit_record);
    let way_back = changes.map_or(links::DATA.to_owned(), links::record);
    let version = if changes.is_some() { form.version.clone() } else { String::new() };
    // Who opens a form that they may not save has written nothing yet.
    let unsaved = ((refused || *state == FormState::Kept) && *form != Form::empty()).then_some("");
    let beside = match state {
        FormState::Changed(record) => Some(theirs(record, form)),
        _ => None,
    };
    let class = if beside.is_some() { "writing writing-beside" } else { "writing" };
    // Where there is another thing to do first, saving is not it.
    let save_class = match state {
        FormState::NeedsSecondFactor => "button",
        _ => "button button-primary",
    };
    view! {
        <Title text=title/>
        <div class="wide">
            <a class="way-back" href=way_back.clone()>
                {icon::back()}{if changes.is_some() { "The record" } else { "All records" }}
            </a>
            <h1 class="form-title" tabindex="-1">{heading}</h1>
            <div id="writing">
                {call_out(state, &action, &way_back, editing.as_ref(), faults.is_empty())}
                {fields::summary(faults)}
                {kept_here()}
                <div class=class>
                    {beside}
                    <form class="card form" id="record-form" method="post" action=action novalidate=true data-soft=""
                        data-guard=person.to_owned() data-unsaved=unsaved
                        data-refused=(!faults.is_empty()).then_some("")>
                        <input type="hidden" name="version" value=version/>
                        {fields(form, faults)}
                        {form_alert()}
                        <div class="actions">
                            <button class=save_class>{save(state, editing.is_some())}</button>
                            <a class="button" href=way_back>"Cancel"</a>
                        </div>
                    </form>
                </div>
            </div>
            <RecordForm/>
        </div>
    }
    .into_any()
}

const fn save(state: &FormState, editing: bool) -> &'static str {
    match state {
        FormState::Changed(_) => "Replace theirs with mine",
        FormState::Gone => "Create as a new record",
        FormState::Forbidden => "Try again",
        FormState::Plain | FormState::NeedsSecondFactor | FormState::Kept if editing => "Save changes",
        FormState::Plain | FormState::NeedsSecondFactor | FormState::Kept => "Create record",
    }
}

/// Says why the form was not saved. `focus` is whether reading starts here: if the form has no faults.
fn call_out(state: &FormState, here: &str, way_back: &str, editing: Option<&RecordId>, focus: bool) -> Option<AnyView> {
    let (title, words, action) = match state {
        FormState::Plain => return None,
        FormState::Changed(_) => (
            "Somebody has changed this record while you were writing.",
            "Nothing is lost: your text is in the form, and theirs is shown with it. Take over what you need, then replace \
             theirs with yours, or keep theirs.",
            Some(discard(way_back.to_owned(), "Discard mine, keep theirs")),
        ),
        FormState::NeedsSecondFactor => (
            "Not saved yet: this takes a second factor that you confirmed lately.",
            "What you wrote is kept. Confirm, and you come back to it.",
            Some(step_up(here, "button button-primary")),
        ),
        FormState::Forbidden => (
            "You may not save this.",
            "It needs a permission that you don’t have, or don’t have any more. What is in the form you can still copy.",
            Some(view! { <a class="button" href=links::ACCESS>"See what you may do"</a> }.into_any()),
        ),
        FormState::Gone => (
            "Not saved: this record is not there any more.",
            "Somebody has deleted it, or it is no longer open to you. What you wrote is still in the form: copy it, or \
             create a new record of it.",
            None,
        ),
        FormState::Kept => (
            "You are back, and so is what you wrote.",
            "Nothing is saved yet: look it over, then save it.",
            editing.map(|id| discard(links::edit_record_anew(id), "Discard it")),
        ),
    };
    let (class, icon) = match state {
        FormState::Kept => ("callout callout-row callout-good", icon::verified()),
        _ => ("callout callout-row", icon::notice()),
    };
    Some(
        view! {
            <div class=class tabindex="-1" role="group" aria-label=title autofocus=focus>
                {icon}
                <div>
                    <p><strong>{title}</strong>" "{words}</p>
                    {action}
                </div>
            </div>
        }
        .into_any(),
    )
}

/// A way on that throws away what was typed, and says so: the browser does not ask again.
fn discard(href: String, words: &'static str) -> AnyView {
    view! { <a class="button" href=href data-discard="">{words}</a> }.into_any()
}

/// Offers what was typed here and never saved, where the browser has kept it.
fn kept_here() -> AnyView {
    view! {
        <div role="status">
            <div class="callout callout-row" id="kept-here" hidden>
                {icon::notice()}
                <div>
                    <p><strong>"You wrote something here that was not saved."</strong>" This browser has kept it."</p>
                    <div class="actions">
                        <button class="button" type="button" data-action="put-back">"Put it back"</button>
                        <button class="button" type="button" data-action="discard">"Discard it"</button>
                    </div>
                </div>
            </div>
        </div>
    }
    .into_any()
}
