//! The browser's history: which entry is shown, and how far each was scrolled.

use crate::app::browser::{document, here, window};
use js_sys::{Array, Date};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ScrollRestoration;

/// A scroll position, in CSS pixels.
pub type Position = (f64, f64);

/// An entry of the history that is one of ours.
pub struct Entry {
    /// Tells it from all others, also after a reload.
    key: f64,
    /// Where it was scrolled to when it was left by a link.
    position: Position,
}

/// What a page should be scrolled to.
pub enum Scroll {
    /// The place that the address names, else the top.
    Start,
    /// Where it was.
    Back(Position),
}

/// The history as far as this document has seen it.
pub struct History {
    /// The entry that is shown.
    key: f64,
    /// Path and query of the page that is shown.
    shown: String,
    /// Where entries were scrolled to when they were left by back or forward: too late then to write
    /// it into the entry itself.
    left: Vec<Entry>,
}

impl History {
    /// Begins with the entry that is shown.
    pub fn start() -> Self {
        let entry = Entry::current().unwrap_or_else(Entry::mark_current);
        Self { key: entry.key, shown: here(), left: Vec::new() }
    }

    /// Adds an entry for `url`, or replaces the entry when it shows that page already. Returns where
    /// the page should be scrolled to.
    pub fn push(&mut self, url: &str) -> Scroll {
        Entry { key: self.key, position: scrolled() }.write(None);
        let entry = Entry { key: Date::now(), position: (0.0, 0.0) };
        let is_new = window().location().href().is_ok_and(|href| href != url);
        entry.write(is_new.then_some(url));
        self.settle(entry);
        Scroll::Start
    }

    /// Notes what back or forward (or a jump within the page) has led to. Returns the entry if its
    /// page must be fetched.
    pub fn arrive(&mut self) -> Option<Entry> {
        let key = self.key;
        self.left.retain(|entry| entry.key != key);
        self.left.push(Entry { key, position: scrolled() });
        let Some(mut entry) = Entry::current() else {
            // A jump within the page, which the browser does. It makes an entry that is not ours yet.
            let entry = Entry::mark_current();
            self.key = entry.key;
            return (here() != self.shown).then_some(entry);
        };
        if let Some(left) = self.left.iter().find(|left| left.key == entry.key) {
            entry.position = left.position;
        }
        if here() != self.shown {
            return Some(entry);
        }
        self.key = entry.key;
        scroll(entry.position);
        None
    }

    /// Takes back where back or forward has led: the page that is shown stays, as the newest entry.
    pub fn stay(&mut self) {
        self.key = Date::now();
        Entry { key: self.key, position: scrolled() }.write(Some(&self.shown));
    }

    /// The page of this entry is about to be shown. Returns where it should be scrolled to.
    pub fn settle(&mut self, entry: Entry) -> Scroll {
        self.key = entry.key;
        self.shown = here();
        Scroll::Back(entry.position)
    }
}

impl Entry {
    /// The entry that is shown, if it is one of ours.
    fn current() -> Option<Self> {
        let state: Array = window().history().ok()?.state().ok()?.dyn_into().ok()?;
        Some(Self { key: state.get(0).as_f64()?, position: (state.get(1).as_f64()?, state.get(2).as_f64()?) })
    }

    /// Makes the entry that is shown one of ours.
    fn mark_current() -> Self {
        let entry = Self { key: Date::now(), position: scrolled() };
        entry.write(None);
        entry
    }

    /// Writes it into the history: as a new entry for `url`, else into the one that is shown.
    fn write(&self, url: Option<&str>) {
        let state: JsValue = Array::of3(&self.key.into(), &self.position.0.into(), &self.position.1.into()).into();
        let Ok(history) = window().history() else { return };
        // Fails when a page does this hundreds of times a minute (Safari); the address is then wrong
        // for one page, and nothing else.
        let _ = match url {
            Some(url) => history.push_state_with_url(&state, "", Some(url)),
            None => history.replace_state(&state, ""),
        };
    }
}

/// Scrolls the new page. `url` names the place where it starts.
pub fn scroll_to(to: Scroll, url: &str) {
    match to {
        Scroll::Back(position) => scroll(position),
        Scroll::Start => {
            let place = url.split_once('#').and_then(|(_, id)| document().get_element_by_id(id));
            match place {
                Some(place) => place.scroll_into_view(),
                None => scroll((0.0, 0.0)),
            }
        }
    }
}

/// Whether we scroll on back and forward, or the browser does.
pub fn scroll_by_hand(by_hand: bool) {
    if let Ok(history) = window().history() {
        let who = if by_hand { ScrollRestoration::Manual } else { ScrollRestoration::Auto };
        let _ = history.set_scroll_restoration(who);
    }
}

fn scrolled() -> Position {
    (window().scroll_x().unwrap_or_default(), window().scroll_y().unwrap_or_default())
}

fn scroll((x, y): Position) {
    window().scroll_to_with_x_and_y(x, y);
}
