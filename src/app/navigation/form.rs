//! Which forms are ours to send, and what becomes of the answer.

use super::page::{Page, asking};
use crate::app::browser::{document, header, one, request, set, unset, window};
use crate::app::components::say_session_ended;
use crate::app::{links, unsaved};
use wasm_bindgen::JsCast;
use web_sys::{AbortController, Element, Event, FormData, HtmlElement, HtmlFormElement, UrlSearchParams};

/// A form that is sent in place.
pub struct Sending {
    form: HtmlFormElement,
    fields: UrlSearchParams,
    button: Option<Element>,
}

/// What became of a form.
pub enum Answer {
    /// A page to put in place, and its address.
    Page(Page, String),
    /// Something else, or a page of another version of the app: for the browser to go to.
    Elsewhere(String),
    /// Nothing that could take the place of what was typed; the person has been told.
    Kept,
}

impl Sending {
    /// The form that a submit event is about, if it is one of ours to send: `data-soft` says so. One
    /// that is under way already is not sent again.
    pub fn of(event: &Event) -> Option<Self> {
        if event.default_prevented() {
            return None;
        }
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        if !form.has_attribute("data-soft") {
            return None;
        }
        event.prevent_default();
        if form.has_attribute("aria-busy") {
            return None;
        }
        let data = FormData::new_with_form(&form).ok()?;
        let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
        let button = one(&form, "button:not([type])");
        Some(Self { form, fields, button })
    }

    /// The address that a search leads to: a form that asks is a link.
    pub fn as_link(&self) -> Option<String> {
        if self.form.method() != "get" {
            return None;
        }
        let has_text = self.fields.get("q").is_none_or(|search| !search.trim().is_empty());
        Some(if has_text {
            self.form.action() + "?" + &String::from(self.fields.to_string())
        } else {
            self.form.action()
        })
    }

    /// Sends it. What was typed stays, unless a page that has it too, or does not need it, can take
    /// its place.
    pub async fn send(&self, abort: Option<&AbortController>) -> Answer {
        self.set_busy(true);
        let answer = self.answer(abort).await;
        self.set_busy(false);
        answer
    }

    async fn answer(&self, abort: Option<&AbortController>) -> Answer {
        let response = match asking(abort) {
            Some(init) => {
                init.set_method("POST");
                init.set_body(&self.fields);
                request(&self.form.action(), &init).await.ok()
            }
            None => None,
        };
        let Some(response) = response else {
            return self.keep("There was no answer, so this may not be saved. Check your connection and try again.");
        };
        if response.status() == 401 {
            say_session_ended();
            return self.keep("This is not saved: you were signed out. Sign in again, and you come back to it.");
        }
        let url = response.url();
        let page = Page::read(&response).await;
        match page {
            Some(page) if !response.ok() && !page.has(unsaved::GUARDED) => {
                let support_id = header(&response, "x-request-id").unwrap_or_default();
                self.keep(&(page.heading() + ". Everything here stays as it is. Support id: " + &support_id))
            }
            // A refused form comes back with what was typed, which no other request would bring.
            Some(page) if (!response.ok() || page.is_of_this_version()) && is_page(&url) => {
                self.settle();
                Answer::Page(page, url)
            }
            _ if response.ok() => {
                self.settle();
                Answer::Elsewhere(url)
            }
            _ => self.keep("That didn’t work. Nothing is lost: try again."),
        }
    }

    /// What was typed is on the server, or on the page that comes.
    fn settle(&self) {
        unsaved::guard(false);
        unsaved::forget(&self.form);
    }

    /// Leaves the page as it is, and says why.
    fn keep(&self, why: &str) -> Answer {
        if let Some(place) = one(&self.form, "[role=alert]") {
            place.set_text_content(Some(why));
        }
        Answer::Kept
    }

    fn set_busy(&self, busy: bool) {
        let elements = [Some(self.form.as_ref()), self.button.as_ref()];
        for element in elements.into_iter().flatten() {
            if busy { set(element, "aria-busy", "true") } else { unset(element, "aria-busy") }
        }
        let Some(button) = &self.button else { return };
        if busy {
            set(button, "disabled", "");
            self.keep("");
        } else {
            unset(button, "disabled");
            // A button that is disabled loses the focus.
            if document().active_element().is_none_or(|focused| focused.tag_name() == "BODY") {
                let _ = button.unchecked_ref::<HtmlElement>().focus();
            }
        }
    }
}

/// Whether an absolute address is that of a page of ours.
fn is_page(url: &str) -> bool {
    let origin = window().location().origin().unwrap_or_default();
    url.strip_prefix(&origin).is_some_and(links::is_page)
}
