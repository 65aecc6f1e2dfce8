//! What people see when something went wrong.

use crate::app::links;
use crate::model::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_meta::Title;

/// Says what went wrong, what to do, and under which id support finds it.
#[component]
pub fn ProblemPage(
    /// What went wrong.
    problem: Problem,
) -> impl IntoView {
    let Problem { kind, support_id } = problem;
    let support_id = (!support_id.is_empty()).then(|| {
        view! { <p class="support">"Support id "<code class="support-id">{support_id}</code></p> }
    });
    let again = way_on(kind).map(|(name, href)| view! { <a class="button button-primary" href=href>{name}</a> });
    let home_class = if again.is_some() { "button" } else { "button button-primary" };
    view! {
        <Title text=format!("{} · Portico", kind.title())/>
        <div class="narrow">
            <p class="eyebrow">{format!("Error {}", kind.status())}</p>
            <h1 tabindex="-1">{kind.title()}</h1>
            <p class="lede">{kind.sentence()}" "{kind.remedy()}</p>
            <div class="actions">
                {again}
                <a class=home_class href=links::HOME>"Start page"</a>
            </div>
            {support_id}
        </div>
    }
}

/// What to try, where trying can help: to sign in, or the same page once more.
fn way_on(kind: ProblemKind) -> Option<(&'static str, String)> {
    match kind {
        ProblemKind::Unauthenticated | ProblemKind::SessionEnded => {
            Some(("Sign in", links::login(&links::return_here())))
        }
        _ if kind.sign_in_helps() => Some(("Try again", links::login(&links::return_here()))),
        ProblemKind::Unavailable | ProblemKind::Internal => {
            let here = links::current();
            links::is_page(&here).then_some(("Try again", here))
        }
        _ => None,
    }
}
