//! Portico: the front door of an organisation's application.
//!
//! One crate, compiled twice: with the feature `ssr` it is the server, with `hydrate` the browser's
//! WASM. What each room is for, and which may know which, is told in `docs/architecture.md`; in one
//! line: `app` knows `api`, `api` knows `server`, all know `model`, nothing points back.

// A page is one type, as deep as its elements are.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;

/// The browser's entry point: called once by the page's hydration script after the WASM has loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
    app::navigation::start();
}
