//! What the directory says roles, groups and permissions are, found by their names.

use crate::model::directory::{Group, Permission, Role};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A role and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleEntry {
    /// The role.
    pub role: Role,
    /// The names of the permissions it gives, in order.
    pub permissions: BTreeSet<String>,
}

/// A group, what lies in it and what it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEntry {
    /// The group.
    pub group: Group,
    /// The names of the groups that lie in it: their members are its members.
    pub nested: BTreeSet<String>,
    /// The names of the roles it gives.
    pub roles: BTreeSet<String>,
}

/// All roles, groups and permissions, each name once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    pub(super) roles: BTreeMap<String, RoleEntry>,
    pub(super) groups: BTreeMap<String, GroupEntry>,
    pub(super) permissions: BTreeMap<String, Permission>,
    /// When it was read from the directory.
    pub as_of: DateTime<Utc>,
    /// Whether a part is missing: there are more than are read, a scope is missing, or the rest is
    /// still being read.
    pub partial: bool,
    /// How many entries could not be used.
    pub dropped: usize,
}

impl Catalogue {
    pub(super) fn new() -> Self {
        Self {
            roles: BTreeMap::new(),
            groups: BTreeMap::new(),
            permissions: BTreeMap::new(),
            as_of: Utc::now(),
            partial: false,
            dropped: 0,
        }
    }

    /// The role of this name, exactly as it stands in claims.
    pub fn role(&self, name: &str) -> Option<&RoleEntry> {
        self.roles.get(name)
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&GroupEntry> {
        self.groups.get(name)
    }

    /// The permission of this name; of several, that of the application's own API.
    pub fn permission(&self, name: &str) -> Option<&Permission> {
        self.permissions.get(name)
    }

    /// All roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = &RoleEntry> {
        self.roles.values()
    }

    /// All groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = &GroupEntry> {
        self.groups.values()
    }

    /// All permissions, by name.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.values()
    }

    /// The names of the groups that this group lies in, directly.
    pub fn parents_of(&self, group: &str) -> impl Iterator<Item = &str> {
        self.groups.values().filter(move |entry| entry.nested.contains(group)).map(|entry| entry.group.name.as_str())
    }

    /// Adds a permission; of two with one name, that of `api` wins, else the first.
    pub(super) fn add_permission(&mut self, permission: Permission, api: Option<&str>) {
        let wins = permission.api.is_some() && permission.api.as_deref() == api;
        match self.permissions.entry(permission.name.clone()) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(permission);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) if wins => {
                entry.insert(permission);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(name: &str, api: &str) -> Permission {
        Permission { name: name.to_owned(), description: Some(format!("{name} of {api}")), api: Some(api.to_owned()) }
    }

    #[test]
    fn of_two_permissions_of_one_name_that_of_our_api_is_shown() {
        for order in [["other", "ours"], ["ours", "other"]] {
            let mut catalogue = Catalogue::new();
            for api in order {
                catalogue.add_permission(permission("read", api), Some("ours"));
            }
            assert_eq!(catalogue.permission("read").unwrap().api.as_deref(), Some("ours"));
        }
        let mut catalogue = Catalogue::new();
        catalogue.add_permission(permission("read", "first"), None);
        catalogue.add_permission(permission("read", "second"), None);
        assert_eq!(catalogue.permission("read").unwrap().api.as_deref(), Some("first"));
    }
}
