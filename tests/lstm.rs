//! `lstm_v1`: its training data and invalid input.

use mentorpal::error::ErrorKind::InvalidInput;
use serde_json::Value;

use crate::support::{ADA, Run, Sandbox, failure};

const LSTM: &str = "checkpoint/classifiers/lstm_v1";

fn train(sandbox: &Sandbox, name: &str, vectors: &str) -> Run {
    let arguments =
        ["train", "--arch", "lstm_v1", "--checkpoint", name, "--vectors", vectors, "--json"];
    sandbox.run(&arguments)
}

fn model(sandbox: &Sandbox, name: &str) -> (Value, Vec<u8>) {
    let mut files = sandbox.files(&format!("{LSTM}/{name}/ada"));
    let card = serde_json::from_slice(&files["model.json"]).unwrap();
    (card, files.remove("model.safetensors").unwrap())
}

fn ada_with_topics(topics: &str) -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.write("mentor/ada/data/topics.csv", topics);
    sandbox
}

#[test]
fn the_sample_mentor_is_trained_and_asked() {
    let sandbox = Sandbox::guide();
    let run = train(&sandbox, "x", "embedded").code(0);
    let accuracy = run.json()[0]["loo_accuracy"].as_f64().unwrap();
    assert!((0.4..1.0).contains(&accuracy), "{accuracy}");
    run.notes(&["guide: ", "%"]);
    let ask = |question| {
        let run = sandbox.run(&["ask", "--arch", "lstm_v1", "--no-canned", "--json", question]);
        run.code(0).json().remove(0)
    };
    let found = ask("please tell me what a checkpoint is");
    assert_eq!(found["classifier"], "lstm_v1/x");
    assert_eq!(found["answer_id"], found["top_answer_id"]);
    // The decision value of an unrelated question is below -0.88.
    let declined = ask("?!");
    assert_eq!(declined["answer_id"], "_OFF_TOPIC_");
    assert!(declined["confidence"].as_f64().unwrap() < -0.88);
}

#[test]
fn topics_match_whatever_their_case() {
    let learned = |topics| {
        let sandbox = ada_with_topics(topics);
        train(&sandbox, "x", "embedded").code(0);
        model(&sandbox, "x")
    };
    let (card, numbers) = learned("Life,About\nWork,About\n");
    assert_eq!(card["topics"], serde_json::json!(["Life", "Work"]));
    assert_eq!(learned("life,About\nWORK,About\n").1, numbers);
    assert_ne!(learned("lives,About\nworks,About\n").1, numbers);
}

#[test]
fn markers_of_the_python_pipeline_are_not_topics() {
    let sandbox = ada_with_topics("Life,About\nNavy,\npositive,\nNegative,\nWork,About\n");
    train(&sandbox, "x", "embedded").code(0);
    assert_eq!(model(&sandbox, "x").0["topics"], serde_json::json!(["Life", "Work"]));
}

#[test]
fn questions_without_a_topic_are_reported() {
    let sandbox = ada_with_topics("Life,About\n");
    train(&sandbox, "x", "embedded").code(0).notes(&["ada: ", "8"]);
    let sandbox = ada_with_topics("Navy,\n");
    train(&sandbox, "x", "embedded").code(0).notes(&["ada: "]);
    sandbox.run(&["ask", "--arch", "lstm_v1", "--no-canned", "where is your house"]).code(0);
}

#[test]
fn words_are_looked_up_by_their_stem() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", &ADA.replace("Where do you live?", "Where are you living?"));
    // `citi` is the stem of `city`. `living` is not a stem, so its vector is never used.
    sandbox.write("words.txt", "live 4 0 0\ncity 0 4 0\nliving 0 0 4\nciti 0 0 8\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    train(&sandbox, "x", "words").code(0);
    let confidence = |question| {
        let run = sandbox.run(&["ask", "--arch", "lstm_v1", "--no-canned", "--json", question]);
        run.code(0).json()[0]["confidence"].clone()
    };
    assert_eq!(confidence("living"), confidence("live"));
    assert_eq!(confidence("city"), confidence("cities"));
    assert_eq!(confidence("city"), confidence("CITI!"));
    assert_ne!(confidence("city"), confidence("live"));
    // The feature is the sum of the vectors, not their mean; an unknown word adds nothing.
    assert_ne!(confidence("live live"), confidence("live"));
}

#[test]
fn training_without_word_vectors_is_refused() {
    let sandbox = Sandbox::ada();
    let run =
        train(&sandbox, "x", "none").fails(failure(InvalidInput).at("ada/data").with("`ada`"));
    run.notes(&["error: ", "ada/data: ", "`lstm_v1`"]).says("--vectors embedded");
    assert!(sandbox.files(LSTM).is_empty());
}

#[test]
fn a_single_answer_is_trained_without_an_accuracy() {
    let sandbox = Sandbox::empty();
    sandbox
        .mentor("ada", "ID,topics,text,question\na,Life,I am Ada.,\"Who are you?\nyour name\"\n");
    let run = train(&sandbox, "x", "embedded").code(0);
    assert_eq!(run.json()[0]["loo_accuracy"], Value::Null);
    let run = sandbox.run(&["ask", "--arch", "lstm_v1", "--no-canned", "--json", "who is it"]);
    assert_eq!(run.code(0).json()[0]["top_answer_id"], "a");
}

#[test]
fn decision_values_are_not_treated_as_probabilities() {
    let sandbox = Sandbox::ada();
    train(&sandbox, "x", "embedded").code(0);
    let test = |arguments: &[&str]| {
        let arguments = [&["test", "--arch", "lstm_v1", "--no-canned"], arguments].concat();
        sandbox.run(&arguments).code(0)
    };
    test(&["--html", "x.html"]);
    let figures = test(&["--json"]).json()[0]["figures"].clone();
    assert_eq!(figures["calibration"], Value::Null);
    let bins = figures["confidences"].as_array().unwrap();
    let counted: u64 =
        bins.iter().map(|b| b["right"].as_u64().unwrap() + b["wrong"].as_u64().unwrap()).sum();
    assert_eq!((bins.len(), counted), (20, 4));
}
