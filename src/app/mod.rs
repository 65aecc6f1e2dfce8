//! What a person sees: the document, its pages and their parts.
//!
//! Everything here is drawn on the server, from the context that the server gives. Only what must
//! answer in the browser is an island; the browser downloads those, the navigation and nothing else.
//!
//! The server provides as context: [`Visitor`](crate::model::Visitor) always;
//! [`Problem`] when the answer is an error, which is then drawn in place of the page;
//! else the one of [`PAGES`]; [`Address`] and [`SupportId`] always; [`DocumentTitle`] for the page to
//! fill; [`ReturnTo`](crate::model::ReturnTo) when a sign-in knows better than the address where the
//! person wanted to go; an `Arc` of [`RecordsView`] for the pages under `/data`; one of [`SessionsView`] for
//! `/sessions`, of [`PeopleView`] for `/people`.

mod access;
#[cfg(feature = "hydrate")]
mod browser;
mod claims;
mod components;
mod format;
mod links;
#[cfg(feature = "hydrate")]
mod local_times;
#[cfg(feature = "hydrate")]
pub mod navigation;
mod pages;
mod people;
mod preferences;
mod records;
mod sessions;
mod shell;
mod title;
#[cfg(feature = "hydrate")]
mod unsaved;

pub use access::AccessNotice;
pub use links::{CHECK_BY_SIGN_IN, CONFIRM_FOR_SESSIONS, confirm_for_people, person};
pub use people::{PeopleNotice, PeopleShown, PeopleView};
pub use records::{FormState, FormView, ListView, Notice, RecordsView};
pub use sessions::{SessionsNotice, SessionsView};
pub use shell::shell;
pub use title::DocumentTitle;

use crate::model::{Problem, ProblemKind};
use components::{Footer, Header, SessionWatch};
use leptos::prelude::*;
use pages::{AccessPage, DataPage, Home, PeoplePage, ProblemPage, Profile, SessionsPage, SignOut};

/// The id of the request being answered, such as `7K3F9QXM2T`: what people quote to support.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupportId(pub String);

/// Path and query of the request being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub String);

/// A page of the application.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its address, or what its addresses have in common, as Axum's router takes it.
    pub path: &'static str,
    /// Whether it is for everybody. All others are for people who are signed in.
    pub open: bool,
    draw: fn() -> AnyView,
}

/// The list of records. The other pages under it draw what they are given as well.
pub const RECORDS: Page = Page { path: links::DATA, open: false, draw: || DataPage().into_any() };

/// All pages. The server's router leads to them, in the browser too: which one an address means is
/// decided once.
pub const PAGES: &[Page] = &[
    Page { path: links::HOME, open: true, draw: || Home().into_any() },
    Page { path: links::PROFILE, open: false, draw: || Profile().into_any() },
    Page { path: links::ACCESS, open: false, draw: || AccessPage().into_any() },
    RECORDS,
    Page { path: links::NEW_RECORD, ..RECORDS },
    Page { path: "/data/{id}", ..RECORDS },
    Page { path: "/data/{id}/edit", ..RECORDS },
    Page { path: links::SESSIONS, open: false, draw: || SessionsPage().into_any() },
    Page { path: links::PEOPLE, open: false, draw: || PeoplePage().into_any() },
    Page { path: links::SIGN_OUT, open: true, draw: || SignOut().into_any() },
];

/// The body of every page.
#[component]
pub fn App() -> impl IntoView {
    let page = match (use_context::<Problem>(), use_context::<Page>()) {
        (None, Some(page)) => (page.draw)(),
        (Some(problem), _) => view! { <ProblemPage problem/> }.into_any(),
        (None, None) => view! { <ProblemPage problem=not_found()/> }.into_any(),
    };
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <Header/>
        <main class="page" id="main" tabindex="-1">{page}</main>
        <Footer/>
        <SessionWatch/>
        <div class="visually-hidden" id="announcer" role="status"></div>
    }
}

/// The problem of an address that leads nowhere.
fn not_found() -> Problem {
    Problem { kind: ProblemKind::NotFound, support_id: use_context::<SupportId>().unwrap_or_default().0 }
}
