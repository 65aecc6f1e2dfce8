//! Serving until told to stop.

use axum::{Router, serve::ListenerExt};
use std::{future::Future, io, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// Serves until `stop` is over; then takes no new connection, lets requests under way end, and
/// gives up on those that take longer than `grace`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    // Small answers in several writes would wait for the client's delayed acknowledgement (Nagle).
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set");
        }
    });
    // Who is at the other end of the connection, for those who ask.
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, mut stopped) = watch::channel(false);
    let stop = async move {
        stop.await;
        tracing::info!(grace_seconds = grace.as_secs(), "told to stop; requests under way may end");
        stopping.send_replace(true);
    };
    let out_of_grace = async move {
        // An error means that the other end is gone, and with it the server.
        if stopped.wait_for(|stopping| *stopping).await.is_ok() {
            tokio::time::sleep(grace).await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(stop) => served,
        () = out_of_grace => {
            tracing::warn!("requests under way took too long and were cut off");
            Ok(())
        }
    }
}
