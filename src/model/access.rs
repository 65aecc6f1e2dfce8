//! What a person may do, and why: roles, groups, permissions and the access level.
//!
//! The server decides ([`Access`] is its answer); the browser only shows it. Every entry says where
//! it comes from, so that a page can explain each line.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a role, or an access token, allows. There are these six and no others; a name that is none
/// of them grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See records.
    Read,
    /// Create records and change any.
    Write,
    /// Delete any record.
    Delete,
    /// Create records and change one's own.
    WriteOwn,
    /// See the people who share a group, and their records.
    ManageTeam,
    /// Do everything in administration.
    Admin,
}

impl Permission {
    /// All six, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Read, Self::Write, Self::Delete, Self::WriteOwn, Self::ManageTeam, Self::Admin];

    /// The name on the wire: in tokens, in the policy file, in the database, in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::WriteOwn => "write_own",
            Self::ManageTeam => "manage_team",
            Self::Admin => "admin",
        }
    }

    /// What it allows, in words that follow "You may".
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Read => "see records",
            Self::Write => "create records and change any of them",
            Self::Delete => "delete any record",
            Self::WriteOwn => "create records and change your own",
            Self::ManageTeam => "see the people who share a group with you, and their records",
            Self::Admin => "do everything in administration",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name is none of the six permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such permission")]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    /// Reads a name exactly as [`as_str`](Self::as_str) writes it: no other case, no spaces.
    fn from_str(name: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name).ok_or(UnknownPermission)
    }
}

/// The access level: the highest role, in the policy's order, that a person may use now.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessLevel(String);

impl AccessLevel {
    /// The level that carries the name of `role`.
    pub fn of_role(role: impl Into<String>) -> Self {
        Self(role.into())
    }

    /// The name of the role that makes the level.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A place where a role, a group or the name of a permission was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A claim of the ID token or of `/userinfo`: its name, or a path into it such as
    /// `authorization.roles`.
    Claim(String),
    /// A path inside `app_metadata`, which administrators keep.
    AppMetadata(String),
    /// A path inside `user_metadata`, which people can edit themselves. Only used when the
    /// operator opted in.
    UserMetadata(String),
    /// Found nowhere: the role that a person without any other role gets.
    Default,
}

/// Why a person has a role, a group or a permission.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was found there.
    Found(Source),
    /// The role of that name gives it, by the policy.
    Role(String),
    /// The group of that name carries it, as the directory says.
    Group(String),
    /// The `permissions` of the access token carry it.
    AccessToken,
    /// The directory counts the person in.
    Directory,
    /// Through nested groups: from the group the person is a member of, through the groups around
    /// it, to this group itself. It has at least two names.
    Nested(Vec<String>),
}

impl Reason {
    /// The reason in one plain sentence. Names stand in it as they came: show it as text.
    pub fn sentence(&self) -> String {
        match self {
            Self::Found(Source::Claim(name)) => {
                format!("The sign-in service says so in the claim “{name}”.")
            }
            Self::Found(Source::AppMetadata(path)) => {
                format!("Your administrators keep it in “app_metadata.{path}”.")
            }
            Self::Found(Source::UserMetadata(path)) => {
                format!("It stands in “user_metadata.{path}”, which you can edit yourself.")
            }
            Self::Found(Source::Default) => "Everybody who was given no role has this one.".to_owned(),
            Self::Role(role) => format!("Your role “{role}” gives it."),
            Self::Group(group) => format!("Your group “{group}” carries it."),
            Self::AccessToken => "Your access token carries it.".to_owned(),
            Self::Directory => "The directory counts you in.".to_owned(),
            Self::Nested(path) => {
                let mut names = path.iter();
                let member = names.next().map_or("", String::as_str);
                let inside: String = names.map(|name| format!(", which is inside “{name}”")).collect();
                format!("You are a member of “{member}”{inside}.")
            }
        }
    }
}

/// Why something a person has cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// It needs a second factor, and the person signed in without one.
    NeedsSecondFactor,
}

impl Withheld {
    /// The reason in one plain sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NeedsSecondFactor => {
                "It needs a second factor, and you signed in without one. Confirm with a second factor to use it."
            }
        }
    }
}

/// A second factor that was proven: the step-up, as it is kept in the session. Refresh tokens lose
/// `amr`, so it has to be kept when it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The `amr` value that counted (RFC 8176), such as `mfa`.
    pub method: String,
    /// When it was proven: the `auth_time` of the ID token, else when that token was taken.
    pub at: DateTime<Utc>,
}

/// A role that a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, exactly as it was found.
    pub name: String,
    /// What the directory says about it.
    pub description: Option<String>,
    /// Every reason why they have it; never empty.
    pub why: Vec<Reason>,
    /// Why it cannot be used now, if it cannot.
    pub withheld: Option<Withheld>,
    /// What it gives by the policy, withheld or not. Empty for a role the policy does not know.
    pub gives: Vec<Permission>,
}

/// A group that a person belongs to. Groups grant no permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, exactly as it was found.
    pub name: String,
    /// What the directory says about it.
    pub description: Option<String>,
    /// Every reason why they belong to it; never empty.
    pub why: Vec<Reason>,
}

impl Group {
    /// Whether the sign-in service itself named the group, in a claim or in metadata. Groups known
    /// from the directory alone are for showing, since the directory may be down.
    pub fn is_claimed(&self) -> bool {
        self.why.iter().any(|reason| matches!(reason, Reason::Found(_)))
    }
}

/// A permission, with the reasons for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which one. What it means is told by [`Permission::meaning`].
    pub permission: Permission,
    /// What the directory says about it.
    pub description: Option<String>,
    /// Every reason for it; never empty.
    pub why: Vec<Reason>,
}

/// The name of a permission that was found and grants nothing here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The name, exactly as it was found.
    pub name: String,
    /// What the directory says about it.
    pub description: Option<String>,
    /// Every place it was found; never empty.
    pub why: Vec<Reason>,
}

/// What a person may do and why, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The first of the policy's levels whose role they have and may use.
    pub level: Option<AccessLevel>,
    /// Their roles, each once: first those of the policy, highest level first, then the others by
    /// name. Withheld ones are among them.
    pub roles: Vec<Role>,
    /// Their groups, each once, by name.
    pub groups: Vec<Group>,
    /// What they may do now, each once, in the order of [`Permission::ALL`].
    pub permissions: Vec<Grant>,
    /// What they could do besides with a second factor; empty when there is one.
    pub withheld: Vec<Grant>,
    /// Names of permissions that were found and grant nothing here, each once, by name.
    pub listed: Vec<Listed>,
    /// The second factor that counts, if there is one.
    pub second_factor: Option<SecondFactor>,
    /// When the claims that all this comes from were read.
    pub as_of: DateTime<Utc>,
}

impl Access {
    /// Whether they may do it now.
    pub fn allows(&self, permission: Permission) -> bool {
        self.permissions.iter().any(|grant| grant.permission == permission)
    }

    /// Whether a second factor would give them more than they have.
    pub fn second_factor_helps(&self) -> bool {
        !self.withheld.is_empty() || self.withheld_roles().next().is_some()
    }

    /// The roles that cannot be used now.
    pub fn withheld_roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(|role| role.withheld.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_reads_back_from_its_name_and_from_json() {
        let names = ["read", "write", "delete", "write_own", "manage_team", "admin"];
        assert_eq!(Permission::ALL.map(Permission::as_str), names);
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(permission));
            let json = serde_json::to_value(permission).unwrap();
            assert_eq!(json, permission.as_str());
            assert_eq!(serde_json::from_value::<Permission>(json).unwrap(), permission);
            assert_eq!(format!("{permission:>12}").len(), 12);
        }
        for other in ["", "Read", " read", "read ", "writeown", "write-own", "*", "read:all"] {
            assert_eq!(other.parse::<Permission>(), Err(UnknownPermission), "{other:?}");
        }
    }

    #[test]
    fn every_meaning_is_its_own() {
        let mut meanings = Permission::ALL.map(Permission::meaning).to_vec();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), Permission::ALL.len());
    }

    #[test]
    fn reasons_are_plain_sentences() {
        let nested = |names: &[&str]| Reason::Nested(names.iter().map(|name| name.to_string()).collect());
        for (reason, sentence) in [
            (nested(&["Platform", "Engineering"]), "You are a member of “Platform”, which is inside “Engineering”."),
            (
                nested(&["Platform", "Engineering", "Everyone"]),
                "You are a member of “Platform”, which is inside “Engineering”, which is inside “Everyone”.",
            ),
            (Reason::Role("viewer".into()), "Your role “viewer” gives it."),
            (
                Reason::Found(Source::UserMetadata("roles".into())),
                "It stands in “user_metadata.roles”, which you can edit yourself.",
            ),
        ] {
            assert_eq!(reason.sentence(), sentence);
        }
    }

    #[test]
    fn an_answer_survives_the_wire() {
        let at = DateTime::UNIX_EPOCH;
        let access = Access {
            level: Some(AccessLevel::of_role("user")),
            roles: vec![Role {
                name: "user".into(),
                description: None,
                why: vec![Reason::Found(Source::Default)],
                withheld: Some(Withheld::NeedsSecondFactor),
                gives: vec![Permission::Read],
            }],
            groups: vec![Group { name: "a".into(), description: Some("A".into()), why: vec![Reason::Directory] }],
            permissions: vec![Grant {
                permission: Permission::Read,
                description: None,
                why: vec![Reason::AccessToken],
            }],
            withheld: vec![],
            listed: vec![Listed { name: "x".into(), description: None, why: vec![Reason::Group("a".into())] }],
            second_factor: Some(SecondFactor { method: "otp".into(), at }),
            as_of: at,
        };
        let json = serde_json::to_string(&access).unwrap();
        assert_eq!(serde_json::from_str::<Access>(&json).unwrap(), access);
        assert!(access.allows(Permission::Read) && !access.allows(Permission::Write));
        assert!(access.second_factor_helps(), "a withheld role is reason enough to step up");
        assert!(!access.groups[0].is_claimed());
    }
}
