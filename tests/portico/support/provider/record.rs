//! What the provider was asked.

use axum::http::{HeaderMap, Method};

/// The provider's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`
    Discovery,
    /// `/.well-known/jwks.json`
    Jwks,
    /// `/authorize`
    Authorize,
    /// `/oauth/token`
    Token,
    /// `/userinfo`
    UserInfo,
    /// `/oidc/logout`: the advertised `end_session_endpoint`.
    OidcLogout,
    /// `/v2/logout`: Auth0's older one.
    V2Logout,
    /// `/oauth/revoke`
    Revoke,
    /// Any other path: nobody has a reason to come here.
    Elsewhere,
}

impl Endpoint {
    pub(super) fn of(path: &str) -> Self {
        match path {
            "/.well-known/openid-configuration" => Self::Discovery,
            "/.well-known/jwks.json" => Self::Jwks,
            "/authorize" => Self::Authorize,
            "/oauth/token" => Self::Token,
            "/userinfo" => Self::UserInfo,
            "/oidc/logout" => Self::OidcLogout,
            "/v2/logout" => Self::V2Logout,
            "/oauth/revoke" => Self::Revoke,
            _ => Self::Elsewhere,
        }
    }
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// The endpoint asked.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: Method,
    /// The headers.
    pub headers: HeaderMap,
    /// The parameters of the query and of a form body, in order.
    pub params: Vec<(String, String)>,
}

impl Call {
    /// The parameter's value, if it came once.
    ///
    /// # Panics
    /// When it came more than once, which RFC 6749, section 3.1, forbids.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut found = self.params.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = found.next();
        assert!(found.next().is_none(), "{name} was sent more than once to {:?}", self.endpoint);
        first
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// Who the client says it is: `(method, client_id, client_secret)` (OpenID Connect Core 1.0, section 9).
    pub fn client(&self) -> Option<(&'static str, String, String)> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        if let Some(basic) = self.header("authorization").and_then(|value| value.strip_prefix("Basic ")) {
            let text = String::from_utf8(BASE64_STANDARD.decode(basic).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            // Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1).
            let decode = |part: &str| {
                let pair = format!("x={part}");
                url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
            };
            return Some(("client_secret_basic", decode(id)?, decode(secret)?));
        }
        Some(("client_secret_post", self.param("client_id")?.to_owned(), self.param("client_secret")?.to_owned()))
    }
}
