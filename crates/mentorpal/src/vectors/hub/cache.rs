//! The cache of downloaded models, in the layout of Hugging Face's own tools, which share it:
//!
//! ```text
//! hub/models--<owner>--<name>/blobs/<hash>              the content of a file
//! hub/models--<owner>--<name>/blobs/<hash>.incomplete   the part downloaded so far
//! hub/models--<owner>--<name>/snapshots/<commit>/<file> a link to the content
//! hub/models--<owner>--<name>/refs/<revision>           the commit of a revision
//! hub/models--<owner>--<name>/.no_exist/<commit>/<file> marks that the model has no such file
//! hub/.locks/models--<owner>--<name>/<hash>.lock        locked while a blob is written
//! ```
//!
//! A cached file may be corrupt, so its hash is verified before use.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::hash::Hash;
use super::model_id::ModelId;
use crate::error::{Error, Result};
use crate::files;
use crate::files::sync_folder;

/// The cache of one model.
#[derive(Debug)]
pub(super) struct ModelCache {
    revision: String,
    folder: PathBuf,
    locks: PathBuf,
}

/// The state of a file in the cache.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cached {
    /// The file is in the cache, complete and verified.
    Complete(PathBuf),
    /// The model has no such file.
    Absent,
    /// The cache has no usable copy of the file.
    Unknown,
}

/// Whether `text` is a commit hash, which is also the name of a folder in the cache.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(Hash::parse(text), Some(Hash::GitBlob(hash)) if hash == text)
}

impl ModelCache {
    /// The cache of `model` within `hub`, the folder that all models share.
    pub(super) fn new(hub: &Path, model: &ModelId) -> Self {
        let name = format!("models--{model}").replace('/', "--");
        Self {
            revision: model.revision().to_owned(),
            folder: hub.join(&name),
            locks: hub.join(".locks").join(&name),
        }
    }

    /// The commit that `revision` had at the last download, if the cache records one.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let commit = files::read(&self.reference(revision)).ok()?;
        String::from_utf8(commit).ok().filter(|commit| is_commit(commit))
    }

    /// Records the commit of the model's revision.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn set_commit(&self, commit: &str) -> Result<()> {
        let path = self.reference(&self.revision);
        // A revision may contain slashes, as `refs/pr/1` does.
        make_folder_of(&path).map_err(|e| self.failed(e))?;
        files::write_atomically(&path, commit.as_bytes())
    }

    /// Looks up the file at `path` in `commit`, and verifies its hash.
    pub(super) fn look_up(&self, commit: &str, path: &str) -> Cached {
        let link = fs::read_link(self.snapshot(commit).join(path)).ok();
        let name = link.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        if let Some(hash) = name.and_then(Hash::parse) {
            let blob = self.blob(&hash);
            if is_valid(&blob, &hash).unwrap_or(false) {
                return Cached::Complete(blob);
            }
            tracing::info!(path = %blob.display(), "missing or corrupt in the cache");
        }
        if self.absent(commit, path).is_file() { Cached::Absent } else { Cached::Unknown }
    }

    /// Records that `commit` has no file at `path`.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn set_absent(&self, commit: &str, path: &str) -> Result<()> {
        let file = self.absent(commit, path);
        make_folder_of(&file).and_then(|()| File::create(&file)).map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Links the file at `path` in `commit` to the content with this hash.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn link(&self, commit: &str, path: &str, hash: &Hash) -> Result<()> {
        let link = self.snapshot(commit).join(path);
        let up = "../".repeat(2 + path.matches('/').count());
        let target = PathBuf::from(format!("{up}blobs/{}", hash.hex()));
        if fs::read_link(&link).is_ok_and(|found| found == target) {
            return Ok(());
        }
        make_folder_of(&link)
            .and_then(|()| if files::is_absent(&link) { Ok(()) } else { fs::remove_file(&link) })
            .and_then(|()| make_link(&target, &link))
            .map_err(|e| self.failed(e))
    }

    /// Locks the content with this hash against other runs and other tools, until the result is
    /// dropped. Some network disks have no locks; there, nothing is locked.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn lock(&self, hash: &Hash) -> Result<File> {
        let path = self.locks.join(format!("{}.lock", hash.hex()));
        let file = make_folder_of(&path)
            .and_then(|()| files::check_writable(&path))
            .and_then(|()| File::options().create(true).append(true).open(&path))
            .map_err(|e| self.failed(e))?;
        let _ = file.lock();
        Ok(file)
    }

    /// The path of the content with this hash.
    pub(super) fn blob(&self, hash: &Hash) -> PathBuf {
        self.folder.join("blobs").join(hash.hex())
    }

    /// Opens the partial download of the content with this hash, to append to it.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn incomplete(&self, hash: &Hash) -> Result<(File, PathBuf)> {
        let path = self.blob(hash).with_extension("incomplete");
        let file = make_folder_of(&path)
            .and_then(|()| files::check_writable(&path))
            .and_then(|()| File::options().create(true).append(true).open(&path))
            .map_err(|e| self.failed(e))?;
        Ok((file, path))
    }

    /// Publishes `incomplete`, which has been verified, under its final path.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn complete(&self, incomplete: &(File, PathBuf), hash: &Hash) -> Result<PathBuf> {
        let (file, path) = incomplete;
        let blob = self.blob(hash);
        file.sync_all()
            .and_then(|()| fs::rename(path, &blob))
            .and_then(|()| sync_folder(blob.parent().unwrap_or(&blob)))
            .map_err(|e| self.failed(e))?;
        Ok(blob)
    }

    /// The error of a failed disk operation.
    pub(super) fn failed(&self, error: io::Error) -> Error {
        Error::io(&self.folder, "write the cache", error)
    }

    fn reference(&self, revision: &str) -> PathBuf {
        self.folder.join("refs").join(revision)
    }

    fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    fn absent(&self, commit: &str, path: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(path)
    }
}

/// Whether the file at `path` exists and has this hash.
///
/// # Errors
/// If the file exists but cannot be read.
pub(super) fn is_valid(path: &Path, hash: &Hash) -> io::Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let file = files::open(path)?;
    Ok(hash.compute_same_kind(file.metadata()?.len(), file)? == *hash)
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(unix)]
fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Links may not be available on other systems. The content is used without one, and downloaded
/// again the next time.
#[cfg(not(unix))]
fn make_link(_target: &Path, _link: &Path) -> io::Result<()> {
    Ok(())
}
