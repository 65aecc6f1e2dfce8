//! Accounts of the tenant: looking for them, and reading what comes back.

use super::{error::DirectoryError, shape};
use crate::model::directory::Account;
use serde_json::Value;

/// The most accounts that a search reaches by paging:
/// <https://auth0.com/docs/manage-users/user-search/view-search-results-by-page>.
pub const REACHED_BY_PAGING: usize = 1000;
/// The longest text that is looked for, in characters.
const LONGEST_TEXT: usize = 100;

/// A look at the list of accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// What is looked for in names, nicknames and e-mail addresses (from their beginning), or a
    /// whole id; all accounts where it is empty.
    pub text: String,
    /// Which page, from 0.
    pub page: usize,
    /// How many on a page, from 1 to 100.
    pub per_page: usize,
}

/// A page of accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPage {
    /// The accounts, by e-mail address.
    pub accounts: Vec<Account>,
    /// How many there are in all; only the first [`REACHED_BY_PAGING`] can be reached.
    pub total: usize,
    /// How many on this page could not be used.
    pub dropped: usize,
}

impl UserQuery {
    /// The parameters of `GET /users`.
    ///
    /// # Errors
    /// `Senseless` for a page that the API refuses.
    pub(super) fn pairs(&self) -> Result<Vec<(&'static str, String)>, DirectoryError> {
        if !(1..=100).contains(&self.per_page) {
            return Err(DirectoryError::Senseless("a page has from 1 to 100 accounts"));
        }
        if self.page.saturating_add(1).saturating_mul(self.per_page) > REACHED_BY_PAGING {
            return Err(DirectoryError::Senseless("only the first 1,000 accounts can be reached by paging"));
        }
        let mut pairs = vec![
            ("page", self.page.to_string()),
            ("per_page", self.per_page.to_string()),
            ("include_totals", "true".to_owned()),
            ("search_engine", "v3".to_owned()),
            ("sort", "email:1".to_owned()),
        ];
        if let Some(q) = search(&self.text) {
            pairs.push(("q", q));
        }
        Ok(pairs)
    }
}

/// A query of Auth0's user search, in the syntax of Lucene:
/// <https://auth0.com/docs/manage-users/user-search/user-search-query-syntax>. What was typed is
/// text there, never syntax.
fn search(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect();
    if text.is_empty() {
        return None;
    }
    let mut escaped = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if !c.is_alphanumeric() && !matches!(c, '.' | '@' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    let fields = ["email", "name", "nickname"].map(|field| format!("{field}:{escaped}*"));
    Some(format!("{} OR user_id:{escaped}", fields.join(" OR ")))
}

/// Reads a page of accounts.
///
/// # Errors
/// `Malformed` when it is no list.
pub(super) fn page(body: Value, query: &UserQuery, call: &'static str) -> Result<UserPage, DirectoryError> {
    let list = shape::list(body, "users").map_err(|reason| DirectoryError::Malformed { call, reason })?;
    let mut dropped = 0;
    let accounts = shape::each(&list.entries, &mut dropped, shape::account);
    let total = list.total.unwrap_or(query.page * query.per_page + list.entries.len());
    Ok(UserPage { accounts, total, dropped })
}

/// Reads an account that must be the one asked for.
///
/// # Errors
/// `Malformed` when it is none, or somebody else's.
pub(super) fn the_account(body: &Value, id: &str, call: &'static str) -> Result<Account, DirectoryError> {
    match shape::account(body) {
        Some(account) if account.user_id == id => Ok(account),
        Some(_) => Err(DirectoryError::Malformed { call, reason: "it is about another account".to_owned() }),
        None => Err(DirectoryError::Malformed { call, reason: "it is no account".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_typed_is_never_syntax() {
        assert_eq!(search("ada").unwrap(), "email:ada* OR name:ada* OR nickname:ada* OR user_id:ada");
        assert_eq!(search(" ada@example.com ").unwrap().split(' ').next(), Some("email:ada@example.com*"));
        assert_eq!(search("Ada Lovelace").unwrap().split(" OR ").nth(1), Some(r"name:Ada\ Lovelace*"));
        assert_eq!(search("auth0|1").unwrap().split(" OR ").nth(3), Some(r"user_id:auth0\|1"));
        let hostile = search("*) OR app_metadata.roles:\"admin\" /x/ \\ \n").unwrap();
        let typed = r#"\*\)\ OR\ app_metadata.roles\:\"admin\"\ \/x\/\ \\"#;
        assert_eq!(hostile.split_once(" OR name:").unwrap().0, format!("email:{typed}*"));
        assert_eq!(search("نادية").unwrap().split(' ').next(), Some("email:نادية*"));
        for none in ["", "  ", "\n"] {
            assert_eq!(search(none), None);
        }
        assert!(search(&"x".repeat(10_000)).unwrap().len() < 500);
    }

    #[test]
    fn only_pages_that_exist_are_asked_for() {
        let query = |page, per_page| UserQuery { text: String::new(), page, per_page };
        for (page, per_page) in [(0, 0), (0, 101), (10, 100), (usize::MAX, 100)] {
            assert!(matches!(query(page, per_page).pairs(), Err(DirectoryError::Senseless(_))), "{page} {per_page}");
        }
        assert!(query(9, 100).pairs().is_ok() && query(0, 1).pairs().is_ok());
    }

    #[test]
    fn an_answer_about_somebody_else_is_refused() {
        let body = json!({ "user_id": "auth0|eve", "name": "Eve" });
        assert!(matches!(the_account(&body, "auth0|ada", "GET /users/{id}"), Err(DirectoryError::Malformed { .. })));
        assert_eq!(the_account(&body, "auth0|eve", "GET /users/{id}").unwrap().name.as_deref(), Some("Eve"));
        assert!(matches!(
            the_account(&json!([]), "auth0|eve", "GET /users/{id}"),
            Err(DirectoryError::Malformed { .. })
        ));
    }
}
