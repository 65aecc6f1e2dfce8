//! What can go wrong with the database, as types: no caller ever reads an error's text.

use super::migrate::MigrationError;
use std::path::PathBuf;
use surrealdb::types::{AuthError, ErrorDetails, NotAllowedError, NotFoundError, QueryError};

/// What can go wrong with the database.
///
/// The messages are for the log and for operators: they name settings and remedies, and quote what
/// the database itself said, which may name a record. Never show one to a person.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no connection to the database.
    #[error("the database cannot be reached; check SURREALDB_URL and that the database runs ({0})")]
    Unreachable(Box<surrealdb::Error>),
    /// The database did not answer in time. What was asked may still have been done.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The database does not accept the user or the password.
    #[error(
        "the database refuses the user; check SURREALDB_USER, SURREALDB_PASSWORD and SURREALDB_AUTH_LEVEL \
         (an embedded database keeps the user and the password it was created with): {0}"
    )]
    Refused(Box<surrealdb::Error>),
    /// The user may sign in, but not do what is needed.
    #[error("the database user may not do what is needed; give it the role OWNER ({0})")]
    Forbidden(Box<surrealdb::Error>),
    /// The database does not let a person in: they are not there, disabled, or their e-mail address is
    /// not verified.
    #[error("the database refuses the person: {0}")]
    PersonRefused(Box<surrealdb::Error>),
    /// The tables cannot be brought to what this program needs.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Others kept changing the same records for as long as it was tried.
    #[error("the database is too busy with the same records")]
    Conflict,
    /// The address asks for an embedded database, and this program was built without one.
    #[error("this program was built without an embedded database; set SURREALDB_URL to a ws:// or wss:// address")]
    Engine,
    /// The address has a scheme that is not supported.
    #[error("SURREALDB_URL must begin with surrealkv://, mem://, ws:// or wss://")]
    Scheme,
    /// The embedded database's folder cannot be used.
    #[error("the database folder {} {problem}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong, and the remedy.
        problem: FolderProblem,
    },
    /// The embedded database cannot be opened: another process has it open, or it is damaged.
    #[error("the embedded database cannot be opened; check that no other process uses its folder ({0})")]
    Open(Box<surrealdb::Error>),
    /// The database answered with an error.
    #[error("the database could not do what was asked: {0}")]
    Query(Box<surrealdb::Error>),
    /// The database reported no error, but its answer cannot be right. A denial looks like this:
    /// SurrealDB refuses in silence.
    #[error("the database's answer is not what was expected: {0}")]
    Unexpected(&'static str),
}

/// What is wrong with the embedded database's folder, and the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderProblem {
    /// Other users of the machine could read or change the database, and this process may not
    /// mend it.
    #[error("is open to other users of this machine, and this user may not close it; run chmod 700 on it as its owner")]
    Open,
    /// It is a file.
    #[error("is not a folder; choose another SURREALDB_URL")]
    NotAFolder,
    /// It cannot be made or read.
    #[error("cannot be made or read ({0}); check that this user may write there")]
    Unusable(std::io::ErrorKind),
}

impl StoreError {
    /// Whether the connection itself is not, or no longer, signed in: its sign-in has expired, or a
    /// reconnection could not restore it. Nothing of what was asked has been done then.
    pub(super) fn is_signed_out(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Forbidden(_) => true,
            Self::Query(error) => {
                matches!(error.details(), ErrorDetails::NotFound(Some(NotFoundError::Session { .. })))
            }
            _ => false,
        }
    }
}

impl From<surrealdb::Error> for StoreError {
    fn from(error: surrealdb::Error) -> Self {
        let error = Box::new(error);
        match error.details() {
            ErrorDetails::Connection(_) => Self::Unreachable(error),
            ErrorDetails::Query(Some(QueryError::TransactionConflict)) => Self::Conflict,
            ErrorDetails::Query(Some(QueryError::TimedOut { .. })) => Self::TimedOut,
            ErrorDetails::NotAllowed(Some(NotAllowedError::Auth(AuthError::NotAllowed { .. }))) => {
                Self::Forbidden(error)
            }
            ErrorDetails::NotAllowed(Some(NotAllowedError::Auth(_))) => Self::Refused(error),
            _ => Self::Query(error),
        }
    }
}
