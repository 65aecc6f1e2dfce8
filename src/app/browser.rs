//! The little that is needed of the browser's own interfaces, in one place.
//!
//! Compiled for the browser only. Kept plain on purpose: each convenience crate weighs more than the
//! few functions here. For the same reason the islands hold their little state in the document, where
//! the server put it, and not in signals: the reactive code of a single view is kilobytes on the wire.

use js_sys::{Array, Function};
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Document, Element, Event, EventTarget, HtmlAnchorElement, RequestCache, RequestCredentials,
    RequestInit, RequestRedirect, Response, Url, Window,
};

/// The window. WASM that was started by a page has one.
pub fn window() -> Window {
    web_sys::window().expect_throw("no window")
}

/// The document of the window.
pub fn document() -> Document {
    window().document().expect_throw("no document")
}

/// The outermost element of a document.
pub fn root_of(document: &Document) -> Element {
    document.document_element().expect_throw("no element")
}

/// The first element below `root` that matches `selector`.
pub fn one(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

/// Every element below `root` that matches `selector`.
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    // A selector finds elements and nothing else.
    (0..found.length()).filter_map(|at| found.item(at)).map(JsCast::unchecked_into).collect()
}

/// Sets an attribute. The names are ours, so that it can't fail.
pub fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Removes an attribute. The names are ours, so that it can't fail.
pub fn unset(element: &Element, name: &str) {
    let _ = element.remove_attribute(name);
}

/// Shows or hides the element of that id, if the page has it.
pub fn show(id: &str, shown: bool) {
    if let Some(element) = document().get_element_by_id(id) {
        if shown { unset(&element, "hidden") } else { set(&element, "hidden", "") }
    }
}

/// Puts a text into the element of that id, if the page has it.
pub fn set_text(id: &str, text: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.set_text_content(Some(text));
    }
}

/// Path and query of the address that is shown.
pub fn here() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// Calls `listener` on each event of that name, as long as the page lives.
pub fn listen(target: &EventTarget, name: &str, listener: impl FnMut(Event) + 'static) {
    let listener = Closure::<dyn FnMut(Event)>::new(listener).into_js_value();
    // Fails only for a listener that is not a function.
    let _ = target.add_event_listener_with_callback(name, listener.unchecked_ref());
}

/// Calls `action` every `milliseconds`, as long as the page lives.
pub fn every(milliseconds: i32, mut action: impl FnMut() + 'static) {
    let action = Closure::<dyn FnMut(Event)>::new(move |_| action()).into_js_value();
    let action: &Function = action.unchecked_ref();
    let _ = window().set_interval_with_callback_and_timeout_and_arguments_0(action, milliseconds);
}

/// Calls `action` once, after what is under way.
pub fn soon(action: impl FnOnce() + 'static) {
    let action = Closure::once_into_js(action);
    let _ = window().set_timeout_with_callback(action.unchecked_ref());
}

/// Runs a future to its end in the background. Boxed, so that all of them share one piece of code.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}

/// Asks our own server, with the session's cookie, past the cache, and without following a redirect:
/// where one leads is for the browser to go, and often to another site.
///
/// # Errors
/// When there is no answer: offline, aborted, or refused by the browser.
pub async fn fetch(path: &str, init: &RequestInit) -> Result<Response, JsValue> {
    init.set_redirect(RequestRedirect::Manual);
    request(path, init).await
}

/// The same, but follows redirects.
///
/// # Errors
/// When there is no answer, or a redirect leads to another site.
pub async fn request(path: &str, init: &RequestInit) -> Result<Response, JsValue> {
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_cache(RequestCache::NoStore);
    JsFuture::from(window().fetch_with_str_and_init(path, init)).await.map(JsCast::unchecked_into)
}

/// A header of an answer; nothing if it has none of that name.
pub fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

/// Puts a text into the clipboard.
///
/// # Errors
/// When the browser has no clipboard (a page that is not secure) or the person refuses.
pub async fn copy_text(text: &str) -> Result<(), JsValue> {
    let clipboard = window().navigator().clipboard();
    if clipboard.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    JsFuture::from(clipboard.write_text(text)).await.map(drop)
}

/// Offers a text as a file to keep.
///
/// # Errors
/// When the browser refuses.
pub fn save_as(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    set(&link, "href", &url);
    set(&link, "download", name);
    link.click();
    // The browser may still be reading: the address is given up with the page.
    Ok(())
}
