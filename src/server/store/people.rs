//! People at rest. A person's record id is the issuer and the subject, so that writing one twice
//! is writing one.

use super::{CALL_LIMIT, Store, StoreError, call, json::Json};
use crate::model::{Permission, Person};
use chrono::{DateTime, Utc};
use serde_json::Map;
use std::collections::BTreeSet;
use surrealdb::types::{Array, RecordId, RecordIdKey, SurrealValue, ToSql as _, Value, Variables};

/// How many people are read at once when their entitlements are worked out anew.
const BATCH: i64 = 200;

/// What the sign-in service says about a person at a sign-in, or at a refresh: a [`Person`] without what only the
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
    pub token_permissions: Vec<String>,
    /// What the policy makes of all this.
    pub entitlements: Entitlements,
}

/// What a person may do, as the database reads it: worked out from claims and policy, and written to
/// the person's record by the service alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitlements {
    /// What they may do in a session without a second factor.
    pub single_factor: BTreeSet<Permission>,
    /// What they may do in a session with one.
    pub second_factor: BTreeSet<Permission>,
    /// The groups that the sign-in service names: sharing one makes a team.
    pub groups: Vec<String>,
    /// The checksum of the policy that this was worked out with.
    pub policy: String,
}

impl Store {
    /// The person with that id at that sign-in service, as it last described them.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn person(&self, issuer: &str, subject: &str) -> Result<Option<Person>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("user", record_id(issuer, subject));
        let mut answer = call::run(&self.handles, CALL_LIMIT, "SELECT * FROM $user", variables).await?;
        Ok(answer.row::<PersonRow>(0)?.map(Person::from))
    }

    /// Some of the people whose entitlements were not worked out with this policy; none when all were.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn people_under_another_policy(&self, policy: &str) -> Result<Vec<Person>, StoreError> {
        const TEXT: &str = "SELECT * FROM user WHERE policy != $policy LIMIT $most";
        let mut variables = Variables::new();
        variables.insert("policy", policy.to_owned());
        variables.insert("most", BATCH);
        let mut answer = call::run(&self.handles, CALL_LIMIT, TEXT, variables).await?;
        Ok(answer.rows::<PersonRow>(0)?.into_iter().map(Person::from).collect())
    }

    /// Writes what a person may do from now on: it holds for their very next statement. Answers
    /// whether there is such a person.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn entitle(&self, issuer: &str, subject: &str, to: &Entitlements) -> Result<bool, StoreError> {
        const TEXT: &str = "UPDATE $user SET permissions = $entitlements.permissions, groups = $entitlements.groups,
            policy = $entitlements.policy RETURN VALUE policy";
        let mut variables = Variables::new();
        variables.insert("user", record_id(issuer, subject));
        variables.insert("entitlements", EntitlementColumns::from(to));
        let mut answer = call::run(&self.handles, CALL_LIMIT, TEXT, variables).await?;
        Ok(answer.row::<String>(0)?.is_some())
    }
}

/// ``user:[issuer, subject]``.
pub(super) fn record_id(issuer: &str, subject: &str) -> RecordId {
    RecordId::new("user", Array::from(vec![issuer.to_owned().into_value(), subject.to_owned().into_value()]))
}

/// The subject that it was made from.
pub(super) fn subject_of(user: &RecordId) -> Option<String> {
    match &user.key {
        RecordIdKey::Array(parts) => match parts.get(1)? {
            Value::String(subject) => Some(subject.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The same as text: what a person's sessions are found by.
pub(super) fn record_key(issuer: &str, subject: &str) -> String {
    record_id(issuer, subject).to_sql()
}

/// What the sign-in service says of a person, for a `SET`. Each field is set, also to nothing, so that a claim
/// which the service no longer sends is gone (MERGE would keep the members of objects). Takes `$person`.
macro_rules! person_columns {
    () => {
        "name = $person.name,
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
            token_permissions = $person.token_permissions,
            permissions = $person.permissions,
            groups = $person.groups,
            policy = $person.policy"
    };
}
pub(super) use person_columns;

/// What a sign-in writes; what this program keeps beside it, such as `created_at`, stays. Takes `$user`,
/// `$person` and `$now`.
macro_rules! upsert_person {
    () => {
        concat!(
            "UPSERT $user SET
            issuer = $person.issuer,
            subject = $person.subject,
            ",
            person_columns!(),
            ",
            created_at = created_at ?? $now,
            last_login = $now,
            described_at = $now"
        )
    };
}
pub(super) use upsert_person;

/// The variable `$person` of [`person_columns`] and [`upsert_person`].
#[derive(SurrealValue)]
pub(super) struct PersonWrite {
    #[surreal(flatten)]
    columns: Columns,
    #[surreal(flatten)]
    entitlements: EntitlementColumns,
}

/// What the database reads of a person's entitlements.
#[derive(SurrealValue)]
struct EntitlementColumns {
    permissions: PermissionColumns,
    groups: Vec<String>,
    policy: String,
}

/// By the second factor of a session: the names are those of the token's claim `factor`.
#[derive(SurrealValue)]
struct PermissionColumns {
    single_factor: Vec<String>,
    second_factor: Vec<String>,
}

/// What [`PersonWrite`] and [`PersonRow`] have in common.
#[derive(SurrealValue)]
struct Columns {
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
    token_permissions: Option<Vec<String>>,
}

/// A row of the table `user`.
#[derive(SurrealValue)]
pub(super) struct PersonRow {
    created_at: DateTime<Utc>,
    last_login: DateTime<Utc>,
    described_at: Option<DateTime<Utc>>,
    disabled: Option<bool>,
    #[surreal(flatten)]
    columns: Columns,
}

impl From<&Entitlements> for EntitlementColumns {
    fn from(entitlements: &Entitlements) -> Self {
        let names = |permissions: &BTreeSet<Permission>| {
            permissions.iter().map(|permission| permission.as_str().to_owned()).collect()
        };
        Self {
            permissions: PermissionColumns {
                single_factor: names(&entitlements.single_factor),
                second_factor: names(&entitlements.second_factor),
            },
            groups: entitlements.groups.clone(),
            policy: entitlements.policy.clone(),
        }
    }
}

impl From<&NewPerson> for PersonWrite {
    fn from(person: &NewPerson) -> Self {
        Self { columns: person.into(), entitlements: (&person.entitlements).into() }
    }
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
            token_permissions: Some(person.token_permissions),
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
            described_at: row.described_at.unwrap_or(row.last_login),
            app_metadata: columns.app_metadata.0,
            user_metadata: columns.user_metadata.0,
            claims: columns.claims.0,
            token_permissions: columns.token_permissions.unwrap_or_default(),
            disabled: row.disabled.unwrap_or_default(),
        }
    }
}
