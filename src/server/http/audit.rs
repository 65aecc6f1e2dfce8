//! `GET /api/audit`: the audit log, for administrators.

use super::{
    administrator, caller,
    failure::Failure,
    problem::{ProblemDocument, Refused},
    visitor::Use,
};
use crate::server::{
    AppState,
    audit::{Action, Entry},
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use ulid::Ulid;
use utoipa::{IntoParams, ToSchema};

/// How many entries a page has where nothing is said.
const LIMIT: u16 = 100;
/// How many it has at most.
const MAX_LIMIT: u16 = 1000;

/// Which entries.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Parameters {
    /// Where the page begins: `next` of the page before, or the id of the last entry that is known.
    #[param(value_type = Option<String>, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    after: Option<String>,
    /// How many at most; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// The oldest first.
    entries: Vec<Entry>,
    /// Where the next page begins, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The audit log, the oldest entries first.
///
/// Only for those who have the permission `admin`. An entry that is written by another instance at this very moment
/// may come to lie before one that has been read already: whoever follows the log reads the last seconds twice.
#[utoipa::path(
    get,
    path = "/api/audit",
    tag = "audit",
    params(Parameters),
    responses(
        (status = 200, description = "A page of entries.", body = AuditPage),
        (status = 400, description = "A parameter is no good.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The caller lacks the permission `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn audit(
    State(state): State<AppState>,
    headers: HeaderMap,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let caller = caller::identify(&state, &headers, Use::Counts).await?;
    let (person, standing) = caller.standing(&state)?;
    administrator::allow(&state, person, &standing, Action::ReadAudit).await?;
    let bad = |sentence: &str| Failure::for_script(StatusCode::BAD_REQUEST, sentence, vec![]);
    let Query(parameters) = parameters.map_err(|_| bad("The parameters are after and limit, each once."))?;
    let after = match parameters.after.as_deref().map(Ulid::from_string) {
        Some(Ok(id)) => Some(id),
        None => None,
        Some(Err(_)) => return Err(bad("after is the id of an entry.")),
    };
    let limit = parameters.limit.unwrap_or(LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(bad("limit is a number from 1 to 1000."));
    }
    let entries = state.audit.after(after, limit).await?;
    let next = entries.last().filter(|_| entries.len() == usize::from(limit)).map(|entry| entry.id.clone());
    Ok(Json(AuditPage { entries, next }).into_response())
}
