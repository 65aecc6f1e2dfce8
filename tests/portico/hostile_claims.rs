//! Whatever a provider says about a person is text: on the page, in the page's data, in the JSON.

use crate::support::{Browser, Endpoint, Provider, TestApp, assert_harmless};
use serde_json::json;

const SCRIPT: &str = "<script>alert('name')</script>";
const IMAGE: &str = "<img src=x onerror=alert('nickname')>";
const BREAKS_OUT: &str = "</script><script>alert('claim')</script><!--";
const ATTRIBUTE: &str = "\" onmouseover=\"alert('email')\" x=\"@people.example";
const RIGHT_TO_LEFT: &str = "\u{202e}نادية\u{202c} 👩🏽‍💻 \u{200b}";

async fn signed_in(provider: &Provider, app: &TestApp) -> Browser {
    let browser = app.browser();
    browser.signed_in().await;
    assert_eq!(provider.count(Endpoint::UserInfo), 1);
    browser
}

#[tokio::test]
async fn hostile_names_are_shown_as_text() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        for (claim, value) in [
            ("name", json!(SCRIPT)),
            ("nickname", json!(IMAGE)),
            ("given_name", json!(RIGHT_TO_LEFT)),
            ("family_name", json!("${alert(1)} {{7*7}} %3Cscript%3E")),
            ("email", json!(ATTRIBUTE)),
            ("picture", json!("javascript:alert('picture')")),
            ("locale", json!("en\r\nX-Injected: 1")),
            ("https://portico.example/roles", json!([BREAKS_OUT, { "a": BREAKS_OUT }])),
            (BREAKS_OUT, json!(BREAKS_OUT)),
            ("app_metadata", json!({ BREAKS_OUT: [BREAKS_OUT] })),
            ("user_metadata", json!({ "bio": "a".repeat(4096), "nul": "\u{0}\u{1}\u{7f}\u{fffe}" })),
        ] {
            behaviour.person.insert(claim.to_owned(), value);
        }
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = signed_in(&provider, &app).await;
    for path in ["/", "/profile", "/sign-out", "/no-such-page"] {
        let page = browser.get(path).await;
        assert!(page.status == 200 || page.status == 404, "{path}: {}", page.summary());
        assert!(page.header("content-type").is_some_and(|value| value.starts_with("text/html")), "{path}");
        assert!(page.header("x-injected").is_none(), "{path}");
        assert_harmless(&page);
    }
    let profile = browser.get("/profile").await;
    assert!(profile.body.contains("&lt;script&gt;alert("), "it is shown, as text");
    assert!(profile.body.contains("نادية"), "text that runs the other way is text");
    assert!(profile.body.contains(&"a".repeat(4096)), "4 kB are no reason to fail");

    let user = &browser.api_profile().await.json()["user"];
    assert_eq!(user["name"], SCRIPT, "the JSON has it as it came");
    assert_eq!(user["email"], ATTRIBUTE);
    assert_eq!(user["claims"][BREAKS_OUT], BREAKS_OUT);
    assert_eq!(user.get("picture"), None, "a script is no picture");
}

#[tokio::test]
async fn claims_of_the_wrong_type_do_no_harm() {
    let provider = Provider::start().await;
    provider.behave(|behaviour| {
        behaviour.person.retain(|claim, _| claim == "sub");
        for (claim, value) in [
            ("name", json!(["Ada"])),
            ("nickname", json!({ "a": 1 })),
            ("email", json!(7)),
            ("email_verified", json!("perhaps")),
            ("picture", json!(null)),
            ("updated_at", json!("yesterday")),
            ("app_metadata", json!("none")),
            ("user_metadata", json!([1, 2])),
            ("iss", json!("https://elsewhere.example/")),
            ("provider", json!("forged")),
            ("last_login", json!("forged")),
            ("created_at", json!(7)),
            ("claims", json!({ "forged": true })),
            ("id", json!("person:forged")),
        ] {
            behaviour.person.insert(claim.to_owned(), value);
        }
    });
    let app = TestApp::start(&provider, &[]).await;
    let browser = signed_in(&provider, &app).await;
    assert_eq!(browser.get("/profile").await.status, 200);
    let user = &browser.api_profile().await.json()["user"];
    assert_eq!(user["iss"], provider.issuer(), "the issuer is the one that was asked");
    assert_eq!(user["provider"], "auth0", "claims do not overwrite what we know ourselves");
    assert_eq!(user["email_verified"], false);
    for left_out in ["name", "nickname", "email", "picture", "updated_at", "app_metadata", "user_metadata"] {
        assert_eq!(user.get(left_out), None, "{left_out}");
    }
    assert_ne!(user["last_login"], "forged");
    assert_eq!(user["claims"]["claims"], json!({ "forged": true }), "kept as a claim, and nothing more");
}

#[tokio::test]
async fn subjects_are_told_apart_to_the_last_letter() {
    let provider = Provider::start().await;
    let app = TestApp::start(&provider, &[]).await;
    let subjects = [
        "auth0|ada",
        "auth0|ADA",
        "auth0|ada ",
        "auth0|ad\u{e1}",
        "auth0|ada\u{301}",
        "auth0|ada`",
        "auth0|ada'",
        "auth0|ada⟩",
        "ada",
        "a'; DELETE person; --",
        "⟨x⟩",
        "7",
        "true",
        "NONE",
    ];
    let mut browsers = Vec::new();
    for subject in subjects {
        provider.behave(|behaviour| {
            behaviour.sign_in_as(subject);
            behaviour.person.insert("nickname".into(), format!("[{subject}]").into());
        });
        let browser = app.browser();
        browser.signed_in().await;
        browsers.push(browser);
    }
    for (subject, browser) in subjects.into_iter().zip(browsers) {
        let user = &browser.api_profile().await.json()["user"];
        assert_eq!(user["sub"], subject);
        assert_eq!(user["nickname"], format!("[{subject}]"), "its own claims");
    }
}
