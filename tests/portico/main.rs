//! Whole promises of the server, each file about one of them.
//!
//! One program for all: each test program links the whole server and the database, which takes longer
//! than its tests do. So the tests of all files share a process. None may change its environment, its
//! working folder or its panic hook, and what one looks for in the log must be its own alone.
#![cfg(feature = "ssr")]

mod administration;
mod api_profile;
mod audit_log;
mod backchannel_logout;
mod callback_refusals;
mod certification;
mod check;
mod crawl;
mod csp_reports;
mod data_forms;
mod directory;
mod hostile_claims;
mod id_token_refusals;
mod limits;
mod openapi;
mod properties;
mod provider_answers;
mod provider_down;
mod provider_variety;
mod return_to;
mod second_factor;
mod secure_data_api;
mod server_functions;
mod session_cookie;
mod session_events;
mod sessions_page;
mod settings;
mod shutdown;
mod sign_in;
mod sign_out;
mod slow_clients;
mod support;
mod test_provider;
mod transactions;

// These make databases of their own inside the process.
#[cfg(all(feature = "embedded", unix))]
mod audit_export;
#[cfg(all(feature = "embedded", unix))]
mod changing_policy;
#[cfg(feature = "embedded")]
mod check_again;
#[cfg(feature = "embedded")]
mod log_secrets;
#[cfg(feature = "embedded")]
mod record_permissions;
#[cfg(feature = "embedded")]
mod refresh;
#[cfg(all(feature = "embedded", unix))]
mod refresh_outage;
#[cfg(feature = "embedded")]
mod refresh_refusals;
#[cfg(feature = "embedded")]
mod session_concurrency;
#[cfg(feature = "embedded")]
mod session_rules;
#[cfg(feature = "embedded")]
mod session_watch;
#[cfg(all(feature = "embedded", unix))]
mod store_connect;
#[cfg(all(feature = "embedded", unix))]
mod store_durability;
#[cfg(feature = "embedded")]
mod store_people;
#[cfg(feature = "embedded")]
mod store_server;
#[cfg(feature = "embedded")]
mod store_support;
