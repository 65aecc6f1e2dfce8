//! Finding records: which to read, and in what way to look for them.
//!
//! The service looks for candidates, and learns of them nothing but their ids; then the person reads these
//! on their own connection, and what they may not see is not there, whatever was looked for. In one
//! statement of the person's, SurrealDB would work out their permissions for a thousand records to show
//! twenty-five.
//!
//! SurrealDB takes no account of how much it will find. Each word of a full-text index costs what it has
//! hits, whatever the limit; walking through the records, newest first, costs what lies between those that
//! match. So it is asked first, up to a limit, how much there is.

use super::{RecordQuery, Records, Row, StoredRecord};
use crate::{
    model::record::{PAGE_SIZE, RecordId, Sees},
    server::store::{CALL_LIMIT, StoreError, call, handles::Answer},
};
use surrealdb::types::{RecordId as Link, RecordIdKey, ToSql as _, Variables};

/// From how many hits on it is better to walk through the records.
const MANY: usize = 2_000;
/// The largest team whose people's records are looked for one person after the other.
const LARGEST_TEAM: usize = 32;
/// How many words a record is tried for. A search for more has few hits.
const MOST_WORDS: usize = 6;
/// How many candidates are looked for at once, at most.
const MOST_AT_ONCE: usize = 1_000;
/// A text that sorts behind every ULID: the newest come first.
const BEYOND_ALL: &str = "8";

/// The ids of these records, newest first.
macro_rules! candidates {
    ($among:literal $(, $words:expr)?) => {
        concat!(
            "SELECT VALUE id FROM secure_data ", $among, $($words,)?
            " deleted_at = NONE AND key < $before ORDER BY key DESC LIMIT $most"
        )
    };
}
/// Whether the record at hand has all words of the search in one of its texts. Tried on a record by
/// itself, `@@` holds when it has any of several words: each stands alone. Those left over repeat another.
macro_rules! has_words {
    () => {
        "((title @@ $w1 AND title @@ $w2 AND title @@ $w3 AND title @@ $w4 AND title @@ $w5 AND title @@ $w6)
          OR (tags @@ $w1 AND tags @@ $w2 AND tags @@ $w3 AND tags @@ $w4 AND tags @@ $w5 AND tags @@ $w6)
          OR (body @@ $w1 AND body @@ $w2 AND body @@ $w3 AND body @@ $w4 AND body @@ $w5 AND body @@ $w6)) AND"
    };
}

/// A way to look for candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server::store) struct Way {
    pub(in crate::server::store) text: &'static str,
    /// Whether it finds one owner's: several are looked up one after the other.
    by_owner: bool,
}

impl Way {
    // Each index has the records in the order of creation.
    pub(in crate::server::store) const ALL: Self = Self::at_once(candidates!("WITH INDEX secure_data_key WHERE"));
    pub(in crate::server::store) const BY_OWNER: Self =
        Self::by_owner(candidates!("WITH INDEX secure_data_owner WHERE owner_key = $owner AND"));
    pub(in crate::server::store) const SEARCH_ALL: Self =
        Self::at_once(candidates!("WITH INDEX secure_data_key WHERE", has_words!()));
    pub(in crate::server::store) const SEARCH_BY_OWNER: Self =
        Self::by_owner(candidates!("WITH INDEX secure_data_owner WHERE owner_key = $owner AND", has_words!()));
    // All hits of the full-text indexes.
    pub(in crate::server::store) const HITS: Self =
        Self::at_once(candidates!("WHERE (title @@ $search OR tags @@ $search OR body @@ $search) AND"));
    pub(in crate::server::store) const HITS_OF_OWNERS: Self = Self::at_once(candidates!(
        "WHERE (title @@ $search OR tags @@ $search OR body @@ $search) AND owner_key IN $owners AND"
    ));

    const fn at_once(text: &'static str) -> Self {
        Self { text, by_owner: false }
    }

    const fn by_owner(text: &'static str) -> Self {
        Self { text, by_owner: true }
    }
}

/// What the person may see of the candidates.
const READ: &str = concat!("SELECT ", columns!(), " FROM $candidates WHERE deleted_at = NONE ORDER BY key DESC");

/// How many hits there are, up to $many in each text.
const COUNT: &str = "RETURN
    (SELECT VALUE count() FROM (SELECT VALUE key FROM secure_data WHERE title @@ $search LIMIT $many) GROUP ALL)[0]
    + (SELECT VALUE count() FROM (SELECT VALUE key FROM secure_data WHERE tags @@ $search LIMIT $many) GROUP ALL)[0]
    + (SELECT VALUE count() FROM (SELECT VALUE key FROM secure_data WHERE body @@ $search LIMIT $many) GROUP ALL)[0]";
/// Looks at everybody: the planner takes no index for what an array holds (3.3.5).
const TEAM_OF: &str = "SELECT VALUE <string> id FROM user WHERE groups ANYINSIDE $person.groups LIMIT $most";

impl Records {
    /// One more than [`PAGE_SIZE`] records, newest first: the last says that there are more.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn list(&self, query: &RecordQuery) -> Result<Vec<StoredRecord>, StoreError> {
        let wanted = PAGE_SIZE + 1;
        let owners = self.owners(query.sees).await?;
        let way = self.way(owners.as_deref(), &query.search).await?;
        let mut before = query.before.as_ref().map_or(BEYOND_ALL, RecordId::as_str).to_owned();
        let mut at_once = wanted;
        let mut found = Vec::new();
        loop {
            let candidates = self.candidates(way, &query.search, owners.as_deref(), &before, at_once).await?;
            let is_last = candidates.len() < at_once;
            found.extend(self.read(candidates, &mut before).await?);
            if is_last || found.len() >= wanted {
                found.truncate(wanted);
                return Ok(found);
            }
            // Some are not for this person to see. That is rare, but where a team is large.
            at_once = (at_once * 4).min(MOST_AT_ONCE);
        }
    }

    /// What is found in this way before `before`.
    pub(in crate::server::store) async fn candidates(
        &self,
        way: Way,
        search: &str,
        owners: Option<&[String]>,
        before: &str,
        most: usize,
    ) -> Result<Vec<Link>, StoreError> {
        let mut variables = Variables::new();
        variables.insert("most", most as i64);
        variables.insert("before", before.to_owned());
        variables.insert("search", search.to_owned());
        for (name, word) in ["w1", "w2", "w3", "w4", "w5", "w6"].into_iter().zip(words(search).into_iter().cycle()) {
            variables.insert(name, word.to_owned());
        }
        let owners = owners.unwrap_or_default();
        if !way.by_owner {
            variables.insert("owners", owners.to_vec());
            return self.ask(way.text, variables).await?.rows(0);
        }
        let mut found = Vec::new();
        for owner in owners {
            variables.insert("owner", owner.clone());
            found.extend(self.ask(way.text, variables.clone()).await?.rows::<Link>(0)?);
        }
        found.sort_unstable_by(|one, other| other.key.cmp(&one.key));
        found.truncate(most);
        Ok(found)
    }

    /// What the person sees of these; `before` becomes the last of them.
    async fn read(&self, candidates: Vec<Link>, before: &mut String) -> Result<Vec<StoredRecord>, StoreError> {
        match candidates.last().map(|last| &last.key) {
            None => return Ok(Vec::new()),
            Some(RecordIdKey::String(last)) => last.clone_into(before),
            Some(_) => return Err(StoreError::Unexpected("a record's id is no text")),
        }
        let mut variables = Variables::new();
        variables.insert("candidates", candidates);
        self.run(READ, variables).await?.rows::<Row>(0)?.into_iter().map(StoredRecord::try_from).collect()
    }

    /// Whose records to look for; nothing means everybody's.
    async fn owners(&self, sees: Sees) -> Result<Option<Vec<String>>, StoreError> {
        let me = self.person.to_sql();
        match sees {
            Sees::All => Ok(None),
            Sees::Own | Sees::Nothing => Ok(Some(vec![me])),
            Sees::Team => {
                let mut variables = Variables::new();
                variables.insert("person", self.person.clone());
                variables.insert("most", LARGEST_TEAM as i64 + 2);
                let mut team = self.ask(TEAM_OF, variables).await?.rows::<String>(0)?;
                team.push(me);
                team.sort_unstable();
                team.dedup();
                Ok((team.len() <= LARGEST_TEAM + 1).then_some(team))
            }
        }
    }

    /// The way that finds them with the least work.
    pub(in crate::server::store) async fn way(
        &self,
        owners: Option<&[String]>,
        search: &str,
    ) -> Result<Way, StoreError> {
        if search.is_empty() {
            return Ok(if owners.is_some() { Way::BY_OWNER } else { Way::ALL });
        }
        let can_try = (1..=MOST_WORDS).contains(&words(search).len());
        Ok(match (can_try && self.hits(search).await? >= MANY, owners.is_some()) {
            (false, false) => Way::HITS,
            (false, true) => Way::HITS_OF_OWNERS,
            (true, false) => Way::SEARCH_ALL,
            (true, true) => Way::SEARCH_BY_OWNER,
        })
    }

    /// How many hits the words of a search have, as far as it matters.
    async fn hits(&self, search: &str) -> Result<usize, StoreError> {
        let mut variables = Variables::new();
        variables.insert("search", search.to_owned());
        variables.insert("many", MANY as i64);
        let count = self.ask(COUNT, variables).await?.row::<i64>(0)?.unwrap_or_default();
        usize::try_from(count).map_err(|_| StoreError::Unexpected("a negative count"))
    }

    async fn ask(&self, text: &'static str, variables: Variables) -> Result<Answer, StoreError> {
        call::run(&self.handles, CALL_LIMIT, text, variables).await
    }
}

/// The words of a search, as the tables' analyzers divide it: at spaces, and wherever letters, digits and
/// punctuation meet.
fn words(search: &str) -> Vec<&str> {
    #[derive(Clone, Copy, PartialEq)]
    enum Class {
        Letter,
        Digit,
        Punctuation,
    }
    let class = |c: char| match c {
        _ if c.is_alphabetic() => Some(Class::Letter),
        _ if c.is_numeric() => Some(Class::Digit),
        _ if c.is_ascii_punctuation() => Some(Class::Punctuation),
        _ => None,
    };
    let mut words = Vec::new();
    let mut begun: Option<(usize, Class)> = None;
    for (at, c) in search.char_indices().chain([(search.len(), ' ')]) {
        let now = class(c);
        if begun.map(|(_, class)| class) == now {
            continue;
        }
        if let Some((start, _)) = begun {
            words.push(&search[start..at]);
        }
        begun = now.map(|class| (at, class));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_divided_as_the_analyzers_divide_it() {
        for (search, expected) in [
            ("", &[][..]),
            ("  access   review ", &["access", "review"]),
            ("number7", &["number", "7"]),
            ("a-b", &["a", "-", "b"]),
            ("Q3/2026 …é", &["Q", "3", "/", "2026", "é"]),
            ("emoji 🚪 door", &["emoji", "door"]),
        ] {
            assert_eq!(words(search), expected, "{search}");
        }
    }
}
