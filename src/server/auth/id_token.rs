//! The ID token: who signed in, verified as OpenID Connect Core 1.0 asks in section 3.1.3.7, and in section 12.2
//! for one that comes with refreshed tokens.

use super::{
    jwt::{self, Claims, LEEWAY, TokenError},
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
    /// The `max_age` asked for, in seconds, if one was.
    pub max_age: Option<u32>,
}

/// Verifies an ID token and gives its claims.
///
/// # Errors
/// What is wrong with it.
pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, TokenError> {
    let claims = verify_for_us(token, keys, expected.issuer, expected.client_id)?;
    let nonce = claims.get("nonce").and_then(Value::as_str).ok_or(TokenError::Missing("nonce"))?;
    if verify_slices_are_equal(nonce.as_bytes(), expected.nonce.as_bytes()).is_err() {
        return Err(TokenError::Mismatch("nonce"));
    }
    check_hash(&claims, expected.access_token)?;
    if let Some(max_age) = expected.max_age {
        check_age(&claims, max_age, jsonwebtoken::get_current_timestamp())?;
    }
    Ok(claims)
}

/// What an ID token that comes with refreshed tokens must match.
pub struct ExpectedAtRefresh<'a> {
    /// The configured issuer.
    pub issuer: &'a str,
    /// Our client id: the one audience.
    pub client_id: &'a str,
    /// Whose session it is.
    pub subject: &'a str,
    /// The claims of the session's ID token until now.
    pub before: &'a Claims,
    /// The access token that came with it, for `at_hash`.
    pub access_token: &'a str,
}

/// Verifies an ID token that came with refreshed tokens, and gives its claims.
///
/// # Errors
/// What is wrong with it. [`TokenError::Mismatch`] is only said of a token whose signature is good.
pub(super) fn verify_refreshed(
    token: &str,
    keys: &KeySet,
    expected: &ExpectedAtRefresh<'_>,
) -> Result<Claims, TokenError> {
    let claims = verify_for_us(token, keys, expected.issuer, expected.client_id)?;
    if claims.get("sub").and_then(Value::as_str) != Some(expected.subject) {
        return Err(TokenError::Mismatch("sub"));
    }
    // None has to be there; where it is, it must be that of the sign-in.
    for name in ["nonce", "auth_time", "org_id"] {
        if let (Some(new), Some(old)) = (claims.get(name), expected.before.get(name))
            && new != old
        {
            return Err(TokenError::Mismatch(name));
        }
    }
    check_hash(&claims, expected.access_token)?;
    Ok(claims)
}

/// What holds for every ID token.
fn verify_for_us(token: &str, keys: &KeySet, issuer: &str, client_id: &str) -> Result<Claims, TokenError> {
    let claims = jwt::verify(token, keys, issuer, client_id)?;
    // Whatever azp says.
    if !jwt::has_one_audience(&claims) {
        return Err(TokenError::Mismatch("aud"));
    }
    if claims.get("azp").is_some_and(|azp| azp.as_str() != Some(client_id)) {
        return Err(TokenError::Mismatch("azp"));
    }
    Ok(claims)
}

fn check_hash(claims: &Claims, access_token: &str) -> Result<(), TokenError> {
    match claims.get("at_hash") {
        Some(hash) if hash.as_str() != Some(&half_hash(access_token)) => Err(TokenError::Mismatch("at_hash")),
        _ => Ok(()),
    }
}

/// Section 3.1.3.7, point 13, and section 2: with `max_age` there must be an `auth_time`, and it must be
/// recent enough. All in seconds.
fn check_age(claims: &Claims, max_age: u32, now: u64) -> Result<(), TokenError> {
    let proved_at = jwt::seconds(claims, "auth_time")?.ok_or(TokenError::Missing("auth_time"))?;
    if proved_at.saturating_add(u64::from(max_age) + LEEWAY) < now {
        return Err(TokenError::ProvedTooLongAgo);
    }
    if proved_at > now.saturating_add(LEEWAY) {
        return Err(TokenError::NotYetValid);
    }
    Ok(())
}

/// The left half of the SHA-256, in base64url (section 3.1.3.6, for RS256).
fn half_hash(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    // A SHA-256 has 32 bytes.
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whoever_is_asked_for_must_have_proved_it_lately() {
        let check = |claims: serde_json::Value| check_age(claims.as_object().unwrap(), 600, 10_000);
        for at in [9_340, 9_400, 10_000, 10_060] {
            assert_eq!(check(json!({ "auth_time": at })), Ok(()), "{at}");
        }
        for at in [0, 9_339] {
            assert_eq!(check(json!({ "auth_time": at })), Err(TokenError::ProvedTooLongAgo), "{at}");
        }
        assert_eq!(check(json!({ "auth_time": 10_061 })), Err(TokenError::NotYetValid));
        assert_eq!(check(json!({})), Err(TokenError::Missing("auth_time")));
        assert!(matches!(check(json!({ "auth_time": "9400" })), Err(TokenError::Malformed(_))));
        assert!(check_age(json!({ "auth_time": 0 }).as_object().unwrap(), u32::MAX, 10_000).is_ok());
    }

    #[test]
    fn at_hash_is_made_as_in_the_standards_example() {
        // OpenID Connect Core 1.0, appendix A.3.
        assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
