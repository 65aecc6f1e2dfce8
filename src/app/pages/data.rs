//! Records: the list, one of them, and the form to write one.
//!
//! One view for all addresses under `/data`: what is shown, the server has worked out
//! ([`RecordsView`]). Titles, tags and names are of other people's making, so each stands alone as
//! far as its direction goes (`<bdi>`).

mod closed;
mod fields;
mod form;
mod list;
mod notice;
mod parts;
mod record;
#[cfg(all(test, feature = "ssr"))]
mod tests;
mod theirs;

use super::ProblemPage;
use crate::app::{RecordsView, SupportId};
use crate::model::{Problem, ProblemKind, Visitor};
use closed::ClosedPage;
use form::FormPage;
use leptos::prelude::*;
use list::ListPage;
use record::RecordPage;
use std::sync::Arc;

/// Any page under `/data`. The server sends people who are not signed in to the sign-in, and gives
/// an `Arc` of [`RecordsView`] as context for those who are.
#[component]
pub fn DataPage() -> impl IntoView {
    let kind = match use_context::<Visitor>().unwrap_or(Visitor::Anonymous) {
        Visitor::SignedIn(signed_in) => match use_context::<Arc<RecordsView>>() {
            Some(shown) => return page(&shown, &signed_in.person.subject),
            None => ProblemKind::Internal,
        },
        Visitor::SessionEnded => ProblemKind::SessionEnded,
        Visitor::Anonymous => ProblemKind::Unauthenticated,
    };
    let support_id = use_context::<SupportId>().unwrap_or_default().0;
    view! { <ProblemPage problem=Problem { kind, support_id }/> }.into_any()
}

/// What is shown, to the person with this id.
fn page(shown: &RecordsView, person: &str) -> AnyView {
    match shown {
        RecordsView::Closed(closed) => view! { <ClosedPage closed=*closed/> }.into_any(),
        RecordsView::List(list) => view! { <ListPage list/> }.into_any(),
        RecordsView::Record { record, reach, notice } => {
            view! { <RecordPage record reach=*reach notice=notice.as_ref()/> }.into_any()
        }
        RecordsView::Form(view) => view! { <FormPage view person/> }.into_any(),
    }
}
