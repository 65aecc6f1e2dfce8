//! The fields of the form, with what is wrong with each.
//!
//! The elements with `data-fault` and `data-field` are named after a field: the browser writes there
//! what the server would have written.

use super::parts::meaning;
use crate::app::components::icon;
use crate::app::format::as_html;
use crate::model::record::{Classification, Fault, Field, Form, MAX_TAG, MAX_TAGS, MAX_TITLE};
use leptos::prelude::*;

/// The fields in the order of their faults.
const ORDER: [Field; 4] = [Field::Title, Field::Body, Field::Classification, Field::Tags];

/// All that is wrong, each a link to its field. It is on the page also when nothing is wrong.
pub fn summary(faults: &[Fault]) -> AnyView {
    let item = |field: Field| {
        let fault = fault(faults, field);
        let is_good = fault.is_none();
        view! { <li data-fault=field.as_str() hidden=is_good><a href=format!("#{}", field.as_str())>{fault}</a></li> }
    };
    view! {
        <div class="callout callout-bad" id="faults" tabindex="-1" role="group" aria-labelledby="faults-title"
            autofocus=!faults.is_empty() hidden=faults.is_empty()>
            {icon::notice()}
            <div>
                <h2 id="faults-title">"Not saved yet: please put this right"</h2>
                <ul>{ORDER.map(item)}</ul>
            </div>
        </div>
    }
    .into_any()
}

/// All fields.
pub fn fields(form: &Form, faults: &[Fault]) -> AnyView {
    view! {
        <div class="form-part">{title(form, faults)}{body(form, faults)}</div>
        <div class="form-part">{classifications(form, faults)}{tags(form, faults)}</div>
    }
    .into_any()
}

fn title(form: &Form, faults: &[Fault]) -> AnyView {
    view! {
        <div class="input-group">
            <label for="title">"Title"</label>
            <p class="hint" id="title-hint">{format!("At most {MAX_TITLE} characters.")}</p>
            {message(faults, Field::Title)}
            <input class="input" id="title" name="title" type="text" value=form.title.clone() dir="auto" autocomplete="off"
                required=true data-field="title" aria-invalid=invalid(faults, Field::Title)
                aria-describedby="title-hint title-fault"/>
        </div>
    }
    .into_any()
}

fn body(form: &Form, faults: &[Fault]) -> AnyView {
    view! {
        <div class="input-group">
            <label for="body">"Text"</label>
            <div class="hint hint-line">
                <p id="body-hint">"Plain text, at most 64 kB."</p>
                <p id="body-left" role="status"></p>
            </div>
            {message(faults, Field::Body)}
            <textarea class="input" id="body" name="body" rows="14" dir="auto" data-field="body"
                aria-invalid=invalid(faults, Field::Body) aria-describedby="body-hint body-fault">
                // HTML drops one line break at the beginning.
                {format!("\n{}", as_html(&form.body))}
            </textarea>
        </div>
    }
    .into_any()
}

fn classifications(form: &Form, faults: &[Fault]) -> AnyView {
    let option = |one: Classification| {
        // The first is where the summary's link leads.
        let id = (one == Classification::ALL[0]).then_some("classification");
        view! {
            <label class="choice">
                <input type="radio" name="classification" id=id value=one.as_str()
                    checked=one.as_str() == form.classification/>
                <span><strong>{one.label()}</strong><span class="hint">{meaning(one)}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="input-group" role="radiogroup" aria-required="true" data-field="classification"
            aria-invalid=invalid(faults, Field::Classification) aria-describedby="classification-fault">
            <legend>"Classification"</legend>
            {message(faults, Field::Classification)}
            <div class="choices">{Classification::ALL.map(option)}</div>
        </fieldset>
    }
    .into_any()
}

fn tags(form: &Form, faults: &[Fault]) -> AnyView {
    let hint = format!("Put commas between them. At most {MAX_TAGS} tags of up to {MAX_TAG} characters each.");
    view! {
        <div class="input-group">
            <label for="tags">"Tags "<span class="quiet">"(optional)"</span></label>
            <p class="hint" id="tags-hint">{hint}</p>
            {message(faults, Field::Tags)}
            <input class="input" id="tags" name="tags" type="text" value=form.tags.clone() dir="auto" autocomplete="off"
                data-field="tags" aria-invalid=invalid(faults, Field::Tags) aria-describedby="tags-hint tags-fault"/>
        </div>
    }
    .into_any()
}

/// What is wrong with a field, in one text.
fn fault(faults: &[Fault], field: Field) -> Option<String> {
    let messages: Vec<_> =
        faults.iter().filter(|fault| fault.field == field).map(|fault| fault.message.as_str()).collect();
    (!messages.is_empty()).then(|| messages.join(" "))
}

fn message(faults: &[Fault], field: Field) -> AnyView {
    let (name, fault) = (field.as_str(), fault(faults, field));
    let is_good = fault.is_none();
    view! { <p class="fault" id=format!("{name}-fault") data-fault=name hidden=is_good>{fault}</p> }.into_any()
}

fn invalid(faults: &[Fault], field: Field) -> Option<&'static str> {
    faults.iter().any(|fault| fault.field == field).then_some("true")
}
