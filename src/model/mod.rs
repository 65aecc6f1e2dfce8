//! Plain types that cross the wire between the server and the browser.
//!
//! This room knows no other: no database, no HTTP, no view. All the others may know it.

mod access;
pub mod device;
pub mod directory;
mod person;
mod problem;
pub mod record;
mod return_to;
mod signed_in_people;
mod visitor;

pub use access::{
    Access, AccessLevel, Grant, Group, Listed, Permission, Reason, Role, SecondFactor, Source, UnknownPermission,
    Withheld,
};
pub use person::Person;
pub use problem::{Problem, ProblemKind};
pub use return_to::ReturnTo;
pub use signed_in_people::PersonSessions;
pub use visitor::{SignedIn, Visitor};
