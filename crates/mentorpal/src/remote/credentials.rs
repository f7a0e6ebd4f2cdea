//! Credentials: from the settings, or else from the first `.netrc` file with an entry for the host
//! (and the user).

use std::fs;
use std::path::{Path, PathBuf};

use super::netrc;
use crate::error::{Location, Result};
use crate::files;
use crate::web::Credentials;

/// The credentials in a URL.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct InUrl {
    pub(super) user: Vec<u8>,
    /// `None` if no `:` follows the user.
    pub(super) password: Option<Vec<u8>>,
}

/// The result of looking for credentials.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// The credentials, if any were found.
    pub(super) credentials: Option<Credentials>,
    /// The source of the credentials, or the place where they are expected.
    pub(super) origin: Origin,
    /// A warning for the user.
    pub(super) warning: Option<String>,
}

/// The source of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The settings, or the remote's URL.
    Settings,
    /// The variable `MENTORPAL_REMOTE_TOKEN`.
    Token,
    /// The access keys of a bucket.
    Keys,
    /// A public link, which contains its token.
    Link,
    /// A `.netrc` file.
    File(PathBuf),
    /// No source; the credentials are expected in this `.netrc` file.
    Nowhere(PathBuf),
}

/// The paths of the `.netrc` files to read, the workspace's first.
pub(super) fn netrc_files(
    workspace: &Path,
    environment: impl Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
) -> Vec<PathBuf> {
    let mut files = vec![workspace.join(".netrc")];
    files.extend(environment("NETRC").map(PathBuf::from));
    files.extend(home.map(|home| home.join(".netrc")));
    files
}

/// Looks in `files` for the credentials for `machine`, and for `user` if one is given. Missing
/// credentials are expected in the first file.
///
/// # Errors
/// If a file exists but cannot be read or parsed.
pub(super) fn look_up(files: &[PathBuf], machine: &str, user: Option<&[u8]>) -> Result<Login> {
    for path in files {
        if files::is_absent(path) {
            continue;
        }
        let found = netrc::find(&files::read(path)?, machine, user)
            .map_err(|(row, error)| error.or_at(Location::file(path).row(row)))?;
        let Some(netrc::NetrcLogin { user, password }) = found else { continue };
        let credentials =
            Credentials::new(&user, &password).map_err(|e| e.or_at(Location::file(path)))?;
        let origin = Origin::File(path.clone());
        return Ok(Login {
            credentials: Some(credentials),
            origin,
            warning: readable_by_others(path),
        });
    }
    let origin = Origin::Nowhere(files.first().cloned().unwrap_or_default());
    Ok(Login { credentials: None, origin, warning: None })
}

/// Returns a warning if other users can read the file.
#[cfg(unix)]
fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("{path}: other users of this machine can read the password; run `chmod 600 {path}`")
    })
}

/// Returns no warning, because this platform has no file modes.
#[cfg(not(unix))]
fn readable_by_others(path: &Path) -> Option<String> {
    let _ = fs::metadata(path);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_with_an_entry_for_the_machine_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let files = [
            folder.path().join("absent"),
            file("other", "machine other.example login x password y"),
            file("first", "machine disk.example login a password b"),
            file("second", "machine disk.example login c password d"),
        ];
        let login = look_up(&files, "disk.example", None).unwrap();
        assert_eq!(login.credentials, Some(Credentials::new(b"a", b"b").unwrap()));
        assert_eq!(login.origin, Origin::File(files[2].clone()));
        let login = look_up(&files, "disk.example", Some(b"c")).unwrap();
        assert_eq!(login.credentials, Some(Credentials::new(b"c", b"d").unwrap()));
        assert_eq!(login.origin, Origin::File(files[3].clone()));
        let login = look_up(&files, "unknown.example", None).unwrap();
        assert_eq!(login.credentials, None);
        assert_eq!(login.origin, Origin::Nowhere(files[0].clone()));
    }
}
