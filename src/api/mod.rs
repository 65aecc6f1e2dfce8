//! What the pages' WASM may ask the server for: one file a capability.
//!
//! A function here is thin. It finds out who asks, calls into `server`, and returns model types.
//! Every one of them answers under `/rpc`, fails with [`ApiError`], and is asked with the header
//! [`CALL_HEADER`].

mod error;
mod profile;

pub use error::ApiError;
pub use profile::{ProfileJson, profile_json};

/// The header that every call from our own pages carries, and its value. A page of another site
/// can't send it without asking first (CORS preflight), which the server never grants.
pub const CALL_HEADER: (&str, &str) = ("X-Portico", "1");
