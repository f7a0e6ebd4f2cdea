//! Datasets and attributes: types, shapes and contents.

use super::header::{Message, UNDEFINED, kind};
use super::source::Source;
use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers in row-major order.
    pub numbers: Vec<f32>,
}

/// The type of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Datatype {
    Float32,
    Float64,
    /// A string of this many bytes, padded with zeros or spaces.
    FixedString(usize),
    /// A string in a global heap: its length, the address of the heap, its index in the heap.
    HeapString,
    /// Any other type, with its class.
    Other(u8),
}

/// Returns the numbers of the dataset with these messages.
pub(super) fn numbers(source: &Source, messages: &[Message]) -> Result<Array> {
    let part = |kind: u16, what: &str| {
        let message = messages.iter().find(|message| message.kind == kind);
        message.ok_or_else(|| Error::new(format!("not a dataset: the {what} is missing")))
    };
    let shape = dataspace(&mut part(kind::DATASPACE, "shape")?.cursor()?)?;
    let datatype = datatype(&mut part(kind::DATATYPE, "type")?.cursor()?)?;
    let width = match datatype {
        Datatype::Float32 => 4,
        Datatype::Float64 => 8,
        other => {
            return Err(Error::new(format!(
                "{other:?}, expected floating-point numbers of 4 or 8 bytes"
            )));
        }
    };
    let count = element_count(&shape)?;
    let size = count.checked_mul(width).ok_or_else(|| too_many(&shape))?;
    let bytes = layout(source, &mut part(kind::LAYOUT, "layout")?.cursor()?)?;
    if bytes.len() != size {
        return Err(Error::new(format!("shape {shape:?} in {} bytes", bytes.len())));
    }
    let numbers = if width == 4 {
        bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    } else {
        bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect()
    };
    Ok(Array { shape, numbers })
}

/// Returns the strings of the attribute `name`; `None` if it does not exist.
pub(super) fn strings<'a>(
    source: &Source<'a>,
    messages: &[Message<'a>],
    name: &str,
) -> Result<Option<Vec<&'a str>>> {
    for message in messages {
        match message.kind {
            kind::ATTRIBUTE => {
                if let Some(found) = attribute(source, message, name)? {
                    return Ok(Some(found));
                }
            }
            kind::ATTRIBUTE_INFO => message.refuse_dense(2, "dense attribute storage is")?,
            _ => {}
        }
    }
    Ok(None)
}

/// Returns the strings in an attribute message if its name is `name`.
fn attribute<'a>(
    source: &Source<'a>,
    message: &Message<'a>,
    name: &str,
) -> Result<Option<Vec<&'a str>>> {
    let mut cursor = message.cursor()?;
    let (version, flags) = (cursor.u8()?, cursor.u8()?);
    let offset = message.offset;
    if !(1..=3).contains(&version) {
        return Err(Error::new(format!(
            "byte {offset}: attribute version {version}, expected 1 to 3"
        )));
    }
    let sizes = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
    if version == 3 {
        cursor.u8()?;
    }
    let mut part = |size: usize| {
        // Version 1 aligns each part to 8 bytes.
        let padded = if version == 1 { size.next_multiple_of(8) } else { size };
        let start = cursor.offset();
        cursor.take(padded).map(|bytes| Cursor::within(&bytes[..size], start))
    };
    let found = part(sizes[0])?.take_until(0)?;
    let (mut datatype_part, mut dataspace_part) = (part(sizes[1])?, part(sizes[2])?);
    if found != name.as_bytes() {
        return Ok(None);
    }
    if version > 1 && flags != 0 {
        return Err(Error::new(format!(
            "byte {offset}: shared attribute types and shapes are not supported"
        )));
    }
    let count = element_count(&dataspace(&mut dataspace_part)?)?;
    if count == 0 {
        return Ok(Some(Vec::new()));
    }
    let strings = match datatype(&mut datatype_part)? {
        Datatype::FixedString(size) if size > 0 => {
            let size = size.checked_mul(count).map(|all| (all, size));
            let (all, size) =
                size.ok_or_else(|| Error::new(format!("too many strings: {count}")))?;
            cursor.take(all)?.chunks_exact(size).map(|bytes| padded_string(source, bytes)).collect()
        }
        Datatype::HeapString => {
            let all = count
                .checked_mul(16)
                .ok_or_else(|| Error::new(format!("too many strings: {count}")))?;
            let mut elements = Cursor::within(cursor.take(all)?, message.offset);
            (0..count).map(|_| heap_string(source, &mut elements)).collect()
        }
        other => Err(Error::new(format!("{other:?}, expected strings"))),
    };
    strings.map(Some).map_err(|e: Error| e.prefixed(&format!("attribute `{name}`")))
}

/// Reads a shape: `[]` for a single value, `[0]` if there is no value.
fn dataspace(cursor: &mut Cursor) -> Result<Vec<usize>> {
    let offset = cursor.offset();
    let (version, rank, _flags) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let kind = cursor.u8()?;
    match version {
        1 => {
            cursor.u32()?;
        }
        2 if kind == 2 => return Ok(vec![0]),
        2 => {}
        _ => {
            return Err(Error::new(format!(
                "byte {offset}: shape version {version}, expected 1 or 2"
            )));
        }
    }
    let dim = |dim: u64| {
        usize::try_from(dim).map_err(|_| Error::new(format!("dimension {dim} is too large")))
    };
    (0..rank).map(|_| dim(cursor.u64()?)).collect()
}

fn element_count(shape: &[usize]) -> Result<usize> {
    let count = shape.iter().try_fold(1_usize, |count, &dim| count.checked_mul(dim));
    count.ok_or_else(|| too_many(shape))
}

fn too_many(shape: &[usize]) -> Error {
    Error::new(format!("shape {shape:?} is too large"))
}

fn datatype(cursor: &mut Cursor) -> Result<Datatype> {
    let class = cursor.u8()? & 0xf;
    let [bits, ..] = cursor.array::<3>()?;
    let size = cursor.u32()?;
    Ok(match class {
        // The properties of little-endian IEEE 754 numbers.
        1 => match (bits, size, cursor.array::<12>()?) {
            (0x20, 4, [0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]) => Datatype::Float32,
            (0x20, 8, [0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0]) => Datatype::Float64,
            _ => Datatype::Other(class),
        },
        3 => Datatype::FixedString(size as usize),
        9 if bits & 0xf == 1 && size == 16 => Datatype::HeapString,
        _ => Datatype::Other(class),
    })
}

/// Returns the bytes of a contiguous dataset.
fn layout<'a>(source: &Source<'a>, cursor: &mut Cursor<'a>) -> Result<&'a [u8]> {
    let offset = cursor.offset();
    match (cursor.u8()?, cursor.u8()?) {
        (3 | 4, 0) => {
            let size = cursor.u16()?.into();
            source.count_data(size)?;
            cursor.take(size)
        }
        (3 | 4, 1) => {
            let (address, size) = (cursor.u64()?, cursor.u64()?);
            if address == UNDEFINED {
                return Err(Error::new(format!("byte {offset}: the array was never written")));
            }
            source.data(address, size)
        }
        (3 | 4, 2) => Err(Error::new(format!(
            "byte {offset}: a chunked array, which may be compressed; expected a contiguous array"
        ))),
        (version, class) => Err(Error::new(format!(
            "byte {offset}: unsupported layout {class} of version {version}"
        ))),
    }
}

/// Decodes a string that is padded with zeros or spaces.
fn padded_string<'a>(source: &Source, bytes: &'a [u8]) -> Result<&'a str> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    Ok(string(source, &bytes[..end])?.trim_end_matches(' '))
}

/// Returns the string that the next element of `elements` refers to.
fn heap_string<'a>(source: &Source<'a>, elements: &mut Cursor) -> Result<&'a str> {
    let (length, address, index) = (elements.u32()?, elements.u64()?, elements.u32()?);
    if length == 0 {
        return Ok("");
    }
    let mut prefix = source.structure(address, 16)?;
    if prefix.take(4)? != b"GCOL" {
        return Err(Error::new(format!("byte {address}: expected a global heap")));
    }
    prefix.u32()?;
    let mut heap = Cursor::within(source.region(address, prefix.u64()?)?, address as usize);
    heap.take(16)?;
    while heap.left() >= 16 {
        source.count_structure(16)?;
        let (found, _references) = (heap.u16()?, heap.u16()?);
        heap.u32()?;
        let size = usize::try_from(heap.u64()?).unwrap_or(usize::MAX);
        if u32::from(found) == index && found != 0 {
            let bytes = heap.take(size)?;
            let bytes = bytes.get(..length as usize).ok_or_else(|| {
                Error::new(format!("byte {address}: a string of {length} bytes in {size} bytes"))
            })?;
            return string(source, bytes);
        }
        let padded = size.checked_next_multiple_of(8).unwrap_or(usize::MAX);
        // Object 0 is the free space, the last object of the heap.
        if found == 0 {
            break;
        }
        heap.take(padded)?;
    }
    Err(Error::new(format!("byte {address}: no object {index} in this global heap")))
}

fn string<'a>(source: &Source, bytes: &'a [u8]) -> Result<&'a str> {
    source.count_structure(bytes.len())?;
    std::str::from_utf8(bytes).map_err(|_| Error::new("a string is not UTF-8"))
}
