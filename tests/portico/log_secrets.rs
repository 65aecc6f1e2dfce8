//! The log of the program has no secret in it, at the level that tells most of the libraries as well, in both formats,
//! whatever happens: sign-ins that work and that do not, access tokens, logout tokens, signing out.

use crate::support::{Answer, Browser, Endpoint, Provider, eventually, provider::Authorization, settings};
use axum::http::Method;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

const AUDIENCE: &str = "https://api.portico.example/";

/// The program, with its log in a file. It ends with the test.
struct Program {
    child: Child,
    folder: TempDir,
    settings: BTreeMap<String, String>,
    browser: Browser,
}

impl Program {
    async fn start(provider: &Provider, format: &str) -> Self {
        let address =
            TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free").local_addr().expect("it is bound");
        let origin = format!("http://localhost:{}", address.port());
        provider.register(&origin);
        let mut settings = settings(provider, &origin);
        for (name, value) in [
            ("PORTICO_LISTEN", address.to_string().as_str()),
            ("AUTH0_AUDIENCE", AUDIENCE),
            ("PORTICO_LOG", "debug"),
            ("PORTICO_LOG_FORMAT", format),
        ] {
            settings.insert(name.to_owned(), value.to_owned());
        }
        let folder = tempfile::tempdir().expect("a folder can be made");
        let log = File::create(folder.path().join("log")).expect("a file can be made");
        let child = Command::new(env!("CARGO_BIN_EXE_portico"))
            .env_clear()
            .envs(&settings)
            .current_dir(folder.path())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let program = Self { child, folder, settings, browser: Browser::new(&origin, address) };
        program.wait(address).await;
        program
    }

    async fn wait(&self, address: SocketAddr) {
        eventually("it listens", Duration::from_secs(60), || async { TcpStream::connect(address).await.is_ok() }).await;
    }

    /// Another browser.
    fn browser(&self) -> Browser {
        let browser = self.browser.copy();
        for (name, _) in browser.cookies() {
            browser.remove_cookie(&name);
        }
        browser
    }

    fn log(&self) -> String {
        let path: PathBuf = self.folder.path().join("log");
        String::from_utf8_lossy(&fs::read(path).expect("the log can be read")).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn ask(browser: &Browser, token: &str) -> u16 {
    let request = browser.request(Method::GET, browser.url("/api/profile")).fetch();
    request.header("authorization", &format!("Bearer {token}")).send().await.status.as_u16()
}

/// Does all there is, and gives every secret that was in it, with a name for each.
async fn everything(provider: &Provider, program: &Program) -> Vec<(&'static str, String)> {
    let mut secrets = Vec::new();
    for name in ["AUTH0_CLIENT_SECRET", "SURREALDB_PASSWORD", "PORTICO_SECRET"] {
        secrets.push(("a setting", program.settings[name].clone()));
    }
    // Somebody signs in.
    let browser = program.browser();
    let attempt = browser.begin("/profile").await;
    secrets.push(("a state", attempt.state()));
    secrets.push(("a nonce", attempt.param("nonce").expect("a nonce")));
    secrets.push(("an attempt's cookie", attempt.login.set_cookies[0].value().to_owned()));
    let callback = browser.authorize(&attempt).await;
    browser.come_back(callback.clone()).await.expect_redirect();
    let verifier = provider.last_call(Endpoint::Token).param("code_verifier").expect("a verifier").to_owned();
    secrets.push(("a verifier", verifier));
    assert!(browser.is_signed_in().await);
    secrets.push(("a session's cookie", browser.cookie("portico").expect("a session")));
    for path in ["/profile", "/access", "/data", "/sessions", "/callback?state=x&code=y", "/rpc/profile_json"] {
        assert!(browser.get(path).await.status.as_u16() < 500, "{path}");
    }
    // The same callback once more, and what a browser reports of it.
    browser.come_back(callback.clone()).await;
    let report = json!({ "csp-report": { "document-uri": callback.as_str(), "blocked-uri": callback.as_str() } });
    let request = browser.request(Method::POST, browser.url("/csp-report"));
    assert_eq!(request.body("application/csp-report", report.to_string()).send().await.status, 204);
    // Sign-ins that come to nothing.
    for fault in 0..5 {
        provider.behave_well();
        provider.behave(|behaviour| match fault {
            0 => _ = behaviour.id_token.claims.set("nonce", "another"),
            1 => behaviour.answer(Endpoint::Token, Answer::Json(400, json!({ "error": "invalid_grant" }))),
            2 => behaviour.answer(Endpoint::UserInfo, Answer::Json(500, json!({}))),
            3 => behaviour.authorization = Authorization::Refuses { error: "access_denied", description: "no" },
            _ => behaviour.answer(Endpoint::Token, Answer::Text(200, "text/html", "<h1>hello</h1>".to_owned())),
        });
        let other = program.browser();
        let attempt = other.begin("/profile").await;
        secrets.push(("a failed state", attempt.state()));
        let callback = other.authorize(&attempt).await;
        assert!(other.come_back(callback).await.status.as_u16() >= 400, "fault {fault}");
    }
    provider.behave_well();
    // Access tokens, good and bad.
    let good = provider.access_token(AUDIENCE, |_| {});
    let bad = provider.access_token("https://elsewhere.example/", |_| {});
    assert_eq!((ask(&browser, &good).await, ask(&browser, &bad).await), (200, 401));
    assert_eq!(ask(&browser, "a-forged-access-token").await, 401);
    secrets.extend([good, bad, "a-forged-access-token".to_owned()].map(|token| ("an access token", token)));
    // The sign-in service ends another session, and is not believed.
    let other = program.browser();
    other.signed_in().await;
    secrets.push(("a session's cookie", other.cookie("portico").expect("a session")));
    for (token, status) in [
        (provider.logout_token(&provider.sids().pop().expect("a sid"), |_| {}), 200),
        (provider.logout_token("s", |shape| _ = shape.claims.remove("events")), 400),
        ("a-forged-logout-token".to_owned(), 400),
    ] {
        let request = program.browser.request(Method::POST, program.browser.url("/backchannel-logout"));
        assert_eq!(request.form(&[("logout_token", &token)]).send().await.status, status);
        secrets.push(("a logout token", token));
    }
    // And out.
    let out = browser.post("/logout", &[]).await;
    secrets.push(("a sign-out's cookie", out.set_cookie("portico.out").expect("a sign-out").value().to_owned()));
    browser.follow_all(out).await;
    secrets.extend(provider.secrets().into_iter().map(|secret| ("a code, a token or the client's secret", secret)));
    secrets
}

async fn holds(format: &str) {
    let provider = Provider::start().await;
    let program = Program::start(&provider, format).await;
    let secrets = everything(&provider, &program).await;
    assert!(secrets.len() > 35, "{}", secrets.len());
    let log = program.log();
    assert!(log.contains("signed in") && log.contains("DEBUG"), "it is a log of what happened, and of much besides");
    for (what, secret) in secrets {
        assert!(secret.len() >= 20, "{what} is no word that could be there by chance: {secret}");
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&secret)).collect();
        assert!(lines.is_empty(), "{what} is in the log: {lines:#?}");
    }
}

#[tokio::test]
async fn as_text_it_has_none() {
    holds("text").await;
}

#[tokio::test]
async fn as_json_it_has_none() {
    holds("json").await;
}
