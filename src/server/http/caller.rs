//! Who calls the JSON API: the person of a session's cookie, or of an access token (RFC 6750).

use super::{failure::Failure, visitor};
use crate::{
    model::{Person, ProblemKind, SignedIn, Visitor},
    server::{
        AppState,
        access::second_factor,
        auth::Claims,
        standing::{self, Standing},
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use chrono::DateTime;
use serde_json::Value;
use std::sync::Arc;

const CHALLENGE: &str = "Bearer realm=\"portico\"";

/// Somebody who may call.
pub enum Caller {
    /// The person of a session.
    Session(Arc<SignedIn>),
    /// The subject of an access token.
    Token {
        /// Who it is here, if they have ever signed in. A machine has not.
        person: Option<Box<Person>>,
        /// The token's claims.
        claims: Arc<Claims>,
    },
}

impl Caller {
    /// Who they are and where they stand. A token stands for its person without a second factor, unless
    /// it says otherwise (`amr`).
    ///
    /// # Errors
    /// [`ProblemKind::Forbidden`] for somebody who has never signed in here.
    pub fn standing(&self, state: &AppState) -> Result<(&Person, Standing), Failure> {
        match self {
            Self::Session(signed_in) => Ok((&signed_in.person, standing::of_session(state, signed_in))),
            Self::Token { person: Some(person), claims } => {
                let methods = claims.get("amr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                let methods: Vec<&str> = methods.iter().filter_map(Value::as_str).collect();
                let time = |name| claims.get(name).and_then(Value::as_i64);
                let at = time("auth_time").or_else(|| time("iat")).and_then(|at| DateTime::from_timestamp(at, 0));
                let policy = &state.settings.access.policy;
                let factor = at.and_then(|at| second_factor::from_methods(policy, &methods, at));
                Ok((person, standing::of_person(state, person, factor.as_ref())))
            }
            Self::Token { person: None, .. } => {
                Err(Failure::new(ProblemKind::Forbidden, "the token's subject has never signed in here"))
            }
        }
    }
}

/// Who calls: by the `Authorization` header where there is one, else by the session's cookie. `looked_up`
/// says whether that counts as a use of the session.
///
/// # Errors
/// 401 for somebody who may not, with the reason in `WWW-Authenticate`; else the session or the token
/// cannot be looked at.
pub async fn identify(state: &AppState, headers: &HeaderMap, looked_up: visitor::Use) -> Result<Caller, Failure> {
    match headers.get(header::AUTHORIZATION) {
        Some(authorization) => by_token(state, authorization).await,
        None => match visitor::identify(state, headers, looked_up).await? {
            Visitor::SignedIn(signed_in) => Ok(Caller::Session(signed_in)),
            Visitor::Anonymous => {
                Err(Failure::unauthorized(ProblemKind::Unauthenticated, "no session and no access token", CHALLENGE))
            }
            Visitor::SessionEnded => {
                Err(Failure::unauthorized(ProblemKind::SessionEnded, "the session has ended", CHALLENGE))
            }
        },
    }
}

async fn by_token(state: &AppState, authorization: &HeaderValue) -> Result<Caller, Failure> {
    let refused = |code: &str, why: &str| {
        // RFC 6750, section 3: the reason, for the programmer of the script.
        let challenge = format!("{CHALLENGE}, error=\"{code}\", error_description=\"{why}\"");
        let cause = format!("Bearer token refused: {why}");
        Failure::unauthorized(ProblemKind::Unauthenticated, cause, &challenge)
    };
    let token = authorization
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return Err(refused("invalid_request", "the Authorization header must be: Bearer, a space, an access token"));
    };
    let oidc = &state.settings.oidc;
    let Some(audience) = &oidc.audience else {
        return Err(refused("invalid_token", "this installation takes no access tokens, it has no AUTH0_AUDIENCE"));
    };
    let verified = state.provider.verify_access_token(token.trim(), audience).await?;
    let claims = verified.map_err(|error| refused("invalid_token", &error.to_string()))?;
    let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    let person = state.store.person(&oidc.issuer, subject).await?;
    Ok(Caller::Token { person: person.map(Box::new), claims })
}
