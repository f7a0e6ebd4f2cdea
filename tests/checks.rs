//! `mentorpal mentors ID`: findings in the files of a mentor.

use serde_json::Value;

use crate::support::Sandbox;

/// Returns the findings of a kind, each as file name, row and message.
#[track_caller]
fn findings(sandbox: &Sandbox, kind: &str) -> Vec<(String, Option<u64>, String)> {
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).json().remove(0);
    let all = shown["findings"].as_array().expect("a list").clone();
    let of_kind = all.into_iter().filter(|finding| finding["kind"] == kind);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    of_kind
        .map(|finding| {
            let path = text(&finding["path"]);
            let file = path.rsplit('/').next().unwrap_or_default().to_owned();
            (file, finding["row"].as_u64(), text(&finding["message"]))
        })
        .collect()
}

/// Returns the rows of the findings of a kind, all of which must be in `file`.
#[track_caller]
fn rows(sandbox: &Sandbox, kind: &str, file: &str) -> Vec<u64> {
    let findings = findings(sandbox, kind);
    assert!(findings.iter().all(|finding| finding.0 == file), "{findings:?}");
    findings.into_iter().map(|finding| finding.1.expect("a row")).collect()
}

fn mentor(rows: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("m", &format!("ID,topics,text,question\n{rows}"));
    sandbox
}

/// One finding of each kind, below cells with several lines and blank rows. Row numbers are those
/// of a spreadsheet, not line numbers of the file.
const EVERY_KIND: &str = "\
a,Life,First.,\"where were you born
what is your place of birth

in which town were you born\"

,,,
b,Life,\"Second,
over two lines.\",\"Where were you born?
how many brothers and sisters did you have\"
c,Hobbies,Third.,\"how many sisters and brothers did you have
do you have siblings\"
d,Work,Fourth.,only one way to ask
e,Work,,\"what did you study
which subject did you take\"
f,Work,Sixth.,
";

fn every_kind() -> Sandbox {
    let sandbox = mentor(EVERY_KIND);
    sandbox.write(
        "checkpoint/tests/m/standard.csv",
        ",,your birth town,your siblings\n,First.,i,\n,\"Second,\nover two lines.\",i,\n,Gone.,,i\n,Third.,,r\n",
    );
    sandbox
}

#[test]
fn every_kind_of_finding_is_shown_with_file_and_row() {
    insta::assert_snapshot!(every_kind().run(&["mentors", "m"]).code(0).shown());
}

// Row 1 is the header, row 2 is `a`, rows 3 and 4 are blank, row 5 is `b`, and so on.
#[test]
fn row_numbers_match_a_spreadsheet() {
    let sandbox = every_kind();
    let data = "classifier_data.csv";
    assert_eq!(rows(&sandbox, "contradiction", data), [5]);
    assert_eq!(rows(&sandbox, "near_duplicate", data), [6]);
    assert_eq!(rows(&sandbox, "unknown_topic", data), [6]);
    // Without the contradiction, `a` has two questions, as `b` has.
    assert_eq!(rows(&sandbox, "single_question", data), [7]);
    assert_eq!(rows(&sandbox, "empty_cell", data), [8, 9]);
    assert_eq!(rows(&sandbox, "untested_answer", data), [7, 8, 9]);
    assert_eq!(rows(&sandbox, "test_set", "standard.csv"), [4]);
}

#[test]
fn a_contradiction_names_both_answers_and_which_wins() {
    let sandbox = mentor("a,Life,A.,Who?\nb,Life,B.,who\n");
    let found = findings(&sandbox, "contradiction");
    let message = "“who” belongs to `b` here and to `a` in row 2; the later row is used";
    assert_eq!(found, [("classifier_data.csv".to_owned(), Some(3), message.to_owned())]);
    sandbox.train("one");
    let reply = sandbox.run(&["ask", "WHO", "--json"]).code(0).json().remove(0);
    assert_eq!(reply["answer_id"], "b");
}

#[test]
fn a_repeated_question_of_one_answer_is_not_a_contradiction() {
    let sandbox = mentor("a,Life,A.,\"Who are you?\nwho are you\"\nb,Life,B.,What are you?\n");
    assert!(findings(&sandbox, "contradiction").is_empty());
    assert_eq!(rows(&sandbox, "repeated_question", "classifier_data.csv"), [2]);
    // Two lines with the same question.
    assert_eq!(rows(&sandbox, "single_question", "classifier_data.csv"), [2, 3]);
}

#[test]
fn near_duplicates_are_reported_only_between_answers() {
    let one = "a,Life,A.,\"how did you grow up in the city\nhow did you grew up in the city\"\n";
    assert!(findings(&mentor(one), "near_duplicate").is_empty());
    let two =
        "a,Life,A.,how did you grow up in the city\nb,Life,B.,how did you grew up in the city\n";
    assert_eq!(rows(&mentor(two), "near_duplicate", "classifier_data.csv"), [3]);
    let others =
        "a,Life,A.,how did you grow up in the city\nb,Life,B.,why did you leave the city\n";
    assert!(findings(&mentor(others), "near_duplicate").is_empty());
}

#[test]
fn topics_are_identified_by_their_ids() {
    let sandbox = mentor("a,\" LIFE ,Sports\",A.,Who?\n");
    let found = findings(&sandbox, "unknown_topic");
    let message = "topic `Sports` of answer `a` is not in topics.csv";
    assert_eq!(found, [("classifier_data.csv".to_owned(), Some(2), message.to_owned())]);
}

#[test]
fn topics_may_be_separated_by_semicolons_or_tabs() {
    let sandbox = mentor("a,Life,A.,Who?\nb,Work,B.,What?\n");
    for separator in [";", "\t"] {
        // The only comma is not a separator.
        let rows =
            ["Life", "About me, and us"].join(separator) + "\n" + &["Work", "Jobs"].join(separator);
        sandbox.write("mentor/m/data/topics.csv", rows);
        assert!(findings(&sandbox, "unknown_topic").is_empty(), "{separator:?}");
        let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).json().remove(0);
        assert_eq!(shown["topics_by_id"]["about_me_and_us"]["name"], "About me, and us");
    }
}

#[test]
fn without_a_test_set_no_answer_is_reported_as_untested() {
    assert!(findings(&mentor("a,Life,A.,Who?\n"), "untested_answer").is_empty());
}

#[test]
fn an_answer_is_tested_where_any_test_set_marks_it() {
    let sandbox = mentor("a,Life,A.,one\nb,Life,B.,two\nc,Life,C.,three\n");
    sandbox.write("checkpoint/tests/m/first.csv", ",,q\n,A.,i\n,C.,x\n");
    sandbox.write("checkpoint/tests/m/second.csv", ",,q\n,B.,R\n");
    assert_eq!(rows(&sandbox, "untested_answer", "classifier_data.csv"), [4]);
}

#[test]
fn an_empty_cell_of_each_table_is_found() {
    let sandbox = mentor("a,Life,,one\n");
    sandbox.write("mentor/m/data/topics.csv", "Life,About Me\n,About Nothing\n");
    sandbox.write(
        "mentor/m/data/utterance_data.csv",
        "ID,utterance,situation\nu1,Hello.,_INTRO_\n\nu2,What?,\n,Who?,_OFF_TOPIC_\n",
    );
    let places: Vec<(String, u64)> = findings(&sandbox, "empty_cell")
        .into_iter()
        .map(|(file, row, _)| (file, row.expect("a row")))
        .collect();
    let expected = [
        ("classifier_data.csv", 2),
        ("topics.csv", 2),
        ("utterance_data.csv", 4),
        ("utterance_data.csv", 5),
    ];
    assert_eq!(places, expected.map(|(file, row)| (file.to_owned(), row)));
}

#[test]
fn only_the_first_few_of_a_kind_are_shown_without_all() {
    let rows: Vec<_> = (0..7).map(|i| format!("a{i},Life,Answer {i}.,word{i}\n")).collect();
    let sandbox = mentor(&rows.concat());
    let short = sandbox.run(&["mentors", "m"]).code(0).prints("--all");
    assert!(!short.stdout.contains("`a5`"), "{short}");
    let all = sandbox.run(&["mentors", "m", "--all"]).code(0).prints("`a5`").prints("`a6`");
    assert!(!all.stdout.contains("more: --all"), "{all}");
}

#[test]
fn leftovers_of_spreadsheets_and_web_pages_are_found() {
    let sandbox = mentor("a,Life,#NAME?,one\nb,Work,Tom &amp; I.,\"what is it\n#REF!\"\n");
    sandbox.write("checkpoint/tests/m/first.csv", ",,it&#39;s what\n,Tom &amp; I.,i\n");
    assert_eq!(rows(&sandbox, "spreadsheet_error", "classifier_data.csv"), [2, 3]);
    let entities = findings(&sandbox, "html_entity");
    let places: Vec<_> = entities.iter().map(|(file, row, _)| (file.as_str(), *row)).collect();
    let expected =
        [("first.csv", Some(1)), ("first.csv", Some(2)), ("classifier_data.csv", Some(3))];
    assert_eq!(places, expected);
}

#[test]
fn many_warnings_of_one_kind_become_one_line_with_a_count_and_rows() {
    let rows: Vec<_> = (0..189).map(|i| format!("a{i},Nowhere,Answer {i}.,word{i}\n")).collect();
    let run = mentor(&rows.concat()).run(&["train"]).code(0);
    let run = run.warns(&["row 2, column `topics`", "188"]);
    assert_eq!(run.stderr.matches("Nowhere").count(), 1, "{run}");
}

#[test]
fn different_warnings_are_not_combined() {
    let sandbox = mentor("a,Life,A.,\"one\ntwo\"\nb,Work,B.,\"three\nfour\"\n");
    sandbox.train("x");
    sandbox.write("checkpoint/tests/m/first.csv", ",,??,q\n,A.,i,\n,Gone.,,i\n,Lost.,,i\n,,,i\n");
    let run = sandbox.run(&["test"]).code(0);
    run.warns(&["row 1, column `C`: ", "`??`"])
        .warns(&["row 3, column `B`: ", "“Gone.”", "row 4"])
        .warns(&["row 5, column `B`: "]);
}

#[test]
fn data_without_findings_is_reported_as_such() {
    let sandbox = mentor("a,Life,A.,\"one\ntwo\"\nb,Work,B.,\"three\nfour\"\n");
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).line();
    assert_eq!(shown["findings"], serde_json::json!([]));
}
