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
    use web_sys::{RequestInit, VisibilityState};

    /// How often the session is looked at while the page is in sight, in milliseconds.
    const INTERVAL: i32 = 5 * 60 * 1000;

    /// Looks after the session: when the page comes into sight, when the network comes back, when the
    /// browser takes the page out of its back/forward cache, and every few minutes.
    pub fn watch() {
        say_if_offline();
        listen(&document(), "visibilitychange", |_| look());
        listen(&window(), "pageshow", |_| look());
        listen(&window(), "offline", |_| say_if_offline());
        listen(&window(), "online", |_| {
            say_if_offline();
            look();
        });
        every(INTERVAL, look);
    }

    fn say_if_offline() {
        show("offline", !window().navigator().on_line());
    }

    fn look() {
        if document().visibility_state() == VisibilityState::Visible {
            spawn(ask());
        }
    }

    /// Asks whether the session lives. No answer is no news: only a clear "no" is shown, and only on
    /// a page that was drawn for somebody signed in.
    async fn ask() {
        let init = RequestInit::new();
        init.set_method("HEAD");
        let Ok(response) = fetch(links::PROFILE_API, &init).await else { return };
        let ended = response.status() == 401 && one(&root_of(&document()), "#person-menu").is_some();
        if ended {
            say_session_ended();
        } else {
            show("session-ended", false);
        }
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
