//! What a person has typed and not saved: asks before it is lost, and keeps it for when they are back.
//!
//! It is kept in this tab only (session storage), under the person and the form: nobody else who
//! signs in here is offered it, and signing out removes it.

use super::browser::{document, listen, one, root_of, window};
use gloo_storage::{SessionStorage, Storage};
use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{BeforeUnloadEvent, Element, Event};

/// The form whose text is looked after. Its `data-guard` is the id of the person.
pub const GUARDED: &str = "form[data-guard]";

/// Looks after the ways that keep or throw away the text knowingly, so that none of them asks.
pub fn start() {
    listen(&document(), "click", |event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let closest = |selector| clicked.as_ref().and_then(|clicked| clicked.closest(selector).ok().flatten());
        if closest("a[data-discard]").is_some() {
            discard();
        } else if closest("a[href^='/login']").is_some() {
            guard(false); // the way through the sign-in comes back to what is kept
        }
    });
    listen(&document(), "submit", |event| {
        let form = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let signs_out = form.is_some_and(|form| form.get_attribute("action").as_deref() == Some("/logout"));
        if signs_out && let Some(storage) = storage() {
            let _ = storage.clear(); // nothing else is in it
        }
    });
}

/// From now on the browser asks before it leaves this page; or no longer.
pub fn guard(on: bool) {
    let window = window();
    if on != window.onbeforeunload().is_some() {
        let ask = |event: Event| event.unchecked_into::<BeforeUnloadEvent>().set_return_value("unsaved");
        let ask = on.then(|| Closure::<dyn FnMut(Event)>::new(ask).into_js_value());
        window.set_onbeforeunload(ask.as_ref().map(JsCast::unchecked_ref::<Function>));
    }
}

/// Whether the page may be replaced: if something on it is not saved, the person is asked.
pub fn may_leave() -> bool {
    let asks = window().onbeforeunload().is_some();
    let stays = asks && !window().confirm_with_message("Leave this page? What you wrote is not saved.").unwrap_or(true);
    if asks && !stays {
        discard();
    }
    !stays
}

/// Throws away what was typed on this page.
fn discard() {
    guard(false);
    if let Some(form) = one(&root_of(&document()), GUARDED) {
        forget(&form);
    }
}

/// Keeps a text for this form. A browser that forbids storage keeps it as long as the page is there.
pub fn keep(form: &Element, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&key(form), text);
    }
}

/// What was kept for this form.
pub fn kept(form: &Element) -> Option<String> {
    storage()?.get_item(&key(form)).ok().flatten()
}

/// Keeps nothing for this form any more.
pub fn forget(form: &Element) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&key(form));
    }
}

fn key(form: &Element) -> String {
    let attribute = |name| form.get_attribute(name).unwrap_or_default();
    "portico.unsaved ".to_owned() + &attribute("data-guard") + " " + &attribute("action")
}

/// The session storage, unless the browser forbids it: gloo would panic then.
fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()?;
    Some(SessionStorage::raw())
}
