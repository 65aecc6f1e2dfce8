//! The sign-in service's signing keys: a JSON Web Key Set (RFC 7517).

use super::outbound::{Outbound, OutboundError};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

const ENDPOINT: &str = "the key set";

/// The keys that may have signed a token for us: RSA, for signatures, for RS256.
pub struct KeySet {
    keys: Vec<(Option<String>, DecodingKey)>,
}

/// Why no key fits a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key has this `kid`. The set may be out of date.
    #[error("no key of the key set has the token's kid")]
    Unknown,
    /// The token names no key and there is not exactly one (OpenID Connect Core 1.0, section 10.1).
    #[error("the token names no key and the key set has {0}")]
    Ambiguous(usize),
}

impl KeySet {
    /// Fetches the key set. Keys that are not for RS256 signatures, and entries that are no keys at
    /// all, are left out.
    ///
    /// # Errors
    /// Those of the call, and `NoUsableKey` where none is left: such a set verifies nothing, and must
    /// not take the place of one that does.
    pub(super) async fn fetch(outbound: &Outbound, address: &Url) -> Result<Self, OutboundError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = outbound.json(ENDPOINT, outbound.client().get(address.clone())).await?;
        let set = Self::of(document.keys);
        if set.keys.is_empty() {
            return Err(OutboundError::NoUsableKey { endpoint: ENDPOINT });
        }
        Ok(set)
    }

    /// Those of these keys that may have signed a token for us. There may be none.
    pub(super) fn of(keys: Vec<Value>) -> Self {
        let keys = keys
            .into_iter()
            .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
            .filter(verifies_rs256)
            .filter_map(|key| Some((key.common.key_id.clone(), DecodingKey::from_jwk(&key).ok()?)))
            .collect();
        Self { keys }
    }

    /// The key that a token with this `kid` must have been signed with.
    ///
    /// # Errors
    /// When none fits, or it cannot be told which.
    pub fn find(&self, kid: Option<&str>) -> Result<&DecodingKey, KeyError> {
        match (kid, self.keys.as_slice()) {
            (Some(kid), keys) => {
                keys.iter().find(|(id, _)| id.as_deref() == Some(kid)).map(|(_, key)| key).ok_or(KeyError::Unknown)
            }
            (None, [(_, key)]) => Ok(key),
            (None, keys) => Err(KeyError::Ambiguous(keys.len())),
        }
    }

    /// How many keys there are: one at least.
    pub fn count(&self) -> usize {
        self.keys.len()
    }
}

fn verifies_rs256(key: &Jwk) -> bool {
    matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))
        && matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::RS256))
}
