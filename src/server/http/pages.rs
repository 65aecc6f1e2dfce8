//! Pages: who may see them, and drawing them.

use super::{
    access,
    cookies::Jar,
    failure::Failure,
    origin, people, records,
    request_id::RequestId,
    sessions,
    visitor::{self, Use},
};
use crate::{
    app::{self, AccessNotice, Address, DocumentTitle, Page, PeopleView, RecordsView, SessionsView, SupportId},
    model::{Access, Problem, ProblemKind, ReturnTo, SignedIn, Visitor, directory::Availability},
    server::{AppState, standing},
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, StatusCode, Uri, header, request::Parts, uri::PathAndQuery},
    response::{Html, IntoResponse, Redirect, Response},
};
use futures::{FutureExt, StreamExt};
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::{
    nonce::Nonce,
    prelude::{Owner, RenderHtml, provide_context},
};
use std::sync::Arc;

const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");

/// Draws a page; one that is for people who are signed in sends the others to sign in and back.
pub async fn page(page: Page, state: AppState, request: Request) -> Result<Response, Failure> {
    let (request, _) = request.into_parts();
    let visitor = visitor::identify(&state, &request.headers, Use::Counts).await?;
    match visitor {
        Visitor::Anonymous if !page.open => {
            let here = request.uri.path_and_query().map_or(page.path, |here| here.as_str());
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("returnTo", ReturnTo::parse_or_fallback(Some(here)).as_str())
                .finish();
            Ok(Redirect::to(&format!("/login?{query}")).into_response())
        }
        Visitor::SessionEnded => {
            let mut response = if page.open {
                drawn(page, &state, &request, Visitor::SessionEnded).await?
            } else {
                Failure::new(ProblemKind::SessionEnded, "the session has ended").into_response()
            };
            let gone = Jar::of(&state.settings.public_origin).clear_session();
            response.headers_mut().append(header::SET_COOKIE, gone);
            Ok(response)
        }
        visitor => drawn(page, &state, &request, visitor).await,
    }
}

async fn drawn(page: Page, state: &AppState, request: &Parts, visitor: Visitor) -> Result<Response, Failure> {
    let id = request.extensions.get::<RequestId>().copied().unwrap_or_else(RequestId::generate);
    let (status, matter) = match &visitor {
        Visitor::SignedIn(signed_in) => matter(state, signed_in, request).await?,
        _ => (StatusCode::OK, Matter::Nothing),
    };
    let mut response = render(state, &request.uri, id, Shown { visitor, page: Some(page), matter, return_to: None });
    if status != StatusCode::OK {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// What the page at this address needs to know, for somebody who is signed in.
async fn matter(state: &AppState, signed_in: &SignedIn, request: &Parts) -> Result<(StatusCode, Matter), Failure> {
    let mut segments = request.uri.path().split('/').skip(1);
    Ok(match segments.next() {
        Some("access") => {
            let (decided, availability) = standing::described(state, signed_in).await;
            (StatusCode::OK, Matter::Access(decided, availability, access::notice(signed_in, &request.uri)))
        }
        Some("data") => {
            let (status, view) = records::page(state, signed_in, request).await?;
            (status, Matter::Records(view))
        }
        Some("people") => (StatusCode::OK, Matter::People(people::page(state, signed_in, request).await?)),
        Some("sessions") => (StatusCode::OK, Matter::Sessions(sessions::page(state, signed_in, request).await?)),
        _ => (StatusCode::OK, Matter::Nothing),
    })
}

/// What a page is drawn of.
pub struct Shown {
    /// Who looks at it.
    pub visitor: Visitor,
    /// Which page it is; none where a problem takes its place.
    pub page: Option<Page>,
    /// What it is about.
    pub matter: Matter,
    /// Where the person wanted to go, when the address does not say it.
    pub return_to: Option<ReturnTo>,
}

/// What a page is about, besides who looks at it.
pub enum Matter {
    /// Nothing else.
    Nothing,
    /// What they may do, and what became of asking for it anew.
    Access(Access, Availability, Option<AccessNotice>),
    /// Records.
    Records(RecordsView),
    /// The person's sessions.
    Sessions(SessionsView),
    /// Everybody's sessions.
    People(PeopleView),
    /// What went wrong: drawn in place of the page.
    Problem(Problem),
}

/// There is no such page.
pub async fn not_found() -> Failure {
    Failure::new(ProblemKind::NotFound, "no such page")
}

/// Draws the page at this address, or the problem in its place.
///
/// Leptos' own handlers can wait for parts of a page and send it piece by piece. Here everything is
/// ready before ([`app::App`]), so the page is drawn in one go and sent whole, which costs less than
/// half as much.
pub fn render(state: &AppState, uri: &Uri, id: RequestId, shown: Shown) -> Response {
    let nonce = Nonce::new();
    let title = DocumentTitle::default();
    let shared = Arc::new(SsrSharedContext::new_islands());
    let owner = Owner::new_root(Some(shared.clone()));
    let body = owner.with(|| {
        provide_contexts(uri, id, shown);
        provide_context(nonce.clone());
        provide_context(title.clone());
        app::App().to_html()
    });
    // What the islands begin with; it is there as well.
    let data = shared.pending_data().and_then(|data| data.collect::<Vec<_>>().now_or_never()).unwrap_or_default();
    owner.unset_with_forced_cleanup();
    let scripts: String = data.iter().map(|data| format!("<script nonce=\"{nonce}\">{data}</script>")).collect();
    let policy = state.document.content_security_policy(&nonce);
    let html = state.document.around(&title.to_html(), &body, &scripts, &nonce);
    let reports = state.document.reporting_endpoints();
    ([(header::CONTENT_SECURITY_POLICY, policy), (REPORTING_ENDPOINTS, reports)], Html(html)).into_response()
}

/// Gives the page what it is drawn of.
fn provide_contexts(uri: &Uri, id: RequestId, Shown { visitor, page, matter, return_to }: Shown) {
    provide_context(Address(uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned()));
    provide_context(SupportId(id.to_string()));
    provide_context(visitor);
    if let Some(page) = page {
        provide_context(page);
    }
    match matter {
        Matter::Nothing => {}
        Matter::Access(access, availability, notice) => {
            provide_context(Arc::new(access));
            provide_context(availability);
            if let Some(notice) = notice {
                provide_context(notice);
            }
        }
        Matter::Records(view) => provide_context(Arc::new(view)),
        Matter::Sessions(view) => provide_context(Arc::new(view)),
        Matter::People(view) => provide_context(Arc::new(view)),
        Matter::Problem(problem) => provide_context(problem),
    }
    if let Some(return_to) = return_to {
        provide_context(return_to);
    }
}

/// A server function, called by the page's WASM: it is told who asks, as pages are. One that only reads is
/// called by `GET`, to which the check of `front` does not apply.
pub async fn server_function(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    if !origin::is_own_call(request.headers()) {
        return Err(Failure::new(ProblemKind::CrossSite, "a server function is called without our pages' header"));
    }
    let visitor = visitor::identify(&state, request.headers(), Use::Counts).await?;
    let id = request.extensions().get::<RequestId>().copied().unwrap_or_else(RequestId::generate);
    let context = move || {
        provide_context(state.clone());
        provide_context(visitor.clone());
        provide_context(SupportId(id.to_string()));
    };
    Ok(leptos_axum::handle_server_fns_with_context(context, request).await.into_response())
}
