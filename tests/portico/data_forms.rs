//! The forms for records, as a browser without JavaScript sends them: what they do, and that nothing
//! typed is ever lost.

use crate::support::{
    Browser, Page, Provider, Site, TestApp, assert_harmless, assert_problem, eventually, provider::TokenShape,
};
use axum::http::Method;
use chrono::Utc;
use portico::model::{ProblemKind, record::Closed};
use serde_json::{Value, json};
use std::time::Duration;

/// No record has it.
const NOBODYS: &str = "01JDJ6V7Y5T3M8K9QWERTYAB2C";

async fn start(overrides: &[(&str, &str)]) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let settings = [&[("PORTICO_DEFAULT_ROLE", "none")], overrides].concat();
    let app = TestApp::start(&provider, &settings).await;
    (provider, app)
}

/// Signs somebody in who has this role, with a second factor.
async fn sign_in(provider: &Provider, browser: &Browser, name: &str, role: &str) {
    provider.behave(|behaviour| {
        behaviour.sign_in_as(&format!("auth0|{name}"));
        behaviour.person.insert("email_verified".to_owned(), json!(true));
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!([role]));
        behaviour.amr = Some(vec!["pwd".to_owned(), "mfa".to_owned()]);
    });
    browser.signed_in().await;
}

async fn signed_in(provider: &Provider, app: &TestApp, name: &str, role: &str) -> Browser {
    let browser = app.browser();
    sign_in(provider, &browser, name, role).await;
    browser
}

/// Fills in the form for a new record, and gives the new record's id.
async fn create(browser: &Browser, title: &str) -> String {
    let form = browser.get("/data/new").await;
    let filled = [("title", title), ("body", "first\r\nsecond"), ("classification", "restricted"), ("tags", "a, b")];
    let to = see_other(&browser.fill_in(&form, "/data/new", &filled).await);
    to.strip_prefix("/data/").and_then(|rest| rest.strip_suffix("?done=created")).expect("a new record").to_owned()
}

/// Where a form that is done leads to: always by 303, so that reloading does not send it again.
#[track_caller]
fn see_other(page: &Page) -> String {
    assert_eq!(page.status, 303, "{}", page.summary());
    page.expect_local_redirect()
}

/// The record as it is; nothing if it is not there.
async fn look(browser: &Browser, id: &str) -> Option<Value> {
    let page = browser.get(&format!("/api/secure-data/{id}")).await;
    (page.status == 200).then(|| page.json())
}

/// What stands in the fields of the form that posts to `action`.
#[track_caller]
fn typed<'a>(page: &'a Page, action: &str) -> impl Fn(&str) -> String + use<'a> {
    let form = page.form(action).unwrap_or_else(|| panic!("no form posts to {action} on {}", page.summary()));
    move |name| form.value(name).to_owned()
}

/// A page for people: not kept by any cache, with its own policy.
#[track_caller]
fn assert_page(page: &Page, status: u16, says: &str) {
    assert_eq!(page.status, status, "{}", page.summary());
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{}", page.summary());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.body.contains(says), "it says {says:?}: {}", page.body);
}

#[tokio::test]
async fn a_record_is_created_changed_deleted_and_brought_back() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let list = ada.get("/data").await;
    assert_page(&list, 200, "There are no records yet.");

    let form = ada.get("/data/new").await;
    assert_eq!(typed(&form, "/data/new")("classification"), "internal", "the one that is chosen beforehand");
    let id = create(&ada, "A plan").await;
    let page = ada.get(&format!("/data/{id}?done=created")).await;
    assert_page(&page, 200, "The record is created.");
    assert!(page.body.contains("first\nsecond") && page.body.contains("Restricted"), "{}", page.body);
    let record = look(&ada, &id).await.expect("it is there");
    assert_eq!((&record["body"], &record["tags"]), (&json!("first\nsecond"), &json!(["a", "b"])));

    let edit = format!("/data/{id}/edit");
    let form = ada.get(&edit).await;
    let field = typed(&form, &edit);
    let values = ["title", "body", "classification", "tags", "version"].map(field);
    assert_eq!(values, ["A plan", "first\r\nsecond", "restricted", "a, b", "1"]);
    assert_eq!(see_other(&ada.fill_in(&form, &edit, &[("title", "Another")]).await), format!("/data/{id}?done=saved"));
    let page = ada.get(&format!("/data/{id}?done=saved")).await;
    assert_page(&page, 200, "Your changes are saved.");
    let record = look(&ada, &id).await.expect("it is there");
    assert_eq!(
        (&record["title"], &record["version"], &record["body"]),
        (&json!("Another"), &json!(2), &json!("first\nsecond"))
    );

    assert_eq!(see_other(&ada.submit(&page, &format!("/data/{id}/delete")).await), format!("/data?deleted={id}"));
    assert_eq!(look(&ada, &id).await, None);
    assert_eq!(ada.get(&format!("/data/{id}")).await.status, 404);
    assert_eq!(ada.get(&edit).await.status, 404);
    let list = ada.get(&format!("/data?deleted={id}")).await;
    assert_page(&list, 200, "is deleted.");
    assert!(list.body.contains("Another"), "it says which: {}", list.body);

    let undo = format!("/data/{id}/restore");
    // Nobody else is offered that, nor can do it.
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    assert!(ben.get(&format!("/data?deleted={id}")).await.form(&undo).is_none());
    assert_eq!(see_other(&ben.post(&undo, &[]).await), "/data?done=too-late");
    assert_eq!(look(&ada, &id).await, None);

    assert_eq!(see_other(&ada.submit(&list, &undo).await), format!("/data/{id}?done=restored"));
    assert_page(&ada.get(&format!("/data/{id}?done=restored")).await, 200, "The record is back.");
    assert_eq!(look(&ada, &id).await.expect("it is back")["title"], "Another");
    // Sent once more, there is nothing to bring back.
    assert_eq!(see_other(&ada.submit(&list, &undo).await), "/data?done=too-late");
    assert_page(&ada.get("/data?done=too-late").await, 200, "It is too late to bring that record back.");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_typed_is_lost() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let id = create(&ada, "A plan").await;
    let long = "x\r\n".repeat(33_000);
    let bad = [("title", "  "), ("body", long.as_str()), ("classification", "secret"), ("tags", "a,, B, a,b\u{7}")];
    for address in ["/data/new".to_owned(), format!("/data/{id}/edit")] {
        let form = ada.get(&address).await;
        let version = typed(&form, &address)("version");
        let page = ada.fill_in(&form, &address, &bad).await;
        assert_page(&page, 422, "Not saved yet: please put this right");
        for message in [
            "Give it a title.",
            "The text is 464 bytes too long; 64 kB fit.",
            "Choose one of the classifications.",
            "Each tag has 1 to 40 characters and no comma.",
        ] {
            // In the summary, and at the field.
            assert!(page.body.matches(message).count() >= 2, "{address}: {message}");
        }
        let field = typed(&page, &address);
        assert_eq!(["title", "tags", "version"].map(&field), ["  ", "a,, B, a,b\u{7}", &version], "{address}");
        assert!(field("body") == long, "{address}: the whole text is there");

        // Put right on that very page, it is saved.
        let right = [("title", "Right"), ("body", ""), ("classification", "public"), ("tags", "a,, B, a")];
        let to = see_other(&ada.fill_in(&page, &address, &right).await);
        let saved = to.trim_start_matches("/data/").split('?').next().expect("an id").to_owned();
        let record = look(&ada, &saved).await.expect("it is there");
        assert_eq!((&record["title"], &record["tags"]), (&json!("Right"), &json!(["a", "b"])));
    }
    // Two in all: nothing was saved that was wrong.
    assert_eq!(ada.get("/api/secure-data").await.json()["records"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn who_saves_second_sees_both_and_decides() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let id = create(&ada, "A plan").await;
    let edit = format!("/data/{id}/edit");
    let (adas, bens) = (ada.get(&edit).await, ben.get(&edit).await);
    see_other(&ben.fill_in(&bens, &edit, &[("title", "By Ben"), ("body", "text of Ben")]).await);

    let page = ada.fill_in(&adas, &edit, &[("title", "By Ada"), ("body", "text of Ada")]).await;
    assert_page(&page, 409, "Somebody has changed this record while you were writing.");
    assert!(page.body.contains("By Ben") && page.body.contains("text of Ben"), "theirs: {}", page.body);
    let field = typed(&page, &edit);
    assert_eq!(["title", "body", "version"].map(field), ["By Ada", "text of Ada", "2"], "and hers");
    assert_eq!(look(&ada, &id).await.expect("it is there")["title"], "By Ben", "nothing is written over yet");

    // Ben is faster once more: she is asked once more.
    let bens = ben.get(&edit).await;
    see_other(&ben.fill_in(&bens, &edit, &[("title", "By Ben again")]).await);
    let page = ada.submit(&page, &edit).await;
    assert_page(&page, 409, "By Ben again");

    see_other(&ada.submit(&page, &edit).await);
    let record = look(&ada, &id).await.expect("it is there");
    assert_eq!(
        (&record["title"], &record["body"], &record["version"]),
        (&json!("By Ada"), &json!("text of Ada"), &json!(4))
    );
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_deleted_unseen() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let id = create(&ada, "A plan").await;
    let (edit, delete) = (format!("/data/{id}/edit"), format!("/data/{id}/delete"));
    let seen = ada.get(&format!("/data/{id}")).await;
    see_other(&ben.fill_in(&ben.get(&edit).await, &edit, &[("title", "By Ben")]).await);

    assert_eq!(see_other(&ada.submit(&seen, &delete).await), format!("/data/{id}?done=changed"));
    let page = ada.get(&format!("/data/{id}?done=changed")).await;
    assert_page(&page, 200, "The record was not deleted: somebody has changed it since you opened it.");
    assert!(page.body.contains("By Ben"), "{}", page.body);
    assert_eq!(look(&ada, &id).await.expect("it is there")["version"], 2);
    see_other(&ada.submit(&page, &delete).await);
    assert_eq!(look(&ada, &id).await, None);
    assert_eq!(see_other(&ada.submit(&page, &delete).await), "/data?done=gone");
    assert_page(&ada.get("/data?done=gone").await, 200, "not there any more");
}

#[tokio::test]
async fn what_was_written_outlives_its_record() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let id = create(&ada, "A plan").await;
    let edit = format!("/data/{id}/edit");
    let form = ada.get(&edit).await;
    see_other(&ben.submit(&ben.get(&format!("/data/{id}")).await, &format!("/data/{id}/delete")).await);

    let page = ada.fill_in(&form, &edit, &[("title", "By Ada"), ("body", "text of Ada")]).await;
    assert_page(&page, 404, "Not saved: this record is not there any more.");
    let field = typed(&page, "/data/new");
    assert_eq!(["title", "body", "classification", "tags"].map(field), ["By Ada", "text of Ada", "restricted", "a, b"]);
    let to = see_other(&ada.submit(&page, "/data/new").await);
    let new = to.trim_start_matches("/data/").trim_end_matches("?done=created");
    assert_ne!(new, id);
    assert_eq!(look(&ada, new).await.expect("a new one")["title"], "By Ada");
}

#[tokio::test]
async fn who_may_no_longer_save_keeps_what_was_written() {
    let (provider, app) = start(&[]).await;
    for (number, less) in ["viewer", "a role of no policy"].into_iter().enumerate() {
        let name = format!("person-{number}");
        let browser = signed_in(&provider, &app, &name, "user").await;
        let id = create(&browser, "A plan").await;
        let edit = format!("/data/{id}/edit");
        let forms =
            [(edit.clone(), browser.get(&edit).await), ("/data/new".to_owned(), browser.get("/data/new").await)];
        let before = look(&browser, &id).await;
        // Somewhere else they sign in again, and have less than before.
        signed_in(&provider, &app, &name, less).await;
        for known in [false, true] {
            if known {
                // A session is remembered for a second.
                eventually("the session knows of the other role", Duration::from_secs(10), || async {
                    browser.get("/data/new").await.status == 403
                })
                .await;
            }
            for (address, form) in &forms {
                let filled = [("title", "By them"), ("body", "a long\r\ntext"), ("classification", "public")];
                let page = browser.fill_in(form, address, &filled).await;
                // Before it knows, a record that they may not see any more is none.
                let expected = if known { 403 } else { page.status.as_u16() };
                assert!(page.status == expected && [403, 404].contains(&expected), "{less}: {}", page.summary());
                let action = if page.status == 404 { "/data/new" } else { address };
                let field = typed(&page, action);
                assert_eq!(
                    ["title", "body", "classification"].map(field),
                    ["By them", "a long\r\ntext", "public"],
                    "{less}"
                );
            }
        }
        sign_in(&provider, &browser, &name, "user").await;
        assert_eq!(look(&browser, &id).await, before, "{less}: nothing was saved");
        let list = browser.get("/api/secure-data?q=them").await.json();
        assert_eq!(list["records"], json!([]), "{less}: nothing was saved");
    }
}

#[tokio::test]
async fn who_may_only_look_is_offered_no_more() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create(&ada, "A plan").await;
    let eve = signed_in(&provider, &app, "eve", "viewer").await;
    let page = eve.get(&format!("/data/{id}")).await;
    assert_page(&page, 200, "A plan");
    assert!(page.form(&format!("/data/{id}/delete")).is_none() && !page.body.contains(&format!("/data/{id}/edit")));
    for address in [format!("/data/{id}/edit"), "/data/new".to_owned()] {
        let page = eve.get(&address).await;
        assert_page(&page, 403, "That was not done");
        assert!(page.form(&address).is_none(), "{address}: no form that cannot be saved");
    }
    // Nor does asking without being offered help.
    assert_eq!(
        see_other(&eve.post(&format!("/data/{id}/delete"), &[("version", "1")]).await),
        format!("/data/{id}?done=forbidden")
    );
    assert_page(&eve.get(&format!("/data/{id}?done=forbidden")).await, 200, "That was not done");
    let form = [("title", "By Eve"), ("body", ""), ("classification", "public"), ("tags", ""), ("version", "1")];
    assert_eq!(eve.post(&format!("/data/{id}/edit"), &form).await.status, 403);
    assert_eq!(eve.post("/data/new", &form).await.status, 403);
    let record = look(&ada, &id).await.expect("it is there");
    assert_eq!((&record["title"], &record["version"]), (&json!("A plan"), &json!(1)));
}

/// The address that a step-up is offered at.
fn step_up(page: &Page, browser: &Browser) -> url::Url {
    let start = page.body.find("/login?step_up=true").expect("a second factor is offered");
    let address = page.body[start..].split('"').next().expect("an address").replace("&amp;", "&");
    browser.url(&address)
}

#[tokio::test]
async fn a_form_is_kept_while_its_person_confirms_with_a_second_factor() {
    let (provider, app) = start(&[("PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS", "60")]).await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let [id, other] = [create(&ada, "A plan").await, create(&ada, "Another").await];
    let edit = format!("/data/{id}/edit");
    provider.behave(|behaviour| {
        behaviour.id_token.claims.set("auth_time", Utc::now().timestamp() - 120);
    });
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    let eve = signed_in(&provider, &app, "eve", "admin").await;

    let filled = [("title", "By Ben"), ("body", "text\r\nof Ben"), ("classification", "public"), ("tags", "c")];
    let page = ben.fill_in(&ben.get(&edit).await, &edit, &filled).await;
    assert_page(&page, 403, "Not saved yet: this takes a second factor that you confirmed lately.");
    assert_eq!(["title", "body"].map(typed(&page, &edit)), ["By Ben", "text\r\nof Ben"]);
    assert_eq!(look(&ada, &id).await.expect("it is there")["version"], 1, "nothing is saved yet");
    // Deleting takes the same.
    let record = ben.get(&format!("/data/{id}")).await;
    assert_eq!(
        see_other(&ben.submit(&record, &format!("/data/{id}/delete")).await),
        format!("/data/{id}?done=second-factor")
    );
    let told = ben.get(&format!("/data/{id}?done=second-factor")).await;
    assert_page(&told, 200, "it takes a second factor that you confirmed lately");
    assert!(look(&ada, &id).await.is_some());

    // It waits for him and for nobody else, at that address and at no other.
    assert_page(&ben.get(&edit).await, 200, "You are back, and so is what you wrote.");
    for (browser, address) in [(&eve, &edit), (&ben, &format!("/data/{other}/edit")), (&ben, &"/data/new".to_owned())] {
        let page = browser.get(address).await;
        assert!(page.status == 200 && !page.body.contains("of Ben"), "{}", page.summary());
    }

    provider.behave(|behaviour| {
        behaviour.sign_in_as("auth0|ben");
        behaviour.person.insert("email_verified".to_owned(), json!(true));
        behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["admin"]));
        behaviour.id_token = TokenShape::default();
    });
    let attempt = ben.begin_at(step_up(&page, &ben)).await;
    assert!(attempt.param("acr_values").is_some(), "a second factor is asked for");
    assert_eq!(attempt.param("prompt").as_deref(), Some("login"), "and not the old one once more");
    let back = ben.authorize(&attempt).await;
    assert_eq!(ben.come_back(back).await.expect_local_redirect(), edit);
    let page = ben.get(&edit).await;
    assert_page(&page, 200, "You are back, and so is what you wrote.");
    let values = ["title", "body", "classification", "tags", "version"].map(typed(&page, &edit));
    assert_eq!(values, ["By Ben", "text\r\nof Ben", "public", "c", "1"]);
    see_other(&ben.submit(&page, &edit).await);
    let record = look(&ada, &id).await.expect("it is there");
    assert_eq!(
        (&record["title"], &record["body"], &record["version"]),
        (&json!("By Ben"), &json!("text\nof Ben"), &json!(2))
    );
    let page = ben.get(&edit).await;
    assert!(!page.body.contains("You are back"), "saved, it is forgotten: {}", page.body);
    assert_eq!(typed(&page, &edit)("version"), "2");
}

#[tokio::test]
async fn a_kept_form_is_forgotten_when_it_is_not_wanted() {
    let (provider, app) = start(&[("PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS", "60")]).await;
    let ada = signed_in(&provider, &app, "ada", "user").await;
    let id = create(&ada, "A plan").await;
    let edit = format!("/data/{id}/edit");
    provider.behave(|behaviour| {
        behaviour.id_token.claims.set("auth_time", Utc::now().timestamp() - 120);
    });
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    // One's own record takes no second factor, however old it is.
    let own = create(&ben, "Of Ben").await;
    let his = format!("/data/{own}/edit");
    see_other(&ben.fill_in(&ben.get(&his).await, &his, &[("title", "Still of Ben")]).await);

    assert_eq!(ben.fill_in(&ben.get(&edit).await, &edit, &[("title", "By Ben")]).await.status, 403);
    assert_eq!(typed(&ben.get(&edit).await, &edit)("title"), "By Ben");
    let discarding = || ben.request(Method::GET, ben.url(&format!("{edit}?discard=")));
    discarding().site(Site::Cross).send().await;
    assert_eq!(typed(&ben.get(&edit).await, &edit)("title"), "By Ben", "not by another site's link");
    assert_eq!(typed(&discarding().send().await, &edit)("title"), "A plan");
    assert_eq!(typed(&ben.get(&edit).await, &edit)("title"), "A plan");
}

#[tokio::test]
async fn nobody_sends_nothing() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create(&ada, "A plan").await;
    let form = ada.get("/data/new").await;
    let nobody = app.browser();
    for address in ["/data", "/data/new", &format!("/data/{id}"), &format!("/data/{id}/edit")] {
        let to = nobody.get(address).await.expect_local_redirect();
        let expected = url::form_urlencoded::byte_serialize(address.as_bytes()).collect::<String>();
        assert_eq!(to, format!("/login?returnTo={expected}"));
    }
    let fields = [("title", "t"), ("body", ""), ("classification", "public"), ("tags", ""), ("version", "1")];
    for (address, fields) in [
        ("/data/new".to_owned(), &fields[..]),
        (format!("/data/{id}/edit"), &fields[..]),
        (format!("/data/{id}/delete"), &fields[4..]),
        (format!("/data/{id}/restore"), &[]),
    ] {
        let page = nobody.post(&address, fields).await;
        assert_problem(&app, &provider, &page, ProblemKind::Unauthenticated);
        assert!(page.body.contains("/login"), "the way in is offered: {}", page.body);
    }
    let copy = ada.copy();
    copy.post("/logout", &[]).await.expect_redirect();
    let page = ada.fill_in(&form, "/data/new", &[("title", "t")]).await;
    assert_problem(&app, &provider, &page, ProblemKind::SessionEnded);
    sign_in(&provider, &ada, "ada", "admin").await;
    assert_eq!(ada.get("/api/secure-data").await.json()["records"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn who_is_shut_out_of_records_is_told_why_and_has_the_rest() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create(&ada, "A plan").await;
    type Case = (Closed, fn(&mut crate::support::Behaviour));
    let cases: [Case; 3] = [
        (Closed::EmailNotVerified, |behaviour| {
            behaviour.person.insert("email_verified".to_owned(), json!(false));
        }),
        (Closed::NoPermission, |behaviour| {
            behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["a role of no policy"]));
        }),
        (Closed::NeedsSecondFactor, |behaviour| behaviour.amr = Some(vec!["pwd".to_owned()])),
    ];
    for (closed, bend) in cases {
        provider.behave(|behaviour| {
            behaviour.sign_in_as("auth0|ben");
            behaviour.person.insert("email_verified".to_owned(), json!(true));
            behaviour.person.insert("https://portico.example/roles".to_owned(), json!(["admin"]));
            behaviour.amr = Some(vec!["pwd".to_owned(), "mfa".to_owned()]);
            bend(behaviour);
        });
        let ben = app.browser();
        ben.sign_in("/data").await.expect_redirect();
        for address in
            ["/data", "/data/new", &format!("/data/{id}"), &format!("/data/{id}/edit"), &format!("/data/{NOBODYS}")]
        {
            let page = ben.get(address).await;
            assert_page(&page, 403, closed.sentence());
            assert!(page.body.contains(closed.remedy()) && !page.body.contains("A plan"), "{address}: {}", page.body);
        }
        let fields = [("title", "t"), ("body", ""), ("classification", "public"), ("tags", ""), ("version", "1")];
        for (address, fields) in [
            ("/data/new".to_owned(), &fields[..]),
            (format!("/data/{id}/edit"), &fields[..]),
            (format!("/data/{id}/delete"), &fields[4..]),
            (format!("/data/{id}/restore"), &[]),
        ] {
            assert_eq!(ben.post(&address, fields).await.status, 403, "{closed:?}: {address}");
        }
        assert_eq!(ben.get("/profile").await.status, 200, "{closed:?}");
        assert_eq!(ben.get("/access").await.status, 200, "{closed:?}");
    }
    assert_eq!(look(&ada, &id).await.expect("it is there")["version"], 1);
}

#[tokio::test]
async fn what_is_no_form_of_ours_is_refused() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let id = create(&ada, "A plan").await;
    let form = "application/x-www-form-urlencoded";
    let send = async |address: &str, media_type: &str, body: Vec<u8>| {
        ada.request(Method::POST, ada.url(address)).body(media_type, body).send().await
    };
    let (edit, delete, restore) =
        (format!("/data/{id}/edit"), format!("/data/{id}/delete"), format!("/data/{id}/restore"));
    for address in ["/data/new", &edit] {
        for body in [
            &b"title=t&body=%FF&classification=public&tags=&version=1"[..],
            b"title=t&body=\xff&classification=public&tags=&version=1",
            b"title=%C3&classification=public&version=1",
            b"title=t&classification=public&version=1&owner=auth0|ben",
            b"title=t&classification=public&version=1&id=01JDJ6V7Y5T3M8K9QWERTYAB2C",
            b"title=t&title=u&classification=public&version=1",
        ] {
            assert_problem(&app, &provider, &send(address, form, body.to_vec()).await, ProblemKind::BadRequest);
        }
        let good = b"title=t&body=&classification=public&tags=&version=1".to_vec();
        for media_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
            assert_problem(&app, &provider, &send(address, media_type, good.clone()).await, ProblemKind::BadRequest);
        }
        let large = format!("title=t&classification=public&version=1&body={}", "x".repeat(300 * 1024));
        assert_problem(&app, &provider, &send(address, form, large.into_bytes()).await, ProblemKind::TooLarge);
    }
    for version in [
        "",
        "version=",
        "version=x",
        "version=-1",
        "version=1.0",
        "version=1&version=1",
        "version=1&more=1",
        "version=99999999999999999999",
    ] {
        let page = send(&delete, form, version.as_bytes().to_vec()).await;
        assert_problem(&app, &provider, &page, ProblemKind::BadRequest);
        let page = send(&edit, form, format!("title=t&classification=public&{version}").into_bytes()).await;
        assert_problem(&app, &provider, &page, ProblemKind::BadRequest);
    }
    assert_problem(&app, &provider, &send(&restore, form, b"more=1".to_vec()).await, ProblemKind::BadRequest);
    for id in ["x", "user", "secure_data:x", "%00", NOBODYS, &id.to_lowercase()] {
        assert_problem(&app, &provider, &ada.get(&format!("/data/{id}")).await, ProblemKind::NotFound);
        assert_problem(&app, &provider, &ada.get(&format!("/data/{id}/edit")).await, ProblemKind::NotFound);
        // As for a record that has just been deleted: it is not there any more.
        let page = ada.post(&format!("/data/{id}/delete"), &[("version", "1")]).await;
        assert!(page.status == 404 || see_other(&page) == "/data?done=gone", "{}", page.summary());
    }
    // The largest text that a form can carry, each byte of it written as three, is no more than it takes.
    let full = format!("title=t&classification=public&body={}", "%09".repeat(64 * 1024));
    see_other(&send("/data/new", form, full.into_bytes()).await);
    assert_eq!(look(&ada, &id).await.expect("it is there")["version"], 1, "nothing has happened to it");
    assert_eq!(ada.get("/api/secure-data").await.json()["records"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn whatever_is_written_is_shown_as_text() {
    let (provider, app) = start(&[]).await;
    let ada = signed_in(&provider, &app, "ada", "admin").await;
    let ben = signed_in(&provider, &app, "ben", "admin").await;
    for hostile in [
        "<script>alert('x')</script>",
        "</textarea><script>alert('x')</script>",
        "</title><script>alert('x')</script><!--",
        "\" onmouseover=\"alert('x')\" x=\"",
        "'; DELETE secure_data; REMOVE TABLE user; --",
        "$auth `user`:⟨x⟩ {{ x }} ${x} \\u003cscript>",
        "javascript:alert('x')",
        "&lt;b&gt; &amp; &#60;script&#62;",
    ] {
        // A tag has no more than 40 characters.
        let tag: String = hostile.chars().filter(|c| *c != ',').take(40).collect::<String>().to_lowercase();
        let form = ada.get("/data/new").await;
        let filled = [("title", hostile), ("body", hostile), ("tags", tag.as_str())];
        let to = see_other(&ada.fill_in(&form, "/data/new", &filled).await);
        let id = to.trim_start_matches("/data/").trim_end_matches("?done=created").to_owned();
        let record = look(&ada, &id).await.expect("it is there");
        assert_eq!(
            (&record["title"], &record["body"], &record["tags"]),
            (&json!(hostile), &json!(hostile), &json!([tag.trim()]))
        );

        let edit = format!("/data/{id}/edit");
        let stale = ada.get(&edit).await;
        assert_eq!(["title", "body", "tags"].map(typed(&stale, &edit)), [hostile, hostile, tag.trim()]);
        let mut search = ada.url("/data");
        search.query_pairs_mut().append_pair("q", hostile);
        // What another has written beside what one writes; and a title in the notice that it is deleted.
        see_other(&ben.fill_in(&ben.get(&edit).await, &edit, &[("body", &format!("{hostile}!"))]).await);
        let beside = ada.submit(&stale, &edit).await;
        assert_eq!(beside.status, 409);
        let invalid = ada.fill_in(&stale, &edit, &[("tags", &hostile.repeat(3))]).await;
        assert!([409, 422].contains(&invalid.status.as_u16()), "{}", invalid.summary());
        let shown = ada.get(&format!("/data/{id}")).await;
        let pages = [
            ada.get("/data").await,
            ada.request(Method::GET, search).send().await,
            stale,
            beside,
            invalid,
            ada.follow_all(ada.submit(&shown, &format!("/data/{id}/delete")).await).await,
            shown,
        ];
        for page in pages {
            assert_harmless(&page);
        }
    }
    assert_eq!(ada.get("/data").await.status, 200, "the tables are all there");
}
