//! What a refusal of the tenant means: each of the APIs' many answers as one [`DirectoryError`].

use super::error::{Api, DirectoryError};
use axum::http::StatusCode;
use serde_json::Value;

/// What the token endpoint's refusal of `client_credentials` means.
pub(super) fn by_token_endpoint(api: Api, audience: &str, status: StatusCode, body: &[u8]) -> DirectoryError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
    let (error, description) = (text("error"), text("error_description"));
    let unknown_audience = || match api {
        Api::Management => DirectoryError::WrongAudience { api, audience: audience.to_owned() },
        Api::AuthorizationExtension => DirectoryError::ExtensionApiDisabled,
    };
    if error.is_empty() {
        // Not an OAuth error (RFC 6749, section 5.2): this is no token endpoint.
        return DirectoryError::WrongBaseUrl { api: Api::Management, status: status.as_u16() };
    }
    // Auth0 says access_denied to nearly everything; its description tells the cases apart.
    if description.contains("Service not enabled within domain") || error == "invalid_target" {
        return unknown_audience();
    }
    if description.contains("is not authorized to access") {
        return DirectoryError::ClientNotAuthorised { audience: audience.to_owned() };
    }
    if let Some((_, scopes)) = description.split_once("has not been granted scopes:") {
        return DirectoryError::MissingScope { api, scope: printable(scopes.trim(), 64) };
    }
    if error == "unauthorized_client" {
        return DirectoryError::GrantNotAllowed;
    }
    if error == "invalid_client" || status == StatusCode::UNAUTHORIZED {
        return DirectoryError::ClientRefused;
    }
    DirectoryError::Rejected {
        call: "POST /oauth/token",
        status: status.as_u16(),
        reason: format!("{}: {}", printable(error, 64), printable(description, 200)),
    }
}

/// What the refusal of a call to the API means: any 3xx or 4xx but 429. `scope` is what it needs.
pub(super) fn by_api(
    api: Api,
    audience: &str,
    call: &'static str,
    scope: &str,
    status: StatusCode,
    body: &[u8],
) -> DirectoryError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    // Both APIs describe their errors in the same form: {statusCode, error, message, errorCode?}.
    if status.is_redirection() || json.get("statusCode").is_none() {
        return DirectoryError::WrongBaseUrl { api, status: status.as_u16() };
    }
    let message = json.get("message").and_then(Value::as_str).unwrap_or_default();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST if is_no_machine_token(message) => {
            DirectoryError::UserTokenUsed { api }
        }
        StatusCode::UNAUTHORIZED if message.to_ascii_lowercase().contains("audience") => {
            DirectoryError::WrongAudience { api, audience: audience.to_owned() }
        }
        StatusCode::UNAUTHORIZED => DirectoryError::TokenRefused { api, reason: printable(message, 200) },
        StatusCode::FORBIDDEN if message.starts_with("Insufficient scope") => {
            let named = message.split_once("expected any of:").map(|(_, scopes)| scopes.split(',').map(str::trim));
            let wanted = scope.split(' ').next().unwrap_or(scope);
            let missing = named.and_then(|mut scopes| {
                let first = scopes.next()?;
                Some(if first == wanted || scopes.any(|other| other == wanted) { wanted } else { first })
            });
            DirectoryError::MissingScope { api, scope: printable(missing.unwrap_or(wanted), 64) }
        }
        // The API knows its paths, so what is missing is what the path names.
        StatusCode::NOT_FOUND if json.get("errorCode").is_some() || call.contains('{') => {
            DirectoryError::NotFound(call)
        }
        StatusCode::NOT_FOUND => DirectoryError::WrongBaseUrl { api, status: 404 },
        _ => DirectoryError::Rejected { call, status: status.as_u16(), reason: printable(message, 200) },
    }
}

/// The words with which the APIs refuse what is no token of a machine: the extension's library
/// when it is no JWT, and when its `sub` is not one of `…@clients`; the Management API when it is
/// no JWT.
fn is_no_machine_token(message: &str) -> bool {
    ["Invalid token format", "Invalid credentials", "Bad HTTP authentication header format"]
        .iter()
        .any(|words| message.starts_with(words))
}

/// At most `length` characters, without control characters: words of a stranger, for a log line.
pub(super) fn printable(text: &str, length: usize) -> String {
    text.chars().take(length).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AUDIENCE: &str = "https://tenant.eu.auth0.com/api/v2/";

    fn token(api: Api, status: u16, error: &str, description: &str) -> DirectoryError {
        let body = json!({ "error": error, "error_description": description }).to_string();
        by_token_endpoint(api, AUDIENCE, StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    fn api(api: Api, scope: &str, status: u16, body: &str) -> DirectoryError {
        by_api(api, AUDIENCE, "GET /users/{id}", scope, StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn the_token_endpoints_refusals_are_told_apart() {
        use Api::{AuthorizationExtension as Extension, Management};
        let unknown = "Service not enabled within domain: https://login.example/api/v2/";
        assert_eq!(
            token(Management, 403, "access_denied", unknown),
            DirectoryError::WrongAudience { api: Management, audience: AUDIENCE.to_owned() }
        );
        assert_eq!(token(Extension, 403, "access_denied", unknown), DirectoryError::ExtensionApiDisabled);
        assert_eq!(
            token(Extension, 400, "invalid_target", "resource indicator is missing"),
            DirectoryError::ExtensionApiDisabled
        );
        for description in [
            r#"Client is not authorized to access "https://tenant.eu.auth0.com/api/v2/". You need to create a "client-grant" associated to this API."#,
            r#"Client "abc" is not authorized to access resource server "https://tenant.eu.auth0.com/api/v2/"."#,
        ] {
            assert_eq!(
                token(Management, 403, "access_denied", description),
                DirectoryError::ClientNotAuthorised { audience: AUDIENCE.to_owned() }
            );
        }
        assert_eq!(
            token(Management, 403, "access_denied", "Client has not been granted scopes: read:users"),
            DirectoryError::MissingScope { api: Management, scope: "read:users".to_owned() }
        );
        let grant = "Grant type 'client_credentials' not allowed for the client.";
        assert_eq!(token(Management, 403, "unauthorized_client", grant), DirectoryError::GrantNotAllowed);
        assert_eq!(token(Management, 401, "access_denied", "Unauthorized"), DirectoryError::ClientRefused);
        assert_eq!(token(Management, 400, "invalid_client", ""), DirectoryError::ClientRefused);
        assert!(
            matches!(token(Management, 400, "invalid_request", "a\nb"), DirectoryError::Rejected { reason, .. } if reason == "invalid_request: a b")
        );
        assert!(matches!(
            by_token_endpoint(Extension, AUDIENCE, StatusCode::NOT_FOUND, b"<html>"),
            DirectoryError::WrongBaseUrl { api: Management, status: 404 }
        ));
    }

    #[test]
    fn the_apis_refusals_are_told_apart() {
        use Api::{AuthorizationExtension as Extension, Management};
        let forum = r#"{"statusCode":401,"error":"Unauthorized","message":"Invalid token format","attributes":{"error":"Invalid token format"}}"#;
        assert_eq!(api(Extension, "read:groups", 401, forum), DirectoryError::UserTokenUsed { api: Extension });
        let opaque = r#"{"statusCode":400,"error":"Bad Request","message":"Bad HTTP authentication header format","errorCode":"Bearer"}"#;
        assert_eq!(api(Management, "read:users", 400, opaque), DirectoryError::UserTokenUsed { api: Management });
        let audience = r#"{"statusCode":401,"error":"Unauthorized","message":"Bad audience: https://api.example/"}"#;
        assert!(matches!(api(Management, "read:users", 401, audience), DirectoryError::WrongAudience { .. }));
        let expired = r#"{"statusCode":401,"error":"Unauthorized","message":"Expired token"}"#;
        assert!(matches!(api(Extension, "read:groups", 401, expired), DirectoryError::TokenRefused { .. }));
        let scope = r#"{"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: read:users,read:current_user","errorCode":"insufficient_scope"}"#;
        let missing = |api, scope: &str| DirectoryError::MissingScope { api, scope: scope.to_owned() };
        assert_eq!(api(Management, "read:users", 403, scope), missing(Management, "read:users"));
        assert_eq!(
            api(Management, "read:roles", 403, scope),
            missing(Management, "read:users"),
            "the API knows better"
        );
        let unnamed = r#"{"statusCode":403,"error":"Forbidden","message":"Insufficient scope"}"#;
        assert_eq!(api(Extension, "read:groups", 403, unnamed), missing(Extension, "read:groups"));
        let unknown = r#"{"statusCode":404,"error":"Not Found","message":"The user does not exist.","errorCode":"inexistent_user"}"#;
        assert_eq!(api(Management, "read:users", 404, unknown), DirectoryError::NotFound("GET /users/{id}"));
        for (status, body) in
            [(404, "Cannot GET /api/users"), (302, ""), (404, r#"{"code":404}"#), (401, "<html>"), (400, "null")]
        {
            assert_eq!(
                api(Extension, "", status, body),
                DirectoryError::WrongBaseUrl { api: Extension, status },
                "{status} {body}"
            );
        }
        let invalid = "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Payload\\u0007 validation error\"}";
        assert_eq!(
            api(Management, "", 400, invalid),
            DirectoryError::Rejected {
                call: "GET /users/{id}",
                status: 400,
                reason: "Payload  validation error".to_owned()
            }
        );
    }

    #[test]
    fn a_list_that_is_not_there_is_a_wrong_address() {
        let body = r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#;
        let error = by_api(
            Api::AuthorizationExtension,
            AUDIENCE,
            "GET /groups",
            "read:groups",
            StatusCode::NOT_FOUND,
            body.as_bytes(),
        );
        assert_eq!(error, DirectoryError::WrongBaseUrl { api: Api::AuthorizationExtension, status: 404 });
    }

    #[test]
    fn no_text_is_too_long_for_a_log_line() {
        let body = json!({ "statusCode": 401, "message": "x\u{1b}".repeat(100_000) }).to_string();
        let error = api(Api::Management, "", 401, &body);
        assert!(error.to_string().len() < 300 && !error.to_string().contains('\u{1b}'));
    }
}
