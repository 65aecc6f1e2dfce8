//! A page that was fetched, and how it takes the place of the one shown.

use crate::app::browser::{all, document, fetch, header, one, root_of, set, set_text, spawn, unset, window};
use crate::app::{local_times, unsaved};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Document, DomParser, Element, FocusOptions, Headers, HtmlElement, RequestInit, Response,
    SupportedType,
};

/// Says to the server that a page is fetched in order to be put in place, which it may wish to log.
const NAVIGATION_HEADER: &str = "X-Portico-Navigation";

/// A page that was fetched and is fit to be put in place.
pub struct Page(Document);

impl Page {
    /// Fetches the page at `url`. Nothing, if it is not fit: no answer, a redirect, a success other
    /// than 200, another kind of file, or a page that wants other scripts and styles than are loaded.
    ///
    /// A page that says that something is wrong (4xx, 5xx) is a page.
    pub async fn load(url: &str, abort: Option<&AbortController>) -> Option<Self> {
        let page = Self::read(&fetch(url, &asking(abort)?).await.ok()?).await?;
        page.is_of_this_version().then_some(page)
    }

    /// The page that an answer brings, if it is one.
    pub async fn read(response: &Response) -> Option<Self> {
        let is_html = header(response, "content-type")?.starts_with("text/html");
        if !is_html || !matches!(response.status(), 200 | 400..=599) {
            return None;
        }
        let html = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
        let page = Self(DomParser::new().ok()?.parse_from_string(&html, SupportedType::TextHtml).ok()?);
        page.has("main").then_some(page)
    }

    /// Whether it wants the scripts and styles that are loaded.
    pub fn is_of_this_version(&self) -> bool {
        files(&self.0) == files(&document())
    }

    /// Whether something in it matches `selector`.
    pub fn has(&self, selector: &str) -> bool {
        one(&root_of(&self.0), selector).is_some()
    }

    /// The text of its heading.
    pub fn heading(&self) -> String {
        one(&root_of(&self.0), "h1").and_then(|heading| heading.text_content()).unwrap_or_default()
    }

    /// Puts the title, the content and the header's parts in place, moves the focus to where reading
    /// starts, says where the person is, and wakes the islands.
    pub fn put_in_place(&self) {
        let title = self.0.title();
        document().set_title(&title);
        let (shown, new) = (root_of(&document()), root_of(&self.0));
        let start = one(&new, "main [autofocus]").or_else(|| one(&new, "h1"));
        if let Some(start) = &start {
            unset(start, "autofocus"); // the browser would complain that it is too late for that
        }
        unsaved::guard(false);
        exchange(&shown, &new, "main");
        for part in all(&new, "[data-part]") {
            let name = part.get_attribute("data-part").unwrap_or_default();
            exchange(&shown, &new, &("[data-part=".to_owned() + &name + "]"));
        }
        let Some(main) = one(&shown, "main") else { return };
        local_times::localise(&main);
        if let Some(start) = start {
            focus(start.unchecked_ref());
        }
        set_text("announcer", &title);
        wake_islands(&main);
    }
}

/// How a page is asked for. Nothing if the browser refuses, which it has no reason to.
pub fn asking(abort: Option<&AbortController>) -> Option<RequestInit> {
    let headers = Headers::new().ok()?;
    headers.set(NAVIGATION_HEADER, "1").ok()?;
    headers.set("Accept", "text/html").ok()?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    init.set_signal(abort.map(AbortController::signal).as_ref());
    Some(init)
}

/// The addresses of the scripts and styles of a document: they carry the version of the app.
fn files(page: &Document) -> Vec<Option<String>> {
    all(&root_of(page), "head link[rel*=pre],head link[rel=stylesheet]")
        .iter()
        .map(|link| link.get_attribute("href"))
        .collect()
}

/// Puts the first match of `selector` in the new document in the place of that in the shown one.
fn exchange(shown: &Element, new: &Element, selector: &str) {
    if let (Some(old), Some(new)) = (one(shown, selector), one(new, selector)) {
        // Fails only if an element is put into itself.
        let _ = old.replace_with_with_node_1(&new);
    }
}

/// As after a full load, reading starts here.
fn focus(start: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = start.focus_with_options(&options);
}

/// Hydrates the islands of the new content, by the function that Leptos' script has left for it.
fn wake_islands(main: &Element) {
    // Not there if the script has not run to its end yet: it hydrates what it then finds.
    let Ok(hydrate) = Reflect::get(&window(), &"__hydrateIsland".into()) else { return };
    let Some(hydrate) = hydrate.dyn_ref::<Function>() else { return };
    for island in all(main, "leptos-island") {
        // A failure inside an island reports itself; the page stays readable without it.
        let _ = hydrate.call2(&JsValue::UNDEFINED, &island, &island.get_attribute("data-component").into());
    }
}

/// Says that a page is on its way. The thin bar that shows it waits a moment by itself (`navigation.css`).
pub fn set_busy(busy: bool) {
    let root = root_of(&document());
    for (element, name) in [(one(&root, "main"), "aria-busy"), (Some(root), "data-navigating")] {
        match element {
            Some(element) if busy => set(&element, name, "true"),
            Some(element) => unset(&element, name),
            None => {}
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// A document that knows view transitions. Not all do.
    type TransitionDocument;

    #[wasm_bindgen(method, getter, js_name = startViewTransition)]
    fn start_view_transition_function(this: &TransitionDocument) -> JsValue;

    #[wasm_bindgen(method, js_name = startViewTransition)]
    fn start_view_transition(this: &TransitionDocument, update: &Function) -> ViewTransition;

    type ViewTransition;

    #[wasm_bindgen(method, getter)]
    fn ready(this: &ViewTransition) -> Promise;

    #[wasm_bindgen(method, getter)]
    fn finished(this: &ViewTransition) -> Promise;
}

/// Makes a change of the page: softly where the browser can and the person doesn't mind motion, else
/// at once.
pub fn transition(change: impl FnOnce() + 'static) {
    let document = document();
    let still = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .is_ok_and(|query| query.is_some_and(|query| query.matches()));
    let soft: &TransitionDocument = document.unchecked_ref();
    if still || document.hidden() || !soft.start_view_transition_function().is_function() {
        return change();
    }
    let transition = soft.start_view_transition(Closure::once_into_js(change).unchecked_ref());
    // Both are rejected when a newer change cuts this one short. That is no fault.
    for promise in [transition.ready(), transition.finished()] {
        spawn(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}
