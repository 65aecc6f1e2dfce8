//! Looks after the form for a record while it is filled in.

use leptos::prelude::*;

/// Says what is wrong before the form is sent, by the server's own rules and in its words; counts
/// what is left of the text's room; and keeps what is typed. It draws nothing itself: all places for
/// its words are on the page.
#[island]
pub fn RecordForm() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::start();
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::app::browser::{all, document, listen, one, root_of, set, set_text, show, unset};
    use crate::app::unsaved::{self, GUARDED};
    use crate::model::record::{Fault, Form, MAX_BODY, in_bytes};
    use wasm_bindgen::JsCast;
    use web_sys::{
        Element, Event, FocusEvent, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, UrlSearchParams,
    };

    /// The room that is left is told from here on.
    const NEARLY_FULL: usize = MAX_BODY - 4096;

    /// Begins to look after the form of this page.
    pub fn start() {
        let page = root_of(&document());
        let (Some(form), Some(around)) = (one(&page, GUARDED), one(&page, "#writing")) else { return };
        let form: HtmlFormElement = form.unchecked_into();
        count(&form);
        // The browser may have put back by itself what was typed before a reload.
        let typed = form.has_attribute("data-unsaved") || is_changed(&form);
        let earlier = unsaved::kept(&form).filter(|earlier| *earlier != written(&form));
        if typed {
            look_after(&form);
        }
        show("kept-here", earlier.is_some());
        for name in ["input", "focusout", "submit", "click"] {
            let (form, earlier) = (form.clone(), earlier.clone());
            listen(&around, name, move |event| match name {
                "input" => look_after(&form),
                "focusout" => left_field(&form, event.unchecked_ref()),
                "submit" => check(&form, &event),
                _ => decided(&form, &event, earlier.as_deref().unwrap_or_default()),
            });
        }
    }

    /// Something was typed.
    fn look_after(form: &HtmlFormElement) {
        count(form);
        unsaved::keep(form, &written(form));
        unsaved::guard(form.has_attribute("data-unsaved") || is_changed(form));
    }

    /// Refuses to send what the server would refuse.
    fn check(form: &HtmlFormElement, event: &Event) {
        let faults = read(form).read().err().unwrap_or_default();
        say(&faults);
        if !faults.is_empty() {
            event.prevent_default();
            set(form, "data-refused", "");
            focus("faults");
        }
    }

    /// After a refusal, what has been put right is taken back as soon as the next field has the focus.
    /// Not when something is clicked: it would move away under the pointer.
    fn left_field(form: &HtmlFormElement, event: &FocusEvent) {
        let next = event.related_target().and_then(|next| next.dyn_into::<Element>().ok());
        let next_is_field = next.is_some_and(|next| next.has_attribute("name"));
        if next_is_field && form.has_attribute("data-refused") {
            say(&read(form).read().err().unwrap_or_default());
        }
    }

    /// The person has decided what becomes of what was kept.
    fn decided(form: &HtmlFormElement, event: &Event, earlier: &str) {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(action) = clicked.and_then(|clicked| clicked.get_attribute("data-action")) else { return };
        if action == "put-back" {
            fill(form, earlier);
            look_after(form);
        } else if !is_changed(form) {
            unsaved::forget(form);
        }
        show("kept-here", false);
        focus("title");
    }

    fn focus(id: &str) {
        if let Some(element) = document().get_element_by_id(id) {
            let _ = element.unchecked_into::<HtmlElement>().focus();
        }
    }

    /// Writes each fault where the server would have written it.
    fn say(faults: &[Fault]) {
        let page = root_of(&document());
        show("faults", !faults.is_empty());
        for place in all(&page, "[data-fault]") {
            let field = place.get_attribute("data-fault").unwrap_or_default();
            let mut message = String::new();
            for fault in faults.iter().filter(|fault| fault.field.as_str() == field) {
                message = message + &fault.message + " ";
            }
            place.first_element_child().unwrap_or_else(|| place.clone()).set_text_content(Some(message.trim_end()));
            if message.is_empty() { set(&place, "hidden", "") } else { unset(&place, "hidden") }
        }
        for input in all(&page, "[data-field]") {
            let field = input.get_attribute("data-field").unwrap_or_default();
            if faults.iter().any(|fault| fault.field.as_str() == field) {
                set(&input, "aria-invalid", "true");
            } else {
                unset(&input, "aria-invalid");
            }
        }
    }

    /// Says how much more text fits, when it is nearly full: in steps, because a screen reader reads
    /// each of them.
    fn count(form: &HtmlFormElement) {
        let bytes = value(&data(form), "body").len();
        let left = MAX_BODY.saturating_sub(bytes);
        let words = match bytes {
            0..NEARLY_FULL => String::new(),
            NEARLY_FULL..=MAX_BODY if left > 100 => in_bytes(left / 100 * 100) + " left",
            NEARLY_FULL..=MAX_BODY => in_bytes(left) + " left",
            _ => in_bytes(bytes - MAX_BODY) + " too many",
        };
        let shown = document().get_element_by_id("body-left").and_then(|place| place.text_content());
        if shown.is_some_and(|shown| shown != words) {
            set_text("body-left", &words);
        }
    }

    fn read(form: &HtmlFormElement) -> Form {
        let data = data(form);
        Form {
            title: value(&data, "title"),
            body: value(&data, "body"),
            classification: value(&data, "classification"),
            tags: value(&data, "tags"),
            version: String::new(),
        }
    }

    /// All that stands in the form, as one text.
    fn written(form: &HtmlFormElement) -> String {
        UrlSearchParams::new_with_str_sequence_sequence(&data(form))
            .map(|written| String::from(written.to_string()))
            .unwrap_or_default()
    }

    /// Puts back what [`written`] has made a text of.
    fn fill(form: &HtmlFormElement, text: &str) {
        let Ok(written) = UrlSearchParams::new_with_str(text) else { return };
        for input in inputs(form) {
            let value = written.get(&input.name()).unwrap_or_default();
            if input.type_() == "radio" {
                input.set_checked(input.value() == value);
            } else {
                input.set_value(&value);
            }
        }
    }

    /// Whether anything differs from what the server has written into the form.
    fn is_changed(form: &HtmlFormElement) -> bool {
        inputs(form).iter().any(|input| match input.type_().as_str() {
            "hidden" => false,
            "radio" => input.checked() != input.default_checked(),
            _ => input.value() != input.default_value(),
        })
    }

    /// The form's fields. The text area is among them: what is used of an input it has as well.
    fn inputs(form: &HtmlFormElement) -> Vec<HtmlInputElement> {
        all(form, "[name]").into_iter().map(JsCast::unchecked_into).collect()
    }

    fn data(form: &HtmlFormElement) -> FormData {
        FormData::new_with_form(form).unwrap_or_else(|error| wasm_bindgen::throw_val(error))
    }

    fn value(data: &FormData, name: &str) -> String {
        data.get(name).as_string().unwrap_or_default()
    }
}
