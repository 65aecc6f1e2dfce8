//! `POST /csp-report`: what a browser did not load or run because a page's Content-Security-Policy forbids it.
//!
//! Such a report is an attack that failed, a fault of ours, or an extension of the browser's. Anybody can send one,
//! so it is told in the log and nothing else happens, whoever sends it: browsers report with and without cookies,
//! and some say nothing of where from.

use super::failure::Failure;
use crate::{
    model::ProblemKind,
    server::{AppState, auth::printable},
};
use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{StatusCode, header},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Where pages have browsers report to.
pub const PATH: &str = "/csp-report";
/// The largest body taken, in bytes.
const MAX_BODY: usize = 8 * 1024;
/// How many of the reports in one body are told.
const MOST: usize = 5;
/// How much is told of an address, in characters.
const LONGEST: usize = 200;

/// What was forbidden: names as in CSP 2 (`application/csp-report`) or in the Reporting API
/// (`application/reports+json`).
type Violation = Map<String, Value>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    csp_report: Violation,
}

/// One of several; those about something else are left out.
#[derive(Deserialize)]
struct Reported {
    r#type: String,
    #[serde(default)]
    body: Value,
}

/// Takes a report. What comes too often is left out.
pub async fn csp_report(State(state): State<AppState>, request: Request) -> Result<StatusCode, Failure> {
    if state.limits.reports.count(()).is_err() {
        tracing::debug!("a report of a browser's is left out: there are too many");
        return Ok(StatusCode::NO_CONTENT);
    }
    let (parts, body) = request.into_parts();
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = to_bytes(body, MAX_BODY).await.map_err(|error| Failure::new(ProblemKind::TooLarge, error))?;
    let violations = match media_type.as_str() {
        "application/csp-report" => serde_json::from_slice(&body).map(|Report { csp_report }| vec![csp_report]),
        "application/reports+json" => serde_json::from_slice(&body).map(violations),
        _ => {
            let sentence = "A report of a browser is expected: application/csp-report or application/reports+json.";
            return Err(Failure::for_script(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence, vec![]));
        }
    };
    let violations = violations.map_err(|_| Failure::new(ProblemKind::BadRequest, "a report that cannot be read"))?;
    violations.iter().take(MOST).for_each(tell);
    Ok(StatusCode::NO_CONTENT)
}

fn violations(reports: Vec<Reported>) -> Vec<Violation> {
    let about_us = reports.into_iter().filter(|report| report.r#type == "csp-violation");
    about_us.filter_map(|report| if let Value::Object(body) = report.body { Some(body) } else { None }).collect()
}

fn tell(violation: &Violation) {
    let text = |names: &[&str]| names.iter().find_map(|name| violation.get(*name)?.as_str()).unwrap_or_default();
    let number = |names: &[&str]| names.iter().find_map(|name| violation.get(*name)?.as_u64()).unwrap_or_default();
    tracing::warn!(
        directive = printable(text(&["effectiveDirective", "effective-directive", "violated-directive"]), LONGEST),
        blocked = address(text(&["blockedURL", "blocked-uri"])),
        page = address(text(&["documentURL", "document-uri"])),
        source = address(text(&["sourceFile", "source-file"])),
        line = number(&["lineNumber", "line-number"]),
        "a browser reports what the Content-Security-Policy forbids"
    );
}

/// An address without what may be a secret: the query (a code at the callback) and the fragment.
fn address(text: &str) -> String {
    printable(text.split(['?', '#']).next().unwrap_or_default(), LONGEST)
}
