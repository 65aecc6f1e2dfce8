//! The choice between light and dark.

use super::{icon, once::once};
use crate::app::preferences::Theme;
use leptos::prelude::*;
use std::sync::OnceLock;

/// A menu to choose the theme. Without scripts it is not shown, and the theme follows the system.
#[component]
pub fn ThemeMenu() -> impl IntoView {
    static HTML: OnceLock<String> = OnceLock::new();
    once(&HTML, || {
        let choice = |theme: Theme| {
            let symbol = match theme {
                Theme::System => icon::system(),
                Theme::Light => icon::light(),
                Theme::Dark => icon::dark(),
            };
            view! {
                <label class="menu-item">
                    <input type="radio" name="theme" value=theme.key()/>
                    {symbol}
                    <span>{theme.label()}</span>
                </label>
            }
        };
        view! {
            <div class="theme needs-script">
                <button class="icon-button" type="button" popovertarget="theme-menu">
                    {icon::light()}
                    {icon::dark()}
                    <span class="visually-hidden">"Theme"</span>
                </button>
                <div class="menu" id="theme-menu" popover="auto">
                    <ThemeChoice>
                        <fieldset>
                            <legend>"Theme"</legend>
                            {Theme::ALL.map(choice)}
                        </fieldset>
                    </ThemeChoice>
                </div>
            </div>
        }
    })
}

/// Makes the radio buttons in it choose the theme.
#[island]
pub fn ThemeChoice(children: Children) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::follow_storage();
    view! {
        <div on:change=move |_event| {
            #[cfg(feature = "hydrate")]
            browser::keep(&_event);
        }>{children()}</div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Theme;
    use crate::app::browser::{all, document, listen, root_of, window};
    use wasm_bindgen::JsCast;
    use web_sys::{Event, HtmlInputElement};

    /// Checks what is stored; and when another tab changes it, this one follows.
    pub fn follow_storage() {
        check(Theme::stored());
        listen(&window(), "storage", |_| {
            let stored = Theme::stored();
            stored.apply();
            check(stored);
        });
    }

    fn check(theme: Theme) {
        for input in all(&root_of(&document()), "input[name=theme]") {
            let input: &HtmlInputElement = input.unchecked_ref();
            input.set_checked(input.value() == theme.key());
        }
    }

    /// Applies the choice and keeps it.
    pub fn keep(event: &Event) {
        if let Some(input) = event.target() {
            let chosen = Theme::from_key(&input.unchecked_ref::<HtmlInputElement>().value());
            chosen.apply();
            chosen.store();
        }
    }
}
