//! The foot of every page.

use leptos::prelude::*;

/// The foot of every page.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="footer">
            <div class="wide">
                <p class="quiet">"Portico, the front door of your organisation’s application."</p>
            </div>
        </footer>
    }
}
