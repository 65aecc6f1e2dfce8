//! `portico audit`: the audit log as JSON lines, the oldest entry first.

use super::{first_id_at, page};
use crate::server::{
    settings::Settings,
    store::{Store, StoreError},
};
use chrono::{DateTime, Utc};
use std::io::{self, Write};
use ulid::Ulid;

/// How many entries are read at once.
const PAGE: u16 = 1000;

/// Which entries: from that time on, before that time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// `--since`.
    pub since: Option<DateTime<Utc>>,
    /// `--until`.
    pub until: Option<DateTime<Utc>>,
}

impl Span {
    /// Reads what follows `portico audit`: times as in RFC 3339. Nothing if it is something else.
    pub fn read(arguments: &[&str]) -> Option<Self> {
        let mut span = Self::default();
        for pair in arguments.chunks(2) {
            let [name, time] = pair else { return None };
            let place = match *name {
                "--since" => &mut span.since,
                "--until" => &mut span.until,
                _ => return None,
            };
            let time = DateTime::parse_from_rfc3339(time).ok()?;
            if place.replace(time.with_timezone(&Utc)).is_some() {
                return None;
            }
        }
        Some(span)
    }
}

/// Why it ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read. An embedded one is open in one process alone.
    #[error("the database cannot be read: {0}. While a server has an embedded database open, read /api/audit instead")]
    Store(#[from] StoreError),
    /// Nobody takes what is written.
    #[error("it cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes the entries, one a line.
///
/// # Errors
/// The database cannot be read, or nobody takes it.
pub async fn export(settings: &Settings, span: Span, out: &mut impl Write) -> Result<(), ExportError> {
    let store = Store::connect(&settings.store).await?;
    // The id before the first of that time: ids go on from there.
    let mut after = span.since.map_or(Ulid::nil(), |since| Ulid(first_id_at(since).0.saturating_sub(1)));
    loop {
        let entries = page(&store, after, span.until, PAGE).await?;
        for entry in &entries {
            serde_json::to_writer(&mut *out, entry).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        match entries.last().and_then(|entry| Ulid::from_string(&entry.id).ok()) {
            Some(last) => after = last,
            None => return Ok(out.flush()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nothing_else() {
        let day: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
        let read = |text: &str| Span::read(&text.split_whitespace().collect::<Vec<_>>());
        assert_eq!(read(""), Some(Span::default()));
        assert_eq!(read("--since 2026-03-01T01:00:00+01:00"), Some(Span { since: Some(day), until: None }));
        let both = read("--until 2026-03-01T00:00:00Z --since 2026-03-01T00:00:00Z");
        assert_eq!(both, Some(Span { since: Some(day), until: Some(day) }));
        for bad in [
            "--since",
            "--since yesterday",
            "--since 2026-03-01",
            "2026-03-01T00:00:00Z",
            "--from 2026-03-01T00:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read("--since 2026-03-01T00:00:00Z --since 2026-03-01T00:00:00Z"), None);
    }
}
