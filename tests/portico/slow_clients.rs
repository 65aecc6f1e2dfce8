//! A client that does not get to the point is hung up on.

use axum::{Router, body::Bytes, routing::post};
use portico::server::http::{self, Connections};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server that waits this long for a request's head.
async fn serve(head_time: Duration) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let router = Router::new().route("/", post(async |body: Bytes| body.len().to_string()));
    tokio::spawn(http::serve(listener, router, std::future::pending(), Duration::ZERO, Connections { head_time }));
    address
}

/// Whether the server hangs up on who has said no more than this.
async fn hangs_up_after(address: SocketAddr, said: &[u8]) -> bool {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(said).await.expect("it takes it");
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.is_ok()
}

#[tokio::test]
async fn who_says_nothing_or_half_a_head_is_hung_up_on() {
    let address = serve(Duration::from_millis(100)).await;
    for said in ["", "POST", "POST / HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        assert!(hangs_up_after(address, said.as_bytes()).await, "{said:?}");
    }
    let request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
    assert!(hangs_up_after(address, request.as_bytes()).await, "a connection that is not used is not kept for ever");
}

#[tokio::test]
async fn who_is_answered_in_time_may_ask_again() {
    let address = serve(Duration::from_secs(30)).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    for _ in 0..3 {
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nabcd").await.expect("it takes it");
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer).await.expect("it answers");
        assert!(String::from_utf8_lossy(&answer[..length]).ends_with("\r\n\r\n4"));
    }
}
