//! The source of an uploaded file: its content and its record in the manifest.

use std::io::Read;

use super::item::{Contents, Item};
use crate::error::{Error, Result};
use crate::publish::{FileRecord, MANIFEST_FILE, OpenedFolder};
use crate::web::{RequestError, RequestResult};

/// One of an item's files, or its manifest, to be uploaded.
pub(super) struct UploadSource<'a> {
    item: &'a Item,
    /// The path of the file within the item.
    pub(super) file: &'a str,
    pub(super) record: FileRecord,
    content: Content<'a>,
}

/// The location of a file's content.
enum Content<'a> {
    File(&'a OpenedFolder),
    Bytes(&'a [u8]),
}

impl<'a> UploadSource<'a> {
    /// Returns the source of `file` in the folder `opened`, which the manifest with `record` was
    /// read from.
    pub(super) fn file(
        item: &'a Item,
        opened: &'a OpenedFolder,
        file: &'a str,
        record: &FileRecord,
    ) -> Self {
        Self { item, file, record: record.clone(), content: Content::File(opened) }
    }

    /// Returns the source of the manifest of `contents`.
    pub(super) fn manifest(item: &'a Item, contents: &'a Contents) -> Self {
        let (record, content) = (contents.manifest_record(), Content::Bytes(&contents.manifest));
        Self { item, file: MANIFEST_FILE, record, content }
    }

    /// Opens the file at its beginning.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(super) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match &self.content {
            Content::Bytes(bytes) => Box::new(*bytes),
            Content::File(opened) => Box::new(opened.file(self.file).map_err(|e| {
                let path = opened.path().join(self.file);
                opened.explain(self.item.noun(), Error::io(&path, "read the file", e))
            })?),
        })
    }

    /// Reads the whole file and compares it with its record.
    ///
    /// # Errors
    /// If the file does not match.
    pub(super) fn check(&self) -> RequestResult<()> {
        let Content::File(opened) = &self.content else { return Ok(()) };
        match opened.fault(self.file, &self.record) {
            Some(fault) => {
                let corrupt = self.item.corrupt(&format!("{}: {fault}", self.file));
                Err(RequestError::Permanent(opened.explain(self.item.noun(), corrupt)))
            }
            None => Ok(()),
        }
    }
}
