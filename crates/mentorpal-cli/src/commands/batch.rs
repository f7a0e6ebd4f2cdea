//! Questions from a file or a pipe, one per line.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::decoding::Decoding;
use mentorpal::error::{Error, Location, Result};

/// The largest number of questions in a batch: large enough to be faster than one by one, small enough that
/// answers appear without a long wait.
const BATCH_SIZE: usize = 256;

/// The questions of a file or a pipe, in batches of up to 256. A batch contains the lines that can be read
/// without waiting, so that a program that writes one question and waits for its answer gets it. Blank lines
/// are skipped. The iterator ends after an error.
pub(super) struct Batches<'a, R> {
    lines: BufReader<Decoding<R>>,
    from: &'a Path,
    /// Number of lines read so far.
    row: usize,
    /// The error to return after the questions that were read before it.
    failed: Option<Error>,
    ended: bool,
}

impl<'a, R: Read> Batches<'a, R> {
    /// Reads questions from `lines`; `from` is the name of the source in error messages.
    pub(super) fn new(lines: R, from: &'a Path) -> Self {
        let lines = BufReader::with_capacity(1 << 16, Decoding::new(lines));
        Self { lines, from, row: 0, failed: None, ended: false }
    }

    /// The next line; `None` after the last.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        self.row += 1;
        if self.lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let fault = |what: String| Err(io::Error::new(ErrorKind::InvalidData, what));
        match String::from_utf8(line) {
            Ok(line) if line.contains('\0') => fault("it contains a NUL character".to_owned()),
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                let index = error.utf8_error().valid_up_to();
                fault(format!(
                    "byte {} is 0x{:02X}, which is not valid UTF-8",
                    index + 1,
                    error.as_bytes()[index]
                ))
            }
        }
    }

    /// Whether a line can be read without waiting.
    fn has_line(&self) -> bool {
        self.lines.buffer().contains(&b'\n')
    }
}

impl<R: Read> Iterator for Batches<'_, R> {
    type Item = Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Vec::new();
        while !self.ended && batch.len() < BATCH_SIZE && (batch.is_empty() || self.has_line()) {
            match self.line() {
                Ok(Some(line)) => {
                    // A lone CR also ends a line.
                    let questions = line
                        .split('\r')
                        .map(|line| line.trim().trim_start_matches('\u{feff}').trim_start());
                    batch.extend(questions.filter(|q| !q.is_empty()).map(str::to_owned));
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    let place = Location::file(self.from).row(self.row);
                    let error = Error::at(place, "not a line of UTF-8 text").caused_by(error);
                    self.failed =
                        Some(error.hint(
                            "save the questions as UTF-8, or as UTF-16 with a byte-order mark",
                        ));
                    self.ended = true;
                }
            }
        }
        if batch.is_empty() { self.failed.take().map(Err) } else { Some(Ok(batch)) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A pipe that returns one piece per read.
    struct Pipe(VecDeque<&'static [u8]>);

    impl Read for Pipe {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let piece = self.0.pop_front().unwrap_or_default();
            to[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn batches(pieces: &[&'static [u8]]) -> Vec<Result<Vec<String>, String>> {
        let pipe = Pipe(pieces.iter().copied().collect());
        let batches = Batches::new(pipe, Path::new("pipe"));
        batches.map(|batch| batch.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn a_batch_has_the_lines_that_are_available() {
        let found = batches(&[b"\xef\xbb\xbfone\n\n two \r\nthr", b"ee\n", b"four\nfive"]);
        let expected = [&["one", "two"][..], &["three"], &["four"], &["five"]];
        assert_eq!(found, expected.map(|batch| Ok(batch.iter().map(|&q| q.to_owned()).collect())));
    }

    #[test]
    fn utf16_and_lone_carriage_returns_are_read() {
        let found = batches(&[b"\xff\xfeo\0n\0", b"e\0\r\0\n\0t\0w\0o\0\r\0x\0"]);
        let questions: Vec<String> = found.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(questions, ["one", "two", "x"]);
        let found = batches(&[b"o\0n\0e\0\n\0"]);
        assert!(found[0].as_ref().unwrap_err().contains("pipe, row 1: not a line"), "{found:?}");
    }

    #[test]
    fn many_questions_are_split_into_batches() {
        let many: &[u8] = "q\n".repeat(600).leak().as_bytes();
        let found = batches(&[many]).into_iter();
        let sizes: Vec<usize> = found.map(|batch| batch.unwrap().len()).collect();
        assert_eq!(sizes, [256, 256, 88]);
    }

    #[test]
    fn questions_before_an_error_are_returned_first() {
        let found = batches(&[b"one\n\n\xff\nnever\n"]);
        assert_eq!(found[0], Ok(vec!["one".to_owned()]));
        assert_eq!(found.len(), 2);
        assert!(found[1].as_ref().unwrap_err().contains("pipe, row 3: not a line"), "{found:?}");
    }
}
