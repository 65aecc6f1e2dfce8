//! The server: everything that runs on our side of the wire.
//!
//! `http` takes requests and hands them to `auth` (the sign-in service), `session` (who is signed
//! in), `records` (secure data) and `store` (SurrealDB). `access`, `directory` and `standing` know what
//! a person may do, and `refresh` keeps that up to date. Nothing below knows `http`.

pub mod access;
mod administration;
pub mod audit;
pub mod auth;
mod carried;
pub mod check;
pub mod directory;
mod ending;
mod finding;
pub mod http;
pub mod records;
pub mod refresh;
pub mod secrets;
pub mod session;
pub mod settings;
pub mod standing;
pub mod store;
pub mod telemetry;

use audit::Audit;
use auth::Provider;
use directory::Directory;
use refresh::Refreshes;
use session::{Clock, Sessions};
use settings::Settings;
use std::{future::Future, io, ops::Deref, sync::Arc, time::Duration};
use store::{Store, StoreError};
use tokio::net::TcpListener;

/// How long requests under way may go on after the server was told to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How long tokens that are being refreshed by then may take to arrive and be kept.
const LANDING_GRACE: Duration = Duration::from_secs(6);
/// How often expired sessions are deleted. They are refused from the moment they expire; this only
/// frees the space.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Everything a request needs, shared by all of them. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// What [`AppState`] shares.
pub struct Inner {
    /// The settings.
    pub settings: Settings,
    /// The sign-in service.
    pub provider: Provider,
    /// Who is signed in.
    pub sessions: Sessions,
    /// The sessions whose tokens are being refreshed.
    pub refreshes: Refreshes,
    /// The database.
    pub store: Arc<Store>,
    /// What happened to people's access.
    pub audit: Audit,
    /// What roles, groups and permissions are for.
    pub directory: Directory,
    /// What is the same in every page.
    pub document: http::Document,
    /// How much may be asked.
    pub limits: http::Limits,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
    /// The address to listen on cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// `PORTICO_LISTEN`.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// The whole application, ready to serve.
pub struct App {
    state: AppState,
    times: http::Times,
}

impl App {
    /// Opens the database and sets everything up. The sign-in service is not asked yet: it may be
    /// down now and come back later.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn build(settings: Settings) -> Result<Self, StartError> {
        let store = Arc::new(Store::connect(&settings.store).await?);
        Self::build_over(settings, store, Arc::new(chrono::Utc::now)).await
    }

    /// The same over a database that is open already, for several instances in one process, with sessions that
    /// go by another clock.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn build_over(settings: Settings, store: Arc<Store>, clock: Clock) -> Result<Self, StartError> {
        // The policy may have changed since; the database must not go by the old one.
        let changed = standing::bring_up_to_date(&store, &settings.access).await?;
        if changed > 0 {
            tracing::info!(people = changed, "the policy has changed: what they may do was worked out anew");
        }
        let provider = Provider::new(settings.oidc.clone())?;
        let sessions = Sessions::new(Arc::clone(&store), settings.keyring.clone(), settings.session).with_clock(clock);
        let directory = Directory::new(&settings.directory, provider.outbound().clone());
        let document = http::Document::load(&settings.oidc.issuer);
        let audit = Audit::new(Arc::clone(&store), settings.oidc.issuer.clone(), settings.audit_retention);
        let limits = http::Limits::new(&settings.limits);
        let refreshes = Refreshes::default();
        let inner = Inner { settings, provider, sessions, refreshes, store, audit, directory, document, limits };
        Ok(Self { state: AppState(Arc::new(inner)), times: http::Times::default() })
    }

    /// Goes by other times than the usual ones.
    #[must_use]
    pub fn with_times(self, times: http::Times) -> Self {
        Self { times, ..self }
    }

    /// All routes, with everything around them.
    pub fn router(&self) -> axum::Router {
        http::router(self.state.clone(), self.times)
    }

    /// Listens where the settings say, and serves until `stop` is over; then requests under way may
    /// end, for [`SHUTDOWN_GRACE`] at most, and tokens that are being refreshed may arrive.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let address = self.state.settings.listen;
        let listening = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        tracing::info!(%address, origin = self.state.settings.public_origin.as_str(), "listening");
        let state = self.state.clone();
        let sweeper = tokio::spawn(sweep(state.clone()));
        // So that the first person need not wait for it, nor see names without descriptions.
        let directory = self.state.directory.clone();
        tokio::spawn(async move { directory.warm().await });
        // What open pages listen to would never end by itself.
        let listened_to = self.state.clone();
        let stop = async move {
            stop.await;
            listened_to.sessions.stop_watching();
        };
        http::serve(listener, self.router(), stop, SHUTDOWN_GRACE, http::Connections::default()).await;
        sweeper.abort();
        state.refreshes.land(LANDING_GRACE).await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Deletes expired sessions, records that were deleted, and old entries of the audit log, now and then.
async fn sweep(state: AppState) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match state.sessions.sweep().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "expired sessions deleted"),
            Err(error) => tracing::warn!(%error, "expired sessions could not be deleted; the next round tries again"),
        }
        match state.audit.sweep().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "entries of the audit log that were kept long enough deleted"),
            Err(error) => {
                tracing::warn!(%error, "old entries of the audit log could not be deleted; the next round tries again")
            }
        }
        match records::sweep(&state.store).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted records and forgotten forms removed"),
            Err(error) => tracing::warn!(%error, "deleted records could not be removed; the next round tries again"),
        }
    }
}
