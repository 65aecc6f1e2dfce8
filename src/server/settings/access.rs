//! Settings of roles, policy and directory.

use super::{OidcSettings, Reader};
use crate::server::{
    access::{Policy, RoleClaims, second_factor},
    directory::DirectorySettings,
};
use std::{path::Path, time::Duration};

/// Where roles come from and what they allow.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// `PORTICO_POLICY`: the policy file; without one the built-in policy holds.
    pub policy: Policy,
    /// `PORTICO_ROLE_CLAIMS`, `ROLES_FROM_USER_METADATA` and `PORTICO_DEFAULT_ROLE`.
    pub roles: RoleClaims,
    /// `PERMISSIONS_FROM_TOKEN`: whether the `permissions` of the access token count.
    pub permissions_from_token: bool,
    /// `PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS`: how old a second factor may be for a sensitive action.
    pub second_factor_max_age: Duration,
}

/// Reads them. What cannot be used is among the reader's faults.
pub(super) fn read_access(read: &mut Reader, oidc: Option<&OidcSettings>) -> AccessSettings {
    let policy = match read.optional("PORTICO_POLICY") {
        None => Policy::built_in(),
        Some(path) => Policy::load(Path::new(&path)).unwrap_or_else(|error| {
            read.fault(format!("PORTICO_POLICY: {error}"));
            Policy::built_in()
        }),
    };
    let list = |text: String| text.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let default_role = match read.optional("PORTICO_DEFAULT_ROLE").as_deref() {
        None => RoleClaims::default().default_role,
        Some("none") => None,
        Some(role) => Some(role.to_owned()),
    };
    if let Some(role) = &default_role
        && let Err(error) = policy.check_default_role(role)
    {
        read.fault(format!("PORTICO_DEFAULT_ROLE: {error}"));
    }
    let yes_or_no = [("true", true), ("false", false)];
    let permissions_from_token = read.choice("PERMISSIONS_FROM_TOKEN", &yes_or_no).unwrap_or(false);
    if permissions_from_token && oidc.is_some_and(|oidc| oidc.audience.is_none()) {
        read.fault(
            "PERMISSIONS_FROM_TOKEN needs AUTH0_AUDIENCE: without an API there are no permissions in the access token.",
        );
    }
    let max_age = read.seconds(
        "PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS",
        second_factor::DEFAULT_MAX_AGE.as_secs(),
        60..=30 * 24 * 3600,
    );
    AccessSettings {
        policy,
        roles: RoleClaims {
            namespaced: read.optional("PORTICO_ROLE_CLAIMS").map(list),
            from_user_metadata: read.choice("ROLES_FROM_USER_METADATA", &yes_or_no).unwrap_or(false),
            default_role,
        },
        permissions_from_token,
        second_factor_max_age: Duration::from_secs(max_age),
    }
}

/// Reads where descriptions come from. What cannot be used is among the reader's faults.
pub(super) fn read_directory(read: &mut Reader, oidc: Option<&OidcSettings>) -> DirectorySettings {
    // Without the sign-in service's settings there is a fault already.
    let Some(oidc) = oidc else { return DirectorySettings::none() };
    DirectorySettings::read(|name| read.optional(name), oidc).unwrap_or_else(|faults| {
        faults.into_iter().for_each(|fault| read.fault(fault));
        DirectorySettings::none()
    })
}
