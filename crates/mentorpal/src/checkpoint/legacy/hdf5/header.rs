//! Object headers: the messages that describe a group or a dataset.

use super::source::Source;
use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// A message of an object header.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    /// Whether the message is shared: stored elsewhere, with only its address here.
    pub(super) shared: bool,
    /// The offset of the data in the file.
    pub(super) offset: usize,
    pub(super) data: &'a [u8],
}

/// The numbers of the message kinds.
pub(super) mod kind {
    pub(crate) const DATASPACE: u16 = 0x01;
    pub(crate) const LINK_INFO: u16 = 0x02;
    pub(crate) const DATATYPE: u16 = 0x03;
    pub(crate) const LINK: u16 = 0x06;
    pub(crate) const LAYOUT: u16 = 0x08;
    pub(crate) const ATTRIBUTE: u16 = 0x0c;
    pub(crate) const CONTINUATION: u16 = 0x10;
    pub(crate) const SYMBOL_TABLE: u16 = 0x11;
    pub(crate) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// The undefined address.
pub(super) const UNDEFINED: u64 = u64::MAX;

impl<'a> Message<'a> {
    /// Returns a cursor at the beginning of the data.
    ///
    /// # Errors
    /// If the message is shared.
    pub(super) fn cursor(&self) -> Result<Cursor<'a>> {
        if self.shared {
            let offset = self.offset;
            return Err(Error::new(format!("byte {offset}: shared messages are not supported")));
        }
        Ok(Cursor::within(self.data, self.offset))
    }

    /// Rejects dense storage, which only very large groups and very many or long attributes have; no
    /// model does. The message has a version and flags, then perhaps the largest index, of `width` bytes,
    /// then the address of the dense storage.
    ///
    /// # Errors
    /// If there is such an address: `what` not supported.
    pub(super) fn refuse_dense(&self, width: usize, what: &str) -> Result<()> {
        let mut message = self.cursor()?;
        let offset = message.offset();
        let (_version, flags) = (message.u8()?, message.u8()?);
        message.take(if flags & 1 == 0 { 0 } else { width })?;
        if message.u64()? == UNDEFINED {
            return Ok(());
        }
        Err(Error::new(format!("byte {offset}: {what} not supported")))
    }
}

/// Reads the messages of the object header at `address`, of version 1 or 2.
pub(super) fn read<'a>(source: &Source<'a>, address: u64) -> Result<Vec<Message<'a>>> {
    if source.region(address, 4)? == b"OHDR" {
        return read_v2(source, address);
    }
    let mut prefix = source.structure(address, 16)?;
    let version = prefix.u8()?;
    if version != 1 {
        return Err(Error::new(format!("byte {address}: expected an object header")));
    }
    prefix.u8()?;
    let count = usize::from(prefix.u16()?);
    prefix.u32()?;
    let first = source.structure(address.saturating_add(16), prefix.u32()?.into())?;
    let mut blocks = vec![first];
    let mut messages = Vec::new();
    while let Some(mut block) = blocks.pop() {
        while messages.len() < count && block.left() >= 8 {
            let (kind, size, flags) = (block.u16()?, block.u16()?, block.u8()?);
            block.take(3)?;
            let message = message(&mut block, kind, size, flags)?;
            if kind == kind::CONTINUATION {
                let mut cursor = message.cursor()?;
                blocks.push(source.structure(cursor.u64()?, cursor.u64()?)?);
            }
            messages.push(message);
        }
    }
    Ok(messages)
}

fn read_v2<'a>(source: &Source<'a>, address: u64) -> Result<Vec<Message<'a>>> {
    let mut prefix = source.structure(address, 6)?;
    prefix.take(4)?;
    let (version, flags) = (prefix.u8()?, prefix.u8()?);
    if version != 2 {
        return Err(Error::new(format!(
            "byte {address}: object header version {version}, expected 2"
        )));
    }
    // Optional fields: times, and limits for attributes.
    let optional = if flags & 0x20 == 0 { 0 } else { 16 } + if flags & 0x10 == 0 { 0 } else { 4 };
    let width = 1_u64 << (flags & 3);
    let at = address.saturating_add(6 + optional);
    let size = sized(&mut source.structure(at, width)?, width)?;
    let mut blocks = vec![source.structure(at.saturating_add(width), size)?];
    let mut messages = Vec::new();
    let head = if flags & 4 == 0 { 4 } else { 6 };
    while let Some(mut block) = blocks.pop() {
        // The rest of a block may be too short for a message.
        while block.left() >= head {
            let (kind, size, flags) = (u16::from(block.u8()?), block.u16()?, block.u8()?);
            block.take(head - 4)?;
            let message = message(&mut block, kind, size, flags)?;
            if kind == kind::CONTINUATION {
                blocks.push(continuation(source, &mut message.cursor()?)?);
            }
            messages.push(message);
        }
    }
    Ok(messages)
}

/// Returns a continuation block of a version-2 header, without its signature and checksum.
fn continuation<'a>(source: &Source<'a>, message: &mut Cursor<'a>) -> Result<Cursor<'a>> {
    let (address, length) = (message.u64()?, message.u64()?);
    let mut block = source.structure(address, length)?;
    if block.take(4)? != b"OCHK" {
        return Err(Error::new(format!(
            "byte {address}: expected an object-header continuation block"
        )));
    }
    let length = block.left().saturating_sub(4);
    let start = block.offset();
    Ok(Cursor::within(block.take(length)?, start))
}

fn message<'a>(block: &mut Cursor<'a>, kind: u16, size: u16, flags: u8) -> Result<Message<'a>> {
    let offset = block.offset();
    let data = block.take(size.into())?;
    Ok(Message { kind, shared: flags & 2 != 0, offset, data })
}

/// Reads a number of `width` bytes: 1, 2, 4 or 8.
pub(super) fn sized(cursor: &mut Cursor, width: u64) -> Result<u64> {
    Ok(match width {
        1 => cursor.u8()?.into(),
        2 => cursor.u16()?.into(),
        4 => cursor.u32()?.into(),
        _ => cursor.u64()?,
    })
}
