//! Moving a folder of a bucket, as if in one step.
//!
//! An object appears complete, in one step. But there are no folders, and no operation moves several
//! objects in one step. So a folder is moved under a *claim*: the object `.claim` in the new folder,
//! written only if none exists (`If-None-Match: *`), which names the folder that moves there. The
//! run that holds the claim copies the files, then the manifest, and removes the claim; a run that
//! finds another run's claim changes nothing. An interrupted move leaves the claim and its source,
//! and the next run with the same content resumes it.

use super::s3::Bucket;
use super::store::{CLAIM, Store};
use crate::error::{Error, ErrorKind};
use crate::publish::MANIFEST_FILE;
use crate::web::{RequestError, RequestResult};

/// The longest claim that is read, in bytes. A longer object is not a claim.
const MAX_CLAIM: u64 = 1 << 16;

impl Bucket {
    /// Moves the folder `from` to `to`, as [`Store::move_folder`] describes.
    pub(super) fn move_claimed(&self, from: &str, to: &str, needed: &[&str]) -> RequestResult<()> {
        let mut files = self.objects(&format!("{from}/"))?;
        files.retain(|file| !file.ends_with('/'));
        if files.is_empty() {
            return Err(self.not_found(from));
        }
        let is_old = self.claim(from, to)?;
        files.retain(|file| file != CLAIM);
        // The manifest is copied last and removed first.
        files.sort_by_key(|file| file == MANIFEST_FILE);
        // If an earlier run claimed it and the manifest exists, everything was copied.
        if !self.exists(&format!("{to}/{MANIFEST_FILE}"))? {
            self.copy_all(&files, from, to, needed)?;
        } else if !is_old {
            self.remove(&format!("{to}/{CLAIM}"))?;
            return Err(self.already_exists(to));
        }
        for file in files.iter().rev() {
            self.remove(&format!("{from}/{file}"))?;
        }
        self.remove(&format!("{to}/{CLAIM}"))
    }

    /// Copies `files`, the manifest last, to the folder `to`, which is claimed.
    fn copy_all(
        &self,
        files: &[String],
        from: &str,
        to: &str,
        needed: &[&str],
    ) -> RequestResult<()> {
        // Another run with the same content may have moved it.
        if let Some(file) = needed.iter().find(|file| !files.iter().any(|found| found == *file)) {
            let location = self.place(&format!("{from}/{file}"));
            return Err(RequestError::NotFound(Error::at(location, "no longer exists")));
        }
        for file in files {
            if file == MANIFEST_FILE {
                self.check_claim(from, to)?;
            }
            self.copy(&format!("{from}/{file}"), &format!("{to}/{file}"))?;
        }
        Ok(())
    }

    /// Claims the folder `to` for the move from `from`; returns whether an earlier run had claimed
    /// it for the same move.
    fn claim(&self, from: &str, to: &str) -> RequestResult<bool> {
        let claim = format!("{to}/{CLAIM}");
        let is_old = match self.client.put_new(&self.key(&claim), from) {
            Ok(()) => false,
            Err(RequestError::AlreadyExists(_)) => true,
            Err(error) => return Err(self.located(&claim, error)),
        };
        // A server that ignores the condition has overwritten another run's claim.
        self.check_claim(from, to)?;
        Ok(is_old)
    }

    /// Checks that the folder `to` is claimed for the move from `from`.
    fn check_claim(&self, from: &str, to: &str) -> RequestResult<()> {
        let claim = format!("{to}/{CLAIM}");
        let found = self.read_start(&claim, MAX_CLAIM)?;
        if found == from.as_bytes() {
            return Ok(());
        }
        if self.exists(&format!("{to}/{MANIFEST_FILE}"))? {
            return Err(self.already_exists(to));
        }
        if !self.is_under_way(from, &found)? {
            self.remove(&claim)?;
            let error = Error::at(self.place(&claim), "removed a stale claim");
            return Err(RequestError::Transient(error, None));
        }
        let what = "another upload of this name is running, or was interrupted";
        let error = Error::at(self.place(&claim), what).with_kind(ErrorKind::Conflict);
        Err(RequestError::Permanent(
            error.hint("run the upload again to resume it, or delete this object"),
        ))
    }

    /// Whether a claim names a complete folder next to `from`. A claim that was garbled on its way,
    /// or whose upload was given up, does not.
    fn is_under_way(&self, from: &str, claim: &[u8]) -> RequestResult<bool> {
        let parent = from.rsplit_once('/').map_or("", |(parent, _)| parent);
        let name = claim.strip_prefix(parent.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
        match name.and_then(|name| str::from_utf8(name).ok()) {
            Some(name) if name.starts_with('.') && !name.contains('/') => {
                self.exists(&format!("{parent}/{name}/{MANIFEST_FILE}"))
            }
            _ => Ok(false),
        }
    }
}
