//! The tenant's way of a request: it is recorded, held against its schema, met with a fault if one
//! is planned, authorised, and answered.

use super::{
    Fault, Planned, Shared, State,
    answers::{self, Answer},
};
use crate::directory::schemas::{self, Schemas};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Instant};

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method and path within the API, with `{id}` for ids.
    pub name: String,
    /// The path as it was sent, percent-encoding included.
    pub path: String,
    /// The parameters of the query.
    pub query: Map<String, Value>,
    /// The body: JSON, or the fields of a form.
    pub body: Value,
    /// The headers.
    pub headers: HeaderMap,
    /// When it came.
    pub at: Instant,
}

/// A token that was issued.
#[derive(Clone)]
pub struct Issued {
    pub(super) audience: String,
    pub(super) scopes: Vec<String>,
}

/// Where a request belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Token,
    Management,
    Extension,
    Nowhere,
}

impl Place {
    fn schemas(self) -> Option<&'static Schemas> {
        match self {
            Self::Token => Some(&schemas::TOKEN),
            Self::Management => Some(&schemas::MANAGEMENT),
            Self::Extension => Some(&schemas::EXTENSION),
            Self::Nowhere => None,
        }
    }
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(move |request: Request| {
        let shared = Arc::clone(&shared);
        async move { handle(&shared, request).await }
    })
}

async fn handle(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (place, name, ids) = place(&parts.method, &path);
    let bytes = to_bytes(body, 1 << 20).await.expect("requests are small");
    let mut faults = Vec::new();
    let query = fields(parts.uri.query().unwrap_or_default().as_bytes(), &mut faults);
    let form = parts
        .headers
        .get("content-type")
        .is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let body = if form {
        Value::Object(fields(&bytes, &mut faults))
    } else if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).expect("requests are JSON")
    };
    // A wrong address has none: the tests of it ask there on purpose.
    if let Some(schemas) = place.schemas() {
        faults.extend(schemas.faults_of_request(&name, &Value::Object(query.clone()), &body));
    }
    let call = Call { name: name.clone(), path, query, body, headers: parts.headers, at: Instant::now() };
    let fault = {
        let mut state = shared.state();
        state.faults.extend(faults);
        state.calls.push(call.clone());
        Planned::take(&mut state.planned, &name)
    };
    match fault {
        None => {}
        Some(Fault::Json(status, json)) => return respond(status, &json),
        Some(Fault::Text(status, content_type, text)) => return text_response(status, content_type, text),
        Some(Fault::Limited(headers)) => {
            let mut response = respond(
                429,
                &json!({ "statusCode": 429, "error": "Too Many Requests", "message": "Global limit has been reached" }),
            );
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("a header"));
            }
            return response;
        }
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Held(gate)) => gate.acquire().await.expect("the gate is not closed").forget(),
        Some(Fault::Bent(bend)) => {
            let (status, mut answer) = answer(shared, place, &call, &ids);
            bend(&mut answer);
            return respond(status, &answer);
        }
    }
    let (status, answer) = answer(shared, place, &call, &ids);
    if (200..300).contains(&status)
        && let Some(schemas) = place.schemas()
    {
        shared.state().faults.extend(schemas.faults_of_answer(&name, &answer));
    }
    respond(status, &answer)
}

fn answer(shared: &Shared, place: Place, call: &Call, ids: &[String]) -> Answer {
    let mut state = shared.state();
    match place {
        Place::Nowhere => (404, json!("Cannot GET")),
        Place::Token => answers::token(&mut state, call),
        Place::Management | Place::Extension => match authorise(&state, shared, place, call) {
            Ok(()) => answers::api(&mut state, place, call, ids),
            Err(refusal) => refusal,
        },
    }
}

/// Checks the token and its scopes, in the words of the APIs.
fn authorise(state: &State, shared: &Shared, place: Place, call: &Call) -> Result<(), Answer> {
    let token = call
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or_default();
    let is_jwt = token.split('.').count() == 3;
    let unauthorized =
        |message: String| Err((401, json!({ "statusCode": 401, "error": "Unauthorized", "message": message })));
    let issued = match (place, state.tokens.get(token)) {
        (Place::Extension, _) if !is_jwt => {
            let message = "Invalid token format";
            return Err((
                401,
                json!({ "statusCode": 401, "error": "Unauthorized", "message": message, "attributes": { "error": message } }),
            ));
        }
        (_, _) if !is_jwt => {
            return Err((
                400,
                json!({ "statusCode": 400, "error": "Bad Request", "message": "Bad HTTP authentication header format", "errorCode": "Bearer" }),
            ));
        }
        (_, None) => return unauthorized("Invalid token".to_owned()),
        (_, Some(issued)) => issued,
    };
    let audience =
        if place == Place::Extension { super::EXTENSION.to_owned() } else { format!("{}api/v2/", shared.base) };
    if issued.audience != audience {
        return unauthorized(format!("Bad audience: {}", issued.audience));
    }
    let missing = answers::scopes(place, &call.name, &call.body)
        .into_iter()
        .find(|scope| !issued.scopes.contains(&(*scope).to_owned()));
    match (missing, place) {
        (None, _) => Ok(()),
        (Some(_), Place::Extension) => {
            Err((403, json!({ "statusCode": 403, "error": "Forbidden", "message": "Insufficient scope" })))
        }
        (Some(scope), _) => {
            let message = format!("Insufficient scope, expected any of: {scope}");
            Err((
                403,
                json!({ "statusCode": 403, "error": "Forbidden", "message": message, "errorCode": "insufficient_scope" }),
            ))
        }
    }
}

/// Which API, which call, and the ids in its path.
fn place(method: &Method, path: &str) -> (Place, String, Vec<String>) {
    let (place, rest) = if path == "/oauth/token" {
        (Place::Token, path)
    } else if let Some(rest) = path.strip_prefix("/api/v2") {
        (Place::Management, rest)
    } else if let Some(rest) = path.strip_prefix("/extension/api") {
        (Place::Extension, rest)
    } else {
        return (Place::Nowhere, format!("{method} {path}"), Vec::new());
    };
    let mut ids = Vec::new();
    let mut name = format!("{method} ");
    for (at, segment) in rest.trim_start_matches('/').split('/').enumerate() {
        name.push('/');
        if at == 1 && place != Place::Token {
            ids.push(decode(segment));
            name.push_str("{id}");
        } else {
            name.push_str(segment);
        }
    }
    (place, name, ids)
}

/// Decodes percent-encoding.
fn decode(segment: &str) -> String {
    // A query's decoding does the same, but for the plus sign.
    let pair = format!("x={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().expect("there is a pair").1.into_owned()
}

/// The fields of a query or a form, each of which may come once.
fn fields(bytes: &[u8], faults: &mut Vec<String>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        if fields.insert(name.clone().into_owned(), json!(value)).is_some() {
            faults.push(format!("{name} was sent more than once"));
        }
    }
    fields
}

fn respond(status: u16, json: &Value) -> Response {
    if status == 204 {
        return StatusCode::NO_CONTENT.into_response();
    }
    text_response(status, "application/json; charset=utf-8", json.to_string())
}

fn text_response(status: u16, content_type: &str, text: String) -> Response {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("location", "http://127.0.0.1:1/elsewhere")
        .body(Body::from(text))
        .expect("a response")
}
