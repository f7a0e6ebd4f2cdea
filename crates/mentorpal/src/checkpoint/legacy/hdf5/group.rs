//! Groups: finding a child by name.

use super::header::{Message, kind, sized};
use super::source::Source;
use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// Returns the address of the child `name` of the group with these messages.
pub(super) fn child(source: &Source, messages: &[Message], name: &str) -> Result<Option<u64>> {
    for message in messages {
        let found = match message.kind {
            kind::SYMBOL_TABLE => {
                let mut cursor = message.cursor()?;
                let (tree, heap) = (cursor.u64()?, cursor.u64()?);
                in_symbol_table(source, tree, &names(source, heap)?, name)?
            }
            kind::LINK => link(&mut message.cursor()?, name)?,
            kind::LINK_INFO => {
                message.refuse_dense(8, "groups with dense link storage are")?;
                None
            }
            _ => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Returns the local heap of a group, which contains the names of its children.
fn names<'a>(source: &Source<'a>, address: u64) -> Result<Cursor<'a>> {
    let mut heap = source.structure(address, 32)?;
    if heap.take(4)? != b"HEAP" {
        return Err(Error::new(format!("byte {address}: expected a local heap")));
    }
    heap.u32()?;
    let (size, _free, data) = (heap.u64()?, heap.u64()?, heap.u64()?);
    Ok(Cursor::within(source.region(data, size)?, data as usize))
}

/// Searches the version-1 B-tree at `tree`. The level of each child is checked, so that a circular
/// tree is an error.
fn in_symbol_table(source: &Source, tree: u64, names: &Cursor, name: &str) -> Result<Option<u64>> {
    let mut nodes = vec![(tree, None)];
    while let Some((address, expected)) = nodes.pop() {
        let mut node = source.structure(address, 24)?;
        let (signature, kind, level) = (node.take(4)?, node.u8()?, node.u8()?);
        if signature != b"TREE" || kind != 0 || expected.is_some_and(|expected| level != expected) {
            return Err(Error::new(format!("byte {address}: expected a B-tree node")));
        }
        let entries = u64::from(node.u16()?);
        let mut entries = source.structure(address.saturating_add(24), entries * 16)?;
        while entries.left() > 0 {
            let (_key, child) = (entries.u64()?, entries.u64()?);
            if level > 0 {
                nodes.push((child, Some(level - 1)));
            } else if let Some(found) = in_node(source, child, names, name)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Searches a symbol table node.
fn in_node(source: &Source, address: u64, names: &Cursor, name: &str) -> Result<Option<u64>> {
    let mut node = source.structure(address, 8)?;
    if node.take(4)? != b"SNOD" {
        return Err(Error::new(format!("byte {address}: expected a symbol table")));
    }
    node.u16()?;
    let count = u64::from(node.u16()?);
    let mut entries = source.structure(address.saturating_add(8), count * 40)?;
    while entries.left() > 0 {
        let (offset, header) = (entries.u64()?, entries.u64()?);
        entries.take(24)?;
        let mut found = names.clone();
        found.take(usize::try_from(offset).unwrap_or(usize::MAX))?;
        source.count_structure(name.len())?;
        if found.left() > name.len()
            && found.take(name.len())? == name.as_bytes()
            && found.u8()? == 0
        {
            return Ok(Some(header));
        }
    }
    Ok(None)
}

/// Returns the address in a link message if its name is `name`.
fn link(message: &mut Cursor, name: &str) -> Result<Option<u64>> {
    let offset = message.offset();
    let (_version, flags) = (message.u8()?, message.u8()?);
    let hard = flags & 8 == 0 || message.u8()? == 0;
    // Optional fields: the order of creation and the character set.
    message.take(usize::from(flags & 4 != 0) * 8 + usize::from(flags & 0x10 != 0))?;
    let length = sized(message, 1 << (flags & 3))?;
    let found = message.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    if found != name.as_bytes() {
        return Ok(None);
    }
    if !hard {
        return Err(Error::new(format!(
            "byte {offset}: `{name}` is a soft or external link, expected a hard link"
        )));
    }
    message.u64().map(Some)
}
