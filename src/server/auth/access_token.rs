//! Access tokens that scripts bring along: `Authorization: Bearer …` (RFC 6750, RFC 9068).

use super::{
    jwt::{self, Claims, LEEWAY, TokenError},
    keys::KeySet,
};
use aws_lc_rs::digest::{Context, SHA256};
use jsonwebtoken::get_current_timestamp;
use moka::future::Cache;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How long it is remembered that a token was verified.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Of how many tokens at most.
const MOST: u64 = 1_000;

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

/// The tokens that were verified within the last minute. Scripts bring the same one along with each call, and
/// verifying a signature is most of what such a call costs.
///
/// What is remembered holds as long as the key set does that it was verified with, and no longer than the token. Only a
/// hash of the token is kept.
pub(super) struct Remembered(Cache<[u8; 32], Verified>);

#[derive(Clone)]
struct Verified {
    claims: Arc<Claims>,
    keys: Arc<KeySet>,
}

impl Remembered {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build())
    }

    /// The claims of a token that was verified lately, for that audience, with these very keys.
    pub(super) async fn claims(&self, token: &str, audience: &str, keys: &Arc<KeySet>) -> Option<Arc<Claims>> {
        let known = self.0.get(&hash(token, audience)).await?;
        let holds = Arc::ptr_eq(&known.keys, keys) && is_in_time(&known.claims, get_current_timestamp());
        holds.then_some(known.claims)
    }

    /// Remembers that a token was verified.
    pub(super) async fn remember(&self, token: &str, audience: &str, claims: &Arc<Claims>, keys: &Arc<KeySet>) {
        let verified = Verified { claims: claims.clone(), keys: keys.clone() };
        self.0.insert(hash(token, audience), verified).await;
    }
}

fn hash(token: &str, audience: &str) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    // No token has a space in it.
    [token, " ", audience].iter().for_each(|part| hash.update(part.as_bytes()));
    hash.finish().as_ref().try_into().unwrap_or_default()
}

/// Whether a token that was valid has not expired since: the other times only ever come nearer.
fn is_in_time(claims: &Claims, now: u64) -> bool {
    matches!(jwt::seconds(claims, "exp"), Ok(Some(expires_at)) if now <= expires_at.saturating_add(LEEWAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(exp: Value) -> Arc<Claims> {
        Arc::new(Claims::from_iter([("exp".to_owned(), exp)]))
    }

    #[test]
    fn what_was_valid_expires() {
        assert!(is_in_time(&claims(json!(1_000)), 1_000 + LEEWAY));
        assert!(!is_in_time(&claims(json!(1_000)), 1_001 + LEEWAY));
        for odd in [json!(null), json!("1000"), json!(-1)] {
            assert!(!is_in_time(&claims(odd.clone()), 0), "{odd}");
        }
    }

    #[tokio::test]
    async fn a_token_is_remembered_for_its_audience_and_with_its_keys_alone() {
        let (keys, newer) = (Arc::new(KeySet::of(vec![])), Arc::new(KeySet::of(vec![])));
        let remembered = Remembered::new();
        let (live, expired) = (claims(json!(u64::MAX)), claims(json!(1_000)));
        remembered.remember("a.b.c", "api", &live, &keys).await;
        remembered.remember("d.e.f", "api", &expired, &keys).await;
        assert_eq!(remembered.claims("a.b.c", "api", &keys).await, Some(live));
        assert_eq!(remembered.claims("a.b.c", "api", &newer).await, None, "the keys are others now");
        assert_eq!(remembered.claims("a.b.c", "other", &keys).await, None);
        assert_eq!(remembered.claims("a.b.d", "api", &keys).await, None);
        assert_eq!(remembered.claims("d.e.f", "api", &keys).await, None);
    }
}
