//! A running Portico, over a database in memory, with secrets of its own.

use super::{
    browser::Browser,
    log::logs,
    provider::{CLIENT_ID, Provider},
    server,
};
use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_STANDARD};
use portico::server::{
    App,
    http::{self, Times},
    session::Clock,
    settings::Settings,
    store::Store,
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
};

/// Portico, listening on a free port of 127.0.0.1. It stops when dropped.
///
/// Browsers know it as `http://localhost:PORT` while the provider is at `http://127.0.0.1:PORT`:
/// two sites, as in production.
pub struct TestApp {
    /// The public origin.
    pub origin: String,
    /// Where it listens.
    pub address: SocketAddr,
    settings: BTreeMap<String, String>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl TestApp {
    /// Starts Portico for `provider`, with these settings on top of the usual ones (an empty value
    /// takes a setting away), and registers it there.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(provider: &Provider, overrides: &[(&str, &str)]) -> Self {
        Self::start_with_times(provider, overrides, Times::default()).await
    }

    /// The same, where requests and streams of events have these times.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with_times(provider: &Provider, overrides: &[(&str, &str)], times: Times) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let mut settings = settings(provider, &format!("http://localhost:{port}"));
        settings.extend(overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let app = Self::serve(listener, settings, None, times).await;
        provider.register(&app.origin);
        app
    }

    /// Stops and starts again on the same port, with these settings changed.
    pub async fn restart(mut self, overrides: &[(&str, &str)]) -> Self {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.expect("the port is still free");
        let mut settings = std::mem::take(&mut self.settings);
        settings.extend(overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::serve(listener, settings, None, Times::default()).await
    }

    /// A new browser at this application.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin, self.address)
    }

    /// The name of its session cookie.
    pub fn session_cookie(&self) -> &'static str {
        if self.origin.starts_with("https:") { "__Host-portico" } else { "portico" }
    }

    /// What the names of its sign-in transaction cookies begin with.
    pub fn transaction_cookies(&self) -> &'static str {
        if self.origin.starts_with("https:") { "__Host-portico.tx." } else { "portico.tx." }
    }

    /// The name of the cookie of a sign-out under way at the provider.
    pub fn sign_out_cookie(&self) -> &'static str {
        if self.origin.starts_with("https:") { "__Host-portico.out" } else { "portico.out" }
    }

    /// Its settings, as it was started with.
    pub fn settings(&self) -> BTreeMap<String, String> {
        self.settings.clone()
    }

    /// Its settings that must be shown nowhere.
    pub fn secrets(&self) -> Vec<String> {
        let names = ["AUTH0_CLIENT_SECRET", "SURREALDB_PASSWORD", "PORTICO_SECRET"];
        names
            .iter()
            .filter_map(|name| self.settings.get(*name))
            .flat_map(|value| value.split(','))
            .map(str::to_owned)
            .collect()
    }

    /// Stops: requests under way end first.
    pub async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have stopped by itself; the join below tells.
            let _ = stop.send(());
        }
        if let Some(server) = self.server.take() {
            server.await.expect("the server does not panic");
        }
        if let Some(runtime) = self.runtime.take() {
            spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10))).await.expect("the runtime ends");
        }
    }

    /// Serves with these settings; over a database that is open already, with sessions that go by that clock,
    /// where there is one.
    pub(super) async fn serve(
        listener: TcpListener,
        settings: BTreeMap<String, String>,
        over: Option<(Arc<Store>, Clock)>,
        times: Times,
    ) -> Self {
        logs();
        let address = listener.local_addr().expect("it is bound");
        let read = Settings::from_pairs(settings.clone()).unwrap_or_else(|error| panic!("{error}"));
        let origin = read.public_origin.as_str().to_owned();
        // As the program does: the database's parser needs more stack than a test's thread has.
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(10 << 20)
            .thread_name("portico")
            .enable_all()
            .build()
            .expect("a runtime starts");
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, ready) = oneshot::channel();
        let listener = listener.into_std().expect("a listener of tokio's is one of std's");
        let server = runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the listener is sound");
            let app = match over {
                Some((store, clock)) => App::build_over(read, store, clock).await,
                None => App::build(read).await,
            };
            let app = app.unwrap_or_else(|error| panic!("Portico does not start: {error}")).with_times(times);
            let _ = started.send(());
            let stop = async {
                // Told to stop, or the test is over and the sender gone: both mean stop.
                let _ = stopped.await;
            };
            http::serve(listener, app.router(), stop, Duration::from_secs(10), http::Connections::default()).await;
        });
        if ready.await.is_err() {
            panic!("Portico does not start: {:?}", server.await.map_err(|error| error.to_string()));
        }
        Self { origin, address, settings, stop: Some(stop), server: Some(server), runtime: Some(runtime) }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The settings of an application at `origin` that signs in with `provider`: all that is required,
/// each secret new.
pub fn settings(provider: &Provider, origin: &str) -> BTreeMap<String, String> {
    let password = secret();
    [
        ("OIDC_ISSUER", provider.issuer().to_owned()),
        ("AUTH0_CLIENT_ID", CLIENT_ID.to_owned()),
        ("AUTH0_CLIENT_SECRET", provider.client_secret().to_owned()),
        ("AUTH0_CALLBACK_URL", format!("{origin}/callback")),
        ("SURREALDB_URL", server::at("mem://", "root", &password)),
        ("SURREALDB_NS", "portico".to_owned()),
        ("SURREALDB_DB", "portico".to_owned()),
        ("SURREALDB_USER", "root".to_owned()),
        ("SURREALDB_PASSWORD", password),
        ("PORTICO_SECRET", secret()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// 256 random bits in base64: what `openssl rand -base64 32` writes.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    BASE64_STANDARD.encode(bytes)
}
