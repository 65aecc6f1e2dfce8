//! What `portico check` finds out, whichever part of the server it is about.

use std::fmt;

/// One question and its answer.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at, in a few words.
    pub what: &'static str,
    /// What was found, or what is wrong and what to do about it.
    pub outcome: Result<String, String>,
}

impl Finding {
    /// All is well: what was found.
    pub fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, outcome: Ok(found.into()) }
    }

    /// Something is wrong: what it is, and its remedy.
    pub fn bad(what: &'static str, remedy: impl Into<String>) -> Self {
        Self { what, outcome: Err(remedy.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(text) => write!(f, "ok    {}: {text}", self.what),
            Err(text) => write!(f, "FAIL  {}: {text}", self.what),
        }
    }
}
