//! The id of a session: what the cookie carries, and what is kept of it.

use crate::server::store::SessionKey;
use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;

/// A session's id: 256 random bits, known to one browser and to nobody else.
///
/// Whoever has it is signed in, so it is never stored and never shown: the database holds its
/// SHA-256 ([`key`](Self::key)), from which nobody gets back to the cookie (OWASP ASVS 5, 7.2).
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; Self::BYTES]);

impl SessionId {
    const BYTES: usize = 32;
    /// The length of the cookie's value: 256 bits in base64url without padding (RFC 4648, section 5).
    pub const COOKIE_LENGTH: usize = 43;

    /// A new id, from the system's random source.
    pub fn generate() -> Self {
        let mut bytes = [0; Self::BYTES];
        // The system's random source failing means that nothing here can be done safely.
        rand::fill(&mut bytes).expect("the system has random numbers");
        Self(bytes)
    }

    /// Reads a cookie's value; nothing if it cannot be one of ours. This costs no database call
    /// and no allocation, whatever was sent.
    pub fn parse(cookie: &str) -> Option<Self> {
        if cookie.len() != Self::COOKIE_LENGTH {
            return None;
        }
        // The decoder works in blocks and wants room for one more.
        let mut bytes = [0; Self::BYTES + 1];
        let length = URL_SAFE_NO_PAD.decode_slice(cookie, &mut bytes).ok()?;
        // The decoder says how much of it has been written.
        bytes[..length].try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the database knows of it.
    pub fn key(&self) -> SessionKey {
        let hash = digest::digest(&digest::SHA256, &self.0);
        // The algorithm fixes the length.
        SessionKey::from(<[u8; 32]>::try_from(hash.as_ref()).expect("a SHA-256 has 32 bytes"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_reads_back_and_nothing_else_does() {
        let id = SessionId::generate();
        let cookie = id.to_cookie();
        assert_eq!(cookie.len(), SessionId::COOKIE_LENGTH);
        assert_eq!(SessionId::parse(&cookie), Some(id.clone()));
        assert_ne!(SessionId::generate(), id);

        for length in 0..cookie.len() {
            assert_eq!(SessionId::parse(&cookie[..length]), None, "{length} characters");
        }
        let long = "A".repeat(8 * 1024);
        let padded = format!("{}=", &cookie[..42]);
        let standard = format!("{}+", &cookie[..42]);
        let wide = format!("{}a", "é".repeat(21)); // 43 bytes, 22 characters
        // 43 characters carry 258 bits: a last one that sets the two spare bits is another spelling.
        let spelling = format!("{}B", &cookie[..42]);
        for bad in ["", " ", &long, &padded, &standard, &wide, &spelling, &format!("{cookie} "), &format!("{cookie}=")]
        {
            assert_eq!(SessionId::parse(bad), None, "{bad:.60}");
        }
    }

    #[test]
    fn only_its_hash_is_kept_and_it_is_never_shown() {
        let id = SessionId([0; 32]);
        // The SHA-256 of 32 zero bytes.
        assert_eq!(id.key().to_string(), "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
        assert_eq!(format!("{id:?}"), "SessionId(redacted)");
    }
}
