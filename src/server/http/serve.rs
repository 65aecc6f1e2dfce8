//! Serving until told to stop.
//!
//! Connections are served by hyper directly: `axum::serve` bounds neither the time a client may take for a request's
//! head nor the head's size, and a few thousand clients that write a byte now and then would hold as many connections
//! for ever. It is HTTP/1.1, which proxies speak to what is behind them.

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// How much room a request's head has: all its headers, and the line before them.
const MAX_HEAD: usize = 32 * 1024;
/// How long to wait when no connection can be taken, as when there are too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// What connections are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// How long a client may take for the head of a request, from the opening of the connection or the end of the
    /// answer before. It is also how long a connection is kept that is not used.
    pub head_time: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self { head_time: Duration::from_secs(30) }
    }
}

/// Serves until `stop` is over; then takes no new connection, lets requests under way end, and
/// gives up on those that take longer than `grace`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    grace: Duration,
    connections: Connections,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(connections.head_time).max_header_size(MAX_HEAD);
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, client) = tokio::select! {
            taken = take(&listener) => taken,
            () = &mut stop => break,
        };
        let router = router.clone();
        let answer = service_fn(move |request| answer(router.clone(), client, request));
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Clients that go away, are too slow, or speak something else.
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    tracing::info!(grace_seconds = grace.as_secs(), "told to stop; requests under way may end");
    if tokio::time::timeout(grace, open.shutdown()).await.is_err() {
        tracing::warn!("requests under way took too long and were cut off");
    }
}

/// The next connection.
async fn take(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                // Small answers in several writes would wait for the client's delayed acknowledgement (Nagle).
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY cannot be set");
                }
                return (stream, client);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether the client has gone away before it was taken.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn answer(
    router: Router,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    // Who is at the other end of the connection, for those who ask.
    request.extensions_mut().insert(ConnectInfo(client));
    router.oneshot(request).await
}
