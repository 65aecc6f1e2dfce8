//! The signed-in person, for themselves.

use super::ApiError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};

/// The signed-in person as indented JSON, with the names of the standard claims.
///
/// # Errors
/// `unauthenticated` or `session_ended` when nobody is signed in.
#[server(prefix = "/rpc", endpoint = "profile_json", input = GetUrl, output = Json)]
pub async fn profile_json() -> Result<String, ApiError> {
    use crate::model::ProblemKind;
    let signed_in = super::visitor()?;
    serde_json::to_string_pretty(&signed_in.person).map_err(|error| {
        let answer = ApiError::new(ProblemKind::Internal);
        tracing::error!(%error, support_id = answer.problem().support_id, "a person could not be written as JSON");
        answer
    })
}
