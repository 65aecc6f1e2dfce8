//! Access in plain words.

use super::why::Piece;
use crate::model::{Access, Permission};

/// Marks what a second factor would bring.
pub const NEEDS_SECOND_FACTOR: &str = "Needs a second factor";

/// What a person is here.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// One of the usual access levels, in words that follow "You are".
    Known(&'static str),
    /// An access level that the operator named.
    Named(&'a str),
    /// None, but a role that needs a second factor.
    Waiting,
    /// None, in spite of roles.
    NoLevel,
    /// None, and no role.
    NoRole,
}

/// What the person is here.
pub fn standing(access: &Access) -> Standing<'_> {
    match access.level.as_ref().map(|level| level.as_str()) {
        Some("admin") => Standing::Known("an administrator"),
        Some("manager") => Standing::Known("a manager"),
        Some("user") => Standing::Known("a user"),
        Some("viewer") => Standing::Known("a viewer"),
        Some(name) => Standing::Named(name),
        None if access.roles.is_empty() => Standing::NoRole,
        None if access.roles.iter().all(|role| role.withheld.is_some()) => Standing::Waiting,
        None => Standing::NoLevel,
    }
}

/// What a role gives, in one sentence.
pub fn gives(permissions: &[Permission], withheld: bool) -> String {
    let meanings: Vec<&str> = permissions.iter().map(|permission| permission.meaning()).collect();
    match (meanings.join("; "), withheld) {
        (meanings, _) if meanings.is_empty() => "It gives no permission here.".to_owned(),
        (meanings, true) => format!("It would let you: {meanings}."),
        (meanings, false) => format!("It lets you: {meanings}."),
    }
}

/// The names as a list in a sentence: “a”, “b” and “c”.
pub fn all_of(names: &[&str]) -> Vec<Piece> {
    let mut pieces = vec![Piece::Words("“")];
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            pieces.push(Piece::Words(if at + 1 == names.len() { "” and “" } else { "”, “" }));
        }
        pieces.push(Piece::Name((*name).to_owned()));
    }
    pieces.push(Piece::Words("”"));
    pieces
}

/// The same with a capital at the beginning.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccessLevel, Reason, Role, Source, Withheld};
    use chrono::DateTime;

    fn access(level: Option<&str>, roles: &[(&str, bool)]) -> Access {
        let role = |(name, withheld): &(&str, bool)| Role {
            name: (*name).to_owned(),
            description: None,
            why: vec![Reason::Found(Source::Claim("roles".into()))],
            withheld: withheld.then_some(Withheld::NeedsSecondFactor),
            gives: vec![],
        };
        Access {
            level: level.map(AccessLevel::of_role),
            roles: roles.iter().map(role).collect(),
            groups: vec![],
            permissions: vec![],
            withheld: vec![],
            listed: vec![],
            second_factor: None,
            as_of: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn everybody_is_told_what_they_are() {
        for (level, roles, expected) in [
            (Some("admin"), &[("admin", false)][..], Standing::Known("an administrator")),
            (Some("user"), &[("manager", true), ("user", false)], Standing::Known("a user")),
            (Some("القائد"), &[("القائد", false)], Standing::Named("القائد")),
            (None, &[("admin", true)], Standing::Waiting),
            (None, &[("admin", true), ("auditor", false)], Standing::NoLevel),
            (None, &[("auditor", false)], Standing::NoLevel),
            (None, &[], Standing::NoRole),
        ] {
            assert_eq!(standing(&access(level, roles)), expected, "{level:?} {roles:?}");
        }
    }

    #[test]
    fn a_role_says_what_it_gives() {
        let permissions = [Permission::Read, Permission::Delete];
        assert_eq!(gives(&permissions, false), "It lets you: see records; delete any record.");
        assert_eq!(gives(&permissions, true), "It would let you: see records; delete any record.");
        assert_eq!(gives(&[], true), "It gives no permission here.");
    }

    #[test]
    fn names_make_a_list() {
        let text = |names: &[&str]| -> String {
            let piece = |piece| match piece {
                Piece::Words(words) => words.to_owned(),
                Piece::Name(name) => name,
            };
            all_of(names).into_iter().map(piece).collect()
        };
        assert_eq!(text(&["admin"]), "“admin”");
        assert_eq!(text(&["admin", "manager"]), "“admin” and “manager”");
        assert_eq!(text(&["a", "b", "c"]), "“a”, “b” and “c”");
    }

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!(capitalised("see records"), "See records");
        assert_eq!(capitalised("é"), "É");
        assert_eq!(capitalised(""), "");
    }
}
