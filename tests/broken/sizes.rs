//! Very large tables that are otherwise valid.

use std::fs;

use mentorpal::error::ErrorKind::{InvalidInput, Unsupported};
use mentorpal::mentor::FindingKind::UnknownTopic;

use super::{DATA, cases, repeated, unreadable, works};
use crate::support::{ADA, Sandbox, failure, finding};

fn data(sandbox: &Sandbox, text: impl AsRef<[u8]>) {
    sandbox.write(DATA, text);
}

/// Writes the data of ada with further rows.
fn more(sandbox: &Sandbox, rows: &str) {
    data(sandbox, format!("{ADA}{rows}"));
}

#[test]
fn cells() {
    cases("sizes_cells").check(&[
        works(
            "an answer of 10 MB",
            |s| more(s, &format!("big,,{},Tell me all\n", "word ".repeat(2_000_000))),
            "train",
            [],
        ),
        works(
            "a question of 2 MB",
            |s| more(s, &format!("big,,Big.,{}\n", "why oh why ".repeat(190_000))),
            "train",
            [],
        ),
        works(
            "a question of one word of 2 MB",
            |s| more(s, &format!("big,,Big.,{}\n", "x".repeat(2_000_000))),
            "train",
            [],
        ),
        works(
            "100,000 topics of one answer",
            |s| {
                let topics: String = repeated(100_000, |i| format!("t{i},"));
                s.write("mentor/ada/data/topics.csv", "Life,A\nWork,B\n");
                more(s, &format!("big,\"{topics}\",Big.,How many?\n"));
            },
            "train",
            [finding(UnknownTopic, "classifier_data.csv").row(6).column("topics").with("99999")],
        ),
        unreadable(
            "a header of one cell of 10 MB",
            |s| data(s, "ID".repeat(5_000_000)),
            failure(InvalidInput).at("classifier_data.csv").row(1).with("ID"),
        ),
        unreadable(
            "a header of 200,000 cells",
            |s| data(s, "cell,".repeat(200_000)),
            failure(InvalidInput).at("classifier_data.csv").row(1).with("ID").with("199981"),
        ),
        unreadable(
            "a file of 300 MB",
            |s| {
                let file = fs::File::create(s.path().join(DATA)).unwrap();
                file.set_len(300 << 20).unwrap();
            },
            failure(Unsupported).at("classifier_data.csv").with("300").with("256"),
        ),
    ]);
}

#[test]
fn rows() {
    cases("sizes_rows").check(&[
        works(
            "a question repeated 1,000 times",
            |s| {
                let questions = "What is it?\n".repeat(1000);
                more(s, &format!("again,,Again.,\"{questions}\"\n"));
            },
            "train --json",
            [],
        ),
        works(
            "1,000 rows with one question",
            |s| {
                let rows: String = repeated(1000, |i| format!("r{i},,Answer {i}.,What is it?\n"));
                more(s, &rows);
            },
            "train",
            [],
        ),
        works(
            "half a million blank rows",
            |s| data(s, ADA.replacen('\n', &"\n".repeat(500_000), 1)),
            "train",
            [],
        ),
        works(
            "2,000 answers with the same words",
            |s| {
                let rows: String = repeated(2000, |i| {
                    format!("r{i},,Answer {i}.,what is the number {i} of the list\n")
                });
                more(s, &rows);
            },
            "train",
            [],
        ),
    ]);
}

#[test]
fn answers() {
    let sandbox = Sandbox::ada();
    let rows: String = repeated(5000, |i| format!("r{i},,Answer {i}.,question {i}?\n"));
    data(&sandbox, format!("ID,topics,text,question\n{rows}"));
    let run = sandbox.run(&["train", "--json"]).code(0);
    assert_eq!(run.json()[0]["answers"], 5000);
    assert_eq!(run.json()[0]["loo_accuracy"], serde_json::Value::Null);
    let asked = sandbox.run(&["ask", "--no-canned", "--json", "question 4321"]).code(0);
    assert_eq!(asked.json()[0]["top_answer_id"], "r4321");
}
