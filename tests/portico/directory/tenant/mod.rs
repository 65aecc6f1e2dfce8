//! A tenant in this process: the token endpoint, the Management API and the Authorization Extension
//! over the same people, correct until told otherwise.
//!
//! It runs on a runtime of its own, so that it can go down at once with all its connections, and
//! come back on the same port. When it is dropped, it tells whether anything it heard or said was
//! not as the schemas have it.

mod answers;
mod data;
mod fault;
mod routes;

pub use data::{Data, guid};
pub use fault::Fault;
pub use routes::Call;

use data::Client;
use fault::Planned;
use portico::server::{
    auth::Outbound,
    directory::{Directory, DirectorySettings, DirectorySource, MachineClient, Tuning},
    settings::ClientAuth,
};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};
use url::Url;

/// The application's client id, and its secret: with characters that must be form-encoded.
pub const CLIENT: (&str, &str) = ("web", "s3cret+/ä:%&=");
/// The audience of the extension's API.
pub const EXTENSION: &str = "urn:auth0-authz-api";

/// A running tenant. It goes down when dropped.
pub struct Tenant {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Mutex<Option<Runtime>>,
}

struct Shared {
    base: String,
    state: Mutex<State>,
}

struct State {
    data: Data,
    clients: BTreeMap<String, Client>,
    /// The APIs there are, by audience.
    apis: Vec<String>,
    tokens: BTreeMap<String, routes::Issued>,
    token_life: Option<u64>,
    name_scopes: bool,
    opaque_tokens: bool,
    most_per_page: usize,
    calls: Vec<Call>,
    planned: Vec<Planned>,
    faults: Vec<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    /// Starts a tenant on a free port of 127.0.0.1. Its one client has all the scopes it needs.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let base = format!("http://{address}/");
        let management = format!("{base}api/v2/");
        let client = Client::with_all_scopes(CLIENT.1, &management);
        let state = State {
            data: Data::default(),
            clients: BTreeMap::from([(CLIENT.0.to_owned(), client)]),
            apis: vec![management, EXTENSION.to_owned()],
            tokens: BTreeMap::new(),
            token_life: Some(86_400),
            name_scopes: true,
            opaque_tokens: false,
            most_per_page: 100,
            calls: Vec::new(),
            planned: Vec::new(),
            faults: Vec::new(),
        };
        let tenant =
            Self { address, shared: Arc::new(Shared { base, state: Mutex::new(state) }), runtime: Mutex::new(None) };
        tenant.serve(listener);
        tenant
    }

    /// Goes down: connections break, and new ones are refused.
    pub async fn go_down(&self) {
        let runtime = self.runtime.lock().unwrap().take();
        if let Some(runtime) = runtime {
            tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10)))
                .await
                .expect("it stops");
        }
        super::eventually("the port to be closed", || async { TcpStream::connect(self.address).await.is_err() }).await;
    }

    /// Comes back.
    pub async fn come_back(&self) {
        self.serve(TcpListener::bind(self.address).await.expect("the port is still free"));
    }

    fn serve(&self, listener: TcpListener) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime starts");
        let listener = listener.into_std().expect("a listener of tokio's is one of std's");
        let router = routes::router(Arc::clone(&self.shared));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the listener is sound");
            axum::serve(listener, router).await
        });
        *self.runtime.lock().unwrap() = Some(runtime);
    }

    /// Changes what it knows.
    pub fn change<T>(&self, change: impl FnOnce(&mut Data) -> T) -> T {
        change(&mut self.shared.state().data)
    }

    /// Plans a fault for the next `times` calls of this name, or of any name: `*`.
    pub fn plan(&self, call: &str, times: usize, fault: Fault) {
        self.shared.state().planned.push(Planned { call: call.to_owned(), times, fault });
    }

    /// Behaves well again, but keeps what it knows.
    pub fn behave(&self) {
        self.shared.state().planned.clear();
    }

    /// Grants the client these scopes, for this audience; none takes the grant away.
    pub fn grant(&self, audience: &str, scopes: Option<&[&str]>) {
        let mut state = self.shared.state();
        let client = state.clients.get_mut(CLIENT.0).expect("the client is there");
        match scopes {
            Some(scopes) => {
                client.grants.insert(audience.to_owned(), scopes.iter().map(|scope| (*scope).to_owned()).collect())
            }
            None => client.grants.remove(audience),
        };
        state.tokens.clear();
    }

    /// Whether the client may use the grant `client_credentials`.
    pub fn allow_client_credentials(&self, allowed: bool) {
        self.shared.state().clients.get_mut(CLIENT.0).expect("the client is there").may_use_client_credentials =
            allowed;
    }

    /// Takes an API away.
    pub fn remove_api(&self, audience: &str) {
        self.shared.state().apis.retain(|api| api != audience);
    }

    /// How long tokens live from now on, in seconds, or that it is not said.
    pub fn token_life(&self, seconds: Option<u64>) {
        self.shared.state().token_life = seconds;
    }

    /// Whether token answers name the scopes.
    pub fn name_scopes(&self, named: bool) {
        self.shared.state().name_scopes = named;
    }

    /// Whether tokens are opaque from now on.
    pub fn opaque_tokens(&self, opaque: bool) {
        self.shared.state().opaque_tokens = opaque;
    }

    /// How many entries a page has at most, whatever was asked for.
    pub fn most_per_page(&self, most: usize) {
        self.shared.state().most_per_page = most;
    }

    /// Takes no token any more that it has issued.
    pub fn revoke_tokens(&self) {
        self.shared.state().tokens.clear();
    }

    /// All calls so far, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.state().calls.clone()
    }

    /// How many calls of this name there were.
    pub fn count(&self, name: &str) -> usize {
        self.shared.state().calls.iter().filter(|call| call.name == name).count()
    }

    /// The last call of this name.
    ///
    /// # Panics
    /// When there was none.
    pub fn last(&self, name: &str) -> Call {
        self.calls().into_iter().rfind(|call| call.name == name).unwrap_or_else(|| panic!("nobody called {name}"))
    }

    /// Everything it handed out that must stay secret.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.state().tokens.keys().cloned().chain([CLIENT.1.to_owned()]).collect()
    }

    /// The audience of its Management API.
    pub fn management(&self) -> String {
        format!("{}api/v2/", self.shared.base)
    }

    /// As whom, and where, the application asks.
    pub fn client(&self) -> MachineClient {
        MachineClient {
            tenant: Url::parse(&self.shared.base).unwrap(),
            client_id: CLIENT.0.to_owned(),
            client_secret: SecretString::from(CLIENT.1),
            client_auth: ClientAuth::Post,
            application_id: CLIENT.0.to_owned(),
            api: Some("https://api.example/".to_owned()),
        }
    }

    /// Settings that ask its Management API.
    pub fn management_settings(&self) -> DirectorySettings {
        DirectorySettings { source: DirectorySource::Management(self.client()), tuning: quick() }
    }

    /// Settings that ask its Authorization Extension.
    pub fn extension_settings(&self) -> DirectorySettings {
        let url = Url::parse(&format!("{}extension/api", self.shared.base)).unwrap();
        DirectorySettings {
            source: DirectorySource::AuthorizationExtension { client: self.client(), url },
            tuning: quick(),
        }
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
        let faults = std::mem::take(&mut self.shared.state().faults);
        if !std::thread::panicking() {
            assert!(faults.is_empty(), "not as the schemas have it:\n{}", faults.join("\n"));
        }
    }
}

/// A directory with these settings.
pub fn directory(settings: &DirectorySettings) -> Directory {
    Directory::new(settings, Outbound::new().expect("a client can be made"))
}

/// As in production, but with room for many calls and with all the time a busy machine needs: a test
/// of a limit sets it.
pub fn quick() -> Tuning {
    Tuning {
        calls_per_second: NonZeroU32::new(10_000).unwrap(),
        burst: NonZeroU32::new(10_000).unwrap(),
        patience: Duration::from_secs(60),
        action_limit: Duration::from_secs(60),
        refresh_limit: Duration::from_secs(60),
        call_timeout: Duration::from_secs(60),
        backoff: Duration::from_millis(2),
        ..Tuning::for_rate(NonZeroU32::MIN)
    }
}
