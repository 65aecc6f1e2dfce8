//! Who may do what, and why: pure rules, without a network, a database or a clock.
//!
//! [`claims`] reads roles and groups out of what the sign-in service said about a person,
//! [`policy`] says what a role gives, [`decide()`] puts both together into [`crate::model::Access`],
//! and [`second_factor`] says when a person has to step up. What an operator needs to know of all
//! this is in `docs/access.md`.

pub mod claims;
pub mod decide;
pub mod names;
pub mod policy;
pub mod second_factor;

pub use claims::{ClaimSet, Found, RoleClaims};
pub use decide::{DirectoryView, Evidence, decide, permissions_with_second_factor, permissions_without_second_factor};
pub use policy::{Policy, PolicyError};
