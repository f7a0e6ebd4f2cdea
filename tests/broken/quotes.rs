//! Invalid quotes, rows and separators of tables.

use mentorpal::error::ErrorKind::InvalidInput;
use mentorpal::mentor::FindingKind::{DuplicateId, LongRow, StrayQuote};
use serde_json::Value;

use super::{DATA, TEST_SET, cases, refused, unreadable, works};
use crate::support::{ADA, Sandbox, failure, finding};

fn data(sandbox: &Sandbox, rows: &str) {
    sandbox.write(DATA, format!("ID,topics,text,question\n{rows}"));
}

#[test]
fn unbalanced_quotes_are_refused() {
    cases("quotes_unbalanced_quotes_are_refused").check(&[
            unreadable(
                "a missing closing quote that a later row closes",
                |s| {
                    data(
                        s,
                        "1,,\"I was born in Kyiv.,where were you born\n2,,\"I am a nurse.\",what do you do\n",
                    );
                },
                failure(InvalidInput).at("classifier_data.csv").row(2).column("text"),
            ),
            unreadable(
                "one that a later row closes before a separator",
                |s| {
                    data(
                        s,
                        "1,,\"I was born in Kyiv.,where were you born\n2,,I am a nurse.\",what do you do\n",
                    );
                },
                failure(InvalidInput).at("classifier_data.csv").row(2).column("text").with("1"),
            ),
            unreadable(
                "one before a quoted cell that begins with a line break",
                |s| data(s, "1,,Kyiv.,\"where\n2,,Nurse.,\"\nwhat do you do\n\"\n3,,Lviv.,why\n"),
                failure(InvalidInput).at("classifier_data.csv").row(2).column("question"),
            ),
            unreadable(
                "text after a closing quote",
                |s| data(s, "1,,One.,Why?\n2,,\"Two\" and more,How?\n"),
                failure(InvalidInput)
                    .at("classifier_data.csv")
                    .row(3)
                    .column("text")
                    .with("and more,How?"),
            ),
            unreadable(
                "a missing opening quote",
                |s| data(s, "1,,I am a nurse.\",what do you do\n2,,Two.,How?\n"),
                failure(InvalidInput)
                    .at("classifier_data.csv")
                    .row(2)
                    .column("text")
                    .with("I am a nurse.\""),
            ),
            unreadable(
                "a quote that is not doubled",
                |s| data(s, "1,,\"They said \"no\" to me.\",Why?\n"),
                failure(InvalidInput).at("classifier_data.csv").row(2).column("text"),
            ),
            unreadable(
                "tabs between columns",
                |s| s.write(DATA, "ID\ttopics\ttext\tquestion\n1\t\t\"One\" two.\tWhy?\n"),
                failure(InvalidInput).at("classifier_data.csv").row(2).column("text"),
            ),
            refused(
                "a test set",
                |s| {
                    s.train("c");
                    s.write(TEST_SET, ",,who,where\na,\"I am Ada.,i,\nb,\"I am not.\",,r\n");
                },
                "test",
                failure(InvalidInput).at("standard.csv").row(2).column("B"),
            ),
            unreadable(
                "topics",
                |s| s.write("mentor/ada/data/topics.csv", "Life,\"About Me\nWork,About Work\"\n"),
                failure(InvalidInput).at("topics.csv").row(1).column("B"),
            ),
        ]);
}

#[test]
fn hand_written_cells_are_read() {
    cases("quotes_hand_written_cells_are_read").check(&[
            works(
                "several lines with commas in a cell",
                |s| {
                    data(
                        s,
                        "1,,\"I was born in Kyiv, in 1980.\nThen, well, I moved.\",\"where, if I may\nyes,no,or,both\"\n\
                     2,,Two.,How?\n",
                    );
                },
                "train",
                [],
            ),
            works(
                "blanks around quoted cells",
                |s| data(s, "1, \"Life\" , \"One, two.\" ,\"Why?\" \n2,,Two.,How?\n"),
                "train",
                [],
            ),
            works(
                "inches",
                |s| data(s, "1,,It is 65\",how wide is it\n2,,Two.,How?\n"),
                "train",
                [finding(StrayQuote, "classifier_data.csv")
                    .row(2)
                    .column("text")
                    .with("It is 65\"")],
            ),
            works(
                "straight and curly quotes",
                |s| data(s, "1,,“One\",Why?\n2,,he said \"two\",How?\n"),
                "train",
                [],
            ),
        ]);
}

#[test]
fn truncated_rows_are_refused() {
    cases("quotes_truncated_rows_are_refused").check(&[
        unreadable(
            "a line break outside quotes",
            |s| data(s, "1,,One.,who are you\nwhat is your name\n2,,Two.,How?\n"),
            failure(InvalidInput)
                .at("classifier_data.csv")
                .row(3)
                .column("ID")
                .with("what is your name"),
        ),
        unreadable(
            "a line break in a text outside quotes",
            |s| data(s, "1,,One.\nAnd more.,who are you\n2,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(3).column("ID"),
        ),
        unreadable(
            "a comma outside quotes",
            |s| data(s, "1,,Born in Kyiv, in 1980.,where\n2,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("question"),
        ),
        unreadable(
            "a lone carriage return in a row",
            |s| data(s, "1,,One.\rTwo.,Why?\n2,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("text"),
        ),
        unreadable(
            "an id of several lines",
            |s| data(s, "\"1\n2\",,One.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("ID"),
        ),
    ]);
}

#[test]
fn ignored_columns_are_reported() {
    cases("quotes_ignored_columns_are_reported").check(&[
        works(
            "the trailing commas of a spreadsheet",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One.,Why?,,\n2,,Two.,How?,,\n"),
            "train",
            [],
        ),
        works(
            "a cell below them",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One.,Why?,,lost\n2,,Two.,How?,,\n"),
            "train",
            [finding(LongRow, "classifier_data.csv").row(2).column("F").with("lost")],
        ),
        unreadable(
            "a comma outside quotes beside them",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One, or two.,Why?,\n2,,Two.,How?,,\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("question"),
        ),
        unreadable(
            "a second column of a known name in another case",
            |s| s.write(DATA, "ID,topics,text,question,Question\n1,,One.,Why?,Where?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).column("question"),
        ),
        unreadable(
            "a second column that only looks the same",
            |s| s.write(DATA, "ID,topics,text,question,question\u{200b}\n1,,One.,Why?,Where?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).column("question"),
        ),
    ]);
}

#[test]
fn ids_that_look_alike_are_equal() {
    cases("quotes_ids_that_look_alike_are_equal").check(&[
        unreadable(
            "two answers",
            |s| data(s, "a,,One.,Why?\na\u{200b},,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(3).column("ID").with("2"),
        ),
        works(
            "one answer in two rows",
            |s| data(s, "caf\u{e9},,One.,Why?\n\u{feff}cafe\u{301},,One.,How?\nb,,Two.,Who?\n"),
            "train",
            [
                finding(DuplicateId, "classifier_data.csv")
                    .row(3)
                    .column("ID")
                    .with("café")
                    .with("2"),
                finding(DuplicateId, "classifier_data.csv").row(3).column("ID").with("café"),
            ],
        ),
        unreadable(
            "the off-topic id",
            |s| data(s, "_OFF_TOPIC_\u{ad},,One.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("ID").with("_OFF_TOPIC_"),
        ),
    ]);
}

#[test]
fn a_repeated_header_is_not_an_answer() {
    let sandbox = Sandbox::ada();
    let rows = "id, Topics ,text,question\n9,,Nine.,when\n";
    sandbox.write(DATA, format!("{ADA}{rows}"));
    let shown = sandbox.run(&["mentors", "ada", "--json"]).code(0).json().remove(0);
    let questions = shown["questions_by_id"].as_object().expect("an object");
    assert!(!questions.contains_key("id") && questions.contains_key("9"), "{shown}");
    let findings = shown["findings"].as_array().expect("a list");
    let row = |f: &Value| (f["kind"] == "repeated_header").then(|| f["row"].as_u64()).flatten();
    let found: Vec<u64> = findings.iter().filter_map(row).collect();
    // Below the header and four answers.
    assert_eq!(found, [6]);
}

#[test]
fn the_separator_line_of_excel_is_read() {
    for (line, separator) in [
        ("sep=;", ";"),
        ("SEP=;", ";"),
        ("\"sep=;\"", ";"),
        ("\u{feff}sep=;", ";"),
        ("sep=\t", "\t"),
        ("sep=|", "|"),
        ("sep=,", ","),
    ] {
        let sandbox = Sandbox::ada();
        let table = "ID,topics,text,question\n1,Life,One.,\"Why?\nHow?\"\n2,Work,\"Two\" x,Who?\n";
        let table = table.replace(',', separator);
        sandbox.write(DATA, format!("{line}\r\n{table}"));
        // Row 1 is the header, as in a spreadsheet.
        let error = failure(InvalidInput).at("classifier_data.csv").row(3).column("text");
        sandbox.run(&["mentors", "ada", "--json"]).fails(error.with("5"));
        sandbox.write(DATA, format!("{line}\r\n{}", table.replace("\"Two\" x", "Two")));
        let listed = sandbox.run(&["mentors", "--json"]).code(0).line();
        assert_eq!([&listed["answers"], &listed["questions"]], [2, 3]);
        let topics = ["sep=", separator, "\nLife", separator, "A\nWork", separator, "B\n"].concat();
        sandbox.write("mentor/ada/data/topics.csv", topics);
        let shown = sandbox.run(&["mentors", "ada", "--json"]).code(0).line();
        assert_eq!(shown["topics_by_id"]["a"]["questions"][0], "1", "{line:?}");
    }
    cases("quotes_the_separator_line_of_excel_is_read").check(&[unreadable(
        "a `sep=` line without a delimiter",
        |s| s.write(DATA, "sep=\nID,topics,text,question\n1,,One.,Why?\n"),
        failure(InvalidInput).at("classifier_data.csv").row(1).with("sep="),
    )]);
}
