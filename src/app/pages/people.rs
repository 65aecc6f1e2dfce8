//! Who is signed in, and ending their sessions: for administrators.

#[cfg(all(test, feature = "ssr"))]
mod tests;

use super::{
    ProblemPage,
    sessions::{confirm_first, confirmed, facts, must_confirm, one_ended},
};
use crate::app::components::{Moment, done, happened, icon};
use crate::app::title::Title;
use crate::app::{PeopleNotice, PeopleShown, PeopleView, SupportId, links};
use crate::model::device::DeviceSession;
use crate::model::{PersonSessions, Problem, ProblemKind};
use leptos::either::Either;
use leptos::prelude::*;
use std::sync::Arc;

/// The page about people's sessions. The server gives an `Arc` of [`PeopleView`] as context to administrators, and
/// a problem to all others.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let Some(view) = use_context::<Arc<PeopleView>>() else {
        let support_id = use_context::<SupportId>().unwrap_or_default().0;
        return view! { <ProblemPage problem=Problem { kind: ProblemKind::Internal, support_id }/> }.into_any();
    };
    match &view.shown {
        PeopleShown::Several { search, people } => several(&view, search, people),
        PeopleShown::One { person, sessions } => one(&view, person, sessions),
    }
}

fn several(view: &PeopleView, search: &str, people: &[PersonSessions]) -> AnyView {
    let about = if search.is_empty() {
        "Who is signed in, the last seen first. Whoever is not among them is found by e-mail address or user id."
    } else {
        "People with that e-mail address or user id."
    };
    let content = if people.is_empty() { nobody(search) } else { list(people) };
    view! {
        <Title text="People · Portico"/>
        <div class="wide">
            {notice(view.notice, None)}
            <header class="data-head">
                <div>
                    <h1 tabindex="-1">"People"</h1>
                    <p class="quiet">{about}</p>
                </div>
            </header>
            <form class="search" role="search" method="get" action=links::PEOPLE data-soft="">
                <label for="search">"E-mail address or user id"</label>
                <div class="search-line">
                    <input class="input" id="search" name="q" type="search" value=search.to_owned() maxlength="320"
                        autocomplete="off" spellcheck="false" autocapitalize="none"/>
                    <button class="button">{icon::search()}"Search"</button>
                </div>
            </form>
            {(!search.is_empty()).then(|| view! { <p class="search-found"><a href=links::PEOPLE>"Show who is signed in"</a></p> })}
            {content}
            {everybody(view.may_end)}
        </div>
    }
    .into_any()
}

fn list(people: &[PersonSessions]) -> AnyView {
    let row = |person: &PersonSessions| {
        let email = person.email.clone().filter(|email| *email != person.name);
        let seen = person.last_seen.map(|time| view! { <span>"Last seen "<Moment time/></span> });
        view! {
            <li class="row">
                <div class="row-head">
                    <a class="row-title" href=links::person(&person.subject)><bdi>{person.name.clone()}</bdi></a>
                    <span class="badge">{count(person.sessions)}</span>
                </div>
                <p class="row-facts">
                    {email.map(|email| view! { <span><span class="visually-hidden">"E-mail: "</span><bdi>{email}</bdi></span> })}
                    <span><span class="visually-hidden">"User id: "</span><bdi>{person.subject.clone()}</bdi></span>
                    {seen}
                </p>
            </li>
        }
        .into_any()
    };
    view! { <ul class="card rows" aria-label="People">{people.iter().map(row).collect_view()}</ul> }.into_any()
}

fn count(sessions: u32) -> String {
    match sessions {
        0 => "Not signed in".to_owned(),
        1 => "1 session".to_owned(),
        many => format!("{many} sessions"),
    }
}

fn nobody(search: &str) -> AnyView {
    let words = if search.is_empty() {
        view! { "Nobody is signed in." }.into_any()
    } else {
        view! { "Nobody here has the e-mail address or user id “"<bdi>{search.to_owned()}</bdi>"”." }.into_any()
    };
    view! {
        <div class="card nothing">
            {icon::person()}
            <p class="nothing-title">{words}</p>
            <p>"An address must be whole, and people are known here once they have signed in."</p>
        </div>
    }
    .into_any()
}

/// Ends everybody's sessions: not by one wrong click.
fn everybody(may_end: bool) -> AnyView {
    view! {
        <section class="card card-wide" aria-labelledby="everybody">
            <h2 id="everybody">"Everybody"</h2>
            <details class="confirm">
                <summary class="button button-bad">"End everybody’s sessions…"</summary>
                <p>"All people are signed out at once, everywhere, and have to sign in again. You stay signed in on this device."</p>
                <form method="post" action=links::END_EVERYBODYS_SESSIONS data-soft=may_end.then_some("")>
                    <button class="button button-bad">"End them all"</button>
                    <p class="form-alert" role="alert"></p>
                </form>
            </details>
            {(!may_end).then(confirm_first)}
        </section>
    }
    .into_any()
}

fn one(view: &PeopleView, person: &PersonSessions, sessions: &[DeviceSession]) -> AnyView {
    let may_end = view.may_end;
    let email = person.email.clone().filter(|email| *email != person.name);
    let others = sessions.iter().any(|session| !session.is_this);
    let all = others.then(|| {
        view! {
            <form method="post" action=links::END_PERSONS_SESSIONS data-soft=may_end.then_some("")>
                <input type="hidden" name="person" value=person.subject.clone()/>
                <button class="button button-bad">"End all sessions"</button>
                <p class="form-alert" role="alert"></p>
            </form>
        }
    });
    view! {
        <Title text=format!("{} · People · Portico", person.name)/>
        <div class="wide">
            {notice(view.notice, Some(person))}
            <a class="way-back" href=links::PEOPLE>{icon::back()}"All people"</a>
            <header class="data-head">
                <div>
                    <h1 tabindex="-1"><bdi>{person.name.clone()}</bdi></h1>
                    <p class="quiet row-facts">
                        {email.map(|email| view! { <span><span class="visually-hidden">"E-mail: "</span><bdi>{email}</bdi></span> })}
                        <span><span class="visually-hidden">"User id: "</span><bdi>{person.subject.clone()}</bdi></span>
                    </p>
                </div>
                {all}
            </header>
            <section class="card card-wide" aria-labelledby="sessions">
                <h2 id="sessions">"Sessions"</h2>
                {(others && !may_end).then(confirm_first)}
                {if sessions.is_empty() {
                    Either::Left(view! { <p class="empty">"They are signed in nowhere."</p> })
                } else {
                    let sessions = sessions.iter().map(|session| item(person, session, may_end)).collect_view();
                    Either::Right(view! { <ul class="sessions">{sessions}</ul> })
                }}
            </section>
        </div>
    }
    .into_any()
}

fn item(person: &PersonSessions, session: &DeviceSession, may_end: bool) -> AnyView {
    let device = session.device.to_string();
    let action = if session.is_this {
        Either::Left(view! { <p class="quiet">"This is you, here."</p> })
    } else {
        Either::Right(view! {
            <form method="post" action=links::END_PERSONS_SESSIONS data-soft=may_end.then_some("")>
                <input type="hidden" name="person" value=person.subject.clone()/>
                <input type="hidden" name="session" value=session.handle.clone()/>
                <button class="button button-bad">
                    "End"<span class="visually-hidden">" the session in "{device.clone()}</span>
                </button>
                <p class="form-alert" role="alert"></p>
            </form>
        })
    };
    view! {
        <li class="session">
            <div>
                <h3>{device}</h3>
                {facts(session)}
            </div>
            {action}
        </li>
    }
    .into_any()
}

fn notice(notice: Option<PeopleNotice>, person: Option<&PersonSessions>) -> AnyView {
    happened(notice.map(|notice| match notice {
        PeopleNotice::Ended => one_ended(),
        PeopleNotice::AllEnded => done("All sessions of this person are ended.".into_any(), None),
        PeopleNotice::EverybodysEnded => {
            done("All other sessions are ended. You alone are signed in.".into_any(), None)
        }
        PeopleNotice::Confirmed => confirmed(),
        PeopleNotice::MustConfirm => {
            must_confirm(links::confirm_for_people(person.map(|person| person.subject.as_str())))
        }
    }))
}
