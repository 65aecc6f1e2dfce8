//! What of an answer is believed: the directory is a stranger, and what stands in it was typed by
//! people.
//!
//! An entry of the wrong form is left out and counted, so that one bad description does not hide
//! all the others.

use crate::model::directory::{Account, Organization, Permission, Role};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The longest name taken, in characters. A longer one could not be matched with a claim's.
const LONGEST_NAME: usize = 256;
/// The longest description shown, in characters; the rest is cut.
const LONGEST_DESCRIPTION: usize = 1000;
/// The longest id taken, in bytes.
pub(super) const LONGEST_ID: usize = 512;

/// The entries of a list.
pub(super) struct List {
    pub(super) entries: Vec<Value>,
    /// How many there are in all, where the answer says so.
    pub(super) total: Option<usize>,
}

/// Takes a list out of an answer: a bare array, or an object with the list as `member`.
///
/// # Errors
/// What is wrong, in words without any of the answer's values.
pub(super) fn list(body: Value, member: &'static str) -> Result<List, String> {
    match body {
        Value::Array(entries) => Ok(List { entries, total: None }),
        Value::Object(mut object) => {
            let total = object.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
            match object.remove(member) {
                Some(Value::Array(entries)) => Ok(List { entries, total }),
                Some(_) => Err(format!("{member} is not a list")),
                None => Err(format!("there is no {member} in it")),
            }
        }
        _ => Err("it is neither a list nor an object".to_owned()),
    }
}

/// Reads each entry, and counts those that cannot be read.
pub(super) fn each<T>(entries: &[Value], dropped: &mut usize, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let read: Vec<T> = entries.iter().filter_map(read).collect();
    *dropped += entries.len() - read.len();
    read
}

/// A name: not empty, of sane length, without control characters.
pub(super) fn name(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let sane = !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control);
    sane.then(|| text.to_owned())
}

/// An id.
pub(super) fn id(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let sane = !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control);
    sane.then(|| text.to_owned())
}

/// Text for people, cut and cleaned; nothing where there is none.
pub(super) fn description(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    let mut cut: String =
        text.chars().take(LONGEST_DESCRIPTION).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    (!cut.is_empty()).then_some(cut)
}

/// The ids in a list of ids; entries of another form are passed over.
pub(super) fn ids(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(|entry| id(Some(entry))).collect()
}

/// A role of the Management API.
pub(super) fn role(value: &Value) -> Option<Role> {
    Some(Role {
        id: id(value.get("id"))?,
        name: name(value.get("name"))?,
        description: description(value.get("description")),
    })
}

/// A permission of the Management API.
pub(super) fn permission(value: &Value) -> Option<Permission> {
    Some(Permission {
        name: name(value.get("permission_name"))?,
        description: description(value.get("description")),
        api: id(value.get("resource_server_identifier")),
    })
}

/// An organization.
pub(super) fn organization(value: &Value) -> Option<Organization> {
    Some(Organization {
        id: id(value.get("id"))?,
        name: name(value.get("name"))?,
        display_name: name(value.get("display_name")),
    })
}

/// An account of the Management API.
pub(super) fn account(value: &Value) -> Option<Account> {
    let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    let time = |name: &str| {
        let text = value.get(name)?.as_str()?;
        Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
    };
    let metadata = |name: &str| value.get(name).and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    Some(Account {
        user_id: id(value.get("user_id"))?,
        email: name(value.get("email")),
        email_verified: flag("email_verified"),
        name: name(value.get("name")),
        nickname: name(value.get("nickname")),
        picture: value
            .get("picture")
            .and_then(Value::as_str)
            .filter(|url| url.starts_with("https://") && url.len() <= 2048)
            .map(str::to_owned),
        blocked: flag("blocked"),
        logins_count: value.get("logins_count").and_then(Value::as_u64).unwrap_or(0),
        created_at: time("created_at"),
        last_login: time("last_login"),
        app_metadata: metadata("app_metadata"),
        user_metadata: metadata("user_metadata"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_comes_bare_or_in_an_object() {
        assert_eq!(list(json!([1, 2]), "roles").unwrap().entries.len(), 2);
        let paged = list(json!({ "start": 0, "limit": 50, "total": 7, "roles": [1] }), "roles").unwrap();
        assert_eq!((paged.entries.len(), paged.total), (1, Some(7)));
        assert_eq!(list(json!({ "roles": [], "total": "7" }), "roles").unwrap().total, None);
        assert_eq!(list(json!({ "roles": [], "total": -1 }), "roles").unwrap().total, None);
        for wrong in
            [json!(null), json!(7), json!("roles"), json!({}), json!({ "roles": {} }), json!({ "permissions": [] })]
        {
            assert!(list(wrong.clone(), "roles").is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_entry_of_the_wrong_form_is_left_out_and_counted() {
        let entries = [
            json!({ "id": "rol_1", "name": "admin", "description": "All of it" }),
            json!({ "id": "rol_2", "name": 7 }),
            json!({ "name": "no id" }),
            json!({ "id": "rol_3", "name": "  " }),
            json!({ "id": "rol_4", "name": "a\u{0}b" }),
            json!({ "id": "rol_5", "name": "x".repeat(257) }),
            json!({ "id": "", "name": "x" }),
            json!(["rol_6"]),
            json!(null),
            json!({ "id": "rol_7", "name": "user", "description": { "en": "no text" } }),
        ];
        let mut dropped = 0;
        let roles = each(&entries, &mut dropped, role);
        assert_eq!(dropped, 8);
        assert_eq!(roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["admin", "user"]);
        assert_eq!(roles[1].description, None);
    }

    #[test]
    fn descriptions_are_cut_and_cleaned_but_keep_their_script() {
        assert_eq!(description(Some(&json!("  Runs\nthe\u{7} office  "))).unwrap(), "Runs the  office");
        assert_eq!(description(Some(&json!("مدير <b>النظام</b> 😀"))).unwrap(), "مدير <b>النظام</b> 😀");
        assert_eq!(description(Some(&json!("ä".repeat(5000)))).unwrap().chars().count(), LONGEST_DESCRIPTION + 1);
        assert_eq!(description(Some(&json!("ä".repeat(1000)))).unwrap().chars().count(), LONGEST_DESCRIPTION);
        for none in [json!(""), json!(" \n "), json!(7), json!(null)] {
            assert_eq!(description(Some(&none)), None);
        }
        assert_eq!(description(None), None);
    }

    #[test]
    fn an_account_takes_what_is_sound_and_leaves_the_rest() {
        let account = account(&json!({
            "user_id": "auth0|ada", "email": 7, "email_verified": "yes", "name": "Ada", "picture": "javascript:alert(1)",
            "blocked": true, "logins_count": -3, "created_at": { "odd": 1 }, "last_login": "2026-01-02T03:04:05.678Z",
            "app_metadata": ["no"], "user_metadata": { "theme": "dark" },
        }))
        .unwrap();
        assert_eq!((account.email.as_deref(), account.email_verified, account.picture.as_deref()), (None, false, None));
        assert_eq!((account.blocked, account.logins_count, account.created_at), (true, 0, None));
        assert_eq!(account.last_login.unwrap().timestamp_millis(), 1_767_323_045_678);
        assert!(account.app_metadata.is_empty());
        assert_eq!(account.user_metadata["theme"], "dark");
        assert!(super::account(&json!({ "name": "nobody" })).is_none());
    }
}
