//! OpenID Connect: everything that is said to, and heard from, the sign-in service.
//!
//! One [`Provider`] per process. It knows no HTTP request of ours and no database: `http` hands it
//! what a browser brought, and stores what comes out.

pub mod access_token;
mod cached;
mod claims;
mod discovery;
mod end_session;
mod error;
mod exchange;
mod id_token;
mod jwt;
mod keys;
mod logout_token;
mod outbound;
#[cfg(test)]
mod properties;
mod refresh;
mod transaction;

pub use discovery::Metadata;
pub use end_session::SignOut;
pub(crate) use error::printable;
pub use error::{SignInError, SignInFailure};
pub use jwt::{Claims, TokenError};
pub use keys::KeySet;
pub use logout_token::{LogoutToken, LogoutTokenTyp};
pub(in crate::server) use outbound::retry_after;
pub use outbound::{Outbound, OutboundError};
#[cfg(test)]
pub(crate) use properties::any_json;
pub use refresh::{RefreshError, Refreshed};
pub use transaction::{LIFETIME as TRANSACTION_LIFETIME, Transaction};

use super::settings::OidcSettings;
use crate::server::{session::Tokens, store::NewPerson};
use cached::Cached;
use chrono::{DateTime, Utc};
use keys::KeyError;
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use url::Url;

/// How long discovery document and key set are kept, as in Auth0's quickstarts.
const CACHE_LIFE: Duration = Duration::from_secs(3600);
/// How often at most an unknown `kid` makes the key set be fetched anew: anybody can send one.
const REFETCH_EVERY: Duration = Duration::from_secs(10);

/// The sign-in service, as this application uses it.
pub struct Provider {
    settings: OidcSettings,
    outbound: Outbound,
    metadata: Cached<Metadata>,
    keys: Cached<KeySet>,
    refetched_at: Mutex<Option<Instant>>,
    access_tokens: access_token::Remembered,
}

/// Extra parameters of an authorization request, each optional.
#[derive(Clone, Debug, Default)]
pub struct LoginHints {
    /// `screen_hint=signup` opens Auth0's sign-up form.
    pub screen_hint: Option<String>,
    /// `prompt=login` makes the service ask again, to choose another account.
    pub prompt: Option<String>,
    /// Who is expected to sign in (`login_hint`).
    pub login_hint: Option<String>,
}

/// A sign-in that succeeded: who it is and what the session needs.
pub struct SignIn {
    /// The person, as the service describes them.
    pub person: NewPerson,
    /// The tokens, for the session's keeping.
    pub tokens: Tokens,
    /// The service's own session id (`sid`), for back-channel logout.
    pub provider_session: Option<String>,
    /// How they proved who they are.
    pub amr: Vec<String>,
    /// How strongly (`acr`).
    pub acr: Option<String>,
    /// When they did.
    pub auth_time: Option<DateTime<Utc>>,
}

impl Provider {
    /// Makes one. Nothing is asked of the service yet: it may be down and come back.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(settings: OidcSettings) -> Result<Self, reqwest::Error> {
        Ok(Self {
            settings,
            outbound: Outbound::new()?,
            metadata: Cached::new("the discovery document", CACHE_LIFE),
            keys: Cached::new("the key set", CACHE_LIFE),
            refetched_at: Mutex::new(None),
            access_tokens: access_token::Remembered::new(),
        })
    }

    /// How this application is known at the service.
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// The HTTP client that reaches the service.
    pub fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// The service's metadata, fetched at most once an hour.
    ///
    /// # Errors
    /// When it never could be fetched, or is not the configured issuer's.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, OutboundError> {
        self.metadata.get(|| Metadata::fetch(&self.outbound, &self.settings.issuer)).await
    }

    /// The service's signing keys, fetched at most once an hour.
    ///
    /// # Errors
    /// When they never could be fetched.
    pub async fn keys(&self) -> Result<Arc<KeySet>, OutboundError> {
        let metadata = self.metadata().await?;
        self.keys.get(|| KeySet::fetch(&self.outbound, &metadata.jwks_uri)).await
    }

    /// The address that begins a sign-in at the service.
    ///
    /// # Errors
    /// When the service's metadata cannot be had.
    pub async fn authorization_url(&self, attempt: &Transaction, hints: &LoginHints) -> Result<Url, OutboundError> {
        let metadata = self.metadata().await?;
        Ok(exchange::authorization_url(&self.settings, &metadata, attempt, hints))
    }

    /// Ends a sign-in: exchanges the code, verifies the ID token, reads `/userinfo`.
    ///
    /// # Errors
    /// Whatever is wrong with any of the answers.
    pub async fn finish(&self, attempt: &Transaction, code: String) -> Result<SignIn, SignInError> {
        let metadata = self.metadata().await?;
        let answer = exchange::exchange_code(&self.outbound, &self.settings, &metadata, attempt, code).await?;
        let expected = id_token::Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce: &attempt.nonce,
            access_token: answer.access_token(),
            max_age: attempt.max_age,
        };
        let id_token = self
            .verified(|keys| id_token::verify(&answer.id_token, keys, &expected))
            .await?
            .map_err(SignInError::IdToken)?;
        let claim = |name: &str| id_token.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject = claim("sub").ok_or(SignInError::IdToken(TokenError::Missing("sub")))?;
        if let Some(wanted) = &attempt.organization
            && claim("org_id").as_ref() != Some(wanted)
            && claim("org_name").as_ref() != Some(&wanted.to_lowercase())
        {
            return Err(SignInError::OtherOrganization);
        }
        let person = self.describe(&subject, &id_token, answer.access_token()).await?;
        let auth_time = jwt::seconds(&id_token, "auth_time").map_err(SignInError::IdToken)?;
        Ok(SignIn {
            person,
            provider_session: claim("sid"),
            amr: claims::authentication_methods(&id_token),
            acr: claim("acr"),
            auth_time: auth_time.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)),
            tokens: answer.into_tokens(),
        })
    }

    /// The person as the ID token and `/userinfo` describe them, who must be the same.
    async fn describe(&self, subject: &str, id_token: &Claims, access_token: &str) -> Result<NewPerson, SignInError> {
        let endpoint = self.metadata().await?.userinfo_endpoint.clone();
        let userinfo: Claims =
            self.outbound.json("/userinfo", self.outbound.client().get(endpoint).bearer_auth(access_token)).await?;
        if userinfo.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(SignInError::OtherSubject);
        }
        Ok(claims::person(&self.settings.issuer, subject, id_token, userinfo))
    }

    /// Verifies an access token somebody brought along. One that was verified within the last minute, with the
    /// keys of now, is not verified again.
    ///
    /// # Errors
    /// Outer: the keys cannot be had. Inner: what is wrong with the token.
    pub async fn verify_access_token(
        &self,
        token: &str,
        audience: &str,
    ) -> Result<Result<Arc<Claims>, TokenError>, OutboundError> {
        let keys = self.keys().await?;
        if let Some(claims) = self.access_tokens.claims(token, audience, &keys).await {
            return Ok(Ok(claims));
        }
        let verify = |keys: &Arc<KeySet>| {
            let claims = access_token::verify(token, keys, &self.settings.issuer, audience)?;
            Ok((Arc::new(claims), keys.clone()))
        };
        Ok(match self.verified(verify).await? {
            Ok((claims, keys)) => {
                self.access_tokens.remember(token, audience, &claims, &keys).await;
                Ok(claims)
            }
            Err(error) => Err(error),
        })
    }

    /// Verifies a logout token: the service says that somebody has signed out there.
    ///
    /// # Errors
    /// Outer: the keys cannot be had. Inner: what is wrong with the token.
    pub async fn verify_logout_token(&self, token: &str) -> Result<Result<LogoutToken, TokenError>, OutboundError> {
        let OidcSettings { issuer, client_id, logout_token_typ, .. } = &self.settings;
        self.verified(|keys| logout_token::verify(token, keys, issuer, client_id, *logout_token_typ)).await
    }

    /// Runs a verification, and once more with newer keys where the key was unknown: the service may
    /// have begun to sign with another one since.
    async fn verified<T>(
        &self,
        verify: impl Fn(&Arc<KeySet>) -> Result<T, TokenError>,
    ) -> Result<Result<T, TokenError>, OutboundError> {
        let asked_at = Instant::now();
        let outcome = verify(&self.keys().await?);
        if !matches!(outcome, Err(TokenError::Key(KeyError::Unknown))) || !self.may_refetch(asked_at) {
            return Ok(outcome);
        }
        let metadata = self.metadata().await?;
        match self.keys.fetch_since(asked_at, || KeySet::fetch(&self.outbound, &metadata.jwks_uri)).await {
            Ok(keys) => Ok(verify(&keys)),
            Err(error) => {
                tracing::warn!(%error, "an unknown kid, and the key set cannot be fetched anew");
                Ok(outcome)
            }
        }
    }

    fn may_refetch(&self, now: Instant) -> bool {
        let mut refetched_at = self.refetched_at.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let may = refetched_at.is_none_or(|at| now.saturating_duration_since(at) >= REFETCH_EVERY);
        if may {
            *refetched_at = Some(now);
        }
        may
    }

    /// Revokes a refresh token (RFC 7009), where the service offers that.
    ///
    /// # Errors
    /// When the call fails. Signing out goes on all the same.
    pub async fn revoke(&self, refresh_token: &str) -> Result<(), OutboundError> {
        let metadata = self.metadata().await?;
        exchange::revoke(&self.outbound, &self.settings, &metadata, refresh_token).await
    }

    /// How a browser signs out at the service as well, and comes back to `return_to`.
    ///
    /// # Errors
    /// When the service's metadata cannot be had.
    pub async fn sign_out(&self, id_token: Option<&str>, return_to: &str) -> Result<SignOut, OutboundError> {
        let metadata = self.metadata().await?;
        Ok(end_session::sign_out(&self.settings, &metadata, id_token, return_to))
    }

    /// Asks the token endpoint whether it knows this client, with a code that cannot exist: for
    /// `portico check`.
    ///
    /// # Errors
    /// `invalid_client` and its like; `Ok` when only the code was refused.
    pub async fn check_client(&self) -> Result<(), SignInError> {
        let metadata = self.metadata().await?;
        let attempt = Transaction::start(&Default::default(), None, None, false);
        match exchange::exchange_code(&self.outbound, &self.settings, &metadata, &attempt, "portico-check".to_owned())
            .await
        {
            Err(SignInError::Exchange(code)) if code.starts_with("invalid_grant") => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(SignInError::Exchange("it accepted a code that was never issued".to_owned())),
        }
    }
}
