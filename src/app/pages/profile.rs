//! Everything that is known about the person, in plain words.
//!
//! Each card gives up its type (`into_any`): nested, they make a type too long for the compiler.

use super::ProblemPage;
use crate::app::claims::{self, Claim};
use crate::app::components::{Avatar, AvatarSize, ClaimList, Email, Moment, ProfileJsonPanel, Tags, Text};
use crate::app::title::Title;
use crate::app::{SupportId, format, links};
use crate::model::{Person, Problem, ProblemKind, SignedIn, Visitor};
use leptos::either::Either;
use leptos::prelude::*;

/// The profile page. The server sends people who are not signed in to the sign-in; should one get
/// here all the same, they are told so.
#[component]
pub fn Profile() -> impl IntoView {
    let kind = match use_context::<Visitor>().unwrap_or(Visitor::Anonymous) {
        Visitor::SignedIn(signed_in) => return view! { <Everything signed_in=&signed_in/> }.into_any(),
        Visitor::SessionEnded => ProblemKind::SessionEnded,
        Visitor::Anonymous => ProblemKind::Unauthenticated,
    };
    let support_id = use_context::<SupportId>().unwrap_or_default().0;
    view! { <ProblemPage problem=Problem { kind, support_id }/> }.into_any()
}

#[component]
fn Everything<'a>(signed_in: &'a SignedIn) -> impl IntoView + use<> {
    let person = &signed_in.person;
    let (namespaced, others) = claims::read_namespaced_and_others(&person.claims);
    view! {
        <Title text="Your profile · Portico"/>
        <div class="wide">
            <header class="profile-head">
                <Avatar person size=AvatarSize::Large/>
                <div>
                    <h1 tabindex="-1"><span class="visually-hidden">"Your profile: "</span><bdi>{person.display_name().to_owned()}</bdi></h1>
                    <p><Email person/></p>
                </div>
            </header>
            <div class="columns">
                <About person/>
                <SignIn signed_in/>
            </div>
            <Section wide=true id="organisation" title="Added by your organisation"
                about="Claims that your organisation lets the sign-in service add, such as your roles."
                empty="Your organisation has added nothing." claims=namespaced/>
            <div class="columns">
                <Section id="app-metadata" title="Kept about you"
                    about="Administrators write this (app metadata). You can’t change it."
                    empty="Nothing is kept about you here." claims=claims::read(&person.app_metadata)/>
                <Section id="user-metadata" title="Kept by you"
                    about="Your own settings at the sign-in service (user metadata)."
                    empty="You have kept nothing here." claims=claims::read(&person.user_metadata)/>
            </div>
            <Rest claims=others/>
            <section class="card" aria-labelledby="raw">
                <h2 id="raw">"Raw JSON"</h2>
                <p class="about">"All of the above, exactly as it is stored, for programs and for support."</p>
                <ProfileJsonPanel/>
            </section>
        </div>
    }
}

/// The standard claims about the person (OpenID Connect Core 1.0, section 5.1).
#[component]
fn About<'a>(person: &'a Person) -> impl IntoView + use<> {
    view! {
        <section class="card" aria-labelledby="about">
            <h2 id="about">"About you"</h2>
            <dl class="fields">
                {text("Name", &person.name)}
                {text("First name", &person.given_name)}
                {text("Last name", &person.family_name)}
                {text("Nickname", &person.nickname)}
                <div class="field"><dt>"E-mail"</dt><dd><Email person/></dd></div>
                {text("Language", &person.locale)}
                {text("Picture", &person.picture)}
                <div class="field">
                    <dt>"Last changed"</dt>
                    <dd>{match person.updated_at {
                        Some(time) => Either::Left(view! { <Moment time/> }),
                        None => Either::Right(not_given()),
                    }}</dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}

/// How the person signed in, and until when that holds.
#[component]
fn SignIn<'a>(signed_in: &'a SignedIn) -> impl IntoView + use<> {
    let person = &signed_in.person;
    let methods: Vec<_> = signed_in
        .authentication_methods
        .iter()
        .map(|method| format::authentication_method(method).to_owned())
        .collect();
    view! {
        <section class="card" aria-labelledby="sign-in">
            <h2 id="sign-in">"Your sign-in"</h2>
            <dl class="fields">
                <div class="field"><dt>{format::id_label(&person.provider)}</dt><dd><code>{person.subject.clone()}</code></dd></div>
                <div class="field"><dt>"Signed in with"</dt><dd><bdi>{format::provider(&person.provider).to_owned()}</bdi></dd></div>
                <div class="field"><dt>"Sign-in service"</dt><dd><code>{person.issuer.clone()}</code></dd></div>
                <div class="field">
                    <dt>"Proved by"</dt>
                    <dd>{if methods.is_empty() {
                        Either::Left(view! { <span class="quiet">"The service doesn’t say"</span> })
                    } else {
                        Either::Right(view! { <Tags tags=methods/> })
                    }}</dd>
                </div>
                <div class="field"><dt>"First sign-in here"</dt><dd><Moment time=person.created_at/></dd></div>
                <div class="field"><dt>"Last sign-in"</dt><dd><Moment time=person.last_login/></dd></div>
                <div class="field"><dt>"Signed in until"</dt><dd><Moment time=signed_in.expires_at/></dd></div>
            </dl>
            <p class="card-more"><a href=links::SESSIONS>"See where you are signed in"</a></p>
        </section>
    }
    .into_any()
}

fn text(label: &'static str, value: &Option<String>) -> impl IntoView + use<> {
    let value = value.as_deref().filter(|value| !value.trim().is_empty());
    let shown = match value {
        Some(value) => Either::Left(view! { <Text text=value/> }),
        None => Either::Right(not_given()),
    };
    view! { <div class="field"><dt>{label}</dt><dd>{shown}</dd></div> }
}

fn not_given() -> impl IntoView {
    view! { <span class="quiet">"Not given"</span> }
}

/// A card with claims.
#[component]
fn Section(
    id: &'static str,
    title: &'static str,
    about: &'static str,
    empty: &'static str,
    claims: Vec<Claim>,
    /// Whether it has the whole width.
    #[prop(optional)]
    wide: bool,
) -> impl IntoView {
    let class = if wide { "card card-wide" } else { "card" };
    view! {
        <section class=class aria-labelledby=id>
            <h2 id=id>{title}</h2>
            <p class="about">{about}</p>
            {if claims.is_empty() {
                Either::Left(view! { <p class="empty">{empty}</p> })
            } else {
                Either::Right(view! { <ClaimList claims/> })
            }}
        </section>
    }
    .into_any()
}

/// All other claims, folded: old rules of sign-in services say the same groups three times over.
#[component]
fn Rest(claims: Vec<Claim>) -> impl IntoView {
    (!claims.is_empty()).then(|| {
        let number = match claims.len() {
            1 => "1 claim".to_owned(),
            more => format!("{} claims", format::count(more)),
        };
        view! {
            <details class="card card-wide card-folded">
                <summary><h2>"Everything else"</h2><span class="quiet">{number}</span></summary>
                <p class="about">"What else the sign-in service sent. Some of it may repeat what stands above."</p>
                <ClaimList claims/>
            </details>
        }
    })
}
