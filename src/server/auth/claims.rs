//! From claims to a person: what the ID token and `/userinfo` say, in the shape that is kept.

use super::jwt::Claims;
use crate::server::{
    settings::is_secure_or_loopback,
    store::{Entitlements, NewPerson},
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

/// Claims about the token or the sign-in, not about the person.
const PROTOCOL: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "org_id",
    "org_name",
    "s_hash",
    "sid",
    "sub",
];

/// The person described by an ID token and the answer of `/userinfo`, whose claims win: they are
/// the newer ones. The caller has checked that both are about the same `sub`.
pub(super) fn person(issuer: &str, subject: &str, id_token: &Claims, userinfo: Claims) -> NewPerson {
    let mut claims = id_token.clone();
    claims.extend(userinfo);
    claims.retain(|name, value| !PROTOCOL.contains(&name.as_str()) && !value.is_null());
    NewPerson {
        issuer: issuer.to_owned(),
        provider: subject.split_once('|').map_or("oidc", |(provider, _)| provider).to_owned(),
        subject: subject.to_owned(),
        name: text(&mut claims, "name"),
        nickname: text(&mut claims, "nickname"),
        given_name: text(&mut claims, "given_name"),
        family_name: text(&mut claims, "family_name"),
        picture: text(&mut claims, "picture").filter(|picture| is_picture(picture)),
        email: text(&mut claims, "email"),
        email_verified: take_bool(&mut claims, "email_verified"),
        locale: text(&mut claims, "locale"),
        updated_at: claims.remove("updated_at").as_ref().and_then(time),
        app_metadata: object(&mut claims, "app_metadata"),
        user_metadata: object(&mut claims, "user_metadata"),
        claims,
        // Whoever knows the policy fills these in.
        token_permissions: Vec::new(),
        entitlements: Entitlements::default(),
    }
}

/// How the person proved who they are (`amr`, RFC 8176): a list of names, or nothing.
pub(super) fn authentication_methods(id_token: &Claims) -> Vec<String> {
    let names = id_token.get("amr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(claims: &mut Claims, name: &str) -> Option<String> {
    match claims.remove(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

/// `true`, or `"true"`: some services send it as text.
fn take_bool(claims: &mut Claims, name: &str) -> bool {
    match claims.remove(name) {
        Some(Value::Bool(value)) => value,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

fn object(claims: &mut Claims, name: &str) -> Claims {
    match claims.remove(name) {
        Some(Value::Object(object)) => object,
        _ => Claims::new(),
    }
}

/// Seconds since 1970 as the standard has it, or RFC 3339 text as Auth0 sends it.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
        Value::Number(number) => DateTime::from_timestamp(number.as_i64()?, 0),
        _ => None,
    }
}

/// Only addresses a browser may load from: no script, no data of 4 kB, no plain http elsewhere.
fn is_picture(address: &str) -> bool {
    address.len() <= 2048 && Url::parse(address).is_ok_and(|url| is_secure_or_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_seeds_fields_are_read_and_the_rest_is_kept_as_it_came() {
        let id_token = claims(json!({
            "iss": "https://t.example/", "sub": "google-oauth2|7", "nonce": "n", "sid": "s", "name": "Old",
            "https://app.example/roles": ["admin"], "groups": ["staff"], "authorization": {"groups": ["staff"]},
        }));
        let userinfo = claims(json!({
            "sub": "google-oauth2|7", "name": "Ada", "email": "a@b.c", "email_verified": true,
            "picture": "https://img.example/a.png", "updated_at": "2026-01-02T03:04:05.000Z",
            "app_metadata": {"plan": "pro"}, "user_metadata": {"theme": "dark"}, "locale": null,
        }));
        let person = person("https://t.example/", "google-oauth2|7", &id_token, userinfo);
        assert_eq!(person.provider, "google-oauth2");
        assert_eq!(person.name.as_deref(), Some("Ada"));
        assert!(person.email_verified);
        assert_eq!(person.updated_at.unwrap().to_rfc3339(), "2026-01-02T03:04:05+00:00");
        assert_eq!(person.app_metadata["plan"], "pro");
        assert_eq!(person.user_metadata["theme"], "dark");
        let names: Vec<_> = person.claims.keys().map(String::as_str).collect();
        assert_eq!(names, ["authorization", "groups", "https://app.example/roles"]);
    }

    #[test]
    fn claims_of_the_wrong_type_are_left_out() {
        let odd = claims(json!({
            "name": ["a"], "email": {"x": 1}, "email_verified": "yes", "picture": "javascript:alert(1)",
            "app_metadata": "text", "updated_at": {"x": 1}, "nickname": "  ",
        }));
        let person = person("i", "s", &claims(json!({})), odd);
        assert_eq!(person.provider, "oidc");
        assert!(person.name.is_none() && person.email.is_none() && person.nickname.is_none());
        assert!(!person.email_verified && person.picture.is_none() && person.updated_at.is_none());
        assert!(person.app_metadata.is_empty() && person.claims.is_empty());
    }

    #[test]
    fn pictures_come_by_https_only() {
        assert!(is_picture("https://img.example/a.png"));
        assert!(is_picture("http://127.0.0.1:4400/a.png"));
        for bad in ["http://img.example/a.png", "data:image/png;base64,AA", "javascript:1", "//img.example/a", ""] {
            assert!(!is_picture(bad), "{bad}");
        }
    }
}
