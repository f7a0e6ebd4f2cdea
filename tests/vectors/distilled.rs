//! Static embeddings: `vectors distill`, and the embedded model.

use std::fs;

use mentorpal::error::ErrorKind::{AlreadyExists, InvalidInput, NotFound};
use mentorpal::progress::NoProgress;
use mentorpal::sha256;
use mentorpal::vectors::{ModelKind, SentenceModel, StaticVectors, VectorModel};
use mentorpal::workspace::{VectorModelName, Workspace};

use super::tiny;
use super::{MODELS, names};
use crate::support::{Sandbox, failure};

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
    sandbox.run(&arguments).code(0).prints("tiny-static").prints("8 tokens");
    assert_eq!(names(&sandbox), ["tiny", "tiny-static"]);
    let run = sandbox.run(&["vectors", "show", "tiny-static"]).code(0).prints("CC0");
    let weights = &tiny::files()["model.safetensors"];
    run.prints("8 tokens").prints("tiny").prints(&sha256::digest(weights));
    sandbox.run(&["vectors", "verify"]).code(0).prints("tiny-static");
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
    sandbox
        .run(&["vectors", "distill", "words", "--json"])
        .fails(failure(InvalidInput).at("checkpoint/vector_models/words").with("encoder"));
    sandbox
        .run(&["vectors", "distill", "embedded", "--json"])
        .fails(failure(InvalidInput).at("checkpoint/vector_models/embedded").with("static"));
    sandbox
        .run(&["vectors", "distill", "tiny", "--json"])
        .fails(failure(InvalidInput).with("128").with("1").with("8"));
    sandbox
        .run(&["vectors", "distill", "tiny", "--dims", "0", "--json"])
        .fails(failure(InvalidInput).with("1").with("8"));
    sandbox
        .run(&["vectors", "distill", "tny", "--json"])
        .fails(failure(NotFound).at("checkpoint/vector_models/tny").with("tiny"));
    sandbox
        .run(&["vectors", "distill", "./absent", "--json"])
        .fails(failure(InvalidInput).at("./absent"));
    sandbox
        .run(&["vectors", "distill", "checkpoint", "--json"])
        .fails(failure(InvalidInput).at("checkpoint"));
    for command in [&["add", "words.txt"][..], &["distill", "tiny", "--dims", "2"]] {
        let arguments = [&["vectors"], command, &["--name", "embedded", "--json"]].concat();
        sandbox.run(&arguments).fails(failure(InvalidInput).with("`embedded`"));
    }
    let taken = ["vectors", "distill", "tiny", "--dims", "2", "--name", "words", "--json"];
    sandbox.run(&taken).fails(failure(AlreadyExists).at("vector_models/words"));
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
    sandbox
        .run(&["vectors", "distill", "wordless", "--dims", "2", "--json"])
        .fails(failure(InvalidInput).with("ASCII"));
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
    sandbox
        .run(&["vectors", "show", "tiny-static", "--like", "name", "--json"])
        .fails(failure(InvalidInput).at("checkpoint/vector_models/tiny-static/model.safetensors"));
    sandbox
        .run(&["vectors", "verify"])
        .code(1)
        .warns(&["tiny-static: model.safetensors: ", "SHA-256"]);
    fs::write(&path, "").unwrap();
    assert!(open(&sandbox, "tiny-static").is_err());
}

#[test]
fn the_embedded_model_needs_no_other_model() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["vectors", "show", "embedded", "--like", "navy"]).code(0);
    run.prints("27558 tokens").prints("naval").prints("Apache-2.0");
    let shown = &sandbox.run(&["vectors", "show", "embedded", "--json"]).code(0).json()[0];
    assert_eq!(shown["manifest"]["source"]["file"], "all-MiniLM-L6-v2");
    sandbox
        .run(&["vectors", "show", "embedded", "--like", "?", "--json"])
        .fails(failure(NotFound).with("`embedded`").with("`?`"));
    sandbox.run(&["vectors", "verify", "embedded"]).code(0).prints("embedded");

    let model = open(&sandbox, "embedded").unwrap();
    assert_eq!(model.sha256(), VectorModel::embedded().sha256());
    assert_eq!(model.sha256(), sha256::digest(StaticVectors::embedded_bytes()));
    let texts = ["what is your job"];
    let expected = StaticVectors::embedded().embed(&texts, &NoProgress).unwrap();
    assert_eq!(model.sentences().embed(&texts, &NoProgress).unwrap(), expected);
}
