//! The audit log: what happened to people's access, for those who must be able to say so later (OWASP ASVS 5, 16.3).
//!
//! [`Event`] has all there is to tell, and [`Audit`] is the one place that writes it. What a sign-in or a refresh is told
//! of is written in its own transaction. All else is written before the request is answered; when that fails, the request
//! goes on, and the log has the entry as an error. No entry holds a token, a cookie or a secret.

mod export;

pub use export::{ExportError, Span, export};

use super::{
    auth::SignInFailure,
    session,
    store::{AuditRow, SessionKey, Store, StoreError},
};
use crate::model::record::RecordId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use ulid::Ulid;
use utoipa::ToSchema;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A person signed in.
    SignedIn {
        /// How they proved who they are: the ID token's `amr` (RFC 8176).
        methods: Vec<String>,
    },
    /// A person who was signed in confirmed with a second factor.
    SteppedUp {
        /// The same.
        methods: Vec<String>,
    },
    /// A sign-in that this browser had begun came to nothing.
    SignInFailed {
        /// Why.
        reason: SignInFailure,
    },
    /// A person signed out.
    SignedOut,
    /// A session was ended from elsewhere.
    SessionEnded {
        /// By whom.
        by: EndedBy,
        /// Which administrator it was (`sub`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        administrator: Option<String>,
    },
    /// At a sign-in, or when tokens were refreshed, a person came with other roles than the time before.
    RolesChanged {
        /// What they have now and had not.
        gained: Vec<String>,
        /// What they had and have no more.
        lost: Vec<String>,
    },
    /// A record was deleted. For a while it can be brought back.
    RecordDeleted {
        /// Which.
        #[schema(value_type = String)]
        record: RecordId,
    },
    /// A record was brought back.
    RecordRestored {
        /// Which.
        #[schema(value_type = String)]
        record: RecordId,
    },
    /// A person asked for something that they may not.
    PermissionRefused {
        /// What.
        action: Action,
    },
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The person, from another of their sessions.
    Person,
    /// The sign-in service (back-channel logout).
    SignInService,
    /// The sign-in service, which takes the session's refresh token no more (`invalid_grant`, RFC 6749, section 5.2).
    InvalidGrant,
    /// Portico: when it refreshed the tokens, the answer was about somebody else, or for somebody else.
    RefreshMismatch,
    /// The bound on sessions (`PORTICO_SESSIONS_PER_PERSON`), at a sign-in.
    Limit,
    /// An administrator.
    Administrator,
}

impl Event {
    /// A session was ended from elsewhere, by nobody who could be named.
    pub const fn session_ended(by: EndedBy) -> Self {
        Self::SessionEnded { by, administrator: None }
    }
}

/// What was asked for and refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// To see records at all.
    ReadRecords,
    /// To create one.
    CreateRecord,
    /// To change one that they see.
    ChangeRecord,
    /// To delete one that they see.
    DeleteRecord,
    /// To read the audit log.
    ReadAudit,
    /// To see who is signed in.
    ReadPeople,
    /// To end other people's sessions.
    EndSessions,
}

/// An entry, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its id: ids sort by time.
    pub id: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The sign-in service that knows the person.
    pub issuer: String,
    /// Who it is about (`sub`); nothing where nobody knows.
    pub subject: Option<String>,
    /// In which of their sessions: the handle that their own page has for it.
    pub session: Option<String>,
    /// From where, coarsely: /24 of IPv4, /48 of IPv6; nothing for addresses that are not of the internet.
    pub network: Option<String>,
    /// In which request: its support id.
    pub request: Option<String>,
}

/// Where a request comes from, for the entries that it causes.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Its support id.
    pub request: String,
    /// The client's address, if it is one of the internet.
    pub address: Option<IpAddr>,
}

tokio::task_local! {
    static TRACE: Trace;
}

/// Does a request's work, so that entries know which request it is.
pub async fn traced<T>(trace: Trace, work: impl Future<Output = T>) -> T {
    TRACE.scope(trace, work).await
}

/// Where the request that is worked on comes from; nothing outside of one. For work that is given to another task.
pub fn trace() -> Trace {
    TRACE.try_with(Trace::clone).unwrap_or_default()
}

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Who (`sub`).
    pub subject: Option<&'a str>,
    /// In which session.
    pub session: Option<&'a SessionKey>,
}

/// The audit log. One of it a process.
pub struct Audit {
    store: Arc<Store>,
    issuer: String,
    keep: Duration,
    /// So that ids sort as the entries were made, also within one millisecond.
    ids: Mutex<ulid::Generator>,
}

impl Audit {
    /// Kept in `store`, each entry for so long, about people of that issuer.
    pub fn new(store: Arc<Store>, issuer: String, keep: Duration) -> Self {
        Self { store, issuer, keep, ids: Mutex::new(ulid::Generator::new()) }
    }

    /// An entry that is written in somebody's transaction.
    pub fn entry(&self, event: &Event, about: About<'_>) -> AuditRow {
        let at = Utc::now();
        let Trace { request, address } = trace();
        let mut details = match serde_json::to_value(event) {
            Ok(Value::Object(details)) => details,
            // Each is an object with its name in it.
            _ => Default::default(),
        };
        let name = details.remove("event").and_then(|name| name.as_str().map(str::to_owned));
        AuditRow {
            key: self.next_id(at).to_string(),
            at,
            event: name.unwrap_or_default(),
            details,
            issuer: self.issuer.clone(),
            subject: about.subject.map(str::to_owned),
            session: about.session.map(session::handle),
            network: address.map(session::network),
            request: Some(request).filter(|request| !request.is_empty()),
            keep_until: at + self.keep,
        }
    }

    /// The entry about roles that came and went, in this order, if any did.
    pub fn roles_changed(&self, (gained, lost): (Vec<String>, Vec<String>), about: About<'_>) -> Option<AuditRow> {
        let any = !(gained.is_empty() && lost.is_empty());
        any.then(|| self.entry(&Event::RolesChanged { gained, lost }, about))
    }

    fn next_id(&self, at: DateTime<Utc>) -> Ulid {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        // It fails when a millisecond has had 2^80 of them.
        ids.generate_from_datetime(at.into()).unwrap_or_else(|_| Ulid::from_datetime(at.into()))
    }

    /// Writes what happened. That it cannot be written does not undo what happened: the log has it then.
    pub async fn write(&self, event: Event, about: About<'_>) {
        self.write_all(vec![self.entry(&event, about)]).await;
    }

    /// The same for several.
    pub async fn write_all(&self, rows: Vec<AuditRow>) {
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.store.add_to_audit(rows.clone()).await {
            for entry in rows.into_iter().map(read) {
                let entry = entry.and_then(|entry| serde_json::to_string(&entry).ok()).unwrap_or_default();
                tracing::error!(%error, entry, "the audit log could not be written; this is what is missing");
            }
        }
    }

    /// The entries after that one, the oldest first, `most` at most.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn after(&self, id: Option<Ulid>, most: u16) -> Result<Vec<Entry>, StoreError> {
        page(&self.store, id.unwrap_or(Ulid::nil()), None, most).await
    }

    /// Deletes the entries that were kept long enough, and answers how many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        self.store.sweep_audit(Utc::now()).await
    }
}

/// A page of entries after that one and before that time.
///
/// # Errors
/// The database does not answer, or not as it should.
pub async fn page(
    store: &Store,
    after: Ulid,
    until: Option<DateTime<Utc>>,
    most: u16,
) -> Result<Vec<Entry>, StoreError> {
    // Greater than all ids: their first letter is 7 at most.
    let before = until.map_or_else(|| "8".to_owned(), |until| first_id_at(until).to_string());
    let rows = store.audit(&after.to_string(), &before, most).await?;
    rows.into_iter().map(|row| read(row).ok_or(StoreError::Unexpected("an audit entry that cannot be read"))).collect()
}

/// The smallest id of that time.
pub fn first_id_at(time: DateTime<Utc>) -> Ulid {
    Ulid::from_parts(time.timestamp_millis().try_into().unwrap_or_default(), 0)
}

fn read(row: AuditRow) -> Option<Entry> {
    let AuditRow { key, at, event, mut details, issuer, subject, session, network, request, .. } = row;
    details.insert("event".to_owned(), event.into());
    let event = serde_json::from_value(Value::Object(details)).ok()?;
    Some(Entry { id: key, at, event, issuer, subject, session, network, request })
}
