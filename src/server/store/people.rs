//! People at rest. A person's record id is the issuer and the subject, so that writing one twice
//! is writing one.

use super::{CALL_LIMIT, Store, StoreError, call, json::Json};
use crate::model::Person;
use chrono::{DateTime, Utc};
use serde_json::Map;
use surrealdb::types::{Array, RecordId, SurrealValue, Value, Variables};

/// What the sign-in service says about a person at a sign-in: a [`Person`] without what only the
/// database knows. The fields are the same and mean the same.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each is described at the field of the same name of `Person`")]
pub struct NewPerson {
    pub issuer: String,
    pub subject: String,
    pub name: Option<String>,
    pub nickname: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub picture: Option<String>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub locale: Option<String>,
    pub updated_at: Option<DateTime<Utc>>,
    pub provider: String,
    pub app_metadata: Map<String, serde_json::Value>,
    pub user_metadata: Map<String, serde_json::Value>,
    pub claims: Map<String, serde_json::Value>,
}

impl Store {
    /// The person with that id at that sign-in service, as they were at their last sign-in.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn person(&self, issuer: &str, subject: &str) -> Result<Option<Person>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user", record_id(issuer, subject));
        let mut answer = call::run(&self.handles, CALL_LIMIT, "SELECT * FROM $user", variables).await?;
        Ok(answer.row::<PersonRow>(0)?.map(Person::from))
    }
}

/// ``user:[issuer, subject]``.
pub(super) fn record_id(issuer: &str, subject: &str) -> RecordId {
    RecordId::new("user", Array::from(vec![issuer.to_owned().into_value(), subject.to_owned().into_value()]))
}

/// What a sign-in writes. Each field is set, also to nothing, so that a claim which the sign-in
/// service no longer sends is gone (MERGE would keep the members of objects); what this program
/// keeps beside them, such as `created_at`, stays. Takes `$user`, `$person` and `$now`.
macro_rules! upsert_person {
    () => {
        "UPSERT $user SET
            issuer = $person.issuer,
            subject = $person.subject,
            name = $person.name,
            nickname = $person.nickname,
            given_name = $person.given_name,
            family_name = $person.family_name,
            picture = $person.picture,
            email = $person.email,
            email_verified = $person.email_verified,
            locale = $person.locale,
            updated_at = $person.updated_at,
            provider = $person.provider,
            app_metadata = $person.app_metadata,
            user_metadata = $person.user_metadata,
            claims = $person.claims,
            created_at = created_at ?? $now,
            last_login = $now"
    };
}
pub(super) use upsert_person;

/// The variable `$person` of [`upsert_person`], and most of a row of the table `user`.
#[derive(SurrealValue)]
pub(super) struct Columns {
    issuer: String,
    subject: String,
    name: Option<String>,
    nickname: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    picture: Option<String>,
    email: Option<String>,
    email_verified: bool,
    locale: Option<String>,
    updated_at: Option<DateTime<Utc>>,
    provider: String,
    app_metadata: Json,
    user_metadata: Json,
    claims: Json,
}

/// A row of the table `user`.
#[derive(SurrealValue)]
pub(super) struct PersonRow {
    created_at: DateTime<Utc>,
    last_login: DateTime<Utc>,
    #[surreal(flatten)]
    columns: Columns,
}

impl From<&NewPerson> for Columns {
    fn from(person: &NewPerson) -> Self {
        let person = person.clone();
        Self {
            issuer: person.issuer,
            subject: person.subject,
            name: person.name,
            nickname: person.nickname,
            given_name: person.given_name,
            family_name: person.family_name,
            picture: person.picture,
            email: person.email,
            email_verified: person.email_verified,
            locale: person.locale,
            updated_at: person.updated_at,
            provider: person.provider,
            app_metadata: Json(person.app_metadata),
            user_metadata: Json(person.user_metadata),
            claims: Json(person.claims),
        }
    }
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        let columns = row.columns;
        Self {
            issuer: columns.issuer,
            subject: columns.subject,
            name: columns.name,
            nickname: columns.nickname,
            given_name: columns.given_name,
            family_name: columns.family_name,
            picture: columns.picture,
            email: columns.email,
            email_verified: columns.email_verified,
            locale: columns.locale,
            updated_at: columns.updated_at,
            provider: columns.provider,
            created_at: row.created_at,
            last_login: row.last_login,
            app_metadata: columns.app_metadata.0,
            user_metadata: columns.user_metadata.0,
            claims: columns.claims.0,
        }
    }
}
