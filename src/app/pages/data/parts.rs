//! What several pages about records show of one.

use crate::app::links;
use crate::model::record::{Classification, Owner};
use leptos::prelude::*;

/// The classification: the more closed, the heavier.
pub fn classification(of: Classification) -> AnyView {
    let class = match of {
        Classification::Public => "badge level level-public",
        Classification::Internal => "badge level level-internal",
        Classification::Confidential => "badge level level-confidential",
        Classification::Restricted => "badge level level-restricted",
    };
    view! { <span class=class><span class="visually-hidden">"Classification: "</span>{of.label()}</span> }.into_any()
}

/// What a classification means, in a few words.
pub const fn meaning(of: Classification) -> &'static str {
    match of {
        Classification::Public => "For anybody",
        Classification::Internal => "For everybody in the organisation",
        Classification::Confidential => "For those who need it",
        Classification::Restricted => "For very few",
    }
}

/// Whose it is.
pub fn owner(of: &Owner) -> AnyView {
    match &of.name {
        _ if of.is_me => "You".into_any(),
        Some(name) => view! { <bdi>{name.clone()}</bdi> }.into_any(),
        None => "Somebody without a name".into_any(),
    }
}

/// Tags, each a link to a search for it. Nothing if there are none.
pub fn tags(of: &[String]) -> Option<AnyView> {
    let tag = |tag: &String| {
        view! { <li><a href=links::records(tag, None)><bdi>{tag.clone()}</bdi></a></li> }
    };
    (!of.is_empty()).then(|| {
        view! { <ul class="tags tag-links" aria-label="Tags">{of.iter().map(tag).collect_view()}</ul> }.into_any()
    })
}

/// Offers a second factor, and comes back to `path`.
pub fn step_up(path: &str, class: &'static str) -> AnyView {
    view! { <a class=class href=links::step_up(path)>"Confirm with a second factor"</a> }.into_any()
}

/// Where the browser says what went wrong with sending the form that this stands in.
pub fn form_alert() -> AnyView {
    view! { <p class="form-alert" role="alert"></p> }.into_any()
}
