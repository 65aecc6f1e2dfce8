//! Where the person is signed in, and ending that elsewhere.

#[cfg(all(test, feature = "ssr"))]
pub(super) mod tests;

use super::ProblemPage;
use crate::app::components::{Moment, done, happened, refused};
use crate::app::title::Title;
use crate::app::{SessionsNotice, SessionsView, SupportId, format, links};
use crate::model::device::DeviceSession;
use crate::model::{Problem, ProblemKind, Visitor};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;

/// The page about the person's sessions. The server sends people who are not signed in to the sign-in,
/// and gives an `Arc` of [`SessionsView`] as context for those who are.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let kind = match use_context::<Visitor>().unwrap_or(Visitor::Anonymous) {
        Visitor::SignedIn(_) => match use_context::<Arc<SessionsView>>() {
            Some(shown) => {
                return view! { <Title text="Your sessions · Portico"/><Everything shown=&shown/> }.into_any();
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
fn Everything<'a>(shown: &'a SessionsView) -> impl IntoView + use<> {
    let (this, others): (Vec<_>, Vec<_>) = shown.sessions.iter().partition(|session| session.is_this);
    let may_end = shown.may_end;
    let first = (!others.is_empty() && !may_end).then(confirm_first);
    let all = (!others.is_empty()).then(|| {
        view! {
            <form method="post" action=links::END_OTHER_SESSIONS data-soft=may_end.then_some("")>
                <button class="button button-bad">"End all other sessions"</button>
                <p class="form-alert" role="alert"></p>
            </form>
        }
    });
    view! {
        <div class="wide">
            {notice(shown.notice)}
            <header class="data-head">
                <div>
                    <h1 tabindex="-1">"Your sessions"</h1>
                    <p class="quiet">"Where you are signed in. End what you don’t recognise or don’t need any more."</p>
                </div>
                {all}
            </header>
            {shown.administers.then(|| view! {
                <p class="about"><a href=links::PEOPLE>"See who else is signed in"</a>", as an administrator."</p>
            })}
            <section class="card card-wide" aria-labelledby="this">
                <h2 id="this">"This device"</h2>
                {this.into_iter().map(this_one).collect_view()}
            </section>
            <section class="card card-wide" aria-labelledby="others">
                <h2 id="others">"Other devices"</h2>
                {first}
                {if others.is_empty() {
                    Either::Left(view! { <p class="empty">"You are signed in nowhere else."</p> })
                } else {
                    let others = others.into_iter().map(|session| other(session, may_end)).collect_view();
                    Either::Right(view! { <ul class="sessions">{others}</ul> })
                }}
            </section>
        </div>
    }
    .into_any()
}

fn this_one(session: &DeviceSession) -> AnyView {
    view! {
        <div class="session">
            <div>
                <h3>{session.device.to_string()}</h3>
                {facts(session)}
            </div>
            <form method="post" action=links::LOGOUT>
                <button class="button">"Sign out"</button>
            </form>
        </div>
    }
    .into_any()
}

fn other(session: &DeviceSession, may_end: bool) -> AnyView {
    let device = session.device.to_string();
    view! {
        <li class="session">
            <div>
                <h3>{device.clone()}</h3>
                {facts(session)}
            </div>
            <form method="post" action=links::end_session(&session.handle) data-soft=may_end.then_some("")>
                <button class="button button-bad">
                    "End"<span class="visually-hidden">" the session in "{device}</span>
                </button>
                <p class="form-alert" role="alert"></p>
            </form>
        </li>
    }
    .into_any()
}

/// What is known of a session.
pub(super) fn facts(session: &DeviceSession) -> AnyView {
    let fact = |name: &'static str, value: AnyView| {
        view! { <div class="field"><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
    };
    let last_seen =
        if session.is_this { "Now".into_any() } else { view! { <Moment time=session.last_seen/> }.into_any() };
    let network = session.network.clone().map(|network| view! { <code>{network}</code> }.into_any());
    let second_factor = session.second_factor.as_deref().map(|method| match method {
        // "mfa" says no more than that there was one.
        "mfa" => "Yes".into_any(),
        method => view! { <bdi>{format::authentication_method(method).to_owned()}</bdi> }.into_any(),
    });
    let unknown = |words: &'static str| view! { <span class="quiet">{words}</span> }.into_any();
    view! {
        <dl class="fields">
            {fact("Last seen", last_seen)}
            {fact("First seen", view! { <Moment time=session.first_seen/> }.into_any())}
            {fact("Network", network.unwrap_or_else(|| unknown("Not known")))}
            {fact(
                "Signed in with",
                view! { <bdi>{format::provider(&session.connection).to_owned()}</bdi> }.into_any(),
            )}
            {fact("Second factor", second_factor.unwrap_or_else(|| unknown("None")))}
        </dl>
    }
    .into_any()
}

fn notice(notice: Option<SessionsNotice>) -> AnyView {
    happened(notice.map(|notice| match notice {
        SessionsNotice::Ended => one_ended(),
        SessionsNotice::OthersEnded => {
            done("All other sessions are ended. You are signed in on this device alone.".into_any(), None)
        }
        SessionsNotice::Confirmed => confirmed(),
        SessionsNotice::MustConfirm => must_confirm(links::CONFIRM_FOR_SESSIONS.to_owned()),
    }))
}

/// What ending a session takes.
pub(super) fn confirm_first() -> AnyView {
    view! {
        <p class="about">
            "Before you end a session you are asked to sign in again, unless you did so in the last ten minutes."
        </p>
    }
    .into_any()
}

/// A session was ended.
pub(super) fn one_ended() -> AnyView {
    done("That session is ended. Who uses it is signed out from now on.".into_any(), None)
}

/// They have proved anew who they are.
pub(super) fn confirmed() -> AnyView {
    done("Thank you. For the next ten minutes you can end sessions here.".into_any(), None)
}

/// They have to prove it: `href` leads there.
pub(super) fn must_confirm(href: String) -> AnyView {
    let way_on = view! { <a class="button button-primary" href=href>"Sign in again"</a> };
    refused("Nothing is ended yet: first confirm that it is you.".into_any(), Some(way_on.into_any()))
}
