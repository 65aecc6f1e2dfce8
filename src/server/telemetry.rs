//! The log: structured, one event a line, each request's events under its id.

use super::settings::{LogFormat, LogSettings};
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Sends all events to standard error from now on. A filter that cannot be read is refused by the
/// settings before it comes here.
pub fn start(settings: &LogSettings) {
    let registry = tracing_subscriber::registry().with(EnvFilter::new(&settings.filter));
    match settings.format {
        LogFormat::Text => registry
            .with(
                fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(false),
            )
            .init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: a panic's message may quote the data that caused it.
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, backtrace = %std::backtrace::Backtrace::capture(), "a panic; this is a fault in Portico");
    }));
}
