//! `mentorpal compare`: two checkpoints on the same test.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};
use serde_json::{Value, json};

use crate::support::{ADA, Sandbox, close, failure, number};

/// Only the checkpoint `new` was trained with the made-up words below, which occur twice or three
/// times in each question. `old` has no n-gram of these words and declines. Two questions are
/// canned and correct in both checkpoints, and one is canned and wrong in both.
const TESTS: &str = "\
,,Who are you?,your home town,What did you write?,\
zuzzux zuzzux,zuzzux zuzzux zuzzux,kvajj kvajj,kvajj kvajj kvajj,pyqqy pyqqy,pyqqy pyqqy pyqqy
,I am Ada Lovelace.,i,,,i,i,,,,
,I lived in London.,,i,,,,i,i,,
,I wrote the first program.,,,,,,,,i,i
,The engine was never built.,,,i,,,,,,
";

/// Returns [`ADA`] with a made-up word for each of the first three answers.
pub(crate) fn taught() -> String {
    taught_words(ADA, &[("What is", "zuzzux"), ("Where do", "kvajj"), ("What did", "pyqqy")])
}

/// Returns the data of a mentor with made-up words before the questions that start with the given
/// texts.
pub(crate) fn taught_words(data: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(data.to_owned(), |data, (question, word)| {
        data.replacen(
            &format!("\"{question}"),
            &format!("\"{word}\n{word} {word} {word} {word}\n{question}"),
            1,
        )
    })
}

/// Creates the checkpoints `old`, without the made-up words, and `new`, with them, and one test
/// set.
pub(crate) fn old_and_new() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.write("checkpoint/tests/ada/standard.csv", TESTS);
    sandbox.train("old");
    sandbox.mentor("ada", &taught());
    sandbox.train("new");
    sandbox
}

#[track_caller]
pub(crate) fn compared(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    sandbox.run(&[&["compare", "--json"], arguments].concat()).code(0).json()
}

#[test]
fn the_printed_comparison() {
    insta::assert_snapshot!(old_and_new().run(&["compare", "old", "new"]).code(0).shown());
}

// A has 2 of 9 correct, B has the same 2 and 6 more: p = 2 · (1/2)^6.
#[test]
fn a_better_checkpoint_has_a_positive_verdict() {
    let comparison = compared(&old_and_new(), &["old", "new"]).remove(0);
    assert_eq!(comparison["questions"], 9);
    assert_eq!([&comparison["a"]["correct"], &comparison["b"]["correct"]], [2, 8]);
    close(&comparison["a"]["accuracy"], 2.0 / 9.0);
    close(&comparison["b"]["accuracy"], 8.0 / 9.0);
    close(&comparison["difference"], 6.0 / 9.0);
    close(&comparison["p_value"], 0.03125);
    assert_eq!(comparison["significant"], true);
    assert_eq!(comparison["only_a"], json!([]));
    let only_b = [
        "zuzzux zuzzux",
        "zuzzux zuzzux zuzzux",
        "kvajj kvajj",
        "kvajj kvajj kvajj",
        "pyqqy pyqqy",
        "pyqqy pyqqy pyqqy",
    ];
    assert_eq!(comparison["only_b"], json!(only_b));
}

#[test]
fn a_worse_checkpoint_has_a_negative_verdict() {
    let sandbox = old_and_new();
    let comparison = compared(&sandbox, &["new", "old"]).remove(0);
    assert_eq!([&comparison["a"]["checkpoint"], &comparison["b"]["checkpoint"]], ["new", "old"]);
    close(&comparison["difference"], -6.0 / 9.0);
    close(&comparison["p_value"], 0.03125);
    assert_eq!(comparison["only_b"], json!([]));
    assert_eq!(comparison["only_a"].as_array().map(Vec::len), Some(6));
    let interval = &comparison["difference_ci95"];
    assert!(!has_zero(interval) && interval[1].as_f64() < Some(0.0), "{interval}");
    assert!(interval[0].as_f64() < interval[1].as_f64(), "{interval}");
    assert_eq!(comparison["significant"], true);
}

// B has the same and 2 more correct: p = 2 · (1/2)^2.
#[test]
fn a_small_difference_is_not_significant() {
    let sandbox = old_and_new();
    let test_set = ",,Who are you?,zuzzux zuzzux,zuzzux zuzzux zuzzux\n,I am Ada Lovelace.,i,i,i\n";
    sandbox.write("checkpoint/tests/ada/standard.csv", test_set);
    let comparison = compared(&sandbox, &["old", "new"]).remove(0);
    close(&comparison["difference"], 2.0 / 3.0);
    close(&comparison["p_value"], 0.5);
    assert!(has_zero(&comparison["difference_ci95"]), "{comparison}");
    assert_eq!(comparison["significant"], false);
}

fn has_zero(interval: &Value) -> bool {
    number(&interval[0]) <= 0.0 && 0.0 <= number(&interval[1])
}

#[test]
fn a_checkpoint_is_equal_to_itself() {
    let sandbox = old_and_new();
    let comparison = compared(&sandbox, &["new", "new"]).remove(0);
    close(&comparison["difference"], 0.0);
    close(&comparison["p_value"], 1.0);
    // None of nine questions differs: the upper limit is 1 − 0.05^(1/9).
    let bounds = comparison["difference_ci95"].as_array().expect("two bounds");
    assert!((number(&bounds[1]) - 0.283_13).abs() < 1e-5, "{bounds:?}");
    close(&bounds[0], -number(&bounds[1]));
    assert_eq!([&comparison["only_a"], &comparison["only_b"]], [&json!([]), &json!([])]);
    assert_eq!([&comparison["a"]["correct"], &comparison["questions"]], [8, 9]);
}

#[test]
fn without_canned_questions_only_the_classifiers_are_compared() {
    let sandbox = old_and_new();
    let test_set = ",,zuzzux\n,I am Ada Lovelace.,i\n";
    sandbox.write("checkpoint/tests/ada/standard.csv", test_set);
    // With canned answers, both are correct. Without, only the checkpoint with the made-up word is.
    let with = compared(&sandbox, &["old", "new"]).remove(0);
    assert_eq!([&with["a"]["correct"], &with["b"]["correct"]], [1, 1]);
    let without = compared(&sandbox, &["old", "new", "--no-canned"]).remove(0);
    assert_eq!([&without["a"]["correct"], &without["b"]["correct"]], [0, 1]);
}

#[test]
fn checkpoints_are_named_with_or_without_their_architecture() {
    let sandbox = old_and_new();
    let bare = compared(&sandbox, &["old", "new"]);
    assert_eq!(compared(&sandbox, &["fusion_v1/old", "fusion_v1/new"]), bare);
    assert_eq!(compared(&sandbox, &["old", "fusion_v1/new", "--arch", "fusion_v1"]), bare);
    assert_eq!(bare[0]["a"]["arch"], "fusion_v1");
    sandbox
        .run(&["compare", "old", "newer", "--json"])
        .fails(failure(NotFound).at("fusion_v1/newer"));
}

// Correct: 2 and 8 of 9 for ada, 1 and 1 of 1 for bob; 3 and 9 of 10 together.
#[test]
fn several_mentors_are_pooled() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("bob", ADA);
    sandbox.mentor("ada", ADA);
    sandbox.train("old");
    sandbox.mentor("ada", &taught());
    sandbox.train("new");
    sandbox.write("checkpoint/tests/ada/standard.csv", TESTS);
    sandbox.write("checkpoint/tests/bob/own.csv", ",,Who are you?\n,I am Ada Lovelace.,i\n");
    let lines = compared(&sandbox, &["old", "new"]);
    let mentors: Vec<&Value> = lines.iter().map(|line| &line["mentors"]).collect();
    assert_eq!(mentors, [&json!(["ada"]), &json!(["bob"]), &json!(["ada", "bob"])]);
    let all = &lines[2];
    assert_eq!(all["mentor"], Value::Null);
    assert_eq!(all["questions"], 10);
    assert_eq!([&all["a"]["correct"], &all["b"]["correct"]], [3, 9]);
    close(&all["difference"], 0.6);
    close(&all["p_value"], 0.03125);
    // Holm's correction covers the two comparisons of single mentors, but not the pooled one.
    for (line, corrected) in lines.iter().zip([0.0625, 1.0, 0.03125]) {
        close(&line["p_corrected"], corrected);
    }
    assert_eq!([&lines[0]["significant"], &all["significant"]], [false, true]);
    let one = compared(&sandbox, &["old", "new", "--mentor", "bob"]);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["mentor"], "bob");
    insta::assert_snapshot!(sandbox.run(&["compare", "old", "new"]).code(0).shown());
}

#[test]
fn a_mentor_missing_in_one_checkpoint_is_skipped_and_reported() {
    let sandbox = Sandbox::ada();
    sandbox.train("old");
    sandbox.mentor("bob", ADA);
    sandbox.write("checkpoint/tests/bob/own.csv", ",,Who are you?\n,I am Ada Lovelace.,i\n");
    sandbox.train("new");
    let run = sandbox.run(&["compare", "old", "new", "--json"]).code(0);
    assert_eq!(run.json().len(), 1);
    assert_eq!(run.json()[0]["mentor"], "ada");
    run.warns(&["`bob`"]);
    sandbox
        .run(&["compare", "old", "new", "--mentor", "bob", "--json"])
        .fails(failure(NotFound).with("fusion_v1/old").with("bob"));
}

#[test]
fn checkpoints_without_a_mentor_in_common_cannot_be_compared() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", ADA);
    sandbox.run(&["train", "--mentor", "ada", "--checkpoint", "old"]).code(0);
    sandbox.run(&["train", "--mentor", "bob", "--checkpoint", "new"]).code(0);
    sandbox
        .run(&["compare", "old", "new", "--json"])
        .fails(failure(InvalidInput).with("`fusion_v1/old`"));
}
