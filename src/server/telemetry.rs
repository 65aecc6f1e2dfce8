//! The log: structured, one event a line, each request's events under its id.

use super::settings::{LogFormat, LogSettings};
use std::io::{self, BufWriter, IsTerminal};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Keeps the log going: what has not been written yet is written when this is dropped.
#[must_use = "nothing is logged after it is dropped"]
pub struct Log(#[expect(dead_code, reason = "it acts when it is dropped")] WorkerGuard);

/// Sends all events to standard error from now on, until what it returns is dropped. A filter that
/// cannot be read is refused by the settings before it comes here.
///
/// A thread of its own writes, as many lines at a time as wait: no request waits for the terminal, the
/// file or the pipe behind standard error, unless 128,000 lines do already. No line is left out.
pub fn start(settings: &LogSettings) -> Log {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(false).thread_name("log").finish(BufWriter::new(io::stderr()));
    let registry = tracing_subscriber::registry().with(EnvFilter::new(&settings.filter));
    match settings.format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(writer).with_ansi(io::stderr().is_terminal()).with_target(false))
            .init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(writer),
            )
            .init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        // Where, but not what: a panic's message may quote the data that caused it.
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, backtrace = %std::backtrace::Backtrace::capture(), "a panic; this is a fault in Portico");
    }));
    Log(guard)
}
