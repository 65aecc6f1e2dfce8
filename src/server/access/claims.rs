//! From claims to roles and groups: one entry a name, each knowing every place it was found.
//!
//! Auth0 delivers the same list several times (the namespaced claim, and the legacy Authorization
//! Extension rule's three copies), and an administrator may have put anything at all into any of
//! them. What comes out is bounded, in a stable order, and holds sound names only (see
//! [`names`]); what was dropped is counted, without its content.

#[cfg(test)]
mod tests;

use super::names::{self, NameFault};
use crate::model::{Person, Source};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

/// The most roles, groups and permissions that are taken from one person's claims, of each kind.
pub const MAX_ENTRIES: usize = 256;
/// The most namespaced claims that are read for roles, and for groups.
pub const MAX_NAMESPACED: usize = 16;

/// Where roles may come from: settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleClaims {
    /// The claims that carry roles, by their exact names, such as `https://portal.example/roles`.
    /// `None`: every claim named `https://…/roles`.
    pub namespaced: Option<Vec<String>>,
    /// Whether `user_metadata.roles` counts (`ROLES_FROM_USER_METADATA`). People can edit their
    /// `user_metadata`: with this on, they can give themselves any role.
    pub from_user_metadata: bool,
    /// The role of a person for whom none is found.
    pub default_role: Option<String>,
}

impl Default for RoleClaims {
    /// Any `https://…/roles`, nothing people can edit, and the role `user` when none is found.
    fn default() -> Self {
        Self { namespaced: None, from_user_metadata: false, default_role: Some("user".to_owned()) }
    }
}

/// What the sign-in service said about a person, as far as access depends on it.
#[derive(Clone, Copy, Debug)]
pub struct ClaimSet<'a> {
    /// The claims that are none of the standard ones.
    pub claims: &'a Map<String, Value>,
    /// What administrators keep about them.
    pub app_metadata: &'a Map<String, Value>,
    /// What they may keep about themselves.
    pub user_metadata: &'a Map<String, Value>,
}

impl<'a> From<&'a Person> for ClaimSet<'a> {
    fn from(person: &'a Person) -> Self {
        Self { claims: &person.claims, app_metadata: &person.app_metadata, user_metadata: &person.user_metadata }
    }
}

/// A name, and every place it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, exactly as it came.
    pub name: String,
    /// Where it was found, each place once; never empty.
    pub sources: Vec<Source>,
}

/// What was found in a person's claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The roles, each once, by name; or the default role.
    pub roles: Vec<Entry>,
    /// The groups, each once, by name.
    pub groups: Vec<Entry>,
    /// The names of permissions, each once, by name. They are shown and decide nothing: what
    /// counts are the roles, and the access token's own `permissions`.
    pub permissions: Vec<Entry>,
    /// What was not taken.
    pub dropped: Dropped,
}

/// What was not taken, for one line in the log. It holds counts alone, nothing of the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many entries. One that comes three times is counted three times.
    pub count: usize,
    /// How many of them for which reason.
    pub reasons: BTreeMap<DropReason, usize>,
}

/// Why an entry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// It is a number, an object or another shape, and no name.
    NotText,
    /// There were [`MAX_ENTRIES`] already, or [`MAX_NAMESPACED`] claims of its kind.
    TooMany,
    /// The name cannot be taken as it is.
    Name(NameFault),
}

impl Dropped {
    /// Whether everything was taken.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, reason: DropReason) {
        self.count += 1;
        *self.reasons.entry(reason).or_default() += 1;
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dropped", self.count)?;
        let mut mark = ": ";
        for (reason, count) in &self.reasons {
            write!(f, "{mark}{count} ")?;
            match reason {
                DropReason::NotText => f.write_str("not text")?,
                DropReason::TooMany => f.write_str("past the limit")?,
                DropReason::Name(fault) => write!(f, "whose name {fault}")?,
            }
            mark = ", ";
        }
        Ok(())
    }
}

/// Reads a person's roles, groups and permission names. Nothing that claims can hold makes it fail.
pub fn read(set: &ClaimSet<'_>, settings: &RoleClaims) -> Found {
    let mut dropped = Dropped::default();
    let roles = {
        let mut roles = Collector::new(&mut dropped);
        match &settings.namespaced {
            Some(configured) => {
                for name in configured {
                    roles.take(set.claims.get(name), || Source::Claim(name.clone()));
                }
            }
            None => roles.take_namespaced(set.claims, "roles"),
        }
        roles.take_everywhere(set, "roles");
        roles.take(set.app_metadata.get("roles"), || Source::AppMetadata("roles".to_owned()));
        if settings.from_user_metadata {
            roles.take(set.user_metadata.get("roles"), || Source::UserMetadata("roles".to_owned()));
        }
        roles.finish()
    };
    let groups = {
        let mut groups = Collector::new(&mut dropped);
        groups.take_namespaced(set.claims, "groups");
        groups.take_everywhere(set, "groups");
        groups.finish()
    };
    let permissions = {
        let mut permissions = Collector::new(&mut dropped);
        permissions.take_namespaced(set.claims, "permissions");
        permissions.take_everywhere(set, "permissions");
        permissions.finish()
    };
    let roles = match &settings.default_role {
        Some(name) if roles.is_empty() => vec![Entry { name: name.clone(), sources: vec![Source::Default] }],
        _ => roles,
    };
    Found { roles, groups, permissions, dropped }
}

/// The `permissions` of an access token whose signature, issuer and audience have been verified
/// (Auth0's RBAC puts them there: "Add Permissions in the Access Token"), each once, by name.
pub fn token_permissions(access_token: &Map<String, Value>) -> (Vec<String>, Dropped) {
    let mut dropped = Dropped::default();
    let mut permissions = Collector::new(&mut dropped);
    permissions.take(access_token.get("permissions"), || Source::Claim("permissions".to_owned()));
    let names = permissions.finish().into_iter().map(|entry| entry.name).collect();
    (names, dropped)
}

/// The order of names on a page: by letters whatever their case, and always the same.
pub(super) fn by_name(left: &str, right: &str) -> std::cmp::Ordering {
    let letters = |name: &str| name.to_lowercase();
    letters(left).cmp(&letters(right)).then_with(|| left.cmp(right))
}

/// Gathers the entries of one kind.
struct Collector<'a> {
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
    dropped: &'a mut Dropped,
}

impl<'a> Collector<'a> {
    fn new(dropped: &'a mut Dropped) -> Self {
        Self { entries: Vec::new(), index: HashMap::new(), dropped }
    }

    /// Every claim named `https://…/{kind}`, by name.
    fn take_namespaced(&mut self, claims: &Map<String, Value>, kind: &str) {
        let mut namespaced: Vec<_> = claims.iter().filter(|(name, _)| is_namespaced(name, kind)).collect();
        // A map of claims is sorted unless a feature of serde_json makes it keep the order it came in.
        namespaced.sort_unstable_by_key(|(name, _)| *name);
        for (place, (name, value)) in namespaced.into_iter().enumerate() {
            if place < MAX_NAMESPACED {
                self.take(Some(value), || Source::Claim(name.clone()));
            } else {
                self.dropped.add(DropReason::TooMany);
            }
        }
    }

    /// The legacy rule's three copies: at the top, under `authorization`, and in `app_metadata`.
    fn take_everywhere(&mut self, set: &ClaimSet<'_>, kind: &str) {
        self.take(set.claims.get(kind), || Source::Claim(kind.to_owned()));
        self.take(under_authorization(set.claims, kind), || Source::Claim(format!("authorization.{kind}")));
        self.take(under_authorization(set.app_metadata, kind), || Source::AppMetadata(format!("authorization.{kind}")));
    }

    /// A list of names, or a single name. `null` is nothing.
    fn take(&mut self, value: Option<&Value>, source: impl Fn() -> Source) {
        match value {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) => list.iter().for_each(|item| self.take_one(item, &source)),
            Some(single) => self.take_one(single, &source),
        }
    }

    fn take_one(&mut self, value: &Value, source: &impl Fn() -> Source) {
        let Value::String(name) = value else {
            return self.dropped.add(DropReason::NotText);
        };
        if let Some(&known) = self.index.get(name) {
            // The index holds places in the entries, and none is taken out of them here.
            let sources = &mut self.entries[known].sources;
            let source = source();
            if !sources.contains(&source) {
                sources.push(source);
            }
        } else if let Err(fault) = names::check(name) {
            self.dropped.add(DropReason::Name(fault));
        } else if self.entries.len() == MAX_ENTRIES {
            self.dropped.add(DropReason::TooMany);
        } else {
            self.index.insert(name.clone(), self.entries.len());
            self.entries.push(Entry { name: name.clone(), sources: vec![source()] });
        }
    }

    fn finish(mut self) -> Vec<Entry> {
        self.entries.sort_unstable_by(|left, right| by_name(&left.name, &right.name));
        self.entries
    }
}

fn under_authorization<'a>(map: &'a Map<String, Value>, kind: &str) -> Option<&'a Value> {
    map.get("authorization")?.get(kind)
}

/// Whether a claim is named `https://…/{kind}`. Auth0 asks for a URL as the namespace of custom
/// claims; the name is shown to people, so it must be as sound as any other.
fn is_namespaced(name: &str, kind: &str) -> bool {
    name.strip_prefix("https://")
        .and_then(|rest| rest.strip_suffix(kind))
        .and_then(|rest| rest.strip_suffix('/'))
        .is_some_and(|namespace| !namespace.is_empty() && !namespace.starts_with('/'))
        && names::check(name).is_ok()
}
