//! Where a person stands: what they may do, put together from claims, policy and second factor, which
//! decide, and the directory, which describes. And the same for the database, which decides once more.

use super::{
    AppState,
    access::{
        ClaimSet, DirectoryView, Evidence, Found, claims,
        claims::token_permissions,
        decide,
        decide::{GroupInfo, RoleInfo},
        second_factor,
    },
    auth::OutboundError,
    directory::Catalogue,
    settings::AccessSettings,
    store::{Entitlements, NewPerson, Store, StoreError},
};
use crate::model::{
    Access, Permission, Person, SecondFactor, SignedIn,
    directory::{Availability, Memberships, Source},
};
use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;

/// What a person may do now, and what of it never needed a second factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What they may do, with the reasons, without descriptions.
    pub access: Access,
    /// What they may do in a session without a second factor.
    pub single_factor: BTreeSet<Permission>,
}

/// Where the person of a session stands.
pub fn of_session(state: &AppState, signed_in: &SignedIn) -> Standing {
    of_person(state, &signed_in.person, factor_of(state, signed_in).as_ref())
}

/// Where a person stands with or without a second factor.
pub fn of_person(state: &AppState, person: &Person, factor: Option<&SecondFactor>) -> Standing {
    let settings = &state.settings.access;
    let found = read(settings, &ClaimSet::from(person), &person.subject);
    let evidence = Evidence { second_factor: factor, ..evidence(settings, person, &found) };
    Standing {
        access: decide::decide(&settings.policy, &evidence),
        single_factor: decide::permissions_without_second_factor(&settings.policy, &evidence),
    }
}

/// The second factor of a session, if it had one.
pub fn factor_of(state: &AppState, signed_in: &SignedIn) -> Option<SecondFactor> {
    second_factor::from_methods(
        &state.settings.access.policy,
        &signed_in.authentication_methods,
        signed_in.authenticated_at,
    )
}

/// What the person of a session may do, with the directory's descriptions where they can be had in
/// time.
pub async fn described(state: &AppState, signed_in: &SignedIn) -> (Access, Availability) {
    let (settings, person) = (&state.settings.access, &signed_in.person);
    let (catalogue, memberships) = state.directory.look(&person.subject).await;
    let view = catalogue.value.as_deref().map(|catalogue| view(catalogue, memberships.value.as_deref()));
    let factor = factor_of(state, signed_in);
    let found = read(settings, &ClaimSet::from(person), &person.subject);
    let evidence =
        Evidence { second_factor: factor.as_ref(), directory: view.as_ref(), ..evidence(settings, person, &found) };
    (decide::decide(&settings.policy, &evidence), catalogue.availability)
}

/// The roles that somebody whom the sign-in service has just described has and had not, and those that they had and
/// have no more, with or without a second factor. Somebody new had none.
pub fn role_changes(settings: &AccessSettings, before: Option<&Person>, now: &NewPerson) -> (Vec<String>, Vec<String>) {
    let names = |claims: &ClaimSet<'_>| -> BTreeSet<String> {
        read(settings, claims, &now.subject).roles.into_iter().map(|role| role.name).collect()
    };
    let had = before.map(|person| names(&ClaimSet::from(person))).unwrap_or_default();
    let NewPerson { claims, app_metadata, user_metadata, .. } = now;
    let has = names(&ClaimSet { claims, app_metadata, user_metadata });
    (has.difference(&had).cloned().collect(), had.difference(&has).cloned().collect())
}

/// Adds to somebody whom the sign-in service has just described what the policy makes of it: the permissions of
/// their access token, where they count, and what the database is told.
///
/// # Errors
/// The service's keys cannot be had.
pub async fn entitled(
    state: &AppState,
    mut person: NewPerson,
    access_token: &SecretString,
) -> Result<NewPerson, OutboundError> {
    person.token_permissions = permissions_of(state, access_token).await?;
    person.entitlements = entitlements_of_new(&state.settings.access, &person);
    Ok(person)
}

/// What the database is told about somebody whom the sign-in service has just described.
pub fn entitlements_of_new(settings: &AccessSettings, person: &NewPerson) -> Entitlements {
    let NewPerson { claims, app_metadata, user_metadata, .. } = person;
    entitlements(
        settings,
        &ClaimSet { claims, app_metadata, user_metadata },
        &person.token_permissions,
        &person.subject,
    )
}

/// The permissions in an access token, where they count. A token that cannot be verified, such as an opaque
/// one, has none.
async fn permissions_of(state: &AppState, access_token: &SecretString) -> Result<Vec<String>, OutboundError> {
    let (true, Some(audience)) = (state.settings.access.permissions_from_token, &state.settings.oidc.audience) else {
        return Ok(vec![]);
    };
    match state.provider.verify_access_token(access_token.expose_secret(), audience).await? {
        Ok(claims) => {
            let (permissions, dropped) = token_permissions(&claims);
            if !dropped.is_empty() {
                tracing::warn!("permissions of the access token: {dropped}");
            }
            Ok(permissions)
        }
        Err(error) => {
            tracing::warn!(%error, "PERMISSIONS_FROM_TOKEN is on, but the access token of a session cannot be read");
            Ok(vec![])
        }
    }
}

/// Works out anew what the database is told about each person whose entitlements come from another
/// policy, or from none. Answers about how many.
///
/// # Errors
/// The database does not answer, or not as it should.
pub async fn bring_up_to_date(store: &Store, settings: &AccessSettings) -> Result<usize, StoreError> {
    let policy = checksum(settings);
    let mut count = 0;
    loop {
        let people = store.people_under_another_policy(&policy).await?;
        if people.is_empty() {
            return Ok(count);
        }
        for person in people {
            let claims = ClaimSet::from(&person);
            let entitlements = entitlements(settings, &claims, &person.token_permissions, &person.subject);
            store.entitle(&person.issuer, &person.subject, &entitlements).await?;
            count += 1;
        }
    }
}

fn entitlements(
    settings: &AccessSettings,
    claims: &ClaimSet<'_>,
    token_permissions: &[String],
    subject: &str,
) -> Entitlements {
    let found = read(settings, claims, subject);
    let evidence = Evidence {
        found: &found,
        token_permissions,
        permissions_from_token: settings.permissions_from_token,
        second_factor: None,
        directory: None,
        as_of: Default::default(),
    };
    Entitlements {
        single_factor: decide::permissions_without_second_factor(&settings.policy, &evidence),
        second_factor: decide::permissions_with_second_factor(&settings.policy, &evidence),
        groups: found.groups.iter().map(|group| group.name.clone()).collect(),
        policy: checksum(settings),
    }
}

/// Tells one set of rules from another.
fn checksum(settings: &AccessSettings) -> String {
    let rules = format!("{:?} {:?} {}", settings.policy, settings.roles, settings.permissions_from_token);
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, rules.as_bytes()).as_ref())
}

/// What the claims say; what they say too much of is logged, without its content.
fn read(settings: &AccessSettings, claims: &ClaimSet<'_>, subject: &str) -> Found {
    let found = claims::read(claims, &settings.roles);
    if !found.dropped.is_empty() {
        tracing::warn!(%subject, "claims about access: {}", found.dropped);
    }
    found
}

fn evidence<'a>(settings: &AccessSettings, person: &'a Person, found: &'a Found) -> Evidence<'a> {
    Evidence {
        found,
        token_permissions: &person.token_permissions,
        permissions_from_token: settings.permissions_from_token,
        second_factor: None,
        directory: None,
        as_of: person.described_at,
    }
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
