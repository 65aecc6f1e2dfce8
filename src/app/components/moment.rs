//! A moment in time.

use crate::app::format;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// A moment, in UTC as the server writes it; the browser then puts it into its own time zone (see
/// `local_times`).
#[component]
pub fn Moment(
    /// When.
    time: DateTime<Utc>,
) -> impl IntoView {
    view! { <time datetime=format::machine_moment(time)>{format::moment(time)}</time> }
}
