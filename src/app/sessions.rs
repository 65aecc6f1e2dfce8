//! What the page about sessions is drawn of: the server works it out and gives it as context.

use crate::model::device::DeviceSession;

/// What `/sessions` shows. It is in the page's context, in an `Arc`.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionsView {
    /// The person's live sessions: this one first, then the last used.
    pub sessions: Vec<DeviceSession>,
    /// Whether they proved lately who they are, as ending a session takes.
    pub may_end: bool,
    /// Whether they may see who else is signed in.
    pub administers: bool,
    /// What has just happened.
    pub notice: Option<SessionsNotice>,
}

/// What has just happened with sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsNotice {
    /// One was ended.
    Ended,
    /// All others were ended.
    OthersEnded,
    /// Nothing was ended: they must prove anew who they are.
    MustConfirm,
    /// They have just done so.
    Confirmed,
}
