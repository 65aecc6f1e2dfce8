//! What people see when something went wrong.

use crate::app::links;
use crate::app::title::Title;
use crate::model::{Problem, ProblemKind};
use leptos::prelude::*;

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

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::model::ReturnTo;
    use leptos_router::location::RequestUrl;

    fn drawn(kind: ProblemKind, url: &str, wanted: Option<&str>) -> String {
        Owner::new().with(|| {
            provide_context(RequestUrl::new(url));
            if let Some(wanted) = wanted.and_then(ReturnTo::parse) {
                provide_context(wanted);
            }
            let problem = Problem { kind, support_id: "7K3F9QXM2T".into() };
            view! { <ProblemPage problem/> }.to_html()
        })
    }

    #[test]
    fn it_says_what_happened_what_to_do_and_what_to_quote() {
        let html = drawn(ProblemKind::SignInFailed, "http://leptos.dev/callback?code=secret", None);
        for words in [ProblemKind::SignInFailed.title(), ProblemKind::SignInFailed.remedy(), "7K3F9QXM2T"] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        assert!(!html.contains("secret"), "{html}");
    }

    #[test]
    fn signing_in_again_comes_back_to_where_the_person_wanted_to_go() {
        let here = drawn(ProblemKind::SessionEnded, "http://leptos.dev/records?page=2", None);
        assert!(here.contains(r#"href="/login?returnTo=/records%3Fpage%3D2""#), "{here}");
        let wanted = drawn(ProblemKind::SignInExpired, "http://leptos.dev/callback?state=x", Some("/records"));
        assert!(wanted.contains(r#"href="/login?returnTo=/records""#), "{wanted}");
        let lost = drawn(ProblemKind::SignInExpired, "http://leptos.dev/callback?state=x", None);
        assert!(lost.contains(r#"href="/login""#), "{lost}");
    }

    #[test]
    fn the_same_page_is_only_offered_again_where_that_can_help() {
        assert!(drawn(ProblemKind::Unavailable, "http://leptos.dev/records", None).contains("Try again</a>"));
        for (kind, url) in [
            (ProblemKind::NotFound, "http://leptos.dev/records"),
            (ProblemKind::Forbidden, "http://leptos.dev/records"),
            (ProblemKind::Internal, "http://leptos.dev/callback?code=x"),
        ] {
            let html = drawn(kind, url, None);
            assert!(!html.contains("Try again</a>"), "{html}");
        }
    }
}
