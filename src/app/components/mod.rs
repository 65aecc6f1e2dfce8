//! The parts that pages are made of.

mod avatar;
mod callout;
mod claim_list;
mod email;
mod footer;
mod header;
pub mod icon;
mod illustration;
mod moment;
mod once;
mod profile_json;
mod record_form;
mod session_watch;
mod theme_menu;

pub use avatar::{Avatar, AvatarSize};
pub use callout::{done, happened, refused};
pub use claim_list::{ClaimList, Tags, Text};
pub use email::Email;
pub use footer::Footer;
pub use header::Header;
pub use illustration::illustration;
pub use moment::Moment;
pub use profile_json::ProfileJsonPanel;
pub use record_form::RecordForm;
pub use session_watch::SessionWatch;
#[cfg(feature = "hydrate")]
pub use session_watch::say_session_ended;
pub use theme_menu::ThemeMenu;
