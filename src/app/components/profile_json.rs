//! The person as raw JSON: to read, to copy, to keep.

use super::{icon, once::once};
use crate::app::links;
use leptos::prelude::*;
use std::sync::OnceLock;

/// Three ways to get at the raw JSON. It is loaded when first asked for. Without scripts there is
/// one: a link that downloads what `/api/profile` answers.
#[component]
pub fn ProfileJsonPanel() -> impl IntoView {
    static HTML: OnceLock<String> = OnceLock::new();
    once(&HTML, || {
        view! {
            <ProfileJsonActions>
                <div class="actions">
                    <button class="button needs-script" type="button" data-action="show" aria-expanded="false"
                        aria-controls="profile-json">"Show"</button>
                    <button class="button needs-script" type="button" data-action="copy">{icon::copy()}"Copy"</button>
                    <a class="button" href=links::PROFILE_API download="profile.json" data-action="download">
                        {icon::download()}"Download"
                    </a>
                    <p class="actions-message" id="profile-json-message" role="status"></p>
                </div>
                <pre class="code" id="profile-json" tabindex="0" role="region" aria-label="Your profile as JSON" dir="ltr" hidden></pre>
            </ProfileJsonActions>
        }
    })
}

/// Makes the elements in it do what their `data-action` says.
#[island]
pub fn ProfileJsonActions(children: Children) -> impl IntoView {
    view! {
        <div on:click=move |_event| {
            #[cfg(feature = "hydrate")]
            browser::act_on(&_event);
        }>{children()}</div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::api::{CALL_HEADER, ProfileJson};
    use crate::app::browser::{copy_text, document, fetch, header, one, root_of, save_as, set, set_text, show, spawn};
    use leptos::server_fn::ServerFn;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, Headers, MouseEvent, RequestInit, Response};

    const PANEL: &str = "profile-json";
    const MESSAGE: &str = "profile-json-message";

    /// What a person can ask for.
    #[derive(Clone, Copy, PartialEq)]
    enum Action {
        Show,
        Hide,
        Copy,
        Download,
    }

    /// Does what the element that was clicked is for.
    pub fn act_on(event: &MouseEvent) {
        let clicked = event.target().map(JsCast::unchecked_into::<Element>);
        let Some(named) = clicked.and_then(|clicked| clicked.closest("[data-action]").ok().flatten()) else { return };
        let action = match named.get_attribute("data-action").as_deref() {
            Some("show") if named.get_attribute("aria-expanded").as_deref() == Some("true") => Action::Hide,
            Some("show") => Action::Show,
            Some("copy") => Action::Copy,
            Some("download") => Action::Download,
            _ => return,
        };
        if action == Action::Download {
            event.prevent_default(); // the link is for those without scripts
        }
        spawn(act(action));
    }

    /// Loads the JSON, unless it is there, and does what was asked for. Says how it went, unless that
    /// is seen.
    async fn act(action: Action) {
        set_text(MESSAGE, "");
        match action {
            Action::Show => open(true),
            Action::Hide => return open(false),
            Action::Copy | Action::Download => {}
        }
        let said = match load().await {
            Err(refusal) => {
                open(false); // no place is kept for what does not come
                return set_text(MESSAGE, &refusal);
            }
            Ok(json) if action == Action::Copy => match copy_text(&json).await {
                Ok(()) => "Copied",
                Err(_) => "Your browser doesn’t allow copying. Show it, select it and copy it yourself.",
            },
            Ok(json) if action == Action::Download => match save_as("profile.json", "application/json", &json) {
                Ok(()) => "Downloaded",
                Err(_) => "Your browser doesn’t allow the download.",
            },
            Ok(_) => "",
        };
        set_text(MESSAGE, said);
    }

    /// Shows what is held, or the place of what is on its way; or hides it.
    fn open(shown: bool) {
        show(PANEL, shown);
        if let Some(button) = one(&root_of(&document()), "[data-action=show]") {
            let (state, name) = if shown { ("true", "Hide") } else { ("false", "Show") };
            set(&button, "aria-expanded", state);
            button.set_text_content(Some(name));
        }
    }

    /// What the panel holds, else what the server function answers, which the panel then holds. An
    /// error is a sentence that says why not.
    ///
    /// Asked for by hand: the generated client of the server function would weigh as much as half of
    /// all else in the browser's build.
    async fn load() -> Result<String, String> {
        let held = document().get_element_by_id(PANEL).and_then(|panel| panel.text_content());
        if let Some(held) = held.filter(|text| !text.is_empty()) {
            return Ok(held);
        }
        let response = call().await.map_err(|_| "No answer. Check your connection and try again.")?;
        if response.status() == 401 {
            return Err("You were signed out. Sign in again to see this.".into());
        }
        let json = if response.ok() { text_of(&response).await } else { None };
        let json = json.ok_or_else(|| {
            let support_id = header(&response, "x-request-id").unwrap_or_default();
            "That didn’t work. Try again. Support id: ".to_owned() + &support_id
        })?;
        set_text(PANEL, &json);
        Ok(json)
    }

    async fn call() -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        headers.set("Accept", "application/json")?;
        headers.set(CALL_HEADER.0, CALL_HEADER.1)?;
        let init = RequestInit::new();
        init.set_headers(&headers);
        fetch(ProfileJson::PATH, &init).await
    }

    async fn text_of(response: &Response) -> Option<String> {
        JsFuture::from(response.json().ok()?).await.ok()?.as_string()
    }
}
