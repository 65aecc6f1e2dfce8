//! Who is signed in, for administrators: people and their live sessions, and ending everybody's.

use super::{
    CALL_LIMIT, EndedRecord, SessionKey, Store, StoreError, call,
    people::{PersonRow, record_id, record_key},
    sessions::{EndedRow, MOST_AT_ONCE, ended},
};
use crate::model::Person;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use surrealdb::types::{RecordId, SurrealValue, Variables};

/// How many people are listed at most.
const MOST: usize = 50;
/// Among how many of the sessions that were last used they are looked for.
const LOOKED_AT: i64 = 1_000;
/// How many of their sessions are counted at most, all together.
const COUNTED: i64 = 10_000;

const LAST_USED: &str = "SELECT user, last_seen_at FROM session WHERE last_seen_at > $idle_since AND expires_at > $now
    ORDER BY last_seen_at DESC LIMIT $looked_at";
const BY_EMAIL: &str = "SELECT VALUE id FROM user WHERE email IN $names LIMIT $most";
const PEOPLE: &str = "SELECT * FROM $users;
    SELECT user_key, last_seen_at FROM session WHERE user_key IN $keys AND expires_at > $now
        AND last_seen_at > $idle_since LIMIT $counted";
const END_SOME: &str = "DELETE (SELECT VALUE id FROM session WHERE created_at <= $begun_by AND id != $kept LIMIT $most)
    RETURN BEFORE";

/// A person, and how much they are signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonSignedIn {
    /// Who it is.
    pub person: Person,
    /// How many live sessions they have.
    pub sessions: u32,
    /// When one of them was last used, to within a minute.
    pub last_seen_at: Option<DateTime<Utc>>,
}

impl Store {
    /// The people whose sessions were used last, the last one first. A session lives that was used after
    /// `idle_since` and ends after `now`.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn people_last_seen(
        &self,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Vec<PersonSignedIn>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("now", now);
        variables.insert("idle_since", idle_since);
        variables.insert("looked_at", LOOKED_AT);
        let rows = call::run(&self.handles, CALL_LIMIT, LAST_USED, variables).await?.rows::<UseRow>(0)?;
        let mut users: Vec<RecordId> = vec![];
        for UseRow { user } in rows {
            if users.len() < MOST && !users.contains(&user) {
                users.push(user);
            }
        }
        self.people_of(users, now, idle_since).await
    }

    /// The people of that issuer with this e-mail address, as it is or in lower case, or with this id (`sub`),
    /// signed in or not.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn people_called(
        &self,
        issuer: &str,
        name: &str,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Vec<PersonSignedIn>, StoreError> {
        let names = BTreeSet::from([name.to_owned(), name.to_lowercase()]);
        let mut variables = Variables::new();
        variables.insert("names", names.into_iter().collect::<Vec<_>>());
        variables.insert("most", MOST as i64);
        let mut users = call::run(&self.handles, CALL_LIMIT, BY_EMAIL, variables).await?.rows::<RecordId>(0)?;
        let by_id = record_id(issuer, name);
        if !users.contains(&by_id) {
            users.push(by_id);
        }
        let mut people = self.people_of(users, now, idle_since).await?;
        people.retain(|found| found.person.issuer == issuer);
        Ok(people)
    }

    /// What there is to know of these people. Who does not exist is left out.
    async fn people_of(
        &self,
        users: Vec<RecordId>,
        now: DateTime<Utc>,
        idle_since: DateTime<Utc>,
    ) -> Result<Vec<PersonSignedIn>, StoreError> {
        use surrealdb::types::ToSql as _;
        let mut variables = Variables::new();
        variables.insert("keys", users.iter().map(RecordId::to_sql).collect::<Vec<_>>());
        variables.insert("users", users);
        variables.insert("now", now);
        variables.insert("idle_since", idle_since);
        variables.insert("counted", COUNTED);
        let mut answer = call::run(&self.handles, CALL_LIMIT, PEOPLE, variables).await?;
        let people = answer.rows::<PersonRow>(0)?;
        let mut live = BTreeMap::<String, (u32, DateTime<Utc>)>::new();
        for LiveRow { user_key, last_seen_at } in answer.rows(1)? {
            let (sessions, last) = live.entry(user_key).or_insert((0, last_seen_at));
            *sessions += 1;
            *last = last_seen_at.max(*last);
        }
        let mut people: Vec<_> = people
            .into_iter()
            .map(|row| {
                let person = Person::from(row);
                let found = live.get(&record_key(&person.issuer, &person.subject)).copied();
                let (sessions, last_seen_at) = found.map_or((0, None), |(count, last)| (count, Some(last)));
                PersonSignedIn { person, sessions, last_seen_at }
            })
            .collect();
        people.sort_by_key(|found| std::cmp::Reverse(found.last_seen_at));
        Ok(people)
    }

    /// Ends some of the sessions that began by then, [`MOST_AT_ONCE`] of them, but the one to be `kept`; nothing when there are no more.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn end_some_sessions(
        &self,
        begun_by: DateTime<Utc>,
        kept: Option<&SessionKey>,
    ) -> Result<Vec<EndedRecord>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("begun_by", begun_by);
        variables.insert("kept", kept.map(SessionKey::record_id));
        variables.insert("most", MOST_AT_ONCE);
        ended(call::run(&self.handles, CALL_LIMIT, END_SOME, variables).await?.rows::<EndedRow>(0)?)
    }
}

#[derive(SurrealValue)]
struct UseRow {
    user: RecordId,
}

#[derive(SurrealValue)]
struct LiveRow {
    user_key: String,
    last_seen_at: DateTime<Utc>,
}
