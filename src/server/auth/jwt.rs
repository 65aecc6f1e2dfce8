//! What all signed tokens have in common: RS256 by a key of the sign-in service, for us, in time.

use super::keys::{KeyError, KeySet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};
use serde_json::{Map, Value};

/// How far clocks may differ, in seconds.
pub const LEEWAY: u64 = 60;

/// A token's claims, by name.
pub type Claims = Map<String, Value>;

/// Why a signed token is not accepted. Holds no part of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, or a claim of the wrong type.
    #[error("it is not a well-formed token: {0}")]
    Malformed(String),
    /// Another algorithm than RS256 (`none` and HS256 among them).
    #[error("it is not signed with RS256")]
    Algorithm,
    /// No key to check it with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature is not by that key.
    #[error("its signature is wrong")]
    Signature,
    /// Past its `exp`.
    #[error("it has expired")]
    Expired,
    /// Before its `nbf`, or with an `iat` in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// A claim that must be there is not.
    #[error("it lacks the claim {0}")]
    Missing(&'static str),
    /// A claim has another value than it must have.
    #[error("its claim {0} is not what it must be")]
    Mismatch(&'static str),
    /// A claim that must not be there is.
    #[error("it has the claim {0}, which it must not have")]
    Forbidden(&'static str),
    /// Issued longer ago than such a token may be.
    #[error("it was issued too long ago")]
    TooOld,
    /// The person proved who they are longer ago than was asked for (`max_age`).
    #[error("its auth_time is longer ago than the max_age asked for")]
    ProvedTooLongAgo,
    /// The header's `typ` is that of another kind of token.
    #[error("it is of another type")]
    Type,
}

/// A token's header, as plain JSON: nothing of it is verified.
///
/// # Errors
/// `Malformed`.
pub(super) fn header(token: &str) -> Result<Value, TokenError> {
    let header = token.split('.').next().unwrap_or_default();
    base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| TokenError::Malformed("its header cannot be read".to_owned()))
}

/// The claims of a token that was verified when it came, and was kept since: nothing is verified again.
pub(super) fn claims_of_kept(token: &str) -> Option<Claims> {
    let claims = token.split('.').nth(1)?;
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The `kid` of a token that says it is signed with RS256.
///
/// # Errors
/// `Malformed` or `Algorithm`.
pub(super) fn key_id(token: &str) -> Result<Option<String>, TokenError> {
    // Read as plain JSON first: `alg: none` is no member of jsonwebtoken's enum, and should be
    // refused for what it is.
    let header = header(token)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(TokenError::Algorithm);
    }
    // A header parameter that must be understood and is not (RFC 7515, section 4.1.11).
    if header.get("crit").is_some() {
        return Err(TokenError::Malformed("it has critical header parameters".to_owned()));
    }
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) => Ok(Some(kid.clone())),
        Some(_) => Err(TokenError::Malformed("its kid is not a string".to_owned())),
    }
}

/// Checks signature, `exp`, `nbf`, `iat`, `iss` and that `audience` is among `aud`, for a token about
/// somebody (`sub`) for a time (`exp`).
///
/// # Errors
/// What is wrong with the token.
pub(super) fn verify(token: &str, keys: &KeySet, issuer: &str, audience: &str) -> Result<Claims, TokenError> {
    let claims = verify_requiring(&["exp", "iss", "aud", "sub"], token, keys, issuer, audience)?;
    if claims.get("sub").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(TokenError::Missing("sub"));
    }
    Ok(claims)
}

/// The same for a token that has at least the claims `required`, with `iat` always. What is not required is
/// checked where it is there.
///
/// # Errors
/// What is wrong with the token.
pub(super) fn verify_requiring(
    required: &[&str],
    token: &str,
    keys: &KeySet,
    issuer: &str,
    audience: &str,
) -> Result<Claims, TokenError> {
    let kid = key_id(token)?;
    verify_with(required, token, keys.find(kid.as_deref())?, issuer, audience)
}

fn verify_with(
    required: &[&str],
    token: &str,
    key: &DecodingKey,
    issuer: &str,
    audience: &str,
) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(required);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).map_err(describe)?.claims;
    // The library takes a list of issuers as well; OpenID Connect Core 1.0, section 2 does not.
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(TokenError::Mismatch("iss"));
    }
    let issued_at = seconds(&claims, "iat")?.ok_or(TokenError::Missing("iat"))?;
    if issued_at > jsonwebtoken::get_current_timestamp().saturating_add(LEEWAY) {
        return Err(TokenError::NotYetValid);
    }
    Ok(claims)
}

/// Whether the token is for one audience alone. Others are not trusted (OpenID Connect Core 1.0,
/// section 3.1.3.7, points 3 to 5).
pub(super) fn has_one_audience(claims: &Claims) -> bool {
    match claims.get("aud") {
        Some(Value::String(_)) => true,
        Some(Value::Array(audiences)) => audiences.len() == 1,
        _ => false,
    }
}

/// A claim that is a time, in seconds since 1970.
pub(super) fn seconds(claims: &Claims, name: &'static str) -> Result<Option<u64>, TokenError> {
    match claims.get(name) {
        None => Ok(None),
        // The fraction that RFC 7519 allows says nothing here.
        Some(value) => {
            match value.as_u64().or_else(|| value.as_f64().filter(|s| *s >= 0.0 && *s < 1e15).map(|s| s as u64)) {
                Some(seconds) => Ok(Some(seconds)),
                None => Err(TokenError::Malformed(format!("its claim {name} is not a time"))),
            }
        }
    }
}

fn describe(error: jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::NotYetValid,
        ErrorKind::InvalidIssuer => TokenError::Mismatch("iss"),
        ErrorKind::InvalidAudience => TokenError::Mismatch("aud"),
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
        ErrorKind::MissingRequiredClaim(name) => TokenError::Missing(match name.as_str() {
            "exp" => "exp",
            "iss" => "iss",
            "aud" => "aud",
            _ => "sub",
        }),
        ErrorKind::InvalidClaimFormat(name) => TokenError::Malformed(format!("its claim {name} has the wrong type")),
        _ => TokenError::Malformed("it cannot be decoded".to_owned()),
    }
}
