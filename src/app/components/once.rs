//! Parts that are the same on every page.

use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use std::sync::OnceLock;

/// A part that depends on nothing: drawn at its first use, and copied from then on.
pub fn once<V: IntoView>(html: &'static OnceLock<String>, draw: impl FnOnce() -> V) -> InertElement {
    InertElement::new(html.get_or_init(|| draw().into_view().to_html()).as_str())
}
