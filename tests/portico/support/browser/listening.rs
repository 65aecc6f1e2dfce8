//! An answer that comes bit by bit.

use axum::http::{HeaderMap, StatusCode};
use std::time::Duration;

/// Server-sent events, as they come. The connection is closed when it is dropped.
pub struct Listening {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    said: String,
}

impl Listening {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), response, said: String::new() }
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// Waits until `text` has been said.
    ///
    /// # Panics
    /// When that takes longer than `limit`, or the answer ends before.
    pub async fn until(&mut self, text: &str, limit: Duration) {
        let hear = async {
            while !self.said.contains(text) {
                let Some(chunk) = self.response.chunk().await.expect("the answer does not break off") else {
                    panic!("it ends without {text:?}: {:?}", self.said);
                };
                self.said.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(limit, hear).await.unwrap_or_else(|_| panic!("waited {limit:?} in vain for {text:?}"));
    }

    /// Waits for its end, and gives all that has been said.
    ///
    /// # Panics
    /// When that takes longer than `limit`.
    pub async fn all_said(mut self, limit: Duration) -> String {
        let hear = async {
            while let Some(chunk) = self.response.chunk().await.expect("the answer does not break off") {
                self.said.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(limit, hear).await.unwrap_or_else(|_| panic!("waited {limit:?} in vain for its end"));
        self.said
    }
}
