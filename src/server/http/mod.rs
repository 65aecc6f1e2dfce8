//! Requests and answers: the router and everything around it.
//!
//! Each file is one endpoint or one concern of all of them. `front` stands before everything:
//! request id, same-origin check, time limit, headers, and the page for what went wrong.

mod access;
mod administrator;
mod audit;
mod backchannel_logout;
mod callback;
mod caller;
mod cookies;
mod csp_report;
mod document;
mod events;
mod failure;
mod form;
mod front;
mod headers;
mod health;
mod limits;
mod login;
mod logout;
mod openapi;
mod origin;
mod pages;
mod peer;
mod people;
mod people_api;
mod problem;
mod profile;
mod rate;
mod records;
mod request_id;
mod secure_data;
mod serve;
mod sessions;
mod times;
mod visitor;

pub use document::Document;
pub use limits::Limits;
pub use request_id::RequestId;
pub use serve::{Connections, serve};
pub use times::Times;

use super::{AppState, ending};
use crate::app::PAGES;
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    routing::{delete, get, post},
};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::SizeAbove},
    services::ServeDir,
};

/// The largest request body taken, in bytes: the largest text field, and room for the rest.
const MAX_BODY: usize = 128 * 1024;

/// All routes, with everything around them.
pub fn router(state: AppState, times: Times) -> Router {
    let files = ServeDir::new(state.document.site_root())
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(get(pages::not_found).fallback(pages::not_found).with_state(state.clone()));
    let secure_data = Router::new()
        .route("/api/secure-data", get(secure_data::list).post(secure_data::create))
        .route("/api/secure-data/{id}", get(secure_data::get).patch(secure_data::patch).delete(secure_data::delete))
        .layer(DefaultBodyLimit::max(secure_data::MAX_BODY));
    let sign_ins = middleware::from_fn_with_state(state.clone(), limits::sign_ins);
    let callbacks = middleware::from_fn_with_state(state.clone(), limits::callbacks);
    let logout_tokens = middleware::from_fn_with_state(state.clone(), limits::logout_tokens);
    let api = Router::new()
        .route("/api/profile", get(profile::profile))
        .route("/api/audit", get(audit::audit))
        .route("/api/people", get(people_api::people))
        .route("/api/people/{subject}/sessions", delete(people_api::end_of_person))
        .route("/api/sessions", delete(people_api::end_everybodys))
        .route("/api/session/events", get(move |state, headers| events::events(state, headers, times.keep_alive)))
        .merge(secure_data)
        .route_layer(middleware::from_fn_with_state(state.clone(), limits::access_tokens))
        .route("/api/openapi.json", get(openapi::openapi));
    let mut router = Router::new()
        .route("/login", get(login::login).post(login::third_party).route_layer(sign_ins))
        .route("/callback", get(callback::callback).route_layer(callbacks))
        .route("/logout", get(logout::asked).post(logout::logout))
        .route(backchannel_logout::PATH, post(backchannel_logout::backchannel_logout).route_layer(logout_tokens))
        .merge(api)
        .route(csp_report::PATH, post(csp_report::csp_report))
        .route("/rpc/{*name}", post(pages::server_function).get(pages::server_function))
        .route(health::PATHS[0], get(health::alive))
        .route(health::PATHS[1], get(health::ready));
    for page in PAGES.iter().copied() {
        let handler = match page.path {
            "/" => get(move |State(state), request| logout::returned(page, state, request)),
            _ => get(move |State(state), request| pages::page(page, state, request)),
        };
        router = router.route(page.path, handler);
    }
    // The forms of these pages; each reads its own body.
    router = router
        .route("/data/new", post(records::create))
        .route("/data/{id}/edit", post(records::update))
        .route("/data/{id}/delete", post(records::delete))
        .route("/data/{id}/restore", post(records::restore))
        .route("/access/check", post(access::check_again))
        .route("/sessions/end-others", post(sessions::end_others))
        .route("/sessions/{handle}/end", post(sessions::end_one))
        .route("/people/end-sessions", post(people::end_sessions))
        .route("/people/end-everybodys-sessions", post(people::end_everybodys));
    router
        .fallback_service(files)
        .method_not_allowed_fallback(failure::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(compression())
        .layer(middleware::from_fn_with_state((state.clone(), times.request), front::front))
        .with_state(state)
}

/// Compresses what is drawn for each request; files are compressed when they are built.
///
/// Level 1 of brotli takes less than half the time of the usual 4, and 15 % more bytes: a page of
/// 4.7 kB, not 4.1, which is as many packets. What fits into one packet anyway is left as it is.
fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(1))
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(1024)))
}
