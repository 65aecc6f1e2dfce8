//! The directory: what roles, groups and permissions are for, in the words of those who made them,
//! and the accounts of the tenant.
//!
//! A [`Directory`] is one of Auth0's two APIs, or none. It is a courtesy: sign-in does not need it,
//! and a page waits for it for [`Tuning::patience`] at most, then shows names alone. What it says
//! explains; it never decides what somebody may do.
//!
//! From the outside in: `management` and `extension` know the APIs' calls and shapes; `client` makes
//! a call, with a machine token (`token`), within the `budget`, with `retry`; `refreshing` keeps
//! what was read; `shape` decides what of an answer is believed.

mod budget;
mod catalogue;
mod check;
mod client;
mod error;
mod extension;
mod management;
mod refreshing;
mod refusal;
mod retry;
mod settings;
mod shape;
mod token;
mod transport;
mod users;

pub use catalogue::{Catalogue, GroupEntry, RoleEntry};
pub use check::check;
pub use error::{Api, DirectoryError};
pub use extension::{
    AUDIENCE as EXTENSION_AUDIENCE, READ_SCOPES as EXTENSION_READ_SCOPES, WRITE_SCOPES as EXTENSION_WRITE_SCOPES,
};
pub use management::{READ_SCOPES as MANAGEMENT_READ_SCOPES, WRITE_SCOPES as MANAGEMENT_WRITE_SCOPES};
pub use settings::{DirectorySettings, DirectorySource, MachineClient, NAMES as SETTING_NAMES, Tuning};
pub use users::{REACHED_BY_PAGING, UserPage, UserQuery};

use super::auth::Outbound;
use crate::model::directory::{Account, Availability, Held, Memberships, Organization, Permission, Role};
use extension::Extension;
use management::{Management, Metadata};
use refreshing::{Missing, Snapshot};
use serde_json::{Map, Value};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use token::MachineTokens;
use transport::Transport;

/// What the directory answered, if it did.
#[derive(Clone, Debug)]
pub struct Looked<T> {
    /// The answer. It may be older than the cache's life while a refresh is under way.
    pub value: Option<Arc<T>>,
    /// How old it is, or since when there is none.
    pub availability: Availability,
    /// Why there is none.
    pub error: Option<DirectoryError>,
}

impl<T> Looked<T> {
    fn off() -> Self {
        Self { value: None, availability: Availability::Off, error: None }
    }

    fn of(outcome: Result<Snapshot<T>, Missing>) -> Self {
        match outcome {
            Ok(Snapshot { value, as_of }) => {
                Self { value: Some(value), availability: Availability::Available { as_of }, error: None }
            }
            Err(Missing { since, error }) => {
                Self { value: None, availability: Availability::UnavailableSince(since), error: Some(error) }
            }
        }
    }
}

/// Where descriptions come from. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    kind: Kind,
    patience: Duration,
}

#[derive(Clone)]
enum Kind {
    Off,
    Management(Arc<Management>),
    /// Accounts still come from the Management API.
    AuthorizationExtension(Arc<Extension>, Arc<Management>),
}

impl Directory {
    /// Makes one. Nothing is asked yet.
    pub fn new(settings: &DirectorySettings, outbound: Outbound) -> Self {
        let tuning = settings.tuning;
        let transport = Transport { outbound, timeout: tuning.call_timeout };
        let tokens = |client: &Arc<MachineClient>| MachineTokens::new(Arc::clone(client), transport.clone(), tuning);
        let management = |client: &Arc<MachineClient>, tokens: MachineTokens| {
            Arc::new(Management::new(Arc::clone(client), tokens, transport.clone(), tuning))
        };
        let kind = match &settings.source {
            DirectorySource::None => Kind::Off,
            DirectorySource::Management(client) => {
                let client = Arc::new(client.clone());
                Kind::Management(management(&client, tokens(&client)))
            }
            DirectorySource::AuthorizationExtension { client, url } => {
                let client = Arc::new(client.clone());
                let tokens = tokens(&client);
                let extension = Extension::new(&client, url, tokens.clone(), transport.clone(), tuning);
                Kind::AuthorizationExtension(Arc::new(extension), management(&client, tokens))
            }
        };
        Self { kind, patience: tuning.patience }
    }

    /// Begins to read the catalogue, so that the first page need not wait for it.
    pub async fn warm(&self) {
        // With the deadline passed already, nothing is waited for; the outcome is kept for the page.
        let _ = self.look_at_catalogue(Instant::now()).await;
    }

    /// What roles, groups and permissions are. Waits for [`Tuning::patience`] at most.
    pub async fn catalogue(&self) -> Looked<Catalogue> {
        self.look_at_catalogue(Instant::now() + self.patience).await
    }

    async fn look_at_catalogue(&self, deadline: Instant) -> Looked<Catalogue> {
        match &self.kind {
            Kind::Off => Looked::off(),
            Kind::Management(management) => Looked::of(management.catalogue(deadline).await),
            Kind::AuthorizationExtension(extension, _) => Looked::of(extension.catalogue(deadline).await),
        }
    }

    /// What the directory says a person has, by the `sub` of their tokens. Waits for
    /// [`Tuning::patience`] at most. It explains; it never decides.
    pub async fn memberships(&self, subject: &str) -> Looked<Memberships> {
        let deadline = Instant::now() + self.patience;
        match &self.kind {
            Kind::Off => Looked::off(),
            Kind::Management(management) => Looked::of(management.memberships(subject, deadline).await),
            Kind::AuthorizationExtension(extension, _) => Looked::of(extension.memberships(subject, deadline).await),
        }
    }

    /// Both at once, for a page about a person. Waits for [`Tuning::patience`] at most.
    pub async fn look(&self, subject: &str) -> (Looked<Catalogue>, Looked<Memberships>) {
        tokio::join!(self.catalogue(), self.memberships(subject))
    }

    /// Makes the next look at a person's memberships a new one ("Check again").
    pub async fn forget(&self, subject: &str) {
        match &self.kind {
            Kind::Off => {}
            Kind::Management(management) => management.forget(subject).await,
            Kind::AuthorizationExtension(extension, _) => extension.forget(subject).await,
        }
    }
}

/// What administrators do. Each of these asks the API at once, keeps nothing, and waits for
/// [`Tuning::action_limit`] at most. All fail with [`DirectoryError::Off`] where there is no
/// directory.
impl Directory {
    fn accounts(&self) -> Result<&Arc<Management>, DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) | Kind::AuthorizationExtension(_, management) => Ok(management),
        }
    }

    /// An account, by its id (`GET /users/{id}`).
    ///
    /// # Errors
    /// `NotFound` where there is none; else why it cannot be had.
    pub async fn user(&self, id: &str) -> Result<Account, DirectoryError> {
        self.accounts()?.account(id).await
    }

    /// A page of accounts (`GET /users`).
    ///
    /// # Errors
    /// `Senseless` for a page that cannot be reached; else why it cannot be had.
    pub async fn users(&self, query: &UserQuery) -> Result<UserPage, DirectoryError> {
        self.accounts()?.accounts(query).await
    }

    /// Changes what a person keeps about themselves (`PATCH /users/{id}`), and gives the account as
    /// it is then. Auth0 merges at the first level only: a member that is named is replaced whole, or
    /// removed where it is null; others stay.
    ///
    /// # Errors
    /// `Senseless` for no change or more than 64 kB; else why it was not made.
    pub async fn update_user_metadata(&self, id: &str, change: &Map<String, Value>) -> Result<Account, DirectoryError> {
        self.accounts()?.update_metadata(id, Metadata::User, change).await
    }

    /// Changes what administrators keep about a person, as
    /// [`update_user_metadata`](Self::update_user_metadata) does.
    ///
    /// # Errors
    /// As there.
    pub async fn update_app_metadata(&self, id: &str, change: &Map<String, Value>) -> Result<Account, DirectoryError> {
        self.accounts()?.update_metadata(id, Metadata::App, change).await
    }

    /// All roles there are to give.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn roles(&self) -> Result<Vec<Role>, DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.roles().await,
            Kind::AuthorizationExtension(extension, _) => extension.roles().await,
        }
    }

    /// The permissions a role gives, by the role's id.
    ///
    /// # Errors
    /// `NotFound` where there is no such role; else why they cannot be had.
    pub async fn permissions_of_role(&self, role: &str) -> Result<Vec<Permission>, DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.permissions_of_role(role).await,
            Kind::AuthorizationExtension(extension, _) => extension.permissions_of_role(role).await,
        }
    }

    /// The roles given to a person themselves.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn roles_of(&self, id: &str) -> Result<Vec<Role>, DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.roles_of(id).await,
            Kind::AuthorizationExtension(extension, _) => extension.roles_of(id).await,
        }
    }

    /// Gives roles, by their ids; those the person has already change nothing.
    ///
    /// # Errors
    /// `Senseless` for no role, more than 50, or none that is an id; else why it was not done. After
    /// `Unavailable` it may have been done all the same: doing it again does no harm.
    pub async fn assign_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.assign_roles(id, roles).await,
            Kind::AuthorizationExtension(extension, _) => extension.assign_roles(id, roles).await,
        }
    }

    /// Takes roles, by their ids; those the person has not change nothing.
    ///
    /// # Errors
    /// As [`assign_roles`](Self::assign_roles).
    pub async fn remove_roles(&self, id: &str, roles: &[&str]) -> Result<(), DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.remove_roles(id, roles).await,
            Kind::AuthorizationExtension(extension, _) => extension.remove_roles(id, roles).await,
        }
    }

    /// A person's permissions, and where each comes from.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn permissions_of(&self, id: &str) -> Result<Vec<Held<Permission>>, DirectoryError> {
        match &self.kind {
            Kind::Off => Err(DirectoryError::Off),
            Kind::Management(management) => management.permissions_of(id).await,
            Kind::AuthorizationExtension(extension, _) => extension.permissions_of(id).await,
        }
    }

    /// A person's organizations (`GET /users/{id}/organizations`).
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn organizations_of(&self, id: &str) -> Result<Vec<Organization>, DirectoryError> {
        self.accounts()?.organizations_of(id).await
    }
}
