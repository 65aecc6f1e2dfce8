//! What stands before every request: one layer, so that its cost is paid once.
//!
//! It names the request and its client, refuses what comes from another site and what is too much at once, bounds
//! the time, turns whatever went wrong into an answer a person (or a script) can use, and adds the headers.

use super::{
    failure::Failure,
    headers::{self, Caching},
    health, origin,
    pages::{self, Matter, Shown},
    peer::ClientAddress,
    problem,
    request_id::RequestId,
    visitor::{self, Use},
};
use crate::{
    model::{Problem, ProblemKind, Visitor},
    server::{
        AppState,
        audit::{self, Trace},
    },
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use tracing::Instrument;

/// When to try again where there are too many requests at once.
const RETRY_AFTER: Duration = Duration::from_secs(4);

/// See the module's description. A request has `time_limit`, its body included.
pub async fn front(
    State((state, time_limit)): State<(AppState, Duration)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::generate();
    let client = ClientAddress::of(&request, &state.settings.limits.trusted_proxies);
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(client);
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.uri().path());
    async move {
        let started = Instant::now();
        let origin = &state.settings.public_origin;
        let caching = Caching::of(&request, state.document.is_hashed());
        let asked = Asked { uri: request.uri().clone(), headers: request.headers().clone() };
        // Whoever asks whether the process lives is answered, however busy it is.
        let place = if health::PATHS.contains(&asked.uri.path()) { Some(None) } else { state.limits.admit().map(Some) };
        let answer = if place.is_none() {
            Failure::new(ProblemKind::Busy, "too many requests at once").after(RETRY_AFTER).into_response()
        } else if origin::may_change(request.method(), asked.uri.path(), &asked.headers, origin) {
            let trace = Trace { request: id.to_string(), address: client.of_the_internet() };
            bounded(time_limit, audit::traced(trace, next.run(request))).await
        } else {
            Failure::new(ProblemKind::CrossSite, "an unsafe method from another site").into_response()
        };
        let mut answer = match answer.extensions().get::<Failure>().cloned() {
            Some(failure) => {
                let explained = explain(&state, id, asked, failure, answer);
                // Drawing the page may be the very thing that fails.
                let explained = AssertUnwindSafe(explained).catch_unwind().await;
                explained.unwrap_or_else(|_| in_plain_words(ProblemKind::Internal, id))
            }
            None => answer,
        };
        drop(place);
        headers::add(&mut answer, id, origin.is_https(), caching);
        tracing::info!(status = answer.status().as_u16(), micros = started.elapsed().as_micros() as u64, "answered");
        answer
    }
    .instrument(span)
    .await
}

/// Runs a handler for so long at most, and survives its panics.
async fn bounded(time_limit: Duration, handler: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(time_limit, AssertUnwindSafe(handler).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Failure::new(ProblemKind::Internal, "the handler panicked").into_response(),
        Err(_) => Failure::new(ProblemKind::Unavailable, "the time limit of the request").into_response(),
    }
}

/// When the page that says what went wrong cannot be drawn, or takes too much.
fn in_plain_words(kind: ProblemKind, id: RequestId) -> Response {
    let text = format!("{}\n{} {}\nSupport id: {id}\n", kind.title(), kind.sentence(), kind.remedy());
    (StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), text).into_response()
}

/// What was asked, kept for the page that says what went wrong.
struct Asked {
    uri: Uri,
    headers: HeaderMap,
}

/// The answer to a request that failed: the cause into the log, the problem to the person.
async fn explain(state: &AppState, id: RequestId, asked: Asked, failure: Failure, bare: Response) -> Response {
    let (kind, cause) = (failure.kind, &failure.cause);
    match kind {
        ProblemKind::Internal => tracing::error!(%cause, ?kind, "failed"),
        ProblemKind::Unauthenticated | ProblemKind::SessionEnded | ProblemKind::NotFound => {
            tracing::debug!(%cause, ?kind, "refused")
        }
        _ => tracing::warn!(%cause, ?kind, "refused"),
    }
    let problem = Problem { kind, support_id: id.to_string() };
    let status = bare.status();
    let mut answer = if headers::wants_json(asked.uri.path(), &asked.headers) {
        problem::response(&problem, status, failure.details.as_deref())
    } else if kind == ProblemKind::Busy {
        in_plain_words(kind, id)
    } else {
        // Only for the page's header: without the database it is drawn as for nobody.
        let visitor = match kind {
            ProblemKind::Unavailable => Visitor::Anonymous,
            _ => visitor::identify(state, &asked.headers, Use::Counts).await.unwrap_or(Visitor::Anonymous),
        };
        let shown = Shown { visitor, page: None, matter: Matter::Problem(problem), return_to: failure.return_to };
        pages::render(state, &asked.uri, id, shown)
    };
    *answer.status_mut() = status;
    // What the handler set: cookies that must go, the challenge of a 401, and when to try again.
    for name in [header::SET_COOKIE, header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        for value in bare.headers().get_all(&name) {
            answer.headers_mut().append(&name, value.clone());
        }
    }
    answer
}
