//! Secure data: records that people write, and what each person may do with them.
//!
//! What a record must be like is decided here once ([`Form::read`]) and used on both sides: in the
//! browser before a form is sent, and on the server whatever was sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// The largest body, in bytes of UTF-8: 64 kB.
pub const MAX_BODY: usize = 64 * 1024;
/// The most tags of a record.
pub const MAX_TAGS: usize = 20;
/// The longest tag, in characters.
pub const MAX_TAG: usize = 40;
/// How many records a page of the list has.
pub const PAGE_SIZE: usize = 25;
/// The longest search, in characters. What is longer is cut.
pub const MAX_SEARCH: usize = 200;

/// How carefully a record is to be treated, from the most open to the most closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Classification {
    /// For anybody.
    Public,
    /// For everybody in the organisation.
    #[default]
    Internal,
    /// For those who need it.
    Confidential,
    /// For very few.
    Restricted,
}

impl Classification {
    /// All four, from the most open to the most closed.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Public => "Public",
            Self::Internal => "Internal",
            Self::Confidential => "Confidential",
            Self::Restricted => "Restricted",
        }
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name is none of the four classifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such classification")]
pub struct UnknownClassification;

impl FromStr for Classification {
    type Err = UnknownClassification;

    fn from_str(name: &str) -> Result<Self, UnknownClassification> {
        Self::ALL.into_iter().find(|one| one.as_str() == name).ok_or(UnknownClassification)
    }
}

/// The id of a record: a ULID, 26 characters of Crockford's base32 in upper case, so that ids sort by
/// the time of creation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"))]
pub struct RecordId(String);

impl RecordId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no record's id: no record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no record's id")]
pub struct NoRecordId;

impl FromStr for RecordId {
    type Err = NoRecordId;

    fn from_str(text: &str) -> Result<Self, NoRecordId> {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let fits = text.len() == 26
            && text.starts_with(|first| first <= '7')
            && text.bytes().all(|byte| ALPHABET.contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err(NoRecordId) }
    }
}

impl TryFrom<String> for RecordId {
    type Error = NoRecordId;

    fn try_from(text: String) -> Result<Self, NoRecordId> {
        text.parse()
    }
}

impl From<RecordId> for String {
    fn from(id: RecordId) -> Self {
        id.0
    }
}

/// What a person writes: a record without what only the server knows. Always within the limits: it
/// is made by [`Form::read`] or [`Draft::check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// 1 to [`MAX_TITLE`] characters, without control characters.
    pub title: String,
    /// At most [`MAX_BODY`] bytes. Line breaks are `\n`.
    pub body: String,
    /// How carefully it is to be treated.
    pub classification: Classification,
    /// At most [`MAX_TAGS`], each once, in lower case.
    pub tags: Vec<String>,
}

/// A field of a record that people fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Field {
    /// The title.
    Title,
    /// The body.
    Body,
    /// The classification.
    Classification,
    /// The tags.
    Tags,
}

impl Field {
    /// The name of the field in forms and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::Classification => "classification",
            Self::Tags => "tags",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Which field.
    pub field: Field,
    /// What is wrong and what would be right, in one sentence.
    pub message: String,
}

impl Fault {
    fn new(field: Field, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// A form as it was filled in, whatever is in it: what is shown again when something is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The body. Browsers send line breaks as `\r\n`.
    #[serde(default)]
    pub body: String,
    /// The name of a [`Classification`].
    #[serde(default)]
    pub classification: String,
    /// Tags, with commas between them.
    #[serde(default)]
    pub tags: String,
    /// The version that the person began to change; empty for a new record.
    #[serde(default)]
    pub version: String,
}

impl Form {
    /// An empty form for a new record.
    pub fn empty() -> Self {
        Self { classification: Classification::default().as_str().to_owned(), ..Self::default() }
    }

    /// A form that changes a record as it is now.
    pub fn of(record: &Record) -> Self {
        Self {
            title: record.title.clone(),
            body: record.body.clone(),
            classification: record.classification.as_str().to_owned(),
            tags: record.tags.join(", "),
            version: record.version.to_string(),
        }
    }

    /// What was filled in.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the fields.
    pub fn read(&self) -> Result<Draft, Vec<Fault>> {
        let classification = self.classification.parse();
        let tags = self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let checked = Draft::check(&self.title, &self.body, classification.unwrap_or_default(), tags);
        match (checked, classification) {
            (Ok(draft), Ok(_)) => Ok(draft),
            (checked, classification) => {
                let mut faults = checked.err().unwrap_or_default();
                if classification.is_err() {
                    let at = faults.iter().position(|fault| fault.field == Field::Tags).unwrap_or(faults.len());
                    faults.insert(at, Fault::new(Field::Classification, "Choose one of the classifications."));
                }
                Err(faults)
            }
        }
    }
}

impl Draft {
    /// Takes the parts of a record: space around the title and the tags goes, line breaks become
    /// `\n`, tags become lower case and each is kept once.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the fields.
    pub fn check(
        title: &str,
        body: &str,
        classification: Classification,
        tags: Vec<String>,
    ) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let title = title.trim().to_owned();
        let characters = title.chars().count();
        if title.is_empty() {
            faults.push(Fault::new(Field::Title, "Give it a title."));
        } else if characters > MAX_TITLE {
            faults.push(Fault::new(
                Field::Title,
                format!("The title has {characters} characters; at most {MAX_TITLE} fit."),
            ));
        } else if title.chars().any(char::is_control) {
            faults.push(Fault::new(Field::Title, "The title must be one line of text."));
        }
        let body = body.replace("\r\n", "\n").replace('\r', "\n");
        if body.len() > MAX_BODY {
            let over = in_bytes(body.len() - MAX_BODY);
            faults.push(Fault::new(Field::Body, format!("The text is {over} too long; 64 kB fit.")));
        } else if body.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            faults.push(Fault::new(Field::Body, "The text has control characters; take them out."));
        }
        let mut kept: Vec<String> = Vec::new();
        for tag in tags {
            let tag = in_lower_case(tag.trim());
            if tag.is_empty() || tag.chars().count() > MAX_TAG || tag.chars().any(|c| c.is_control() || c == ',') {
                let message = format!("Each tag has 1 to {MAX_TAG} characters and no comma.");
                faults.push(Fault::new(Field::Tags, message));
                break;
            }
            if !kept.contains(&tag) {
                kept.push(tag);
            }
        }
        if kept.len() > MAX_TAGS {
            faults.push(Fault::new(Field::Tags, format!("These are {} tags; at most {MAX_TAGS} fit.", kept.len())));
        }
        if faults.is_empty() { Ok(Self { title, body, classification, tags: kept }) } else { Err(faults) }
    }
}

/// The text in lower case. The browser has the tables for that; ours would be a tenth of the WASM.
fn in_lower_case(text: &str) -> String {
    #[cfg(feature = "hydrate")]
    return js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(not(feature = "hydrate"))]
    text.to_lowercase()
}

/// A number of bytes, in words.
pub fn in_bytes(bytes: usize) -> String {
    bytes.to_string() + if bytes == 1 { " byte" } else { " bytes" }
}

/// Whose a record is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Owner {
    /// What to call them. Nothing if they have no name.
    pub name: Option<String>,
    /// Whether it is the person who asks.
    pub is_me: bool,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// How carefully it is to be treated.
    pub classification: Classification,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whose it is.
    pub owner: Owner,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: u64,
    /// What the person who asks may do with it.
    pub may: Actions,
}

/// A record in a list: without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Summary {
    /// Its id.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// How carefully it is to be treated.
    pub classification: Classification,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whose it is.
    pub owner: Owner,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes, from 1.
    pub version: u64,
    /// What the person who asks may do with it.
    pub may: Actions,
}

/// What a person may do with one record that they see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Actions {
    /// Change it.
    pub edit: bool,
    /// Delete it, and take that back.
    pub delete: bool,
}

/// A page of records, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RecordPage {
    /// At most [`PAGE_SIZE`].
    pub records: Vec<Summary>,
    /// Where the next page begins: the `before` to ask with. Nothing on the last page. It stays good
    /// whatever is created, changed or deleted meanwhile.
    pub next: Option<RecordId>,
}

/// What a person may do with records at all, and why not the rest: what pages offer and explain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Whose records they see.
    pub sees: Sees,
    /// Whether they may create one.
    pub create: bool,
    /// Whether they may change every record that they see.
    pub edit_all: bool,
    /// Whether they may delete every record that they see.
    pub delete: bool,
    /// Whether a second factor would let them do more.
    pub second_factor_helps: bool,
}

/// Whose records a person sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// None.
    #[default]
    Nothing,
    /// Their own.
    Own,
    /// Their own, and those of the people who share a group with them.
    Team,
    /// All.
    All,
}

/// Why somebody who is signed in gets at no records at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Their e-mail address is not verified.
    EmailNotVerified,
    /// An administrator has disabled their account here.
    Disabled,
    /// None of their roles lets them see or create records.
    NoPermission,
    /// Their roles would, with a second factor.
    NeedsSecondFactor,
}

impl Closed {
    /// What is the matter, in one plain sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::EmailNotVerified => "Records are only open to people whose e-mail address is verified.",
            Self::Disabled => "Your account is disabled here.",
            Self::NoPermission => "None of your roles lets you see or create records.",
            Self::NeedsSecondFactor => "Your roles open records to you only after a second factor.",
        }
    }

    /// What the person can do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::EmailNotVerified => {
                "Open the message that the sign-in service sent you and follow its link, then sign out and in again."
            }
            Self::Disabled => "Ask your administrators.",
            Self::NoPermission => "Ask your administrators for a role, then sign out and in again.",
            Self::NeedsSecondFactor => "Confirm with a second factor.",
        }
    }
}

/// How an attempt to write a record ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saved {
    /// It is written; this is it now.
    Done(Box<Record>),
    /// What was sent is not a record; nothing is written.
    Invalid(Vec<Fault>),
    /// Somebody else has changed it meanwhile: nothing is written. This is how it is now.
    Changed(Box<Record>),
    /// It is not there (any more), or not for this person.
    Gone,
    /// The person sees it and may not do that.
    Forbidden,
    /// They may, once they have confirmed with a second factor (again): theirs is missing or too old.
    NeedsSecondFactor,
}

/// A record that was deleted and can be brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Its id.
    pub id: RecordId,
    /// Its title.
    pub title: String,
    /// Until when it can be brought back.
    pub restorable_until: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(title: &str, body: &str, classification: &str, tags: &str) -> Form {
        let text = str::to_owned;
        Form {
            title: text(title),
            body: text(body),
            classification: text(classification),
            tags: text(tags),
            version: text(""),
        }
    }

    fn faults(form: &Form) -> Vec<Field> {
        form.read().unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_form_becomes_a_draft_in_one_shape() {
        let draft = form("  Plan \t", "a\r\nb", "restricted", " Blue, red ,, BLUE").read().unwrap();
        assert_eq!((draft.title.as_str(), draft.body.as_str()), ("Plan", "a\nb"));
        assert_eq!(draft.classification, Classification::Restricted);
        assert_eq!(draft.tags, ["blue", "red"]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_fields() {
        let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
        let all = form(" ", &"x".repeat(MAX_BODY + 1), "secret", &many.join(","));
        assert_eq!(faults(&all), [Field::Title, Field::Body, Field::Classification, Field::Tags]);
    }

    #[test]
    fn the_limits_hold_to_the_last_character() {
        let good = |title: &str, body: &str, tags: &str| form(title, body, "public", tags).read().is_ok();
        assert!(good(&"é".repeat(200), "", ""));
        assert!(!good(&"é".repeat(201), "", ""));
        assert!(good("t", &"x".repeat(65_536), ""));
        assert!(!good("t", &"x".repeat(65_537), ""));
        assert!(good("t", &format!("{}é", "x".repeat(65_534)), ""));
        assert!(!good("t", &format!("{}é", "x".repeat(65_535)), ""), "bytes are counted, not characters");
        assert!(good("t", &"\r\n".repeat(65_536), ""), "a line break is one byte");
        assert!(good("t", "", &"x".repeat(40)));
        assert!(!good("t", "", &"x".repeat(41)));
        for bad in ["a\nb", "a\u{0}b", "\u{1b}[31m"] {
            assert!(!good(bad, "", ""), "{bad:?}");
        }
        assert!(!good("t", "a\u{0}b", "") && good("t", "a\tb\nc", ""));
    }

    #[test]
    fn ids_are_ulids_and_nothing_else() {
        assert!("01JDJ6V7Y5T3M8K9QWERTYAB2C".parse::<RecordId>().is_ok());
        for bad in [
            "",
            "01JDJ6V7Y5T3M8K9QWERTYAB2",
            "01JDJ6V7Y5T3M8K9QWERTYAB2CC",
            "81JDJ6V7Y5T3M8K9QWERTYAB2C",
            "01jdj6v7y5t3m8k9qwertyab2c",
            "01JDJ6V7Y5T3M8K9QWERTYAB2I",
            "user:⟨auth0|1⟩01JDJ6V7Y5T3",
            "01JDJ6V7Y5T3M8K9QWERTYABé",
        ] {
            assert_eq!(bad.parse::<RecordId>(), Err(NoRecordId), "{bad}");
        }
    }

    #[test]
    fn a_form_of_a_record_reads_back_as_it() {
        let record = Record {
            id: "01JDJ6V7Y5T3M8K9QWERTYAB2C".parse().unwrap(),
            title: "T".into(),
            body: "a\nb".into(),
            classification: Classification::Confidential,
            tags: vec!["x y".into(), "z".into()],
            owner: Owner { name: None, is_me: true },
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            version: 7,
            may: Actions::default(),
        };
        let form = Form::of(&record);
        let draft = form.read().unwrap();
        assert_eq!((draft.title, draft.body, draft.tags), (record.title, record.body, record.tags));
        assert_eq!((draft.classification, form.version.as_str()), (record.classification, "7"));
    }
}
