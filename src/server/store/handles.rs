//! The two handles to the database, and why there are two.
//!
//! Cloning a SurrealDB handle makes a new session that **inherits the sign-in** of the one it came
//! from. A clone of a signed-in handle that is then given a bad token stays what it was, so
//! handing one out would make a person the service. Therefore:
//!
//! - `anonymous` is never signed in. It is what is cloned.
//! - [`Service`] is cloned from it once and signed in. It is shared, never cloned: its handle is
//!   private to this file and `Service` is not `Clone`, so no other code can do it by mistake.
//! - A [`PersonConnection`] is cloned from it for one piece of work, signed in as one person, and
//!   dropped. A sign-in that fails gives none.

use super::{
    AuthLevel, StoreSettings,
    connect::{self, Engine},
    error::StoreError,
    person::{Factor, PersonKeys},
    retry::Backoff,
};
use secrecy::ExposeSecret;
use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};
use surrealdb::{
    IndexedResults, Notification, Surreal,
    engine::any::Any,
    method::QueryStream,
    opt::auth::{Database, Namespace, Root},
    types::{ErrorDetails, QueryError, RecordId, SurrealValue, Variables},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connection Portico works with, signed in as `SURREALDB_USER`.
pub(super) struct Service(Surreal<Any>);

/// A connection signed in as a person: the database itself decides what it may do.
pub(super) struct PersonConnection {
    handle: Surreal<Any>,
    /// Free again after the handle is gone: fields are dropped in their order.
    _place: OwnedSemaphorePermit,
}

/// How many people's connections there may be at once; more wait. A SurrealDB server refuses more than 256
/// sessions on one WebSocket, ours among them, and may see one begin before it sees another end.
pub(super) const MOST_PEOPLE: usize = 128;

/// The handles, and what it takes to sign in again.
pub(super) struct Handles {
    anonymous: RwLock<Surreal<Any>>,
    person_keys: PersonKeys,
    people: Arc<Semaphore>,
    service: RwLock<Arc<Service>>,
    settings: StoreSettings,
    /// So that many failing calls make one new sign-in.
    renewing: tokio::sync::Mutex<()>,
}

/// What a query answered: one result for each statement.
pub(super) struct Answer(IndexedResults);

impl Handles {
    /// Connects, signs in, and makes namespace and database if the user may and they are missing.
    pub(super) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let anonymous = connect::connect(settings).await?;
        let service = Service::sign_in(&anonymous, settings).await?;
        service.define_database(settings).await?;
        service.select_database(settings).await?;
        Ok(Self {
            anonymous: RwLock::new(anonymous),
            person_keys: PersonKeys::new(&settings.keyring)?,
            people: Arc::new(Semaphore::new(MOST_PEOPLE)),
            service: RwLock::new(Arc::new(service)),
            settings: settings.clone(),
            renewing: tokio::sync::Mutex::new(()),
        })
    }

    /// The service's connection: shared, not cloned.
    pub(super) fn service(&self) -> Arc<Service> {
        self.service.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A service signed in anew, in place of `failed`, unless somebody else has done it already.
    ///
    /// A sign-in ends when the operator gave the database user a session duration, or when the
    /// client library could not restore it after a lost connection; that session never recovers.
    pub(super) async fn renew(&self, failed: &Arc<Service>) -> Result<Arc<Service>, StoreError> {
        let _one_at_a_time = self.renewing.lock().await;
        let current = self.service();
        if !Arc::ptr_eq(&current, failed) {
            return Ok(current);
        }
        let service = Service::sign_in(&self.nobody(), &self.settings).await?;
        service.select_database(&self.settings).await?;
        let service = Arc::new(service);
        *self.service.write().unwrap_or_else(PoisonError::into_inner) = service.clone();
        tracing::info!("signed in to the database again");
        Ok(service)
    }

    /// Connects and signs in anew, in the place of a connection that is of no more use. Whoever is at work on the old
    /// one keeps it until then.
    pub(super) async fn reconnect(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.renewing.lock().await;
        let anonymous = connect::connect(&self.settings).await?;
        let service = Service::sign_in(&anonymous, &self.settings).await?;
        service.select_database(&self.settings).await?;
        *self.anonymous.write().unwrap_or_else(PoisonError::into_inner) = anonymous;
        *self.service.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(service);
        Ok(())
    }

    /// A session of its own that is signed in as nobody.
    fn nobody(&self) -> Surreal<Any> {
        self.anonymous.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the access methods by which people's connections sign in. The tables must be there.
    pub(super) async fn admit_people(&self) -> Result<(), StoreError> {
        self.person_keys.define(&self.service()).await
    }

    /// A connection signed in as a person, for a minute. Waits while there are [`MOST_PEOPLE`].
    ///
    /// # Errors
    /// [`StoreError::PersonRefused`] when the database does not let them in: they are not there,
    /// disabled, or their e-mail address is not verified.
    pub(super) async fn person(&self, user: &RecordId, factor: Factor) -> Result<PersonConnection, StoreError> {
        let token = self.person_keys.token(&self.settings.namespace, &self.settings.database, user, factor)?;
        self.person_with(token).await
    }

    /// The same with a token that was made elsewhere.
    pub(super) async fn person_with(&self, token: String) -> Result<PersonConnection, StoreError> {
        let place = Arc::clone(&self.people).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Unexpected("nobody is let in any more"))?;
        let handle = self.nobody();
        match handle.authenticate(token).await {
            Ok(_) => Ok(PersonConnection { handle, _place: place }),
            Err(error) if matches!(error.details(), ErrorDetails::Connection(_)) => Err(error.into()),
            Err(error) => Err(StoreError::PersonRefused(Box::new(error))),
        }
    }

    /// For how many more people there is room.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.people.available_permits()
    }

    /// A session of its own that is signed in as nobody.
    #[cfg(test)]
    pub(super) fn guest(&self) -> Surreal<Any> {
        self.nobody()
    }
}

impl Service {
    async fn sign_in(anonymous: &Surreal<Any>, settings: &StoreSettings) -> Result<Self, StoreError> {
        let handle = anonymous.clone();
        let username = settings.username.clone();
        let password = settings.password.expose_secret().to_owned();
        let namespace = settings.namespace.clone();
        let database = settings.database.clone();
        let signed_in = match level(settings)? {
            AuthLevel::Root => handle.signin(Root { username, password }).await,
            AuthLevel::Namespace => handle.signin(Namespace { namespace, username, password }).await,
            AuthLevel::Database => handle.signin(Database { namespace, database, username, password }).await,
        };
        match signed_in {
            Ok(_) => Ok(Self(handle)),
            Err(error) if matches!(error.details(), ErrorDetails::NotAllowed(_)) => {
                Err(StoreError::Refused(Box::new(error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes namespace and database where they are missing. A database must be defined before it
    /// is selected: selecting a missing one makes it too, but not STRICT, and then a misspelt table
    /// name makes a table without rules.
    async fn define_database(&self, settings: &StoreSettings) -> Result<(), StoreError> {
        let level = level(settings)?;
        let mut names = Variables::new();
        names.insert("namespace", settings.namespace.clone());
        names.insert("database", settings.database.clone());
        if level == AuthLevel::Root {
            self.settle("DEFINE NAMESPACE IF NOT EXISTS $namespace", &names).await?;
        }
        if level != AuthLevel::Database {
            self.0.use_ns(&settings.namespace).await?;
            self.settle("DEFINE DATABASE IF NOT EXISTS $database STRICT", &names).await?;
        }
        Ok(())
    }

    async fn select_database(&self, settings: &StoreSettings) -> Result<(), StoreError> {
        self.0.use_ns(&settings.namespace).use_db(&settings.database).await?;
        Ok(())
    }

    /// Runs statements that another instance may be running too.
    pub(super) async fn settle(
        &self,
        text: impl Into<Cow<'static, str>>,
        variables: &Variables,
    ) -> Result<(), StoreError> {
        let text = text.into();
        let mut backoff = Backoff::new();
        loop {
            match self.query(text.clone(), variables.clone()).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => backoff.pause().await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Loses the sign-in, as an expired one is lost.
    #[cfg(test)]
    pub(super) async fn sign_out(&self) {
        self.0.invalidate().await.unwrap();
    }

    /// Runs a query once. If any of its statements failed, so has the query.
    pub(super) async fn query(
        &self,
        text: impl Into<Cow<'static, str>>,
        variables: Variables,
    ) -> Result<Answer, StoreError> {
        query(&self.0, text.into(), variables).await
    }
}

impl PersonConnection {
    /// Runs a query once. If any of its statements failed, so has the query. What the person may not
    /// do is no failure: the answer is empty then.
    pub(super) async fn query(&self, text: &'static str, variables: Variables) -> Result<Answer, StoreError> {
        query(&self.handle, text.into(), variables).await
    }
}

async fn query(handle: &Surreal<Any>, text: Cow<'static, str>, variables: Variables) -> Result<Answer, StoreError> {
    let mut results = handle.query(text).bind(variables).await?;
    match most_telling(results.take_errors().into_values()) {
        None => Ok(Answer(results)),
        Some(error) => Err(error.into()),
    }
}

/// The level the user signs in at. An embedded database has one user, and that is root.
fn level(settings: &StoreSettings) -> Result<AuthLevel, StoreError> {
    Ok(match Engine::of(&settings.url)? {
        Engine::Remote => settings.auth_level,
        Engine::Folder(_) | Engine::Memory => AuthLevel::Root,
    })
}

/// Of the errors of a query, the one that caused the others. In a transaction all statements fail
/// with the one that did, and say only that they were not executed.
fn most_telling(errors: impl Iterator<Item = surrealdb::Error>) -> Option<surrealdb::Error> {
    errors.min_by_key(|error| match error.details() {
        ErrorDetails::Query(Some(QueryError::TransactionConflict)) => 0,
        ErrorDetails::Query(Some(QueryError::NotExecuted | QueryError::Cancelled)) => 2,
        _ => 1,
    })
}

impl Answer {
    /// The one row, or value, that a statement answered with; statements count from 0.
    pub(super) fn row<T: SurrealValue>(&mut self, statement: usize) -> Result<Option<T>, StoreError> {
        Ok(self.0.take(statement)?)
    }

    /// The rows that a statement answered with.
    pub(super) fn rows<T: SurrealValue>(&mut self, statement: usize) -> Result<Vec<T>, StoreError> {
        Ok(self.0.take(statement)?)
    }

    /// What the live query of a statement tells from now on. It is ended with the stream.
    pub(super) fn live<T: SurrealValue + Unpin>(
        &mut self,
        statement: usize,
    ) -> Result<QueryStream<Notification<T>>, StoreError> {
        Ok(self.0.stream(statement)?)
    }
}
