//! `/healthz` and `/readyz`: for load balancers and orchestrators.

use crate::server::AppState;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// Where both are.
pub const PATHS: [&str; 2] = ["/healthz", "/readyz"];

/// What `/readyz` answers: `ok`, or what is missing, without detail.
#[derive(Serialize)]
struct Readiness {
    database: &'static str,
    sign_in_service: &'static str,
}

/// The process runs. It says nothing about what it depends on: restarting would not mend that.
pub async fn alive() -> &'static str {
    "ok"
}

/// Requests can be served: 200 when the database answers and the key set can be had, else 503.
pub async fn ready(State(state): State<AppState>) -> Response {
    let (database, keys) = tokio::join!(state.store.ready(), state.provider.keys());
    let word = |ok: bool| if ok { "ok" } else { "unreachable" };
    let readiness = Readiness { database: word(database.is_ok()), sign_in_service: word(keys.is_ok()) };
    let failures = [database.err().map(|error| error.to_string()), keys.err().map(|error| error.to_string())];
    for error in failures.iter().flatten() {
        tracing::warn!(error, "not ready");
    }
    let status = if failures.iter().all(Option::is_none) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}
