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

/// Lets an administrator do that.
///
/// # Errors
/// [`ProblemKind::Forbidden`] for everybody else.
pub async fn allow(state: &AppState, person: &Person, standing: &Standing, action: Action) -> Result<(), Failure> {
    if !person.disabled && standing.access.allows(Permission::Admin) {
        return Ok(());
    }
    let about = About { subject: Some(&person.subject), session: None };
    state.audit.write(Event::PermissionRefused { action }, about).await;
    Err(Failure::new(ProblemKind::Forbidden, format!("for administrators alone: {action:?}")))
}
