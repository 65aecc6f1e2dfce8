//! What the pages about records are drawn of: the server works it out and gives it as context.

use crate::model::record::{Closed, Deleted, Fault, Form, Reach, Record, RecordId, RecordPage};

/// What a page under `/data` shows. One of these is in the context of each of them, in an `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordsView {
    /// Records are closed to this person, and why. Takes the place of every page under `/data`.
    Closed(Closed),
    /// `/data`: a page of the list, or of what a search found.
    List(ListView),
    /// `/data/{id}`: one record.
    Record {
        /// The record.
        record: Box<Record>,
        /// What the person may do at all.
        reach: Reach,
        /// What has just happened.
        notice: Option<Notice>,
    },
    /// `/data/new` and `/data/{id}/edit`: the form, empty, filled, or as it was sent and refused.
    Form(FormView),
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListView {
    /// What was searched for; empty for the whole list.
    pub search: String,
    /// The records, newest first.
    pub page: RecordPage,
    /// Whether this is a later page: there is a way back to the first.
    pub is_later_page: bool,
    /// What the person may do at all, and so what is offered.
    pub reach: Reach,
    /// What has just happened.
    pub notice: Option<Notice>,
}

/// A form for a record.
#[derive(Clone, Debug, PartialEq)]
pub struct FormView {
    /// What stands in it.
    pub form: Form,
    /// The record that it changes; nothing for a new one.
    pub editing: Option<RecordId>,
    /// What is wrong with it, in the order of the fields.
    pub faults: Vec<Fault>,
    /// Why it was not saved, or what else there is to say.
    pub state: FormState,
}

/// What there is to say about a form besides its faults.
#[derive(Clone, Debug, PartialEq)]
pub enum FormState {
    /// Nothing.
    Plain,
    /// Somebody else has saved the record meanwhile; this is theirs. The form's version is already
    /// theirs: saving it again replaces what they wrote, knowingly.
    Changed(Box<Record>),
    /// Saving it takes a second factor that is not too old. The form has been kept on the server;
    /// after the second factor the person comes back to it, filled in.
    NeedsSecondFactor,
    /// The person may not save it (any more): their permissions have changed.
    Forbidden,
    /// The record is not there any more.
    Gone,
    /// This form was kept while the person confirmed with a second factor.
    Kept,
}

/// What has just happened, said at the top of the page it led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// The record was created.
    Created,
    /// The record was saved.
    Saved,
    /// The record was brought back.
    Restored,
    /// A record was deleted, and can be brought back with the form that this offers.
    Deleted(Deleted),
    /// The record could not be deleted or brought back: the person may not.
    Forbidden,
    /// It could not be deleted: somebody has changed it since the person saw it.
    Changed,
    /// The record is not there any more: somebody has deleted it.
    Gone,
    /// It could not be brought back: it is too late.
    TooLate,
    /// It takes a second factor that is not too old: the way there comes back here.
    NeedsSecondFactor,
}
