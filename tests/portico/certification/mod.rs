//! The relying-party tests of the OpenID Foundation's conformance suite, each under its name there and with
//! what the suite expects in the line above it: code flow, a client registered for RS256.
//!
//! The provider is ours and in this process (`support::provider`), so that they need no network and run with
//! all the others. `docs/security.md` has the table of them; `table` holds it to what is here.

mod backchannel;
mod basic;
mod beyond;
mod config;
mod logout;
mod refresh;
mod table;
