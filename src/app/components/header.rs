//! The head of every page: the way home, the pages, the theme and the person.

use super::{Avatar, AvatarSize, ThemeMenu, icon};
use crate::app::links;
use crate::model::{Person, Visitor};
use leptos::either::Either;
use leptos::prelude::*;

/// The head of every page.
///
/// The elements with `data-part` depend on the page and the person: the navigation exchanges them,
/// and leaves the rest, with the theme's island, as it is.
#[component]
pub fn Header() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::Anonymous);
    let here = links::current();
    let path = here.split('?').next().unwrap_or_default().to_owned();
    let (pages, person) = match visitor.signed_in() {
        Some(signed_in) => {
            (Some(view! { <Pages path/> }), Either::Left(view! { <PersonMenu person=&signed_in.person/> }))
        }
        None => (None, Either::Right(sign_in(&path, &here))),
    };
    view! {
        <header class="header">
            <div class="wide">
                <a class="brand" href=links::HOME>{icon::mark()}<span>"Portico"</span></a>
                <div class="header-pages" data-part="pages">{pages}</div>
                <ThemeMenu/>
                <div class="header-person" data-part="person">{person}</div>
            </div>
        </header>
    }
}

/// From the start page people go to their profile, as its own button says; from any other they
/// come back to where they are.
fn sign_in(path: &str, here: &str) -> impl IntoView + use<> {
    let href = if path == links::HOME { links::LOGIN.to_owned() } else { links::login(here) };
    view! { <a class="button button-primary" href=href>"Sign in"</a> }
}

#[component]
fn Pages(path: String) -> impl IntoView {
    let link = |href: &'static str, name: &'static str| {
        let below = href != links::HOME && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
        let current = if path == href { Some("page") } else { below.then_some("true") };
        view! { <li><a href=href aria-current=current>{name}</a></li> }
    };
    view! {
        <nav aria-label="Pages">
            <ul>
                {link(links::HOME, "Home")}
                {link(links::PROFILE, "Profile")}
                {link(links::ACCESS, "Access")}
                {link(links::DATA, "Data")}
            </ul>
        </nav>
    }
}

/// A popover of the browser's own: it opens, closes on Escape or a click elsewhere, and gives the
/// focus back, all without a script.
#[component]
fn PersonMenu<'a>(person: &'a Person) -> impl IntoView + use<> {
    let name = person.display_name().to_owned();
    let email = person.email.clone().filter(|email| *email != name);
    view! {
        <button class="person-button" type="button" popovertarget="person-menu">
            <Avatar person size=AvatarSize::Small/>
            <bdi class="person-button-name">{name.clone()}</bdi>
            <span class="visually-hidden">", your menu"</span>
        </button>
        <div class="menu" id="person-menu" popover="auto">
            <div class="menu-person">
                <bdi class="menu-name">{name}</bdi>
                {email.map(|email| view! { <bdi class="quiet">{email}</bdi> })}
            </div>
            <a class="menu-item" href=links::PROFILE>{icon::person()}"Profile"</a>
            <a class="menu-item" href=links::ACCESS>{icon::key()}"Access"</a>
            <a class="menu-item" href=links::DATA>{icon::records()}"Data"</a>
            <a class="menu-item" href=links::SESSIONS>{icon::system()}"Sessions"</a>
            <form method="post" action=links::LOGOUT>
                <button class="menu-item">{icon::sign_out()}"Sign out"</button>
            </form>
        </div>
    }
}
