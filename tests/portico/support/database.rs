//! A database in a folder.
//!
//! The engine may keep one open for as long as its process runs, so it is a copy that is opened again: what was
//! acknowledged is on the disk.

use std::{
    cell::Cell,
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A database on the disk, gone with the test.
pub struct Database {
    folder: TempDir,
    copies: Cell<usize>,
}

impl Database {
    /// None yet.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made"), copies: Cell::new(0) }
    }

    /// Its address: `SURREALDB_URL`.
    pub fn url(&self) -> String {
        format!("surrealkv://{}", self.path().display())
    }

    /// Its folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(self.copies.get().to_string())
    }

    /// Goes on with a copy of what is there now, and gives its address.
    pub fn copy(&self) -> String {
        let from = self.path();
        self.copies.set(self.copies.get() + 1);
        copy(&from, &self.path());
        self.url()
    }
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::DirBuilder::new().mode(0o700).create(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("a folder can be read");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a file can be copied");
        }
    }
}
