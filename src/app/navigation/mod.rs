//! Navigation inside the app without loading the document anew.
//!
//! A click on a link to another page fetches that page, and puts its content in the place of the one
//! shown. What the browser does by itself must not be missed: the address, back and forward, the
//! scroll position, the focus, the title; people who use a screen reader hear where they are. The
//! header's islands live on.
//!
//! Forms that ask for it (`data-soft`) are sent in the same way, and what was typed is never lost:
//! a page takes its place only when the server has it.
//!
//! Pages are drawn on the server alone, so there is one way to draw each. Whenever something is not
//! as expected (no network, a redirect, another kind of file, a newer version of the app), the
//! browser follows the link as if this module did not exist.

mod form;
mod history;
mod link;
mod page;

use super::browser::{document, listen, root_of, set, soon, spawn, window};
use super::{local_times, unsaved};
use form::{Answer, Sending};
use history::{Entry, History};
use page::Page;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{AbortController, MouseEvent};

/// Takes over the links and the soft forms of this page. Called once, when the WASM has loaded.
pub fn start() {
    let navigation = Rc::new(Navigation {
        history: RefCell::new(History::start()),
        under_way: RefCell::new(None),
        turn: Cell::new(0),
    });
    local_times::localise(&root_of(&document()));
    unsaved::start(); // first, so that what is let go of is not asked about
    let on_click = Rc::clone(&navigation);
    listen(&document(), "click", move |event| {
        let event: &MouseEvent = event.unchecked_ref();
        if let Some(href) = link::followed(event) {
            event.prevent_default();
            if unsaved::may_leave() {
                Rc::clone(&on_click).go(Destination::Link(href));
            }
        }
    });
    let on_submit = Rc::clone(&navigation);
    listen(&document(), "submit", move |event| {
        if let Some(sending) = Sending::of(&event) {
            match sending.as_link() {
                Some(href) => Rc::clone(&on_submit).go(Destination::Link(href)),
                None => Rc::clone(&on_submit).send(sending),
            }
        }
    });
    listen(&window(), "popstate", move |_| {
        navigation.stop();
        let arrived = navigation.history.borrow_mut().arrive();
        if let Some(entry) = arrived {
            if unsaved::may_leave() {
                Rc::clone(&navigation).go(Destination::Entry(entry));
            } else {
                navigation.history.borrow_mut().stay();
            }
        }
    });
    // While we are here we scroll; when the document is left, the browser does it on return.
    history::scroll_by_hand(true);
    listen(&window(), "pagehide", |_| history::scroll_by_hand(false));
    listen(&window(), "pageshow", |_| history::scroll_by_hand(true));
    // The islands are brought to life right after this, before anything that waits its turn. The mark
    // says so to whoever measures or tests.
    soon(|| set(&root_of(&document()), "data-alive", ""));
}

/// Where to go, and how it came about.
enum Destination {
    /// A link was followed: a new entry in the history.
    Link(String),
    /// Back or forward: the browser has moved already.
    Entry(Entry),
}

struct Navigation {
    history: RefCell<History>,
    /// Ends the fetch that is under way.
    under_way: RefCell<Option<AbortController>>,
    /// Counts the attempts: only the newest may change the page.
    turn: Cell<u32>,
}

impl Navigation {
    fn go(self: Rc<Self>, destination: Destination) {
        let (turn, abort) = self.begin();
        spawn(async move {
            let url = match &destination {
                Destination::Link(href) => href.clone(),
                Destination::Entry(_) => window().location().href().unwrap_or_default(),
            };
            let page = Page::load(&url, abort.as_ref()).await;
            if self.turn.get() != turn {
                return;
            }
            match page {
                Some(page) => self.show(page, url, destination, turn),
                None => leave(&url, &destination),
            }
        });
    }

    fn send(self: Rc<Self>, sending: Sending) {
        let (turn, abort) = self.begin();
        spawn(async move {
            let answer = sending.send(abort.as_ref()).await;
            if self.turn.get() != turn {
                return;
            }
            match answer {
                Answer::Page(page, url) => self.show(page, url.clone(), Destination::Link(url), turn),
                Answer::Elsewhere(url) => leave(&url, &Destination::Link(url.clone())),
                Answer::Kept => page::set_busy(false),
            }
        });
    }

    /// Makes the newest attempt of this one.
    fn begin(&self) -> (u32, Option<AbortController>) {
        let turn = self.stop();
        let abort = AbortController::new().ok();
        self.under_way.replace(abort.clone());
        page::set_busy(true);
        (turn, abort)
    }

    /// Ends what is under way, which is then not the newest any more. Returns the new turn.
    fn stop(&self) -> u32 {
        if let Some(abort) = self.under_way.take() {
            abort.abort();
        }
        page::set_busy(false);
        self.turn.set(self.turn.get() + 1);
        self.turn.get()
    }

    /// Puts the page in place. The address changes first, so that whatever the new page reads of it
    /// is right, and the old title stays with the old entry.
    fn show(self: Rc<Self>, page: Page, url: String, destination: Destination, turn: u32) {
        let scroll = match destination {
            Destination::Link(_) => self.history.borrow_mut().push(&url),
            Destination::Entry(entry) => self.history.borrow_mut().settle(entry),
        };
        page::transition(move || {
            if self.turn.get() == turn {
                page::set_busy(false);
                page.put_in_place();
                history::scroll_to(scroll, &url);
            }
        });
    }
}

/// Lets the browser go there. After back or forward it is there already, with the wrong content.
fn leave(url: &str, destination: &Destination) {
    let location = window().location();
    // Fails only when the document is being left anyway.
    let _ = match destination {
        Destination::Link(_) => location.assign(url),
        Destination::Entry(_) => location.reload(),
    };
}
