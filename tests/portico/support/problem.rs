//! What holds for every problem a person sees.

use super::{Page, Provider, TestApp, logs};
use portico::model::ProblemKind;

/// Checks a problem page, and gives the log's lines about it.
///
/// It must have the kind's status and words, a support id that is the request id and leads to the
/// cause in the log, and no secret in either; and no cache may keep it.
///
/// # Panics
/// When something of that does not hold.
#[track_caller]
pub fn assert_problem(app: &TestApp, provider: &Provider, page: &Page, kind: ProblemKind) -> Vec<String> {
    assert_eq!(page.status.as_u16(), kind.status(), "status of {kind:?}: {}", page.summary());
    let content_type = page.header("content-type").unwrap_or_default();
    assert!(content_type.starts_with("text/html"), "a page for people, not {content_type}");
    assert!(page.body.contains(kind.title()), "the page says {:?}: {}", kind.title(), page.summary());
    assert!(page.body.contains(kind.remedy()), "the page says what to do: {}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"), "no cache may keep a problem");
    let support_id = page.header("x-request-id").expect("every answer has an x-request-id");
    assert!(page.body.contains(support_id), "the page shows the support id {support_id}");
    let lines = logs().lines_with(support_id);
    assert!(
        lines.iter().any(|line| line.contains("\"cause\"")),
        "the log tells the cause under {support_id}: {lines:#?}"
    );
    assert_no_secret(app, provider, page);
    lines
}

/// Checks that neither `page` nor the log has a secret of the application or the provider.
///
/// # Panics
/// When there is one.
#[track_caller]
pub fn assert_no_secret(app: &TestApp, provider: &Provider, page: &Page) {
    let log = logs().text();
    for secret in app.secrets().into_iter().chain(provider.secrets()) {
        assert!(!page.body.contains(&secret), "a secret on the page: {secret}");
        assert!(!log.contains(&secret), "a secret in the log: {:#?}", logs().lines_with(&secret));
    }
}
