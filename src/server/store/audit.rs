//! The audit log at rest: rows that are added and read, and deleted when their time is over. That they are not
//! changed the table itself sees to (`0004_audit.surql`).

use super::{CALL_LIMIT, Store, StoreError, call, json::Json};
use chrono::{DateTime, Utc};
use serde_json::Map;
use surrealdb::types::{RecordId, SurrealValue, Value, Variables};

/// An entry, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// Its id: a ULID, so that ids sort by time.
    pub key: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub event: String,
    /// What belongs to it.
    pub details: Map<String, serde_json::Value>,
    /// The sign-in service that knows the person.
    pub issuer: String,
    /// Who it is about (`sub`).
    pub subject: Option<String>,
    /// In which session: its handle.
    pub session: Option<String>,
    /// From where: `203.0.113.0/24`, `2001:db8:1::/48`.
    pub network: Option<String>,
    /// In which request: its support id.
    pub request: Option<String>,
    /// Until when it is kept at least.
    pub keep_until: DateTime<Utc>,
}

/// Writes `$audit`, rows of the table. Each has its own id, so that a transaction that is run again writes it once.
macro_rules! add_audit {
    () => {
        "FOR $entry IN $audit { CREATE $entry.id CONTENT $entry RETURN NONE; };"
    };
}
pub(super) use add_audit;

const ADD: &str = concat!("BEGIN;\n", add_audit!(), "\nCOMMIT;");
const LIST: &str = "SELECT * FROM audit WHERE key > $after AND key < $before ORDER BY key LIMIT $most";
const SWEEP: &str = "DELETE (SELECT VALUE id FROM audit WHERE keep_until <= $now LIMIT $most) RETURN VALUE $before.id";

impl Store {
    /// Adds entries, all or none.
    ///
    /// # Errors
    /// The database does not answer, or not as it should: none was added, except that after
    /// [`StoreError::TimedOut`] they may have been.
    pub async fn add_to_audit(&self, rows: Vec<AuditRow>) -> Result<(), StoreError> {
        let mut variables = Variables::new();
        variables.insert("audit", writes(rows));
        call::run(&self.handles, CALL_LIMIT, ADD, variables).await.map(drop)
    }

    /// The entries whose keys lie between these two, the oldest first: `most` of them at most.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn audit(&self, after: &str, before: &str, most: u16) -> Result<Vec<AuditRow>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("after", after.to_owned());
        variables.insert("before", before.to_owned());
        variables.insert("most", i64::from(most));
        let mut answer = call::run(&self.handles, CALL_LIMIT, LIST, variables).await?;
        Ok(answer.rows::<Columns>(0)?.into_iter().map(AuditRow::from).collect())
    }

    /// Deletes the entries that were to be kept until `now`, a few hundred in each transaction, and answers how
    /// many.
    ///
    /// # Errors
    /// The database does not answer, or not as it should; some may be deleted then. So it is when its own clock is
    /// behind.
    pub async fn sweep_audit(&self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut variables = Variables::new();
        variables.insert("now", now);
        call::sweep(&self.handles, SWEEP, variables, call::SWEEP_BATCH).await
    }
}

/// The variable `$audit` of [`add_audit`].
pub(super) fn writes(rows: Vec<AuditRow>) -> Vec<impl SurrealValue> {
    rows.into_iter().map(Write::from).collect()
}

/// A new row.
#[derive(SurrealValue)]
struct Write {
    id: RecordId,
    #[surreal(flatten)]
    columns: Columns,
}

#[derive(SurrealValue)]
struct Columns {
    key: String,
    at: DateTime<Utc>,
    event: String,
    details: Json,
    issuer: String,
    subject: Option<String>,
    session: Option<String>,
    network: Option<String>,
    request: Option<String>,
    keep_until: DateTime<Utc>,
}

impl From<AuditRow> for Write {
    fn from(row: AuditRow) -> Self {
        let AuditRow { key, at, event, details, issuer, subject, session, network, request, keep_until } = row;
        let id = RecordId::new("audit", key.clone());
        let details = Json(details);
        let columns = Columns { key, at, event, details, issuer, subject, session, network, request, keep_until };
        Self { id, columns }
    }
}

impl From<Columns> for AuditRow {
    fn from(columns: Columns) -> Self {
        let Columns { key, at, event, details, issuer, subject, session, network, request, keep_until } = columns;
        let Json(details) = details;
        Self { key, at, event, details, issuer, subject, session, network, request, keep_until }
    }
}
