//! `classifier_data.csv` in encodings other than plain UTF-8.

use serde_json::json;

use super::{DATA, check, refused, works};
use crate::support::{ADA, Sandbox};

/// A row with non-ASCII characters.
const ACCENTS: &str = "ID,topics,text,question\n1,,Café “x”.,Où?\n2,,Zoë.,Qui?\n";

fn data(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.write(DATA, bytes);
}

fn utf16_le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16_be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn encodings() {
    check(&[
        works("UTF-8 with a mark", |s| data(s, format!("\u{feff}{ACCENTS}")), "train", &[]),
        works(
            "UTF-16 LE with a mark",
            |s| data(s, utf16_le(&format!("\u{feff}{ACCENTS}"))),
            "train",
            &[],
        ),
        works(
            "UTF-16 BE with a mark",
            |s| data(s, utf16_be(&format!("\u{feff}{ACCENTS}"))),
            "train",
            &[],
        ),
        refused(
            "UTF-16 without a mark",
            |s| data(s, utf16_le(ACCENTS)),
            "train",
            &["classifier_data.csv: a binary file, expected text", "CSV UTF-8"],
        ),
        refused(
            "UTF-32",
            |s| {
                let bytes = format!("\u{feff}{ACCENTS}");
                data(s, bytes.chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<_>>());
            },
            "train",
            &["a binary file"],
        ),
        works(
            "UTF-16 cut off within a character",
            |s| {
                let mut bytes = utf16_le(&format!("\u{feff}{ACCENTS}"));
                bytes.extend(utf16_le("3,,😀")[..9].iter());
                data(s, bytes);
            },
            "train",
            &["the file is not valid UTF-16LE; characters were lost"],
        ),
        works(
            "UTF-8 with a mark and a stray byte",
            |s| data(s, b"\xef\xbb\xbfID,topics,text,question\n1,,caf\xe9,Why?\n2,,Two.,How?\n"),
            "train",
            &["not valid UTF-8"],
        ),
        works(
            "Windows-1252",
            |s| data(s, b"ID,topics,text,question\n1,,caf\xe9 \x93x\x94,Why?\n2,,Two.,How?\n"),
            "train",
            &["classifier_data.csv: not UTF-8 (from line 2), read as Windows-1252"],
        ),
        works(
            "Latin-1 with no-break spaces",
            |s| data(s, b"ID,topics,text,question\n1,,One\xa0two.,Why\xa0so?\n2,,Two.,How?\n"),
            "train",
            &["read as Windows-1252"],
        ),
        works(
            "characters lost before",
            |s| data(s, "ID,topics,text,question\n1,,caf\u{fffd},Why?\n2,,Two.,How?\n"),
            "train",
            &["characters were lost"],
        ),
    ]);
}

#[test]
fn invalid_bytes_change_no_other_character() {
    check(&[
        works(
            "one stray byte among accents",
            |s| {
                let stray = ACCENTS.replace("Zoë", "Zo\u{1}e").into_bytes();
                data(s, stray.iter().map(|&b| if b == 1 { 0xeb } else { b }).collect::<Vec<_>>());
            },
            "train",
            &["classifier_data.csv, row 3: not valid UTF-8: byte 6 of line 3", "0xEB", "`ë`"],
        ),
        refused(
            "a byte that is in neither encoding",
            |s| data(s, b"ID,topics,text,question\n1,,One.,Why?\n2,,Tw\x8f.,How?\n"),
            "train",
            &["classifier_data.csv, row 3: neither UTF-8 nor Windows-1252: byte 6 of line 3"],
        ),
        refused(
            "a git conflict",
            |s| {
                data(
                    s,
                    "ID,topics,text,question\n<<<<<<< HEAD\n1,,One.,Why?\n=======\n1,,One.,How?\n>>>>>>> x\n",
                );
            },
            "mentors ada",
            &["classifier_data.csv, row 2: unresolved git conflict"],
        ),
        refused(
            "a git conflict within a cell",
            |s| {
                data(
                    s,
                    "ID,topics,text,question\n1,,One.,\"Why?\n<<<<<<< HEAD\nHow?\n=======\nWho?\n>>>>>>> x\n\"\n",
                );
            },
            "mentors ada",
            &["classifier_data.csv, row 2: unresolved git conflict: line 3"],
        ),
    ]);
    // The accents of the other rows are unchanged.
    let sandbox = Sandbox::ada();
    let mut bytes = "ID,topics,text,question\n1,,Café.,Où?\n2,,Żółć.,".as_bytes().to_vec();
    bytes.extend(b"caf\xe9?\n");
    data(&sandbox, bytes);
    let shown = sandbox.run(&["mentors", "ada", "--json"]).code(0).line();
    assert_eq!(shown["questions_by_id"]["1"]["question_text"], "Où?");
    assert_eq!(shown["questions_by_id"]["2"]["question_text"], "café?");
}

#[test]
fn settings_in_utf16_are_read() {
    for bytes in [utf16_le("\u{feff}arch = 'lstm_v2'\n"), utf16_be("\u{feff}arch = 'lstm_v2'\n")] {
        let sandbox = Sandbox::ada();
        sandbox.write("mentorpal.toml", bytes);
        sandbox.run(&["train"]).code(2).says("lstm_v2");
    }
    check(&[refused(
        "Windows-1252 in the settings",
        |s| s.write("mentorpal.toml", b"# ok\ntest_set = 'caf\xe9'\n"),
        "train",
        &["mentorpal.toml: not UTF-8", "byte 21 of the file, 0xE9"],
    )]);
}

#[test]
fn batches_in_utf16_are_read() {
    let sandbox = Sandbox::ada();
    sandbox.train("c");
    let ask = |file: &str| sandbox.run(&["ask", "--json", "--batch", file]);
    sandbox.write("plain.txt", "Who are you?\nOù êtes-vous ?\n");
    let plain = ask("plain.txt").code(0).stdout;
    assert_eq!(plain.lines().count(), 2);
    for encode in [utf16_le, utf16_be] {
        sandbox.write("utf16.txt", encode("\u{feff}Who are you?\r\nOù êtes-vous ?\r\n"));
        assert_eq!(ask("utf16.txt").code(0).stdout, plain);
    }
    sandbox.write("nuls.txt", utf16_le("Who are you?\n"));
    let run = ask("nuls.txt").code(2).says("not a line of UTF-8 text");
    let place = json!({ "path": "nuls.txt", "row": 1, "column": null });
    assert_eq!(run.error()["place"], place, "{run}");
}

#[test]
fn line_ends() {
    check(&[
        works("CRLF", |s| data(s, ADA.replace('\n', "\r\n")), "train", &[]),
        works("CR alone", |s| data(s, ADA.replace('\n', "\r")), "train", &[]),
        works(
            "CRLF in cells, LF between rows",
            |s| data(s, "ID,topics,text,question\n1,,One.,\"Why?\r\nHow?\"\n2,,Two.,Who?\n"),
            "train",
            &[],
        ),
        works(
            "old Unicode line ends in cells",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\u{2028}How?\u{85}Eh?\n2,,Two.,Who?"),
            "train",
            &[],
        ),
        works("no line end at the end", |s| data(s, ADA.trim_end()), "train", &[]),
    ]);
}

#[test]
fn binaries() {
    check(&[
        refused(
            "NUL bytes in a cell",
            |s| data(s, b"ID,topics,text,question\n1,,On\0e.,Why?\n"),
            "train",
            &["classifier_data.csv: a binary file, expected text"],
        ),
        refused("nothing but NULs", |s| data(s, [0; 4096]), "train", &["a binary file"]),
        refused(
            "a spreadsheet",
            |s| data(s, b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0xl/workbook.xml"),
            "train",
            &["a binary file", "export it as"],
        ),
        refused(
            "a picture",
            |s| data(s, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"),
            "train",
            &["a binary file"],
        ),
        refused(
            "bytes without a NUL",
            |s| data(s, (0..50_000_u32).map(|i| (i * i % 251) as u8 | 1).collect::<Vec<_>>()),
            "train",
            &["classifier_data.csv"],
        ),
    ]);
}

// Both encodings give the same classifier.
#[test]
fn the_encoding_of_a_file_does_not_change_the_model() {
    let digest = |bytes: &[u8]| {
        let sandbox = Sandbox::ada();
        data(&sandbox, bytes);
        sandbox.train("c");
        let manifest = sandbox.run(&["checkpoints", "show", "c", "--json"]).code(0).json();
        manifest[0]["mentors"]["ada"]["data_sha256"].as_str().map(str::to_owned)
    };
    let plain = digest(ACCENTS.as_bytes());
    assert!(plain.is_some());
    assert_eq!(digest(&utf16_be(&format!("\u{feff}{ACCENTS}"))), plain);
    assert_eq!(digest(ACCENTS.replace('\n', "\r").as_bytes()), plain);
    let latin = ACCENTS.replace('“', "\u{93}").replace('”', "\u{94}");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    assert_eq!(digest(&latin), plain);
}
