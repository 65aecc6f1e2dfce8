//! Secure data: what happens to records, for pages, server functions and the JSON API alike.
//!
//! Every read and write runs as the person who asks, on a connection of theirs (`store::Records`), so
//! the database decides. What this room decides beforehand ([`rules`]) is what can be explained: which
//! actions are offered, and why something is refused.

pub mod rules;

use super::{
    AppState,
    access::second_factor::{SensitiveAction, for_sensitive_action},
    audit::{About, Action, Event},
    secrets::{Keyring, Purpose},
    standing::{self, Standing},
    store::{Actor, Factor, RecordQuery, Records, Store, StoreError, StoredRecord},
};
use crate::model::{
    Permission, Person, SignedIn,
    record::{
        Closed, Deleted, Draft, Form, MAX_SEARCH, Owner, PAGE_SIZE, Reach, Record, RecordId, RecordPage, Saved, Summary,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use ulid::Ulid;

/// How long a deleted record can be brought back.
pub const UNDO: TimeDelta = TimeDelta::minutes(10);
/// How long a form is kept for somebody who confirms with a second factor.
const KEEP_FORM: TimeDelta = TimeDelta::minutes(30);

/// Why records cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordsError {
    /// They are closed to this person, and why.
    #[error("records are closed to this person: {0:?}")]
    Closed(Closed),
    /// The database does not answer, or not as it should.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A person who asks for records, let in by the database.
pub struct Desk<'a> {
    state: &'a AppState,
    person: &'a Person,
    standing: Standing,
    records: Records,
}

impl<'a> Desk<'a> {
    /// Lets the person of a session at the records.
    ///
    /// # Errors
    /// [`RecordsError::Closed`] when there is nothing for them; else the database does not answer.
    pub async fn open(state: &'a AppState, signed_in: &'a SignedIn) -> Result<Self, RecordsError> {
        Self::open_for(state, &signed_in.person, standing::of_session(state, signed_in)).await
    }

    /// Lets a person at the records whose standing is known.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_for(state: &'a AppState, person: &'a Person, standing: Standing) -> Result<Self, RecordsError> {
        if let Some(closed) = rules::closed(person, &standing.access) {
            refused(state, person, Action::ReadRecords).await;
            return Err(RecordsError::Closed(closed));
        }
        let factor = if standing.access.second_factor.is_some() { Factor::SecondFactor } else { Factor::SingleFactor };
        let actor = Actor { issuer: &person.issuer, subject: &person.subject, factor };
        let records = match state.store.records(&actor).await {
            Ok(records) => records,
            // It knows better: an administrator has been here since this session was looked up.
            Err(StoreError::PersonRefused(error)) => {
                tracing::info!(%error, "the database does not let a person at the records");
                refused(state, person, Action::ReadRecords).await;
                return Err(RecordsError::Closed(Closed::Disabled));
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { state, person, standing, records })
    }

    /// What the person may do at all.
    pub fn reach(&self) -> Reach {
        rules::reach(&self.standing.access)
    }

    /// A page of the records that the person sees, newest first: those created before `before`, that
    /// have the words of `search`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn list(&self, search: &str, before: Option<RecordId>) -> Result<RecordPage, RecordsError> {
        let search = search.trim().chars().filter(|c| !c.is_control()).take(MAX_SEARCH).collect();
        let query = RecordQuery { search, before, sees: self.reach().sees };
        let mut found = self.records.list(&query).await?;
        let more = found.len() > PAGE_SIZE;
        found.truncate(PAGE_SIZE);
        let next = found.last().filter(|_| more).map(|record| record.id.clone());
        Ok(RecordPage { records: found.into_iter().map(|record| self.summary(record)).collect(), next })
    }

    /// The record with that id, if the person sees one.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn get(&self, id: &RecordId) -> Result<Option<Record>, RecordsError> {
        Ok(self.records.get(id).await?.map(|record| self.record(record)))
    }

    /// Creates a record of the person's own.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn create(&self, draft: &Draft) -> Result<Saved, RecordsError> {
        if !self.reach().create {
            return Ok(self.forbidden(Action::CreateRecord).await);
        }
        // The time of the id and of the record are one, so that they sort alike.
        let now = Utc::now();
        let ulid = Ulid::from_datetime(now.into()).to_string();
        let id = ulid.parse().map_err(|_| StoreError::Unexpected("an id that is none"))?;
        Ok(match self.records.create(&id, draft, now).await? {
            Some(record) => Saved::Done(Box::new(self.record(record))),
            None => self.forbidden(Action::CreateRecord).await,
        })
    }

    /// Changes a record that is still at `version`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn update(&self, id: &RecordId, version: u64, draft: &Draft) -> Result<Saved, RecordsError> {
        let Some(found) = self.records.get(id).await? else { return Ok(Saved::Gone) };
        if !rules::actions(&self.standing.access, found.is_mine).edit {
            return Ok(self.forbidden(Action::ChangeRecord).await);
        }
        // Somebody else's record is changed by the permission to change all.
        if !found.is_mine && !self.is_fresh(Permission::Write) {
            return Ok(Saved::NeedsSecondFactor);
        }
        if found.version != version {
            return Ok(Saved::Changed(Box::new(self.record(found))));
        }
        match self.records.update(id, version, draft, Utc::now()).await? {
            Some(record) => Ok(Saved::Done(Box::new(self.record(record)))),
            None => self.why_not(id, version, Action::ChangeRecord).await,
        }
    }

    /// Deletes a record that is still at `version`. It can be brought back for [`UNDO`].
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn delete(&self, id: &RecordId, version: u64) -> Result<Saved, RecordsError> {
        let Some(found) = self.records.get(id).await? else { return Ok(Saved::Gone) };
        if !rules::actions(&self.standing.access, found.is_mine).delete {
            return Ok(self.forbidden(Action::DeleteRecord).await);
        }
        if !self.is_fresh(Permission::Delete) {
            return Ok(Saved::NeedsSecondFactor);
        }
        if found.version != version {
            return Ok(Saved::Changed(Box::new(self.record(found))));
        }
        match self.records.delete(id, version, Utc::now()).await? {
            Some(record) => {
                self.tell(Event::RecordDeleted { record: record.id.clone() }).await;
                Ok(Saved::Done(Box::new(self.record(record))))
            }
            None => self.why_not(id, version, Action::DeleteRecord).await,
        }
    }

    /// Brings back a record that the person has deleted less than [`UNDO`] ago.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn restore(&self, id: &RecordId) -> Result<Saved, RecordsError> {
        Ok(match self.records.restore(id, Utc::now() - UNDO).await? {
            Some(record) => {
                self.tell(Event::RecordRestored { record: record.id.clone() }).await;
                Saved::Done(Box::new(self.record(record)))
            }
            None => Saved::Gone,
        })
    }

    /// The record that the person has just deleted, for the offer to bring it back.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn deleted(&self, id: &RecordId) -> Result<Option<Deleted>, RecordsError> {
        let found = self.records.deleted(id, Utc::now() - UNDO).await?;
        Ok(found.and_then(|record| {
            let restorable_until = record.deleted_at? + UNDO;
            Some(Deleted { id: record.id, title: record.title, restorable_until })
        }))
    }

    /// Keeps a form while its person confirms with a second factor, for when they come back to
    /// `address`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn keep_form(&self, address: &str, form: &Form) -> Result<(), RecordsError> {
        let Person { issuer, subject, .. } = self.person;
        let json = serde_json::to_vec(form).map_err(|_| StoreError::Unexpected("a form that cannot be written"))?;
        let sealed = keyring(self.state).seal(Purpose::KeptForm, place(issuer, subject, address).as_bytes(), &json);
        Ok(self.state.store.keep_form(issuer, subject, address, sealed, Utc::now() + KEEP_FORM).await?)
    }

    /// The form that was kept for that address, if there is one.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn kept_form(&self, address: &str) -> Result<Option<Form>, RecordsError> {
        let Person { issuer, subject, .. } = self.person;
        let Some(sealed) = self.state.store.kept_form(issuer, subject, address, Utc::now()).await? else {
            return Ok(None);
        };
        let json = keyring(self.state).open(Purpose::KeptForm, place(issuer, subject, address).as_bytes(), &sealed);
        // What a secret that is gone has sealed is lost, as a session's tokens are.
        Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
    }

    /// Forgets the form that was kept for that address: it is saved, or not wanted any more.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn forget_form(&self, address: &str) -> Result<(), RecordsError> {
        let Person { issuer, subject, .. } = self.person;
        Ok(self.state.store.forget_form(issuer, subject, address).await?)
    }

    /// Why the database has not written what it was asked to: it was changed or deleted in between, or
    /// the person may not (any more).
    async fn why_not(&self, id: &RecordId, version: u64, action: Action) -> Result<Saved, RecordsError> {
        Ok(match self.records.get(id).await? {
            None => Saved::Gone,
            Some(found) if found.version != version => Saved::Changed(Box::new(self.record(found))),
            Some(_) => self.forbidden(action).await,
        })
    }

    /// The person may not do that; the audit log has it.
    async fn forbidden(&self, action: Action) -> Saved {
        refused(self.state, self.person, action).await;
        Saved::Forbidden
    }

    async fn tell(&self, event: Event) {
        self.state.audit.write(event, About { subject: Some(&self.person.subject), session: None }).await;
    }

    /// Whether the person may use a permission now: they have it without a second factor too, or theirs
    /// is not too old.
    fn is_fresh(&self, permission: Permission) -> bool {
        let max_age = self.state.settings.access.second_factor_max_age;
        let factor = self.standing.access.second_factor.as_ref();
        self.standing.single_factor.contains(&permission)
            || for_sensitive_action(factor, max_age, Utc::now(), false) == SensitiveAction::Allowed
    }

    fn record(&self, record: StoredRecord) -> Record {
        Record {
            may: rules::actions(&self.standing.access, record.is_mine),
            owner: Owner { name: record.owner_name, is_me: record.is_mine },
            id: record.id,
            title: record.title,
            body: record.body,
            classification: record.classification,
            tags: record.tags,
            created_at: record.created_at,
            updated_at: record.updated_at,
            version: record.version,
        }
    }

    fn summary(&self, record: StoredRecord) -> Summary {
        let Record { id, title, classification, tags, owner, created_at, updated_at, version, may, .. } =
            self.record(record);
        Summary { id, title, classification, tags, owner, created_at, updated_at, version, may }
    }
}

/// Removes for good what can no longer be brought back, and answers how much that was.
///
/// # Errors
/// The database does not answer, or not as it should.
pub async fn sweep(store: &Store) -> Result<usize, StoreError> {
    let now: DateTime<Utc> = Utc::now();
    store.sweep_records(now - UNDO, now).await
}

async fn refused(state: &AppState, person: &Person, action: Action) {
    let about = About { subject: Some(&person.subject), session: None };
    state.audit.write(Event::PermissionRefused { action }, about).await;
}

fn keyring(state: &AppState) -> &Keyring {
    &state.settings.keyring
}

/// What a kept form is bound to. No part of it has a line break.
fn place(issuer: &str, subject: &str, address: &str) -> String {
    format!("{issuer}\n{subject}\n{address}")
}
