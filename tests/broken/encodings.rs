//! `classifier_data.csv` in encodings other than plain UTF-8.

use mentorpal::error::ErrorKind::InvalidInput;
use mentorpal::mentor::FindingKind::Encoding;

use super::{DATA, cases, refused, unreadable, works};
use crate::support::{ADA, Sandbox, failure, finding};

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
    cases("encodings_encodings").check(&[
        works("UTF-8 with a mark", |s| data(s, format!("\u{feff}{ACCENTS}")), "train", []),
        works(
            "UTF-16 LE with a mark",
            |s| data(s, utf16_le(&format!("\u{feff}{ACCENTS}"))),
            "train",
            [],
        ),
        works(
            "UTF-16 BE with a mark",
            |s| data(s, utf16_be(&format!("\u{feff}{ACCENTS}"))),
            "train",
            [],
        ),
        unreadable(
            "UTF-16 without a mark",
            |s| data(s, utf16_le(ACCENTS)),
            failure(InvalidInput).at("classifier_data.csv").with("UTF-8"),
        ),
        unreadable(
            "UTF-32",
            |s| {
                let bytes = format!("\u{feff}{ACCENTS}");
                data(s, bytes.chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<_>>());
            },
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        works(
            "UTF-16 cut off within a character",
            |s| {
                let mut bytes = utf16_le(&format!("\u{feff}{ACCENTS}"));
                bytes.extend(utf16_le("3,,😀")[..9].iter());
                data(s, bytes);
            },
            "train",
            [finding(Encoding, "classifier_data.csv").row(4)],
        ),
        works(
            "UTF-8 with a mark and a stray byte",
            |s| data(s, b"\xef\xbb\xbfID,topics,text,question\n1,,caf\xe9,Why?\n2,,Two.,How?\n"),
            "train",
            [finding(Encoding, "classifier_data.csv").row(2)],
        ),
        works(
            "Windows-1252",
            |s| data(s, b"ID,topics,text,question\n1,,caf\xe9 \x93x\x94,Why?\n2,,Two.,How?\n"),
            "train",
            [finding(Encoding, "classifier_data.csv").with("Windows-1252")],
        ),
        works(
            "Latin-1 with no-break spaces",
            |s| data(s, b"ID,topics,text,question\n1,,One\xa0two.,Why\xa0so?\n2,,Two.,How?\n"),
            "train",
            [finding(Encoding, "classifier_data.csv").with("Windows-1252")],
        ),
        works(
            "characters lost before",
            |s| data(s, "ID,topics,text,question\n1,,caf\u{fffd},Why?\n2,,Two.,How?\n"),
            "train",
            [finding(Encoding, "classifier_data.csv").row(2)],
        ),
    ]);
}

#[test]
fn invalid_bytes_change_no_other_character() {
    cases("encodings_invalid_bytes_change_no_other_character").check(&[
            works(
                "one stray byte among accents",
                |s| {
                    let stray = ACCENTS.replace("Zoë", "Zo\u{1}e").into_bytes();
                    data(
                        s,
                        stray.iter().map(|&b| if b == 1 { 0xeb } else { b }).collect::<Vec<_>>(),
                    );
                },
                "train",
                [
                    finding(Encoding, "classifier_data.csv").row(3).with("6"),
                    finding(Encoding, "classifier_data.csv").row(3).with("0"),
                    finding(Encoding, "classifier_data.csv").row(3).with("ë"),
                ],
            ),
            unreadable(
                "a byte that is in neither encoding",
                |s| data(s, b"ID,topics,text,question\n1,,One.,Why?\n2,,Tw\x8f.,How?\n"),
                failure(InvalidInput)
                    .at("classifier_data.csv")
                    .row(3)
                    .with("UTF-8")
                    .with("Windows-1252")
                    .with("6"),
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
                failure(InvalidInput).at("classifier_data.csv").row(2),
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
                failure(InvalidInput).at("classifier_data.csv").row(2).with("3"),
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
        sandbox.run(&["train", "--json"]).fails(failure(InvalidInput).with("lstm_v2"));
    }
    cases("encodings_settings_in_utf16_are_read").check(&[refused(
        "Windows-1252 in the settings",
        |s| s.write("mentorpal.toml", b"# ok\ntest_set = 'caf\xe9'\n"),
        "train",
        failure(InvalidInput).at("mentorpal.toml").with("UTF-8").with("21").with("0"),
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
    ask("nuls.txt").fails(failure(InvalidInput).at("nuls.txt").row(1));
}

#[test]
fn line_ends() {
    cases("encodings_line_ends").check(&[
        works("CRLF", |s| data(s, ADA.replace('\n', "\r\n")), "train", []),
        works("CR alone", |s| data(s, ADA.replace('\n', "\r")), "train", []),
        works(
            "CRLF in cells, LF between rows",
            |s| data(s, "ID,topics,text,question\n1,,One.,\"Why?\r\nHow?\"\n2,,Two.,Who?\n"),
            "train",
            [],
        ),
        works(
            "old Unicode line ends in cells",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\u{2028}How?\u{85}Eh?\n2,,Two.,Who?"),
            "train",
            [],
        ),
        works("no line end at the end", |s| data(s, ADA.trim_end()), "train", []),
    ]);
}

#[test]
fn binaries() {
    cases("encodings_binaries").check(&[
        unreadable(
            "NUL bytes in a cell",
            |s| data(s, b"ID,topics,text,question\n1,,On\0e.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "nothing but NULs",
            |s| data(s, [0; 4096]),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "a spreadsheet",
            |s| data(s, b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0xl/workbook.xml"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "a picture",
            |s| data(s, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "bytes without a NUL",
            |s| data(s, (0..50_000_u32).map(|i| (i * i % 251) as u8 | 1).collect::<Vec<_>>()),
            failure(InvalidInput).at("classifier_data.csv").row(1),
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
