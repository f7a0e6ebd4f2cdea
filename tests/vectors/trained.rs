//! `train --vectors`, and asking checkpoints with vector models.

use std::fs;

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};
use serde_json::{Value, json};

use super::{MODELS, tiny};
use crate::support::{ADA, FUSION, Run, Sandbox, failure};

/// Creates ada's workspace with the sentence encoder `tiny`.
fn with_tiny() -> Sandbox {
    let sandbox = Sandbox::ada();
    for (path, bytes) in tiny::files() {
        sandbox.write(&format!("tiny/{path}"), bytes);
    }
    sandbox.run(&["vectors", "add", "tiny"]).code(0);
    sandbox
}

fn train(sandbox: &Sandbox, vectors: &str) -> Run {
    sandbox.run(&["train", "--checkpoint", vectors, "--vectors", vectors, "--json"])
}

fn manifest(sandbox: &Sandbox, checkpoint: &str) -> Value {
    let path = sandbox.path().join(FUSION).join(checkpoint).join("manifest.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn ask(sandbox: &Sandbox, checkpoint: &str) -> Run {
    let question = "what is your name my friend";
    sandbox.run(&["ask", "--checkpoint", checkpoint, "--no-canned", "--json", question])
}

#[test]
fn a_checkpoint_records_its_vector_model() {
    let sandbox = with_tiny();
    sandbox.write("words.txt", "name 1 0\nlive 0 1\nyour 0.7 0.7\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    sandbox.run(&["vectors", "distill", "tiny", "--dims", "4", "--name", "small"]).code(0);
    let listed = sandbox.run(&["vectors", "list", "--json"]).code(0).json();
    for (name, kind) in
        [("tiny", "encoder"), ("words", "words"), ("small", "static"), ("embedded", "static")]
    {
        train(&sandbox, name).code(0);
        let model = listed.iter().find(|model| model["name"] == name).unwrap();
        let expected = json!({ "name": name, "kind": kind, "sha256": model["sha256"] });
        assert_eq!(manifest(&sandbox, name)["vectors"], expected);
        assert_eq!(ask(&sandbox, name).code(0).json()[0]["top_answer_id"], "ada_1", "{name}");
    }
    train(&sandbox, "none").code(0);
    assert_eq!(manifest(&sandbox, "none")["vectors"], Value::Null);
    ask(&sandbox, "none").code(0);
    let shown = sandbox.run(&["checkpoints", "show", "tiny"]).code(0);
    shown.prints("tiny").prints("encoder");
}

#[test]
fn the_default_vector_model_is_that_of_the_settings_file_or_the_embedded_one() {
    let sandbox = with_tiny();
    let name = |sandbox: &Sandbox, checkpoint: &str| {
        sandbox.train(checkpoint);
        manifest(sandbox, checkpoint)["vectors"]["name"].clone()
    };
    assert_eq!(name(&sandbox, "a"), "embedded");
    sandbox.write("mentorpal.toml", "vectors = 'tiny'\n");
    assert_eq!(name(&sandbox, "b"), "tiny");
    train(&sandbox, "embedded").code(0);
    assert_eq!(manifest(&sandbox, "embedded")["vectors"]["name"], "embedded");
}

#[test]
fn a_missing_vector_model_is_reported_before_training() {
    let sandbox = with_tiny();
    let error = failure(NotFound).at("vector_models/tinny").with("`tiny`");
    train(&sandbox, "tinny").fails(error);
    train(&sandbox, "../tiny").fails(failure(InvalidInput).with("`../tiny`"));
    assert!(!sandbox.path().join(FUSION).exists());
}

#[test]
fn a_checkpoint_finds_its_vector_model_by_digest_and_names_a_missing_one() {
    let sandbox = with_tiny();
    train(&sandbox, "tiny").code(0);
    let before = ask(&sandbox, "tiny").code(0).stdout;
    let models = sandbox.path().join(MODELS);
    fs::rename(models.join("tiny"), models.join("other")).unwrap();
    assert_eq!(ask(&sandbox, "tiny").code(0).stdout, before);

    fs::remove_dir_all(models.join("other")).unwrap();
    sandbox.write("tiny.txt", "name 1 0\nyour 0 1\n");
    sandbox.run(&["vectors", "add", "tiny.txt"]).code(0);
    let sha256 = manifest(&sandbox, "tiny")["vectors"]["sha256"].as_str().unwrap().to_owned();
    for command in ["ask who", "test", "compare tiny tiny"] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if !command.starts_with("compare") {
            arguments.extend(["--checkpoint", "tiny"]);
        }
        arguments.push("--json");
        let error = failure(NotFound).at(MODELS).with("`tiny`").with(&sha256);
        sandbox.run(&arguments).fails(error.with("mentorpal vectors add PATH"));
    }
}

#[test]
fn an_update_keeps_the_model_of_the_checkpoint() {
    let sandbox = with_tiny();
    train(&sandbox, "tiny").code(0);
    let before = sandbox.checkpoint("tiny");
    let update = ["train", "--checkpoint", "tiny", "--mentor", "ada", "--update"];
    sandbox.run(&update).code(0);
    assert_eq!(sandbox.checkpoint("tiny"), before);
    sandbox.run(&[&update[..], &["--vectors", "tiny"]].concat()).code(0);
    let run = sandbox.run(&[&update[..], &["--vectors", "none", "--json"]].concat());
    run.fails(failure(InvalidInput).with("`tiny`").with("--update"));
    assert_eq!(sandbox.checkpoint("tiny"), before);
}

// The questions of all other mentors are background questions, whether these mentors are trained or
// not.
#[test]
fn a_model_does_not_depend_on_the_other_trained_mentors() {
    let sandbox = Sandbox::ada();
    let other = ADA.replace("ada_", "bob_").replace("Where", "Oh where").replace("engine", "boat");
    sandbox.mentor("bob", &other);
    sandbox.run(&["train", "--checkpoint", "both"]).code(0);
    sandbox.run(&["train", "--checkpoint", "one", "--mentor", "ada"]).code(0);
    let of_ada = |checkpoint: &str| {
        let mut files = sandbox.checkpoint(checkpoint);
        files.retain(|path, _| path.starts_with("ada/"));
        files
    };
    assert_eq!(of_ada("both").len(), 3, "two files of the model and the report");
    assert_eq!(of_ada("both"), of_ada("one"));
    fs::remove_dir_all(sandbox.path().join("mentor/bob")).unwrap();
    sandbox.run(&["train", "--checkpoint", "alone"]).code(0);
    assert_ne!(of_ada("alone"), of_ada("one"), "background questions have no effect");
}

// A single question uses all processors; in a test it is encoded with others.
#[test]
fn a_question_gets_the_same_answer_alone_and_in_a_test() {
    let sandbox = with_tiny();
    for vectors in ["tiny", "embedded", "none"] {
        train(&sandbox, vectors).code(0);
        let arguments = ["test", "--checkpoint", vectors, "--no-canned", "--json"];
        let tested = sandbox.run(&arguments).code(0).json();
        let results = tested[0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        for result in results {
            let question = result["question"].as_str().unwrap();
            let sanitized = mentorpal::text::sanitize(question);
            let arguments =
                ["ask", "--checkpoint", vectors, "--no-canned", "--json", sanitized.as_str()];
            let asked = &sandbox.run(&arguments).code(0).json()[0];
            for key in ["answer_id", "top_answer_id", "confidence"] {
                assert_eq!(asked[key], result[key], "{vectors}, {question}, {key}");
            }
        }
    }
}
