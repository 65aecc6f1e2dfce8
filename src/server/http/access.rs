//! What the person of a session may do: claims, policy and second factor decide, the directory
//! describes.

use crate::{
    model::{
        Access, Person, SecondFactor, SignedIn, directory::Availability, directory::Memberships, directory::Source,
    },
    server::{
        AppState,
        access::{
            ClaimSet, DirectoryView, Evidence, claims, decide,
            decide::{GroupInfo, RoleInfo},
            second_factor,
        },
        directory::Catalogue,
    },
};
use chrono::{DateTime, Utc};

/// What a person may do, by what was said about them at their last sign-in, without descriptions.
pub fn bare(state: &AppState, person: &Person, second_factor: Option<&SecondFactor>) -> Access {
    with(state, person, second_factor, None)
}

/// The second factor that a sign-in showed, if it did.
pub fn second_factor(state: &AppState, methods: &[String], at: DateTime<Utc>) -> Option<SecondFactor> {
    second_factor::from_methods(&state.settings.access.policy, methods, at)
}

/// What the person of a session may do, with the directory's descriptions where they can be had in
/// time.
pub async fn described(state: &AppState, signed_in: &SignedIn) -> (Access, Availability) {
    let person = &signed_in.person;
    let (catalogue, memberships) = state.directory.look(&person.subject).await;
    let view = catalogue.value.as_deref().map(|catalogue| view(catalogue, memberships.value.as_deref()));
    let factor = second_factor(state, &signed_in.authentication_methods, signed_in.signed_in_at);
    (with(state, person, factor.as_ref(), view.as_ref()), catalogue.availability)
}

fn with(state: &AppState, person: &Person, factor: Option<&SecondFactor>, directory: Option<&DirectoryView>) -> Access {
    let settings = &state.settings.access;
    let found = claims::read(&ClaimSet::from(person), &settings.roles);
    if !found.dropped.is_empty() {
        tracing::warn!(subject = %person.subject, "claims about access: {}", found.dropped);
    }
    let evidence = Evidence {
        found: &found,
        token_permissions: &[],
        permissions_from_token: false,
        second_factor: factor,
        directory,
        as_of: person.last_login,
    };
    decide::decide(&settings.policy, &evidence)
}

/// The directory's answers as the decision reads them.
fn view(catalogue: &Catalogue, memberships: Option<&Memberships>) -> DirectoryView {
    let roles = catalogue.roles().map(|entry| {
        let groups = catalogue.groups().filter(|group| group.roles.contains(&entry.role.name));
        let info = RoleInfo {
            description: entry.role.description.clone(),
            groups: groups.map(|group| group.group.name.clone()).collect(),
        };
        (entry.role.name.clone(), info)
    });
    let groups = catalogue.groups().map(|entry| {
        let name = &entry.group.name;
        let info = GroupInfo {
            description: entry.group.description.clone(),
            inside: catalogue.parents_of(name).map(str::to_owned).collect(),
        };
        (name.clone(), info)
    });
    let permissions = catalogue
        .permissions()
        .filter_map(|permission| Some((permission.name.clone(), permission.description.clone()?)));
    let held = memberships.map(|memberships| memberships.groups.as_slice()).unwrap_or_default();
    let direct = held.iter().filter(|held| held.sources.contains(&Source::Direct));
    DirectoryView {
        roles: roles.collect(),
        groups: groups.collect(),
        permissions: permissions.collect(),
        member_of: direct.map(|held| held.entry.name.clone()).collect(),
    }
}
