//! The token endpoint, by the `oauth2` crate: the authorization code grant (RFC 6749, section 4.1) with PKCE, and
//! refreshing (section 6).

use super::{
    LoginHints,
    discovery::Metadata,
    error::SignInError,
    outbound::{Outbound, OutboundError},
    transaction::Transaction,
};
use crate::server::{
    session::Tokens,
    settings::{ClientAuth, OidcSettings},
};
use chrono::TimeDelta;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{fmt, pin::Pin};
use url::Url;

const ENDPOINT: &str = "the token endpoint";
/// What asks Auth0 for a second factor (https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication).
const MULTI_FACTOR_ACR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// What an OpenID provider adds to the token answer.
#[derive(Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl fmt::Debug for IdTokenField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenField")
    }
}

impl ExtraTokenFields for IdTokenField {}

type Response = StandardTokenResponse<IdTokenField, BasicTokenType>;
type Client = oauth2::Client<
    BasicErrorResponse,
    Response,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The token endpoint's answer to a code, with the ID token that must be in it.
pub(super) struct TokenAnswer {
    response: Response,
    pub(super) id_token: String,
}

/// The token endpoint's answer to a refresh token.
pub(super) struct RefreshAnswer(Response);

impl TokenAnswer {
    pub(super) fn access_token(&self) -> &str {
        self.response.access_token().secret()
    }

    /// The tokens, for the session's keeping.
    pub(super) fn into_tokens(self) -> Tokens {
        tokens(&self.response, SecretString::from(self.id_token))
    }
}

impl RefreshAnswer {
    /// The tokens, for the session's keeping. What is not in the answer stays as it was `before` (RFC 6749,
    /// section 6; OpenID Connect Core 1.0, section 12.2); the flag says whether an ID token was in it.
    pub(super) fn into_tokens(self, before: &Tokens) -> (Tokens, bool) {
        let new_id_token = &self.0.extra_fields().id_token;
        let id_token = new_id_token.as_deref().map_or_else(|| before.id_token.clone(), SecretString::from);
        let new = tokens(&self.0, id_token);
        let kept = Tokens {
            refresh_token: new.refresh_token.or_else(|| before.refresh_token.clone()),
            scope: new.scope.or_else(|| before.scope.clone()),
            ..new
        };
        (kept, new_id_token.is_some())
    }
}

fn tokens(response: &Response, id_token: SecretString) -> Tokens {
    let scopes = response.scopes();
    Tokens {
        access_token: SecretString::from(response.access_token().secret().as_str()),
        refresh_token: response.refresh_token().map(|token| SecretString::from(token.secret().as_str())),
        access_token_life: response.expires_in().and_then(|life| TimeDelta::from_std(life).ok()),
        scope: scopes.map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")),
        id_token,
    }
}

fn client(settings: &OidcSettings, metadata: &Metadata) -> Client {
    let auth = settings.client_auth.unwrap_or_else(|| metadata.client_auth());
    oauth2::Client::new(ClientId::new(settings.client_id.clone()))
        .set_client_secret(ClientSecret::new(settings.client_secret.expose_secret().to_owned()))
        .set_auth_type(match auth {
            ClientAuth::Post => AuthType::RequestBody,
            ClientAuth::Basic => AuthType::BasicAuth,
        })
        .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
        .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()))
        .set_redirect_uri(RedirectUrl::from_url(settings.callback_url.clone()))
}

/// The address that begins a sign-in.
pub(super) fn authorization_url(
    settings: &OidcSettings,
    metadata: &Metadata,
    attempt: &Transaction,
    hints: &LoginHints,
) -> Url {
    let client = client(settings, metadata);
    let state = attempt.state.clone();
    let mut request = client
        .authorize_url(|| CsrfToken::new(state))
        .add_scopes(settings.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(attempt.pkce_challenge())
        .add_extra_param("nonce", &attempt.nonce);
    let extras = [
        ("audience", &settings.audience),
        ("connection", &attempt.connection),
        ("organization", &attempt.organization),
        ("screen_hint", &hints.screen_hint),
        ("prompt", &hints.prompt),
        ("login_hint", &hints.login_hint),
    ];
    if attempt.step_up {
        request = request.add_extra_param("acr_values", MULTI_FACTOR_ACR);
    }
    if let Some(max_age) = attempt.max_age {
        request = request.add_extra_param("max_age", max_age.to_string());
    }
    for (name, value) in extras {
        if let Some(value) = value {
            request = request.add_extra_param(name, value);
        }
    }
    request.url().0
}

/// Exchanges a code for tokens.
pub(super) async fn exchange_code(
    outbound: &Outbound,
    settings: &OidcSettings,
    metadata: &Metadata,
    attempt: &Transaction,
    code: String,
) -> Result<TokenAnswer, SignInError> {
    let response = client(settings, metadata)
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce_verifier.clone()))
        .request_async(outbound)
        .await
        .map_err(describe)?;
    check_type(&response)?;
    match &response.extra_fields().id_token {
        Some(id_token) => Ok(TokenAnswer { id_token: id_token.clone(), response }),
        None => Err(SignInError::Exchange("there is no id_token in its answer".to_owned())),
    }
}

/// Has new tokens in exchange for a refresh token.
pub(super) async fn refresh(
    outbound: &Outbound,
    settings: &OidcSettings,
    metadata: &Metadata,
    refresh_token: &SecretString,
) -> Result<RefreshAnswer, SignInError> {
    let response = client(settings, metadata)
        .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
        .request_async(outbound)
        .await
        .map_err(describe)?;
    check_type(&response)?;
    Ok(RefreshAnswer(response))
}

/// OpenID Connect Core 1.0, section 3.1.3.3; we know how to use no other (RFC 6749, section 7.1).
fn check_type(response: &Response) -> Result<(), SignInError> {
    if *response.token_type() == BasicTokenType::Bearer {
        return Ok(());
    }
    Err(SignInError::Exchange("the token_type of its answer is not Bearer".to_owned()))
}

/// The `oauth2` crate's requests go out by our client, within its bounds.
impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self, request))
    }
}

async fn send(outbound: &Outbound, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
    let (parts, body) = request.into_parts();
    let request = outbound.client().request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
    let answer = outbound.send(ENDPOINT, request).await?;
    if answer.status.is_server_error() || answer.status.as_u16() == 429 {
        return Err(OutboundError::Status {
            endpoint: ENDPOINT,
            status: answer.status.as_u16(),
            code: None,
            retry_after: answer.retry_after,
        });
    }
    let mut response = axum::http::Response::builder().status(answer.status);
    if let Some(content_type) = answer.content_type {
        response = response.header("content-type", content_type);
    }
    response.body(answer.body).map_err(|_| OutboundError::Malformed {
        endpoint: ENDPOINT,
        reason: "its Content-Type is not a header value".to_owned(),
    })
}

/// What went wrong, without the answer's text: it may hold tokens.
fn describe(error: RequestTokenError<OutboundError, BasicErrorResponse>) -> SignInError {
    match error {
        RequestTokenError::Request(error) => SignInError::Outbound(error),
        RequestTokenError::ServerResponse(answer) => {
            SignInError::Exchange(answer.error().as_ref().chars().filter(|c| c.is_ascii_graphic()).take(64).collect())
        }
        RequestTokenError::Parse(..) => SignInError::Outbound(OutboundError::Malformed {
            endpoint: ENDPOINT,
            reason: "it is not a token answer".to_owned(),
        }),
        RequestTokenError::Other(_) => SignInError::Outbound(OutboundError::Malformed {
            endpoint: ENDPOINT,
            reason: "it is empty or not JSON".to_owned(),
        }),
    }
}

/// Revokes a refresh token (RFC 7009, section 2.1), where the service says how.
pub(super) async fn revoke(
    outbound: &Outbound,
    settings: &OidcSettings,
    metadata: &Metadata,
    refresh_token: &str,
) -> Result<(), OutboundError> {
    const ENDPOINT: &str = "the revocation endpoint";
    let Some(address) = &metadata.revocation_endpoint else { return Ok(()) };
    let mut form = vec![("token", refresh_token), ("token_type_hint", "refresh_token")];
    let secret = settings.client_secret.expose_secret();
    let mut request = outbound.client().post(address.clone());
    match settings.client_auth.unwrap_or_else(|| metadata.client_auth()) {
        ClientAuth::Post => form.extend([("client_id", settings.client_id.as_str()), ("client_secret", secret)]),
        ClientAuth::Basic => {
            // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
            let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encode(&settings.client_id), Some(encode(secret)));
        }
    }
    let answer = outbound.send(ENDPOINT, request.form(&form)).await?;
    if answer.status.is_success() {
        Ok(())
    } else {
        Err(OutboundError::Status {
            endpoint: ENDPOINT,
            status: answer.status.as_u16(),
            code: None,
            retry_after: answer.retry_after,
        })
    }
}
