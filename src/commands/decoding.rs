//! A stream of text whose encoding is told by its first bytes, as UTF-8.

use std::io::{self, ErrorKind, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

/// How many bytes are read at once.
const CHUNK: usize = 1 << 16;

/// Reads UTF-16 that begins with its mark as UTF-8, and everything else as it is. It reads ahead no further
/// than it must: whoever writes to a pipe may wait for the answer.
pub(super) struct Decoding<R> {
    inner: R,
    state: State,
    /// Decoded and not yet handed out.
    ready: Vec<u8>,
}

enum State {
    /// The first bytes are still to be looked at.
    Unknown,
    /// Everything is handed out as it comes.
    Plain,
    Utf16(Box<Decoder>),
    Ended,
}

impl<R: Read> Decoding<R> {
    /// Reads from `inner`.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, state: State::Unknown, ready: Vec::new() }
    }

    /// Reads what there is and looks at the first bytes.
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

    /// What can be had in one go; nothing at the end.
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

    /// Decodes bytes of UTF-16, the last of the stream or not.
    fn decode(&mut self, bytes: &[u8], are_last: bool) -> io::Result<()> {
        let State::Utf16(decoder) = &mut self.state else { return Ok(()) };
        let length = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(4 * bytes.len() + 16);
        let mut text = String::with_capacity(length);
        let (_, _, faulty) = decoder.decode_to_string(bytes, &mut text, are_last);
        if faulty {
            let what = "not UTF-16 throughout, as it begins";
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

    /// Hands out a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut to[..1])
        }
    }

    fn decoded(bytes: &[u8]) -> io::Result<String> {
        let mut whole = String::new();
        Decoding::new(bytes).read_to_string(&mut whole)?;
        let mut slow = String::new();
        Decoding::new(Slow(bytes)).read_to_string(&mut slow)?;
        assert_eq!(whole, slow);
        Ok(whole)
    }

    #[test]
    fn utf16_is_read_by_its_mark() {
        let text = "Où êtes-vous ? 😀\n".repeat(2000);
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&little).unwrap(), text);
        assert_eq!(decoded(&big).unwrap(), text);
        assert!(decoded(&little[..little.len() - 1]).is_err());
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in ["", "a", "Où\n", "\u{feff}a"] {
            assert_eq!(decoded(text.as_bytes()).unwrap(), text);
        }
    }
}
