//! A person, as the sign-in service last described them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A person who has signed in.
///
/// Who it is, is decided by [`issuer`](Person::issuer) and [`subject`](Person::subject) together
/// (OpenID Connect Core 1.0, section 5.7), never by an e-mail address. Serialises with the names of
/// the standard claims, so that the JSON reads like an answer of `/userinfo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The sign-in service: the `iss` of the ID token, an URL.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// The person's id at the sign-in service: the `sub` of the ID token, such as `auth0|5f7c8ec7`.
    #[serde(rename = "sub")]
    pub subject: String,
    /// The full name, as they want it shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A short or casual name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The first name or names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The last name or names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// URL of a picture; only `https:` ones (and `http:` on loopback) are ever kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The e-mail address. It may be unverified: see [`email_verified`](Person::email_verified).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the sign-in service vouches that the address is theirs.
    #[serde(default)]
    pub email_verified: bool,
    /// Language and region, a BCP 47 tag such as `de-AT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// When the sign-in service last changed the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
    /// How they sign in: the part of `sub` before `|` (`auth0`, `google-oauth2`, `samlp`…), or
    /// `oidc` where the service does not write it there.
    pub provider: String,
    /// When they first signed in here.
    pub created_at: DateTime<Utc>,
    /// When they last signed in here.
    pub last_login: DateTime<Utc>,
    /// When the sign-in service last described them: at that sign-in, or since, when the tokens of a session were
    /// refreshed.
    pub described_at: DateTime<Utc>,
    /// What administrators keep about them at the sign-in service.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub app_metadata: Map<String, Value>,
    /// What they may keep about themselves at the sign-in service. They can edit it: never trust
    /// it for a decision.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub user_metadata: Map<String, Value>,
    /// All other claims, as they came: namespaced ones (`https://…/roles`) and the legacy rule's
    /// `groups`, `roles`, `permissions` and `authorization`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// The `permissions` of the access token that came with that description, where the operator lets them count
    /// (`PERMISSIONS_FROM_TOKEN`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_permissions: Vec<String>,
    /// Whether an administrator has shut them out of all records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

impl Person {
    /// What to call them: the name, else the nickname, else the e-mail, else the id.
    pub fn display_name(&self) -> &str {
        [&self.name, &self.nickname, &self.email]
            .into_iter()
            .flatten()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
            .unwrap_or(&self.subject)
    }

    /// One or two letters that stand in for a picture.
    pub fn initials(&self) -> String {
        let mut words = self
            .display_name()
            .split(|c: char| c.is_whitespace() || c == '@')
            .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
        let first = words.next();
        let last = words.next_back();
        first.into_iter().chain(last).flat_map(char::to_uppercase).take(3).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: Option<&str>, nickname: Option<&str>, email: Option<&str>) -> Person {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Person {
            issuer: "https://tenant.example/".into(),
            subject: "auth0|1".into(),
            name: text(name),
            nickname: text(nickname),
            given_name: None,
            family_name: None,
            picture: None,
            email: text(email),
            email_verified: false,
            locale: None,
            updated_at: None,
            provider: "auth0".into(),
            created_at: DateTime::UNIX_EPOCH,
            last_login: DateTime::UNIX_EPOCH,
            described_at: DateTime::UNIX_EPOCH,
            app_metadata: Map::new(),
            user_metadata: Map::new(),
            claims: Map::new(),
            token_permissions: vec![],
            disabled: false,
        }
    }

    #[test]
    fn a_person_is_called_by_the_best_name_there_is() {
        assert_eq!(person(Some("Ada"), Some("a"), None).display_name(), "Ada");
        assert_eq!(person(Some("  "), Some("a"), None).display_name(), "a");
        assert_eq!(person(None, None, Some("a@b.c")).display_name(), "a@b.c");
        assert_eq!(person(None, None, None).display_name(), "auth0|1");
    }

    #[test]
    fn initials_are_the_first_letters_of_the_first_and_the_last_word() {
        assert_eq!(person(Some("Ada Byron Lovelace"), None, None).initials(), "AL");
        assert_eq!(person(Some("ada"), None, None).initials(), "A");
        assert_eq!(person(Some("😀 !!"), None, None).initials(), "");
        assert_eq!(person(Some("نادية الفاسي"), None, None).initials(), "نا");
    }

    #[test]
    fn the_json_carries_the_names_of_the_standard_claims() {
        let json = serde_json::to_value(person(Some("Ada"), None, None)).unwrap();
        assert_eq!(json["sub"], "auth0|1");
        assert_eq!(json["iss"], "https://tenant.example/");
        assert!(json.get("email").is_none(), "what is not known is left out");
    }
}
