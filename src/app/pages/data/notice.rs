//! What has just happened, at the top of the page that it led to.

use super::parts::{form_alert, step_up};
use crate::app::components::{Moment, icon};
use crate::app::{Notice, links};
use crate::model::record::Deleted;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// The place of the notice. It is on the page also when there is none, and has the focus when there
/// is one: so it is read first, and an "Undo" in it is the next stop. `here` is where a second factor
/// comes back to.
pub fn region(notice: Option<&Notice>, here: &str) -> AnyView {
    let notice = notice.map(|notice| shown(notice, here));
    view! { <div class="happened" role="status">{notice}</div> }.into_any()
}

fn shown(notice: &Notice, here: &str) -> AnyView {
    match notice {
        Notice::Created => done("The record is created.".into_any(), None),
        Notice::Saved => done("Your changes are saved.".into_any(), None),
        Notice::Restored => done("The record is back.".into_any(), None),
        Notice::Deleted(Deleted { id, title, restorable_until }) => {
            let words = view! {
                <strong>"“"<bdi>{title.clone()}</bdi>"” is deleted."</strong>
                " You can bring it back until "
                <Moment time=*restorable_until/>
                "."
            };
            let undo = view! {
                <form method="post" action=links::restore_record(id) data-soft="">
                    <button class="button">{icon::undo()}"Undo"</button>
                    {form_alert()}
                </form>
            };
            done(words.into_any(), Some(undo.into_any()))
        }
        Notice::Forbidden => refused("That was not done: you may not do that with this record.", None),
        Notice::Changed => refused(
            "The record was not deleted: somebody has changed it since you opened it. This is how it is now.",
            None,
        ),
        Notice::Gone => refused("That record is not there any more: it has been deleted meanwhile.", None),
        Notice::TooLate => refused("It is too late to bring that record back.", None),
        Notice::NeedsSecondFactor => refused(
            "That was not done yet: it takes a second factor that you confirmed lately.",
            Some(step_up(here, "button button-primary")),
        ),
    }
}

fn done(words: AnyView, action: Option<AnyView>) -> AnyView {
    callout("callout callout-row callout-good", icon::verified(), words, action)
}

fn refused(words: &'static str, action: Option<AnyView>) -> AnyView {
    callout("callout callout-row", icon::notice(), words.into_any(), action)
}

fn callout(class: &'static str, icon: InertElement, words: AnyView, action: Option<AnyView>) -> AnyView {
    view! {
        <div class=class tabindex="-1" autofocus=true>
            {icon}
            <div>
                <p>{words}</p>
                {action}
            </div>
        </div>
    }
    .into_any()
}
