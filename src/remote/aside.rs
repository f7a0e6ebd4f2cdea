//! A damaged copy on the remote, moved out of the way of the whole one.

use super::Remote;
use super::item::Item;
use crate::error::Error;
use crate::publish::MANIFEST_FILE;
use crate::web::{RequestError, RequestResult, retry_with_backoff};

/// What a damaged copy is called that was repaired, before its name.
const REPLACED: &str = ".replaced-";

impl Remote {
    /// Moves what is damaged out of the way, under a hidden name; `seen` is the manifest that it
    /// was found to have.
    pub(super) fn set_aside(&self, item: &Item, seen: Option<&[u8]>) -> RequestResult<()> {
        let target = item.remote();
        let aside =
            item.beside(&format!("{REPLACED}{}-{:016x}", item.name(), rand::random::<u64>()));
        if !retry_with_backoff(self.first_wait, || self.try_aside(&target, &aside))? {
            return Ok(());
        }
        let path = format!("{aside}/{MANIFEST_FILE}");
        let found = match retry_with_backoff(self.first_wait, || self.manifest_at(&path)) {
            Err(RequestError::NotFound(_)) => None,
            found => Some(found?),
        };
        if found.as_deref() == seen {
            return Ok(());
        }
        // Somebody published meanwhile: that goes back.
        let back =
            retry_with_backoff(self.first_wait, || self.store.move_folder(&aside, &target, &[]));
        if let Err(fault) = back
            && !matches!(self.store.list(&aside), Err(RequestError::NotFound(_)))
        {
            let aside = self.store.place(&aside);
            let what = format!("what another run published is at {aside} and does not go back");
            return Err(RequestError::Permanent(fault.into_error().prefixed(&what)));
        }
        let what = format!("another run changed the {} meanwhile", item.noun());
        let error = Error::at(self.store.place(&target), what);
        Err(RequestError::Permanent(error.hint("it is as that run left it; run this again")))
    }

    /// Moves `target` to `aside`, once; whether there was something to move.
    fn try_aside(&self, target: &str, aside: &str) -> RequestResult<bool> {
        let moved = match self.store.move_folder(target, aside, &[]) {
            Err(fault @ (RequestError::Transient(..) | RequestError::Permanent(_))) => {
                return Err(fault);
            }
            moved => moved,
        };
        // The server's word is not taken, and a try before may have moved it.
        match (self.store.list(aside), moved) {
            (Ok(_), _) => Ok(true),
            (Err(RequestError::NotFound(_)), Err(RequestError::NotFound(_))) => Ok(false),
            (Err(RequestError::NotFound(error)), _) => Err(RequestError::Transient(error, None)),
            (Err(fault), _) => Err(fault),
        }
    }
}
