//! What the tenant does instead of answering correctly.

use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A fault.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status and JSON.
    Json(u16, Value),
    /// This status, content type and text.
    Text(u16, &'static str, String),
    /// 429 with these headers.
    Limited(Vec<(&'static str, String)>),
    /// No answer, ever.
    Silent,
    /// The correct answer, but only with a permit of this gate.
    Held(Arc<Semaphore>),
    /// The correct answer after this change.
    Bent(fn(&mut Value)),
}

impl Fault {
    /// A fault of the service's own.
    pub fn unavailable() -> Self {
        Self::Text(503, "text/plain", "upstream connect error".to_owned())
    }
}

pub(super) struct Planned {
    pub(super) call: String,
    pub(super) times: usize,
    pub(super) fault: Fault,
}

impl Planned {
    /// Takes the fault planned for a call, if there is one.
    pub(super) fn take(planned: &mut [Self], call: &str) -> Option<Fault> {
        let found =
            planned.iter_mut().find(|planned| planned.times > 0 && (planned.call == call || planned.call == "*"))?;
        found.times -= 1;
        Some(found.fault.clone())
    }
}
