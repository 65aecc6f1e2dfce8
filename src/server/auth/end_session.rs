//! Signing out at the sign-in service (OpenID Connect RP-Initiated Logout 1.0).

use super::{discovery::Metadata, transaction};
use crate::server::settings::OidcSettings;
use url::Url;

/// How a browser signs out at the service.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// Where it goes.
    pub url: Url,
    /// The `state` it must come back with, where the service gives one back.
    pub state: Option<String>,
}

/// The advertised endpoint, else Auth0's own `/v2/logout`, which knows no `state`.
///
/// `return_to` must be registered at the service (Auth0: "Allowed Logout URLs").
pub(super) fn sign_out(
    settings: &OidcSettings,
    metadata: &Metadata,
    id_token: Option<&str>,
    return_to: &str,
) -> SignOut {
    if let Some(endpoint) = &metadata.end_session_endpoint {
        let (mut url, state) = (endpoint.clone(), transaction::random());
        let mut query = url.query_pairs_mut();
        query
            .append_pair("client_id", &settings.client_id)
            .append_pair("post_logout_redirect_uri", return_to)
            .append_pair("state", &state);
        if let Some(id_token) = id_token {
            query.append_pair("id_token_hint", id_token);
        }
        drop(query);
        return SignOut { url, state: Some(state) };
    }
    // Tenants without the advertised endpoint are Auth0's: https://auth0.com/docs/api/authentication/logout
    let mut url = metadata.authorization_endpoint.clone();
    url.set_path("/v2/logout");
    url.set_query(None);
    url.query_pairs_mut().append_pair("client_id", &settings.client_id).append_pair("returnTo", return_to);
    SignOut { url, state: None }
}
