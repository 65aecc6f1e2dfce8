//! What has just happened with a record, at the top of the page that it led to.

use super::parts::{form_alert, step_up};
use crate::app::components::{Moment, done, happened, icon, refused};
use crate::app::{Notice, links};
use crate::model::record::Deleted;
use leptos::prelude::*;

/// The place of the notice. `here` is where a second factor comes back to.
pub fn region(notice: Option<&Notice>, here: &str) -> AnyView {
    happened(notice.map(|notice| shown(notice, here)))
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
        Notice::Forbidden => refused("That was not done: you may not do that with this record.".into_any(), None),
        Notice::Changed => refused(
            "The record was not deleted: somebody has changed it since you opened it. This is how it is now."
                .into_any(),
            None,
        ),
        Notice::Gone => refused("That record is not there any more: it has been deleted meanwhile.".into_any(), None),
        Notice::TooLate => refused("It is too late to bring that record back.".into_any(), None),
        Notice::NeedsSecondFactor => refused(
            "That was not done yet: it takes a second factor that you confirmed lately.".into_any(),
            Some(step_up(here, "button button-primary")),
        ),
    }
}
