//! Pages about records, and the forms on them. They work without JavaScript: a form that is refused
//! comes back as a page with all that was typed; one that is done redirects to the page it led to.

use super::{
    failure::Failure,
    form,
    origin::is_own_navigation,
    pages::{self, Matter, Shown},
    request_id::RequestId,
    visitor::{self},
};
use crate::{
    app::{FormState, FormView, ListView, Notice, RECORDS, RecordsView},
    model::{
        ProblemKind, SignedIn, Visitor,
        record::{Closed, Deleted, Fault, Form, Record, RecordId, Saved},
    },
    server::{
        AppState,
        records::{Desk, RecordsError},
    },
};
use axum::{
    extract::{Path, Query, Request, State},
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use std::sync::Arc;

/// What the addresses of the pages say. What does not fit is as if it were not there.
#[derive(Default, Deserialize)]
struct Parameters {
    /// What to search for.
    q: Option<String>,
    /// Where the page of the list begins.
    before: Option<String>,
    /// What has just been done.
    done: Option<String>,
    /// The record that has just been deleted.
    deleted: Option<String>,
    /// The form that was kept is not wanted any more.
    discard: Option<String>,
}

/// What the page at this address shows, and the status of the answer.
///
/// # Errors
/// There is no such page or record; the database does not answer.
pub async fn page(
    state: &AppState,
    signed_in: &SignedIn,
    request: &Parts,
) -> Result<(StatusCode, RecordsView), Failure> {
    let uri = &request.uri;
    let parameters = Query::<Parameters>::try_from_uri(uri).map(|Query(parameters)| parameters).unwrap_or_default();
    let desk = match Desk::open(state, signed_in).await {
        Ok(desk) => desk,
        Err(RecordsError::Closed(closed)) => return Ok(shut(closed)),
        Err(error) => return Err(error.into()),
    };
    let segments: Vec<&str> = uri.path().trim_matches('/').split('/').skip(1).collect();
    let view = match segments.as_slice() {
        [] => list(&desk, parameters).await?,
        ["new"] if desk.reach().create => form_page(Form::empty(), None, vec![], FormState::Plain),
        ["new"] => {
            let refused = Parameters { done: Some("forbidden".to_owned()), ..Parameters::default() };
            return Ok((StatusCode::FORBIDDEN, list(&desk, refused).await?));
        }
        [id] => {
            let record = found(&desk, id).await?;
            let notice = notice(parameters.done.as_deref(), None);
            RecordsView::Record { record: Box::new(record), reach: desk.reach(), notice }
        }
        [id, "edit"] => {
            let record = found(&desk, id).await?;
            // Not by a link on another site: it would throw away what somebody has typed.
            if parameters.discard.is_some() && is_own_navigation(&request.headers) {
                desk.forget_form(uri.path()).await?;
            }
            match desk.kept_form(uri.path()).await? {
                _ if !record.may.edit => {
                    let notice = Some(Notice::Forbidden);
                    let view = RecordsView::Record { record: Box::new(record), reach: desk.reach(), notice };
                    return Ok((StatusCode::FORBIDDEN, view));
                }
                Some(kept) => form_page(kept, Some(record.id), vec![], FormState::Kept),
                None => form_page(Form::of(&record), Some(record.id), vec![], FormState::Plain),
            }
        }
        _ => return Err(Failure::new(ProblemKind::NotFound, "no such page")),
    };
    Ok((StatusCode::OK, view))
}

fn shut(closed: Closed) -> (StatusCode, RecordsView) {
    (StatusCode::FORBIDDEN, RecordsView::Closed(closed))
}

async fn list(desk: &Desk<'_>, parameters: Parameters) -> Result<RecordsView, Failure> {
    let search = parameters.q.unwrap_or_default().trim().to_owned();
    let before: Option<RecordId> = parameters.before.and_then(|before| before.parse().ok());
    let deleted = match parameters.deleted.and_then(|id| id.parse().ok()) {
        Some(id) => desk.deleted(&id).await?,
        None => None,
    };
    Ok(RecordsView::List(ListView {
        is_later_page: before.is_some(),
        page: desk.list(&search, before).await?,
        search,
        reach: desk.reach(),
        notice: notice(parameters.done.as_deref(), deleted),
    }))
}

fn notice(done: Option<&str>, deleted: Option<Deleted>) -> Option<Notice> {
    match (deleted, done) {
        (Some(deleted), _) => Some(Notice::Deleted(deleted)),
        (None, Some("created")) => Some(Notice::Created),
        (None, Some("saved")) => Some(Notice::Saved),
        (None, Some("restored")) => Some(Notice::Restored),
        (None, Some("forbidden")) => Some(Notice::Forbidden),
        (None, Some("changed")) => Some(Notice::Changed),
        (None, Some("gone")) => Some(Notice::Gone),
        (None, Some("too-late")) => Some(Notice::TooLate),
        (None, Some("second-factor")) => Some(Notice::NeedsSecondFactor),
        (None, _) => None,
    }
}

/// The record with that id. One that the person may not see is not there.
async fn found(desk: &Desk<'_>, id: &str) -> Result<Record, Failure> {
    let record = match id.parse() {
        Ok(id) => desk.get(&id).await?,
        Err(_) => None,
    };
    record.ok_or_else(|| Failure::new(ProblemKind::NotFound, "no such record"))
}

fn form_page(form: Form, editing: Option<RecordId>, faults: Vec<Fault>, state: FormState) -> RecordsView {
    RecordsView::Form(FormView { form, editing, faults, state })
}

/// The form once more for somebody who may not save it, also when records are closed to them altogether:
/// what they wrote must not be lost.
fn may_not_save(form: &Form, editing: Option<RecordId>) -> (StatusCode, RecordsView) {
    (StatusCode::FORBIDDEN, form_page(form.clone(), editing, vec![], FormState::Forbidden))
}

/// `POST /data/new`: creates a record.
pub async fn create(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let sent = Sent::<Form>::read(&state, request).await?;
    let Ok(desk) = sent.desk(&state).await? else {
        return Ok(sent.again(&state, may_not_save(&sent.form, None)));
    };
    let draft = match sent.form.read() {
        Ok(draft) => draft,
        Err(faults) => {
            let view = form_page(sent.form.clone(), None, faults, FormState::Plain);
            return Ok(sent.again(&state, (StatusCode::UNPROCESSABLE_ENTITY, view)));
        }
    };
    match desk.create(&draft).await? {
        Saved::Done(record) => Ok(see(&format!("/data/{}?done=created", record.id))),
        _ => Ok(sent.again(&state, may_not_save(&sent.form, None))),
    }
}

/// `POST /data/{id}/edit`: changes a record.
pub async fn update(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let mut sent = Sent::<Form>::read(&state, request).await?;
    let id: RecordId = id.parse().map_err(|_| Failure::new(ProblemKind::NotFound, "no such record"))?;
    let version = version(&sent.form.version)?;
    let address = sent.uri.path().to_owned();
    let (status, faults, form_state) = {
        let Ok(desk) = sent.desk(&state).await? else {
            return Ok(sent.again(&state, may_not_save(&sent.form, Some(id))));
        };
        match sent.form.read() {
            Err(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, FormState::Plain),
            Ok(draft) => match desk.update(&id, version, &draft).await? {
                Saved::Done(_) => {
                    desk.forget_form(&address).await?;
                    return Ok(see(&format!("/data/{id}?done=saved")));
                }
                Saved::Invalid(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults, FormState::Plain),
                Saved::Changed(theirs) => (StatusCode::CONFLICT, vec![], FormState::Changed(theirs)),
                Saved::Gone => (StatusCode::NOT_FOUND, vec![], FormState::Gone),
                Saved::Forbidden => (StatusCode::FORBIDDEN, vec![], FormState::Forbidden),
                Saved::NeedsSecondFactor => {
                    desk.keep_form(&address, &sent.form).await?;
                    (StatusCode::FORBIDDEN, vec![], FormState::NeedsSecondFactor)
                }
            },
        }
    };
    if let FormState::Changed(theirs) = &form_state {
        // Whoever has seen theirs and saves again means it.
        sent.form.version = theirs.version.to_string();
    }
    let view = form_page(sent.form.clone(), Some(id), faults, form_state);
    Ok(sent.again(&state, (status, view)))
}

/// What the form of a deletion carries.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: String,
}

/// `POST /data/{id}/delete`: deletes a record, and offers to bring it back.
pub async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let sent = Sent::<Version>::read(&state, request).await?;
    let id: RecordId = id.parse().map_err(|_| Failure::new(ProblemKind::NotFound, "no such record"))?;
    let version = version(&sent.form.version)?;
    let desk = match sent.desk(&state).await? {
        Ok(desk) => desk,
        Err(closed) => return Ok(sent.again(&state, shut(closed))),
    };
    Ok(match desk.delete(&id, version).await? {
        Saved::Done(_) => see(&format!("/data?deleted={id}")),
        Saved::Changed(_) => see(&format!("/data/{id}?done=changed")),
        Saved::NeedsSecondFactor => see(&format!("/data/{id}?done=second-factor")),
        Saved::Forbidden | Saved::Invalid(_) => see(&format!("/data/{id}?done=forbidden")),
        Saved::Gone => see("/data?done=gone"),
    })
}

/// `POST /data/{id}/restore`: brings a record back that the person has just deleted.
pub async fn restore(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let sent = Sent::<form::Nothing>::read(&state, request).await?;
    let id: RecordId = id.parse().map_err(|_| Failure::new(ProblemKind::NotFound, "no such record"))?;
    let desk = match sent.desk(&state).await? {
        Ok(desk) => desk,
        Err(closed) => return Ok(sent.again(&state, shut(closed))),
    };
    Ok(match desk.restore(&id).await? {
        Saved::Done(record) => see(&format!("/data/{}?done=restored", record.id)),
        _ => see("/data?done=too-late"),
    })
}

/// The version that a form says it was made from. Ours always say it.
fn version(text: &str) -> Result<u64, Failure> {
    text.parse().map_err(|_| Failure::new(ProblemKind::BadRequest, "the form says no version"))
}

/// 303, so that reloading the page does not send the form again.
fn see(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// A form that somebody who is signed in has sent.
struct Sent<T> {
    signed_in: Arc<SignedIn>,
    form: T,
    id: RequestId,
    uri: Uri,
}

impl<T: DeserializeOwned> Sent<T> {
    async fn read(state: &AppState, request: Request) -> Result<Self, Failure> {
        let uri = request.uri().clone();
        let signed_in = visitor::signed_in(state, request.headers(), uri.path()).await?;
        let id = request.extensions().get::<RequestId>().copied().unwrap_or_else(RequestId::generate);
        let form = form::read(request).await?;
        Ok(Self { signed_in, form, id, uri })
    }

    /// The person's way to the records, or why it is shut.
    async fn desk<'a>(&'a self, state: &'a AppState) -> Result<Result<Desk<'a>, Closed>, Failure> {
        match Desk::open(state, &self.signed_in).await {
            Ok(desk) => Ok(Ok(desk)),
            Err(RecordsError::Closed(closed)) => Ok(Err(closed)),
            Err(error) => Err(error.into()),
        }
    }

    /// The page once more, in answer to what was sent.
    fn again(&self, state: &AppState, (status, view): (StatusCode, RecordsView)) -> Response {
        let visitor = Visitor::SignedIn(self.signed_in.clone());
        let shown = Shown { visitor, page: Some(RECORDS), matter: Matter::Records(view), return_to: None };
        let mut response = pages::render(state, &self.uri, self.id, shown);
        *response.status_mut() = status;
        response
    }
}
