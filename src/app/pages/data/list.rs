//! The list: what the person sees, newest first, and the search.

use super::{notice, parts};
use crate::app::components::{Moment, icon};
use crate::app::title::Title;
use crate::app::{ListView, links};
use crate::model::record::{MAX_SEARCH, Reach, Sees, Summary};
use leptos::either::Either;
use leptos::prelude::*;

/// A page of the list, or of what a search found.
#[component]
pub fn ListPage<'a>(list: &'a ListView) -> impl IntoView + use<> {
    let records = &list.page.records;
    let title = if list.search.is_empty() {
        "Data · Portico".to_owned()
    } else {
        format!("“{}” · Data · Portico", list.search)
    };
    let content = if records.is_empty() { nothing(list) } else { rows(records) };
    // Before there is anything there is nothing to search, and one way on is enough.
    let is_new = records.is_empty() && list.search.is_empty() && !list.is_later_page;
    view! {
        <Title text=title/>
        <div class="wide">
            {notice::region(list.notice.as_ref(), &links::records(&list.search, None))}
            <header class="data-head">
                <div>
                    <h1 tabindex="-1">"Data"</h1>
                    <p class="quiet">{sees(list.reach.sees)}</p>
                </div>
                {(list.reach.create && !is_new).then(|| new_record("button button-primary"))}
            </header>
            {(!is_new).then(|| search(&list.search))}
            {found(list)}
            {content}
            {pages(list)}
            {limits(list.reach)}
        </div>
    }
    .into_any()
}

/// What the person sees, in words.
const fn sees(sees: Sees) -> &'static str {
    match sees {
        Sees::Nothing => "You see no records here.",
        Sees::Own => "You see your own records.",
        Sees::Team => "You see your own records, and those of the people who share a group with you.",
        Sees::All => "You see all records.",
    }
}

fn new_record(class: &'static str) -> AnyView {
    view! { <a class=class href=links::NEW_RECORD>{icon::plus()}"New record"</a> }.into_any()
}

fn search(search: &str) -> AnyView {
    view! {
        <form class="search" role="search" method="get" action=links::DATA data-soft="">
            <label for="search">"Search records"</label>
            <div class="search-line">
                <input class="input" id="search" name="q" type="search" value=search.to_owned() maxlength=MAX_SEARCH
                    autocomplete="off" spellcheck="false"/>
                <button class="button">{icon::search()}"Search"</button>
            </div>
        </form>
    }
    .into_any()
}

/// Says that this is what a search found, and offers the way out of it.
fn found(list: &ListView) -> Option<AnyView> {
    (!list.search.is_empty() && !list.page.records.is_empty()).then(|| {
        view! {
            <p class="search-found">
                "Records that match “"<bdi>{list.search.clone()}</bdi>"”. "
                <a href=links::DATA>"Show all"</a>
            </p>
        }
        .into_any()
    })
}

fn rows(records: &[Summary]) -> AnyView {
    let row = |record: &Summary| {
        let Summary { id, title, classification, tags, owner, updated_at, .. } = record;
        view! {
            <li class="row">
                <div class="row-head">
                    <a class="row-title" href=links::record(id)><bdi>{title.clone()}</bdi></a>
                    {parts::classification(*classification)}
                </div>
                <p class="row-facts">
                    <span><span class="visually-hidden">"Owner: "</span>{parts::owner(owner)}</span>
                    <span>"Changed "<Moment time=*updated_at/></span>
                </p>
                {parts::tags(tags)}
            </li>
        }
        .into_any()
    };
    view! { <ul class="card rows" aria-label="Records">{records.iter().map(row).collect_view()}</ul> }.into_any()
}

/// There is nothing to list: why, and what to do next.
fn nothing(list: &ListView) -> AnyView {
    let (words, way_on) = if list.is_later_page {
        let back = view! { <a class="button" href=links::records(&list.search, None)>"Back to the newest"</a> };
        (view! { "There are no more records." }.into_any(), Some(back.into_any()))
    } else if !list.search.is_empty() {
        let words = view! { "Nothing matches “"<bdi>{list.search.clone()}</bdi>"”." };
        (words.into_any(), Some(view! { <a class="button" href=links::DATA>"Clear the search"</a> }.into_any()))
    } else {
        let create = list.reach.create.then(|| new_record("button button-primary"));
        (view! { "There are no records yet." }.into_any(), create)
    };
    let about = (list.search.is_empty() && !list.is_later_page && list.reach.create)
        .then(|| view! { <p>"Write the first: a title is enough, and you can change it later."</p> });
    view! {
        <div class="card nothing">
            {icon::records()}
            <p class="nothing-title">{words}</p>
            {about}
            {way_on}
        </div>
    }
    .into_any()
}

/// The ways to older records and back.
fn pages(list: &ListView) -> Option<AnyView> {
    let newest = (list.is_later_page && !list.page.records.is_empty())
        .then(|| view! { <a class="button" href=links::records(&list.search, None)>"Back to the newest"</a> });
    let next = list.page.next.as_ref().map(|next| {
        view! { <a class="button" href=links::records(&list.search, Some(next))>"Next page"{icon::onward()}</a> }
    });
    (newest.is_some() || next.is_some())
        .then(|| view! { <nav class="actions data-pages" aria-label="More records">{newest}{next}</nav> }.into_any())
}

/// What is not open to the person, and whether a second factor would help.
fn limits(reach: Reach) -> Option<AnyView> {
    let create = (!reach.create).then_some("Creating records needs a role that lets you write. ");
    let more = if reach.second_factor_helps {
        Either::Left(view! {
            "With a second factor you may do more here: "
            <a href=links::step_up(links::DATA)>"confirm with a second factor"</a>
            "."
        })
    } else {
        Either::Right(view! { <a href=links::ACCESS>"See what you may do"</a>"." })
    };
    (create.is_some() || reach.second_factor_helps)
        .then(|| view! { <p class="quiet data-limits">{create}{more}</p> }.into_any())
}
