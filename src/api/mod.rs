//! What the pages' WASM may ask the server for: one file a capability.
//!
//! A function here is thin. It finds out who asks, calls into `server`, and returns model types.
//! Every one of them answers under `/rpc`, fails with [`ApiError`], and is asked with the header
//! [`CALL_HEADER`].

mod error;
mod profile;
mod records;

pub use error::ApiError;
pub use profile::{ProfileJson, profile_json};
pub use records::{
    CreateRecord, DeleteRecord, GetRecord, ListRecords, RestoreRecord, UpdateRecord, create_record, delete_record,
    list_records, record, restore_record, update_record,
};

/// The header that every call from our own pages carries, and its value: without it the server refuses. A page
/// of another site can't send it without asking first (CORS preflight), which the server never grants. The clients
/// that Leptos generates don't send it: calls are made by hand, which is also lighter.
pub const CALL_HEADER: (&str, &str) = ("X-Portico", "1");

/// Who is signed in.
///
/// # Errors
/// `unauthenticated` or `session_ended` when nobody is.
#[cfg(feature = "ssr")]
fn visitor() -> Result<std::sync::Arc<crate::model::SignedIn>, ApiError> {
    use crate::model::{ProblemKind, Visitor};
    match leptos::prelude::use_context::<Visitor>().unwrap_or(Visitor::Anonymous) {
        Visitor::SignedIn(signed_in) => Ok(signed_in),
        Visitor::SessionEnded => Err(ApiError::new(ProblemKind::SessionEnded)),
        Visitor::Anonymous => Err(ApiError::new(ProblemKind::Unauthenticated)),
    }
}
