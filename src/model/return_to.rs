//! Where a person goes after signing in: a path on this origin and nothing else.

use std::fmt;

/// A path on this origin, with its query and fragment, that is safe to redirect to.
///
/// An open redirect is how a sign-in page is turned against its users (RFC 9700, section 4.11), so
/// a value is taken only if no browser and no proxy can read it as an address of another site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Where people go when nothing better is known.
    pub const FALLBACK: &str = "/profile";
    /// The longest path taken, in bytes.
    pub const MAX_LENGTH: usize = 2048;

    /// Takes `path` if it is a path on this origin, else nothing.
    ///
    /// Refused: all that does not begin with exactly one `/`, backslashes, control characters,
    /// white space, anything not ASCII, percent-encodings of those, dot segments (which a browser folds before it
    /// looks at the slashes), paths of the sign-in itself (which would go round in circles), and
    /// more than [`MAX_LENGTH`](Self::MAX_LENGTH) bytes.
    pub fn parse(path: &str) -> Option<Self> {
        if path.len() > Self::MAX_LENGTH || !path.starts_with('/') {
            return None;
        }
        // Decoded again and again, because each proxy in between may decode once as well. Encoded
        // deeper than this nothing has a reason to be.
        let mut text = path.to_owned();
        for turn in 0.. {
            if turn > 2 || !is_plain(&text) {
                return None;
            }
            match decode(&text)? {
                decoded if decoded == text => break,
                decoded => text = decoded,
            }
        }
        let own = path.split(['?', '#']).next().unwrap_or_default();
        let first = own.trim_start_matches('/').split('/').next().unwrap_or_default();
        let circular = ["login", "logout", "callback"].iter().any(|name| first.eq_ignore_ascii_case(name));
        (!circular).then(|| Self(path.to_owned()))
    }

    /// Takes `path` if it is safe, else [`FALLBACK`](Self::FALLBACK).
    pub fn parse_or_fallback(path: Option<&str>) -> Self {
        path.and_then(Self::parse).unwrap_or_default()
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    fn default() -> Self {
        Self(Self::FALLBACK.to_owned())
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the path part has no trick in it: see [`ReturnTo::parse`].
fn is_plain(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/')
        && !path.contains("//")
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// Percent-decodes the path part once; nothing when it is not valid. Query and fragment stay as
/// they are: no browser looks for a host in them.
fn decode(text: &str) -> Option<String> {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = path.bytes();
    while let Some(byte) = at.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(at.next()?).to_digit(16)?;
        let low = char::from(at.next()?).to_digit(16)?;
        bytes.push((high * 16 + low) as u8);
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}
