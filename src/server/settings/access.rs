//! Settings of roles, policy and directory.

use super::{OidcSettings, Reader};
use crate::server::{
    access::{Policy, RoleClaims},
    directory::DirectorySettings,
};
use std::path::Path;

/// Where roles come from and what they allow.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// `PORTICO_POLICY`: the policy file; without one the built-in policy holds.
    pub policy: Policy,
    /// `PORTICO_ROLE_CLAIMS`, `ROLES_FROM_USER_METADATA` and `PORTICO_DEFAULT_ROLE`.
    pub roles: RoleClaims,
}

/// Reads them. What cannot be used is among the reader's faults.
pub(super) fn read_access(read: &mut Reader) -> AccessSettings {
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
    AccessSettings {
        policy,
        roles: RoleClaims {
            namespaced: read.optional("PORTICO_ROLE_CLAIMS").map(list),
            from_user_metadata: read
                .choice("ROLES_FROM_USER_METADATA", &[("true", true), ("false", false)])
                .unwrap_or(false),
            default_role,
        },
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
