//! Reading forward within a file whose size is known, and remembering its words.

use std::collections::HashMap;
use std::io::{BufRead, ErrorKind, Read};

use super::{MAX_NUMBER, MAX_WORD, wrong, wrong_at};
use crate::error::{Error, Result};

/// A reader that knows how many bytes are left, and the words met so far.
pub(super) struct Scan<R> {
    reader: R,
    left: u64,
    words: HashMap<Box<str>, usize>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Scan<R> {
    pub(super) fn new(reader: R, size: u64) -> Self {
        Self { reader, left: size, words: HashMap::new(), buffer: Vec::new() }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next `N` bytes.
    pub(super) fn exact<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.exact().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.exact().map(u64::from_le_bytes)
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// When fewer are left; nothing is allocated then.
    pub(super) fn bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        if length > self.left {
            return Err(ended());
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The bytes before the next `delimiter`, which is passed over; `None` where the file ends
    /// before it, or more than `limit` bytes do not hold it.
    pub(super) fn until(&mut self, delimiter: u8, limit: usize) -> Result<Option<Vec<u8>>> {
        let found = self.line(delimiter, limit)?;
        Ok(found.and_then(|mut bytes| (bytes.pop() == Some(delimiter)).then_some(bytes)))
    }

    /// The bytes up to and with the next `delimiter`, or up to the end; `None` where they are
    /// more than `limit`.
    pub(super) fn line(&mut self, delimiter: u8, limit: usize) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.reader).take(limit as u64 + 1);
        limited.read_until(delimiter, &mut bytes).map_err(unreadable)?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok((bytes.len() <= limit).then_some(bytes))
    }

    /// Passes over a vector of `dims` numbers, all of them in range.
    pub(super) fn vector(&mut self, row: usize, dims: usize) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(4 * dims, 0);
        self.fill(&mut buffer)?;
        for (index, bytes) in buffer.as_chunks().0.iter().enumerate() {
            check_number(f32::from_le_bytes(*bytes), row, index)?;
        }
        self.buffer = buffer;
        Ok(())
    }

    /// Notes the word of `row`.
    ///
    /// # Errors
    /// When it is empty, too long, no UTF-8, or was there before.
    pub(super) fn word(&mut self, bytes: &[u8], row: usize) -> Result<()> {
        let Ok(word) = std::str::from_utf8(bytes) else {
            return Err(wrong_at(row, "the word is not UTF-8")
                .hint("only UTF-8 is read; convert the file, or fetch it again"));
        };
        if word.is_empty() {
            return Err(wrong_at(row, "there is no word"));
        }
        if word.len() > MAX_WORD {
            return Err(wrong_at(row, format!("a word longer than {MAX_WORD} bytes")));
        }
        if let Some(first) = self.words.insert(word.into(), row) {
            let word = word.escape_debug();
            return Err(wrong_at(row, format!("the word `{word}` is in row {first} already"))
                .hint("a word has one vector; remove the others"));
        }
        Ok(())
    }

    /// Demands that nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<()> {
        loop {
            let bytes = self.reader.fill_buf().map_err(unreadable)?;
            if bytes.is_empty() {
                return Ok(());
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Err(wrong("more follows after the last word that the header counts")
                    .hint("the header is wrong; fetch the file again"));
            }
            let length = bytes.len();
            self.reader.consume(length);
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => ended(),
            _ => unreadable(error),
        })?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(())
    }
}

/// Demands that a vector's number, at `index` from 0, is finite and of bounded magnitude.
pub(super) fn check_number(number: f32, row: usize, index: usize) -> Result<()> {
    if number.abs() <= MAX_NUMBER {
        return Ok(());
    }
    let position = index + 1;
    let found = format!("number {position} of the vector is {number:e}");
    Err(wrong_at(row, format!("{found}, expected at most {MAX_NUMBER:e} in magnitude"))
        .hint("the file is damaged; fetch it again"))
}

/// The error of a file that ends too early.
pub(super) fn ended() -> Error {
    wrong("the file ends in the middle").hint("it is truncated; fetch it again")
}

fn unreadable(error: std::io::Error) -> Error {
    wrong("cannot read the file").caused_by(error)
}
