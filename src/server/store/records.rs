//! Records at rest. What is in them is read and written as the person who asks, on a connection of their
//! own: what they may see and do is decided by the tables' permissions, whatever the rooms above believe.
//!
//! SurrealDB refuses in silence: what may not be seen is not there, and what may not be written is not
//! written. So each writing statement answers with the record as it is then, or with nothing.

use super::{
    CALL_LIMIT, Store, StoreError, call,
    handles::{Answer, Handles, PersonConnection},
    people::record_id,
    person::Factor,
    retry::Backoff,
};
use crate::model::record::{Classification, Draft, RecordId, Sees};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use surrealdb::types::{Bytes, RecordId as Link, SurrealValue, Variables};

const TABLE: &str = "secure_data";

// What SurrealDB may not write it leaves out, and does the rest: without these conditions an update that
// is not allowed would still count as one.
/// Whether the person may change the record at hand: the rule of its fields.
macro_rules! may_change {
    () => {
        "('write' IN $auth.permissions[$token.factor]
          OR (owner = $auth AND 'write_own' IN $auth.permissions[$token.factor]))"
    };
}
/// Whether the person may delete.
macro_rules! may_delete {
    () => {
        "'delete' IN $auth.permissions[$token.factor]"
    };
}

/// The columns of a [`Row`], all but the text.
macro_rules! columns {
    () => {
        "key, title, classification, tags, owner = $auth AS is_mine, owner.{name, nickname} AS owner,
         created_at, updated_at, version, deleted_at"
    };
}

pub(super) mod finding;

const GET: &str = concat!("SELECT body, ", columns!(), " FROM $id WHERE deleted_at = NONE");
const CREATE: &str = concat!(
    "CREATE $id SET key = $key, title = $draft.title, body = $draft.body, classification = $draft.classification,
     tags = $draft.tags, created_at = $now, updated_at = $now RETURN body, ",
    columns!()
);
const UPDATE: &str = concat!(
    "UPDATE $id SET title = $draft.title, body = $draft.body, classification = $draft.classification,
     tags = $draft.tags, updated_at = $now WHERE version = $version AND deleted_at = NONE AND ",
    may_change!(),
    " RETURN body, ",
    columns!()
);
const DELETE: &str = concat!(
    "UPDATE $id SET deleted_at = $now, deleted_by = $auth WHERE version = $version AND deleted_at = NONE AND ",
    may_delete!(),
    " RETURN body, ",
    columns!()
);
const DELETED: &str =
    concat!("SELECT body, ", columns!(), " FROM $id WHERE deleted_by = $auth AND deleted_at > $since");
const RESTORE: &str = concat!(
    "UPDATE $id SET deleted_at = NONE, deleted_by = NONE WHERE deleted_by = $auth AND deleted_at > $since AND ",
    may_delete!(),
    " RETURN body, ",
    columns!()
);

/// A person who asks for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The sign-in service that knows them.
    pub issuer: &'a str,
    /// Their id there.
    pub subject: &'a str,
    /// Whether their session had a second factor.
    pub factor: Factor,
}

/// A record as the database has it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord {
    /// Its id.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// Its text; empty in a list.
    pub body: String,
    /// How carefully it is to be treated.
    pub classification: Classification,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it is the asking person's own.
    pub is_mine: bool,
    /// What to call its owner, if that is known.
    pub owner_name: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was deleted, if it was.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Which records of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Words that their title, tags or text have; empty for all.
    pub search: String,
    /// Those that were created before this one; nothing for the newest.
    pub before: Option<RecordId>,
    /// Whose records the person sees. It only chooses the way to look for them: a wrong one shows
    /// fewer, never more.
    pub sees: Sees,
}

/// Records, as one person sees them. Made for one piece of work: it is good for a minute.
pub struct Records {
    handles: Arc<Handles>,
    connection: Arc<PersonConnection>,
    person: Link,
}

impl Store {
    /// Signs a connection in as a person.
    ///
    /// # Errors
    /// [`StoreError::PersonRefused`] when the database does not let them in; else it does not answer.
    pub async fn records(&self, actor: &Actor<'_>) -> Result<Records, StoreError> {
        let person = record_id(actor.issuer, actor.subject);
        let connection = connect(self.handles.clone(), person.clone(), actor.factor).await?;
        Ok(Records { handles: self.handles.clone(), connection: Arc::new(connection), person })
    }

    /// Deletes for good the records that were deleted by `deleted_before`, and the kept forms that have
    /// expired by `now`. Answers how many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; some may be gone then.
    pub async fn sweep_records(&self, deleted_before: DateTime<Utc>, now: DateTime<Utc>) -> Result<usize, StoreError> {
        self.sweep_records_in_batches(deleted_before, now, call::SWEEP_BATCH).await
    }

    pub(super) async fn sweep_records_in_batches(
        &self,
        deleted_before: DateTime<Utc>,
        now: DateTime<Utc>,
        batch: i64,
    ) -> Result<usize, StoreError> {
        // NONE is less than any time: without the lower bound all records would go.
        const RECORDS: &str = "DELETE (SELECT VALUE id FROM secure_data
            WHERE deleted_at > d'1970-01-01T00:00:00Z' AND deleted_at <= $time LIMIT $most) RETURN VALUE $before.id";
        const FORMS: &str = "DELETE (SELECT VALUE id FROM kept_form WHERE expires_at <= $time LIMIT $most)
            RETURN VALUE $before.id";
        let mut swept = 0;
        for (text, time) in [(RECORDS, deleted_before), (FORMS, now)] {
            let mut variables = Variables::new();
            variables.insert("time", time);
            swept += call::sweep(&self.handles, text, variables, batch).await?;
        }
        Ok(swept)
    }

    /// Keeps a sealed form of a person for a while, in the place of any that is kept for that address.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn keep_form(
        &self,
        issuer: &str,
        subject: &str,
        address: &str,
        sealed: Vec<u8>,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const TEXT: &str = "UPSERT $id SET form = $form, expires_at = $expires_at RETURN NONE";
        let mut variables = Variables::new();
        variables.insert("id", form_id(issuer, subject, address));
        variables.insert("form", Bytes::from(sealed));
        variables.insert("expires_at", expires_at);
        call::run(&self.handles, CALL_LIMIT, TEXT, variables).await.map(drop)
    }

    /// The form that is kept for that address, if there is one.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn kept_form(
        &self,
        issuer: &str,
        subject: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("id", form_id(issuer, subject, address));
        variables.insert("now", now);
        const TEXT: &str = "SELECT VALUE form FROM $id WHERE expires_at > $now";
        let mut answer = call::run(&self.handles, CALL_LIMIT, TEXT, variables).await?;
        Ok(answer.row::<Bytes>(0)?.map(|form| form.to_vec()))
    }

    /// Forgets the form that is kept for that address.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn forget_form(&self, issuer: &str, subject: &str, address: &str) -> Result<(), StoreError> {
        let mut variables = Variables::new();
        variables.insert("id", form_id(issuer, subject, address));
        call::run(&self.handles, CALL_LIMIT, "DELETE $id RETURN NONE", variables).await.map(drop)
    }
}

impl Records {
    /// The record with that id, if there is one that the person sees.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn get(&self, id: &RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.one(GET, about(id)).await
    }

    /// Creates a record of the person's own. Nothing if they may not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn create(
        &self,
        id: &RecordId,
        draft: &Draft,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let mut variables = about(id);
        variables.insert("key", id.as_str().to_owned());
        variables.insert("draft", DraftColumns::from(draft));
        variables.insert("now", now);
        self.one(CREATE, variables).await
    }

    /// Changes a record that is still at that version. Nothing if it is not, is not there, or the
    /// person may not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn update(
        &self,
        id: &RecordId,
        version: u64,
        draft: &Draft,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let mut variables = about(id);
        variables.insert("version", counted(version));
        variables.insert("draft", DraftColumns::from(draft));
        variables.insert("now", now);
        self.one(UPDATE, variables).await
    }

    /// Deletes a record that is still at that version, so that the person can bring it back until it is
    /// swept. Nothing if it is not, is not there, or they may not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn delete(
        &self,
        id: &RecordId,
        version: u64,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let mut variables = about(id);
        variables.insert("version", counted(version));
        variables.insert("now", now);
        self.one(DELETE, variables).await
    }

    /// The record that the person has deleted after `since`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn deleted(&self, id: &RecordId, since: DateTime<Utc>) -> Result<Option<StoredRecord>, StoreError> {
        let mut variables = about(id);
        variables.insert("since", since);
        self.one(DELETED, variables).await
    }

    /// Brings back the record that the person has deleted after `since`. Nothing if there is none, or
    /// they may not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn restore(&self, id: &RecordId, since: DateTime<Utc>) -> Result<Option<StoredRecord>, StoreError> {
        let mut variables = about(id);
        variables.insert("since", since);
        self.one(RESTORE, variables).await
    }

    async fn one(&self, text: &'static str, variables: Variables) -> Result<Option<StoredRecord>, StoreError> {
        self.run(text, variables).await?.row::<Row>(0)?.map(StoredRecord::try_from).transpose()
    }

    /// Runs one statement as the person, again after a conflict, in a task of its own as `call::run`
    /// does.
    pub(super) async fn run(&self, text: &'static str, variables: Variables) -> Result<Answer, StoreError> {
        let connection = self.connection.clone();
        call::carried_through(CALL_LIMIT, async move {
            let mut backoff = Backoff::new();
            loop {
                match connection.query(text, variables.clone()).await {
                    Err(StoreError::Conflict) => backoff.pause().await?,
                    result => return result,
                }
            }
        })
        .await
    }
}

async fn connect(handles: Arc<Handles>, person: Link, factor: Factor) -> Result<PersonConnection, StoreError> {
    let connecting = async move { handles.person(&person, factor).await };
    call::carried_through(CALL_LIMIT, connecting).await
}

fn about(id: &RecordId) -> Variables {
    let mut variables = Variables::new();
    variables.insert("id", Link::new(TABLE, id.as_str().to_owned()));
    variables
}

fn form_id(issuer: &str, subject: &str, address: &str) -> Link {
    let parts = [issuer, subject, address].map(|part| part.to_owned().into_value());
    Link::new("kept_form", surrealdb::types::Array::from(parts.to_vec()))
}

/// A version as the database counts. One beyond its numbers is nobody's.
fn counted(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

#[derive(SurrealValue)]
struct DraftColumns {
    title: String,
    body: String,
    classification: String,
    tags: Vec<String>,
}

impl From<&Draft> for DraftColumns {
    fn from(draft: &Draft) -> Self {
        Self {
            title: draft.title.clone(),
            body: draft.body.clone(),
            classification: draft.classification.as_str().to_owned(),
            tags: draft.tags.clone(),
        }
    }
}

#[derive(SurrealValue)]
struct Row {
    key: String,
    title: String,
    body: Option<String>,
    classification: String,
    tags: Vec<String>,
    is_mine: bool,
    owner: Option<OwnerColumns>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
    deleted_at: Option<DateTime<Utc>>,
}

#[derive(Default, SurrealValue)]
struct OwnerColumns {
    name: Option<String>,
    nickname: Option<String>,
}

impl TryFrom<Row> for StoredRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let spoken = |name: Option<String>| name.filter(|name| !name.trim().is_empty());
        let OwnerColumns { name, nickname } = row.owner.unwrap_or_default();
        Ok(Self {
            id: row.key.parse().map_err(|_| StoreError::Unexpected("a record's id is no ULID"))?,
            title: row.title,
            body: row.body.unwrap_or_default(),
            classification: row
                .classification
                .parse()
                .map_err(|_| StoreError::Unexpected("a classification that does not exist"))?,
            tags: row.tags,
            is_mine: row.is_mine,
            owner_name: spoken(name).or_else(|| spoken(nickname)),
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: u64::try_from(row.version).map_err(|_| StoreError::Unexpected("a negative version"))?,
            deleted_at: row.deleted_at,
        })
    }
}
