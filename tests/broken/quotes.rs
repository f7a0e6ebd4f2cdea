//! Invalid quotes, rows and separators of tables.

use serde_json::Value;

use super::{DATA, TEST_SET, check, refused, works};
use crate::support::{ADA, Sandbox};

fn data(sandbox: &Sandbox, rows: &str) {
    sandbox.write(DATA, format!("ID,topics,text,question\n{rows}"));
}

#[test]
fn unbalanced_quotes_are_refused() {
    check(&[
        refused(
            "a missing closing quote that a later row closes",
            |s| {
                data(
                    s,
                    "1,,\"I was born in Kyiv.,where were you born\n2,,\"I am a nurse.\",what do you do\n",
                );
            },
            "train",
            &[
                "classifier_data.csv, row 2, column `text`: expected a delimiter or the end of the row after a closing quote, got `I am a nurse.",
            ],
        ),
        refused(
            "one that a later row closes before a separator",
            |s| {
                data(
                    s,
                    "1,,\"I was born in Kyiv.,where were you born\n2,,I am a nurse.\",what do you do\n",
                );
            },
            "train",
            &["row 2, column `text`: this quoted cell seems to contain 1 more row"],
        ),
        refused(
            "one before a quoted cell that begins with a line break",
            |s| data(s, "1,,Kyiv.,\"where\n2,,Nurse.,\"\nwhat do you do\n\"\n3,,Lviv.,why\n"),
            "train",
            &["row 2, column `question`: "],
        ),
        refused(
            "text after a closing quote",
            |s| data(s, "1,,One.,Why?\n2,,\"Two\" and more,How?\n"),
            "train",
            &[
                "row 3, column `text`: expected a delimiter or the end of the row after a closing quote, got `and more,How?` (line 3)",
            ],
        ),
        refused(
            "a missing opening quote",
            |s| data(s, "1,,I am a nurse.\",what do you do\n2,,Two.,How?\n"),
            "train",
            &["row 2, column `text`: closing quote without an opening quote: `I am a nurse.\"`"],
        ),
        refused(
            "a quote that is not doubled",
            |s| data(s, "1,,\"They said \"no\" to me.\",Why?\n"),
            "train",
            &[
                "row 2, column `text`: expected a delimiter or the end of the row after a closing quote",
            ],
        ),
        refused(
            "tabs between columns",
            |s| s.write(DATA, "ID\ttopics\ttext\tquestion\n1\t\t\"One\" two.\tWhy?\n"),
            "train",
            &[
                "row 2, column `text`: expected a delimiter or the end of the row after a closing quote",
            ],
        ),
        refused(
            "a test set",
            |s| {
                s.train("c");
                s.write(TEST_SET, ",,who,where\na,\"I am Ada.,i,\nb,\"I am not.\",,r\n");
            },
            "test",
            &[
                "standard.csv, row 2, column `B`: expected a delimiter or the end of the row after a closing quote",
            ],
        ),
        refused(
            "topics",
            |s| s.write("mentor/ada/data/topics.csv", "Life,\"About Me\nWork,About Work\"\n"),
            "train",
            &["topics.csv, row 1, column `B`: "],
        ),
    ]);
}

#[test]
fn hand_written_cells_are_read() {
    check(&[
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
            &[],
        ),
        works(
            "blanks around quoted cells",
            |s| data(s, "1, \"Life\" , \"One, two.\" ,\"Why?\" \n2,,Two.,How?\n"),
            "train",
            &[],
        ),
        works(
            "inches",
            |s| data(s, "1,,It is 65\",how wide is it\n2,,Two.,How?\n"),
            "train",
            &["row 2, column `text`: `It is 65\"` ends with a quote without an opening quote"],
        ),
        works(
            "straight and curly quotes",
            |s| data(s, "1,,“One\",Why?\n2,,he said \"two\",How?\n"),
            "train",
            &[],
        ),
    ]);
}

#[test]
fn truncated_rows_are_refused() {
    check(&[
        refused(
            "a line break outside quotes",
            |s| data(s, "1,,One.,who are you\nwhat is your name\n2,,Two.,How?\n"),
            "train",
            &["row 3, column `ID`: the row has a single cell, `what is your name`"],
        ),
        refused(
            "a line break in a text outside quotes",
            |s| data(s, "1,,One.\nAnd more.,who are you\n2,,Two.,How?\n"),
            "train",
            &["row 3, column `ID`: `And more.` has neither a text nor a question"],
        ),
        refused(
            "a comma outside quotes",
            |s| data(s, "1,,Born in Kyiv, in 1980.,where\n2,,Two.,How?\n"),
            "train",
            &["row 2, column `question`: `in 1980.` begins with a space"],
        ),
        refused(
            "a lone carriage return in a row",
            |s| data(s, "1,,One.\rTwo.,Why?\n2,,Two.,How?\n"),
            "train",
            &[
                "row 2, column `text`: a carriage return ends this row, while other rows end with line feeds",
            ],
        ),
        refused(
            "an id of several lines",
            |s| data(s, "\"1\n2\",,One.,Why?\n"),
            "train",
            &["row 2, column `ID`: ", "has several lines, expected one"],
        ),
    ]);
}

#[test]
fn ignored_columns_are_reported() {
    check(&[
        works(
            "the trailing commas of a spreadsheet",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One.,Why?,,\n2,,Two.,How?,,\n"),
            "train",
            &[],
        ),
        works(
            "a cell below them",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One.,Why?,,lost\n2,,Two.,How?,,\n"),
            "train",
            &["row 2, column `F`: `lost` is in a column without a name and is ignored"],
        ),
        refused(
            "a comma outside quotes beside them",
            |s| s.write(DATA, "ID,topics,text,question,,\n1,,One, or two.,Why?,\n2,,Two.,How?,,\n"),
            "train",
            &["row 2, column `question`: `or two.` begins with a space"],
        ),
        refused(
            "a second column of a known name in another case",
            |s| s.write(DATA, "ID,topics,text,question,Question\n1,,One.,Why?,Where?\n"),
            "train",
            &["row 1, column `question`: occurs twice, in the columns D and E"],
        ),
        refused(
            "a second column that only looks the same",
            |s| s.write(DATA, "ID,topics,text,question,question\u{200b}\n1,,One.,Why?,Where?\n"),
            "train",
            &["row 1, column `question`: occurs twice"],
        ),
    ]);
}

#[test]
fn ids_that_look_alike_are_equal() {
    check(&[
        refused(
            "two answers",
            |s| data(s, "a,,One.,Why?\na\u{200b},,Two.,How?\n"),
            "train",
            &["row 3, column `ID`: id `a` already belongs to another answer, in row 2"],
        ),
        works(
            "one answer in two rows",
            |s| data(s, "caf\u{e9},,One.,Why?\n\u{feff}cafe\u{301},,One.,How?\nb,,Two.,Who?\n"),
            "train",
            &[
                "id `café` is already in row 2",
                "is read as `café`, without its invisible characters",
            ],
        ),
        refused(
            "the off-topic id",
            |s| data(s, "_OFF_TOPIC_\u{ad},,One.,Why?\n"),
            "train",
            &["row 2, column `ID`: `_OFF_TOPIC_` cannot be"],
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
        let run = sandbox.run(&["mentors", "ada"]).code(2);
        run.says("row 3, column `text`: expected a delimiter or the end of the row after a closing quote, got `x").says("(line 5)");
        sandbox.write(DATA, format!("{line}\r\n{}", table.replace("\"Two\" x", "Two")));
        sandbox.run(&["mentors", "ada"]).code(0).prints("2 answers, 3 questions");
        let topics = ["sep=", separator, "\nLife", separator, "A\nWork", separator, "B\n"].concat();
        sandbox.write("mentor/ada/data/topics.csv", topics);
        let shown = sandbox.run(&["mentors", "ada", "--json"]).code(0).line();
        assert_eq!(shown["topics_by_id"]["a"]["questions"][0], "1", "{line:?}");
    }
    check(&[refused(
        "a `sep=` line without a delimiter",
        |s| s.write(DATA, "sep=\nID,topics,text,question\n1,,One.,Why?\n"),
        "train",
        &["classifier_data.csv, row 1: `sep=` has no valid delimiter"],
    )]);
}
