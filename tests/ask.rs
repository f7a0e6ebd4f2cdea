//! `mentorpal ask`: one question, a batch, a pipe.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};
use serde_json::{Value, json};

use crate::support::{ADA, Run, Sandbox, failure};

fn trained() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    sandbox
}

fn texts(run: &Run, key: &str) -> Vec<String> {
    run.json().iter().map(|line| line[key].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn an_exact_match_is_answered_with_confidence_1() {
    let run = trained().run(&["ask", "  WHO are you!", "--json", "--alternatives", "0"]).code(0);
    let expected = json!({
        "query": "WHO are you!",
        "mentor": "ada",
        "answer_id": "ada_1",
        "answer_text": "I am Ada Lovelace.",
        "confidence": 1.0,
        "canned": true,
        "top_answer_id": "ada_1",
        "classifier": "fusion_v1/one",
        "alternatives": [],
    });
    assert_eq!(run.line(), expected);
}

#[test]
fn json_has_the_keys_of_docs_formats() {
    let reply = trained().run(&["ask", "who are you really", "--json"]).code(0).line();
    let keys: Vec<&String> = reply.as_object().expect("an object").keys().collect();
    let expected = [
        "query",
        "mentor",
        "answer_id",
        "answer_text",
        "confidence",
        "canned",
        "top_answer_id",
        "classifier",
        "alternatives",
    ];
    assert_eq!(keys, expected);
    let alternative = reply["alternatives"][0].as_object().expect("an object");
    assert_eq!(alternative.keys().collect::<Vec<_>>(), ["answer_id", "confidence"]);
}

#[test]
fn other_questions_are_answered_by_the_classifier() {
    let reply = trained().run(&["ask", "who are you really", "--json"]).code(0).line();
    assert_eq!(reply["canned"], false);
    assert_eq!(reply["answer_id"], "ada_1");
    assert_eq!(reply["answer_text"], "I am Ada Lovelace.");
}

#[test]
fn confidences_are_probabilities_in_order() {
    let sandbox = trained();
    for question in ["who are you really", "the engine or the program", "777"] {
        let reply = sandbox.run(&["ask", question, "--json", "--alternatives", "9"]).code(0).line();
        let number = |value: &Value| value.as_f64().expect("a number");
        let mut confidences = vec![number(&reply["confidence"])];
        let alternatives = reply["alternatives"].as_array().expect("a list");
        // All four answers except the best.
        assert_eq!(alternatives.len(), 3);
        confidences.extend(alternatives.iter().map(|other| number(&other["confidence"])));
        assert!(confidences.iter().all(|c| (0.0..=1.0).contains(c)), "{confidences:?}");
        assert!(confidences.is_sorted_by(|a, b| a >= b), "{confidences:?}");
        assert!(confidences.iter().sum::<f64>() <= 1.0 + 1e-9, "{confidences:?}");
        let mut ids: Vec<&Value> = alternatives.iter().map(|other| &other["answer_id"]).collect();
        ids.push(&reply["top_answer_id"]);
        ids.sort_by_key(|id| id.as_str());
        assert_eq!(ids, ["ada_1", "ada_2", "ada_3", "ada_4"]);
    }
}

#[test]
fn no_canned_uses_the_classifier() {
    let reply = trained().run(&["ask", "Who are you?", "--no-canned", "--json"]).code(0).line();
    assert_eq!(reply["canned"], false);
    assert_eq!(reply["answer_id"], "ada_1");
    assert!(reply["confidence"].as_f64() < Some(1.0), "{reply}");
}

#[test]
fn an_off_topic_question_is_declined_in_the_mentors_words() {
    let reply = trained().run(&["ask", "777 888", "--json"]).code(0).line();
    assert_eq!(reply["answer_id"], "_OFF_TOPIC_");
    assert_eq!(reply["answer_text"], "I cannot say.");
    assert!(reply["top_answer_id"].as_str().is_some_and(|id| id.starts_with("ada_")), "{reply}");
}

#[test]
fn a_mentor_without_utterances_declines_without_a_text() {
    let sandbox = trained();
    std::fs::remove_file(sandbox.path().join("mentor/ada/data/utterance_data.csv"))
        .expect("removed");
    let run = sandbox.run(&["ask", "777 888", "--json"]).code(0);
    assert_eq!(run.line()["answer_text"], Value::Null);
    // As text, a declined question has a placeholder.
    assert!(!sandbox.run(&["ask", "777 888"]).code(0).stdout.trim().is_empty());
}

const BATCH: &str = "\u{feff}Who are you?\n\n   \n777\r\n  888  \nyour home town\n999";

#[test]
fn a_batch_has_one_question_per_line() {
    let sandbox = trained();
    sandbox.write("questions.txt", BATCH);
    let run = sandbox.run(&["ask", "--batch", "questions.txt", "--json"]).code(0);
    assert_eq!(texts(&run, "query"), ["Who are you?", "777", "888", "your home town", "999"]);
    let off = "_OFF_TOPIC_";
    assert_eq!(texts(&run, "answer_id"), ["ada_1", off, off, "ada_2", off]);
    // The utterances for declined questions take turns.
    let said = [
        "I am Ada Lovelace.",
        "I cannot say.",
        "Ask something else.",
        "I lived in London.",
        "I cannot say.",
    ];
    assert_eq!(texts(&run, "answer_text"), said);
}

#[test]
fn a_batch_comes_from_a_file_or_a_pipe() {
    let sandbox = trained();
    sandbox.write("questions.txt", BATCH);
    let from_file = sandbox.run(&["ask", "--batch", "questions.txt", "--json"]).code(0).stdout;
    assert_eq!(sandbox.run_on(BATCH, &["ask", "--batch", "-", "--json"]).code(0).stdout, from_file);
    assert_eq!(sandbox.run_on(BATCH, &["ask", "--json"]).code(0).stdout, from_file);
}

#[test]
fn a_printed_batch_shows_questions_and_answers() {
    insta::assert_snapshot!(trained().run_on("Who are you?\n777\n", &["ask"]).code(0).shown());
}

#[test]
fn a_batch_that_cannot_be_read_is_explained() {
    let sandbox = trained();
    sandbox.run(&["ask", "--batch", "none.txt", "--json"]).fails(failure(NotFound).at("none.txt"));
    sandbox.write("latin1.txt", b"Who are you?\ncaf\xe9\n");
    let run = sandbox.run(&["ask", "--batch", "latin1.txt", "--json"]);
    let run = run.fails(failure(InvalidInput).at("latin1.txt").row(2));
    assert_eq!(run.line()["answer_text"], "I am Ada Lovelace.");
}

#[test]
fn an_empty_question_is_refused() {
    for empty in ["", "   ", "\u{a0}"] {
        trained().run(&["ask", empty, "--json"]).fails(InvalidInput);
    }
}

#[test]
fn out_of_scope_questions_are_declined() {
    let sandbox = trained();
    // 50,004 characters.
    let long = "hello ".repeat(8_334);
    for strange in ["😀😀", "Кто ты?", "你是谁", "???", "\u{301}\u{301}", &long] {
        let reply = sandbox.run(&["ask", strange, "--json"]).code(0).line();
        assert_eq!(reply["answer_id"], "_OFF_TOPIC_", "{strange:.20}");
        assert_eq!(reply["canned"], false, "{strange:.20}");
    }
}

#[test]
fn of_several_mentors_one_must_be_named() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", ADA);
    sandbox.train("one");
    sandbox
        .run(&["ask", "Who are you?", "--json"])
        .fails(failure(InvalidInput).with("ada").with("bob").with("--mentor"));
    let bob = sandbox.run(&["ask", "Who are you?", "--mentor", "bob", "--json"]).code(0);
    assert_eq!(bob.line()["mentor"], "bob");
    let bob = sandbox.run_with(&[("MENTOR", "bob")], &["ask", "Who are you?", "--json"]).code(0);
    assert_eq!(bob.line()["mentor"], "bob");
}

#[test]
fn an_unknown_mentor_gets_a_suggestion() {
    trained()
        .run(&["ask", "Who are you?", "--mentor", "adah", "--json"])
        .fails(failure(NotFound).at("mentor/adah/data"));
}

#[test]
fn a_checkpoint_without_the_mentor_is_explained() {
    let sandbox = trained();
    sandbox.mentor("bob", ADA);
    sandbox
        .run(&["ask", "Who are you?", "--mentor", "bob", "--json"])
        .fails(failure(NotFound).with("fusion_v1/one").with("bob"));
}

#[test]
fn an_answer_removed_from_the_data_has_no_text() {
    let sandbox = trained();
    sandbox.mentor("ada", ADA.split("ada_4").next().expect("rows before it"));
    let run = sandbox.run(&["ask", "Was the engine ever built?", "--json"]).code(0);
    assert_eq!(run.line()["answer_id"], "ada_4");
    assert_eq!(run.line()["answer_text"], Value::Null);
    run.warns(&["`ada_4`"]).warns(&["`ada`", "`fusion_v1/one`"]);
}

#[test]
fn the_workspace_is_found_from_a_subfolder() {
    let sandbox = trained();
    sandbox.write("mentorpal.toml", "");
    let below = sandbox.path().join("mentor/ada/data");
    let mut command = sandbox.command(&["ask", "Who are you?", "--json"]);
    let run = sandbox.finish(command.env_remove("MENTORPAL").current_dir(below)).code(0);
    assert_eq!(run.line()["answer_id"], "ada_1");
}
