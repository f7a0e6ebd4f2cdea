//! `test --html`, `--csv` and `--junit`: their content equals `--json`.

use std::fs;

use mentorpal::error::ErrorKind::InvalidInput;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

use crate::pages::html::{hostile_data, is_inert};
use crate::support::{ADA, ADA_TEST, Sandbox, close, failure, number};

/// Questions that are answered wrongly, so that each is listed.
const HOSTILE_TEST: &str = "\
,,</table><script>alert(4)</script>,\u{202e}evil\u{1} 👩‍🚀 \"quoted\" & 'so'
,Nothing that is recorded,i,i
";

/// Creates a mentor with special characters of HTML, CSV and XML in its data, and a checkpoint.
pub(crate) fn hostile() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("eve", &hostile_data());
    sandbox.write("checkpoint/tests/eve/t.csv", HOSTILE_TEST);
    sandbox.train("one");
    sandbox
}

/// Runs the test of ada with every kind of file, and returns the JSON line.
fn reported(sandbox: &Sandbox, more: &[&str]) -> Value {
    let files = ["test", "--json", "--html", "r.html", "--csv", "tables", "--junit", "j.xml"];
    sandbox.run(&[&files, more].concat()).code(0).json().remove(0)
}

fn trained() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    sandbox
}

pub(crate) fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path().join(path)).expect("the file is there")
}

/// Returns the rows of a table, with cells by column name.
pub(crate) fn rows(sandbox: &Sandbox, table: &str) -> Vec<Value> {
    let text = read(sandbox, &format!("tables/{table}.csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().expect("a head").clone();
    let row = |cells: csv::StringRecord| -> Value {
        heads.iter().zip(&cells).map(|(head, cell)| (head.to_owned(), json!(cell))).collect()
    };
    reader.records().map(|cells| row(cells.expect("a row"))).collect()
}

// By hand from `ADA_TEST`: `name` and `home` are paraphrases, `engine` is canned and correct, and
// the cheese question is out of scope. Topic Life has `name` and `home`, Work has `engine`.
/// Returns the permissions of a file or a folder.
#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn permissions_of_a_replaced_file_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::ada();
    sandbox.train("c");
    let close = |path: &str, mode: u32| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(sandbox.path().join(path), permissions).expect("it is there");
    };
    sandbox.write("tables/shares.csv", "old");
    for path in ["page.html", "junit.xml", "tables/shares.csv"] {
        sandbox.write(path, "old");
        close(path, 0o600);
    }
    let reports = ["--html", "page.html", "--junit", "junit.xml", "--csv", "tables"];
    sandbox.run(&[&["test"], &reports[..]].concat()).code(0);
    for path in ["page.html", "junit.xml", "tables/shares.csv"] {
        let path = sandbox.path().join(path);
        assert_ne!(fs::read(&path).expect("it is there"), b"old");
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // A new file has default permissions.
    sandbox.write("any", "");
    let any = mode(&sandbox.path().join("any"));
    assert_eq!(mode(&sandbox.path().join("tables/topics.csv")), any);
    // A replaced checkpoint keeps its permissions as well.
    let checkpoint = "checkpoint/classifiers/fusion_v1/c";
    close(checkpoint, 0o700);
    close(&format!("{checkpoint}/ada/model.json"), 0o600);
    for more in [&["--overwrite"][..], &["--update", "--mentor", "ada"]] {
        sandbox.run(&[&["train", "--checkpoint", "c"], more].concat()).code(0);
        assert_eq!(mode(&sandbox.path().join(checkpoint)), 0o700);
        assert_eq!(mode(&sandbox.path().join(checkpoint).join("ada/model.json")), 0o600);
        assert_eq!(mode(&sandbox.path().join(checkpoint).join("manifest.json")), any);
    }
}

#[test]
fn figures_by_hand() {
    let report = reported(&trained(), &[]);
    let figures = &report["figures"];
    close(&figures["canned_floor"]["share"], 0.25);
    let topics = figures["topics"].as_array().expect("a list");
    let named: Vec<_> = topics.iter().map(|t| (&t["topic"], &t["questions"])).collect();
    let expected =
        [(json!("Life"), json!(2)), (json!("Work"), json!(1)), (json!("_OFF_TOPIC_"), json!(1))];
    assert_eq!(named, expected.each_ref().map(|(topic, number)| (topic, number)));
    assert_eq!(figures["ranks"]["questions"], 3);
    let bins = figures["confidences"].as_array().expect("a list");
    assert_eq!(bins.len(), 20);
    let shown: f64 = bins.iter().map(|bin| number(&bin["right"]) + number(&bin["wrong"])).sum();
    assert!((shown - 3.0).abs() < 1e-9, "three questions are not canned");
    let last = figures["coverage"].as_array().expect("a list").last().expect("a point").clone();
    close(&last["coverage"], 1.0);
}

// One wrong answer of each kind, with its details.
#[test]
fn wrong_answers_are_listed_counted_and_grouped() {
    let sandbox = trained();
    // All three questions are canned, and marked for other answers.
    let test = ",,Who are you?,Where is your home?,is there an engine to see\n\
                ,The engine was never built.,i,i,\n,I wrote the first program.,,,i\n";
    sandbox.write("checkpoint/tests/ada/standard.csv", test);
    let figures = reported(&sandbox, &[])["figures"].take();
    let confusion = |expected: &str, given: &str, question: &str| json!({"expected": [expected], "given": given, "questions": [question]});
    let expected = [
        confusion("ada_3", "ada_4", "is there an engine to see"),
        confusion("ada_4", "ada_1", "Who are you?"),
        confusion("ada_4", "ada_2", "Where is your home?"),
    ];
    assert_eq!(figures["confusions"], json!(expected));
    assert_eq!(figures["never_given"], json!([{"answer_id": "ada_3", "questions": 1}]));
    let nearest = &figures["wrong"][0]["nearest"][0];
    assert_eq!([&nearest["question"], &nearest["answer_id"]], ["Who are you?", "ada_1"]);
    close(&nearest["similarity"], 1.0);
    let page = read(&sandbox, "r.html");
    for shown in
        ["is there an engine to see", "3 of 3 shown", "<strong data-key=\"accuracy\">0.0%</strong>"]
    {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn tables_match_json() {
    let sandbox = trained();
    let report = reported(&sandbox, &[]);
    let figures = &report["figures"];
    for (table, list, keys) in [
        ("topics", &figures["topics"], vec!["questions", "correct"]),
        ("confidence", &figures["confidences"], vec!["low", "high", "right", "wrong"]),
        (
            "reliability",
            &figures["calibration"]["bins"],
            vec!["confidence", "accuracy", "questions"],
        ),
        ("coverage", &figures["coverage"], vec!["threshold", "coverage", "accuracy"]),
        ("questions", &report["results"], vec!["confidence"]),
    ] {
        let rows = rows(&sandbox, table);
        let list = list.as_array().expect("a list");
        assert_eq!(rows.len(), list.len(), "{table}");
        for (row, item) in rows.iter().zip(list) {
            assert_eq!(row["mentor"], "ada");
            for key in &keys {
                close(&row[*key], number(&item[*key]));
            }
        }
    }
    let shares = rows(&sandbox, "shares");
    assert_eq!(shares[0]["of"], "all");
    close(&shares[0]["accuracy"], number(&report["accuracy"]));
    close(&shares[1]["accuracy"], number(&figures["canned_floor"]["share"]));
    let ranked: f64 = rows(&sandbox, "ranks").iter().map(|row| number(&row["questions"])).sum();
    assert!((ranked - 3.0).abs() < 1e-9, "{ranked}");
}

/// Returns the value of an attribute of each element, read by an XML parser.
fn elements(xml: &str, attribute: &str) -> Vec<(String, Option<String>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    let element = |start: &BytesStart| {
        let value = start.try_get_attribute(attribute).expect("well-formed attributes");
        let value = value.map(|v| {
            v.normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .expect("known entities")
                .into_owned()
        });
        (start.name().as_ref().to_owned(), value)
    };
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) | Event::Empty(start) => found.push(element(&start)),
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn junit_has_one_case_per_question_and_one_failure_per_wrong_answer() {
    let sandbox = trained();
    let report = reported(&sandbox, &[]);
    let xml = read(&sandbox, "j.xml");
    let cases: Vec<_> = elements(&xml, "name").into_iter().filter(|e| e.0 == "testcase").collect();
    let questions = report["results"].as_array().expect("a list");
    assert_eq!(cases.len(), questions.len());
    for (case, question) in cases.iter().zip(questions) {
        assert_eq!(case.1.as_deref(), question["question"].as_str());
    }
    let failures = elements(&xml, "message").into_iter().filter(|e| e.0 == "failure").count();
    let wrong = questions.iter().filter(|question| question["correct"] == false).count();
    assert_eq!(failures, wrong);
    let suite = elements(&xml, "failures").into_iter().find(|e| e.0 == "testsuite");
    assert_eq!(suite.and_then(|e| e.1), Some(wrong.to_string()));
}

#[test]
fn markup_in_mentor_data_is_escaped() {
    let sandbox = hostile();
    let report = reported(&sandbox, &[]);
    assert_eq!([&report["questions"], &report["correct"]], [2, 0]);
    let page = read(&sandbox, "r.html");
    is_inert(&page);
    assert!(page.contains("&#60;/table&#62;&#60;script&#62;alert(4)"), "shown as it was written");
    assert!(page.len() < 200_000, "{}: a long text is cut", page.len());
    let names = elements(&read(&sandbox, "j.xml"), "name");
    let first = names.iter().find(|e| e.0 == "testcase").and_then(|e| e.1.as_deref());
    assert_eq!(first, Some("</table><script>alert(4)</script>"));
    let questions = rows(&sandbox, "questions");
    assert_eq!(questions[1]["question"], report["results"][1]["question"]);
}

#[test]
fn several_mentors_share_a_page() {
    let sandbox = trained();
    sandbox.mentor("bob", ADA);
    sandbox.write("checkpoint/tests/bob/standard.csv", ADA_TEST);
    sandbox.train("two");
    reported(&sandbox, &[]);
    let page = read(&sandbox, "r.html");
    for mentor in ["ada", "bob"] {
        assert!(page.contains(&format!("{mentor}, test set standard")), "{mentor}");
    }
    let mentors: Vec<_> = rows(&sandbox, "ranks").iter().map(|row| row["mentor"].clone()).collect();
    assert_eq!(mentors.iter().filter(|mentor| *mentor == "bob").count(), 11);
}

#[test]
fn a_page_loads_nothing_and_is_reproducible() {
    let sandbox = trained();
    reported(&sandbox, &[]);
    let page = read(&sandbox, "r.html");
    is_inert(&page);
    reported(&sandbox, &[]);
    assert_eq!(read(&sandbox, "r.html"), page);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_streams_written_to() {
    let sandbox = trained();
    sandbox.write("elsewhere/kept.html", "the report before");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, sandbox.path().join(name)).expect("a link");
    };
    link("elsewhere/kept.html", "r.html");
    link("/dev/null", "null");
    sandbox.run(&["test", "--html", "r.html", "--junit", "null"]).code(0);
    assert!(read(&sandbox, "elsewhere/kept.html").starts_with("<!doctype html>"));
    for name in ["r.html", "null"] {
        let found = sandbox.path().join(name).symlink_metadata().expect("it is there");
        assert!(found.is_symlink(), "{name}");
    }
    let run = sandbox.run(&["test", "--junit", "/dev/stdout"]).code(0);
    run.prints("</testsuites>").prints("ada");
    link("nowhere.html", "lost.html");
    let run = sandbox.run(&["test", "--html", "lost.html", "--json"]);
    let run = run.fails(failure(InvalidInput).at("lost.html"));
    assert_eq!(run.stdout, "");
}

#[test]
fn two_reports_with_the_same_path_are_refused() {
    let sandbox = trained();
    for files in [
        ["--html", "r", "--junit", "r"],
        ["--html", "r", "--junit", "mentor/../r"],
        ["--html", "r", "--csv", "./r"],
    ] {
        let run = sandbox.run(&[&["test", "--json"], &files[..]].concat());
        let run = run.fails(failure(InvalidInput).at(files[3]));
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_file_is_written_completely_or_refused_with_its_path() {
    let sandbox = trained();
    sandbox.write("r.html", "the report before");
    for file in ["--html", "--junit"] {
        // The error occurs before the test.
        let run = sandbox.run(&["test", file, "nowhere/r.html", "--json"]);
        let run = run.fails(failure(InvalidInput).at("nowhere/r.html").with("`nowhere`"));
        assert_eq!(run.stdout, "");
        sandbox.run(&["test", file, "mentor", "--json"]).fails(failure(InvalidInput).at("mentor"));
    }
    let run = sandbox.run(&["test", "--csv", "r.html/tables", "--json"]);
    let run = run.fails(failure(InvalidInput).at("r.html/tables").with("`r.html`"));
    assert_eq!(run.stdout, "");
    reported(&sandbox, &[]);
    assert!(read(&sandbox, "r.html").starts_with("<!doctype html>"));
    let names = sandbox.names("");
    assert!(names.iter().all(|name| !name.starts_with(".r.html")), "{names:?}");
}
