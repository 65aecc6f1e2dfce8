//! Reads single settings and collects what is wrong with them.

use secrecy::SecretString;
use std::{collections::BTreeMap, ops::RangeInclusive, str::FromStr};

/// Every setting that begins with `PORTICO_`: any other one is a misspelling.
const OWN: &[&str] = &[
    "PORTICO_AUDIT_RETENTION_DAYS",
    "PORTICO_CLIENT_AUTH",
    "PORTICO_CONCURRENT_REQUESTS",
    "PORTICO_DEFAULT_ROLE",
    "PORTICO_DIRECTORY",
    "PORTICO_DIRECTORY_CACHE_SECONDS",
    "PORTICO_DIRECTORY_CALLS_PER_SECOND",
    "PORTICO_LISTEN",
    "PORTICO_LOG",
    "PORTICO_LOGOUT_TOKEN_TYP",
    "PORTICO_LOG_FORMAT",
    "PORTICO_POLICY",
    "PORTICO_RATE_LIMIT_PER_MINUTE",
    "PORTICO_ROLE_CLAIMS",
    "PORTICO_SCOPES",
    "PORTICO_SECOND_FACTOR_MAX_AGE_SECONDS",
    "PORTICO_SECRET",
    "PORTICO_SESSIONS_PER_PERSON",
    "PORTICO_SESSION_IDLE_SECONDS",
    "PORTICO_SESSION_LIFETIME_SECONDS",
    "PORTICO_TRUSTED_PROXIES",
];

/// Name and value pairs, and the faults found in them so far.
pub(super) struct Reader {
    values: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Reader {
    /// Takes the pairs. An empty value counts as not set: that is how `.env` files leave things out.
    pub(super) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let values: BTreeMap<_, _> = pairs
            .into_iter()
            .map(|(name, value)| (name, value.trim().to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let faults = values
            .keys()
            .filter(|name| name.starts_with("PORTICO_") && !OWN.contains(&name.as_str()))
            .map(|name| format!("{name} is not a setting of Portico: see .env.example for the names."))
            .collect();
        Self { values, faults }
    }

    pub(super) fn fault(&mut self, sentence: impl Into<String>) {
        self.faults.push(sentence.into());
    }

    pub(super) fn optional(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    pub(super) fn required(&mut self, name: &str, meaning: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.fault(format!("{name} is missing: {meaning}."));
        }
        value
    }

    pub(super) fn required_secret(&mut self, name: &str, meaning: &str) -> Option<SecretString> {
        self.required(name, meaning).map(SecretString::from)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, form: &str) -> Option<T> {
        let value = self.optional(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.fault(format!("{name} must be {form}."));
        }
        parsed
    }

    pub(super) fn seconds(&mut self, name: &str, default: u64, allowed: RangeInclusive<u64>) -> u64 {
        let form = format!("a whole number of seconds from {} to {}", allowed.start(), allowed.end());
        match self.parsed(name, &form) {
            Some(seconds) if !allowed.contains(&seconds) => {
                self.fault(format!("{name} must be {form}."));
                default
            }
            Some(seconds) => seconds,
            None => default,
        }
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.optional(name)?;
        let found = choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.fault(format!("{name} must be one of {}.", words.join(", ")));
        }
        found
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.faults
    }
}
