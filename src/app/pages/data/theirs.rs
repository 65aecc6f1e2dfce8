//! What somebody else has saved meanwhile, beside the form, with what differs marked.

use super::parts;
use crate::app::components::{Moment, Tags};
use crate::model::record::{Form, Record};
use leptos::either::Either;
use leptos::prelude::*;

/// Their version of the record that `mine` changes.
pub fn theirs(theirs: &Record, mine: &Form) -> AnyView {
    let [title, body, classification, tags] = differing(theirs, mine);
    let text = view! {
        <p class="theirs-text" dir="auto" tabindex="0" role="region" aria-label="Their text">{theirs.body.clone()}</p>
    };
    view! {
        <section class="card theirs" aria-labelledby="theirs">
            <h2 id="theirs">"Theirs"</h2>
            <p class="about">"Version "{theirs.version.to_string()}", saved "<Moment time=theirs.updated_at/></p>
            <dl>
                {part("Title", title, view! { <bdi>{theirs.title.clone()}</bdi> }.into_any())}
                {part("Text", body, if theirs.body.is_empty() { nothing() } else { text.into_any() })}
                {part("Classification", classification, parts::classification(theirs.classification))}
                {part("Tags", tags, if theirs.tags.is_empty() { nothing() } else {
                    view! { <Tags tags=theirs.tags.clone()/> }.into_any()
                })}
            </dl>
        </section>
    }
    .into_any()
}

/// Whether title, text, classification and tags differ.
fn differing(theirs: &Record, mine: &Form) -> [bool; 4] {
    let ours = Form::of(theirs);
    // In one shape, if it can be read: else a space more would be a difference.
    let tags = |form: &Form| match form.read() {
        Ok(draft) => draft.tags,
        Err(_) => vec![form.tags.clone()],
    };
    [
        ours.title.trim() != mine.title.trim(),
        ours.body != mine.body.replace("\r\n", "\n"),
        ours.classification != mine.classification,
        tags(&ours) != tags(mine),
    ]
}

fn part(name: &'static str, differs: bool, value: AnyView) -> AnyView {
    let (mark, value) = if differs {
        (Either::Left(view! { <span class="badge badge-warn">"Different"</span> }), value)
    } else {
        (Either::Right(view! { <span class="quiet">"Same as yours"</span> }), ().into_any())
    };
    view! {
        <div class="theirs-part">
            <dt>{name}" "{mark}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

fn nothing() -> AnyView {
    view! { <span class="quiet">"Nothing"</span> }.into_any()
}
