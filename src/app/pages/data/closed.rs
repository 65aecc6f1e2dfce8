//! Records are closed to this person: why, and what they can do about it.

use crate::app::components::icon;
use crate::app::links;
use crate::app::title::Title;
use crate::model::record::Closed;
use leptos::either::Either;
use leptos::prelude::*;

/// Takes the place of every page under `/data`.
#[component]
pub fn ClosedPage(closed: Closed) -> impl IntoView {
    let way_on = match closed {
        Closed::NeedsSecondFactor => Either::Left(view! {
            <a class="button button-primary" href=links::step_up(&back())>"Confirm with a second factor"</a>
        }),
        Closed::EmailNotVerified | Closed::NoPermission => Either::Right(view! {
            <a class="button button-primary" href=links::SIGN_OUT>"Sign out"</a>
        }),
        Closed::Disabled => {
            return page(closed, view! { <a class="button" href=links::HOME>"Start page"</a> }.into_any());
        }
    };
    let access = view! { <a class="button" href=links::ACCESS>"See what you may do"</a> };
    page(closed, view! { {way_on}{access} }.into_any())
}

/// Where a second factor comes back to: here, if this is a page and no answer to a deletion.
fn back() -> String {
    let here = links::current();
    let acts = ["/delete", "/restore"].iter().any(|act| here.ends_with(act));
    if acts { links::DATA.to_owned() } else { here }
}

fn page(closed: Closed, ways_on: AnyView) -> AnyView {
    view! {
        <Title text="Data · Portico"/>
        <div class="narrow">
            <p class="eyebrow eyebrow-icon">{icon::lock()}"Data"</p>
            <h1 tabindex="-1">"Records are closed to you for now"</h1>
            <p class="lede">{closed.sentence()}" "{closed.remedy()}</p>
            <div class="actions">{ways_on}</div>
        </div>
    }
    .into_any()
}
