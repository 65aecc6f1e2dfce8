//! Who is signed in, as administrators may see it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A person, and how much they are signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PersonSessions {
    /// The person's id at the sign-in service (`sub`).
    pub subject: String,
    /// What to call them: name, nickname, e-mail address or id.
    pub name: String,
    /// The e-mail address, verified or not.
    pub email: Option<String>,
    /// How many live sessions they have.
    pub sessions: u32,
    /// When one of them was last used, to within a minute; nothing where they have none.
    pub last_seen: Option<DateTime<Utc>>,
}
