//! Test sets.

use super::{TEST_SET, check, refused, remove, repeated, works};
use crate::support::{ADA_TEST, Sandbox};

/// Trains the sound mentor, then breaks the test set.
fn test_set(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.train("c");
    sandbox.write(TEST_SET, bytes);
}

#[test]
fn unusable() {
    check(&[
        refused(
            "missing",
            |s| {
                s.train("c");
                remove(s, TEST_SET);
            },
            "test",
            &["no mentor has a test set"],
        ),
        refused("empty", |s| test_set(s, ""), "test", &["standard.csv: the test set is empty"]),
        refused("blank lines", |s| test_set(s, "\n\n"), "test", &["the test set is empty"]),
        refused(
            "one row",
            |s| test_set(s, ",,who are you,where\n"),
            "test",
            &["standard.csv: no column has a question and a mark"],
        ),
        refused(
            "two columns",
            |s| test_set(s, "question,answer\nwho,I am Ada Lovelace.\n"),
            "test",
            &["no column has a question and a mark"],
        ),
        refused(
            "no mark",
            |s| test_set(s, ",,who,where\nname,I am Ada Lovelace.,x,1\n"),
            "test",
            &["no column has a question and a mark", "`i` (ideal) or `r` (reasonable)"],
        ),
        refused(
            "no question",
            |s| test_set(s, ",,,\nname,I am Ada Lovelace.,i,r\n"),
            "test",
            &["a mark in a column without a question", "no column has a question and a mark"],
        ),
        refused(
            "marks without an answer",
            |s| test_set(s, ",,who,where\nname,,i,r\n"),
            "test",
            &["row 2, column `B`: 2 marks but no answer's text"],
        ),
        refused(
            "binary",
            |s| test_set(s, [0; 64]),
            "test",
            &["standard.csv: a binary file, expected text"],
        ),
        refused(
            "UTF-16 without a mark",
            |s| test_set(s, ADA_TEST.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            "test",
            &["a binary file"],
        ),
        refused(
            "a quote that never closes",
            |s| test_set(s, ",,who,where\nname,\"I am Ada Lovelace.,i,\nhome,x,,r\n"),
            "test",
            &["standard.csv, row 2: a quote opens"],
        ),
        refused(
            "several, none named",
            |s| {
                s.train("c");
                s.write("checkpoint/tests/ada/other.csv", ADA_TEST);
            },
            "test",
            &["mentor `ada` has 2 test sets", "`other`, `standard`"],
        ),
    ]);
}

#[test]
fn usable() {
    check(&[
        works(
            "rows longer and shorter than the first",
            |s| test_set(s, ",,who are you,where\nname,I am Ada Lovelace.,i,,i,r\nhome,I lived\n"),
            "test",
            &["2 rows are not as long as the first, of 4 cells (row 2, 3)"],
        ),
        works(
            "empty question cells",
            |s| test_set(s, ",,who are you,,where,\nname,I am Ada Lovelace.,i,,,\n"),
            "test",
            &["1 column of test set `standard` left out"],
        ),
        works(
            "an answer the mentor no longer has",
            |s| test_set(s, ",,who are you\nname,I am Eve.,i\n"),
            "test",
            &["row 2, column `B`: the mentor has no answer “I am Eve.” (any more)"],
        ),
        works(
            "questions that are alike",
            |s| test_set(s, ",,Who?,who,WHO!\nname,I am Ada Lovelace.,i,,\nhome,_off_topic_,,R,\n"),
            "test",
            &[],
        ),
        works(
            "Windows-1252 and CR alone",
            |s| test_set(s, b",,caf\xe9,who\rname,I am Ada Lovelace.,i,r"),
            "test",
            &["Windows-1252"],
        ),
        works(
            "a mark of bytes before UTF-8",
            |s| test_set(s, format!("\u{feff}{ADA_TEST}")),
            "test",
            &["1 column of test set `standard` left out"],
        ),
        works(
            "CRLF and blank rows",
            |s| test_set(s, format!("\n{}", ADA_TEST.replace('\n', "\r\n\r\n"))),
            "test",
            &["1 column"],
        ),
        works(
            "a question of 2 MB",
            |s| {
                let question = "what is your name ".repeat(120_000);
                test_set(s, format!(",,{question}\nname,I am Ada Lovelace.,i\n"));
            },
            "test",
            &[],
        ),
        works(
            "2,000 questions",
            |s| {
                let questions: String = repeated(2000, |i| format!(",who are you {i}"));
                let marks = ",r".repeat(2000);
                test_set(s, format!(",{questions}\nname,I am Ada Lovelace.{marks}\n"));
            },
            "test --json",
            &[],
        ),
        works(
            "2,000 rows of answers the mentor never had",
            |s| {
                let rows: String = repeated(2000, |i| format!("x,Answer {i}.,i\n"));
                test_set(s, format!(",,who are you\nname,I am Ada Lovelace.,i\n{rows}"));
            },
            "test",
            &["and 1999 more like it"],
        ),
    ]);
}
