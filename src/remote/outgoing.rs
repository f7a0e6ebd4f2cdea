//! A file that is to be sent: its bytes, and what the manifest says of them.

use std::io::Read;

use super::item::{Contents, Item};
use crate::error::{Error, Result};
use crate::publish::{FileRecord, MANIFEST_FILE, Opened};
use crate::web::{RequestError, RequestResult};

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
    In(&'a Opened),
    These(&'a [u8]),
}

impl<'a> Outgoing<'a> {
    /// The file of `item` of which the manifest says `record`, in the folder that the manifest was
    /// read from.
    pub(super) fn file(
        (item, opened): (&'a Item, &'a Opened),
        file: &'a str,
        record: &FileRecord,
    ) -> Self {
        Self { item, file, record: record.clone(), bytes: Bytes::In(opened) }
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
            Bytes::In(opened) => Box::new(opened.file(self.file).map_err(|e| {
                let path = opened.path().join(self.file);
                opened.explain(self.item.noun(), Error::io(&path, "read the file", e))
            })?),
        })
    }

    /// Reads it to its end.
    ///
    /// # Errors
    /// When it is not what the manifest says.
    pub(super) fn check(&self) -> RequestResult<()> {
        let Bytes::In(opened) = &self.bytes else { return Ok(()) };
        match opened.fault(self.file, &self.record) {
            Some(fault) => {
                let damaged = self.item.damaged(&format!("{}: {fault}", self.file));
                Err(RequestError::Permanent(opened.explain(self.item.noun(), damaged)))
            }
            None => Ok(()),
        }
    }
}
