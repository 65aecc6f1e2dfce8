//! Faults on the wire: what an endpoint sends in place of its correct answer.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// What an endpoint sends.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What it should.
    Correct,
    /// This status and JSON instead.
    Json(u16, Value),
    /// This status, content type and text instead.
    Text(u16, &'static str, String),
    /// What it should, then white space up to this many bytes: sound JSON for a client without a limit.
    Padded {
        /// The size of the body.
        bytes: usize,
        /// Whether `Content-Length` gives it away; else it comes in chunks of unknown number.
        declared: bool,
    },
    /// Nothing, ever; the connection stays open.
    Silent,
    /// The head and half of the body, then nothing more; the connection stays open.
    Stalled,
    /// The head and half of the body, then the connection breaks.
    BrokenOff,
    /// What it should, under another content type.
    ContentType(&'static str),
    /// The first half of what it should: not JSON any more.
    Truncated,
    /// A redirect to this address.
    Redirect(String),
    /// What it should, but not before the gate opens.
    Held(Gate),
    /// What it should, worked out at once, and sent when the gate opens.
    OnItsWay(Gate),
    /// 429, and for how many seconds nothing more is wanted.
    Busy(u32),
}

impl Answer {
    /// More than a megabyte, with its length declared.
    pub fn huge() -> Self {
        Self::Padded { bytes: 1_100_000, declared: true }
    }

    /// More than a megabyte, in chunks, so that only counting what arrives can tell.
    pub fn huge_in_chunks() -> Self {
        Self::Padded { bytes: 1_100_000, declared: false }
    }

    /// Sends this in place of `correct`.
    pub(super) async fn send(self, correct: impl Future<Output = Response>) -> Response {
        match self {
            Self::Correct => correct.await,
            Self::Json(status, body) => (status_code(status), axum::Json(body)).into_response(),
            Self::Text(status, content_type, text) => {
                (status_code(status), [(header::CONTENT_TYPE, content_type)], text).into_response()
            }
            Self::Silent => std::future::pending().await,
            Self::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
            Self::Held(gate) => {
                gate.pass().await;
                correct.await
            }
            Self::OnItsWay(gate) => {
                let response = correct.await;
                gate.pass().await;
                response
            }
            Self::Busy(seconds) => {
                let headers = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(json!({ "error": "too_many_requests" })))
                    .into_response()
            }
            Self::ContentType(content_type) => {
                let mut response = correct.await;
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
            Self::Padded { bytes, declared } => {
                rewrite(correct.await, |mut body| {
                    body.resize(bytes.max(body.len()), b' ');
                    if declared {
                        return Body::from(body);
                    }
                    let chunks: Vec<_> = body
                        .chunks(16 * 1024)
                        .map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)))
                        .collect();
                    Body::from_stream(stream::iter(chunks))
                })
                .await
            }
            Self::Truncated => {
                rewrite(correct.await, |mut body| {
                    body.truncate(body.len() / 2);
                    Body::from(body)
                })
                .await
            }
            Self::Stalled => {
                rewrite(correct.await, |body| Body::from_stream(first_half(body).chain(stream::pending()))).await
            }
            Self::BrokenOff => {
                rewrite(correct.await, |body| {
                    let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
                    Body::from_stream(first_half(body).chain(stream::iter([broken])))
                })
                .await
            }
        }
    }
}

fn first_half(body: Vec<u8>) -> impl futures::Stream<Item = io::Result<Bytes>> {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    stream::iter([Ok(half)])
}

async fn rewrite(response: Response, body: impl FnOnce(Vec<u8>) -> Body) -> Response {
    let (mut parts, correct) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let correct = axum::body::to_bytes(correct, usize::MAX).await.expect("the provider's own body is in memory");
    Response::from_parts(parts, body(correct.to_vec()))
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a test names a real status")
}

/// Holds answers back until a test opens it, and tells how many wait.
#[derive(Clone, Debug)]
pub struct Gate(Arc<(Semaphore, AtomicUsize)>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new((Semaphore::new(0), AtomicUsize::new(0))))
    }
}

impl Gate {
    /// Lets all pass, now and from now on.
    pub fn open(&self) {
        self.0.0.close();
    }

    /// How many requests have come to the gate.
    pub fn arrived(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    async fn pass(&self) {
        self.0.1.fetch_add(1, Ordering::SeqCst);
        // Never given a permit: `acquire` ends when the gate is opened, that is, closed for waiting.
        let opened = self.0.0.acquire().await;
        debug_assert!(opened.is_err(), "the gate gives no permits");
    }
}
