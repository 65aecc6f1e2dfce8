//! What a person at a browser may do, whichever way it asks.

use super::table::{POLICY, Row, Whose, rows};
use crate::support::{Browser, Page, Provider, TestApp};
use axum::http::Method;
use serde_json::{Value, json};
use std::io::Write as _;
use tempfile::NamedTempFile;

const TEAM: &str = "blue";

/// What came of asking for something.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done; what there is now.
    Done(Value),
    /// There is no such record, as far as this person can tell.
    Missing,
    /// They see it and may not.
    Forbidden,
    /// There are no records at all for them.
    Closed,
}

impl Outcome {
    fn done(self) -> Option<Value> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }
}

/// A way to ask.
pub trait Way {
    async fn list(&self, browser: &Browser, search: &str) -> Outcome;
    async fn open(&self, browser: &Browser, id: &str) -> Outcome;
    async fn create(&self, browser: &Browser, title: &str) -> Outcome;
    async fn edit(&self, browser: &Browser, id: &str, version: u64, title: &str) -> Outcome;
    async fn delete(&self, browser: &Browser, id: &str, version: u64) -> Outcome;
    async fn restore(&self, browser: &Browser, id: &str) -> Outcome;
}

/// A running application with some people.
struct World {
    provider: Provider,
    app: TestApp,
    /// Sees everything.
    observer: Browser,
    mate: Browser,
    stranger: Browser,
    _policy: NamedTempFile,
}

impl World {
    async fn start() -> Self {
        let mut policy = NamedTempFile::new().expect("a file can be made");
        policy.write_all(POLICY.as_bytes()).expect("it can be written");
        let provider = Provider::start().await;
        let path = policy.path().to_str().expect("a path in UTF-8");
        let app = TestApp::start(&provider, &[("PORTICO_POLICY", path), ("PORTICO_DEFAULT_ROLE", "none")]).await;
        let [observer, mate, stranger] = [app.browser(), app.browser(), app.browser()];
        let world = Self { provider, app, observer, mate, stranger, _policy: policy };
        world.sign_in(&world.observer, "observer", &["admin"], "nobody's", true).await;
        world.sign_in(&world.mate, "mate", &["admin"], TEAM, true).await;
        world.sign_in(&world.stranger, "stranger", &["admin"], "red", true).await;
        world
    }

    async fn sign_in(&self, browser: &Browser, name: &str, roles: &[&str], group: &str, second_factor: bool) {
        self.provider.behave(|behaviour| {
            behaviour.sign_in_as(&format!("auth0|{name}"));
            let person = &mut behaviour.person;
            person.insert("email_verified".to_owned(), json!(true));
            person.insert("https://portico.example/roles".to_owned(), json!(roles));
            person.insert("https://portico.example/groups".to_owned(), json!([group]));
            behaviour.amr =
                Some(["pwd", "mfa"].iter().take(1 + usize::from(second_factor)).map(|&m| m.into()).collect());
        });
        browser.sign_in("/data").await.expect_redirect();
        assert!(browser.is_signed_in().await);
    }

    /// The record as it is, if it is there.
    async fn look(&self, id: &str) -> Option<Value> {
        let page = self.observer.get(&format!("/api/secure-data/{id}")).await;
        (page.status == 200).then(|| page.json())
    }

    async fn create(&self, owner: &Browser, title: &str) -> String {
        let request = owner.request(Method::POST, owner.url("/api/secure-data"));
        let page = request.json(&json!({ "title": title, "body": "A text." })).send().await;
        assert_eq!(page.status, 201, "{}", page.summary());
        page.json()["id"].as_str().expect("an id").to_owned()
    }

    async fn delete(&self, browser: &Browser, id: &str) {
        let request = browser.request(Method::DELETE, browser.url(&format!("/api/secure-data/{id}")));
        assert_eq!(request.header("if-match", "*").send().await.status, 204);
    }
}

/// Holds the table against one way to ask.
pub async fn keeps_to_the_table(way: &impl Way) {
    let world = World::start().await;
    for (number, row) in rows().iter().enumerate() {
        let browser = world.app.browser();
        let name = format!("row-{number}");
        // Under every permission first, so that there is something of their own, and something they deleted.
        world.sign_in(&browser, &name, &["admin"], TEAM, true).await;
        let (mut live, mut deleted) = (Vec::new(), Vec::new());
        for owner in [&browser, &world.mate, &world.stranger] {
            live.push(world.create(owner, "live").await);
            let id = world.create(owner, "deleted").await;
            world.delete(&browser, &id).await;
            deleted.push(id);
        }
        world.sign_in(&browser, &name, &row.roles(), TEAM, row.second_factor).await;
        let case = Case { row, way, world: &world, browser: &browser };
        case.lists(&live, &deleted).await;
        case.creates().await;
        for whose in Whose::ALL {
            case.opens(whose, &live[whose as usize]).await;
            case.edits(whose, &live[whose as usize]).await;
            case.deletes(whose, &live[whose as usize]).await;
            case.restores(whose, &deleted[whose as usize]).await;
        }
        case.finds_nothing_that_is_not_there().await;
    }
}

struct Case<'a, W> {
    row: &'a Row,
    way: &'a W,
    world: &'a World,
    browser: &'a Browser,
}

impl<W: Way> Case<'_, W> {
    /// What is not done is refused like this: what cannot be seen is not there.
    fn refusal(&self, whose: Whose) -> Outcome {
        match self.row.allows('o', whose) {
            _ if self.row.closed => Outcome::Closed,
            true => Outcome::Forbidden,
            false => Outcome::Missing,
        }
    }

    fn name(&self, what: &str, whose: Whose) -> String {
        format!("{}: {what} {whose:?}", self.row.name())
    }

    async fn lists(&self, live: &[String], deleted: &[String]) {
        let name = self.row.name();
        let expected = self.row.all_with('l');
        for search in ["", "LIV", "text"] {
            let outcome = self.way.list(self.browser, search).await;
            if self.row.closed {
                assert_eq!(outcome, Outcome::Closed, "{name}: {search:?}");
                continue;
            }
            let page = outcome.done().unwrap_or_else(|| panic!("{name}: {search:?} is refused"));
            let records = page["records"].as_array().expect("a list");
            let find = |id: &String| records.iter().find(|record| record["id"] == **id);
            let seen: Vec<_> = Whose::ALL.into_iter().filter(|whose| find(&live[*whose as usize]).is_some()).collect();
            assert_eq!(seen, expected, "{name}: {search:?}");
            assert!(deleted.iter().all(|id| find(id).is_none()), "{name}: nothing that is deleted");
            let strangers = records.iter().any(|record| record["owner"]["name"] == "stranger");
            assert_eq!(strangers, expected.contains(&Whose::Other), "{name}: {search:?}");
            for whose in seen {
                self.promises(whose, find(&live[whose as usize]).expect("it is there"));
            }
        }
    }

    /// What is said of a record is what may be done with it.
    fn promises(&self, whose: Whose, record: &Value) {
        let may = json!({ "edit": self.row.allows('e', whose), "delete": self.row.allows('d', whose) });
        assert_eq!(record["may"], may, "{}", self.name("promise", whose));
        assert_eq!(record["owner"]["is_me"], whose == Whose::Own, "{}", self.name("promise", whose));
    }

    async fn creates(&self) {
        let name = self.row.name();
        match self.way.create(self.browser, "new").await {
            Outcome::Done(record) => {
                assert!(self.row.creates, "{name}: create");
                assert_eq!((&record["owner"]["is_me"], &record["version"]), (&json!(true), &json!(1)), "{name}");
                assert!(self.world.look(record["id"].as_str().expect("an id")).await.is_some(), "{name}: create");
            }
            refused => {
                let expected = if self.row.closed { Outcome::Closed } else { Outcome::Forbidden };
                assert!(!self.row.creates && refused == expected, "{name}: create: {refused:?}");
                let page = self.world.observer.get("/api/secure-data").await.json();
                assert_ne!(page["records"][0]["title"], "new", "{name}: nothing was created");
            }
        }
        // Nor is it in the way of the next row.
        let page = self.world.observer.get("/api/secure-data?q=new").await.json();
        for record in page["records"].as_array().expect("a list") {
            self.world.delete(&self.world.observer, record["id"].as_str().expect("an id")).await;
        }
    }

    async fn opens(&self, whose: Whose, id: &str) {
        let name = self.name("open", whose);
        match self.way.open(self.browser, id).await {
            Outcome::Done(record) => {
                assert!(self.row.allows('o', whose), "{name}");
                assert_eq!((&record["id"], &record["body"]), (&json!(id), &json!("A text.")), "{name}");
                self.promises(whose, &record);
            }
            refused => {
                assert!(!self.row.allows('o', whose), "{name}");
                assert_eq!(refused, self.refusal(whose), "{name}");
            }
        }
    }

    async fn edits(&self, whose: Whose, id: &str) {
        let name = self.name("edit", whose);
        let before = self.world.look(id).await.expect("it is there");
        let version = before["version"].as_u64().expect("a version");
        let outcome = self.way.edit(self.browser, id, version, "changed").await;
        let after = self.world.look(id).await.expect("it is there");
        if self.row.allows('e', whose) {
            let record = outcome.done().unwrap_or_else(|| panic!("{name}"));
            assert_eq!((&record["title"], &record["version"]), (&json!("changed"), &json!(version + 1)), "{name}");
            assert_eq!((&after["title"], &after["version"]), (&json!("changed"), &json!(version + 1)), "{name}");
        } else {
            assert_eq!((outcome, after), (self.refusal(whose), before), "{name}");
        }
    }

    async fn deletes(&self, whose: Whose, id: &str) {
        let name = self.name("delete", whose);
        let before = self.world.look(id).await.expect("it is there");
        let outcome = self.way.delete(self.browser, id, before["version"].as_u64().expect("a version")).await;
        let after = self.world.look(id).await;
        if self.row.allows('d', whose) {
            assert!(matches!(outcome, Outcome::Done(_)) && after.is_none(), "{name}: {outcome:?}");
            assert_eq!(self.way.open(self.browser, id).await, Outcome::Missing, "{name}: not even for them");
        } else {
            assert_eq!((outcome, after), (self.refusal(whose), Some(before)), "{name}");
        }
    }

    async fn restores(&self, whose: Whose, id: &str) {
        let name = self.name("restore", whose);
        let outcome = self.way.restore(self.browser, id).await;
        let after = self.world.look(id).await;
        if self.row.allows('r', whose) {
            assert!(matches!(outcome, Outcome::Done(_)), "{name}: {outcome:?}");
            // Created, deleted, brought back.
            assert_eq!(after.expect("it is back")["version"], 3, "{name}");
        } else {
            let expected = if self.row.closed { Outcome::Closed } else { Outcome::Missing };
            assert_eq!((outcome, after), (expected, None), "{name}");
        }
    }

    /// Nobody can tell a record that they may not see from one that never was.
    async fn finds_nothing_that_is_not_there(&self) {
        let id = "01JDJ6V7Y5T3M8K9QWERTYAB2C";
        let expected = if self.row.closed { Outcome::Closed } else { Outcome::Missing };
        let name = self.row.name();
        assert_eq!(self.way.open(self.browser, id).await, expected, "{name}");
        assert_eq!(self.way.edit(self.browser, id, 1, "changed").await, expected, "{name}");
        assert_eq!(self.way.delete(self.browser, id, 1).await, expected, "{name}");
        assert_eq!(self.way.restore(self.browser, id).await, expected, "{name}");
    }
}

/// An answer that is none of those that the table knows.
pub fn unexpected(page: &Page) -> ! {
    panic!("unexpected: {}", page.summary())
}
