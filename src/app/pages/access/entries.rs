//! A list of things a person has, each with what it is for and why they have it.

use super::why;
use crate::app::format::count;
use crate::model::Reason;
use leptos::prelude::*;

/// Longer lists fold what comes after this many: a tenant may name hundreds of groups.
const SHOWN: usize = 50;

/// One thing a person has.
pub struct Entry {
    /// Its name, or what it means.
    pub name: String,
    /// Its name for programs, where the heading says it in other words.
    pub code: Option<&'static str>,
    /// What to look out for, in a few words.
    pub mark: Option<&'static str>,
    /// What the directory says about it.
    pub description: Option<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// Why they have it.
    pub why: Vec<Reason>,
}

impl Entry {
    /// One with a name and its reasons, and nothing else.
    pub fn new(name: &str, why: &[Reason]) -> Self {
        Self { name: name.to_owned(), code: None, mark: None, description: None, notes: Vec::new(), why: why.to_vec() }
    }
}

/// The list; a long one is folded after its first part.
pub fn list(mut entries: Vec<Entry>) -> AnyView {
    let rest = entries.split_off(entries.len().min(SHOWN));
    let rest = (!rest.is_empty()).then(|| {
        view! {
            <details class="folded">
                <summary>{format!("Show {} more", count(rest.len()))}</summary>
                {items(rest)}
            </details>
        }
    });
    view! { {items(entries)}{rest} }.into_any()
}

fn items(entries: Vec<Entry>) -> AnyView {
    view! { <ul class="entries">{entries.into_iter().map(item).collect_view()}</ul> }.into_any()
}

fn item(Entry { name, code, mark, description, notes, why }: Entry) -> AnyView {
    view! {
        <li class="entry">
            <div class="entry-what">
                <h3><bdi>{name.clone()}</bdi></h3>
                {code.map(|code| view! { <code class="entry-code">{code}</code> })}
                {mark.map(|mark| view! { <span class="badge badge-warn">{mark}</span> })}
                {description.map(|text| view! { <p dir="auto">{text}</p> })}
                {notes.into_iter().map(|note| view! { <p class="quiet">{note}</p> }).collect_view()}
            </div>
            {why::why(&why, name)}
        </li>
    }
    .into_any()
}
