//! Refreshing (RFC 6749, section 6; OpenID Connect Core 1.0, section 12): new tokens for a session, and what
//! the sign-in service says of its person now.

use super::{Claims, OutboundError, Provider, SignInError, TokenError, exchange, id_token, jwt};
use crate::server::{session::Tokens, store::NewPerson};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Tokens that have just been refreshed.
pub struct Refreshed {
    /// The tokens; what was not in the answer is as it was before.
    pub tokens: Tokens,
    /// Whether the ID token is a new one, which nobody has verified yet.
    has_new_id_token: bool,
}

/// Why a session's tokens or claims were not renewed. The text is for the log and holds no token.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// `invalid_grant` (RFC 6749, section 5.2): the session is over at the service.
    #[error("the sign-in service takes the refresh token no more: it was revoked, has expired or was used before")]
    Revoked,
    /// The service answers about somebody else, or for somebody else: nothing of it may be used.
    #[error("the answer is not about this session: {0}")]
    NotThisSession(#[source] SignInError),
    /// The service is away, or its answer cannot be used. It may be well the next time.
    #[error(transparent)]
    Failed(SignInError),
}

impl RefreshError {
    /// How long the service wants not to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(SignInError::Outbound(error)) => error.retry_after(),
            _ => None,
        }
    }

    /// Whether the service takes the access token no more.
    pub fn is_access_token_refused(&self) -> bool {
        matches!(self, Self::Failed(SignInError::Outbound(OutboundError::Status { status: 401, .. })))
    }
}

impl From<SignInError> for RefreshError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Exchange(code) if code == "invalid_grant" => Self::Revoked,
            // A signature is checked before these, so that it is the service itself that says so.
            SignInError::IdToken(TokenError::Mismatch("iss" | "sub" | "aud" | "azp" | "nonce" | "org_id"))
            | SignInError::OtherSubject => Self::NotThisSession(error),
            error => Self::Failed(error),
        }
    }
}

impl From<OutboundError> for RefreshError {
    fn from(error: OutboundError) -> Self {
        Self::Failed(error.into())
    }
}

impl Provider {
    /// Has new tokens in exchange for the refresh token. Where the service rotates them, the old one is worth
    /// nothing from then on: keep the new one first, then look at the rest.
    ///
    /// # Errors
    /// The service is away, or refuses.
    pub async fn refresh(&self, refresh_token: &SecretString, before: &Tokens) -> Result<Refreshed, RefreshError> {
        let metadata = self.metadata().await?;
        let answer = exchange::refresh(&self.outbound, &self.settings, &metadata, refresh_token).await?;
        let (tokens, has_new_id_token) = answer.into_tokens(before);
        Ok(Refreshed { tokens, has_new_id_token })
    }

    /// What the service says now of the person `subject`, by refreshed tokens. The new ID token is verified
    /// first, where there is one; without one the claims of the last stand, and `/userinfo` wins over them.
    ///
    /// # Errors
    /// The service is away, or what it says cannot be used.
    pub async fn describe_refreshed(
        &self,
        subject: &str,
        before: &Tokens,
        refreshed: &Refreshed,
    ) -> Result<NewPerson, RefreshError> {
        let kept = kept_claims(before);
        let access_token = refreshed.tokens.access_token.expose_secret();
        if !refreshed.has_new_id_token {
            return Ok(self.describe(subject, &kept, access_token).await?);
        }
        let expected = id_token::ExpectedAtRefresh {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            subject,
            before: &kept,
            access_token,
        };
        let id_token = refreshed.tokens.id_token.expose_secret();
        let verified = self.verified(|keys| id_token::verify_refreshed(id_token, keys, &expected)).await?;
        let claims = verified.map_err(SignInError::IdToken)?;
        Ok(self.describe(subject, &claims, access_token).await?)
    }

    /// What the service says now of the person `subject`, by the tokens that are there.
    ///
    /// # Errors
    /// The service is away, refuses the access token, or what it says cannot be used.
    pub async fn describe_again(&self, subject: &str, tokens: &Tokens) -> Result<NewPerson, RefreshError> {
        Ok(self.describe(subject, &kept_claims(tokens), tokens.access_token.expose_secret()).await?)
    }
}

/// The claims of the ID token that is kept.
fn kept_claims(tokens: &Tokens) -> Claims {
    jwt::claims_of_kept(tokens.id_token.expose_secret()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<Duration>) -> RefreshError {
        OutboundError::Status { endpoint: "it", status, code: None, retry_after }.into()
    }

    #[test]
    fn only_a_clear_word_of_the_service_ends_a_session() {
        let revoked =
            |code: &str| matches!(RefreshError::from(SignInError::Exchange(code.into())), RefreshError::Revoked);
        assert!(revoked("invalid_grant"));
        for code in ["invalid_client", "invalid_request", "access_denied", "unauthorized_client", "invalid_grant_"] {
            assert!(!revoked(code), "{code}");
        }
        let foreign =
            |error| matches!(RefreshError::from(SignInError::IdToken(error)), RefreshError::NotThisSession(_));
        for claim in ["iss", "sub", "aud", "azp", "nonce", "org_id"] {
            assert!(foreign(TokenError::Mismatch(claim)), "{claim}");
        }
        for error in
            [TokenError::Signature, TokenError::Expired, TokenError::Algorithm, TokenError::Mismatch("at_hash")]
        {
            assert!(!foreign(error));
        }
    }

    #[test]
    fn what_the_service_says_about_waiting_is_heard() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(status(429, minute).retry_after(), minute);
        assert_eq!(status(503, None).retry_after(), None);
        assert!(status(401, None).is_access_token_refused() && !status(403, None).is_access_token_refused());
    }
}
