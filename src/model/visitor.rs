//! Who is looking at a page.

use super::Person;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who is looking at a page. The server gives it to every page as context; no page can be drawn
/// without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Visitor {
    /// Nobody we know, and no session cookie.
    Anonymous,
    /// The browser sent the cookie of a session that has ended: signed out elsewhere, or expired.
    SessionEnded,
    /// A person with a live session.
    SignedIn(Arc<SignedIn>),
}

impl Visitor {
    /// The signed-in person's session, if there is one.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        match self {
            Visitor::SignedIn(signed_in) => Some(signed_in),
            Visitor::Anonymous | Visitor::SessionEnded => None,
        }
    }
}

/// A person with a live session: what pages may know about it. It holds no token and no session id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who it is.
    pub person: Person,
    /// When they signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When they proved who they are: the ID token's `auth_time`. Earlier than
    /// [`signed_in_at`](Self::signed_in_at) when the sign-in service went on with a session of its own.
    pub authenticated_at: DateTime<Utc>,
    /// The ID token's `auth_time`, where the sign-in service sent one. Where it did not, nobody knows: it may
    /// have gone on with a session of its own.
    pub auth_time: Option<DateTime<Utc>>,
    /// When the session ends however busy it is (absolute lifetime).
    pub expires_at: DateTime<Utc>,
    /// How they proved who they are: the ID token's `amr` (RFC 8176), such as `["pwd", "mfa"]`.
    pub authentication_methods: Vec<String>,
}

/// How far the sign-in service's clock may be ahead of ours.
const LEEWAY: TimeDelta = TimeDelta::minutes(1);

impl SignedIn {
    /// Whether, by the sign-in service's own word, they proved who they are at most `age` before `now`.
    pub fn proved_within(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        self.auth_time.is_some_and(|at| (-LEEWAY..=age).contains(&(now - at)))
    }
}
