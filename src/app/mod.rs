//! What a person sees: the document, its pages and their parts.
//!
//! Everything here is drawn on the server, from the context that the server gives. Only what must
//! answer in the browser is an island; the browser downloads those, the navigation and nothing else.
//!
//! The server provides as context: [`Visitor`](crate::model::Visitor) always;
//! [`Problem`] when the answer is an error, which is then drawn in place of the page;
//! [`SupportId`] always; [`DocumentTitle`] for the page to fill; [`ReturnTo`](crate::model::ReturnTo)
//! when a sign-in knows better than the address where the person wanted to go; an `Arc` of
//! [`RecordsView`] for the pages under `/data`; one of [`SessionsView`] for `/sessions`.

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
mod preferences;
mod records;
mod sessions;
mod shell;
mod title;
#[cfg(feature = "hydrate")]
mod unsaved;

pub use access::AccessNotice;
pub use links::{CHECK_BY_SIGN_IN, CONFIRM_FOR_SESSIONS};
pub use records::{FormState, FormView, ListView, Notice, RecordsView};
pub use sessions::{SessionsNotice, SessionsView};
pub use shell::shell;
pub use title::DocumentTitle;

use crate::model::{Problem, ProblemKind};
use components::{Footer, Header, SessionWatch};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};
use pages::{AccessPage, DataPage, Home, ProblemPage, Profile, SessionsPage, SignOut};

/// The id of the request being answered, such as `7K3F9QXM2T`: what people quote to support.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupportId(pub String);

/// The body of every page.
///
/// Everything is ready when it is drawn, so each route is answered in one piece ([`SsrMode::Async`]):
/// streaming would only cost.
#[component]
pub fn App() -> impl IntoView {
    let problem = use_context::<Problem>();
    let page = move || match problem {
        Some(problem) => Either::Left(view! { <ProblemPage problem/> }),
        None => Either::Right(view! {
            <FlatRoutes fallback=|| view! { <ProblemPage problem=not_found()/> }>
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/profile") view=Profile ssr=SsrMode::Async/>
                <Route path=path!("/access") view=AccessPage ssr=SsrMode::Async/>
                <Route path=path!("/data") view=DataPage ssr=SsrMode::Async/>
                <Route path=path!("/data/new") view=DataPage ssr=SsrMode::Async/>
                <Route path=path!("/data/:id") view=DataPage ssr=SsrMode::Async/>
                <Route path=path!("/data/:id/edit") view=DataPage ssr=SsrMode::Async/>
                <Route path=path!("/sessions") view=SessionsPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-out") view=SignOut ssr=SsrMode::Async/>
            </FlatRoutes>
        }),
    };
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <Header/>
        <main class="page" id="main" tabindex="-1">
            <Router>{page()}</Router>
        </main>
        <Footer/>
        <SessionWatch/>
        <div class="visually-hidden" id="announcer" role="status"></div>
    }
}

/// The problem of an address that leads nowhere.
fn not_found() -> Problem {
    Problem { kind: ProblemKind::NotFound, support_id: use_context::<SupportId>().unwrap_or_default().0 }
}
