//! What the sign-in service says about itself: OpenID Connect Discovery 1.0.
//!
//! Endpoints are always discovered, never composed: a custom domain or another provider works the
//! same way as an Auth0 tenant.

use super::outbound::{Outbound, OutboundError};
use crate::server::settings::{ClientAuth, is_secure_or_loopback};
use serde::Deserialize;
use url::Url;

const ENDPOINT: &str = "discovery";

/// The part of the discovery document that is used here (OpenID Connect Discovery 1.0, section 3).
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    /// Must be exactly the configured issuer.
    pub issuer: String,
    /// Where sign-in begins.
    pub authorization_endpoint: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Url,
    /// Where a person's claims are read.
    pub userinfo_endpoint: Url,
    /// Where the signing keys are published.
    pub jwks_uri: Url,
    /// Where signing out at the service begins (OpenID Connect RP-Initiated Logout 1.0).
    pub end_session_endpoint: Option<Url>,
    /// Where refresh tokens are revoked (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// How clients may prove who they are; left out means `client_secret_basic`.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether answers to the callback carry `iss` (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// The address of the discovery document of `issuer`.
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Fetches and validates the document.
    ///
    /// # Errors
    /// Those of the call, and `Malformed` where the issuer is another one (OpenID Connect Discovery
    /// 1.0, section 4.3) or an endpoint would let secrets travel in the clear.
    pub(super) async fn fetch(outbound: &Outbound, issuer: &str) -> Result<Self, OutboundError> {
        let request = outbound.client().get(Self::address(issuer));
        let metadata: Self = outbound.json(ENDPOINT, request).await?;
        let malformed = |reason: String| OutboundError::Malformed { endpoint: ENDPOINT, reason };
        if metadata.issuer != issuer {
            return Err(malformed(
                "its issuer is not exactly the configured one (mind the slash at the end)".to_owned(),
            ));
        }
        if let Some(url) = metadata.endpoints().find(|url| !is_secure_or_loopback(url)) {
            return Err(malformed(format!("the endpoint {} is not https", url.path())));
        }
        Ok(metadata)
    }

    fn endpoints(&self) -> impl Iterator<Item = &Url> {
        let required = [&self.authorization_endpoint, &self.token_endpoint, &self.userinfo_endpoint, &self.jwks_uri];
        let optional = [&self.end_session_endpoint, &self.revocation_endpoint];
        required.into_iter().chain(optional.into_iter().flatten())
    }

    /// How to prove who we are: `client_secret_post` where it is offered, else `client_secret_basic`.
    pub fn client_auth(&self) -> ClientAuth {
        let offered = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        if offered.iter().any(|method| method == "client_secret_post") { ClientAuth::Post } else { ClientAuth::Basic }
    }
}
