//! Records, for the person who is signed in: each of them sees and does what the database lets them.

use super::ApiError;
use crate::model::record::{Form, Record, RecordId, RecordPage, Saved};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

/// A page of the records that the person sees, newest first: those created before `before`, that have
/// the words of `search`.
///
/// # Errors
/// `unauthenticated` or `session_ended` when nobody is signed in, `forbidden` when records are closed to
/// them, `unavailable` when the database does not answer.
#[server(prefix = "/rpc", endpoint = "list_records", input = GetUrl, output = Json)]
pub async fn list_records(
    /// Words to search for.
    search: Option<String>,
    /// Where the page begins.
    before: Option<RecordId>,
) -> Result<RecordPage, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    desk.list(&search.unwrap_or_default(), before).await.map_err(server::refused)
}

/// The record with that id.
///
/// # Errors
/// As [`list_records`], and `not_found` when there is none that the person sees.
#[server(name = GetRecord, prefix = "/rpc", endpoint = "record", input = GetUrl, output = Json)]
pub async fn record(
    /// The record's id.
    id: RecordId,
) -> Result<Record, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    let found = desk.get(&id).await.map_err(server::refused)?;
    found.ok_or_else(|| ApiError::new(crate::model::ProblemKind::NotFound))
}

/// Creates a record of the person's own.
///
/// # Errors
/// As [`list_records`]. What is wrong with the form is an answer, no error.
#[server(prefix = "/rpc", endpoint = "create_record", input = Json, output = Json)]
pub async fn create_record(
    /// What was filled in.
    form: Form,
) -> Result<Saved, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    match form.read() {
        Ok(draft) => desk.create(&draft).await.map_err(server::refused),
        Err(faults) => Ok(Saved::Invalid(faults)),
    }
}

/// Changes a record that is still at the form's version.
///
/// # Errors
/// As [`list_records`], and `bad_request` for a form without a version. That it was changed meanwhile,
/// is gone or may not be changed is an answer, no error.
#[server(prefix = "/rpc", endpoint = "update_record", input = Json, output = Json)]
pub async fn update_record(
    /// The record's id.
    id: RecordId,
    /// What was filled in.
    form: Form,
) -> Result<Saved, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    let version = form.version.parse().map_err(|_| ApiError::new(crate::model::ProblemKind::BadRequest))?;
    match form.read() {
        Ok(draft) => desk.update(&id, version, &draft).await.map_err(server::refused),
        Err(faults) => Ok(Saved::Invalid(faults)),
    }
}

/// Deletes a record that is still at that version. For ten minutes [`restore_record`] brings it back.
///
/// # Errors
/// As [`list_records`].
#[server(prefix = "/rpc", endpoint = "delete_record", input = Json, output = Json)]
pub async fn delete_record(
    /// The record's id.
    id: RecordId,
    /// The version that is meant.
    version: u64,
) -> Result<Saved, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    desk.delete(&id, version).await.map_err(server::refused)
}

/// Brings back a record that the person has deleted.
///
/// # Errors
/// As [`list_records`].
#[server(prefix = "/rpc", endpoint = "restore_record", input = Json, output = Json)]
pub async fn restore_record(
    /// The record's id.
    id: RecordId,
) -> Result<Saved, ApiError> {
    let (state, signed_in) = server::caller()?;
    let desk = server::open(&state, &signed_in).await?;
    desk.restore(&id).await.map_err(server::refused)
}

/// What all of them do.
#[cfg(feature = "ssr")]
mod server {
    use super::{super::visitor, ApiError};
    use crate::{
        model::{ProblemKind, SignedIn},
        server::{
            AppState,
            records::{Desk, RecordsError},
        },
    };
    use leptos::prelude::use_context;
    use std::sync::Arc;

    /// Who calls, and what the server needs to answer.
    pub fn caller() -> Result<(AppState, Arc<SignedIn>), ApiError> {
        let signed_in = visitor()?;
        let state = use_context::<AppState>().ok_or_else(|| ApiError::new(ProblemKind::Internal))?;
        Ok((state, signed_in))
    }

    pub async fn open<'a>(state: &'a AppState, signed_in: &'a SignedIn) -> Result<Desk<'a>, ApiError> {
        Desk::open(state, signed_in).await.map_err(refused)
    }

    /// The cause goes to the log, under the id of the request.
    pub fn refused(error: RecordsError) -> ApiError {
        match &error {
            RecordsError::Closed(_) => ApiError::new(ProblemKind::Forbidden),
            RecordsError::Store(_) => {
                tracing::warn!(%error, "a server function could not answer");
                ApiError::new(ProblemKind::Unavailable)
            }
        }
    }
}
