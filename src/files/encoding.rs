//! Text files in the encodings that people's programs write.
//!
//! UTF-8, with or without a byte-order mark, and UTF-16 with one are read as they are. In a file that is not
//! valid UTF-8, what decodes best decides:
//!
//! - Where nothing in it is UTF-8 beyond ASCII, it is Windows-1252 throughout.
//! - Otherwise it is UTF-8 with stray bytes: what is valid stays as it is, and each stray byte is read as
//!   Windows-1252.
//!
//! A byte that Windows-1252 does not have either is refused. Which encoding was taken, and where, is noted.

use std::path::Path;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::conflict::conflict;
use crate::error::{Error, Location, Result};

/// What a file holds as text, and what was noticed while decoding it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    /// With its line ends as they are, without a byte-order mark.
    pub(crate) text: String,
    /// In the order of the lines.
    pub(crate) notes: Vec<Note>,
    /// Whether each byte is of the one encoding that the file is in.
    pub(crate) is_exact: bool,
    /// Why the text must not be used, if something is wrong with it.
    pub(crate) fault: Option<Note>,
}

/// Something noticed while decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The line of the file, from 1.
    pub(crate) line: usize,
    /// Whether it is about the entire file.
    pub(crate) is_of_file: bool,
    /// What, in words.
    pub(crate) message: String,
}

/// Where a byte is in a file; all from 1.
struct Position {
    line: usize,
    byte_in_line: usize,
    byte: usize,
}

/// Decodes the bytes of the file at `path`, which is only named in errors.
///
/// # Errors
/// When the file is a binary one.
pub(crate) fn decode(path: &Path, bytes: &[u8]) -> Result<Decoded> {
    let mark = Encoding::for_bom(bytes);
    let decoded = match mark {
        Some((encoding, _)) if encoding != UTF_8 => utf16(encoding, bytes),
        mark => eight_bits(bytes, mark.map_or(0, |(_, length)| length)),
    };
    if let Some(index) = decoded.text.find('\0') {
        let line = line_at(decoded.text.as_bytes(), index);
        let what = format!("a binary file, expected text (line {line} holds a NUL character)");
        return Err(Error::at(Location::file(path), what)
            .hint("export it as “CSV UTF-8 (comma delimited)”, or save it as UTF-8 text"));
    }
    let fault = decoded.fault.or_else(|| conflict(&decoded.text));
    Ok(Decoded { fault, ..decoded })
}

/// Decodes UTF-16 that begins with its mark.
fn utf16(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, _, faulty) = encoding.decode(bytes);
    let mut notes = Vec::new();
    if faulty {
        let line = text.find('\u{fffd}').map_or(1, |index| line_at(text.as_bytes(), index));
        let name = encoding.name();
        notes.push(Note {
            line,
            is_of_file: false,
            message: format!("not {name} throughout, as it begins; characters are lost"),
        });
    }
    Decoded { text: text.into_owned(), notes, is_exact: !faulty, fault: None }
}

/// Decodes UTF-8 with whatever else there is, after a mark of so many bytes.
fn eight_bits(bytes: &[u8], mark: usize) -> Decoded {
    match str::from_utf8(&bytes[mark..]) {
        Ok(text) => {
            Decoded { text: text.to_owned(), notes: lost(text), is_exact: true, fault: None }
        }
        Err(_) if mark == 0 && is_windows_1252(bytes) => windows_1252(bytes),
        Err(_) => with_stray_bytes(bytes, mark),
    }
}

/// Says where characters were lost before.
fn lost(text: &str) -> Vec<Note> {
    let note = |index| Note {
        line: line_at(text.as_bytes(), index),
        is_of_file: false,
        message: "holds `\u{fffd}`: characters were lost when it was saved in another encoding"
            .to_owned(),
    };
    text.find('\u{fffd}').map(note).into_iter().collect()
}

/// Whether bytes that are not valid UTF-8 are Windows-1252 throughout: no character beyond ASCII in them is
/// surely UTF-8, and stray bytes outnumber those that may be.
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

/// Whether the bytes of a character in UTF-8 read as no likely text in Windows-1252. A capital letter with an
/// accent may stand before a quotation mark or the like there (`É»`), which is one character in UTF-8.
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
        "not UTF-8 (from line {line} on), read as Windows-1252; save it as UTF-8 to be sure (byte \
         {byte} of the file, 0x{:02X}, is the first that is not UTF-8)",
        bytes[first]
    );
    let undefined = bytes.iter().position(|&byte| is_undefined(byte));
    Decoded {
        text: WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        notes: vec![Note { line, is_of_file: true, message }],
        is_exact: false,
        fault: undefined.map(|index| neither(bytes[index], &position(bytes, index))),
    }
}

/// Decodes UTF-8, stray bytes in it as Windows-1252; a note per line that has some.
fn with_stray_bytes(bytes: &[u8], mark: usize) -> Decoded {
    let mut decoded = Decoded::default();
    let mut cursor = Cursor { bytes, at: 0, line: 1, begin: 0 };
    let mut index = mark;
    for chunk in bytes[mark..].utf8_chunks() {
        decoded.text += chunk.valid();
        index += chunk.valid().len();
        for &byte in chunk.invalid() {
            let character = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned();
            let position = cursor.go_to(index);
            if is_undefined(byte) && decoded.fault.is_none() {
                decoded.fault = Some(neither(byte, &position));
            }
            let Position { line, byte_in_line, byte: nth } = position;
            if decoded.notes.last().is_none_or(|note| note.line != line) {
                let message = format!(
                    "not UTF-8 throughout: byte {byte_in_line} of line {line} (byte {nth} of the \
                     file), 0x{byte:02X}, is read as Windows-1252, `{character}`; save the file as UTF-8"
                );
                decoded.notes.push(Note { line, is_of_file: false, message });
            }
            decoded.text += &character;
            index += 1;
        }
    }
    decoded
}

/// The five bytes that Windows-1252 leaves undefined.
fn is_undefined(byte: u8) -> bool {
    matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)
}

/// That a byte is of neither encoding.
fn neither(byte: u8, position: &Position) -> Note {
    let Position { line, byte_in_line, byte: nth } = position;
    let message = format!(
        "neither UTF-8 nor Windows-1252: byte {byte_in_line} of line {line} (byte {nth} of the file) \
         is 0x{byte:02X}"
    );
    Note { line: *line, is_of_file: false, message }
}

/// Counts lines on its way through a file, each byte once. Lines end with LF, CR or both.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// Where the line begins.
    begin: usize,
}

impl Cursor<'_> {
    /// Goes on to the byte at `index`, which is not before the last one.
    fn go_to(&mut self, index: usize) -> Position {
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
    Cursor { bytes, at: 0, line: 1, begin: 0 }.go_to(index)
}

/// The line, from 1, that the byte at `index` is in.
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
        assert_eq!((note.line, note.is_of_file), (3, false));
        // é CR LF, ü CR, x: 2 + 2 + 2 + 1 + 1 bytes before it.
        assert!(note.message.contains("byte 2 of line 3 (byte 9 of the file), 0xE9"), "{note:?}");
        assert!(note.message.contains("`é`"), "{note:?}");
    }

    #[test]
    fn windows_1252_throughout_is_told_by_what_is_not_utf8() {
        // In UTF-8 the two bytes of `É»` would be the one letter `ɻ`.
        let found = text(b"caf\xe9 \xab CAF\xc9\xbb\n\x93x\x94");
        assert_eq!(found.text, "café « CAFÉ»\n“x”");
        let [note] = found.notes.as_slice() else { panic!("{found:?}") };
        assert!(note.is_of_file && note.message.contains("byte 4 of the file, 0xE9"), "{note:?}");
    }

    #[test]
    fn bytes_that_neither_encoding_has_are_refused() {
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
    fn a_git_conflict_is_a_fault() {
        let found = text(b"ID\r\n1\r\n<<<<<<< HEAD\r\n2\r\n=======\r\n3\r\n>>>>>>> x\r\n");
        assert_eq!(found.fault.map(|fault| fault.line), Some(3));
        assert_eq!(text(b"a <<<<<<< b\n=======\n").fault, None);
    }

    #[test]
    fn marks_are_left_out_and_lines_counted() {
        assert_eq!(text(b"\xef\xbb\xbfID").text, "ID");
        assert_eq!(text(b"\xff\xfeI\0D\0").text, "ID");
        assert_eq!(line_at(b"a\r\nb\rc\nd", 7), 4);
        let lost = text("a\n\u{fffd}".as_bytes());
        assert_eq!(lost.notes[0].line, 2);
    }
}
