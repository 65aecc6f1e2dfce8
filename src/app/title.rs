//! The title of the document.

use super::format::as_html;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// What the document is called. The server gives an empty one as context, and reads it when the page
/// has been drawn.
///
/// Leptos' own (`leptos_meta`) puts the title into the finished document: that takes a turn of the
/// runtime and a copy of the whole. It also takes the text for HTML.
#[derive(Clone, Debug, Default)]
pub struct DocumentTitle(Arc<OnceLock<Cow<'static, str>>>);

impl DocumentTitle {
    /// What the page has said, as HTML; empty if it has said nothing.
    pub fn to_html(&self) -> String {
        self.0.get().map(|text| as_html(text)).unwrap_or_default()
    }
}

/// Says what the document is called, and draws nothing. The first one counts.
#[component]
pub fn Title(
    /// The title.
    #[prop(into)]
    text: Cow<'static, str>,
) -> impl IntoView {
    if let Some(DocumentTitle(title)) = use_context() {
        title.get_or_init(|| text);
    }
    InertElement::new("")
}
