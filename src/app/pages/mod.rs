//! The pages, one file each.

mod access;
mod data;
mod home;
mod people;
mod problem;
mod profile;
mod sessions;
mod sign_out;

pub use access::AccessPage;
pub use data::DataPage;
pub use home::Home;
pub use people::PeoplePage;
pub use problem::ProblemPage;
pub use profile::Profile;
pub use sessions::SessionsPage;
pub use sign_out::SignOut;
