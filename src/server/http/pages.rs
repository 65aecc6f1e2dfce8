//! Pages: who may see them, and drawing them.

use super::{
    cookies::Jar,
    failure::Failure,
    request_id::RequestId,
    visitor::{self, Use},
};
use crate::{
    app::{self, HeadScripts, SupportId},
    model::{Access, Problem, ProblemKind, ReturnTo, Visitor, directory::Availability},
    server::{AppState, standing},
};
use axum::{
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use leptos::{nonce::use_nonce, prelude::provide_context, prelude::use_context};
use leptos_axum::ResponseOptions;
use std::sync::Arc;

/// The pages that anybody may see. All others are for people who are signed in.
const OPEN: [&str; 2] = ["/", "/sign-out"];

/// The pages' addresses, as the application's own routes name them. Also readies Leptos' executor.
pub fn paths() -> Vec<String> {
    let nobody = || {
        provide_context(Visitor::Anonymous);
        provide_context(SupportId(String::new()));
    };
    let (routes, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(app::App, None, nobody);
    routes.iter().map(|route| route.path().to_owned()).collect()
}

/// Draws a page; one that is for people who are signed in sends the others to sign in and back.
pub async fn page(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let visitor = visitor::identify(&state, request.headers(), Use::Counts).await?;
    let path = request.uri().path();
    let for_people = !OPEN.contains(&path);
    match visitor {
        Visitor::Anonymous if for_people => {
            let here = request.uri().path_and_query().map_or(path, |here| here.as_str());
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("returnTo", ReturnTo::parse_or_fallback(Some(here)).as_str())
                .finish();
            Ok(Redirect::to(&format!("/login?{query}")).into_response())
        }
        Visitor::SessionEnded => {
            let mut response = if for_people {
                Failure::new(ProblemKind::SessionEnded, "the session has ended").into_response()
            } else {
                drawn(&state, request, Visitor::SessionEnded).await
            };
            let gone = Jar::of(&state.settings.public_origin).clear_session();
            response.headers_mut().append(header::SET_COOKIE, gone);
            Ok(response)
        }
        visitor => Ok(drawn(&state, request, visitor).await),
    }
}

async fn drawn(state: &AppState, request: Request, visitor: Visitor) -> Response {
    let id = request.extensions().get::<RequestId>().copied().unwrap_or_else(RequestId::generate);
    let access = match (&visitor, request.uri().path()) {
        (Visitor::SignedIn(signed_in), "/access") => Some(standing::described(state, signed_in).await),
        _ => None,
    };
    render(state, request, id, Shown { visitor, access, problem: None, return_to: None }).await
}

/// What a page is drawn of.
pub struct Shown {
    /// Who looks at it.
    pub visitor: Visitor,
    /// What they may do, for the page about that.
    pub access: Option<(Access, Availability)>,
    /// What went wrong, in place of the page.
    pub problem: Option<Problem>,
    /// Where the person wanted to go, when the address does not say it.
    pub return_to: Option<ReturnTo>,
}

/// There is no such page.
pub async fn not_found() -> Failure {
    Failure::new(ProblemKind::NotFound, "no such page")
}

/// Draws the page at the request's path, or the problem in its place.
pub async fn render(state: &AppState, request: Request, id: RequestId, shown: Shown) -> Response {
    let Shown { visitor, access, problem, return_to } = shown;
    let access = access.map(|(access, availability)| (Arc::new(access), availability));
    let context = {
        let state = state.clone();
        move || {
            provide_context(visitor.clone());
            provide_context(SupportId(id.to_string()));
            if let Some((access, availability)) = access.clone() {
                provide_context(access);
                provide_context(availability);
            }
            if let Some(return_to) = return_to.clone() {
                provide_context(return_to);
            }
            if let Some(problem) = problem.clone() {
                provide_context(problem);
            }
            let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
            provide_context(HeadScripts(state.document.head(&nonce).into()));
            if let Some(response) = use_context::<ResponseOptions>() {
                response.insert_header(header::CONTENT_SECURITY_POLICY, state.document.content_security_policy(&nonce));
            }
        }
    };
    let options = state.document.options().clone();
    leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()))(request)
        .await
        .into_response()
}

/// A server function, called by the page's WASM: it is told who asks, as pages are.
pub async fn server_function(State(state): State<AppState>, request: Request) -> Result<Response, Failure> {
    let visitor = visitor::identify(&state, request.headers(), Use::Counts).await?;
    let id = request.extensions().get::<RequestId>().copied().unwrap_or_else(RequestId::generate);
    let context = move || {
        provide_context(visitor.clone());
        provide_context(SupportId(id.to_string()));
    };
    Ok(leptos_axum::handle_server_fns_with_context(context, request).await.into_response())
}
