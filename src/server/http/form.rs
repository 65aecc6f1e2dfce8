//! Reading forms that browsers send (`application/x-www-form-urlencoded`).

use super::failure::Failure;
use crate::model::ProblemKind;
use axum::{
    Form,
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
};
use serde::{Deserialize, de::DeserializeOwned};

/// The largest form taken, in bytes: a text of 64 kB of which each byte is written as three, and room
/// for the rest.
pub const MAX_FORM: usize = 256 * 1024;

/// What a form carries that has a button and nothing else.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Reads a form.
///
/// # Errors
/// It is no form, too large, not UTF-8, or has fields that it should not have.
pub async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FORM).await.map_err(|error| Failure::new(ProblemKind::TooLarge, error))?;
    if !is_utf8(&bytes) {
        // The parser would put replacement characters in their place, and they would be saved.
        return Err(Failure::new(ProblemKind::BadRequest, "the form is not UTF-8"));
    }
    // A request of its own: the router's limit for all others came with the old one, and is smaller.
    let mut request = Request::new(Body::from(bytes));
    *request.method_mut() = parts.method;
    *request.headers_mut() = parts.headers;
    let form = Form::from_request(request, &()).await;
    form.map(|Form(form)| form).map_err(|rejection| Failure::new(ProblemKind::BadRequest, rejection))
}

/// Whether what stands in a form is UTF-8 once its percent-encoding is undone.
fn is_utf8(form: &[u8]) -> bool {
    let digit = |at: usize| form.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let mut decoded = Vec::with_capacity(form.len());
    let mut at = 0;
    while let Some(&byte) = form.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                // Both are below 16.
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sent {
        text: String,
    }

    async fn read_text(media_type: &'static str, body: impl Into<Body>) -> Result<Sent, ProblemKind> {
        let request = Request::post("/").header(header::CONTENT_TYPE, media_type).body(body.into()).unwrap();
        read(request).await.map_err(|failure| failure.kind)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn a_form_is_read() {
        for (body, text) in [("text=a+b%26%C3%A9", "a b&é"), ("text=", ""), ("text=100%", "100%"), ("text=é", "é")] {
            assert_eq!(read_text(FORM, body).await.unwrap().text, text);
        }
        assert!(read_text("application/x-www-form-urlencoded; charset=UTF-8", "text=a").await.is_ok());
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for body in ["", "text=a&more=b", "text=a&text=b", "text=%FF", "text=a%C3", "text=%ED%A0%80", "te%FFxt=a"] {
            assert_eq!(read_text(FORM, body).await, Err(ProblemKind::BadRequest), "{body}");
        }
        assert_eq!(read_text(FORM, &b"text=\xff"[..]).await, Err(ProblemKind::BadRequest));
        assert_eq!(read_text("application/json", "text=a").await, Err(ProblemKind::BadRequest));
        assert_eq!(read_text("", "text=a").await, Err(ProblemKind::BadRequest));
        let large = format!("text={}", "a".repeat(MAX_FORM));
        assert_eq!(read_text(FORM, large).await, Err(ProblemKind::TooLarge));
    }
}
