//! The question whether to sign out, for those who follow a link to it.

use crate::app::links;
use crate::app::title::Title;
use crate::model::Visitor;
use leptos::either::Either;
use leptos::prelude::*;

/// Asks before signing out. A link, which another site may have made, must not do it by itself.
#[component]
pub fn SignOut() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::Anonymous);
    let Some(signed_in) = visitor.signed_in() else {
        return Either::Left(view! {
            <Title text="Signed out · Portico"/>
            <div class="narrow">
                <h1 tabindex="-1">"You are signed out"</h1>
                <p class="lede">"Nobody is signed in in this browser."</p>
                <div class="actions">
                    <a class="button button-primary" href=links::LOGIN>"Sign in"</a>
                    <a class="button" href=links::HOME>"Start page"</a>
                </div>
            </div>
        });
    };
    Either::Right(view! {
        <Title text="Sign out · Portico"/>
        <div class="narrow">
            <h1 tabindex="-1">"Do you want to sign out?"</h1>
            <p class="lede">
                "You are signed in as "
                <bdi>{signed_in.person.display_name().to_owned()}</bdi>
                ". Signing out ends your session here and at the sign-in service."
            </p>
            <form class="actions" method="post" action=links::LOGOUT>
                <button class="button button-primary">"Sign out"</button>
                <a class="button" href=links::HOME>"Stay signed in"</a>
            </form>
        </div>
    })
}
