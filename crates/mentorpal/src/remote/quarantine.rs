//! Moving a corrupt copy on the remote away, before a valid one replaces it.

use super::Remote;
use super::item::Item;
use crate::error::{Error, ErrorKind};
use crate::publish::MANIFEST_FILE;
use crate::web::{RequestError, RequestResult, retry_with_backoff};

/// The prefix of the names of quarantined copies.
const REPLACED: &str = ".replaced-";

impl Remote {
    /// Renames a corrupt copy to a hidden name. `expected` is the manifest that the copy was found
    /// to have, if any.
    ///
    /// # Errors
    /// If a request fails, or if another upload has replaced the copy, so that its manifest differs.
    /// In the second case the copy is moved back.
    pub(super) fn quarantine(&self, item: &Item, expected: Option<&[u8]>) -> RequestResult<()> {
        let target = item.remote();
        let hidden = item.remote_sibling(&format!(
            "{REPLACED}{}-{:016x}",
            item.last_name(),
            rand::random::<u64>()
        ));
        if !retry_with_backoff(self.first_wait, || self.try_move(&target, &hidden))? {
            return Ok(());
        }
        let path = format!("{hidden}/{MANIFEST_FILE}");
        let found = match retry_with_backoff(self.first_wait, || self.manifest_at(&path)) {
            Err(RequestError::NotFound(_)) => None,
            found => Some(found?),
        };
        if found.as_deref() == expected {
            return Ok(());
        }
        // Another upload published the item meanwhile, so it is moved back.
        let moved_back =
            retry_with_backoff(self.first_wait, || self.store.move_folder(&hidden, &target, &[]));
        if let Err(error) = moved_back
            && !matches!(self.store.list(&hidden), Err(RequestError::NotFound(_)))
        {
            let hidden = self.store.place(&hidden);
            let message = format!(
                "the {} of another upload is now at {hidden} and cannot be moved back",
                item.noun()
            );
            return Err(RequestError::Permanent(error.into_error().prefixed(&message)));
        }
        let message = format!("another upload changed the {} meanwhile", item.noun());
        let error = Error::at(self.store.place(&target), message).with_kind(ErrorKind::Conflict);
        Err(RequestError::Permanent(error.hint("run the command again")))
    }

    /// Tries once to rename `target` to `hidden`. Returns whether `target` existed.
    fn try_move(&self, target: &str, hidden: &str) -> RequestResult<bool> {
        let moved = match self.store.move_folder(target, hidden, &[]) {
            Err(error @ (RequestError::Transient(..) | RequestError::Permanent(_))) => {
                return Err(error);
            }
            moved => moved,
        };
        // The listing decides, because servers report moves incorrectly and an earlier attempt may
        // have succeeded.
        match (self.store.list(hidden), moved) {
            (Ok(_), _) => Ok(true),
            (Err(RequestError::NotFound(_)), Err(RequestError::NotFound(_))) => Ok(false),
            (Err(RequestError::NotFound(error)), _) => Err(RequestError::Transient(error, None)),
            (Err(error), _) => Err(error),
        }
    }
}
