//! The folder of an embedded database: nobody but its owner may look into it.
//!
//! Whoever can read it has every person's data, and whoever can write it can make themselves
//! anybody: the engine checks passwords, the files do not.

use super::error::{FolderProblem, StoreError};
use std::{fs, io, path::Path};

/// Makes the folder if there is none, and closes it to other users of the machine.
///
/// # Errors
/// [`StoreError::Folder`] when it is a file, cannot be made, or is open to others and this user
/// may not change that.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    let fault = |problem| StoreError::Folder { path: path.to_owned(), problem };
    let unusable = |error: io::Error| fault(FolderProblem::Unusable(error.kind()));

    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => Err(fault(FolderProblem::NotAFolder)),
        Ok(found) => close(path, &found).map_err(fault),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(path).map_err(unusable)?;
            let made = fs::metadata(path).map_err(unusable)?;
            close(path, &made).map_err(fault)
        }
        Err(error) => Err(unusable(error)),
    }
}

#[cfg(unix)]
fn create(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn close(path: &Path, found: &fs::Metadata) -> Result<(), FolderProblem> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|_| FolderProblem::Open)?;
    // Some file systems take the change and ignore it.
    let now = fs::metadata(path).map_err(|error| FolderProblem::Unusable(error.kind()))?.permissions().mode();
    if now & OTHERS != 0 {
        return Err(FolderProblem::Open);
    }
    tracing::warn!(folder = %path.display(), "the database folder was open to other users of this machine and has been closed");
    Ok(())
}

/// Other systems have no mode; there the folder's own access list decides.
#[cfg(not(unix))]
fn close(_: &Path, _: &fs::Metadata) -> Result<(), FolderProblem> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_folder_is_closed_and_an_open_one_gets_closed() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("data/portico");
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&home.path().join("data")), 0o700);

        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
    }

    #[test]
    fn what_cannot_be_a_folder_is_refused_with_the_remedy() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        let problem = |path: &Path| match prepare(path) {
            Err(StoreError::Folder { problem, .. }) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(&file), FolderProblem::NotAFolder);
        assert_eq!(problem(&file.join("below")), FolderProblem::Unusable(io::ErrorKind::NotADirectory));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_open_folder_that_cannot_be_closed_is_refused() {
        // Nobody, root included, may change the mode of what the kernel shows there.
        let refused = prepare(Path::new("/proc/sys/kernel"));
        assert!(matches!(refused, Err(StoreError::Folder { problem: FolderProblem::Open, .. })), "{refused:?}");
    }
}
