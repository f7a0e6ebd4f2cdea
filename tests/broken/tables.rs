//! Invalid rows and columns of `classifier_data.csv`.

use super::{Case, DATA, check, refused, remove, works};
use crate::support::Sandbox;

fn data(sandbox: &Sandbox, text: &str) {
    sandbox.write(DATA, text);
}

#[test]
fn files_without_usable_rows() {
    check(&[
        refused(
            "missing",
            |s| remove(s, DATA),
            "train",
            &["classifier_data.csv: the file does not exist"],
        ),
        refused(
            "empty",
            |s| data(s, ""),
            "train",
            &["classifier_data.csv: ", "empty, expected columns `ID`, `topics`, `text`"],
        ),
        refused("only blank lines", |s| data(s, "\n\r\n\n"), "train", &["the file is empty"]),
        refused(
            "only a header",
            |s| data(s, "ID,topics,text,question\n"),
            "train",
            &["classifier_data.csv: no answer has a question"],
        ),
        refused(
            "rows of commas",
            |s| data(s, "ID,topics,text,question\n,,,\n,,,\n"),
            "train",
            &["no answer has a question"],
        ),
        refused(
            "no question in any row",
            |s| data(s, "ID,topics,text,question\n1,,One.,\n2,,Two.,\"\n \n\"\n"),
            "train",
            &["no answer has a question"],
        ),
        refused(
            "a web page",
            |s| data(s, "<!DOCTYPE html>\n<html><body>Sign in to continue</body></html>\n"),
            "train",
            &["classifier_data.csv, row 1: no column `ID`"],
        ),
        refused(
            "a quote that never closes",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,\"Two.,How?\n3,,Three.,Who?\n"),
            "train",
            &["classifier_data.csv, row 3: an opening quote in column"],
        ),
        refused(
            "a quote that never closes in the header",
            |s| data(s, "ID,topics,\"text,question\n1,,One.,Why?\n"),
            "train",
            &["row 1: an opening quote in column"],
        ),
    ]);
}

#[test]
fn columns() {
    check(&[
        refused(
            "a missing column",
            |s| data(s, "ID,topics,question\n1,,Why?\n"),
            "train",
            &["row 1: no column `text`", "it has `ID`, `topics`, `question`"],
        ),
        refused(
            "a misspelled column",
            |s| data(s, "ID,topics,text,questions\n1,,One.,Why?\n"),
            "train",
            &["row 1: no column `question`, is it `questions`?"],
        ),
        refused(
            "two columns of one name",
            |s| data(s, "ID,topics,text,text,question\n1,,One.,Two.,Why?\n"),
            "train",
            &["row 1, column `text`: occurs twice"],
        ),
        refused(
            "no header",
            |s| data(s, "1,,One.,Why?\n2,,Two.,How?\n"),
            "train",
            &["row 1: no column `ID`", "in the first row; it has"],
        ),
        refused(
            "bars between columns",
            |s| data(s, "ID|topics|text|question\n1||One.|Why?\n"),
            "train",
            &["row 1: no column `ID`", "it has `ID|topics|text|question`"],
        ),
        works(
            "upper and lower case",
            |s| data(s, "Id,TOPICS,Text,QUESTION\n1,,One.,Why?\n2,,Two.,How?\n"),
            "train",
            &[],
        ),
        works(
            "spaces around names, another order, more columns, two others of one name",
            |s| {
                data(s, "x, question ,text,x,topics,ID\n,Why?,One.,,,1\n,How?,Two.,,,2\n");
            },
            "train",
            &[],
        ),
        works(
            "semicolons",
            |s| data(s, "ID;topics;text;question\n1;;One, two.;Why?\n2;;Two.;How?\n"),
            "train",
            &[],
        ),
        works(
            "tabs",
            |s| data(s, "ID\ttopics\ttext\tquestion\n1\t\tOne, two.\tWhy?\n2\t\tTwo.\tHow?\n"),
            "train",
            &[],
        ),
    ]);
}

#[test]
fn rows() {
    check(&[
        refused(
            "an empty id",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n ,,Two.,How?\n"),
            "train",
            &["classifier_data.csv, row 3, column `ID`: empty cell"],
        ),
        refused(
            "the off-topic id",
            |s| data(s, "ID,topics,text,question\n_OFF_TOPIC_,,One.,Why?\n"),
            "train",
            &["row 2, column `ID`: `_OFF_TOPIC_` cannot be"],
        ),
        refused(
            "one id for two answers",
            |s| data(s, "ID,topics,text,question\n1,,One.,\"Why?\nWhat for?\"\n1,,Two.,How?\n"),
            "train",
            &["row 3, column `ID`: id `1`", "in row 2", "“One.”", "“Two.”"],
        ),
        works(
            "one answer in two rows",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.,How?\n1,,One.,When?\n"),
            "train",
            &["row 4, column `ID`: id `1` is already in row 2; the rows are merged"],
        ),
        works(
            "rows too short",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.\n3\n"),
            "train",
            &["row 3, column `question`: answer `2` has no question", "and 2 similar"],
        ),
        works(
            "rows too long",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?,because,so\n2,,Two.,How?\n"),
            "train",
            &["row 2: 6 cells, but the header has 4"],
        ),
        works(
            "blank rows",
            |s| data(s, "\n\nID,topics,text,question\n\n,,,\n1,,One.,Why?\n\n\n2,,Two.,How?\n"),
            "train",
            &[],
        ),
        works(
            "blank lines in cells",
            |s| data(s, "ID,topics,text,question\n1,,\"\nOne.\n\n\",\"\n\n \nWhy?\n\n\"\n"),
            "train --json",
            &["there is only one answer"],
        ),
        works(
            "an answer without a text",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,, ,How?\n"),
            "train",
            &["row 3, column `text`: answer `2` has no text"],
        ),
        works(
            "one question for two answers",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n2,,Two.,why\n"),
            "train",
            &[],
        ),
        works(
            "quotes within cells",
            |s| {
                data(s, "ID,topics,text,question\n1,,5\" wide,Why 5\"?\n2,,\"a \"\"b\"\"\",H\"o\n");
            },
            "train",
            &[],
        ),
        works(
            "a single answer",
            |s| data(s, "ID,topics,text,question\n1,,One.,Why?\n"),
            "train",
            &["accuracy cannot be measured"],
        ),
    ]);
}

#[test]
fn questions_in_other_scripts() {
    check(&[
        scripts("nothing but emoji", |s| {
            data(s, "ID,topics,text,question\n1,,One.,\"😀\n😀😀\"\n2,,Two.,\"🚀\n🛰\"\n");
        }),
        scripts("nothing but punctuation", |s| {
            data(s, "ID,topics,text,question\n1,,One.,\"?\n??\"\n2,,Two.,\"!\n!!\"\n");
        }),
        scripts("Cyrillic", |s| {
            data(s, "ID,topics,text,question\n1,,Ада.,\"Кто ты?\nКак тебя зовут?\"\n2,,Да.,Где?\n");
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
            data(s, "ID,topics,text,question\n1,\u{7},\u{1b}[2J,a\u{1b}[31mb\n2,,\u{c},x\u{8}\n");
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
    works(name, build, "train", &["ada: "])
}
