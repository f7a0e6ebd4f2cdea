//! Decodes a text stream to UTF-8; a byte-order mark at its start selects UTF-16.

use std::io::{self, ErrorKind, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

/// The number of bytes per read.
const CHUNK: usize = 1 << 16;

/// A reader that converts UTF-16 with a byte-order mark to UTF-8 and passes everything else through.
/// It never reads ahead, because the writer of a pipe may wait for a reply.
pub(super) struct Decoding<R> {
    inner: R,
    state: State,
    /// Decoded bytes that the caller has not read yet.
    ready: Vec<u8>,
}

enum State {
    /// The first bytes have not been read.
    Unknown,
    /// Bytes are passed through.
    Plain,
    Utf16(Box<Decoder>),
    Ended,
}

impl<R: Read> Decoding<R> {
    /// A reader on top of `inner`.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, state: State::Unknown, ready: Vec::new() }
    }

    /// Reads the first bytes and determines the encoding.
    fn begin(&mut self) -> io::Result<()> {
        let mut start = Vec::new();
        while start.len() < 2 && start.first().is_none_or(|first| matches!(first, 0xfe | 0xff)) {
            let more = self.more()?;
            if more.is_empty() {
                break;
            }
            start.extend(more);
        }
        let encoding = match start.as_slice() {
            [0xff, 0xfe, ..] => UTF_16LE,
            [0xfe, 0xff, ..] => UTF_16BE,
            _ => {
                self.state = State::Plain;
                self.ready = start;
                return Ok(());
            }
        };
        self.state = State::Utf16(Box::new(encoding.new_decoder_without_bom_handling()));
        self.decode(&start[2..], false)
    }

    /// The bytes of one read; empty at the end of the stream.
    fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; CHUNK];
        loop {
            match self.inner.read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => {
                    bytes.truncate(read?);
                    return Ok(bytes);
                }
            }
        }
    }

    /// Decodes UTF-16; `are_last` if the stream ends after these bytes.
    fn decode(&mut self, bytes: &[u8], are_last: bool) -> io::Result<()> {
        let State::Utf16(decoder) = &mut self.state else { return Ok(()) };
        let length = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(4 * bytes.len() + 16);
        let mut text = String::with_capacity(length);
        let (_, _, faulty) = decoder.decode_to_string(bytes, &mut text, are_last);
        if faulty {
            let what = "invalid UTF-16 after a UTF-16 byte-order mark";
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        self.ready = text.into_bytes();
        if are_last {
            self.state = State::Ended;
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Unknown) {
            self.begin()?;
        }
        if self.ready.is_empty() {
            if matches!(self.state, State::Plain) {
                return self.inner.read(to);
            }
            while self.ready.is_empty() && matches!(self.state, State::Utf16(_)) {
                let bytes = self.more()?;
                self.decode(&bytes, bytes.is_empty())?;
            }
        }
        let count = self.ready.len().min(to.len());
        to[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns one byte per read.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut to[..1])
        }
    }

    fn decoded(bytes: &[u8]) -> io::Result<String> {
        let mut at_once = String::new();
        Decoding::new(bytes).read_to_string(&mut at_once)?;
        let mut slow = String::new();
        Decoding::new(Slow(bytes)).read_to_string(&mut slow)?;
        assert_eq!(at_once, slow);
        Ok(at_once)
    }

    #[test]
    fn a_byte_order_mark_selects_utf16() {
        let text = "Où êtes-vous ? 😀\n".repeat(2000);
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&little).unwrap(), text);
        assert_eq!(decoded(&big).unwrap(), text);
        assert!(decoded(&little[..little.len() - 1]).is_err());
    }

    #[test]
    fn other_text_is_passed_through() {
        for text in ["", "a", "Où\n", "\u{feff}a"] {
            assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        }
    }
}
