//! Invalid rows and columns of `classifier_data.csv`.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};
use mentorpal::mentor::FindingKind::{DuplicateId, EmptyCell, LongRow};

use super::{Case, DATA, cases, remove, unreadable, works};
use crate::support::{Sandbox, failure, finding, note};

fn data(sandbox: &Sandbox, text: &str) {
    sandbox.write(DATA, text);
}

#[test]
fn files_without_usable_rows() {
    cases("tables_files_without_usable_rows").check(&[
        unreadable("missing", |s| remove(s, DATA), failure(NotFound).at("classifier_data.csv")),
        unreadable(
            "empty",
            |s| data(s, ""),
            failure(InvalidInput).at("classifier_data.csv").with("ID").with("topics").with("text"),
        ),
        unreadable(
            "only blank lines",
            |s| data(s, "\n\r\n\n"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "only a header",
            |s| data(s, "ID,topics,text,question\n"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "rows of commas",
            |s| data(s, "ID,topics,text,question\n,,,\n,,,\n"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "no question in any row",
            |s| data(s, "ID,topics,text,question\n1,,One.,\n2,,Two.,\"\n \n\"\n"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable(
            "a web page",
            |s| data(s, "<!DOCTYPE html>\n<html><body>Sign in to continue</body></html>\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).with("ID"),
        ),
        unreadable(
            "a quote that never closes",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,\"Two.,How?\n3,,Three.,Who?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(3),
        ),
        unreadable(
            "a quote that never closes in the header",
            |s| data(s, "ID,topics,\"text,question\n1,,One.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1),
        ),
    ]);
}

#[test]
fn columns() {
    cases("tables_columns").check(&[
        unreadable(
            "a missing column",
            |s| data(s, "ID,topics,question\n1,,Why?\n"),
            failure(InvalidInput)
                .at("classifier_data.csv")
                .row(1)
                .with("text")
                .with("ID")
                .with("topics")
                .with("question"),
        ),
        unreadable(
            "a misspelled column",
            |s| data(s, "ID,topics,text,questions\n1,,One.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).with("questions"),
        ),
        unreadable(
            "two columns of one name",
            |s| data(s, "ID,topics,text,text,question\n1,,One.,Two.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).column("text"),
        ),
        unreadable(
            "no header",
            |s| data(s, "1,,One.,Why?\n2,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(1).with("ID"),
        ),
        unreadable(
            "bars between columns",
            |s| data(s, "ID|topics|text|question\n1||One.|Why?\n"),
            failure(InvalidInput)
                .at("classifier_data.csv")
                .row(1)
                .with("ID")
                .with("ID|topics|text|question"),
        ),
        works(
            "upper and lower case",
            |s| data(s, "Id,TOPICS,Text,QUESTION\n1,,One.,Why?\n2,,Two.,How?\n"),
            "train",
            [],
        ),
        works(
            "spaces around names, another order, more columns, two others of one name",
            |s| {
                data(s, "x, question ,text,x,topics,ID\n,Why?,One.,,,1\n,How?,Two.,,,2\n");
            },
            "train",
            [],
        ),
        works(
            "semicolons",
            |s| data(s, "ID;topics;text;question\n1;;One, two.;Why?\n2;;Two.;How?\n"),
            "train",
            [],
        ),
        works(
            "tabs",
            |s| data(s, "ID\ttopics\ttext\tquestion\n1\t\tOne, two.\tWhy?\n2\t\tTwo.\tHow?\n"),
            "train",
            [],
        ),
    ]);
}

#[test]
fn rows() {
    cases("tables_rows").check(&[
        unreadable(
            "an empty id",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n ,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(3).column("ID"),
        ),
        unreadable(
            "the off-topic id",
            |s| data(s, "ID,topics,text,question\n_OFF_TOPIC_,,One.,Why?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(2).column("ID").with("_OFF_TOPIC_"),
        ),
        unreadable(
            "one id for two answers",
            |s| data(s, "ID,topics,text,question\n1,,One.,\"Why?\nWhat for?\"\n1,,Two.,How?\n"),
            failure(InvalidInput).at("classifier_data.csv").row(3).column("ID").with("1").with("2"),
        ),
        works(
            "one answer in two rows",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.,How?\n1,,One.,When?\n"),
            "train",
            [finding(DuplicateId, "classifier_data.csv").row(4).column("ID").with("1")],
        ),
        works(
            "rows too short",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.\n3\n"),
            "train",
            [finding(EmptyCell, "classifier_data.csv").row(3).column("question").with("2")],
        ),
        works(
            "rows too long",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?,because,so\n2,,Two.,How?\n"),
            "train",
            [finding(LongRow, "classifier_data.csv").row(2).with("6").with("4")],
        ),
        works(
            "blank rows",
            |s| data(s, "\n\nID,topics,text,question\n\n,,,\n1,,One.,Why?\n\n\n2,,Two.,How?\n"),
            "train",
            [],
        ),
        works(
            "blank lines in cells",
            |s| data(s, "ID,topics,text,question\n1,,\"\nOne.\n\n\",\"\n\n \nWhy?\n\n\"\n"),
            "train --json",
            [note("ada")],
        ),
        works(
            "an answer without a text",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,, ,How?\n"),
            "train",
            [finding(EmptyCell, "classifier_data.csv").row(3).column("text").with("2")],
        ),
        works(
            "one question for two answers",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.,why\n"),
            "train",
            [],
        ),
        works(
            "quotes within cells",
            |s| {
                data(s, "ID,topics,text,question\n1,,5\" wide,Why 5\"?\n2,,\"a \"\"b\"\"\",H\"o\n");
            },
            "train",
            [],
        ),
        works(
            "a single answer",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n"),
            "train",
            [note("ada")],
        ),
    ]);
}

#[test]
fn questions_in_other_scripts() {
    cases("tables_questions_in_other_scripts").check(&[
            scripts("nothing but emoji", |s| {
                data(s, "ID,topics,text,question\n1,,One.,\"😀\n😀😀\"\n2,,Two.,\"🚀\n🛰\"\n");
            }),
            scripts("nothing but punctuation", |s| {
                data(s, "ID,topics,text,question\n1,,One.,\"?\n??\"\n2,,Two.,\"!\n!!\"\n");
            }),
            scripts("Cyrillic", |s| {
                data(
                    s,
                    "ID,topics,text,question\n1,,Ада.,\"Кто ты?\nКак тебя зовут?\"\n2,,Да.,Где?\n",
                );
            }),
            scripts("Chinese, Arabic and combining marks", |s| {
                data(
                    s,
                    "ID,topics,text,question\n1,,爱达。,你是谁？\n2,,نعم,من أنت؟\n3,,e\u{301},e\u{301}?\n",
                );
            }),
            scripts("invisible characters", |s| {
                data(s, "ID,topics,text,question\n1,,\u{200b},\u{200b}\n2,,\u{feff}x,\u{202e}x\n");
            }),
            scripts("control characters", |s| {
                data(
                    s,
                    "ID,topics,text,question\n1,\u{7},\u{1b}[2J,a\u{1b}[31mb\n2,,\u{c},x\u{8}\n",
                );
            }),
        ]);
    let sandbox = Sandbox::ada();
    data(&sandbox, "ID,topics,text,question\n1,,One.,😀\n2,,Two.,🚀\n");
    sandbox.train("c");
    for question in ["😀", "🚀", "?", "why"] {
        sandbox.run(&["ask", "--json", question]).code(0);
    }
}

fn scripts(name: &'static str, build: fn(&Sandbox)) -> Case {
    // Whether accuracy can be measured depends on the script.
    works(name, build, "train", [note("ada: ")])
}
