//! What the page about everybody's sessions is drawn of: the server works it out and gives it as context.

use crate::model::{PersonSessions, device::DeviceSession};

/// What `/people` shows. It is in the page's context, in an `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub struct PeopleView {
    /// Whom it is about.
    pub shown: PeopleShown,
    /// Whether the administrator proved lately who they are, as ending a session takes.
    pub may_end: bool,
    /// What has just happened.
    pub notice: Option<PeopleNotice>,
}

/// Whom it is about.
#[derive(Clone, Debug, PartialEq)]
pub enum PeopleShown {
    /// The people who were last seen, or those who were searched for.
    Several {
        /// What was searched for; empty where nothing was.
        search: String,
        /// Who was found.
        people: Vec<PersonSessions>,
    },
    /// One person.
    One {
        /// Who it is.
        person: PersonSessions,
        /// Their live sessions, the last used first.
        sessions: Vec<DeviceSession>,
    },
}

/// What has just happened with people's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleNotice {
    /// One was ended.
    Ended,
    /// All of a person were ended.
    AllEnded,
    /// Everybody's were ended.
    EverybodysEnded,
    /// Nothing was ended: the administrator must prove anew who they are.
    MustConfirm,
    /// They have just done so.
    Confirmed,
}
