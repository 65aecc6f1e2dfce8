//! An OpenID provider in this process, shaped like an Auth0 tenant, correct until told otherwise.
//!
//! [`Provider::behave`] changes how it [behaves](Behaviour) at any time; it [records](Call) all it
//! is asked. It runs on a runtime of its own, so that it can go down at once with all its
//! connections, and come back on the same port.

mod answer;
mod behaviour;
mod record;
mod routes;
mod state;
mod token;

pub use answer::{Answer, Gate};
pub use behaviour::{Authorization, Behaviour, Changes, Rotation};
pub use record::{Call, Endpoint};
pub use state::CLIENT_ID;
pub use token::{Signing, TokenShape, claims_of};

use super::eventually;
use axum::{Router, extract::Request};
use chrono::Utc;
use serde_json::json;
use state::{State, random};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

/// A running provider. It goes down when dropped.
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Mutex<Option<Runtime>>,
}

struct Shared {
    issuer: String,
    client_secret: String,
    state: Mutex<State>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider {
    /// Starts a provider on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let provider = Self {
            address,
            shared: Arc::new(Shared {
                issuer: format!("http://{address}/"),
                // With characters that differ when form-encoded, as `client_secret_basic` wants them.
                client_secret: format!("{}+/ä:%", random()),
                state: Mutex::default(),
            }),
            runtime: Mutex::new(None),
        };
        provider.serve(listener);
        provider
    }

    /// The issuer, with the trailing slash that Auth0 has.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The secret of the one client, [`CLIENT_ID`].
    pub fn client_secret(&self) -> &str {
        &self.shared.client_secret
    }

    /// Registers an application by its origin: `/callback` to come back to, and the origin (with and
    /// without a slash) to be sent to after logout.
    pub fn register(&self, origin: &str) {
        let mut state = self.shared.state();
        state.redirect_uris.insert(format!("{origin}/callback"));
        state.logout_uris.extend([origin.to_owned(), format!("{origin}/")]);
    }

    /// Changes how it behaves from now on.
    pub fn behave<T>(&self, change: impl FnOnce(&mut Behaviour) -> T) -> T {
        change(&mut self.shared.state().behaviour)
    }

    /// Behaves well again in everything.
    pub fn behave_well(&self) {
        self.behave(|behaviour| *behaviour = Behaviour::default());
    }

    /// All requests to `endpoint` so far, the oldest first.
    pub fn calls(&self, endpoint: Endpoint) -> Vec<Call> {
        self.shared.state().calls.iter().filter(|call| call.endpoint == endpoint).cloned().collect()
    }

    /// How many requests to `endpoint` there were.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.calls(endpoint).len()
    }

    /// The last request to `endpoint`.
    ///
    /// # Panics
    /// When there was none.
    pub fn last_call(&self, endpoint: Endpoint) -> Call {
        self.calls(endpoint).pop().unwrap_or_else(|| panic!("nobody called {endpoint:?}"))
    }

    /// Everything it has handed out that must stay secret: codes, access, refresh and ID tokens.
    pub fn secrets(&self) -> Vec<String> {
        let state = self.shared.state();
        let secrets = state
            .codes
            .keys()
            .chain(state.access_tokens.keys())
            .chain(state.refresh_tokens.keys())
            .chain(&state.id_tokens);
        secrets.cloned().chain([self.shared.client_secret.clone()]).collect()
    }

    /// How often a refresh token was sent in exchange for new tokens.
    pub fn refreshes(&self) -> Vec<Call> {
        let mut calls = self.calls(Endpoint::Token);
        calls.retain(|call| call.param("grant_type") == Some("refresh_token"));
        calls
    }

    /// How many sign-ins were granted and not revoked.
    pub fn live_grants(&self) -> usize {
        self.shared.state().grants.iter().filter(|grant| !grant.revoked).count()
    }

    /// An access token for `audience`, bent by `shape`: what a script would send as a Bearer token.
    pub fn access_token(&self, audience: &str, shape: impl FnOnce(&mut TokenShape)) -> String {
        let now = Utc::now().timestamp();
        let claims = json!({
            "iss": self.issuer(), "sub": "auth0|ada", "aud": audience, "iat": now, "exp": now + 3600,
            "azp": CLIENT_ID, "scope": "openid profile", "jti": random(),
        });
        let mut bent = TokenShape::default();
        shape(&mut bent);
        token::sign(&self.shared.state().behaviour, &bent, "at+jwt", claims, self.client_secret())
    }

    /// A logout token about somebody who signed out here, bent by `shape`: as it is sent to
    /// `/backchannel-logout`. It names the session `sid` of [`sids`](Self::sids) and `auth0|ada`.
    pub fn logout_token(&self, sid: &str, shape: impl FnOnce(&mut TokenShape)) -> String {
        let now = Utc::now().timestamp();
        let claims = json!({
            "iss": self.issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": random(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} }, "sid": sid, "sub": "auth0|ada",
        });
        let mut bent = TokenShape::default();
        shape(&mut bent);
        token::sign(&self.shared.state().behaviour, &bent, "logout+jwt", claims, self.client_secret())
    }

    /// The `sid` of each sign-in so far, the oldest first.
    pub fn sids(&self) -> Vec<String> {
        self.shared.state().grants.iter().map(|grant| grant.sid.clone()).collect()
    }

    /// Goes down: connections end, new ones are refused. What it remembers stays.
    pub async fn go_down(&self) {
        self.stop();
        eventually("the provider's port refuses", Duration::from_secs(5), || async {
            TcpStream::connect(self.address).await.is_err()
        })
        .await;
    }

    /// Comes back on the same port.
    pub async fn come_back(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is still free");
        self.serve(listener);
    }

    fn serve(&self, listener: TcpListener) {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("provider")
            .enable_all()
            .build()
            .expect("a runtime starts");
        let shared = self.shared.clone();
        let router = Router::new().fallback(move |request: Request| routes::handle(shared.clone(), request));
        let listener = listener.into_std().expect("a listener of tokio's is one of std's");
        runtime.spawn(async move {
            // Taken over by the runtime that is to serve it, so that it ends with it.
            let listener = TcpListener::from_std(listener).expect("the listener is sound");
            axum::serve(listener, router).await.expect("serving does not end by itself");
        });
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
    }

    fn stop(&self) {
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}
