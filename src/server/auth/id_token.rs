//! The ID token: who signed in, verified as OpenID Connect Core 1.0, section 3.1.3.7 asks.

use super::{
    jwt::{self, Claims, TokenError},
    keys::KeySet,
};
use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// What an ID token of one sign-in must match.
pub struct Expected<'a> {
    /// The configured issuer.
    pub issuer: &'a str,
    /// Our client id: the one audience.
    pub client_id: &'a str,
    /// The nonce sent along when this sign-in began.
    pub nonce: &'a str,
    /// The access token that came with it, for `at_hash`.
    pub access_token: &'a str,
}

/// Verifies an ID token and gives its claims.
///
/// # Errors
/// What is wrong with it.
pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, TokenError> {
    let claims = jwt::verify(token, keys, expected.issuer, expected.client_id)?;
    // Whatever azp says.
    if !jwt::has_one_audience(&claims) {
        return Err(TokenError::Mismatch("aud"));
    }
    if claims.get("azp").is_some_and(|azp| azp.as_str() != Some(expected.client_id)) {
        return Err(TokenError::Mismatch("azp"));
    }
    let nonce = claims.get("nonce").and_then(Value::as_str).ok_or(TokenError::Missing("nonce"))?;
    if verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err() {
        return Err(TokenError::Mismatch("nonce"));
    }
    if claims.get("at_hash").is_some_and(|hash| hash.as_str() != Some(&half_hash(expected.access_token))) {
        return Err(TokenError::Mismatch("at_hash"));
    }
    Ok(claims)
}

/// The left half of the SHA-256, in base64url (section 3.1.3.6, for RS256).
fn half_hash(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    // A SHA-256 has 32 bytes.
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::half_hash;

    #[test]
    fn at_hash_is_made_as_in_the_standards_example() {
        // OpenID Connect Core 1.0, appendix A.3.
        assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
