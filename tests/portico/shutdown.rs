//! Told to stop, the server ends what it has begun and takes nothing new.

#[cfg(all(feature = "embedded", unix))]
use crate::support::outage::{self, Fragile};
use crate::support::{Answer, Browser, Endpoint, Provider, eventually, logs, provider::Gate, settings};
use chrono::Utc;
use portico::server::{App, settings::Settings, store::Store};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::JoinHandle,
};

/// The application, served as the program serves it.
struct Served {
    browser: Browser,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    runtime: Option<Runtime>,
    provider: Provider,
    settings: Settings,
    store: Arc<Store>,
}

impl Served {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with these settings on top of the usual ones.
    async fn start_with(overrides: &[(&str, &str)]) -> Self {
        logs();
        let provider = Provider::start().await;
        let address =
            TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free").local_addr().expect("it is bound");
        let origin = format!("http://localhost:{}", address.port());
        provider.register(&origin);
        let mut settings = settings(&provider, &origin);
        settings.insert("PORTICO_LISTEN".into(), address.to_string());
        settings.extend(overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = Settings::from_pairs(settings).unwrap_or_else(|error| panic!("{error}"));
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(10 << 20)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let read = settings.clone();
        let store = runtime.spawn(async move { Store::connect(&read.store).await });
        let store = Arc::new(store.await.expect("no panic").expect("a database opens"));
        let (stop, server) = serve(&runtime, &settings, &store).await;
        let browser = Browser::new(&origin, address);
        Self { browser, stop: Some(stop), server, runtime: Some(runtime), provider, settings, store }
    }

    /// Starts again, when it has stopped, over the same database.
    #[cfg(all(feature = "embedded", unix))]
    async fn start_again(&mut self) {
        let runtime = self.runtime.as_ref().expect("it is there until the end");
        let (stop, server) = serve(runtime, &self.settings, &self.store).await;
        (self.stop, self.server) = (Some(stop), server);
    }

    fn tell_to_stop(&mut self) {
        self.stop.take().expect("told once").send(()).expect("it still runs");
    }
}

/// Serves until told to stop.
async fn serve(runtime: &Runtime, settings: &Settings, store: &Arc<Store>) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let (address, settings, store) = (settings.listen, settings.clone(), store.clone());
    let server = runtime.spawn(async move {
        let app = App::build_over(settings, store, Arc::new(Utc::now)).await.unwrap_or_else(|error| panic!("{error}"));
        let told = async {
            stopped.await.expect("the test says stop");
        };
        app.serve(told).await.unwrap_or_else(|error| panic!("{error}"));
    });
    eventually("it listens", Duration::from_secs(30), || async { TcpStream::connect(address).await.is_ok() }).await;
    (stop, server)
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[tokio::test]
async fn a_request_under_way_ends_and_no_new_one_begins() {
    let mut app = Served::start().await;
    let gate = Gate::default();
    app.provider.behave(|behaviour| behaviour.answer(Endpoint::Discovery, Answer::Held(gate.clone())));
    let under_way = app.browser.copy();
    let login = tokio::spawn(async move { under_way.get("/login").await });
    eventually("the request is under way", Duration::from_secs(5), || async { gate.arrived() == 1 }).await;
    app.tell_to_stop();
    let address = app.browser.url("/").socket_addrs(|| None).expect("an address");
    eventually("new connections are refused", Duration::from_secs(5), || async {
        TcpStream::connect(&*address).await.is_err()
    })
    .await;
    assert!(!app.server.is_finished(), "it waits for the request");
    gate.open();
    let page = login.await.expect("the request ends");
    assert_eq!(page.expect_redirect().path(), "/authorize", "and ends well");
    (&mut app.server).await.expect("the server ends well");
}

/// The provider has given new tokens by then: nobody else has them.
#[tokio::test]
async fn tokens_that_are_being_refreshed_arrive_and_are_kept() {
    let mut app = Served::start().await;
    app.provider.behave(|behaviour| behaviour.access_token_lifetime = 0);
    app.browser.signed_in().await;
    let gate = Gate::default();
    app.provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::OnItsWay(gate.clone())));
    // It waits for a while, and then goes on without.
    assert_eq!(app.browser.get("/profile").await.status, 200);
    app.tell_to_stop();
    let address = app.browser.url("/").socket_addrs(|| None).expect("an address");
    eventually("new connections are refused", Duration::from_secs(5), || async {
        TcpStream::connect(&*address).await.is_err()
    })
    .await;
    assert!(!app.server.is_finished(), "it waits for the tokens");
    let asked = app.provider.count(Endpoint::UserInfo);
    gate.open();
    (&mut app.server).await.expect("the server ends well");
    assert_eq!(app.provider.count(Endpoint::UserInfo), asked + 1, "kept, and looked at");
}

/// The database takes nothing by then: the new refresh token is all there is.
#[cfg(all(feature = "embedded", unix))]
#[tokio::test]
async fn tokens_that_cannot_be_written_yet_are_waited_for() {
    let fragile = Fragile::new().await;
    let mut app = Served::start_with(&fragile.settings()).await;
    app.provider.behave(|behaviour| behaviour.access_token_lifetime = 0);
    app.browser.signed_in().await;
    let gate = Gate::default();
    app.provider.behave(|behaviour| behaviour.answer(Endpoint::Token, Answer::OnItsWay(gate.clone())));
    let page = app.browser.get("/profile").await;
    let request = page.header("x-request-id").expect("an id").to_owned();
    outage::begin(&app.store).await;
    gate.open();
    app.tell_to_stop();
    eventually("it is tried again", Duration::from_secs(5), || async {
        logs().lines_with(&request).iter().any(|line| line.contains("it is tried again"))
    })
    .await;
    assert!(!app.server.is_finished(), "it waits for the database");
    outage::end(&app.store).await;
    (&mut app.server).await.expect("the server ends well");

    app.provider.behave(|behaviour| behaviour.answers.clear());
    app.start_again().await;
    assert_eq!(app.browser.get("/profile").await.status, 200, "and the session lives");
    let sent: Vec<_> =
        app.provider.refreshes().iter().map(|call| call.param("refresh_token").expect("one").to_owned()).collect();
    assert!(sent.len() == 2 && sent[0] != sent[1], "with the new token");
    assert_eq!(app.provider.live_grants(), 1, "the provider has seen no theft");
}

#[tokio::test]
async fn with_nothing_to_do_it_stops_at_once() {
    let mut app = Served::start().await;
    // A connection kept alive by a browser is nothing to wait for.
    assert_eq!(app.browser.open(app.browser.url("/healthz")).await.status, 200);
    let start = Instant::now();
    app.tell_to_stop();
    (&mut app.server).await.expect("the server ends well");
    assert!(start.elapsed() < Duration::from_secs(3), "it took {:?}", start.elapsed());
}

#[tokio::test]
async fn pages_that_listen_do_not_hold_it_up() {
    let mut app = Served::start().await;
    app.browser.signed_in().await;
    let mut page = app.browser.listen("/api/session/events").await;
    page.until("retry", Duration::from_secs(5)).await;
    let start = Instant::now();
    app.tell_to_stop();
    let said = page.all_said(Duration::from_secs(5)).await;
    assert!(!said.contains("ended"), "the session lives on, and the browser comes back: {said}");
    (&mut app.server).await.expect("the server ends well");
    assert!(start.elapsed() < Duration::from_secs(3), "it took {:?}", start.elapsed());
}
