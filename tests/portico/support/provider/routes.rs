//! The endpoints, each answering correctly from the state, bent by the behaviour.

use super::{
    Authorization, Call, Endpoint, Rotation, Shared,
    state::{CLIENT_ID, Code, Grant, RefreshToken, State, random},
    token,
};
use axum::{
    Json,
    body::to_bytes,
    extract::Request,
    http::{Method, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use url::{Url, form_urlencoded};

/// Every request comes here: recorded first, then answered.
pub(super) async fn handle(shared: Arc<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("clients under test send small bodies");
    let mut params: Vec<_> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if is_form {
        params.extend(form_urlencoded::parse(&body).into_owned());
    }
    let endpoint = Endpoint::of(parts.uri.path());
    let call = Call { endpoint, method: parts.method, headers: parts.headers, params };
    let answer = {
        let mut state = shared.state();
        state.calls.push(call.clone());
        state.behaviour.answers.get(&endpoint).cloned().unwrap_or(super::Answer::Correct)
    };
    answer.send(async move { correct(&shared, &call) }).await
}

fn correct(shared: &Shared, call: &Call) -> Response {
    let mut state = shared.state();
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    match call.endpoint {
        Endpoint::Discovery if get => discovery(shared, &state),
        Endpoint::Jwks if get => jwks(&state),
        Endpoint::Authorize if get => authorize(shared, &mut state, call),
        Endpoint::Token if post => token(shared, &mut state, call),
        Endpoint::UserInfo if get || post => userinfo(&state, call),
        Endpoint::OidcLogout if get => oidc_logout(&state, call),
        Endpoint::V2Logout if get => v2_logout(&state, call),
        Endpoint::Revoke if post => revoke(shared, &mut state, call),
        Endpoint::Elsewhere => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// OpenID Connect Discovery 1.0, section 4.2.
fn discovery(shared: &Shared, state: &State) -> Response {
    let at = |path: &str| format!("{}{path}", shared.issuer);
    let document = json!({
        "issuer": shared.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("oauth/token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
        "end_session_endpoint": at("oidc/logout"),
        "revocation_endpoint": at("oauth/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": state.behaviour.client_auth,
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "authorization_response_iss_parameter_supported": true,
    });
    Json(state.behaviour.discovery.applied(document)).into_response()
}

fn jwks(state: &State) -> Response {
    let keys: Vec<_> = state.behaviour.published_keys.iter().map(|key| key.jwk()).collect();
    Json(state.behaviour.jwks.applied(json!({ "keys": keys }))).into_response()
}

/// RFC 6749, section 4.1.1, with PKCE, nonce and state required of everybody.
fn authorize(shared: &Shared, state: &mut State, call: &Call) -> Response {
    let param = |name| call.param(name).unwrap_or_default();
    let redirect_uri = param("redirect_uri");
    let mut wrong = Vec::new();
    let mut require = |holds: bool, what: &'static str| {
        if !holds {
            wrong.push(what);
        }
    };
    require(param("response_type") == "code", "response_type must be code");
    require(param("client_id") == CLIENT_ID, "client_id is unknown");
    require(state.redirect_uris.contains(redirect_uri), "redirect_uri is not registered");
    require(param("scope").split(' ').any(|scope| scope == "openid"), "scope must have openid");
    require(param("state").len() >= 22, "state must have 128 bits");
    require(param("nonce").len() >= 22, "nonce must have 128 bits");
    require(param("code_challenge_method") == "S256", "code_challenge_method must be S256");
    require(param("code_challenge").len() == 43, "code_challenge must be a SHA-256 in base64url");
    require(matches!(param("response_mode"), "" | "query" | "form_post"), "response_mode is unknown");
    if !wrong.is_empty() {
        return (StatusCode::BAD_REQUEST, format!("authorization request refused: {}", wrong.join("; ")))
            .into_response();
    }
    let mut answer = match state.behaviour.authorization {
        Authorization::Grants => {
            let code = random();
            state.grants.push(Grant {
                person: state.behaviour.person.clone(),
                scope: param("scope").to_owned(),
                audience: call.param("audience").map(str::to_owned),
                sid: random(),
                auth_time: Utc::now().timestamp(),
                revoked: false,
            });
            let grant = state.grants.len() - 1;
            state.codes.insert(
                code.clone(),
                Code {
                    redirect_uri: redirect_uri.to_owned(),
                    code_challenge: param("code_challenge").to_owned(),
                    nonce: param("nonce").to_owned(),
                    grant,
                    used: false,
                },
            );
            Map::from_iter([("code".to_owned(), code.into())])
        }
        Authorization::Refuses { error, description } => {
            Map::from_iter([("error".to_owned(), error.into()), ("error_description".to_owned(), description.into())])
        }
    };
    answer.insert("state".to_owned(), param("state").into());
    answer.insert("iss".to_owned(), shared.issuer.as_str().into());
    state.behaviour.callback.apply(&mut answer);
    if param("response_mode") == "form_post" {
        return form_post(redirect_uri, &pairs(&answer));
    }
    redirect_with(redirect_uri, &pairs(&answer))
}

fn pairs(params: &Map<String, Value>) -> Vec<(&str, &str)> {
    params.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("a parameter is text"))).collect()
}

/// OAuth 2.0 Form Post Response Mode. A browser would submit it by script.
fn form_post(action: &str, answer: &[(&str, &str)]) -> Response {
    let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let inputs: String = answer
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    Html(format!("<!doctype html><form method=\"post\" action=\"{}\">{inputs}</form>", escape(action))).into_response()
}

fn redirect_with(to: &str, params: &[(&str, &str)]) -> Response {
    let mut to = Url::parse(to).expect("registered addresses are sound");
    if !params.is_empty() {
        to.query_pairs_mut().extend_pairs(params);
    }
    (StatusCode::FOUND, [(header::LOCATION, to.to_string())]).into_response()
}

/// An error of the token endpoint (RFC 6749, section 5.2). Auth0 says `invalid_grant` with 403.
fn token_error(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

fn invalid_grant(description: &str) -> Response {
    token_error(StatusCode::FORBIDDEN, "invalid_grant", description)
}

/// Whether the client is ours and came by a method we take; else the answer it gets.
fn authenticate(shared: &Shared, state: &State, call: &Call) -> Result<(), Box<Response>> {
    let known = call.client().is_some_and(|(method, id, secret)| {
        state.behaviour.client_auth.contains(&method) && id == CLIENT_ID && secret == shared.client_secret
    });
    if known {
        return Ok(());
    }
    let mut refused = token_error(StatusCode::UNAUTHORIZED, "invalid_client", "Unauthorized");
    refused
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Basic realm=\"provider\""));
    Err(Box::new(refused))
}

fn token(shared: &Shared, state: &mut State, call: &Call) -> Response {
    if let Err(refused) = authenticate(shared, state, call) {
        return *refused;
    }
    match call.param("grant_type") {
        Some("authorization_code") => redeem_code(shared, state, call),
        Some("refresh_token") => refresh(shared, state, call),
        _ => {
            token_error(StatusCode::BAD_REQUEST, "unsupported_grant_type", "only authorization_code and refresh_token")
        }
    }
}

fn redeem_code(shared: &Shared, state: &mut State, call: &Call) -> Response {
    let Some(code) = call.param("code").and_then(|code| state.codes.get_mut(code)) else {
        return invalid_grant("no such code");
    };
    if code.used {
        // A code that comes twice was stolen once (RFC 6749, section 4.1.2).
        let grant = code.grant;
        state.grants[grant].revoked = true;
        return invalid_grant("the code was used before");
    }
    code.used = true;
    let code = code.clone();
    if call.param("redirect_uri") != Some(&code.redirect_uri) {
        return invalid_grant("redirect_uri is another one");
    }
    if call.param("code_verifier").map(token::s256) != Some(code.code_challenge) {
        return invalid_grant("code_verifier does not fit");
    }
    issue(shared, state, code.grant, Some(&code.nonce))
}

fn refresh(shared: &Shared, state: &mut State, call: &Call) -> Response {
    let Some(token) = call.param("refresh_token").and_then(|token| state.refresh_tokens.get_mut(token)) else {
        return invalid_grant("no such refresh token");
    };
    let reused = std::mem::replace(&mut token.used, true);
    let grant = token.grant;
    if reused && state.behaviour.rotation == Rotation::On {
        state.grants[grant].revoked = true;
    }
    if state.grants[grant].revoked {
        return invalid_grant("the refresh token is not valid any more");
    }
    issue(shared, state, grant, None)
}

/// Tokens for a grant: with a nonce after a code, without one after a refresh.
fn issue(shared: &Shared, state: &mut State, grant: usize, nonce: Option<&str>) -> Response {
    if let Some(key) = state.behaviour.rotate_before_signing.take() {
        state.behaviour.signing_key = key;
        state.behaviour.published_keys = vec![key];
    }
    let behaviour = &state.behaviour;
    let Grant { person, scope, audience, sid, auth_time, .. } = state.grants[grant].clone();
    let now = Utc::now().timestamp();
    let access_token = match &audience {
        Some(audience) => {
            let claims = json!({
                "iss": shared.issuer, "sub": person["sub"], "aud": [audience, format!("{}userinfo", shared.issuer)],
                "iat": now, "exp": now + behaviour.access_token_lifetime, "azp": CLIENT_ID, "scope": scope, "jti": random(),
            });
            token::sign(behaviour, &behaviour.access_token, "at+jwt", claims, &shared.client_secret)
        }
        None => random(),
    };
    let mut claims = json!({
        "iss": shared.issuer, "sub": person["sub"], "aud": CLIENT_ID, "iat": now, "exp": now + 36_000,
        "auth_time": auth_time, "sid": sid, "at_hash": token::at_hash(&access_token),
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    if let Some(amr) = &behaviour.amr {
        claims["amr"] = json!(amr);
    }
    let shape = if nonce.is_some() { &behaviour.id_token } else { &behaviour.refreshed_id_token };
    let id_token = token::sign(behaviour, shape, "JWT", claims, &shared.client_secret);
    let mut answer = json!({
        "access_token": access_token,
        "id_token": id_token,
        "token_type": "Bearer",
        "expires_in": behaviour.access_token_lifetime,
        "scope": scope,
    });
    let rotates = nonce.is_some() || behaviour.rotation != Rotation::Off;
    if rotates && scope.split(' ').any(|scope| scope == "offline_access") {
        let token = random();
        answer["refresh_token"] = token.as_str().into();
        state.refresh_tokens.insert(token, RefreshToken { grant, used: false });
    }
    state.access_tokens.insert(access_token, grant);
    state.id_tokens.insert(id_token);
    let answer = state.behaviour.token_answer.applied(answer);
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// OpenID Connect Core 1.0, section 5.3.
fn userinfo(state: &State, call: &Call) -> Response {
    let grant = call
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .and_then(|token| state.access_tokens.get(token))
        .filter(|grant| !state.grants[**grant].revoked);
    match grant {
        Some(grant) => Json(state.behaviour.userinfo.applied(Value::Object(state.person(*grant)))).into_response(),
        None => {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")]).into_response()
        }
    }
}

/// OpenID Connect RP-Initiated Logout 1.0, section 2.
fn oidc_logout(state: &State, call: &Call) -> Response {
    let hinted = call.param("id_token_hint").map(|hint| state.id_tokens.contains(hint));
    if hinted == Some(false) || (hinted.is_none() && call.param("client_id") != Some(CLIENT_ID)) {
        return (StatusCode::BAD_REQUEST, "id_token_hint or client_id is unknown").into_response();
    }
    let Some(to) = call.param("post_logout_redirect_uri") else {
        return Html("<!doctype html><p>You are signed out.</p>").into_response();
    };
    if !state.logout_uris.contains(to) {
        return (StatusCode::BAD_REQUEST, "post_logout_redirect_uri is not registered").into_response();
    }
    let mut answer: Map<_, _> =
        call.param("state").map(|state| ("state".to_owned(), state.into())).into_iter().collect();
    state.behaviour.logged_out.apply(&mut answer);
    redirect_with(to, &pairs(&answer))
}

/// Auth0's own: `/v2/logout?client_id=…&returnTo=…`.
fn v2_logout(state: &State, call: &Call) -> Response {
    if call.param("client_id") != Some(CLIENT_ID) {
        return (StatusCode::BAD_REQUEST, "client_id is unknown").into_response();
    }
    match call.param("returnTo") {
        Some(to) if state.logout_uris.contains(to) => Redirect::to(to).into_response(),
        Some(_) => (StatusCode::BAD_REQUEST, "returnTo is not registered").into_response(),
        None => Html("<!doctype html><p>OK</p>").into_response(),
    }
}

/// RFC 7009: an unknown token is as good as revoked.
fn revoke(shared: &Shared, state: &mut State, call: &Call) -> Response {
    if let Err(refused) = authenticate(shared, state, call) {
        return *refused;
    }
    let grant = call.param("token").and_then(|token| state.refresh_tokens.get(token)).map(|token| token.grant);
    if let Some(grant) = grant {
        state.grants[grant].revoked = true;
    }
    StatusCode::OK.into_response()
}
