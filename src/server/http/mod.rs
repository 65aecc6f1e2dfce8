//! Requests and answers: the router and everything around it.
//!
//! Each file is one endpoint or one concern of all of them. `front` stands before everything:
//! request id, same-origin check, time limit, headers, and the page for what went wrong.

mod callback;
mod cookies;
mod document;
mod failure;
mod front;
mod headers;
mod health;
mod login;
mod logout;
mod origin;
mod pages;
mod profile;
mod request_id;
mod serve;
mod visitor;

pub use document::Document;
pub use request_id::RequestId;
pub use serve::serve;

use super::AppState;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, services::ServeDir};

/// The largest request body taken, in bytes: the largest text field, and room for the rest.
const MAX_BODY: usize = 128 * 1024;

/// All routes, with everything around them.
pub fn router(state: AppState) -> Router {
    let files = ServeDir::new(state.document.site_root())
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(get(pages::not_found).fallback(pages::not_found).with_state(state.clone()));
    let mut router = Router::new()
        .route("/login", get(login::login))
        .route("/callback", get(callback::callback))
        .route("/logout", get(logout::asked).post(logout::logout))
        .route("/api/profile", get(profile::profile))
        .route("/rpc/{*name}", post(pages::server_function).get(pages::server_function))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    for path in pages::paths() {
        router = router.route(&path, get(pages::page));
    }
    router
        .fallback_service(files)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), front::front))
        .with_state(state)
}
