//! One record: its text, its facts, and what the person may do with it.

use super::{notice, parts};
use crate::app::components::{Moment, icon};
use crate::app::title::Title;
use crate::app::{Notice, links};
use crate::model::record::{Reach, Record};
use leptos::either::Either;
use leptos::prelude::*;

/// Longer titles are set smaller.
const LONG_TITLE: usize = 80;

/// One record.
#[component]
pub fn RecordPage<'a>(
    /// The record.
    record: &'a Record,
    /// What the person may do at all.
    reach: Reach,
    /// What has just happened.
    notice: Option<&'a Notice>,
) -> impl IntoView + use<> {
    let here = links::record(&record.id);
    view! {
        <Title text=format!("{} · Data · Portico", record.title)/>
        <div class="wide">
            {notice::region(notice, &here)}
            <a class="way-back" href=links::DATA>{icon::back()}"All records"</a>
            <header class="data-head">
                <h1 class=title_class(&record.title) tabindex="-1" dir="auto">{record.title.clone()}</h1>
                {actions(record)}
            </header>
            {limits(record, reach, &here)}
            <div class="record">
                {text(&record.body)}
                {facts(record)}
            </div>
        </div>
    }
    .into_any()
}

/// A title that is a whole sentence is set like one.
fn title_class(title: &str) -> &'static str {
    if title.chars().count() > LONG_TITLE { "record-title record-title-long" } else { "record-title" }
}

/// Deleting asks nothing: it can be taken back.
fn actions(record: &Record) -> Option<AnyView> {
    let edit = record.may.edit.then(|| {
        view! { <a class="button button-primary" href=links::edit_record(&record.id)>{icon::edit()}"Edit"</a> }
    });
    let delete = record.may.delete.then(|| {
        view! {
            <form method="post" action=links::delete_record(&record.id) data-soft="">
                <input type="hidden" name="version" value=record.version.to_string()/>
                <button class="button button-bad">{icon::bin()}"Delete"</button>
                {parts::form_alert()}
            </form>
        }
    });
    (edit.is_some() || delete.is_some()).then(|| view! { <div class="actions">{edit}{delete}</div> }.into_any())
}

/// What the person may not do with it, and what it would take.
fn limits(record: &Record, reach: Reach, here: &str) -> Option<AnyView> {
    let words = match (record.may.edit, record.may.delete) {
        (true, true) => return None,
        (true, false) => "You can change this record. Deleting it needs the permission to delete.",
        (false, true) if record.owner.is_me => {
            "You can delete this record. It is yours, but changing it needs the permission to write."
        }
        (false, true) => "You can delete this record. Changing it needs the permission to write, or to be its owner.",
        (false, false) if record.owner.is_me => {
            "This record is yours, but changing it needs the permission to write, and deleting it the permission to delete."
        }
        (false, false) => {
            "You can see this record. Changing it needs the permission to write, or to be its owner; deleting it needs \
             the permission to delete."
        }
    };
    let way_on = if reach.second_factor_helps {
        Either::Left(view! { <a href=links::step_up(here)>"Confirm with a second factor"</a>" to do more." })
    } else {
        Either::Right(view! { <a href=links::ACCESS>"See what you may do"</a>"." })
    };
    Some(view! { <p class="quiet data-limits">{words}" "{way_on}</p> }.into_any())
}

fn text(body: &str) -> AnyView {
    let text = if body.trim().is_empty() {
        Either::Left(view! { <p class="quiet">"This record has no text."</p> })
    } else {
        Either::Right(view! { <p class="record-text" dir="auto">{body.to_owned()}</p> })
    };
    view! {
        <section class="card" aria-labelledby="text">
            <h2 class="visually-hidden" id="text">"Text"</h2>
            {text}
        </section>
    }
    .into_any()
}

fn facts(record: &Record) -> AnyView {
    let tags = match parts::tags(&record.tags) {
        Some(tags) => tags,
        None => view! { <span class="quiet">"None"</span> }.into_any(),
    };
    let fact = |name: &'static str, value: AnyView| {
        view! { <div class="field"><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
    };
    view! {
        <section class="card record-facts" aria-labelledby="facts">
            <h2 id="facts">"About this record"</h2>
            <dl class="fields">
                {fact("Classification", parts::classification(record.classification))}
                {fact("Tags", tags)}
                {fact("Owner", parts::owner(&record.owner))}
                {fact("Changed", view! { <Moment time=record.updated_at/> }.into_any())}
                {fact("Created", view! { <Moment time=record.created_at/> }.into_any())}
                {fact("Version", record.version.to_string().into_any())}
            </dl>
        </section>
    }
    .into_any()
}
