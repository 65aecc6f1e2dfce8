//! What a browser does not load because a page's Content-Security-Policy forbids it is told in the log: once it is
//! cleaned, without secrets, and not without end.

use crate::support::{Browser, Page, Site, logs, start};
use axum::http::Method;
use serde_json::{Value, json};

const OLD: &str = "application/csp-report";
const NEW: &str = "application/reports+json";

async fn report(browser: &Browser, media_type: &str, body: impl Into<Vec<u8>>) -> Page {
    let request = browser.request(Method::POST, browser.url("/csp-report")).fetch();
    request.header("accept", "*/*").body(media_type, body).send().await
}

fn old(document: &str) -> Value {
    json!({ "csp-report": {
        "document-uri": document, "referrer": "", "violated-directive": "script-src-elem", "effective-directive": "script-src-elem",
        "original-policy": "default-src 'none'", "disposition": "enforce", "blocked-uri": "https://evil.example/x.js?token=stolen",
        "source-file": "https://portico.example/pkg/a.js#b", "line-number": 7, "status-code": 200,
    } })
}

fn new(document: &str) -> Value {
    json!({ "type": "csp-violation", "age": 10, "url": document, "user_agent": "Mozilla/5.0", "body": {
        "documentURL": document, "effectiveDirective": "script-src-elem", "blockedURL": "https://evil.example/x.js?token=stolen",
        "sourceFile": "https://portico.example/pkg/a.js#b", "lineNumber": 7, "disposition": "enforce", "originalPolicy": "default-src 'none'",
    } })
}

/// What the log says of reports with this in them.
fn told(marker: &str) -> Vec<Value> {
    let lines = logs().lines_with(marker);
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines.filter(|line| line["fields"].get("directive").is_some()).collect()
}

#[tokio::test]
async fn a_page_says_where_to_report_to_in_both_ways() {
    let (_provider, app) = start().await;
    let page = app.browser().get("/").await;
    assert_eq!(page.header("reporting-endpoints"), Some("csp=\"/csp-report\""));
    let policy = page.header("content-security-policy").expect("a page has a policy");
    let directives: Vec<_> = policy.split(';').map(str::trim).collect();
    assert!(directives.contains(&"report-to csp") && directives.contains(&"report-uri /csp-report"), "{policy}");
}

#[tokio::test]
async fn a_report_is_told_in_the_log_without_what_may_be_secret() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    for (media_type, body) in [
        (OLD, old("http://localhost/told-old?code=secret#state").to_string()),
        ("application/csp-report; charset=utf-8", old("http://localhost/told-charset?code=secret").to_string()),
        (NEW, json!([new("http://localhost/told-new?code=secret#state")]).to_string()),
    ] {
        let page = report(&browser, media_type, body).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), (204, ""), "{media_type}: {}", page.summary());
        assert!(page.set_cookies.is_empty());
    }
    for marker in ["told-old", "told-charset", "told-new"] {
        let told = told(marker);
        let [line] = told.as_slice() else { panic!("{marker}: {told:?}") };
        assert_eq!(line["level"], "WARN");
        let expected = [
            ("directive", json!("script-src-elem")),
            ("blocked", json!("https://evil.example/x.js")),
            ("page", json!(format!("http://localhost/{marker}"))),
            ("source", json!("https://portico.example/pkg/a.js")),
            ("line", json!(7)),
        ];
        for (field, value) in expected {
            assert_eq!(line["fields"][field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn it_does_not_matter_where_it_comes_from_nor_whether_somebody_is_signed_in() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    for site in [Some(Site::SameOrigin), Some(Site::None), Some(Site::Cross), None] {
        let request = browser.request(Method::POST, browser.url("/csp-report"));
        let request = match site {
            Some(site) => request.site(site),
            None => request.without("sec-fetch-site").without("origin"),
        };
        let page = request.body(NEW, json!([new("http://localhost/anywhere")]).to_string()).send().await;
        assert_eq!(page.status, 204, "{site:?}: {}", page.summary());
    }
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    let large = old(&format!("http://localhost/{}", "a".repeat(8192))).to_string();
    for (media_type, body, status) in [
        (OLD, large.as_str(), 413),
        ("application/json", "{}", 415),
        ("text/plain", "{}", 415),
        (OLD, "", 400),
        (OLD, "[]", 400),
        (OLD, r#"{"csp-report":"x"}"#, 400),
        (NEW, "{}", 400),
        (NEW, "[1]", 400),
        (NEW, "[{", 400),
        (NEW, "[]", 204),
        (NEW, r#"[{"type":"deprecation","body":{}},{"type":"csp-violation"},{"type":"csp-violation","body":[]}]"#, 204),
    ] {
        let page = report(&browser, media_type, body).await;
        assert_eq!(page.status, status, "{media_type} {}", &body[..body.len().min(40)]);
    }
    assert_eq!(browser.request(Method::GET, browser.url("/csp-report")).send().await.status, 405);
}

#[tokio::test]
async fn strange_words_are_cut_and_cleaned() {
    let (_provider, app) = start().await;
    let mut strange = new("http://localhost/strange");
    strange["body"]["effectiveDirective"] = json!(format!("a\r\nERROR forged\u{0}{}", "x".repeat(5000)));
    strange["body"]["lineNumber"] = json!("7");
    strange["body"]["blockedURL"] = json!(["x"]);
    let page = report(&app.browser(), NEW, json!([strange]).to_string()).await;
    assert_eq!(page.status, 204);
    let told = told("/strange");
    let fields = &told[0]["fields"];
    let directive = fields["directive"].as_str().expect("a text");
    assert!(directive.starts_with("a  ERROR forged ") && directive.chars().count() == 200, "{directive}");
    assert_eq!((&fields["line"], &fields["blocked"]), (&json!(0), &json!("")));
}

#[tokio::test]
async fn many_are_not_all_told() {
    let (_provider, app) = start().await;
    let browser = app.browser();
    let many: Vec<_> = (0..9).map(|_| new("http://localhost/many-in-one")).collect();
    assert_eq!(report(&browser, NEW, Value::from(many).to_string()).await.status, 204);
    assert_eq!(told("many-in-one").len(), 5, "of one body the first");
    for _ in 0..80 {
        let body = json!([new("http://localhost/many-at-once")]).to_string();
        assert_eq!(report(&browser, NEW, body).await.status, 204, "the browser is not told");
    }
    let told = told("many-at-once").len();
    // A minute's worth, and what the time that this took gives back.
    assert!((59..75).contains(&told), "{told}");
}
