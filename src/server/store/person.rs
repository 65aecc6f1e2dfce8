//! A person's own connection to the database: what it is signed in with, and how it is made.
//!
//! Each is made for one piece of work and dropped. It is signed in with a token (RFC 7519) that only
//! this program can make: EdDSA, for a minute, with keys derived from `PORTICO_SECRET`. The database
//! holds the public keys alone, each in an access method of its own, `person_…`, named after the key.
//! Secrets rotate: the first signs, all are accepted, and methods of keys that are gone are removed.

use super::{error::StoreError, handles::Service, hex};
use crate::server::secrets::Keyring;
use aws_lc_rs::{
    digest,
    encoding::AsDer,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use surrealdb::types::{RecordId, SurrealValue, ToSql as _, Variables};

/// How long a token is good for. The session that it opens ends with it.
const LIFE: Duration = Duration::from_secs(60);
/// How far the database's clock may be behind ours.
const LEEWAY: Duration = Duration::from_secs(30);
/// The `iss` of our tokens. The database compares it in the access method.
const ISSUER: &str = "portico";
/// The `aud` of our tokens.
const AUDIENCE: &str = "surrealdb";
/// What the names of our access methods begin with.
const PREFIX: &str = "person_";

/// Whether a session had a second factor: which of a person's permissions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// It had none.
    SingleFactor,
    /// It had one.
    SecondFactor,
}

/// The keys that tokens are signed with and checked by.
pub(super) struct PersonKeys {
    signing: EncodingKey,
    /// The access method of the signing key.
    access: String,
    /// The public key in PEM of each access method.
    public: BTreeMap<String, String>,
}

/// The claims of a token. SurrealDB takes namespace, database, access method and record from it.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    iat: u64,
    nbf: u64,
    exp: u64,
    ns: &'a str,
    db: &'a str,
    ac: &'a str,
    id: String,
    factor: Factor,
}

impl PersonKeys {
    /// The keys that the secrets give.
    ///
    /// # Errors
    /// The cryptographic library refuses a key.
    pub(super) fn new(keyring: &Keyring) -> Result<Self, StoreError> {
        let refused = |_| StoreError::Unexpected("no signing key could be made");
        let mut signing = None;
        let mut public = BTreeMap::new();
        for seed in keyring.person_seeds() {
            let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|error| refused(error.to_string()))?;
            let der = pair.public_key().as_der().map_err(|error| refused(error.to_string()))?;
            let thumbprint = digest::digest(&digest::SHA256, der.as_ref());
            let access = format!("{PREFIX}{}", hex(&thumbprint.as_ref()[..8]));
            let pem =
                format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref()));
            if signing.is_none() {
                let private = pair.to_pkcs8v1().map_err(|error| refused(error.to_string()))?;
                signing = Some((EncodingKey::from_ed_der(private.as_ref()), access.clone()));
            }
            public.insert(access, pem);
        }
        let (signing, access) = signing.ok_or(StoreError::Unexpected("there is no secret"))?;
        Ok(Self { signing, access, public })
    }

    /// A token for a person, good for a minute from now.
    pub(super) fn token(
        &self,
        namespace: &str,
        database: &str,
        user: &RecordId,
        factor: Factor,
    ) -> Result<String, StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = Claims {
            iss: ISSUER,
            aud: AUDIENCE,
            iat: now.as_secs(),
            nbf: now.saturating_sub(LEEWAY).as_secs(),
            exp: (now + LIFE).as_secs(),
            ns: namespace,
            db: database,
            ac: &self.access,
            id: user.to_sql(),
            factor,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.signing)
            .map_err(|_| StoreError::Unexpected("no token could be signed"))
    }

    /// Makes an access method for each key, and removes those of keys that are gone.
    pub(super) async fn define(&self, service: &Service) -> Result<(), StoreError> {
        for (name, key) in &self.public {
            let mut variables = Variables::new();
            variables.insert("key", key.clone());
            // The issuer is nobody's to check but ours, and without this block a token for a person who
            // does not exist would do. The first seed's rule is here: no verified e-mail, no data.
            let text = format!(
                "DEFINE ACCESS OVERWRITE {name} ON DATABASE TYPE RECORD
                    WITH JWT ALGORITHM EDDSA KEY $key AUDIENCE '{AUDIENCE}'
                    AUTHENTICATE {{
                        IF $token.iss != '{ISSUER}' {{ THROW 'another issuer' }};
                        IF $auth.id = NONE {{ THROW 'no such person' }};
                        IF $auth.disabled = true {{ THROW 'disabled' }};
                        IF $auth.email_verified != true {{ THROW 'the e-mail address is not verified' }};
                        RETURN $auth.id;
                    }}
                    DURATION FOR SESSION 1m"
            );
            service.settle(text, &variables).await?;
        }
        let info = service.query("INFO FOR DB", Variables::new()).await?.row::<Info>(0)?;
        let there = info.map(|info| info.accesses).unwrap_or_default();
        for name in there.into_keys().filter(|name| name.starts_with(PREFIX) && !self.public.contains_key(name)) {
            // The name came from the database: only one of our form is put into a statement.
            if name[PREFIX.len()..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
                tracing::info!(name, "an access method whose key is gone is removed");
                service.settle(format!("REMOVE ACCESS IF EXISTS {name} ON DATABASE"), &Variables::new()).await?;
            }
        }
        Ok(())
    }
}

#[derive(SurrealValue)]
struct Info {
    accesses: BTreeMap<String, String>,
}

impl fmt::Debug for PersonKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonKeys").field("access", &self.access).finish_non_exhaustive()
    }
}
