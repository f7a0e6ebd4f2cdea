//! Static embeddings: `vectors distill`, and the embedded model.

use std::fs;

use mentorpal::progress::NoProgress;
use mentorpal::sha256;
use mentorpal::vectors::{ModelKind, SentenceModel, StaticVectors, VectorModel};
use mentorpal::workspace::{VectorModelName, Workspace};

use super::tiny;
use super::{MODELS, names};
use crate::support::Sandbox;

/// Creates a workspace with the sentence encoder `tiny`, and returns its folder.
fn with_encoder() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write_all("tiny", &tiny::files());
    sandbox.run(&["vectors", "add", "tiny", "--licence", "CC0"]).code(0);
    sandbox
}

fn open(sandbox: &Sandbox, name: &str) -> mentorpal::error::Result<VectorModel> {
    let workspace = Workspace::open(sandbox.path()).unwrap();
    VectorModel::open(&workspace, &VectorModelName::new(name).unwrap())
}

#[test]
fn an_encoder_is_distilled_and_used() {
    let sandbox = with_encoder();
    let arguments = ["vectors", "distill", "tiny", "--dims", "4"];
    // `what`, `is`, `your`, `name`, `na`, `##me`, `you` and `##r`: no special token, no
    // punctuation, and no upper-case token.
    let run = sandbox.run(&arguments).code(0).prints("added tiny-static");
    run.prints("8 tokens, 4 dimensions");
    assert_eq!(names(&sandbox), ["tiny", "tiny-static"]);
    let run = sandbox.run(&["vectors", "show", "tiny-static"]).code(0).prints("licence: CC0");
    let weights = &tiny::files()["model.safetensors"];
    run.prints("8 tokens, 4 dimensions").prints("from tiny").prints(&sha256::digest(weights));
    sandbox.run(&["vectors", "verify"]).code(0).prints("tiny-static: intact");
    let run = sandbox.run(&["vectors", "show", "tiny-static", "--like", "name"]).code(0);
    run.prints("your");

    let model = open(&sandbox, "tiny-static").unwrap();
    assert_eq!((model.kind(), model.dims()), (ModelKind::Static, 4));
    let tokens = model.tokens().unwrap().tokens("What is your NAME?");
    assert_eq!(tokens.len(), 4);
    let found = model.sentences().embed(&["your name", "cheese"], &NoProgress).unwrap();
    let length: f32 = found.row(0).iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5);
    assert_eq!(found.row(1), [0.0; 4]);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let sandbox = with_encoder();
    for (threads, seed, name) in [("1", "5", "one"), ("3", "5", "three"), ("3", "6", "other")] {
        // The encoder is named by its path.
        let arguments =
            ["vectors", "distill", "./tiny", "--dims", "3", "--seed", seed, "--name", name];
        let run = sandbox.run_with(&[("RAYON_NUM_THREADS", threads)], &arguments);
        run.code(0);
    }
    let files = sandbox.files(MODELS);
    let file = |name: &str| &files[&format!("{name}/model.safetensors")];
    assert!(file("one") == file("three"));
    assert!(file("one") != file("other"));
}

#[test]
fn invalid_distillations_are_explained() {
    let sandbox = with_encoder();
    sandbox.write("words.txt", super::files::GLOVE);
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    let run = sandbox.run(&["vectors", "distill", "words"]).code(2);
    run.says("`words` is of kind words, not encoder");
    let run = sandbox.run(&["vectors", "distill", "embedded"]).code(2);
    run.says("`embedded` is of kind static, not encoder");
    let run = sandbox.run(&["vectors", "distill", "tiny"]).code(2);
    run.says("cannot make vectors of 128 numbers from those of 8").says("from 1 to 8");
    sandbox.run(&["vectors", "distill", "tiny", "--dims", "0"]).code(2).says("from 1 to 8");
    let run = sandbox.run(&["vectors", "distill", "tny"]).code(2);
    run.says("no vector model `tny`").says("did you mean `tiny`");
    sandbox.run(&["vectors", "distill", "./absent"]).code(2).says("./absent");
    let run = sandbox.run(&["vectors", "distill", "checkpoint"]).code(2);
    run.says("not a folder of a sentence encoder");
    for command in [&["add", "words.txt"][..], &["distill", "tiny", "--dims", "2"]] {
        let arguments = [&["vectors"], command, &["--name", "embedded"]].concat();
        sandbox
            .run(&arguments)
            .code(2)
            .says("`embedded` is the vector model that mentorpal itself");
    }
    let taken = ["vectors", "distill", "tiny", "--dims", "2", "--name", "words"];
    sandbox.run(&taken).code(2).says("a vector model with this name already exists");
    assert_eq!(names(&sandbox), ["tiny", "words"]);
}

#[test]
fn an_encoder_without_words_is_refused() {
    let sandbox = Sandbox::empty();
    let mut files = tiny::files();
    let tokenizer = String::from_utf8(files["tokenizer.json"].clone()).unwrap();
    let mut tokenizer: serde_json::Value = serde_json::from_str(&tokenizer).unwrap();
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    vocabulary.retain(|token, _| token.starts_with(['[', '#']));
    files.insert("tokenizer.json".to_owned(), tokenizer.to_string().into_bytes());
    sandbox.write_all("wordless", &files);
    let run = sandbox.run(&["vectors", "distill", "wordless", "--dims", "2"]).code(2);
    run.says("no words of lower-case ASCII letters");
}

#[test]
fn a_damaged_model_is_an_error_that_names_the_file() {
    let sandbox = with_encoder();
    sandbox.run(&["vectors", "distill", "tiny", "--dims", "2"]).code(0);
    let path = sandbox.path().join(MODELS).join("tiny-static/model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    // The length is unchanged; opening a model compares only the length.
    bytes[8] = b'!';
    fs::write(&path, bytes).unwrap();
    let error = open(&sandbox, "tiny-static").unwrap_err();
    assert_eq!(error.place().unwrap().path, path);
    let run = sandbox.run(&["vectors", "show", "tiny-static", "--like", "name"]).code(2);
    run.says("model.safetensors").says("not static vectors");
    sandbox.run(&["vectors", "verify"]).code(1).says("its SHA-256 differs from the manifest");
    fs::write(&path, "").unwrap();
    assert!(open(&sandbox, "tiny-static").is_err());
}

#[test]
fn the_embedded_model_needs_no_other_model() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["vectors", "show", "embedded", "--like", "navy"]).code(0);
    run.prints("27558 tokens, 128 dimensions").prints("naval").prints("licence: Apache-2.0");
    let shown = &sandbox.run(&["vectors", "show", "embedded", "--json"]).code(0).json()[0];
    assert_eq!(shown["manifest"]["source"]["file"], "all-MiniLM-L6-v2");
    sandbox.run(&["vectors", "show", "embedded", "--like", "?"]).code(2).says("no word `?`");
    sandbox.run(&["vectors", "verify", "embedded"]).code(0).prints("embedded: intact");

    let model = open(&sandbox, "embedded").unwrap();
    assert_eq!(model.sha256(), VectorModel::embedded().sha256());
    assert_eq!(model.sha256(), sha256::digest(StaticVectors::embedded_bytes()));
    let texts = ["what is your job"];
    let expected = StaticVectors::embedded().embed(&texts, &NoProgress).unwrap();
    assert_eq!(model.sentences().embed(&texts, &NoProgress).unwrap(), expected);
}
