//! What the person may do here, and why: plain words first, the places in the claims on demand.
//!
//! Names and descriptions are of other people's making, so each stands alone as far as its direction
//! goes (`<bdi>`). Each card gives up its type (`into_any`): nested, they make a type too long for
//! the compiler.

mod entries;
#[cfg(all(test, feature = "ssr"))]
mod tests;
mod why;
mod words;

use super::ProblemPage;
use crate::app::components::{Moment, done, happened, icon, refused};
use crate::app::title::Title;
use crate::app::{AccessNotice, SupportId, format, links};
use crate::model::directory::Availability;
use crate::model::{Access, Grant, Group, Listed, Problem, ProblemKind, Role, SecondFactor, Visitor};
use entries::{Entry, list};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;
use words::Standing;

/// The page about the person's access. The server sends people who are not signed in to the sign-in,
/// and gives [`Access`], [`Availability`] and perhaps an [`AccessNotice`] as context for those who are.
#[component]
pub fn AccessPage() -> impl IntoView {
    let kind = match use_context::<Visitor>().unwrap_or(Visitor::Anonymous) {
        Visitor::SignedIn(_) => match use_context::<Arc<Access>>() {
            Some(access) => {
                let descriptions = use_context::<Availability>().unwrap_or(Availability::Off);
                let notice = use_context::<AccessNotice>();
                return view! { <Title text="Your access · Portico"/><Everything access=&access descriptions notice/> }
                    .into_any();
            }
            None => ProblemKind::Internal,
        },
        Visitor::SessionEnded => ProblemKind::SessionEnded,
        Visitor::Anonymous => ProblemKind::Unauthenticated,
    };
    let support_id = use_context::<SupportId>().unwrap_or_default().0;
    view! { <ProblemPage problem=Problem { kind, support_id }/> }.into_any()
}

#[component]
fn Everything<'a>(
    access: &'a Access,
    descriptions: Availability,
    notice: Option<AccessNotice>,
) -> impl IntoView + use<> {
    view! {
        <div class="wide">
            {happened(notice.map(checked))}
            <header class="access-head data-head">
                <div>
                    <h1 tabindex="-1">"Your access"</h1>
                    <p class="access-level">{standing(access)}</p>
                    <Facts access descriptions/>
                </div>
                <form method="post" action=links::CHECK_AGAIN data-soft="">
                    <button class="button">{icon::again()}"Check again"</button>
                    <p class="form-alert" role="alert"></p>
                </form>
            </header>
            {access.second_factor_helps().then(|| call_out(access))}
            <Permissions access/>
            <Waiting grants=&access.withheld/>
            <div class="columns">
                <Roles roles=&access.roles/>
                <Groups groups=&access.groups/>
            </div>
            <Others listed=&access.listed/>
        </div>
    }
    .into_any()
}

/// What has become of "Check again".
fn checked(notice: AccessNotice) -> AnyView {
    match notice {
        AccessNotice::Checked => {
            done("Checked just now: this is what the sign-in service says about you.".into_any(), None)
        }
        AccessNotice::CheckedBefore => {
            done("Checked moments ago. Wait ten seconds before you check again.".into_any(), None)
        }
        AccessNotice::NotChecked => refused(
            "Not checked: the sign-in service does not answer at the moment. This is what it said before. Wait a minute and try again."
                .into_any(),
            None,
        ),
        AccessNotice::MustSignIn => {
            let way_on =
                view! { <a class="button button-primary" href=links::CHECK_BY_SIGN_IN>"Sign in again"</a> };
            refused(
                "Not checked yet: the sign-in service answers this only when you sign in again.".into_any(),
                Some(way_on.into_any()),
            )
        }
    }
}

/// The access level in one sentence.
fn standing(access: &Access) -> AnyView {
    match words::standing(access) {
        Standing::Known(words) => view! { "You are "{words}" here." }.into_any(),
        Standing::Named(name) => view! { "Your access level here is “"<bdi>{name.to_owned()}</bdi>"”." }.into_any(),
        Standing::Waiting => "You can’t use any of your roles yet.".into_any(),
        Standing::NoLevel => "None of your roles makes an access level here.".into_any(),
        Standing::NoRole => "You have no role here.".into_any(),
    }
}

/// How old all this is, the second factor, and whether there are descriptions.
#[component]
fn Facts<'a>(access: &'a Access, descriptions: Availability) -> impl IntoView + use<> {
    view! {
        <ul class="access-facts">
            <li>"As of "<Moment time=access.as_of/></li>
            {access.second_factor.as_ref().map(second_factor)}
            {match descriptions {
                Availability::Available { as_of } => {
                    Some(view! { <li>"Descriptions as of "<Moment time=as_of/></li> }.into_any())
                }
                Availability::UnavailableSince(time) => Some(
                    view! {
                        <li>"Descriptions are unavailable since "<Moment time/>"; names are shown without them."</li>
                    }
                    .into_any(),
                ),
                Availability::Off => None,
            }}
        </ul>
    }
    .into_any()
}

fn second_factor(SecondFactor { method, at }: &SecondFactor) -> impl IntoView + use<> {
    // "mfa" says no more than that there was one.
    let method = (method != "mfa").then(|| {
        let method = format::authentication_method(method).to_owned();
        view! { " ("<bdi>{method}</bdi>")" }
    });
    view! { <li>"Second factor confirmed "<Moment time=*at/>{method}</li> }
}

/// Says what a second factor would bring, and offers to give one.
fn call_out(access: &Access) -> AnyView {
    let names: Vec<&str> = access.withheld_roles().map(|role| role.name.as_str()).collect();
    let missing = match names.as_slice() {
        [] => "Until you confirm with one, some of what you may do has to wait.".into_any(),
        names => {
            let role = if names.len() == 1 { "role " } else { "roles " };
            view! { "Until you confirm with one, you go without your "{role}{why::shown(words::all_of(names))}"." }
                .into_any()
        }
    };
    view! {
        <div class="callout callout-row">
            {icon::notice()}
            <div>
                <p><strong>"You signed in without a second factor."</strong>" "{missing}</p>
                <a class="button button-primary" href=links::STEP_UP>"Confirm with a second factor"</a>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Permissions<'a>(access: &'a Access) -> impl IntoView + use<> {
    let entries: Vec<_> = access.permissions.iter().map(permission).collect();
    let empty = if access.second_factor_helps() {
        "You may do nothing here yet. Confirm with a second factor, as said above."
    } else {
        "You may do nothing here. Ask your administrators for a role, then check again."
    };
    card("permissions", true, "What you may do", "Each with the reason why you may.", entries, empty)
}

/// What a second factor would add.
#[component]
fn Waiting<'a>(grants: &'a [Grant]) -> impl IntoView + use<> {
    (!grants.is_empty()).then(|| {
        let entries = grants.iter().map(|grant| Entry { mark: Some(words::NEEDS_SECOND_FACTOR), ..permission(grant) });
        let about = "You may do this too, once you have confirmed with a second factor.";
        card("waiting", true, "What waits for a second factor", about, entries.collect(), "")
    })
}

#[component]
fn Roles<'a>(roles: &'a [Role]) -> impl IntoView + use<> {
    let entries = roles.iter().map(role).collect();
    let about = "A role is what lets you do things here.";
    let empty = "You have no role. Ask your administrators for one, then check again.";
    card("roles", false, "Your roles", about, entries, empty)
}

#[component]
fn Groups<'a>(groups: &'a [Group]) -> impl IntoView + use<> {
    let entries = groups.iter().map(group).collect();
    let about = "A group says whom you belong to. It gives no permission by itself.";
    let empty = "You are in no group. If you should be in one, ask your administrators.";
    card("groups", false, "Your groups", about, entries, empty)
}

/// Names of permissions that mean nothing here, folded.
#[component]
fn Others<'a>(listed: &'a [Listed]) -> impl IntoView + use<> {
    (!listed.is_empty()).then(|| {
        let number = match listed.len() {
            1 => "1 name".to_owned(),
            more => format!("{} names", format::count(more)),
        };
        let entries = listed.iter().map(|Listed { name, description, why }| Entry {
            description: description.clone(),
            ..Entry::new(name, why)
        });
        view! {
            <details class="card card-wide card-folded">
                <summary><h2>"Other names that were found"</h2><span class="quiet">{number}</span></summary>
                <p class="about">"Permissions that the sign-in service names for you. They grant nothing here."</p>
                {list(entries.collect())}
            </details>
        }
        .into_any()
    })
}

fn permission(Grant { permission, description, why }: &Grant) -> Entry {
    let meaning = words::capitalised(permission.meaning());
    // What only repeats the meaning is left out.
    let description = description.clone().filter(|text| !text.trim_end_matches('.').eq_ignore_ascii_case(&meaning));
    Entry { code: Some(permission.as_str()), description, ..Entry::new(&meaning, why) }
}

fn role(Role { name, description, why, withheld, gives }: &Role) -> Entry {
    let mark = withheld.map(|_| words::NEEDS_SECOND_FACTOR);
    let gives = words::gives(gives, withheld.is_some());
    let notes = withheld.map(|reason| reason.sentence().to_owned()).into_iter().chain([gives]).collect();
    Entry { mark, description: description.clone(), notes, ..Entry::new(name, why) }
}

fn group(Group { name, description, why }: &Group) -> Entry {
    Entry { description: description.clone(), ..Entry::new(name, why) }
}

/// A card with a list, or what to do when there is nothing to list.
fn card(
    id: &'static str,
    wide: bool,
    title: &'static str,
    about: &'static str,
    entries: Vec<Entry>,
    empty: &'static str,
) -> AnyView {
    let class = if wide { "card card-wide" } else { "card" };
    view! {
        <section class=class aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {if entries.is_empty() {
                Either::Left(view! { <p class="empty">{empty}</p> })
            } else {
                Either::Right(view! { <p class="about">{about}</p>{list(entries)} })
            }}
        </section>
    }
    .into_any()
}
