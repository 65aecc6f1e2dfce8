//! `/api/secure-data`: records for scripts, by session cookie or access token.
//!
//! Versions are entity tags (RFC 9110, section 8.8.3): what changes or deletes a record must say in
//! `If-Match` which version it means, so that nothing is overwritten unseen.

use super::{
    caller::{self, Caller},
    failure::Failure,
    problem::{ProblemDocument, Refused},
    visitor::Use,
};
use crate::{
    model::{
        ProblemKind,
        record::{Classification, Draft, Fault, Record, RecordId, RecordPage, Saved},
    },
    server::{
        AppState,
        records::{Desk, RecordsError},
    },
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

/// The largest request body taken, in bytes: a text of 64 kB in JSON, each character escaped at worst,
/// and room for the rest.
pub const MAX_BODY: usize = 512 * 1024;

/// Which records of the list.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParameters {
    /// Words to search for: beginnings of words in titles and tags, whole words in texts.
    q: Option<String>,
    /// Where the page begins: `next` of the page before.
    #[param(value_type = Option<String>, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    before: Option<RecordId>,
}

/// A tag, for the description alone.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 40, pattern = r"^[^,\s\u0000-\u001F\u007F-\u009F]([^,\u0000-\u001F\u007F-\u009F]{0,38}[^,\s\u0000-\u001F\u007F-\u009F])?$")]
pub struct Tag(#[expect(dead_code, reason = "it is only described")] String);

/// A new record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecord {
    /// 1 to 200 characters, without control characters.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$"
    )]
    title: String,
    /// Up to 64 kB of UTF-8.
    #[serde(default)]
    #[schema(max_length = 65536, pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$")]
    body: String,
    /// How carefully it is to be treated.
    #[serde(default)]
    classification: Classification,
    /// Up to 20, of up to 40 characters each, without commas. They are kept in lower case, each once.
    #[serde(default)]
    #[schema(max_items = 20, value_type = Vec<Tag>)]
    tags: Vec<String>,
}

/// What changes of a record (JSON Merge Patch, RFC 7396): members that are left out stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPatch {
    /// The new title.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$"
    )]
    title: Option<String>,
    /// The new text.
    #[schema(max_length = 65536, pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$")]
    body: Option<String>,
    /// The new classification.
    classification: Option<Classification>,
    /// The new tags, in place of the old ones.
    #[schema(max_items = 20, value_type = Option<Vec<Tag>>)]
    tags: Option<Vec<String>>,
}

/// Records, newest first, 25 a page.
#[utoipa::path(
    get,
    path = "/api/secure-data",
    tag = "secure data",
    params(ListParameters),
    responses(
        (status = 200, description = "A page of the records that the caller sees.", body = RecordPage),
        (status = 400, description = "A parameter is no good.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "Records are closed to the caller.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    parameters: Result<Query<ListParameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let caller = caller::identify(&state, &headers, Use::Counts).await?;
    let Query(parameters) = parameters
        .map_err(|error| Failure::for_script(StatusCode::BAD_REQUEST, format!("{}.", error.body_text()), vec![]))?;
    let desk = open(&state, &caller).await?;
    let page = desk.list(&parameters.q.unwrap_or_default(), parameters.before).await?;
    Ok(Json(page).into_response())
}

/// Creates a record of the caller's own.
#[utoipa::path(
    post,
    path = "/api/secure-data",
    tag = "secure data",
    request_body = NewRecord,
    responses(
        (status = 201, description = "It is created: `Location` says where, `ETag` its version.", body = Record),
        (status = 400, description = "The body is not JSON.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not create records.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not called JSON.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "What was sent is not a record: `errors` says why.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn create(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let caller = caller::identify(&state, request.headers(), Use::Counts).await?;
    let desk = open(&state, &caller).await?;
    let new: NewRecord = read(request, &["application/json"]).await?;
    let draft = Draft::check(&new.title, &new.body, new.classification, new.tags).map_err(invalid)?;
    answer(desk.create(&draft).await?, StatusCode::CREATED)
}

/// A record.
#[utoipa::path(
    get,
    path = "/api/secure-data/{id}",
    tag = "secure data",
    params(("id" = String, Path, description = "The record's id.")),
    responses(
        (status = 200, description = "The record; `ETag` is its version.", body = Record),
        (status = 304, description = "It is still as `If-None-Match` says."),
        (status = 403, description = "Records are closed to the caller.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such record, or not for the caller.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn get(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(record): Path<String>,
) -> Result<Response, Failure> {
    let caller = caller::identify(&state, &headers, Use::Counts).await?;
    let desk = open(&state, &caller).await?;
    let record = desk.get(&id_of(&record)?).await?.ok_or_else(missing)?;
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // Weak comparison (RFC 9110, section 13.1.2).
    let is_known = known.flat_map(|tags| tags.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == tag_of(record.version)
    });
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag_of(record.version))]).into_response());
    }
    Ok(with_tag(StatusCode::OK, &record))
}

/// Changes a record that is still at the version that `If-Match` says.
#[utoipa::path(
    patch,
    path = "/api/secure-data/{id}",
    tag = "secure data",
    params(
        ("id" = String, Path, description = "The record's id."),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is to be changed, or `*` for any."),
    ),
    request_body(content((RecordPatch = "application/merge-patch+json"), (RecordPatch = "application/json"))),
    responses(
        (status = 200, description = "It is changed: this is it now.", body = Record),
        (status = 400, description = "The body is not JSON.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not change it, or only with a second factor that is not too old.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such record, or not for the caller.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not called JSON.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "What was sent is not a record: `errors` says why.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn patch(
    State(state): State<AppState>,
    Path(record): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = caller::identify(&state, request.headers(), Use::Counts).await?;
    let desk = open(&state, &caller).await?;
    let record_id = id_of(&record)?;
    let now = desk.get(&record_id).await?.ok_or_else(missing)?;
    let version = meant(request.headers(), now.version)?;
    let patch: RecordPatch = read(request, &["application/merge-patch+json", "application/json"]).await?;
    let draft = Draft::check(
        patch.title.as_deref().unwrap_or(&now.title),
        patch.body.as_deref().unwrap_or(&now.body),
        patch.classification.unwrap_or(now.classification),
        patch.tags.unwrap_or(now.tags),
    )
    .map_err(invalid)?;
    answer(desk.update(&record_id, version, &draft).await?, StatusCode::OK)
}

/// Deletes a record that is still at the version that `If-Match` says.
#[utoipa::path(
    delete,
    path = "/api/secure-data/{id}",
    tag = "secure data",
    params(
        ("id" = String, Path, description = "The record's id."),
        ("If-Match" = String, Header, description = "The `ETag` of the version that is to be deleted, or `*` for any."),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 403, description = "The caller may not delete it, or only with a second factor that is not too old.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such record, or not for the caller.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "It has been changed meanwhile.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Refused,
    ),
    security(("session" = []), ("bearer" = []))
)]
pub async fn delete(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(record): Path<String>,
) -> Result<Response, Failure> {
    let caller = caller::identify(&state, &headers, Use::Counts).await?;
    let desk = open(&state, &caller).await?;
    let record_id = id_of(&record)?;
    let now = desk.get(&record_id).await?.ok_or_else(missing)?;
    let version = meant(&headers, now.version)?;
    match desk.delete(&record_id, version).await? {
        Saved::Done(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        other => answer(other, StatusCode::OK),
    }
}

async fn open<'a>(state: &'a AppState, caller: &'a Caller) -> Result<Desk<'a>, Failure> {
    let (person, standing) = caller.standing(state)?;
    match Desk::open_for(state, person, standing).await {
        Ok(desk) => Ok(desk),
        Err(RecordsError::Closed(closed)) => Err(Failure::for_script(StatusCode::FORBIDDEN, closed.sentence(), vec![])),
        Err(error) => Err(error.into()),
    }
}

fn missing() -> Failure {
    Failure::new(ProblemKind::NotFound, "no such record")
}

/// A text that is no record's id is the id of a record that does not exist.
fn id_of(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| missing())
}

/// Reads JSON.
async fn read<T: DeserializeOwned>(request: Request, media_types: &[&str]) -> Result<T, Failure> {
    let said = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = said.split(';').next().unwrap_or_default().trim();
    if !media_types.iter().any(|one| one.eq_ignore_ascii_case(media_type)) {
        let sentence = format!("The Content-Type must be {}.", media_types.join(" or "));
        return Err(Failure::for_script(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence, vec![]));
    }
    let bytes =
        Bytes::from_request(request, &()).await.map_err(|rejection| Failure::new(ProblemKind::TooLarge, rejection))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        let sentence = format!("The body is not JSON: see line {}, column {}.", error.line(), error.column());
        Failure::for_script(StatusCode::BAD_REQUEST, sentence, vec![])
    })?;
    serde_json::from_value(value).map_err(|error| {
        // The text names members and types; what it quotes of what was sent goes to its sender alone.
        let sentence = format!("The body is JSON, but not what is expected: {error}.");
        Failure {
            cause: "JSON of another form".into(),
            ..Failure::for_script(StatusCode::UNPROCESSABLE_ENTITY, sentence, vec![])
        }
    })
}

/// The version that the caller means, by `If-Match`.
fn meant(headers: &HeaderMap, now: u64) -> Result<u64, Failure> {
    let mut tags = headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default()).peekable();
    if tags.peek().is_none() {
        let sentence = "Say in If-Match which version you mean: the ETag that came with the record.";
        return Err(Failure::for_script(StatusCode::PRECONDITION_REQUIRED, sentence, vec![]));
    }
    // Strong comparison (RFC 9110, section 13.1.1).
    let mut tags = tags.flat_map(|tags| tags.split(','));
    if tags.any(|tag| tag.trim() == "*" || tag.trim() == tag_of(now)) { Ok(now) } else { Err(changed()) }
}

fn changed() -> Failure {
    let sentence = "The record has been changed meanwhile. Read it again, and decide anew.";
    Failure::for_script(StatusCode::PRECONDITION_FAILED, sentence, vec![])
}

fn invalid(faults: Vec<Fault>) -> Failure {
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let sentence = format!("What was sent is not a record: see {}.", fields.join(", "));
    Failure::for_script(StatusCode::UNPROCESSABLE_ENTITY, sentence, faults)
}

fn answer(saved: Saved, done: StatusCode) -> Result<Response, Failure> {
    let forbidden = |sentence: &str| Err(Failure::for_script(StatusCode::FORBIDDEN, sentence, vec![]));
    match saved {
        Saved::Done(record) => {
            let mut response = with_tag(done, &record);
            if done == StatusCode::CREATED
                && let Ok(location) = HeaderValue::try_from(format!("/api/secure-data/{}", record.id))
            {
                response.headers_mut().insert(header::LOCATION, location);
            }
            Ok(response)
        }
        Saved::Invalid(faults) => Err(invalid(faults)),
        Saved::Changed(_) => Err(changed()),
        Saved::Gone => Err(missing()),
        Saved::Forbidden => forbidden("The caller's permissions do not allow that."),
        Saved::NeedsSecondFactor => forbidden("This takes a second factor, and the caller's is missing or too old."),
    }
}

fn tag_of(version: u64) -> String {
    format!("\"{version}\"")
}

fn with_tag(status: StatusCode, record: &Record) -> Response {
    (status, [(header::ETAG, tag_of(record.version))], Json(record)).into_response()
}
