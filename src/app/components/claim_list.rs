//! Claims and metadata as lists to read.
//!
//! Every text stands alone as far as its direction goes (`<bdi>`, `dir="auto"`): a name that is
//! written from right to left, or that pretends to be, can't turn what stands beside it.

use crate::app::claims::{self, Claim, ClaimValue, LongText, Rest};
use crate::app::format::count;
use leptos::prelude::*;

/// Claims as names and values.
#[component]
pub fn ClaimList(
    /// What to show.
    claims: Vec<Claim>,
) -> impl IntoView {
    view! { <dl class="fields">{claims.into_iter().map(field).collect_view()}</dl> }
}

/// Short texts, such as roles.
#[component]
pub fn Tags(
    /// What to show.
    tags: Vec<String>,
) -> impl IntoView {
    let tags = tags.into_iter().map(|tag| view! { <li><bdi>{tag}</bdi></li> }).collect_view();
    view! { <ul class="tags">{tags}</ul> }
}

/// A text of any length, from anybody.
#[component]
pub fn Text<'a>(
    /// What to show.
    text: &'a str,
) -> impl IntoView + use<> {
    shown(claims::read_text(text))
}

fn field(Claim { label, name, value }: Claim) -> impl IntoView {
    view! {
        <div class="field">
            <dt>
                <bdi>{label}</bdi>
                {name.map(|name| view! { <code class="field-name">{name}</code> })}
            </dt>
            <dd>{shown(value)}</dd>
        </div>
    }
}

fn shown(value: ClaimValue) -> AnyView {
    match value {
        ClaimValue::Nothing => view! { <span class="quiet">"Nothing"</span> }.into_any(),
        ClaimValue::Text(text) => view! { <bdi>{text}</bdi> }.into_any(),
        ClaimValue::Long(long) => folded(long).into_any(),
        ClaimValue::Tags(tags, rest) => view! { <Tags tags/>{left_out(rest)} }.into_any(),
        ClaimValue::List(values, rest) => {
            let values = values.into_iter().map(|value| view! { <li>{shown(value)}</li> }).collect_view();
            view! { <ul class="values">{values}</ul>{left_out(rest)} }.into_any()
        }
        ClaimValue::Fields(fields, rest) => view! { <ClaimList claims=fields/>{left_out(rest)} }.into_any(),
    }
}

fn folded(LongText { preview, text, length }: LongText) -> impl IntoView {
    view! {
        <details class="folded">
            <summary><bdi>{preview}</bdi>" "<span class="quiet">{length}</span></summary>
            <p dir="auto">{text}</p>
        </details>
    }
}

fn left_out(rest: Rest) -> Option<impl IntoView> {
    (rest > 0).then(|| view! { <p class="quiet">{format!("and {} more, in the raw JSON", count(rest))}</p> })
}
