//! A walk over all pages, as everybody: each link that is found on a page is followed. No page fails, and none
//! shows what is another person's alone.

use crate::support::{Browser, Page, Provider, TestApp, assert_harmless};
use axum::http::Method;
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// Pages that no link leads to for everybody.
const ALSO: [&str; 11] = [
    "/profile",
    "/access",
    "/data",
    "/data/new",
    "/data?q=private",
    "/sessions",
    "/people",
    "/sign-out",
    "/api/profile",
    "/api/audit",
    "/api/people",
];
/// Links that lead out of what is looked at.
const LEFT_OUT: [&str; 3] = ["/login", "/logout", "/pkg/"];
/// More pages than there are here: a walk without an end is a fault as well.
const MOST: usize = 400;

/// Somebody, and what nobody else may see of them.
struct Someone {
    name: String,
    role: Option<&'static str>,
    browser: Browser,
    record: Option<String>,
}

impl Someone {
    fn email(&self) -> String {
        format!("{}@people.example", self.name)
    }

    /// What only they see, and those who run the place see as little.
    fn secrets(&self) -> [String; 2] {
        [format!("claim-of-{}", self.name), format!("metadata-of-{}", self.name)]
    }

    /// Whether they see everybody's addresses there.
    fn sees_addresses(&self, path: &str) -> bool {
        self.role == Some("admin") && (path.starts_with("/people") || path.starts_with("/api/people"))
    }

    fn may_read(&self) -> bool {
        self.role.is_some()
    }
}

async fn sign_in(provider: &Provider, app: &TestApp, role: Option<&'static str>, number: usize) -> Someone {
    let name = format!("{}-{number}", role.unwrap_or("nobody"));
    provider.behave(|behaviour| {
        behaviour.sign_in_as(&format!("auth0|{name}"));
        behaviour.amr = Some(vec!["pwd".into(), "mfa".into()]);
        let roles: Vec<&str> = role.into_iter().collect();
        for (claim, value) in [
            ("https://portico.example/roles", json!(roles)),
            ("https://portico.example/private", json!(format!("claim-of-{name}"))),
            ("app_metadata", json!({ "note": format!("metadata-of-{name}") })),
            ("email_verified", json!(true)),
        ] {
            behaviour.person.insert(claim.to_owned(), value);
        }
    });
    let browser = app.browser();
    browser.signed_in().await;
    let request = browser.request(Method::POST, browser.url("/api/secure-data")).fetch();
    let created = request.json(&json!({ "title": format!("private record of {name}"), "body": "b" })).send().await;
    let record = (created.status == 201).then(|| created.json()["id"].as_str().expect("an id").to_owned());
    Someone { name, role, browser, record }
}

/// The addresses on our own site that a page links to.
fn links(page: &Page) -> Vec<String> {
    let found = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let found = found.map(|link| link.replace("&amp;", "&"));
    let found = found.filter_map(|link| page.url.join(&link).ok());
    let own = found.filter(|link| link.origin() == page.url.origin());
    own.map(|link| link[url::Position::BeforePath..url::Position::AfterQuery].to_owned()).collect()
}

/// Looks at everything that can be reached, and gives the addresses.
async fn walk(browser: &Browser, more: &[String], look: impl Fn(&str, &Page)) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut next: VecDeque<String> = ["/".to_owned()].into_iter().chain(ALSO.map(str::to_owned)).collect();
    next.extend(more.iter().cloned());
    while let Some(path) = next.pop_front() {
        if LEFT_OUT.iter().any(|prefix| path.starts_with(prefix)) || !seen.insert(path.clone()) {
            continue;
        }
        assert!(seen.len() < MOST, "there is no end to it: {path}");
        let page = browser.get(&path).await;
        look(&path, &page);
        next.extend(links(&page));
        next.extend(
            page.redirect()
                .filter(|to| to.origin() == page.url.origin())
                .map(|to| to[url::Position::BeforePath..].to_owned()),
        );
    }
    seen
}

#[tokio::test]
async fn no_page_fails_and_none_shows_what_is_another_persons() {
    let provider = Provider::start().await;
    let audience = ("AUTH0_AUDIENCE", "https://api.portico.example/");
    let app = TestApp::start(&provider, &[("PORTICO_DEFAULT_ROLE", "none"), audience]).await;
    let mut people = Vec::new();
    for role in [Some("admin"), Some("manager"), Some("user"), Some("viewer"), None] {
        for number in 0..2 {
            people.push(sign_in(&provider, &app, role, number).await);
        }
    }
    let records: Vec<String> =
        people.iter().filter_map(|person| Some(format!("/data/{}", person.record.as_ref()?))).collect();
    assert_eq!(records.len(), 6, "of two administrators, managers and users each");
    let more: Vec<_> = records.iter().flat_map(|record| [record.clone(), format!("{record}/edit")]).collect();
    for person in &people {
        let seen = walk(&person.browser, &more, |path, page| {
            let at = format!("{path} as {}", person.name);
            // What is looked for would be seen if it were there.
            assert!(path != "/profile" || page.body.contains(&person.email()), "{at}: {}", page.summary());
            assert!(page.status.as_u16() < 500, "{at}: {}", page.summary());
            for other in people.iter().filter(|other| other.name != person.name) {
                for secret in other.secrets() {
                    assert!(!page.body.contains(&secret), "{at} shows {secret}");
                }
                let address = other.email();
                assert!(person.sees_addresses(path) || !page.body.contains(&address), "{at} shows {address}");
                let record = format!("private record of {}", other.name);
                assert!(person.may_read() || !page.body.contains(&record), "{at} shows a {record}");
            }
            if page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                assert_harmless(page);
            }
        })
        .await;
        assert!(seen.len() > 10, "{}: {seen:?}", person.name);
        assert!(
            person.browser.is_signed_in().await,
            "{} is signed in still: nothing that changes something is a link",
            person.name
        );
    }
    let left = people[0].browser.get("/api/secure-data").await.json();
    assert_eq!(left["records"].as_array().map(Vec::len), Some(6), "and nothing is gone");

    let nobody = app.browser();
    walk(&nobody, &more, |path, page| {
        assert!(page.status.as_u16() < 500, "{path} as nobody: {}", page.summary());
        for person in &people {
            let about = [person.name.as_str(), "private record"];
            assert!(
                about.iter().all(|word| !page.body.contains(word)),
                "{path} shows nobody something of {}",
                person.name
            );
        }
    })
    .await;
}
