//! Work that goes on when whoever waits for it does not wait any more.

use tracing::Instrument;

/// Does the work in a task of its own, within the same span. A panic in it goes on in whoever waits. Nothing where the
/// runtime is shutting down.
pub async fn through<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    match tokio::spawn(work.in_current_span()).await {
        Ok(result) => Some(result),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}
