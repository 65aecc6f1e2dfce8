//! What a role gives, as data: the policy file.
//!
//! The file is TOML ([`policy.toml`](BUILT_IN) is the one that is built in). It is read once, at
//! start. All that is wrong with it is told at once, each fault with its line, and the server does
//! not start: a policy that is half understood is none.

mod parse;
#[cfg(test)]
mod tests;

use crate::model::Permission;
use std::{
    collections::BTreeSet,
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The policy that is built in, with its comments: a model for one's own.
pub const BUILT_IN: &str = include_str!("policy.toml");
/// The largest policy file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 * 1024;

/// What roles give, which of them make a level, and which need a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    roles: Vec<RoleRule>,
    levels: Vec<String>,
    methods: Vec<String>,
}

/// What one role gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    /// The role's name at the sign-in service, compared exactly.
    pub name: String,
    /// What it gives; never empty.
    pub permissions: BTreeSet<Permission>,
    /// Whether it may be used only with a second factor.
    pub needs_second_factor: bool,
}

impl Policy {
    /// The policy that is built in.
    pub fn built_in() -> Self {
        // Part of the program, so it cannot change between the test and here.
        Self::from_toml(BUILT_IN).expect("the policy that is built in has no fault: a test reads it")
    }

    /// Reads a policy file of at most [`MAX_FILE_BYTES`].
    ///
    /// # Errors
    /// When the file cannot be read, or all that is wrong with what it says.
    pub fn load(path: &Path) -> Result<Self, PolicyError> {
        let unreadable = |source| PolicyError::Unreadable { path: path.to_owned(), source };
        let file = fs::File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_FILE_BYTES {
            return Err(PolicyError::TooLarge { path: path.to_owned() });
        }
        Self::from_toml(&text).map_err(|faults| PolicyError::Faulty { path: path.to_owned(), faults })
    }

    /// Reads a policy from the text of a policy file.
    ///
    /// # Errors
    /// All that is wrong with it: where it is no TOML, or else what the TOML says wrongly.
    pub fn from_toml(text: &str) -> Result<Self, PolicyFaults> {
        parse::policy(text)
    }

    /// The roles, in the order of the file.
    pub fn roles(&self) -> &[RoleRule] {
        &self.roles
    }

    /// What the role of that exact name gives; nothing for a role the policy does not know.
    pub fn role(&self, name: &str) -> Option<&RoleRule> {
        self.roles.iter().find(|rule| rule.name == name)
    }

    /// The roles that make an access level, highest first.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The values of `amr` that count as a second factor.
    pub fn methods(&self) -> &[String] {
        &self.methods
    }

    /// Whether a value of `amr` counts as a second factor.
    pub fn is_second_factor(&self, method: &str) -> bool {
        self.methods.iter().any(|counts| counts == method)
    }

    /// Whether a permission can be had with a second factor only, also when an access token carries
    /// it: no role gives it without one. (Where no role needs a second factor, nothing does.)
    pub fn needs_second_factor(&self, permission: Permission) -> bool {
        self.roles.iter().any(|rule| rule.needs_second_factor)
            && !self.roles.iter().any(|rule| !rule.needs_second_factor && rule.permissions.contains(&permission))
    }

    /// Whether the role for people without any can be used as that.
    ///
    /// # Errors
    /// The policy does not know the role, or lets nobody use it without a second factor: everybody
    /// would be asked for one.
    pub fn check_default_role(&self, name: &str) -> Result<(), DefaultRoleError> {
        match self.role(name) {
            None => Err(DefaultRoleError::Unknown),
            Some(rule) if rule.needs_second_factor => Err(DefaultRoleError::NeedsSecondFactor),
            Some(_) => Ok(()),
        }
    }
}

/// Why a role cannot be the one that people without any get. The words follow its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefaultRoleError {
    /// It would give nothing.
    #[error("is not a role of the policy")]
    Unknown,
    /// Nobody could use it without stepping up.
    #[error("needs a second factor by the policy, so it cannot be everybody's")]
    NeedsSecondFactor,
}

/// One thing that is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// All that is wrong with a policy, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PolicyFaults(pub Vec<Fault>);

impl fmt::Display for PolicyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mark = "";
        for fault in &self.0 {
            write!(f, "{mark}{fault}")?;
            mark = "\n";
        }
        Ok(())
    }
}

/// Why a policy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file is not there, may not be read, or is not UTF-8.
    #[error("the policy file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is larger than [`MAX_FILE_BYTES`].
    #[error("the policy file {} is larger than 64 kB", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// The file says something that cannot be understood, or contradicts itself.
    #[error("the policy file {} cannot be used:\n{faults}", path.display())]
    Faulty {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        faults: PolicyFaults,
    },
}
