//! From the text of a policy file to a [`Policy`], or to all the faults in it.

use super::{Fault, Policy, PolicyFaults, RoleRule};
use crate::{model::Permission, server::access::names};
use std::{collections::HashSet, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The keys at the top of the file, and in `[second_factor]`.
const TOP: &[&str] = &["levels", "roles", "second_factor"];
const SECOND_FACTOR: &[&str] = &["roles", "methods"];
/// The most of a faulty text that a message repeats, in characters.
const MAX_SNIPPET_CHARS: usize = 40;

/// A name in the file, and where it stands.
struct Name {
    text: String,
    span: Range<usize>,
}

pub(super) fn policy(text: &str) -> Result<Policy, PolicyFaults> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, faults: Vec::new() };
    if !errors.is_empty() {
        for error in errors {
            reader.syntax_fault(&error);
        }
        return Err(reader.into_faults());
    }
    let policy = reader.policy(document.get_ref());
    if reader.faults.is_empty() { Ok(policy) } else { Err(reader.into_faults()) }
}

/// Reads the document and collects what is wrong with it.
struct Reader<'t> {
    text: &'t str,
    faults: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn policy(&mut self, top: &DeTable<'_>) -> Policy {
        self.refuse_other_keys(top, TOP, "the policy");
        let mut roles = match self.required(top, "roles", 0) {
            Some(roles) => self.roles(roles),
            None => Vec::new(),
        };
        let known: Vec<String> = roles.iter().map(|rule| rule.name.clone()).collect();

        let levels = match self.required(top, "levels", 0) {
            Some(levels) => {
                let names =
                    self.names(levels, "levels", Some("levels is empty: name at least one role, highest first"));
                self.known_roles(names, &known)
            }
            None => Vec::new(),
        };

        let (needing, methods) = match self.required(top, "second_factor", 0) {
            Some(section) => self.second_factor(section, &known),
            None => (Vec::new(), Vec::new()),
        };
        for rule in &mut roles {
            rule.needs_second_factor = needing.contains(&rule.name);
        }
        Policy { roles, levels, methods }
    }

    fn roles(&mut self, section: &Spanned<DeValue<'_>>) -> Vec<RoleRule> {
        let Some(table) = section.get_ref().as_table() else {
            self.fault(&section.span(), "roles must be a section: [roles], then a line for each role");
            return Vec::new();
        };
        if table.is_empty() {
            self.fault(&section.span(), "[roles] is empty: name at least one role and what it gives");
        }
        // The parser sorts keys by name; people know the order of the file.
        let mut lines: Vec<_> = table.iter().collect();
        lines.sort_unstable_by_key(|(name, _)| name.span().start);
        let mut roles = Vec::with_capacity(lines.len());
        for (name, permissions) in lines {
            self.sound(name.get_ref(), &name.span());
            let given =
                self.names(permissions, name.get_ref(), Some("a role that gives nothing: name its permissions"));
            let mut rule =
                RoleRule { name: name.get_ref().to_string(), permissions: [].into(), needs_second_factor: false };
            for permission in given {
                match permission.text.parse() {
                    Ok(permission) => {
                        rule.permissions.insert(permission);
                    }
                    Err(_) => {
                        let all = Permission::ALL.map(Permission::as_str).join(", ");
                        let unknown = snippet(&permission.text);
                        self.fault(
                            &permission.span,
                            format!("there is no permission `{unknown}`: the permissions are {all}"),
                        );
                    }
                }
            }
            roles.push(rule);
        }
        roles
    }

    /// The roles that need a second factor, and what counts as one.
    fn second_factor(&mut self, section: &Spanned<DeValue<'_>>, known: &[String]) -> (Vec<String>, Vec<String>) {
        let Some(table) = section.get_ref().as_table() else {
            self.fault(&section.span(), "second_factor must be a section: [second_factor], then roles and methods");
            return (Vec::new(), Vec::new());
        };
        self.refuse_other_keys(table, SECOND_FACTOR, "[second_factor]");
        let start = section.span().start;
        let needing = match self.required(table, "roles", start) {
            Some(roles) => {
                let names = self.names(roles, "roles", None);
                self.known_roles(names, known)
            }
            None => Vec::new(),
        };
        let methods = match self.required(table, "methods", start) {
            Some(methods) => {
                let empty = "methods is empty: name at least one value of amr that counts, such as \"mfa\"";
                let names = self.names(methods, "methods", Some(empty));
                names.into_iter().map(|name| name.text).collect()
            }
            None => Vec::new(),
        };
        (needing, methods)
    }

    /// The value of a key that must be there; its absence is told at `place`.
    fn required<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
        place: usize,
    ) -> Option<&'t Spanned<DeValue<'i>>> {
        let value = table.get(key);
        if value.is_none() {
            self.fault(&(place..place), format!("{key} is missing"));
        }
        value
    }

    fn refuse_other_keys(&mut self, table: &DeTable<'_>, allowed: &[&str], place: &str) {
        for key in table.keys() {
            if !allowed.contains(&key.get_ref().as_ref()) {
                let (unknown, allowed) = (snippet(key.get_ref()), allowed.join(", "));
                self.fault(&key.span(), format!("{place} has no `{unknown}`: it has {allowed}"));
            }
        }
    }

    /// A list of sound names, each once. What is none of that is told and left out, and so is an
    /// empty list where `empty` says what is wrong with one.
    fn names(&mut self, value: &Spanned<DeValue<'_>>, key: &str, empty: Option<&str>) -> Vec<Name> {
        let Some(list) = value.get_ref().as_array() else {
            self.fault(&value.span(), format!("{} must be a list of names: [\"…\", \"…\"]", snippet(key)));
            return Vec::new();
        };
        if let (true, Some(message)) = (list.is_empty(), empty) {
            self.fault(&value.span(), message);
        }
        let mut seen = HashSet::new();
        let mut names = Vec::with_capacity(list.len());
        for item in list.iter() {
            let span = item.span();
            match item.get_ref().as_str() {
                None => self.fault(&span, "a name must stand in quotes"),
                Some(text) if !self.sound(text, &span) => {}
                Some(text) if !seen.insert(text.to_owned()) => {
                    self.fault(&span, format!("`{text}` is here twice"));
                }
                Some(text) => names.push(Name { text: text.to_owned(), span }),
            }
        }
        names
    }

    /// Whether a name could ever be found in a claim; if not, that is told.
    fn sound(&mut self, name: &str, span: &Range<usize>) -> bool {
        match names::check(name) {
            Ok(()) => true,
            Err(fault) => {
                self.fault(span, format!("the name {fault}, so it could never be found"));
                false
            }
        }
    }

    fn known_roles(&mut self, names: Vec<Name>, known: &[String]) -> Vec<String> {
        for name in &names {
            // Without any role there is one fault, and it has been told.
            if !known.is_empty() && !known.contains(&name.text) {
                self.fault(&name.span, format!("`{}` is not a role: it is missing in [roles]", snippet(&name.text)));
            }
        }
        names.into_iter().map(|name| name.text).collect()
    }

    fn syntax_fault(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or(0..0);
        let message = match self.text.get(span.clone()).map(str::trim) {
            Some(found) if !found.is_empty() => format!("{}: `{}`", error.message(), snippet(found)),
            _ => error.message().to_owned(),
        };
        self.fault(&span, message);
    }

    fn fault(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.faults.push((span.start, message.into()));
    }

    fn into_faults(mut self) -> PolicyFaults {
        self.faults.sort();
        self.faults.dedup();
        let text = self.text;
        let place = |(offset, message): (usize, String)| {
            let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let same_line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
            let column = String::from_utf8_lossy(same_line).chars().count() + 1;
            Fault { line, column, message }
        };
        PolicyFaults(self.faults.into_iter().map(place).collect())
    }
}

/// A part of the file as a message repeats it: short, on one line, with nothing hidden in it.
fn snippet(text: &str) -> String {
    let mut characters = text.chars().flat_map(|character| {
        let plain = names::check(&format!("a{character}a")).is_ok();
        if plain { vec![character] } else { character.escape_default().collect() }
    });
    let mut short: String = characters.by_ref().take(MAX_SNIPPET_CHARS).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}
