//! `mentorpal test`: the accuracy on a test set.

use serde_json::{Value, json};

use crate::support::{ADA, Sandbox};

/// A test set with results by hand, for [`ADA`]. Exact matches give their answers. The data
/// contains no digits, so questions of digits are declined:
///
/// | | question | marked | given | |
/// |---|---|---|---|---|
/// | C, F | Who are you | ada_1 (and off-topic) | ada_1 | correct, canned |
/// | D | where do you live | ada_2 | ada_2 | correct, canned |
/// | E | What did you write? | ada_4 | ada_3 | wrong, canned |
/// | G | Where is your home? | an invalid mark | | left out |
/// | H | YOUR home town!! | ada_2 | ada_2 | correct, canned |
/// | I | 777 999 888 | off-topic | declined | correct |
/// | J | 444 555 666 | ada_1 or ada_2 | declined | wrong |
const MATRIX: &str = "\
any,thing,Who are you,where do you live,What did you write?,who are you?,Where is your home?,\
YOUR home town!!,777 999 888,444 555 666
name,i am ADA Lovelace,i,,,,ii,,,r
home,I lived in London.,,R,,,x,r,,I
engine,The engine was never built.,,,I,,?,,,
off,_OFF_TOPIC_,,,,r,,,i,
";

fn matrix() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.write("checkpoint/tests/ada/standard.csv", MATRIX);
    sandbox.train("one");
    sandbox
}

#[test]
fn the_printed_report() {
    insta::assert_snapshot!(matrix().run(&["test"]).code(0).shown());
}

#[test]
fn the_confusion_matrix_matches_counts_by_hand() {
    let run = matrix().run(&["test", "--json"]).code(0);
    let report = run.line();
    assert_eq!(report["questions"], 6);
    assert_eq!(report["correct"], 4);
    assert_eq!(report["accuracy"], json!(4.0 / 6.0));
    assert_eq!(report["canned"], json!({"questions": 4, "correct": 3}));
    assert_eq!(report["uncanned"], json!({"questions": 2, "correct": 1}));
    // Marked as out of scope: two (C with F, and I). Declined: two (I and J). Correctly declined:
    // one.
    assert_eq!(report["off_topic"], json!({"questions": 2, "predicted": 2, "correct": 1}));
    run.says("1 column of test set `standard` left out: no answer is marked");
}

// Wilson's interval with z² = 3.8415, n = 6, p = 2/3: the centre is 0.66667 + 3.8415/12 = 0.98679,
// the half-width 1.95996 · √(0.22222/6 + 3.8415/144) = 0.49473, both divided by 1 + 3.8415/6 =
// 1.64024.
#[test]
fn the_confidence_interval_is_that_of_wilson() {
    let report = matrix().run(&["test", "--json"]).code(0).line();
    let bound = |i: usize| report["accuracy_ci95"][i].as_f64().expect("a number");
    assert!((bound(0) - 0.29999).abs() < 1e-4, "{}", bound(0));
    assert!((bound(1) - 0.90323).abs() < 1e-4, "{}", bound(1));
}

#[test]
fn json_has_the_keys_of_docs_formats() {
    let report = matrix().run(&["test", "--json"]).code(0).line();
    let keys: Vec<&String> = report.as_object().expect("an object").keys().collect();
    let expected = [
        "arch",
        "checkpoint",
        "mentor",
        "test_set",
        "columns",
        "merged_columns",
        "unmarked_columns",
        "questions",
        "correct",
        "accuracy",
        "accuracy_ci95",
        "canned",
        "uncanned",
        "off_topic",
        "results",
        "figures",
    ];
    assert_eq!(keys, expected);
    let names = [&report["arch"], &report["checkpoint"], &report["mentor"], &report["test_set"]];
    assert_eq!(names, ["fusion_v1", "one", "ada", "standard"]);
    let canned = |question, expected: Value, id, correct, rank: Value| {
        json!({
            "question": question, "expected": expected, "answer_id": id, "top_answer_id": id,
            "confidence": 1.0, "canned": true, "correct": correct, "top_correct": correct,
            "rank": rank,
        })
    };
    let results = report["results"].as_array().expect("a list");
    let known = [
        canned("Who are you", json!(["ada_1", "_OFF_TOPIC_"]), "ada_1", true, json!(1)),
        canned("where do you live", json!(["ada_2"]), "ada_2", true, json!(1)),
        canned("What did you write?", json!(["ada_4"]), "ada_3", false, results[2]["rank"].clone()),
        canned("YOUR home town!!", json!(["ada_2"]), "ada_2", true, json!(1)),
    ];
    assert_eq!(results[..4], known);
    assert_eq!(results.len(), 6);
    assert_eq!(results[5]["question"], "444 555 666");
    assert_eq!(results[5]["expected"], json!(["ada_1", "ada_2"]));
    assert_eq!(results[5]["answer_id"], "_OFF_TOPIC_");
    assert_eq!(results[5]["canned"], false);
    assert_eq!(results[5]["correct"], false);
    let top = results[5]["top_answer_id"].as_str().expect("an id");
    assert!(top.starts_with("ada_"), "{top}");
}

#[test]
fn no_canned_passes_every_question_to_the_classifier() {
    let report = matrix().run(&["test", "--no-canned", "--json"]).code(0).line();
    assert_eq!(report["canned"], json!({"questions": 0, "correct": 0}));
    assert_eq!(report["uncanned"]["questions"], 6);
    let results = report["results"].as_array().expect("a list");
    assert!(results.iter().all(|result| result["canned"] == false), "{results:?}");
    assert!(results.iter().all(|result| result["confidence"] != 1.0), "{results:?}");
}

#[test]
fn limit_tests_only_the_first_questions() {
    let report = matrix().run(&["test", "--limit", "3", "--json"]).code(0).line();
    assert_eq!([&report["questions"], &report["correct"]], [3, 2]);
    let report = matrix().run(&["test", "--limit", "300", "--json"]).code(0).line();
    assert_eq!([&report["questions"], &report["correct"]], [6, 4]);
}

#[test]
fn fail_under_exits_with_1_only_below_the_limit() {
    let sandbox = matrix();
    // 4 of 6 is 0.6667.
    sandbox.run(&["test", "--fail-under", "0.66"]).code(0);
    let run = sandbox.run(&["test", "--fail-under", "0.67"]).code(1);
    run.says("ada: accuracy 66.7% is under 67.0%").prints("4/6 (66.7%)");
    // The first two are correct: an accuracy of 1 is not below 1.
    sandbox.run(&["test", "--fail-under", "1", "--limit", "2"]).code(0);
}

#[test]
fn fail_under_takes_a_fraction() {
    let sandbox = matrix();
    let run = sandbox.run(&["test", "--fail-under", "70"]).code(2);
    run.says("for 70 percent write 0.7");
    for bad in ["-0.1", "101", "NaN", "most", ""] {
        let bad = format!("--fail-under={bad}");
        sandbox.run(&["test", &bad]).code(2).says("expected a number in 0..1");
    }
}

#[test]
fn answers_with_the_same_text_are_both_correct() {
    let sandbox = Sandbox::empty();
    sandbox.mentor(
        "ada",
        "ID,topics,text,question\na,Life,Yes!,first\nb,Life,yes,second\nc,Life,No.,third\n",
    );
    sandbox.write("checkpoint/tests/ada/t.csv", ",,first,second,third\n,YES.,i,i,i\n");
    sandbox.train("one");
    let report = sandbox.run(&["test", "--json"]).code(0).line();
    let correct: Vec<&Value> = (0..3).map(|i| &report["results"][i]["correct"]).collect();
    assert_eq!(correct, [true, true, false]);
    assert_eq!(report["results"][2]["expected"], json!(["a", "b"]));
}

#[test]
fn data_changed_since_training_is_a_warning() {
    let sandbox = matrix();
    let run = sandbox.run(&["test"]).code(0);
    assert!(!run.stderr.contains("changed since"), "{run}");
    // A fifth answer with one question.
    sandbox.mentor("ada", &format!("{ADA}ada_5,Work,Yes.,Did you like it?\n"));
    let run = sandbox.run(&["test"]).code(0);
    run.says("the data of `ada` changed since `fusion_v1/one` was trained on it")
        .says("4 answers and 16 questions then, 5 answers and 17 questions now");
}

#[test]
fn an_answer_removed_from_the_data_is_wrong() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    // Without the engine in the data, its question is not canned, and only the model has the
    // answer.
    let rest = ADA.split("ada_4").next().expect("rows before it");
    sandbox.mentor("ada", rest);
    let run = sandbox.run(&["test", "--json"]).code(0);
    let report = run.line();
    let engine = &report["results"][2];
    assert_eq!(engine["answer_id"], "ada_4");
    assert_eq!(engine["expected"], json!([]));
    assert_eq!(engine["correct"], false);
    run.says(
        "standard.csv, row 4, column `B`: the mentor has no answer “The engine was never built.”",
    );
    sandbox.run(&["test"]).code(0).prints("expected an answer that the mentor no longer has");
}

#[test]
fn every_mentor_with_a_test_set_is_tested() {
    let sandbox = matrix();
    sandbox.mentor("bob", ADA);
    sandbox.mentor("eve", ADA);
    sandbox.write("checkpoint/tests/bob/other.csv", ",,Who are you?\n,I am Ada Lovelace.,i\n");
    sandbox.train("two");
    let reports = sandbox.run(&["test", "--json"]).code(0).json();
    let named: Vec<_> = reports.iter().map(|r| (&r["mentor"], &r["test_set"])).collect();
    assert_eq!(named, [(&json!("ada"), &json!("standard")), (&json!("bob"), &json!("other"))]);
    // One mentor below the limit is enough: ada has 4 of 6, bob has 1 of 1.
    sandbox.run(&["test", "--fail-under", "0.9"]).code(1).says("ada: accuracy");
    sandbox.run(&["test", "--mentor", "bob", "--fail-under", "0.9"]).code(0);
}
