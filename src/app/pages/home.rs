//! The start page: for visitors, what this is; for people who are signed in, who they are here.

use crate::app::components::{Avatar, AvatarSize, Email, Moment, icon, illustration};
use crate::app::title::Title;
use crate::app::{format, links};
use crate::model::{Person, ProblemKind, SignedIn, Visitor};
use leptos::prelude::*;

/// The start page.
#[component]
pub fn Home() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::Anonymous);
    match &visitor {
        Visitor::SignedIn(signed_in) => view! { <Welcome signed_in/> }.into_any(),
        Visitor::SessionEnded => view! { <Invitation ended=true/> }.into_any(),
        Visitor::Anonymous => view! { <Invitation ended=false/> }.into_any(),
    }
}

/// What this is, and the two ways in. `ended` says that the visitor was signed in until lately.
#[component]
fn Invitation(ended: bool) -> impl IntoView {
    let notice = ended.then(|| {
        view! {
            <div class="callout">
                {icon::notice()}
                <p>
                    <strong>{ProblemKind::SessionEnded.title()}"."</strong>
                    " "
                    {ProblemKind::SessionEnded.sentence()}
                </p>
            </div>
        }
    });
    view! {
        <Title text="Portico"/>
        <div class="wide">
            {notice}
            <section class="hero">
                <div class="hero-words">
                    <h1 tabindex="-1">
                        <span>"Sign in once. "</span>
                        <span>"See what is known. "</span>
                        <span>"Leave cleanly."</span>
                    </h1>
                    <p class="lede">
                        "Portico is the front door of your organisation’s application. It signs you in with the account \
                        you already have, shows you what that account says about you, and signs you out again."
                    </p>
                    <div class="actions">
                        <a class="button button-primary button-large" href=links::LOGIN>"Sign in"</a>
                        <a class="button button-large" href=links::SIGN_UP>"Sign up"</a>
                    </div>
                </div>
                {illustration()}
            </section>
            <ul class="promises">
                <li>
                    {icon::shield()}
                    <h2>"Your password stays away"</h2>
                    <p>"You type it at your sign-in service. Portico never sees it."</p>
                </li>
                <li>
                    {icon::key()}
                    <h2>"No keys in the browser"</h2>
                    <p>"Your session is one cookie that no script can read. Access tokens stay on the server."</p>
                </li>
                <li>
                    {icon::sign_out()}
                    <h2>"Signing out means out"</h2>
                    <p>"It ends your session here, withdraws its tokens, and signs you out at the sign-in service."</p>
                </li>
            </ul>
        </div>
    }
}

/// Who they are here, and where they can go. Each part gives up its type (`into_any`): nested, they
/// make a type too long for the compiler.
#[component]
fn Welcome<'a>(signed_in: &'a SignedIn) -> impl IntoView + use<> {
    let person = &signed_in.person;
    view! {
        <Title text="Portico"/>
        <div class="wide">
            <h1 class="page-title" tabindex="-1">"Welcome, "<bdi>{person.display_name().to_owned()}</bdi></h1>
            <div class="welcome">
                <Identity person/>
                <Ways/>
            </div>
        </div>
    }
}

#[component]
fn Identity<'a>(person: &'a Person) -> impl IntoView + use<> {
    view! {
        <section class="card" aria-labelledby="identity">
            <div class="identity">
                <Avatar person size=AvatarSize::Large/>
                <div>
                    <h2 id="identity">"You are signed in"</h2>
                    <p><Email person/></p>
                </div>
            </div>
            <dl class="fields">
                <div class="field">
                    <dt>{format::id_label(&person.provider)}</dt>
                    <dd><code>{person.subject.clone()}</code></dd>
                </div>
                <div class="field">
                    <dt>"Signed in with"</dt>
                    <dd><bdi>{format::provider(&person.provider).to_owned()}</bdi></dd>
                </div>
                <div class="field">
                    <dt>"Last sign-in"</dt>
                    <dd><Moment time=person.last_login/></dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

#[component]
fn Ways() -> impl IntoView {
    let words =
        |name: &'static str, about: &'static str| view! { <span><strong>{name}</strong><span>{about}</span></span> };
    view! {
        <nav class="ways" aria-label="Where to go">
            <a class="way" href=links::PROFILE>
                {icon::person()}
                {words("Your profile", "All that the sign-in service says about you")}
                {icon::onward()}
            </a>
            <a class="way" href=links::ACCESS>
                {icon::key()}
                {words("Your access", "What you may do here, and why")}
                {icon::onward()}
            </a>
            <a class="way" href=links::DATA>
                {icon::records()}
                {words("Data", "The records that are open to you")}
                {icon::onward()}
            </a>
            <a class="way" href=links::PROFILE_API download="profile.json">
                {icon::download()}
                {words("Your profile as a file", "All of it, as JSON")}
                {icon::onward()}
            </a>
            <a class="way" href=links::SIGN_OUT>
                {icon::sign_out()}
                {words("Sign out", "Here and at the sign-in service")}
                {icon::onward()}
            </a>
        </nav>
    }
    .into_any()
}
