//! What can go wrong in front of a person, in words they can use.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that went wrong, as a person may see it: a plain sentence, what to do, and a support
/// id under which the log keeps the cause. It never holds a detail an attacker could use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What went wrong.
    pub kind: ProblemKind,
    /// The id of the request, under which the log keeps the cause.
    pub support_id: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (support id {})", self.kind.sentence(), self.support_id)
    }
}

impl std::error::Error for Problem {}

/// The kinds of problem that people can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// There is no such page.
    NotFound,
    /// The page exists, but not for this person.
    Forbidden,
    /// Nobody is signed in, and the answer needs somebody.
    Unauthenticated,
    /// The session has ended: signed out elsewhere, or expired.
    SessionEnded,
    /// The request cannot be understood.
    BadRequest,
    /// The request has more in it than is taken.
    TooLarge,
    /// More was asked from this address than is taken in a minute.
    TooManyRequests,
    /// The request came from another site, or the browser did not say where from.
    CrossSite,
    /// The person said no at the sign-in service, or it refused them (`access_denied`).
    SignInDenied,
    /// The sign-in was started too long ago, in another browser, or was used already.
    SignInExpired,
    /// The sign-in service cannot be reached.
    SignInUnreachable,
    /// The sign-in service answered with an error, or with something that cannot be trusted.
    SignInFailed,
    /// The database cannot be reached.
    Unavailable,
    /// There are more requests at once than can be worked on.
    Busy,
    /// A fault of our own.
    Internal,
}

impl ProblemKind {
    /// The HTTP status code that says the same.
    pub const fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Forbidden | Self::CrossSite | Self::SignInDenied => 403,
            Self::Unauthenticated | Self::SessionEnded => 401,
            Self::BadRequest | Self::SignInExpired => 400,
            Self::TooLarge => 413,
            Self::TooManyRequests => 429,
            Self::SignInUnreachable | Self::Unavailable | Self::Busy => 503,
            Self::SignInFailed => 502,
            Self::Internal => 500,
        }
    }

    /// A heading of a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Page not found",
            Self::Forbidden => "You don’t have access to this",
            Self::Unauthenticated => "Please sign in",
            Self::SessionEnded => "You were signed out",
            Self::BadRequest => "That request doesn’t make sense",
            Self::TooLarge => "That was too much at once",
            Self::TooManyRequests => "That was too often",
            Self::CrossSite => "That came from another site",
            Self::SignInDenied => "You weren’t signed in",
            Self::SignInExpired => "That sign-in is no longer valid",
            Self::SignInUnreachable => "Can’t reach the sign-in service",
            Self::SignInFailed => "The sign-in didn’t work",
            Self::Unavailable => "Portico is taking a short break",
            Self::Busy => "Portico is very busy",
            Self::Internal => "Something went wrong on our side",
        }
    }

    /// What happened, in one plain sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing at this address.",
            Self::Forbidden => "You are signed in, but this page is not open to you.",
            Self::Unauthenticated => "This is only open to people who are signed in.",
            Self::SessionEnded => "Your session has ended, here or on another device, or it was not used for too long.",
            Self::BadRequest => "The address or the form was incomplete or damaged.",
            Self::TooLarge => "What was sent is larger than what is taken here: a text of 64 kB. Nothing was saved.",
            Self::TooManyRequests => "From your network this was asked for more often than is taken in a minute.",
            Self::CrossSite => {
                "To protect you, requests that change something are only accepted from Portico’s own pages."
            }
            Self::SignInDenied => "Sign-in was cancelled, or the sign-in service did not let you in.",
            Self::SignInExpired => "It was started too long ago, in another browser, or it was used already.",
            Self::SignInUnreachable => "The service that signs you in does not answer at the moment.",
            Self::SignInFailed => "The sign-in service gave an answer that could not be accepted.",
            Self::Unavailable => "A part of the service does not answer at the moment. Nothing you did is lost.",
            Self::Busy => "More people are asking at this moment than can be answered. Nothing you did is lost.",
            Self::Internal => "This is a fault of ours, not yours.",
        }
    }

    /// What the person can do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NotFound => "Check the address, or go to the start page.",
            Self::Forbidden => "If you think it should be, ask your administrator and give them the support id.",
            Self::Unauthenticated | Self::SessionEnded => "Sign in again and you come back to where you were.",
            Self::BadRequest => "Go back and try again from the page you came from.",
            Self::TooLarge => "Go back, make the text shorter, and send it again.",
            Self::CrossSite => "Open the start page and do it from there.",
            Self::SignInDenied => "Try again, or choose another account.",
            Self::SignInExpired => "Start again; it takes a moment.",
            Self::TooManyRequests | Self::SignInUnreachable | Self::Unavailable => "Wait a minute and try again.",
            Self::Busy => "Wait a few seconds and try again.",
            Self::SignInFailed => "Try again. If it happens again, contact support with the support id.",
            Self::Internal => "Try again. If it happens again, contact support with the support id.",
        }
    }

    /// Whether starting a new sign-in is the way on.
    pub const fn sign_in_helps(self) -> bool {
        matches!(
            self,
            Self::Unauthenticated
                | Self::SessionEnded
                | Self::SignInDenied
                | Self::SignInExpired
                | Self::SignInUnreachable
                | Self::SignInFailed
        )
    }
}
