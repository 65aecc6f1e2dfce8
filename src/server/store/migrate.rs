//! Bringing the tables to what this program needs.
//!
//! Migrations are numbered `.surql` files, compiled in. Each runs once, in one transaction with the
//! line in the table `migration` that says so; two instances that start at once both try, and the
//! database lets one of them. The checksum of each file is kept: a file that has changed since, or
//! a database that a newer program has been at, is refused before anything is touched.

use super::{error::StoreError, handles::Service, hex, retry::Backoff};
use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use std::time::Duration;
use surrealdb::types::{ErrorDetails, RecordId, SurrealValue, Variables};

/// How long all migrations together may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A step in the life of the tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    version: u32,
    name: &'static str,
    text: &'static str,
}

/// All of them, in their order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "people_and_sessions",
        text: include_str!("migrations/0001_people_and_sessions.surql"),
    },
    Migration { version: 2, name: "secure_data", text: include_str!("migrations/0002_secure_data.surql") },
    Migration { version: 3, name: "ending_sessions", text: include_str!("migrations/0003_ending_sessions.surql") },
    Migration { version: 4, name: "audit", text: include_str!("migrations/0004_audit.surql") },
    Migration { version: 5, name: "refresh", text: include_str!("migrations/0005_refresh.surql") },
    Migration { version: 6, name: "people", text: include_str!("migrations/0006_people.surql") },
];

/// Why the tables cannot be brought to what this program needs. Nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database has been migrated with another text under the same number.
    #[error(
        "migration {version} ({name}) is not the one this database was made with; \
         run the program that made it, or restore the migration's file"
    )]
    Changed {
        /// The migration's number.
        version: u32,
        /// Its name, as this program has it.
        name: &'static str,
    },
    /// A newer program has been at this database.
    #[error("the database is at migration {database}, this program knows {program}; run a newer program")]
    Newer {
        /// The highest number in the database.
        database: u32,
        /// The highest number this program knows.
        program: u32,
    },
    /// An earlier migration is missing while a later one is there.
    #[error("the database lacks migration {version} but has later ones; restore it from a backup")]
    Gap {
        /// The missing number.
        version: u32,
    },
    /// A migration failed.
    #[error("migration {version} ({name}) failed: {cause}")]
    Failed {
        /// The migration's number.
        version: u32,
        /// Its name.
        name: &'static str,
        /// What the database said.
        cause: Box<surrealdb::Error>,
    },
}

#[derive(Clone, Debug, PartialEq, SurrealValue)]
struct Applied {
    version: i64,
    checksum: String,
}

/// Runs what is missing of `migrations`.
pub(super) async fn run(service: &Service, migrations: &[Migration]) -> Result<(), StoreError> {
    tokio::time::timeout(LIMIT, run_all(service, migrations)).await.map_err(|_| StoreError::TimedOut)?
}

async fn run_all(service: &Service, migrations: &[Migration]) -> Result<(), StoreError> {
    define_table(service).await?;
    let mut backoff = Backoff::new();
    loop {
        let mut applied = service
            .query("SELECT version, checksum FROM migration ORDER BY version", Variables::new())
            .await?
            .rows::<Applied>(0)?;
        applied.sort_by_key(|migration| migration.version);
        let Some(next) = next(migrations, &applied)? else { return Ok(()) };
        match apply(service, next).await {
            Ok(()) => tracing::info!(version = next.version, name = next.name, "the database was migrated"),
            // Another instance is at it, or has just done it: look again.
            Err(Applying::Elsewhere) => backoff.pause().await?,
            Err(Applying::Failed(error)) => return Err(error),
        }
    }
}

/// The first migration that is not applied yet, if what is applied is a beginning of `migrations`.
fn next<'a>(migrations: &'a [Migration], applied: &[Applied]) -> Result<Option<&'a Migration>, MigrationError> {
    let program = migrations.last().map_or(0, |migration| migration.version);
    let database = applied.last().map_or(0, |migration| migration.version);
    if database > i64::from(program) {
        return Err(MigrationError::Newer { database: u32::try_from(database).unwrap_or(u32::MAX), program });
    }
    for (at, migration) in migrations.iter().enumerate() {
        match applied.get(at) {
            None => return Ok(Some(migration)),
            Some(found) if found.version != i64::from(migration.version) => {
                return Err(MigrationError::Gap { version: migration.version });
            }
            Some(found) if found.checksum != migration.checksum() => {
                return Err(MigrationError::Changed { version: migration.version, name: migration.name });
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

enum Applying {
    Elsewhere,
    Failed(StoreError),
}

/// Applies one migration and notes it, all or nothing.
async fn apply(service: &Service, migration: &Migration) -> Result<(), Applying> {
    // The record id is the number, so that of two instances one is refused at this line at the
    // latest, whatever the migration itself touches.
    let text = format!("BEGIN;\nCREATE $id CONTENT $content;\n{}\nCOMMIT;", migration.text);
    let mut variables = Variables::new();
    variables.insert("id", RecordId::new("migration", i64::from(migration.version)));
    variables.insert(
        "content",
        Note {
            version: i64::from(migration.version),
            name: migration.name.to_owned(),
            checksum: migration.checksum(),
            applied_at: Utc::now(),
        },
    );
    match service.query(text, variables).await {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict) => Err(Applying::Elsewhere),
        Err(StoreError::Query(error)) if matches!(error.details(), ErrorDetails::AlreadyExists(_)) => {
            Err(Applying::Elsewhere)
        }
        Err(StoreError::Query(cause)) => Err(Applying::Failed(
            MigrationError::Failed { version: migration.version, name: migration.name, cause }.into(),
        )),
        Err(error) => Err(Applying::Failed(error)),
    }
}

/// The table that tells what has been applied: the only one that no migration makes.
async fn define_table(service: &Service) -> Result<(), StoreError> {
    const TEXT: &str = "BEGIN;
        DEFINE TABLE IF NOT EXISTS migration TYPE NORMAL SCHEMAFULL PERMISSIONS NONE;
        DEFINE FIELD IF NOT EXISTS version ON migration TYPE int READONLY;
        DEFINE FIELD IF NOT EXISTS name ON migration TYPE string READONLY;
        DEFINE FIELD IF NOT EXISTS checksum ON migration TYPE string READONLY;
        DEFINE FIELD IF NOT EXISTS applied_at ON migration TYPE datetime READONLY;
        COMMIT;";
    service.settle(TEXT, &Variables::new()).await
}

#[derive(SurrealValue)]
struct Note {
    version: i64,
    name: String,
    checksum: String,
    applied_at: DateTime<Utc>,
}

impl Migration {
    #[cfg(test)]
    pub(super) const fn new(version: u32, name: &'static str, text: &'static str) -> Self {
        Self { version, name, text }
    }

    #[cfg(test)]
    pub(super) const fn version(&self) -> u32 {
        self.version
    }

    /// The SHA-256 of the text, in hexadecimal. Line ends don't count: some checkouts change them.
    fn checksum(&self) -> String {
        let text = self.text.replace("\r\n", "\n");
        hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    }
}
