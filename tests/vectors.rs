//! `mentorpal vectors`: word vectors. The other kinds of models are in submodules.
//!
//! | file | content |
//! |---|---|
//! | `files.rs` | word vectors in every format |
//! | `mutated.rs` | files of word vectors with random changes |
//! | `tiny.rs` | a small artificial sentence encoder |
//! | `encoders.rs` | encoders added from folders, archives and wheels |
//! | `mutated_encoders.rs` | sentence encoders with random changes |
//! | `minilm.rs` | a real sentence encoder |
//! | `hub.rs`, `hub_server.rs` | `download` from a Hub, and a test server for it |
//! | `distilled.rs` | `distill` |
//! | `sentences.rs` | word vectors as sentence vectors |
//! | `trained.rs` | training with a vector model |

mod distilled;
mod encoders;
mod files;
mod hub;
mod hub_server;
mod minilm;
mod mutated;
mod mutated_encoders;
mod sentences;
mod tiny;
mod trained;

use std::fs;

use mentorpal::error::ErrorKind::{AlreadyExists, Corrupt, InvalidInput, NotFound};
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{SentenceModel, StaticVectors, WordVectors};
use mentorpal::workspace::{VectorModelName, Workspace};
use serde_json::{Value, json};

use crate::support::{Failure, Run, Sandbox, failure};

const MODELS: &str = "checkpoint/vector_models";

/// Creates a workspace with the vector model `words`, from a text file.
fn with_words() -> Sandbox {
    let sandbox = Sandbox::empty();
    add(&sandbox, "words.txt", files::GLOVE).code(0);
    sandbox
}

fn add(sandbox: &Sandbox, name: &str, file: impl AsRef<[u8]>) -> Run {
    sandbox.write(name, file);
    sandbox.run(&["vectors", "add", name, "--json"])
}

/// Returns the manifest of the vector model `words`.
#[track_caller]
fn manifest(sandbox: &Sandbox) -> Value {
    let shown = sandbox.run(&["vectors", "show", "words", "--json"]).code(0).line();
    shown["manifest"].clone()
}

/// Returns the sorted names in the folder of vector models, including hidden ones.
fn names(sandbox: &Sandbox) -> Vec<String> {
    sandbox.names(MODELS)
}

#[test]
fn every_format_gives_the_same_vectors() {
    for (format, file) in files::all() {
        let sandbox = Sandbox::empty();
        let added = add(&sandbox, "words.any", file).code(0).line();
        assert_eq!((&added["name"], &added["dims"]), (&json!("words"), &json!(2)));
        let manifest = manifest(&sandbox);
        assert_eq!(manifest["source"]["format"], format);
        assert_eq!(manifest["words"], 3);
        let workspace = Workspace::open(sandbox.path()).unwrap();
        let model = WordVectors::open(&workspace, &VectorModelName::new("words").unwrap()).unwrap();
        assert_eq!(model.dims(), 2);
        for (word, [x, y]) in files::WORDS {
            let found = model.embedding(word).unwrap();
            let is_near = (found[0] - x).abs() < 1e-6 && (found[1] - y).abs() < 1e-6;
            assert!(is_near, "{format}: `{word}` is {found:?}");
        }
        assert_eq!(model.embedding("peasant"), None);
        // (3·4 + 4·3) / (5·5) = 0.96; 3·(−2) / (5·2) = −0.6.
        let nearest = model.nearest("king", 5).unwrap();
        assert_eq!(nearest.iter().map(|(word, _)| *word).collect::<Vec<_>>(), ["queen", "mud"]);
        assert!((nearest[0].1 - 0.96).abs() < 1e-6 && (nearest[1].1 + 0.6).abs() < 1e-6);
    }
}

#[test]
fn a_model_is_listed_and_shown() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["vectors", "list"]).code(0).says("mentorpal vectors add");
    assert_eq!(run.stdout.lines().count(), 2, "{run}");
    sandbox.write("data/tiny.v1.txt", files::GLOVE);
    let arguments = ["vectors", "add", "data/tiny.v1.txt", "--licence", "CC0", "--json"];
    let added = sandbox.run(&arguments).code(0).json();
    let listed = sandbox.run(&["vectors", "list", "--json"]).code(0).json();
    assert_eq!(listed[..1], added);
    let bytes = &sandbox.files(MODELS)["tiny.v1/model.fifu"];
    let expected = json!({
        "name": "tiny.v1",
        "kind": "words",
        "dims": 2,
        "sha256": mentorpal::sha256::digest(bytes),
        "path": sandbox.path().join(MODELS).join("tiny.v1"),
    });
    let embedded = StaticVectors::embedded_bytes();
    let embedded = json!({
        "name": "embedded",
        "kind": "static",
        "dims": 128,
        "sha256": mentorpal::sha256::digest(embedded),
        "path": null,
    });
    assert_eq!(listed, [expected, embedded]);
    sandbox.run(&["vectors", "list"]).code(0).prints("tiny.v1").prints("words");

    let run = sandbox.run(&["vectors", "show", "tiny.v1", "--like", "king"]).code(0);
    let run = run.prints("3 words, 2 dimensions").prints("GloVe text").prints("CC0");
    run.prints(&mentorpal::sha256::digest(files::GLOVE.as_bytes())).prints("queen     0.960");
    let arguments = ["vectors", "show", "tiny.v1", "--like", "king", "--json"];
    let shown = &sandbox.run(&arguments).code(0).json()[0];
    assert_eq!(shown["nearest"][0]["word"], "queen");
    let manifest: Value =
        serde_json::from_slice(&sandbox.files(MODELS)["tiny.v1/manifest.json"]).unwrap();
    assert_eq!(shown["manifest"], manifest);
    assert_eq!(manifest["source"]["file"], "tiny.v1.txt");
    assert_eq!(manifest["words"], 3);
}

#[test]
fn a_missing_model_is_reported() {
    let sandbox = with_words();
    let error = failure(NotFound).at("checkpoint/vector_models/wrds").with("`words`");
    sandbox.run(&["vectors", "show", "wrds", "--json"]).fails(error);
    sandbox
        .run(&["vectors", "verify", "wrds", "--json"])
        .fails(failure(NotFound).at("checkpoint/vector_models/wrds"));
    sandbox
        .run(&["vectors", "show", "words", "--like", "cheese", "--json"])
        .fails(failure(NotFound).with("cheese"));
    for name in ["../x", "..", "a/b", ""] {
        let error = || failure(InvalidInput).with(format!("`{name}`"));
        sandbox.run(&["vectors", "show", name, "--json"]).fails(error());
        sandbox.run(&["vectors", "add", "words.txt", "--name", name, "--json"]).fails(error());
    }
    sandbox
        .run(&["vectors", "add", "absent.txt", "--json"])
        .fails(failure(NotFound).at("absent.txt"));
    sandbox
        .run(&["vectors", "add", "checkpoint", "--json"])
        .fails(failure(InvalidInput).at("checkpoint"));
    assert_eq!(names(&sandbox), ["words"]);
}

#[test]
fn an_existing_name_is_refused_and_overwritten_on_request() {
    let sandbox = with_words();
    let before = sandbox.files(MODELS);
    sandbox.write("other.txt", "x 1 2 3\n");
    sandbox
        .run(&["vectors", "add", "other.txt", "--name", "words", "--json"])
        .fails(failure(AlreadyExists).at("checkpoint/vector_models/words").with("--overwrite"));
    assert_eq!(sandbox.files(MODELS), before);
    // An unreadable file does not replace the model.
    sandbox.write("broken.txt", "x 1 2 3\ny 1 2\n");
    let arguments = ["vectors", "add", "broken.txt", "--name", "words", "--overwrite", "--json"];
    sandbox.run(&arguments).fails(failure(Corrupt).at("broken.txt").row(2).with("2").with("3"));
    assert_eq!(sandbox.files(MODELS), before);
    let arguments = ["vectors", "add", "other.txt", "--name", "words", "--overwrite"];
    sandbox.run(&arguments).code(0);
    assert_eq!(sandbox.run(&["vectors", "list", "--json"]).json()[0]["dims"], 3);
    assert_eq!(names(&sandbox), ["words"]);
    // The same file gives the same bytes.
    sandbox.run(&["vectors", "add", "words.txt", "--overwrite"]).code(0);
    assert_eq!(sandbox.files(MODELS), before);
}

#[test]
fn a_model_that_differs_fails_to_verify() {
    let sandbox = with_words();
    add(&sandbox, "whole.txt", files::GLOVE).code(0);
    let run = sandbox.run(&["vectors", "verify", "--json"]).code(0);
    let valid = |name: &str| json!({ "name": name, "fault": null });
    assert_eq!(run.json(), [valid("whole"), valid("words")]);
    let model = sandbox.path().join(MODELS).join("words/model.fifu");
    let bytes = fs::read(&model).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&model, flipped).unwrap();
    let run = sandbox.run(&["vectors", "verify", "--json"]).code(1);
    let run = run.warns(&["words: model.fifu: ", "SHA-256"]);
    let faults: Vec<Value> = run.json().iter().map(|line| line["fault"].clone()).collect();
    assert_eq!(faults[0], Value::Null);
    let is_found = |text: &str| text.starts_with("model.fifu: ") && text.contains("SHA-256");
    assert!(faults[1].as_str().is_some_and(is_found), "{faults:?}");
    for damage in [&bytes[..bytes.len() - 4], b""] {
        fs::write(&model, damage).unwrap();
        let sizes = [damage.len(), bytes.len()].map(|size| size.to_string());
        let run = sandbox.run(&["vectors", "verify", "words"]).code(1);
        run.warns(&["words: model.fifu: ", &sizes[0], &sizes[1]]);
        sandbox
            .run(&["vectors", "show", "words", "--json"])
            .fails(failure(Corrupt).at("checkpoint/vector_models/words/model.fifu"));
    }
    fs::remove_file(&model).unwrap();
    sandbox.run(&["vectors", "verify", "words"]).code(1).warns(&["words: model.fifu: "]);
    sandbox.write(&format!("{MODELS}/words/manifest.json"), "{");
    sandbox.run(&["vectors", "verify"]).code(1).notes(&["error: ", "words/manifest.json: "]);
    let run = sandbox.run(&["vectors", "verify", "words", "--json"]).code(1);
    assert!(run.line()["fault"].is_string(), "{run}");
    let listed = sandbox.run(&["vectors", "list", "--json"]).fails(failure(Corrupt).with("1"));
    listed.prints("whole").notes(&["error: ", "words/manifest.json: "]);
}

#[test]
fn windows_line_ends_are_read() {
    for (format, file) in files::all() {
        let Ok(text) = String::from_utf8(file) else { continue };
        if !format.ends_with("text") {
            continue;
        }
        let sandbox = Sandbox::empty();
        let run = add(&sandbox, "words.txt", text.replace('\n', "\r\n"));
        run.code(0);
        assert_eq!(manifest(&sandbox)["source"]["format"], format);
        let workspace = Workspace::open(sandbox.path()).unwrap();
        let model = WordVectors::open(&workspace, &VectorModelName::new("words").unwrap()).unwrap();
        for (word, vector) in files::WORDS {
            assert_eq!(model.embedding(word), Some(&vector[..]), "{format}, {word}");
        }
    }
}

#[test]
fn a_damaged_model_never_opens_as_something_else() {
    let sandbox = with_words();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let name = VectorModelName::new("words").unwrap();
    let path = sandbox.path().join(MODELS).join("words/model.fifu");
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        for flip in [1, 0x3f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(&path, damaged).unwrap();
            // A changed letter or number may be valid. No command may panic, and every vector must
            // be finite.
            if let Ok(model) = WordVectors::open(&workspace, &name) {
                let _ = (model.embedding("king"), model.nearest("mud", 2));
                let texts = files::WORDS.map(|(word, _)| word);
                match model.embed(&texts, &NoProgress) {
                    Ok(found) => assert!(found.numbers().iter().all(|x| x.is_finite()), "at {at}"),
                    Err(error) => assert_eq!(error.kind(), Corrupt),
                }
            }
        }
        fs::write(&path, &bytes[..at]).unwrap();
        assert!(WordVectors::open(&workspace, &name).is_err(), "cut at {at}");
    }
}

#[test]
fn unreadable_files_are_explained_and_not_added() {
    let fasttext = files::fasttext();
    let bad = || failure(Corrupt).at("bad");
    let cases: [(&str, Vec<u8>, Failure); 16] = [
        ("empty", Vec::new(), bad()),
        ("prose", b"It was a dark and stormy night.\n".into(), bad()),
        ("zip", b"PK\x03\x04rest".into(), failure(InvalidInput).at("bad")),
        ("ragged", b"a 1 2\nb 1 2 3\n".into(), bad().row(2).with("3").with("2")),
        ("word only", b"a 1 2\nb\n".into(), bad().row(2).with("0").with("2")),
        ("blank line", b"a 1 2\n\nb 1 2\n".into(), bad().row(2)),
        ("nan", b"a 1 2\nb nan 1\n".into(), bad().row(2).with("1")),
        ("infinite", b"a 1 1e39\n".into(), bad().row(1).with("inf")),
        ("twice", b"a 1 2\nb 1 2\na 2 1\n".into(), bad().row(3).with("`a`").with("row 1")),
        ("not UTF-8", b"a 1 2\n\xff 1 2\n".into(), bad().row(2)),
        ("too few", b"3 2\na 1 2\nb 1 2\n".into(), bad()),
        ("one too few", b"2 1\na 100\n\n".into(), bad().row(3)),
        ("too many", b"1 2\na 1 2\nb 1 2\n".into(), bad().with("2").with("1")),
        ("cut", files::word2vec("3 2\n")[..30].into(), bad()),
        ("more", files::word2vec("2 2\n"), bad()),
        ("fastText cut", fasttext[..fasttext.len() - 3].into(), bad()),
    ];
    for (case, file, error) in cases {
        let sandbox = Sandbox::empty();
        println!("{case}");
        add(&sandbox, "bad", file).fails(error);
        assert!(names(&sandbox).is_empty(), "{case} left {:?}", names(&sandbox));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_header_with_huge_counts_allocates_nothing() {
    let max = u32::MAX;
    let mut chunks = b"FiFu\0\0\0\0".to_vec();
    chunks.extend([0xff; 12]);
    let mut words = files::finalfusion();
    words[32..40].fill(0x7f);
    let mut metadata = b"FiFu\0\0\0\0\x03\0\0\0\x05\0\0\0\x01\0\0\0\x02\0\0\0\x05\0\0\0".to_vec();
    metadata.extend([0x7f; 8]);
    let cases = [
        files::word2vec("9223372036854775807 9223372036854775807\n"),
        files::word2vec("10000000 16384\n"),
        files::word2vec("1 18446744073709551615\n"),
        b"18446744073709551615 2\na 1 2\n".to_vec(),
        files::fasttext_header(max, max, max, max, max),
        files::fasttext_header(2, i32::MAX as u32, 3, 6, 10_000_000),
        chunks,
        words,
        metadata,
    ];
    for file in cases {
        let sandbox = Sandbox::empty();
        sandbox.write("huge", &file);
        let binary = env!("CARGO_BIN_EXE_mentorpal");
        // The smallest of these files would not fit into 256 MiB of address space.
        let line = format!("ulimit -v 262144; exec '{binary}' vectors add huge --json");
        let run = sandbox.finish(sandbox.program("bash").args(["-c", &line]));
        let error = run.code(2).error();
        assert!(error["kind"] == "corrupt" || error["kind"] == "unsupported", "{error}");
        assert_eq!(error["place"]["path"], "huge", "{error}");
        assert!(names(&sandbox).is_empty());
    }
}

#[test]
fn leftovers_of_killed_runs_are_hidden_and_removed_by_the_next_run() {
    let sandbox = with_words();
    for (file, bytes) in sandbox.files(&format!("{MODELS}/words")) {
        sandbox.write(&format!("{MODELS}/.draft-123-0/{file}"), bytes);
    }
    let listed = sandbox.run(&["vectors", "list", "--json"]).code(0).json();
    let listed: Vec<_> = listed.iter().map(|model| &model["name"]).collect();
    assert_eq!(listed, ["words", "embedded"]);
    sandbox.run(&["vectors", "verify"]).code(0);
    sandbox.run(&["vectors", "show", ".draft-123-0"]).code(2);
    assert_eq!(names(&sandbox), [".draft-123-0", "words"]);
    add(&sandbox, "more.txt", files::GLOVE).code(0);
    assert_eq!(names(&sandbox), ["more", "words"]);
    sandbox.run(&["clean", "--force"]).code(0).prints("more");
    assert!(names(&sandbox).is_empty());
}
