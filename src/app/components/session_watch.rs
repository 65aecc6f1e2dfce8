//! Tells a person, while they look at a page, that their session has ended or that they are offline.

use super::{icon, once::once};
use crate::app::links;
use crate::model::Visitor;
use leptos::prelude::*;
use std::sync::OnceLock;

/// Two quiet notices at the foot of the window, for people who are signed in. They take no focus and
/// touch nothing on the page.
#[component]
pub fn SessionWatch() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::Anonymous);
    static HTML: OnceLock<String> = OnceLock::new();
    visitor.signed_in().map(|_| {
        once(&HTML, || {
            view! {
                <div class="notices" role="status">
                    <div class="notice" id="session-ended" hidden>
                        {icon::notice()}
                        <p>"You were signed out."</p>
                        <a class="button" href=links::LOGIN>"Sign in again"</a>
                    </div>
                    <div class="notice" id="offline" hidden>
                        {icon::notice()}
                        <p>"You are offline. What you see may be out of date."</p>
                    </div>
                </div>
                <Watch/>
            }
        })
    })
}

/// Shows and hides the notices. It draws nothing itself.
#[island]
pub fn Watch() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::watch();
}

#[cfg(feature = "hydrate")]
pub use browser::say_session_ended;

#[cfg(feature = "hydrate")]
mod browser {
    use super::links;
    use crate::app::browser::{document, every, fetch, here, listen, one, root_of, set, show, spawn, window};
    use js_sys::encode_uri_component;
    use std::cell::RefCell;
    use web_sys::{EventSource, RequestInit, VisibilityState};

    /// Where the server tells that the session has ended.
    const SESSION_EVENTS: &str = "/api/session/events";
    /// How often the session is looked at while the page is in sight, in milliseconds.
    const INTERVAL: i32 = 5 * 60 * 1000;

    thread_local! {
        /// What the server tells of the session.
        static EVENTS: RefCell<Option<EventSource>> = const { RefCell::new(None) };
    }

    /// Looks after the session: the server tells when it ends. Should it not be heard, because a proxy keeps
    /// it back or too many pages listen, the session is looked at when the page comes into sight, when the
    /// network comes back, when the browser takes the page out of its back/forward cache, and every few
    /// minutes.
    pub fn watch() {
        say_if_offline();
        listen(&document(), "visibilitychange", |_| if in_sight() { look() } else { close() });
        listen(&window(), "pageshow", |_| look());
        // Whoever signs in or out by this page is not to read meanwhile that the session before has ended.
        listen(&window(), "beforeunload", |_| close());
        listen(&window(), "pagehide", |_| close());
        listen(&window(), "offline", |_| say_if_offline());
        listen(&window(), "online", |_| {
            say_if_offline();
            look();
        });
        every(INTERVAL, look);
        if in_sight() {
            open();
        }
    }

    fn say_if_offline() {
        show("offline", !window().navigator().on_line());
    }

    fn in_sight() -> bool {
        document().visibility_state() == VisibilityState::Visible
    }

    /// Looks whether the session lives, and listens again if so.
    fn look() {
        if in_sight() {
            spawn(async {
                if ask().await {
                    open();
                }
            });
        }
    }

    /// Listens to the server, unless it does already. Only pages in sight do: the browser has few connections.
    fn open() {
        EVENTS.with_borrow_mut(|events| {
            if events.as_ref().is_some_and(|events| events.ready_state() != EventSource::CLOSED) {
                return;
            }
            let Ok(opened) = EventSource::new(SESSION_EVENTS) else { return };
            // After a lost connection the browser comes back by itself. Somebody may have signed in meanwhile.
            listen(&opened, "open", |_| show("session-ended", false));
            listen(&opened, "ended", |_| spawn(async { _ = ask().await }));
            listen(&opened, "error", |_| {
                if given_up() {
                    spawn(async { _ = ask().await })
                }
            });
            *events = Some(opened);
        });
    }

    /// Whether the server has said no, so that the browser does not come back.
    fn given_up() -> bool {
        EVENTS.with_borrow(|events| events.as_ref().is_some_and(|events| events.ready_state() == EventSource::CLOSED))
    }

    fn close() {
        if let Some(events) = EVENTS.take() {
            events.close();
        }
    }

    /// Asks whether the session lives. No answer is no news: only a clear "no" is shown, and only on
    /// a page that was drawn for somebody signed in. Returns whether it does.
    async fn ask() -> bool {
        let init = RequestInit::new();
        init.set_method("HEAD");
        let Ok(response) = fetch(links::PROFILE_API, &init).await else { return false };
        let ended = response.status() == 401 && one(&root_of(&document()), "#person-menu").is_some();
        if ended {
            say_session_ended();
        } else {
            show("session-ended", false);
        }
        response.ok()
    }

    /// Says that the session has ended. Signing in again comes back to this page.
    pub fn say_session_ended() {
        if let Some(link) = one(&root_of(&document()), "#session-ended a") {
            let back = String::from(encode_uri_component(&here()));
            set(&link, "href", &(links::LOGIN.to_owned() + "?returnTo=" + &back));
        }
        show("session-ended", true);
    }
}
