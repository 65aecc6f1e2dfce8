//! A client that does not get to the point is hung up on.

use crate::support::{Provider, TestApp};
use axum::{Router, body::Bytes, routing::post};
use portico::server::http::{self, Connections, Times};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
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

/// Sends the head of a request, and then this now and then, or nothing, for as long as it may. Gives what it is
/// answered until it is hung up on.
///
/// # Panics
/// When it is not.
async fn send_slowly(address: SocketAddr, head: &str, dribble: Option<&'static [u8]>) -> String {
    let (mut answers, mut says) = TcpStream::connect(address).await.expect("it listens").into_split();
    says.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("it takes it");
    let send = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while says.write_all(dribble.unwrap_or_default()).await.is_ok() {
            ticks.tick().await;
        }
        // It hears that it was hung up on by itself.
        std::future::pending().await
    };
    let mut answer = Vec::new();
    // Whoever still sends when it is closed may be told so roughly.
    let hung_up = tokio::select! {
        read = tokio::time::timeout(Duration::from_secs(10), answers.read_to_end(&mut answer)) => read.is_ok(),
        () = send => false,
    };
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(hung_up, "it is not hung up on: {head:?}, {dribble:?}, {answer:?}");
    answer
}

#[tokio::test]
async fn a_body_that_does_not_come_has_the_time_of_a_request_and_then_makes_room() {
    let provider = Provider::start().await;
    let times = Times { request: Duration::from_secs(1), ..Times::default() };
    let app = TestApp::start_with_times(&provider, &[("PORTICO_CONCURRENT_REQUESTS", "1")], times).await;
    let browser = app.browser();
    for path in ["/backchannel-logout", "/csp-report"] {
        for (size, dribble) in [
            ("content-length: 1000", None),
            ("content-length: 1000", Some(&b"a"[..])),
            ("transfer-encoding: chunked", None),
            ("transfer-encoding: chunked", Some(&b"1\r\na\r\n"[..])),
        ] {
            let head =
                format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n{size}");
            let began = Instant::now();
            let answer = send_slowly(app.address, &head, dribble).await;
            assert!(answer.starts_with("HTTP/1.1 503 "), "{head:?}: {answer}");
            assert!(began.elapsed() >= times.request, "{head:?}: it had its time, and the only place");
            assert_eq!(browser.get("/").await.status, 200, "{head:?}: the place is free");
        }
    }
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_not_waited_for() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    for (request, status) in [("GET /", 200), ("POST /data/new", 403)] {
        for dribble in [None, Some(&b"a"[..])] {
            let head = format!("{request} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000");
            let answer = send_slowly(app.address, &head, dribble).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        }
    }
}
