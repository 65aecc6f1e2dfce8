//! The logout token: the sign-in service says that somebody has signed out there, verified as OpenID
//! Connect Back-Channel Logout 1.0, section 2.6 asks. Whether it was seen before, only the database knows.

use super::{
    jwt::{self, Claims, LEEWAY, TokenError},
    keys::KeySet,
};
use serde_json::Value;

/// How old a logout token may be, in seconds, besides the [`LEEWAY`] for clocks that differ. Its `exp`
/// should be at most as far in the future (section 2.4).
const LONGEST_AGE: u64 = 120;
/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// The `typ` that says the same (section 2.4), so that no other kind of token can pass for one.
const TYP: &str = "logout+jwt";

/// Which `typ` a logout token's header must have (`PORTICO_LOGOUT_TOKEN_TYP`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutTokenTyp {
    /// `logout+jwt`, `JWT` or none: services that are older than the standard's last word.
    #[default]
    Lenient,
    /// `logout+jwt` alone.
    Strict,
}

/// A logout token that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// Its own id: it counts once.
    pub jti: String,
    /// Which of the service's sessions has ended (`sid`).
    pub session: Option<String>,
    /// Whose (`sub`). There is always one of the two.
    pub subject: Option<String>,
}

/// Verifies a logout token.
///
/// # Errors
/// What is wrong with it.
pub(super) fn verify(
    token: &str,
    keys: &KeySet,
    issuer: &str,
    client_id: &str,
    typ: LogoutTokenTyp,
) -> Result<LogoutToken, TokenError> {
    let claims = jwt::verify_requiring(&["iss", "aud"], token, keys, issuer, client_id)?;
    if !has_typ(&jwt::header(token)?, typ) {
        return Err(TokenError::Type);
    }
    if !jwt::has_one_audience(&claims) {
        return Err(TokenError::Mismatch("aud"));
    }
    read(&claims, jsonwebtoken::get_current_timestamp())
}

/// RFC 7515, section 4.1.9: a media type whose `application/` may be left out, in any case.
fn has_typ(header: &Value, wanted: LogoutTokenTyp) -> bool {
    let lenient = wanted == LogoutTokenTyp::Lenient;
    match header.get("typ") {
        None => lenient,
        Some(Value::String(typ)) => {
            let typ = typ.to_ascii_lowercase();
            let typ = typ.strip_prefix("application/").unwrap_or(&typ);
            typ == TYP || (lenient && typ == "jwt")
        }
        Some(_) => false,
    }
}

/// What makes a token with a good signature a logout token; `now` in seconds since 1970.
fn read(claims: &Claims, now: u64) -> Result<LogoutToken, TokenError> {
    let issued_at = jwt::seconds(claims, "iat")?.ok_or(TokenError::Missing("iat"))?;
    if issued_at.saturating_add(LONGEST_AGE + LEEWAY) < now {
        return Err(TokenError::TooOld);
    }
    // An ID token has one: it must not pass for a logout token.
    if claims.contains_key("nonce") {
        return Err(TokenError::Forbidden("nonce"));
    }
    let events = claims.get("events").ok_or(TokenError::Missing("events"))?;
    if !events.get(EVENT).is_some_and(Value::is_object) {
        return Err(TokenError::Mismatch("events"));
    }
    let jti = text(claims, "jti")?.ok_or(TokenError::Missing("jti"))?;
    let (session, subject) = (text(claims, "sid")?, text(claims, "sub")?);
    if session.is_none() && subject.is_none() {
        return Err(TokenError::Missing("sid"));
    }
    Ok(LogoutToken { jti, session, subject })
}

/// A claim that is a text with something in it, where it is there.
fn text(claims: &Claims, name: &'static str) -> Result<Option<String>, TokenError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(TokenError::Malformed(format!("its claim {name} is not a text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: u64 = 1_795_597_920;

    fn claims() -> Value {
        json!({ "iat": NOW, "jti": "j", "sid": "s", "sub": "auth0|1", "events": { EVENT: {} } })
    }

    fn with(change: impl FnOnce(&mut Claims)) -> Result<LogoutToken, TokenError> {
        let Value::Object(mut claims) = claims() else { unreachable!("an object was written") };
        change(&mut claims);
        read(&claims, NOW)
    }

    fn set(name: &str, value: Value) -> Result<LogoutToken, TokenError> {
        with(|claims| drop(claims.insert(name.to_owned(), value)))
    }

    fn without(name: &str) -> Result<LogoutToken, TokenError> {
        with(|claims| drop(claims.remove(name)))
    }

    #[test]
    fn what_makes_a_logout_token_must_all_be_there() {
        let whole = LogoutToken { jti: "j".into(), session: Some("s".into()), subject: Some("auth0|1".into()) };
        assert_eq!(with(|_| ()), Ok(whole.clone()));
        assert_eq!(without("sid"), Ok(LogoutToken { session: None, ..whole.clone() }));
        assert_eq!(without("sub"), Ok(LogoutToken { subject: None, ..whole.clone() }));
        assert_eq!(set("events", json!({ EVENT: { "more": 1 }, "https://other.example": {} })), Ok(whole));

        assert_eq!(
            with(|claims| claims.retain(|name, _| !matches!(name.as_str(), "sid" | "sub"))),
            Err(TokenError::Missing("sid"))
        );
        assert_eq!(without("jti"), Err(TokenError::Missing("jti")));
        assert_eq!(without("iat"), Err(TokenError::Missing("iat")));
        assert_eq!(without("events"), Err(TokenError::Missing("events")));
        for nonce in [json!("n"), json!(null), json!("")] {
            assert_eq!(set("nonce", nonce), Err(TokenError::Forbidden("nonce")));
        }
        for events in [
            json!({}),
            json!([EVENT]),
            json!(EVENT),
            json!(null),
            json!({ EVENT: true }),
            json!({ EVENT: [] }),
            json!({ EVENT: null }),
            json!({ "http://schemas.openid.net/event/backchannel-logout/": {} }),
        ] {
            assert_eq!(set("events", events.clone()), Err(TokenError::Mismatch("events")), "{events}");
        }
        for name in ["jti", "sid", "sub"] {
            for value in [json!(""), json!(1), json!(null), json!(["s"]), json!({})] {
                assert!(matches!(set(name, value.clone()), Err(TokenError::Malformed(_))), "{name} {value}");
            }
        }
    }

    #[test]
    fn it_is_two_minutes_old_at_most_and_a_minute_for_the_clocks() {
        assert!(set("iat", json!(NOW - 180)).is_ok());
        assert_eq!(set("iat", json!(NOW - 181)), Err(TokenError::TooOld));
        assert_eq!(set("iat", json!(0)), Err(TokenError::TooOld));
    }

    #[test]
    fn its_typ_is_what_the_setting_wants() {
        for (header, lenient, strict) in [
            (json!({ "typ": "logout+jwt" }), true, true),
            (json!({ "typ": "Application/Logout+JWT" }), true, true),
            (json!({ "typ": "JWT" }), true, false),
            (json!({ "typ": "application/jwt" }), true, false),
            (json!({}), true, false),
            (json!({ "typ": "at+jwt" }), false, false),
            (json!({ "typ": "" }), false, false),
            (json!({ "typ": ["logout+jwt"] }), false, false),
            (json!({ "typ": null }), false, false),
        ] {
            assert_eq!(has_typ(&header, LogoutTokenTyp::Lenient), lenient, "{header}");
            assert_eq!(has_typ(&header, LogoutTokenTyp::Strict), strict, "{header}");
        }
    }
}
