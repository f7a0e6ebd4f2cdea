//! Decoding of text files in the encodings that common programs write.
//!
//! UTF-8 with or without a byte-order mark, and UTF-16 with one, are decoded as such. For a file
//! that is not valid UTF-8, the encoding is guessed:
//!
//! - If no character beyond ASCII is valid UTF-8, the whole file is Windows-1252.
//! - Otherwise the file is UTF-8 with stray bytes. Valid characters are kept, and each stray byte is
//!   decoded as Windows-1252.
//!
//! A byte that is undefined in Windows-1252 as well is an error. Notes report each guess and its
//! position.

use std::path::Path;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::conflict::conflict;
use crate::error::{Error, Location, Result};

/// The text of a file, with notes about its encoding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    /// The text with its original line ends, without a byte-order mark.
    pub(crate) text: String,
    /// Notes about the encoding, sorted by line.
    pub(crate) notes: Vec<Note>,
    /// Whether all bytes are valid in a single encoding.
    pub(crate) is_exact: bool,
    /// The reason why the text must not be used, if any.
    pub(crate) fault: Option<Note>,
}

/// A remark about the decoding of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The line number, from 1.
    pub(crate) line: usize,
    /// Whether the note is about the whole file.
    pub(crate) is_whole_file: bool,
    /// The message.
    pub(crate) message: String,
}

/// The position of a byte in a file; all numbers from 1.
struct Position {
    line: usize,
    byte_in_line: usize,
    byte: usize,
}

/// Decodes the bytes of a file. `path` is used only in errors.
///
/// # Errors
/// If the file is binary.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Decoded> {
    let mark = Encoding::for_bom(bytes);
    let decoded = match mark {
        Some((encoding, _)) if encoding != UTF_8 => utf16(encoding, bytes),
        mark => eight_bits(bytes, mark.map_or(0, |(_, length)| length)),
    };
    if let Some(index) = decoded.text.find('\0') {
        let line = line_at(decoded.text.as_bytes(), index);
        let what = format!("a binary file, expected text (line {line} contains a NUL character)");
        return Err(Error::at(Location::file(path), what)
            .hint("export it as “CSV UTF-8 (comma delimited)”, or save it as UTF-8 text"));
    }
    let fault = decoded.fault.or_else(|| conflict(&decoded.text));
    Ok(Decoded { fault, ..decoded })
}

/// Decodes UTF-16 with a byte-order mark.
fn utf16(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, _, faulty) = encoding.decode(bytes);
    let mut notes = Vec::new();
    if faulty {
        let line = text.find('\u{fffd}').map_or(1, |index| line_at(text.as_bytes(), index));
        let name = encoding.name();
        notes.push(Note {
            line,
            is_whole_file: false,
            message: format!("the byte-order mark is that of {name}, but the file is not valid {name}; characters were lost"),
        });
    }
    Decoded { text: text.into_owned(), notes, is_exact: !faulty, fault: None }
}

/// Decodes an 8-bit encoding after a byte-order mark of `mark` bytes.
fn eight_bits(bytes: &[u8], mark: usize) -> Decoded {
    match str::from_utf8(&bytes[mark..]) {
        Ok(text) => Decoded {
            text: text.to_owned(),
            notes: lost_characters(text),
            is_exact: true,
            fault: None,
        },
        Err(_) if mark == 0 && is_windows_1252(bytes) => windows_1252(bytes),
        Err(_) => with_stray_bytes(bytes, mark),
    }
}

/// Returns a note if characters were lost before the file was saved.
fn lost_characters(text: &str) -> Vec<Note> {
    let note = |index| Note {
        line: line_at(text.as_bytes(), index),
        is_whole_file: false,
        message:
            "contains `\u{fffd}`: characters were lost when the file was saved in another encoding"
                .to_owned(),
    };
    text.find('\u{fffd}').map(note).into_iter().collect()
}

/// Returns whether bytes that are not valid UTF-8 are Windows-1252 throughout: no character beyond
/// ASCII is [certainly](is_surely_utf8) UTF-8, and stray bytes outnumber the possible characters.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let (mut maybe, mut stray) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars().filter(|c| !c.is_ascii()) {
            if is_surely_utf8(c) {
                return false;
            }
            maybe += 1;
        }
        stray += chunk.invalid().len();
    }
    stray > maybe
}

/// Returns whether the UTF-8 bytes of `c` are unlikely as Windows-1252 text.
///
/// In Windows-1252, an accented capital letter before a quotation mark (`É»`) is likely, although
/// its two bytes are one character in UTF-8.
fn is_surely_utf8(c: char) -> bool {
    let mut buffer = [0; 4];
    match c.encode_utf8(&mut buffer).as_bytes() {
        [0xc2 | 0xc3, _] => true,
        [_, second] => !matches!(
            second,
            0x80 | 0x85 | 0x8b | 0x91
                ..=0x97 | 0x99 | 0x9b | 0xa0 | 0xa9 | 0xab | 0xae | 0xb0 | 0xbb
        ),
        _ => true,
    }
}

fn windows_1252(bytes: &[u8]) -> Decoded {
    let first = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    let Position { line, byte, .. } = position(bytes, first);
    let message = format!(
        "not UTF-8 (from line {line}), read as Windows-1252; save the file as UTF-8 to be sure \
         (byte {byte} of the file, 0x{:02X}, is the first that is not UTF-8)",
        bytes[first]
    );
    let undefined = bytes.iter().position(|&byte| is_undefined(byte));
    Decoded {
        text: WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        notes: vec![Note { line, is_whole_file: true, message }],
        is_exact: false,
        fault: undefined.map(|index| neither(bytes[index], &position(bytes, index))),
    }
}

/// Decodes UTF-8 with stray bytes as Windows-1252; adds one note per line with stray bytes.
fn with_stray_bytes(bytes: &[u8], mark: usize) -> Decoded {
    let mut decoded = Decoded::default();
    let mut cursor = Cursor { bytes, at: 0, line: 1, begin: 0 };
    let mut index = mark;
    for chunk in bytes[mark..].utf8_chunks() {
        decoded.text += chunk.valid();
        index += chunk.valid().len();
        for &byte in chunk.invalid() {
            let character = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
            let position = cursor.advance_to(index);
            if is_undefined(byte) && decoded.fault.is_none() {
                decoded.fault = Some(neither(byte, &position));
            }
            let Position { line, byte_in_line, byte: nth } = position;
            if decoded.notes.last().is_none_or(|note| note.line != line) {
                let message = format!(
                    "not valid UTF-8: byte {byte_in_line} of line {line} (byte {nth} of the \
                     file), 0x{byte:02X}, is read as Windows-1252, `{character}`; save the file as UTF-8"
                );
                decoded.notes.push(Note { line, is_whole_file: false, message });
            }
            decoded.text += &character;
            index += 1;
        }
    }
    decoded
}

/// Returns whether `byte` is one of the five bytes that are undefined in Windows-1252.
fn is_undefined(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)
}

/// Returns the note about a byte that is valid in neither encoding.
fn neither(byte: u8, position: &Position) -> Note {
    let Position { line, byte_in_line, byte: nth } = position;
    let message = format!(
        "neither UTF-8 nor Windows-1252: byte {byte_in_line} of line {line} (byte {nth} of the file) \
         is 0x{byte:02X}"
    );
    Note { line: *line, is_whole_file: false, message }
}

/// A forward-only position in a file that counts lines. Lines end with LF, CR or both.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// The index of the line's first byte.
    begin: usize,
}

impl Cursor<'_> {
    /// Advances to the byte at `index`, which must not be before the current one.
    fn advance_to(&mut self, index: usize) -> Position {
        while self.at < index {
            let ends = match self.bytes[self.at] {
                b'\n' => true,
                b'\r' => self.bytes.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.at += 1;
            if ends {
                self.line += 1;
                self.begin = self.at;
            }
        }
        Position { line: self.line, byte_in_line: index - self.begin + 1, byte: index + 1 }
    }
}

fn position(bytes: &[u8], index: usize) -> Position {
    Cursor { bytes, at: 0, line: 1, begin: 0 }.advance_to(index)
}

/// Returns the number, from 1, of the line that contains the byte at `index`.
fn line_at(bytes: &[u8], index: usize) -> usize {
    position(bytes, index).line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Decoded {
        decode(Path::new("t.csv"), bytes).unwrap()
    }

    #[test]
    fn utf8_with_stray_bytes_keeps_its_other_characters() {
        // `é`, `ü` and `Ж` in UTF-8, and an `é` in Windows-1252 on the third line.
        let found = text(
            "é\r\nü\rx".bytes().chain(*b"\xe9\n").chain("Ж".bytes()).collect::<Vec<_>>().as_slice(),
        );
        assert_eq!(found.text, "é\r\nü\rxé\nЖ");
        let [note] = found.notes.as_slice() else { panic!("{found:?}") };
        assert_eq!((note.line, note.is_whole_file), (3, false));
        // é CR LF, ü CR, x: 2 + 2 + 2 + 1 + 1 bytes before it.
        assert!(note.message.contains("byte 2 of line 3 (byte 9 of the file), 0xE9"), "{note:?}");
        assert!(note.message.contains("`é`"), "{note:?}");
    }

    #[test]
    fn windows_1252_is_detected_by_bytes_that_are_not_utf8() {
        // In UTF-8 the two bytes of `É»` would be the one letter `ɻ`.
        let found = text(b"caf\xe9 \xab CAF\xc9\xbb\n\x93x\x94");
        assert_eq!(found.text, "café « CAFÉ»\n“x”");
        let [note] = found.notes.as_slice() else { panic!("{found:?}") };
        assert!(
            note.is_whole_file && note.message.contains("byte 4 of the file, 0xE9"),
            "{note:?}"
        );
    }

    #[test]
    fn bytes_that_are_undefined_in_both_encodings_are_an_error() {
        // `è` in Mac Roman.
        let found = text(b"a\nbc\x8f\n");
        let fault = found.fault.unwrap();
        assert_eq!(fault.line, 2);
        assert!(
            fault.message.contains("byte 3 of line 2 (byte 5 of the file) is 0x8F"),
            "{fault:?}"
        );
        assert!(text("é\n".bytes().chain(*b"\x81").collect::<Vec<_>>().as_slice()).fault.is_some());
    }

    #[test]
    fn git_conflict_is_an_error() {
        let found = text(b"ID\r\n1\r\n<<<<<<< HEAD\r\n2\r\n=======\r\n3\r\n>>>>>>> x\r\n");
        assert_eq!(found.fault.map(|fault| fault.line), Some(3));
        assert_eq!(text(b"a <<<<<<< b\n=======\n").fault, None);
    }

    #[test]
    fn byte_order_marks_are_dropped_and_lines_counted() {
        assert_eq!(text(b"\xef\xbb\xbfID").text, "ID");
        assert_eq!(text(b"\xff\xfeI\0D\0").text, "ID");
        assert_eq!(line_at(b"a\r\nb\rc\nd", 7), 4);
        let lost = text("a\n\u{fffd}".as_bytes());
        assert_eq!(lost.notes[0].line, 2);
    }
}
