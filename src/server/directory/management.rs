//! The Management API v2: <https://auth0.com/docs/api/management/v2>.

use super::{
    budget::Urgency,
    catalogue::{Catalogue, RoleEntry},
    client::{ApiClient, Call, PER_PAGE},
    error::{Api, DirectoryError},
    refreshing::{Fetched, Missing, Refreshing, Snapshot},
    settings::{MachineClient, Tuning},
    shape,
    token::MachineTokens,
    transport::Transport,
    users::{self, UserPage, UserQuery},
};
use crate::model::directory::{Account, Held, Memberships, Organization, Permission, Role, Source};
use axum::http::Method;
use chrono::Utc;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The scopes that reading needs.
pub const READ_SCOPES: &[&str] = &["read:users", "read:roles", "read:role_members", "read:organizations"];
/// The scopes that changing metadata and roles needs besides.
pub const WRITE_SCOPES: &[&str] =
    &["update:users", "update:users_app_metadata", "create:role_members", "delete:role_members"];

/// The permissions of how many roles are read. Each costs a call.
const MOST_ROLES_WITH_PERMISSIONS: usize = 100;
/// How many roles are given or taken by one call at most.
const MOST_ROLES_A_CALL: usize = 50;
/// The largest change of metadata sent, in bytes.
const LARGEST_METADATA: usize = 64 << 10;
/// How long a catalogue may be served that cannot be refreshed.
pub(super) const CATALOGUE_USABLE: Duration = Duration::from_secs(24 * 3600);
/// How long what is known of a person may be served that cannot be refreshed.
pub(super) const MEMBERSHIPS_USABLE: Duration = Duration::from_secs(3600);
/// How much of what is known of people is kept, in bytes.
pub(super) const MEMBERSHIPS_ROOM: u64 = 32 << 20;

/// The Management API, with what was read from it.
pub struct Management {
    client: ApiClient,
    machine: Arc<MachineClient>,
    tuning: Tuning,
    catalogue: Refreshing<Catalogue>,
    /// The roles alone, of the first catalogue: shown while their permissions are still being read,
    /// or cannot be.
    outline: Mutex<Option<Snapshot<Catalogue>>>,
    people: Refreshing<Memberships>,
}

impl Management {
    pub(super) fn new(
        machine: Arc<MachineClient>,
        tokens: MachineTokens,
        transport: Transport,
        tuning: Tuning,
    ) -> Self {
        let audience = machine.management_audience();
        Self {
            client: ApiClient::new(Api::Management, &audience.clone(), audience, tokens, transport, tuning),
            machine,
            tuning,
            catalogue: Refreshing::new(8 << 20, &tuning),
            outline: Mutex::new(None),
            people: Refreshing::new(MEMBERSHIPS_ROOM, &tuning),
        }
    }

    pub(super) fn client(&self) -> &ApiClient {
        &self.client
    }

    pub(super) async fn catalogue(self: &Arc<Self>, deadline: Instant) -> Result<Snapshot<Catalogue>, Missing> {
        let this = Arc::clone(self);
        match self.catalogue.get("", deadline, move || async move { this.fetch_catalogue().await }).await {
            Err(missing) => {
                let outline = self.outline.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let usable = |outline: &Snapshot<Catalogue>| {
                    (Utc::now() - outline.as_of).to_std().is_ok_and(|age| age < CATALOGUE_USABLE)
                };
                outline.filter(usable).ok_or(missing)
            }
            found => found,
        }
    }

    async fn fetch_catalogue(&self) -> Result<Fetched<Catalogue>, DirectoryError> {
        let mut catalogue = Catalogue::new();
        let (roles, cut) = self.read_roles(&mut catalogue.dropped, Urgency::Refresh).await?;
        catalogue.partial = cut || roles.len() > MOST_ROLES_WITH_PERMISSIONS;
        let ids: Vec<String> = roles.iter().map(|role| role.id.clone()).collect();
        for role in roles {
            catalogue.roles.insert(role.name.clone(), RoleEntry { role, permissions: Default::default() });
        }
        *self.outline.lock().unwrap_or_else(PoisonError::into_inner) = Some(Snapshot {
            value: Arc::new(Catalogue { partial: true, ..catalogue.clone() }),
            as_of: catalogue.as_of,
        });
        for id in ids.iter().take(MOST_ROLES_WITH_PERMISSIONS) {
            let permissions = match self.read_permissions_of_role(id, &mut catalogue.dropped, Urgency::Refresh).await {
                Ok(permissions) => permissions,
                // The role was deleted since the list was read.
                Err(DirectoryError::NotFound(_)) => continue,
                Err(error) => return Err(error),
            };
            let names = permissions.iter().map(|permission| permission.name.clone()).collect();
            if let Some(entry) = catalogue.roles.values_mut().find(|entry| entry.role.id == *id) {
                entry.permissions = names;
            }
            for permission in permissions {
                catalogue.add_permission(permission, self.machine.api.as_deref());
            }
        }
        warn_of_dropped(catalogue.dropped);
        self.outline.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Fetched { value: catalogue, fresh_for: self.tuning.cache_life, usable_for: CATALOGUE_USABLE, bytes: 0 })
    }

    pub(super) async fn memberships(
        self: &Arc<Self>,
        subject: &str,
        deadline: Instant,
    ) -> Result<Snapshot<Memberships>, Missing> {
        let (this, id) = (Arc::clone(self), subject.to_owned());
        self.people.get(subject, deadline, move || async move { this.fetch_memberships(&id).await }).await
    }

    async fn fetch_memberships(&self, id: &str) -> Result<Fetched<Memberships>, DirectoryError> {
        let mut dropped = 0;
        let roles = match self.read_roles_of(id, &mut dropped, Urgency::Refresh).await {
            // An account that the tenant does not have, has nothing.
            Err(DirectoryError::NotFound(_)) => Vec::new(),
            outcome => outcome?,
        };
        let permissions = optional(self.read_permissions_of(id, &mut dropped, Urgency::Refresh).await)?;
        let organizations = optional(self.read_organizations_of(id, &mut dropped, Urgency::Refresh).await)?;
        warn_of_dropped(dropped);
        let memberships = Memberships {
            groups: Vec::new(),
            roles: roles.into_iter().map(|role| Held { entry: role, sources: vec![Source::Direct] }).collect(),
            permissions,
            organizations,
            as_of: Utc::now(),
        };
        Ok(fetched(memberships, self.tuning.cache_life))
    }

    pub(super) async fn forget(&self, subject: &str) {
        self.people.forget(subject).await;
    }

    async fn read_roles(&self, dropped: &mut usize, urgency: Urgency) -> Result<(Vec<Role>, bool), DirectoryError> {
        let list = self.client.pages(Call::get("GET /roles", &["roles"], "read:roles"), "roles", urgency).await?;
        Ok((distinct(shape::each(&list.entries, dropped, shape::role), |role| role.id.clone()), list.cut))
    }

    async fn read_permissions_of_role(
        &self,
        id: &str,
        dropped: &mut usize,
        urgency: Urgency,
    ) -> Result<Vec<Permission>, DirectoryError> {
        let path = ["roles", id, "permissions"];
        let call = Call::get("GET /roles/{id}/permissions", &path, "read:roles");
        let list = self.client.pages(call, "permissions", urgency).await?;
        Ok(distinct(shape::each(&list.entries, dropped, shape::permission), |p| (p.name.clone(), p.api.clone())))
    }

    async fn read_roles_of(
        &self,
        id: &str,
        dropped: &mut usize,
        urgency: Urgency,
    ) -> Result<Vec<Role>, DirectoryError> {
        let path = ["users", id, "roles"];
        let call = Call::get("GET /users/{id}/roles", &path, "read:users read:roles read:role_members");
        let list = self.client.pages(call, "roles", urgency).await?;
        Ok(distinct(shape::each(&list.entries, dropped, shape::role), |role| role.id.clone()))
    }

    async fn read_permissions_of(
        &self,
        id: &str,
        dropped: &mut usize,
        urgency: Urgency,
    ) -> Result<Vec<Held<Permission>>, DirectoryError> {
        let path = ["users", id, "permissions"];
        let call = Call::get("GET /users/{id}/permissions", &path, "read:users");
        let list = self.client.pages(call, "permissions", urgency).await?;
        let held = shape::each(&list.entries, dropped, |value| {
            Some(Held { entry: shape::permission(value)?, sources: sources(value.get("sources")) })
        });
        Ok(distinct(held, |held| (held.entry.name.clone(), held.entry.api.clone())))
    }

    async fn read_organizations_of(
        &self,
        id: &str,
        dropped: &mut usize,
        urgency: Urgency,
    ) -> Result<Vec<Organization>, DirectoryError> {
        let path = ["users", id, "organizations"];
        let call = Call::get("GET /users/{id}/organizations", &path, "read:organizations");
        let list = self.client.pages(call, "organizations", urgency).await?;
        Ok(distinct(shape::each(&list.entries, dropped, shape::organization), |organization| organization.id.clone()))
    }

    fn action(&self) -> Urgency {
        Urgency::Action(Instant::now() + self.tuning.action_limit)
    }

    pub(super) async fn roles(&self) -> Result<Vec<Role>, DirectoryError> {
        self.read_roles(&mut 0, self.action()).await.map(|(roles, _)| roles)
    }

    pub(super) async fn permissions_of_role(&self, role: &str) -> Result<Vec<Permission>, DirectoryError> {
        self.read_permissions_of_role(role, &mut 0, self.action()).await
    }

    pub(super) async fn roles_of(&self, id: &str) -> Result<Vec<Role>, DirectoryError> {
        self.read_roles_of(id, &mut 0, self.action()).await
    }

    pub(super) async fn permissions_of(&self, id: &str) -> Result<Vec<Held<Permission>>, DirectoryError> {
        self.read_permissions_of(id, &mut 0, self.action()).await
    }

    pub(super) async fn organizations_of(&self, id: &str) -> Result<Vec<Organization>, DirectoryError> {
        self.read_organizations_of(id, &mut 0, self.action()).await
    }

    pub(super) async fn account(&self, id: &str) -> Result<Account, DirectoryError> {
        let path = ["users", id];
        let body = self.client.call(&Call::get("GET /users/{id}", &path, "read:users"), self.action()).await?;
        users::the_account(&body, id, "GET /users/{id}")
    }

    pub(super) async fn accounts(&self, query: &UserQuery) -> Result<UserPage, DirectoryError> {
        let pairs = query.pairs()?;
        let call = Call { query: &pairs, ..Call::get("GET /users", &["users"], "read:users") };
        let body = self.client.call(&call, self.action()).await?;
        users::page(body, query, "GET /users")
    }

    pub(super) async fn update_metadata(
        &self,
        id: &str,
        member: Metadata,
        change: &Map<String, Value>,
    ) -> Result<Account, DirectoryError> {
        const NAME: &str = "PATCH /users/{id}";
        if change.is_empty() {
            return Err(DirectoryError::Senseless("it would change nothing"));
        }
        let (member, scope) = match member {
            Metadata::User => ("user_metadata", "update:users"),
            Metadata::App => ("app_metadata", "update:users_app_metadata"),
        };
        let body = json!({ member: change });
        if body.to_string().len() > LARGEST_METADATA {
            return Err(DirectoryError::Senseless("it is larger than 64 kB"));
        }
        let path = ["users", id];
        let body = self.client.call(&Call::change(NAME, Method::PATCH, &path, body, scope), self.action()).await?;
        users::the_account(&body, id, NAME)
    }

    pub(super) async fn assign_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        self.change_roles("POST /users/{id}/roles", Method::POST, id, roles, "update:users create:role_members").await
    }

    pub(super) async fn remove_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        self.change_roles("DELETE /users/{id}/roles", Method::DELETE, id, roles, "update:users delete:role_members")
            .await
    }

    async fn change_roles(
        &self,
        name: &'static str,
        method: Method,
        id: &str,
        roles: &[&str],
        scope: &'static str,
    ) -> Result<(), DirectoryError> {
        check_role_ids(roles)?;
        let path = ["users", id, "roles"];
        let outcome =
            self.client.call(&Call::change(name, method, &path, json!({ "roles": roles }), scope), self.action()).await;
        // Also after a failure: the change may have been made and only its answer lost.
        self.forget(id).await;
        outcome.map(|_| ())
    }
}

/// Which of the two metadata members of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metadata {
    User,
    App,
}

/// Refuses what no call is worth: no role, too many, or something that is no id.
pub(super) fn check_role_ids(roles: &[&str]) -> Result<(), DirectoryError> {
    if roles.is_empty() {
        return Err(DirectoryError::Senseless("no role is named"));
    }
    if roles.len() > MOST_ROLES_A_CALL {
        return Err(DirectoryError::Senseless("more than 50 roles are named"));
    }
    let sound = |id: &&str| !id.is_empty() && id.len() <= shape::LONGEST_ID && !id.chars().any(char::is_control);
    if roles.iter().all(sound) { Ok(()) } else { Err(DirectoryError::Senseless("what names a role is no id")) }
}

/// What a grant without this scope, or an account without it, does without.
fn optional<T: Default>(outcome: Result<T, DirectoryError>) -> Result<T, DirectoryError> {
    match outcome {
        Err(DirectoryError::NotFound(_) | DirectoryError::MissingScope { .. }) => Ok(T::default()),
        outcome => outcome,
    }
}

pub(super) fn warn_of_dropped(dropped: usize) {
    if dropped > 0 {
        tracing::warn!(dropped, "entries of the directory are of the wrong form and are left out");
    }
}

/// Each entry once, in the order of `key`: pages may overlap when something changes between them.
pub(super) fn distinct<T, K: Ord>(entries: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    entries.into_iter().map(|entry| (key(&entry), entry)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Memberships, with a guess at their size for the cache.
pub(super) fn fetched(memberships: Memberships, cache_life: Duration) -> Fetched<Memberships> {
    let entries = memberships.groups.len()
        + memberships.roles.len()
        + memberships.permissions.len()
        + memberships.organizations.len();
    let bytes = u32::try_from(entries.saturating_mul(512)).unwrap_or(u32::MAX);
    Fetched { value: memberships, fresh_for: cache_life, usable_for: MEMBERSHIPS_USABLE, bytes }
}

/// Where a permission comes from: `[{source_id, source_name, source_type: DIRECT | ROLE}]`.
fn sources(value: Option<&Value>) -> Vec<Source> {
    let mut sources: Vec<Source> = value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|source| match source.get("source_type")?.as_str()? {
            "DIRECT" => Some(Source::Direct),
            "ROLE" => Some(Source::Role(shape::name(source.get("source_name"))?)),
            _ => None,
        })
        .collect();
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        sources.push(Source::Direct);
    }
    sources
}

// Checked by the compiler.
const _: () = assert!(MOST_ROLES_WITH_PERMISSIONS <= PER_PAGE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_knows_its_roles() {
        let value = json!([
            { "source_id": "rol_2", "source_name": "manager", "source_type": "ROLE" },
            { "source_id": "", "source_name": "", "source_type": "DIRECT" },
            { "source_id": "rol_1", "source_name": "admin", "source_type": "ROLE" },
            { "source_id": "rol_1", "source_name": "admin", "source_type": "ROLE" },
            { "source_name": 7, "source_type": "ROLE" }, { "source_type": "MOON" }, 7,
        ]);
        assert_eq!(
            sources(Some(&value)),
            [Source::Direct, Source::Role("admin".into()), Source::Role("manager".into())]
        );
        assert_eq!(sources(None), [Source::Direct]);
    }

    #[test]
    fn no_call_is_wasted_on_what_cannot_be() {
        let long = "x".repeat(513);
        for roles in [&[][..], &[""], &["rol_1", "a\nb"], &[long.as_str()], &["rol_1"; 51]] {
            assert!(matches!(check_role_ids(roles), Err(DirectoryError::Senseless(_))));
        }
        assert_eq!(check_role_ids(&["rol_1"; 50]), Ok(()));
    }
}
