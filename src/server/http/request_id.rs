//! The id of a request: in its log lines, in its answer's `x-request-id`, and on the page a person
//! reads to support.

use std::fmt;

/// Ten letters and digits that cannot be misread for one another (Crockford's base 32).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 10]);

impl RequestId {
    /// A new one, at random.
    pub fn generate() -> Self {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut bytes = [0; 10];
        // It is a name, not a secret: without random numbers all requests have the same one.
        let _ = aws_lc_rs::rand::fill(&mut bytes);
        // Five bits are at most 31, and there are 32 letters.
        Self(bytes.map(|byte| ALPHABET[usize::from(byte & 31)]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
