//! An e-mail address, and whether it is known to be theirs.

use super::icon;
use crate::model::Person;
use leptos::either::Either;
use leptos::prelude::*;

/// A person's e-mail address with a mark that says whether the sign-in service has verified it.
#[component]
pub fn Email<'a>(
    /// Whose address.
    person: &'a Person,
) -> impl IntoView + use<> {
    let Some(address) = person.email.clone() else {
        return view! { <span class="quiet">"No e-mail address"</span> }.into_any();
    };
    let mark = if person.email_verified {
        Either::Left(view! { <span class="badge badge-good">{icon::verified()}"Verified"</span> })
    } else {
        Either::Right(view! { <span class="badge badge-warn">{icon::notice()}"Not verified"</span> })
    };
    view! {
        <span class="email">
            <bdi>{address}</bdi>
            " "
            {mark}
        </span>
    }
    .into_any()
}
