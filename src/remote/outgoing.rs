//! A file that is to be sent: its bytes, and what the manifest says of them.

use std::io::Read;
use std::path::PathBuf;

use super::item::{Contents, Item};
use crate::error::{Error, Result};
use crate::files;
use crate::publish::{FileRecord, MANIFEST_FILE};
use crate::web::{Answer, Fault};

/// One of an item's files, or its manifest.
pub(super) struct Outgoing<'a> {
    item: &'a Item,
    /// Its path within the item.
    pub(super) file: &'a str,
    pub(super) record: FileRecord,
    bytes: Bytes<'a>,
}

/// Where its bytes are.
enum Bytes<'a> {
    At(PathBuf),
    These(&'a [u8]),
}

impl<'a> Outgoing<'a> {
    /// The file of `item` of which the manifest says `record`.
    pub(super) fn file(item: &'a Item, file: &'a str, record: &FileRecord) -> Self {
        let bytes = Bytes::At(item.folder().join(file));
        Self { item, file, record: record.clone(), bytes }
    }

    /// The manifest of `item`, which is one of `contents`.
    pub(super) fn manifest(item: &'a Item, contents: &'a Contents) -> Self {
        let (record, bytes) = (contents.manifest_record(), Bytes::These(&contents.manifest));
        Self { item, file: MANIFEST_FILE, record, bytes }
    }

    /// Reads it from its beginning.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match &self.bytes {
            Bytes::These(bytes) => Box::new(*bytes),
            Bytes::At(path) => {
                Box::new(files::open(path).map_err(|e| Error::io(path, "read the file", e))?)
            }
        })
    }

    /// Reads it to its end.
    ///
    /// # Errors
    /// When it is not what the manifest says.
    pub(super) fn check(&self) -> Answer<()> {
        let fault = match &self.bytes {
            Bytes::At(path) => self.record.fault_at(path),
            Bytes::These(_) => None,
        };
        match fault {
            Some(fault) => {
                Err(Fault::Lasting(self.item.damaged(&format!("{}: {fault}", self.file))))
            }
            None => Ok(()),
        }
    }
}
