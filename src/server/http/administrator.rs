//! What is for administrators alone: whoever lacks the permission `admin` is refused, and the audit log says so.

use super::failure::Failure;
use crate::{
    model::{Permission, Person, ProblemKind},
    server::{
        AppState,
        audit::{About, Action, Event},
        standing::Standing,
    },
};

/// Whether this is an administrator.
pub fn is(person: &Person, standing: &Standing) -> bool {
    !person.disabled && standing.access.allows(Permission::Admin)
}

/// Lets an administrator do that.
///
/// # Errors
/// [`ProblemKind::Forbidden`] for everybody else.
pub async fn allow(state: &AppState, person: &Person, standing: &Standing, action: Action) -> Result<(), Failure> {
    if is(person, standing) {
        return Ok(());
    }
    let about = About { subject: Some(&person.subject), session: None };
    state.audit.write(Event::PermissionRefused { action }, about).await;
    Err(Failure::new(ProblemKind::Forbidden, format!("for administrators alone: {action:?}")))
}
