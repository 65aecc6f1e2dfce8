//! A person's picture, over their initials.

use crate::model::Person;
use leptos::prelude::*;

/// How big a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AvatarSize {
    /// In the header.
    Small,
    /// In a card or at the top of a page.
    Large,
}

/// A person's picture. The initials lie below it: they show while it loads and when there is none.
/// When it can't be loaded, the style sheet draws them over it (`data-initials`). The size is fixed,
/// so nothing moves.
///
/// It is decoration: the name always stands beside it.
#[component]
pub fn Avatar<'a>(
    /// Whose picture.
    person: &'a Person,
    /// How big.
    size: AvatarSize,
) -> impl IntoView + use<> {
    let (class, pixels) = match size {
        AvatarSize::Small => ("avatar avatar-small", "32"),
        AvatarSize::Large => ("avatar avatar-large", "88"),
    };
    let initials = person.initials();
    let picture = person.picture.clone().map(|picture| {
        view! {
            <img src=picture alt="" width=pixels height=pixels decoding="async" referrerpolicy="no-referrer"
                data-initials=initials.clone()/>
        }
    });
    view! {
        <span class=class aria-hidden="true">
            <span>{initials}</span>
            {picture}
        </span>
    }
    .into_any()
}
