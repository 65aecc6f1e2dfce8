//! The decision: what a person may do now, and why.
//!
//! A pure function of what was found in the claims, the policy, the second factor, the access
//! token's permissions and what the directory knows. The directory describes and explains; it never
//! grants, so that access does not change when it is down.

mod groups;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

use super::{
    claims::{Entry, Found, by_name},
    names,
    policy::{Policy, RoleRule},
};
use crate::model::{Access, AccessLevel, Grant, Listed, Permission, Reason, Role, SecondFactor, Withheld};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// All that a decision depends on, besides the policy.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What was found in the person's claims.
    pub found: &'a Found,
    /// The `permissions` of their verified access token (see
    /// [`token_permissions`](super::claims::token_permissions)).
    pub token_permissions: &'a [String],
    /// Whether those grant what they name (`PERMISSIONS_FROM_TOKEN`), or are only shown.
    pub permissions_from_token: bool,
    /// The second factor kept in the session, if one was proven.
    pub second_factor: Option<&'a SecondFactor>,
    /// What the directory knows, if there is one and it answered.
    pub directory: Option<&'a DirectoryView>,
    /// When the claims were read.
    pub as_of: DateTime<Utc>,
}

/// What the directory knows that helps to explain one person's access. It grants nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryView {
    /// Roles by name.
    pub roles: BTreeMap<String, RoleInfo>,
    /// Groups by name.
    pub groups: BTreeMap<String, GroupInfo>,
    /// Descriptions of permissions by name.
    pub permissions: BTreeMap<String, String>,
    /// The names of the groups the directory counts this person in.
    pub member_of: Vec<String>,
}

/// What the directory knows about a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleInfo {
    /// Its description.
    pub description: Option<String>,
    /// The names of the groups whose members have it.
    pub groups: Vec<String>,
}

/// What the directory knows about a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupInfo {
    /// Its description.
    pub description: Option<String>,
    /// The names of the groups it is nested in: its members are theirs too.
    pub inside: Vec<String>,
}

/// Decides what a person may do now, with every reason.
pub fn decide(policy: &Policy, evidence: &Evidence<'_>) -> Access {
    let second_factor = second_factor(policy, evidence);
    let groups = groups::groups(&evidence.found.groups, evidence.directory);
    let group_names: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let roles = roles(policy, evidence, second_factor.is_some(), &group_names);
    let usable = |name: &&String| roles.iter().any(|role| role.name == **name && role.withheld.is_none());
    let level = policy.levels().iter().find(usable).map(AccessLevel::of_role);

    let granted = grants(policy, evidence, second_factor.is_some());
    let mut withheld = grants(policy, evidence, true);
    withheld.retain(|permission, _| !granted.contains_key(permission));
    let listed = listed(evidence, |permission| granted.contains_key(&permission) || withheld.contains_key(&permission));
    let to_grants = |reasons: BTreeMap<Permission, Vec<Reason>>| -> Vec<Grant> {
        let grant = |(permission, why): (Permission, _)| {
            let description = permission_description(evidence, permission.as_str());
            Grant { permission, description, why }
        };
        reasons.into_iter().map(grant).collect()
    };
    Access {
        level,
        roles,
        groups,
        permissions: to_grants(granted),
        withheld: to_grants(withheld),
        listed,
        second_factor: second_factor.cloned(),
        as_of: evidence.as_of,
    }
}

/// What the person may do without a second factor, whether or not they have one: for the user record,
/// where the database reads it.
pub fn permissions_without_second_factor(policy: &Policy, evidence: &Evidence<'_>) -> BTreeSet<Permission> {
    grants(policy, evidence, false).into_keys().collect()
}

/// What the person may do with a second factor, whether or not they have one. It holds all of
/// [`permissions_without_second_factor`].
pub fn permissions_with_second_factor(policy: &Policy, evidence: &Evidence<'_>) -> BTreeSet<Permission> {
    grants(policy, evidence, true).into_keys().collect()
}

/// The second factor, if it still counts: the policy may have changed since it was proven.
fn second_factor<'a>(policy: &Policy, evidence: &Evidence<'a>) -> Option<&'a SecondFactor> {
    evidence.second_factor.filter(|factor| policy.is_second_factor(&factor.method))
}

/// The one place where permissions come from: the usable roles, and the token where it counts.
fn grants(policy: &Policy, evidence: &Evidence<'_>, second_factor: bool) -> BTreeMap<Permission, Vec<Reason>> {
    let mut grants: BTreeMap<Permission, Vec<Reason>> = BTreeMap::new();
    for rule in ordered(policy).filter(|rule| second_factor || !rule.needs_second_factor) {
        if evidence.found.roles.iter().any(|role| role.name == rule.name) {
            for permission in &rule.permissions {
                grants.entry(*permission).or_default().push(Reason::Role(rule.name.clone()));
            }
        }
    }
    if evidence.permissions_from_token {
        let known = evidence.token_permissions.iter().filter_map(|name| name.parse::<Permission>().ok());
        let known: BTreeSet<Permission> = known.collect();
        for permission in known {
            if second_factor || !policy.needs_second_factor(permission) {
                grants.entry(permission).or_default().push(Reason::AccessToken);
            }
        }
    }
    grants
}

/// The policy's roles: those that make a level, highest first, then the others as in the file.
fn ordered(policy: &Policy) -> impl Iterator<Item = &RoleRule> {
    let levels = policy.levels().iter().filter_map(|name| policy.role(name));
    let others = policy.roles().iter().filter(|rule| !policy.levels().contains(&rule.name));
    levels.chain(others)
}

fn roles(policy: &Policy, evidence: &Evidence<'_>, second_factor: bool, groups: &BTreeSet<&str>) -> Vec<Role> {
    let found = &evidence.found.roles;
    let known =
        ordered(policy).filter_map(|rule| Some((found.iter().find(|role| role.name == rule.name)?, Some(rule))));
    let unknown = found.iter().filter(|role| policy.role(&role.name).is_none()).map(|role| (role, None));
    let role = |(entry, rule): (&Entry, Option<&RoleRule>)| {
        let info = evidence.directory.and_then(|directory| directory.roles.get(&entry.name));
        let carriers = info.map_or(&[][..], |info| &info.groups).iter().filter(|group| groups.contains(group.as_str()));
        let mut why = found_reasons(entry);
        for group in carriers {
            push_once(&mut why, Reason::Group(group.clone()));
        }
        Role {
            name: entry.name.clone(),
            description: info.and_then(|info| names::description(info.description.as_deref()?)),
            why,
            withheld: rule
                .filter(|rule| rule.needs_second_factor && !second_factor)
                .map(|_| Withheld::NeedsSecondFactor),
            gives: rule.map_or_else(Vec::new, |rule| rule.permissions.iter().copied().collect()),
        }
    };
    known.chain(unknown).map(role).collect()
}

/// The permission names that were found and grant nothing: those in claims, and those in the token
/// that no permission has or that do not count.
fn listed(evidence: &Evidence<'_>, shown: impl Fn(Permission) -> bool) -> Vec<Listed> {
    let mut reasons: BTreeMap<&str, Vec<Reason>> = BTreeMap::new();
    for entry in &evidence.found.permissions {
        reasons.insert(&entry.name, found_reasons(entry));
    }
    for name in evidence.token_permissions.iter().filter(|name| names::check(name).is_ok()) {
        push_once(reasons.entry(name).or_default(), Reason::AccessToken);
    }
    let mut listed: Vec<Listed> = reasons
        .into_iter()
        .filter(|(name, _)| !name.parse().is_ok_and(&shown))
        .map(|(name, why)| Listed { name: name.to_owned(), description: permission_description(evidence, name), why })
        .collect();
    listed.sort_by(|left, right| by_name(&left.name, &right.name));
    listed
}

fn permission_description(evidence: &Evidence<'_>, name: &str) -> Option<String> {
    names::description(evidence.directory?.permissions.get(name)?)
}

fn found_reasons(entry: &Entry) -> Vec<Reason> {
    entry.sources.iter().cloned().map(Reason::Found).collect()
}

fn push_once(reasons: &mut Vec<Reason>, reason: Reason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
