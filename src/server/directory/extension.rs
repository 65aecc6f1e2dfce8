//! The Authorization Extension's API: <https://auth0.com/docs/customize/extensions/authorization-extension>.
//!
//! Auth0 keeps it alive for those who have it. It is the only place where Auth0's groups have
//! descriptions. Its roles and permissions belong to an application each: those of others are
//! passed over.

#[cfg(test)]
mod properties;

use super::{
    budget::Urgency,
    catalogue::{Catalogue, GroupEntry, RoleEntry},
    client::{ApiClient, Call},
    error::{Api, DirectoryError},
    management::{self, CATALOGUE_USABLE, MEMBERSHIPS_ROOM, check_role_ids, distinct, warn_of_dropped},
    refreshing::{Fetched, Missing, Refreshing, Snapshot},
    settings::{MachineClient, Tuning},
    shape,
    token::MachineTokens,
    transport::Transport,
};
use crate::model::directory::{Group, Held, Memberships, Permission, Role, Source};
use axum::http::Method;
use chrono::Utc;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};
use url::Url;

/// The audience of the extension's API, the same for all installations.
pub const AUDIENCE: &str = "urn:auth0-authz-api";
/// The scopes that reading needs.
pub const READ_SCOPES: &[&str] = &["read:groups", "read:roles", "read:permissions"];
/// The scope that giving and taking roles needs besides.
pub const WRITE_SCOPES: &[&str] = &["update:roles"];

/// The extension, with what was read from it.
pub struct Extension {
    client: ApiClient,
    application_id: String,
    tuning: Tuning,
    catalogue: Refreshing<Lists>,
    people: Refreshing<Memberships>,
}

/// The catalogue, and what is needed besides to explain memberships.
struct Lists {
    catalogue: Arc<Catalogue>,
    /// Role ids by group id.
    roles_of_groups: BTreeMap<String, BTreeSet<String>>,
    /// Group ids by the id of the group they lie in.
    nested: BTreeMap<String, BTreeSet<String>>,
    /// How many roles belong to other applications.
    foreign_roles: usize,
}

/// A group as it is listed.
struct ListedGroup {
    group: Group,
    nested: Vec<String>,
    roles: Vec<String>,
}

/// A role as it is listed, or as somebody's.
struct ListedRole {
    role: Role,
    application: String,
    permissions: Vec<String>,
}

impl Extension {
    pub(super) fn new(
        machine: &Arc<MachineClient>,
        url: &Url,
        tokens: MachineTokens,
        transport: Transport,
        tuning: Tuning,
    ) -> Self {
        Self {
            client: ApiClient::new(
                Api::AuthorizationExtension,
                url.as_str(),
                AUDIENCE.to_owned(),
                tokens,
                transport,
                tuning,
            ),
            application_id: machine.application_id.clone(),
            tuning,
            catalogue: Refreshing::new(8 << 20, &tuning),
            people: Refreshing::new(MEMBERSHIPS_ROOM, &tuning),
        }
    }

    pub(super) fn client(&self) -> &ApiClient {
        &self.client
    }

    pub(super) async fn catalogue(self: &Arc<Self>, deadline: Instant) -> Result<Snapshot<Catalogue>, Missing> {
        let lists = self.lists(deadline).await?;
        Ok(Snapshot { value: Arc::clone(&lists.value.catalogue), as_of: lists.as_of })
    }

    async fn lists(self: &Arc<Self>, deadline: Instant) -> Result<Snapshot<Lists>, Missing> {
        let this = Arc::clone(self);
        self.catalogue.get("", deadline, move || async move { this.fetch_lists().await }).await
    }

    async fn fetch_lists(&self) -> Result<Fetched<Lists>, DirectoryError> {
        let mut dropped = 0;
        let groups = self.read_groups(&mut dropped, Urgency::Refresh).await;
        let roles = self.read_roles(&mut dropped, Urgency::Refresh).await;
        let permissions = self.read_permissions(&mut dropped, Urgency::Refresh).await;
        // A grant without a scope does without that list; without all three, there is nothing.
        if let (Err(error), Err(_), Err(_)) = (&groups, &roles, &permissions) {
            return Err(error.clone());
        }
        let mut partial = false;
        let groups = part(groups, &mut partial)?;
        let roles = part(roles, &mut partial)?;
        let permissions = part(permissions, &mut partial)?;
        warn_of_dropped(dropped);
        let lists = self.put_together(groups, roles, permissions, partial, dropped);
        Ok(Fetched { value: lists, fresh_for: self.tuning.cache_life, usable_for: CATALOGUE_USABLE, bytes: 0 })
    }

    /// Makes the catalogue: ids become names, and what belongs to other applications is left out.
    fn put_together(
        &self,
        groups: Vec<ListedGroup>,
        roles: Vec<ListedRole>,
        permissions: BTreeMap<String, Permission>,
        partial: bool,
        dropped: usize,
    ) -> Lists {
        let all_roles = roles.len();
        let roles: Vec<_> = roles.into_iter().filter(|role| role.application == self.application_id).collect();
        let role_names: BTreeMap<_, _> =
            roles.iter().map(|listed| (listed.role.id.as_str(), listed.role.name.as_str())).collect();
        let group_names: BTreeMap<_, _> =
            groups.iter().map(|listed| (listed.group.id.as_str(), listed.group.name.as_str())).collect();
        let named = |ids: &[String], names: &BTreeMap<&str, &str>| -> BTreeSet<String> {
            ids.iter().filter_map(|id| names.get(id.as_str())).map(|name| (*name).to_owned()).collect()
        };
        let mut catalogue = Catalogue { partial, dropped, ..Catalogue::new() };
        for listed in &groups {
            let entry = GroupEntry {
                group: listed.group.clone(),
                nested: named(&listed.nested, &group_names),
                roles: named(&listed.roles, &role_names),
            };
            catalogue.groups.insert(listed.group.name.clone(), entry);
        }
        for listed in &roles {
            let given = listed
                .permissions
                .iter()
                .filter_map(|id| permissions.get(id))
                .map(|permission| permission.name.clone());
            catalogue.roles.insert(
                listed.role.name.clone(),
                RoleEntry { role: listed.role.clone(), permissions: given.collect() },
            );
        }
        for permission in permissions.into_values() {
            catalogue.add_permission(permission, None);
        }
        let foreign_roles = all_roles - roles.len();
        let (mut roles_of_groups, mut nested) = (BTreeMap::new(), BTreeMap::new());
        for listed in groups {
            roles_of_groups.insert(listed.group.id.clone(), listed.roles.into_iter().collect());
            nested.insert(listed.group.id, listed.nested.into_iter().collect());
        }
        Lists { catalogue: Arc::new(catalogue), roles_of_groups, nested, foreign_roles }
    }

    pub(super) async fn memberships(
        self: &Arc<Self>,
        subject: &str,
        deadline: Instant,
    ) -> Result<Snapshot<Memberships>, Missing> {
        let (this, id) = (Arc::clone(self), subject.to_owned());
        self.people.get(subject, deadline, move || async move { this.fetch_memberships(&id).await }).await
    }

    async fn fetch_memberships(self: &Arc<Self>, id: &str) -> Result<Fetched<Memberships>, DirectoryError> {
        let mut dropped = 0;
        let path = ["users", id, "groups", "calculate"];
        let call = Call::get("GET /users/{id}/groups/calculate", &path, "read:groups");
        let groups = self.client.list(call, "groups", Urgency::Refresh).await?;
        let groups = distinct(shape::each(&groups, &mut dropped, group), |group| group.id.clone());
        let path = ["users", id, "roles", "calculate"];
        let call = Call::get("GET /users/{id}/roles/calculate", &path, "read:roles");
        let roles = self.client.list(call, "roles", Urgency::Refresh).await?;
        let roles = self.own_roles(shape::each(&roles, &mut dropped, listed_role));
        warn_of_dropped(dropped);
        let lists = self.lists(Instant::now() + self.tuning.refresh_limit).await.map_err(|missing| missing.error)?;
        Ok(management::fetched(explain(groups, roles, &lists.value), self.tuning.cache_life))
    }

    pub(super) async fn forget(&self, subject: &str) {
        self.people.forget(subject).await;
    }

    /// How many roles of other applications there are, for `portico check`.
    pub(super) async fn foreign_roles(self: &Arc<Self>, deadline: Instant) -> Result<usize, DirectoryError> {
        self.lists(deadline).await.map(|lists| lists.value.foreign_roles).map_err(|missing| missing.error)
    }

    /// Reads the three lists for nothing but their refusals, for `portico check`.
    pub(super) async fn try_lists(&self) -> Result<(), DirectoryError> {
        self.read_groups(&mut 0, self.action()).await?;
        self.read_roles(&mut 0, self.action()).await?;
        self.read_permissions(&mut 0, self.action()).await?;
        Ok(())
    }

    async fn read_groups(&self, dropped: &mut usize, urgency: Urgency) -> Result<Vec<ListedGroup>, DirectoryError> {
        let list = self.client.list(Call::get("GET /groups", &["groups"], "read:groups"), "groups", urgency).await?;
        let groups = shape::each(&list, dropped, |value| {
            Some(ListedGroup {
                group: group(value)?,
                nested: shape::ids(value.get("nested")),
                roles: shape::ids(value.get("roles")),
            })
        });
        Ok(distinct(groups, |listed| listed.group.id.clone()))
    }

    async fn read_roles(&self, dropped: &mut usize, urgency: Urgency) -> Result<Vec<ListedRole>, DirectoryError> {
        let list = self.client.list(Call::get("GET /roles", &["roles"], "read:roles"), "roles", urgency).await?;
        Ok(distinct(shape::each(&list, dropped, listed_role), |listed| listed.role.id.clone()))
    }

    /// The application's permissions, by id.
    async fn read_permissions(
        &self,
        dropped: &mut usize,
        urgency: Urgency,
    ) -> Result<BTreeMap<String, Permission>, DirectoryError> {
        let call = Call::get("GET /permissions", &["permissions"], "read:permissions");
        let list = self.client.list(call, "permissions", urgency).await?;
        let permissions = shape::each(&list, dropped, |value| {
            let permission = Permission {
                name: shape::name(value.get("name"))?,
                description: shape::description(value.get("description")),
                api: None,
            };
            Some((shape::id(value.get("_id"))?, shape::id(value.get("applicationId"))?, permission))
        });
        let own = permissions.into_iter().filter(|(_, application, _)| *application == self.application_id);
        Ok(own.map(|(id, _, permission)| (id, permission)).collect())
    }

    fn own_roles(&self, roles: Vec<ListedRole>) -> Vec<Role> {
        let own =
            roles.into_iter().filter(|listed| listed.application == self.application_id).map(|listed| listed.role);
        distinct(own.collect(), |role| role.id.clone())
    }

    fn action(&self) -> Urgency {
        Urgency::Action(Instant::now() + self.tuning.action_limit)
    }

    pub(super) async fn roles(&self) -> Result<Vec<Role>, DirectoryError> {
        Ok(self.own_roles(self.read_roles(&mut 0, self.action()).await?))
    }

    pub(super) async fn permissions_of_role(&self, role: &str) -> Result<Vec<Permission>, DirectoryError> {
        let urgency = self.action();
        let roles = self.read_roles(&mut 0, urgency).await?;
        let own = |listed: &&ListedRole| listed.role.id == role && listed.application == self.application_id;
        let listed = roles.iter().find(own).ok_or(DirectoryError::NotFound("GET /roles"))?;
        let permissions = self.read_permissions(&mut 0, urgency).await?;
        Ok(listed.permissions.iter().filter_map(|id| permissions.get(id)).cloned().collect())
    }

    /// The roles given to somebody themselves; those that groups give are among the memberships.
    pub(super) async fn roles_of(&self, id: &str) -> Result<Vec<Role>, DirectoryError> {
        let path = ["users", id, "roles"];
        let list =
            self.client.list(Call::get("GET /users/{id}/roles", &path, "read:roles"), "roles", self.action()).await?;
        Ok(self.own_roles(shape::each(&list, &mut 0, listed_role)))
    }

    pub(super) async fn assign_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        self.change_roles("PATCH /users/{id}/roles", Method::PATCH, id, roles).await
    }

    pub(super) async fn remove_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        self.change_roles("DELETE /users/{id}/roles", Method::DELETE, id, roles).await
    }

    /// The application's permissions that somebody's roles give, and the roles that give them.
    pub(super) async fn permissions_of(self: &Arc<Self>, id: &str) -> Result<Vec<Held<Permission>>, DirectoryError> {
        self.forget(id).await;
        let deadline = Instant::now() + self.tuning.action_limit;
        let memberships = self.memberships(id, deadline).await.map_err(|missing| missing.error)?;
        Ok(memberships.value.permissions.clone())
    }

    async fn change_roles(
        &self,
        name: &'static str,
        method: Method,
        id: &str,
        roles: &[&str],
    ) -> Result<(), DirectoryError> {
        check_role_ids(roles)?;
        let path = ["users", id, "roles"];
        let outcome =
            self.client.call(&Call::change(name, method, &path, json!(roles), "update:roles"), self.action()).await;
        // Also after a failure: the change may have been made and only its answer lost.
        self.forget(id).await;
        outcome.map(|_| ())
    }
}

/// A list, or none where a scope is missing.
fn part<T: Default>(outcome: Result<T, DirectoryError>, partial: &mut bool) -> Result<T, DirectoryError> {
    match outcome {
        Err(DirectoryError::MissingScope { .. }) => {
            *partial = true;
            Ok(T::default())
        }
        outcome => outcome,
    }
}

/// Says of each group, role and permission where it comes from.
fn explain(groups: Vec<Group>, roles: Vec<Role>, lists: &Lists) -> Memberships {
    let through_groups = |gives: &dyn Fn(&Group) -> bool| -> Vec<Source> {
        let mut sources: Vec<_> =
            groups.iter().filter(|group| gives(group)).map(|group| Source::Group(group.name.clone())).collect();
        sources.sort();
        if sources.is_empty() {
            sources.push(Source::Direct);
        }
        sources
    };
    let holds = |lists: &BTreeMap<String, BTreeSet<String>>, whole: &str, part: &str| {
        lists.get(whole).is_some_and(|parts| parts.contains(part))
    };
    let mut permissions: BTreeMap<&str, BTreeSet<Source>> = BTreeMap::new();
    for entry in roles.iter().filter_map(|role| lists.catalogue.role(&role.name)) {
        for permission in &entry.permissions {
            permissions.entry(permission).or_default().insert(Source::Role(entry.role.name.clone()));
        }
    }
    let permissions = permissions.into_iter().filter_map(|(name, sources)| {
        Some(Held { entry: lists.catalogue.permission(name)?.clone(), sources: sources.into_iter().collect() })
    });
    let held_group = |group: &Group| Held {
        entry: group.clone(),
        sources: through_groups(&|child| child.id != group.id && holds(&lists.nested, &group.id, &child.id)),
    };
    let held_role = |role: &Role| Held {
        entry: role.clone(),
        sources: through_groups(&|group| holds(&lists.roles_of_groups, &group.id, &role.id)),
    };
    Memberships {
        permissions: permissions.collect(),
        groups: groups.iter().map(held_group).collect(),
        roles: roles.iter().map(held_role).collect(),
        organizations: Vec::new(),
        as_of: Utc::now(),
    }
}

fn group(value: &Value) -> Option<Group> {
    Some(Group {
        id: shape::id(value.get("_id"))?,
        name: shape::name(value.get("name"))?,
        description: shape::description(value.get("description")),
    })
}

fn listed_role(value: &Value) -> Option<ListedRole> {
    Some(ListedRole {
        role: Role {
            id: shape::id(value.get("_id"))?,
            name: shape::name(value.get("name"))?,
            description: shape::description(value.get("description")),
        },
        application: shape::id(value.get("applicationId"))?,
        permissions: shape::ids(value.get("permissions")),
    })
}
