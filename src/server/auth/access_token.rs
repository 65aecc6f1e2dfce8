//! Access tokens that scripts bring along: `Authorization: Bearer …` (RFC 6750, RFC 9068).

use super::{
    jwt::{self, Claims, TokenError},
    keys::KeySet,
};
use serde_json::Value;

/// Verifies an access token for the configured audience and gives its claims.
///
/// # Errors
/// What is wrong with it. An ID token is refused even if somebody named the API as its audience.
pub(super) fn verify(token: &str, keys: &KeySet, issuer: &str, audience: &str) -> Result<Claims, TokenError> {
    let claims = jwt::verify(token, keys, issuer, audience)?;
    if claims.get("nonce").is_some() || claims.get("at_hash").is_some() {
        return Err(TokenError::Mismatch("aud"));
    }
    // The user who granted it, or the client itself; the claim is checked to be there by `jwt`.
    debug_assert!(claims.get("sub").is_some_and(Value::is_string));
    Ok(claims)
}
