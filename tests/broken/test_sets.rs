//! Invalid test sets.

use mentorpal::error::ErrorKind::InvalidInput;
use mentorpal::mentor::FindingKind::{Encoding, TestSet};

use super::{TEST_SET, cases, refused, repeated, works};
use crate::support::{ADA_TEST, Sandbox, failure, finding, note};

/// Trains ada, then breaks its test set.
fn test_set(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.train("c");
    sandbox.write(TEST_SET, bytes);
}

#[test]
fn unusable() {
    cases("test_sets_unusable").check(&[
        refused(
            "marks without an answer",
            |s| test_set(s, ",,who,where\nname,,i,r\n"),
            "test",
            failure(InvalidInput).at("standard.csv").with("B"),
        ),
        refused(
            "UTF-16 without a mark",
            |s| test_set(s, ADA_TEST.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            "test",
            failure(InvalidInput).at("standard.csv"),
        ),
        refused(
            "a quote that never closes",
            |s| test_set(s, ",,who,where\nname,\"I am Ada Lovelace.,i,\nhome,x,,r\n"),
            "test",
            failure(InvalidInput).at("standard.csv").row(2),
        ),
    ]);
}

#[test]
fn usable() {
    cases("test_sets_usable").check(&[
        works(
            "empty question cells",
            |s| test_set(s, ",,who are you,,where,\nname,I am Ada Lovelace.,i,,,\n"),
            "test",
            [note("standard").with("1")],
        ),
        works(
            "questions that are alike",
            |s| test_set(s, ",,Who?,who,WHO!\nname,I am Ada Lovelace.,i,,\nhome,_off_topic_,,R,\n"),
            "test",
            [],
        ),
        works(
            "Windows-1252 and CR alone",
            |s| test_set(s, b",,caf\xe9,who\rname,I am Ada Lovelace.,i,r"),
            "test",
            [finding(Encoding, "standard.csv").with("Windows-1252")],
        ),
        works(
            "a mark of bytes before UTF-8",
            |s| test_set(s, format!("\u{feff}{ADA_TEST}")),
            "test",
            [note("standard").with("1")],
        ),
        works(
            "CRLF and blank rows",
            |s| test_set(s, format!("\n{}", ADA_TEST.replace('\n', "\r\n\r\n"))),
            "test",
            [note("standard").with("1")],
        ),
        works(
            "a question of 2 MB",
            |s| {
                let question = "what is your name ".repeat(120_000);
                test_set(s, format!(",,{question}\nname,I am Ada Lovelace.,i\n"));
            },
            "test",
            [],
        ),
        works(
            "2,000 questions",
            |s| {
                let questions: String = repeated(2000, |i| format!(",who are you {i}"));
                let marks = ",r".repeat(2000);
                test_set(s, format!(",{questions}\nname,I am Ada Lovelace.{marks}\n"));
            },
            "test --json",
            [],
        ),
        works(
            "2,000 rows of answers the mentor never had",
            |s| {
                let rows: String = repeated(2000, |i| format!("x,Answer {i}.,i\n"));
                test_set(s, format!(",,who are you\nname,I am Ada Lovelace.,i\n{rows}"));
            },
            "test",
            [finding(TestSet, "standard.csv").row(3).column("B").with("1999")],
        ),
    ]);
}
