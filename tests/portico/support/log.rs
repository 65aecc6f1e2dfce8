//! Reads back what was logged.
//!
//! One subscriber for the whole test process writes JSON lines into a buffer. Tests that share a
//! process share the buffer: look for what is yours alone, a support id or one of your secrets.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};
use tracing_subscriber::EnvFilter;

/// What has been logged so far in this process.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

/// The process's log. The first call starts the capture; [`TestApp::start`](super::TestApp::start) makes it.
pub fn logs() -> &'static Logs {
    static LOGS: OnceLock<Logs> = OnceLock::new();
    LOGS.get_or_init(|| {
        let logs = Logs::default();
        let sink = logs.clone();
        // As talkative as an operator can make Portico itself: no level may show a secret.
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new("info,portico=trace"))
            .with_writer(move || Sink(sink.clone()))
            .init();
        logs
    })
}

impl Logs {
    /// Everything, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer()).into_owned()
    }

    /// The lines in which `needle` occurs.
    pub fn lines_with(&self, needle: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(needle)).map(str::to_owned).collect()
    }

    fn buffer(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sink(Logs);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.buffer().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
