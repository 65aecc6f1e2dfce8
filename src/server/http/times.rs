//! How long a request may take, and how long a stream of events may be silent.

use std::time::Duration;

/// How long what goes on over a connection may take. For the connections themselves: [`Connections`](super::Connections).
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a request may take until its answer begins, its body included. A stream of events goes on after that.
    pub request: Duration,
    /// How often a stream of events says something at least. Proxies close what is silent, most of them after a
    /// minute; and who has gone away without a word is noticed by it.
    pub keep_alive: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { request: Duration::from_secs(30), keep_alive: Duration::from_secs(25) }
    }
}
