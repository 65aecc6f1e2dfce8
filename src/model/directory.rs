//! Roles, groups, permissions and organizations, as the directory describes them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether the directory's descriptions can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Yes, as they were at this time.
    Available {
        /// When they were read from the directory.
        as_of: DateTime<Utc>,
    },
    /// No: the directory has not answered since this time. It is asked again by itself.
    UnavailableSince(DateTime<Utc>),
    /// No directory is configured.
    Off,
}

/// A role of Auth0's role-based access control, or of the Authorization Extension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Role {
    /// The directory's id: `rol_…` of the Management API, a GUID of the Authorization Extension.
    pub id: String,
    /// The name, as it stands in claims.
    pub name: String,
    /// What it is for, in its makers' words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A group of the Authorization Extension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Group {
    /// The directory's id, a GUID.
    pub id: String,
    /// The name, as it stands in claims.
    pub name: String,
    /// What it is for, in its makers' words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A permission. What it permits is for the API it belongs to to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// The name, as it stands in access tokens, such as `read:reports`.
    pub name: String,
    /// What it permits, in its makers' words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The API it is for: the audience of the Management API's `resource_server_identifier`. The
    /// Authorization Extension's permissions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// An Auth0 organization a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// The short name.
    pub name: String,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Where a person has something from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It was given to the person themselves.
    Direct,
    /// The role of this name gives it.
    Role(String),
    /// The group of this name gives it, or, for a group, lies in it.
    Group(String),
}

/// Something a person has, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held<T> {
    /// What they have.
    pub entry: T,
    /// Each way they have it by, at least one.
    pub sources: Vec<Source>,
}

/// What the directory says a person has. It explains; it decides nothing: what a person may do
/// comes from their token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memberships {
    /// Groups, with those that a group of theirs lies in.
    pub groups: Vec<Held<Group>>,
    /// Roles, with those that groups give.
    pub roles: Vec<Held<Role>>,
    /// Permissions, with the roles that give them.
    pub permissions: Vec<Held<Permission>>,
    /// Organizations.
    pub organizations: Vec<Organization>,
    /// When it was read from the directory.
    pub as_of: DateTime<Utc>,
}

/// An account, as the Management API keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The `sub` of their tokens, such as `auth0|5f7c8ec7`.
    pub user_id: String,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// The full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A short or casual name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// An `https:` address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Whether sign-in is refused to them.
    pub blocked: bool,
    /// How often they signed in.
    pub logins_count: u64,
    /// When the account was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// When they last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login: Option<DateTime<Utc>>,
    /// What administrators keep about them.
    pub app_metadata: Map<String, Value>,
    /// What they may keep about themselves, and edit.
    pub user_metadata: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn availability_reads_well_on_the_wire() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let json = |availability| serde_json::to_string(&availability).unwrap();
        assert_eq!(json(Availability::Off), r#""off""#);
        assert_eq!(json(Availability::Available { as_of: at }), r#"{"available":{"as_of":"1970-01-01T00:00:00Z"}}"#);
        assert_eq!(json(Availability::UnavailableSince(at)), r#"{"unavailable_since":"1970-01-01T00:00:00Z"}"#);
    }
}
