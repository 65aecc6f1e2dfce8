//! A plain Axum route: the same bytes as the application's answers, and nothing around them. What
//! `load.mjs` measures the application beside.
//!
//! `plain ADDRESS FILE…` serves the first file at `/0`, the next at `/1` and so on. Allocator,
//! runtime and listener are those of the server, so that only the application makes the difference.

use axum::{Router, body::Bytes, http::header, routing::get, serve::ListenerExt};
use std::{error::Error, fs};
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("usage: plain ADDRESS FILE...")?;
    let mut router = Router::new();
    for (index, file) in arguments.enumerate() {
        let body = Bytes::from(fs::read(&file).map_err(|error| format!("{file}: {error}"))?);
        let answer = move || async move { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body) };
        router = router.route(&format!("/{index}"), get(answer));
    }
    let listener = TcpListener::bind(&address).await?.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            eprintln!("TCP_NODELAY cannot be set: {error}");
        }
    });
    axum::serve(listener, router).await?;
    Ok(())
}
