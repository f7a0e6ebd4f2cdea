//! Checkpoints of the Python pipeline: imported, and used in place.
//!
//! `tests/fixtures/legacy/make.py` created the files with the original libraries, and computed the
//! expected answers.

use std::fs;
use std::path::PathBuf;

use mentorpal::checkpoint::{Checkpoint, CheckpointRef};
use mentorpal::classifiers::arch::lstm_v1::LstmV1;
use mentorpal::error::ErrorKind::{AlreadyExists, Corrupt, InvalidInput, NotFound, Unsupported};
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{ArchName, MentorId, VectorModelName, Workspace};
use serde_json::{Value, json};

use crate::support::{ADA, Failure, Run, Sandbox, copy_folder, failure};

const OLD: &str = "old/2019-05-01-2209";
const IN_PLACE: &str = "checkpoint/classifiers/lstm_v1/2019-05-01-2209";
const REFERENCE: &str = "lstm_v1/2019-05-01-2209";

fn fixture(path: &str) -> PathBuf {
    crate::support::repository().join("tests/fixtures/legacy").join(path)
}

fn expected() -> Value {
    serde_json::from_slice(&fs::read(fixture("expected.json")).unwrap()).unwrap()
}

/// Creates a workspace with ada, with topics inside and outside her topic model, and with the word
/// vectors.
fn workspace() -> Sandbox {
    let sandbox = Sandbox::ada();
    let topics =
        "Life,About Me\nNavy,\nWork,About Work\nnegative,\nEngines,About Work\npositive,\n";
    sandbox.write("mentor/ada/data/topics.csv", topics);
    let vectors = fixture("vectors.bin");
    let vectors = vectors.to_str().unwrap();
    sandbox.run(&["vectors", "add", vectors, "--name", "tiny-vectors"]).code(0);
    sandbox
}

/// Adds a checkpoint of the Python pipeline outside the folder of checkpoints.
fn with_old() -> Sandbox {
    let sandbox = workspace();
    copy_folder(&fixture("checkpoint"), &sandbox.path().join(OLD));
    sandbox
}

/// Adds a checkpoint of the Python pipeline to the folder of checkpoints.
fn with_old_in_place() -> Sandbox {
    let sandbox = workspace();
    copy_folder(&fixture("checkpoint"), &sandbox.path().join(IN_PLACE));
    sandbox
}

/// Asks every question of `expected.json` and compares all decision values.
#[track_caller]
fn assert_expected_answers(sandbox: &Sandbox, checkpoint: &str) {
    let expected = expected();
    let results = expected["results"].as_array().unwrap();
    let questions: Vec<&str> = results.iter().map(|r| r["question"].as_str().unwrap()).collect();
    sandbox.write("questions.txt", questions.join("\n"));
    let asked = sandbox.run(&[
        "ask",
        "--checkpoint",
        checkpoint,
        "--no-canned",
        "--alternatives",
        "9",
        "--json",
        "--batch",
        "questions.txt",
    ]);
    let lines = asked.code(0).json();
    assert_eq!(lines.len(), results.len());
    // The classes are sorted by their texts, in the order of these ids.
    let ids = ["ada_1", "ada_2", "ada_3", "ada_4"];
    for (line, result) in lines.iter().zip(results) {
        let decisions = result["decisions"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
        let mut decisions: Vec<(&str, f64)> = ids.into_iter().zip(decisions).collect();
        decisions.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (top, confidence) = decisions[0];
        let found = line["confidence"].as_f64().unwrap();
        assert!((found - confidence).abs() < 1e-4, "{line}, expected {decisions:?}");
        assert_eq!(line["top_answer_id"], top);
        // One of four answers always has at least −0.5, because the values add up to −2.
        assert_eq!(line["answer_id"], top);
        let others = line["alternatives"].as_array().unwrap();
        assert_eq!(others.len(), 3);
        for (other, (id, decision)) in others.iter().zip(&decisions[1..]) {
            assert_eq!(other["answer_id"], *id);
            assert!((other["confidence"].as_f64().unwrap() - decision).abs() < 1e-4);
        }
    }
}

#[test]
fn an_imported_checkpoint_gives_the_same_answers() {
    let sandbox = with_old();
    let before = sandbox.files(OLD);
    let run = sandbox.run(&["checkpoints", "import", OLD]).code(0);
    run.prints("lstm_v1/2019-05-01-2209").warns_of_nothing();
    assert_expected_answers(&sandbox, REFERENCE);
    assert_eq!(sandbox.files(OLD), before);
    sandbox.run(&["checkpoints", "verify"]).code(0).prints("lstm_v1/");
}

#[test]
fn a_legacy_checkpoint_in_place_gives_the_same_answers() {
    let sandbox = with_old_in_place();
    let before = sandbox.files(IN_PLACE);
    assert_expected_answers(&sandbox, REFERENCE);
    let variables = [("ARCH", "lstm_v1"), ("CHECKPOINT", "2019-05-01-2209")];
    let test = sandbox.run_with(&variables, &["test", "--json"]).code(0);
    assert_eq!(test.json()[0]["arch"], "lstm_v1");
    // Without a name, the newest checkpoint of the architecture is used.
    let ask = sandbox.run(&["ask", "--arch", "lstm_v1", "Who are you?", "--json"]).code(0);
    assert_eq!(ask.json()[0]["classifier"], REFERENCE);
    sandbox.train("x");
    let compare = sandbox.run(&["compare", REFERENCE, "fusion_v1/x", "--json"]).code(0);
    assert_eq!(compare.json()[0]["a"]["checkpoint"], "2019-05-01-2209");
    assert_eq!(sandbox.files(IN_PLACE), before);
}

#[test]
fn a_legacy_checkpoint_in_place_is_older_than_all_with_a_manifest() {
    let sandbox = with_old_in_place();
    copy_folder(&fixture("checkpoint"), &sandbox.path().join(IN_PLACE.replace("2019", "2020")));
    let ask = ["ask", "Who are you?", "--json"];
    let run = sandbox.run(&ask).code(0).notes(&["lstm_v1/2020-05-01-2209"]);
    assert_eq!(run.json()[0]["classifier"], "lstm_v1/2020-05-01-2209");
    sandbox.run(&["checkpoints", "import", IN_PLACE, "--checkpoint", "0-copy"]).code(0);
    let run = sandbox.run(&ask).code(0).notes(&["lstm_v1/0-copy"]);
    assert_eq!(run.json()[0]["classifier"], "lstm_v1/0-copy");
}

#[test]
fn tokens_and_topics_match_the_python_pipeline() {
    let sandbox = with_old();
    sandbox.run(&["checkpoints", "import", OLD]).code(0);
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let reference = CheckpointRef::parse(REFERENCE, &ArchName::new("lstm_v1").unwrap()).unwrap();
    let checkpoint = Checkpoint::open(&workspace, &reference).unwrap();
    let files = checkpoint.model(&MentorId::new("ada").unwrap()).unwrap();
    let vectors =
        VectorModel::open(&workspace, &VectorModelName::new("tiny-vectors").unwrap()).unwrap();
    let vectors = Some(std::sync::Arc::new(vectors));
    for result in expected()["results"].as_array().unwrap() {
        let question = result["question"].as_str().unwrap();
        let explanation = LstmV1::explain(&files, &vectors, question).unwrap();
        assert_eq!(json!(explanation.tokens), result["tokens"], "{question}");
        let topics: Vec<&str> =
            explanation.topics.iter().map(|(topic, _)| topic.as_str()).collect();
        assert_eq!(topics, ["Life", "Work", "Engines"]);
        for ((_, found), expected) in
            explanation.topics.iter().zip(result["topics"].as_array().unwrap())
        {
            let expected = expected.as_f64().unwrap();
            assert!((f64::from(*found) - expected).abs() < 1e-5, "{question}: {found}, {expected}");
        }
    }
}

#[test]
fn an_imported_checkpoint_records_its_origin() {
    let sandbox = with_old();
    let run = sandbox.run(&["checkpoints", "import", OLD, "--checkpoint", "mine", "--json"]);
    let lines = run.code(0).json();
    assert_eq!(lines[0], json!({ "mentor": "ada", "answers": 4, "of": 4 }));
    assert_eq!(lines[1]["checkpoint"], "lstm_v1/mine");
    let show = sandbox.run(&["checkpoints", "show", "lstm_v1/mine"]).code(0);
    show.prints("2019-05-01-2209").prints("tiny-vectors");
    let manifest =
        &sandbox.run(&["checkpoints", "show", "lstm_v1/mine", "--json"]).code(0).json()[0];
    assert_eq!(manifest["arch"], "lstm_v1");
    let imported = &manifest["imported"];
    assert_eq!(imported["checkpoint"], "2019-05-01-2209");
    assert_eq!(imported["vectors"], "tiny-vectors.bin");
    let files = imported["files"].as_object().unwrap();
    assert_eq!(files.len(), 3);
    for (path, record) in files {
        let bytes = fs::read(fixture("checkpoint").join(path)).unwrap();
        assert_eq!(record["size"], bytes.len());
        assert_eq!(record["sha256"], mentorpal::sha256::digest(&bytes));
    }
    // The imported bytes do not depend on the path of the original.
    copy_folder(&sandbox.path().join(OLD), &sandbox.path().join("elsewhere/2019-05-01-2209"));
    sandbox
        .run(&["checkpoints", "import", "elsewhere/2019-05-01-2209/", "--checkpoint", "again"])
        .code(0);
    let arch = "checkpoint/classifiers/lstm_v1";
    assert_eq!(sandbox.files(&format!("{arch}/again")), sandbox.files(&format!("{arch}/mine")));
    // An imported checkpoint can be updated.
    let update =
        ["train", "--arch", "lstm_v1", "--checkpoint", "mine", "--mentor", "ada", "--update"];
    sandbox.run(&update).code(0);
    let updated =
        &sandbox.run(&["checkpoints", "show", "lstm_v1/mine", "--json"]).code(0).json()[0];
    assert_eq!(updated["imported"], *imported);
}

#[test]
fn removed_answers_are_named_and_not_given() {
    let sandbox = with_old();
    let data = ADA.replace("I wrote the first program.", "I wrote something else.");
    sandbox.write("mentor/ada/data/classifier_data.csv", data);
    let run = sandbox.run(&["checkpoints", "import", OLD, "--json"]).code(0);
    let run = run.warns(&["ada: ", "“I wrote the first program.”"]);
    assert_eq!(run.json()[0], json!({ "mentor": "ada", "answers": 3, "of": 4 }));
    let ask = ["ask", "--arch", "lstm_v1", "--no-canned", "--alternatives", "9", "--json"];
    let question = "Did you write a program?";
    let line = &sandbox.run(&[&ask[..], &[question]].concat()).code(0).json()[0];
    assert_eq!(line["alternatives"].as_array().unwrap().len(), 2);
    assert!(!line.to_string().contains("ada_3"), "{line}");

    let other = ADA.replace("I ", "We ").replace("The ", "An ");
    sandbox.write("mentor/ada/data/classifier_data.csv", other);
    let run = sandbox.run(&["checkpoints", "import", OLD, "--checkpoint", "x", "--json"]);
    run.fails(failure(InvalidInput).with("`ada`")).notes(&[
        "error: ",
        "2019-05-01-2209/ada: ",
        "4",
    ]);
}

#[test]
fn many_removed_answers_are_one_warning_with_a_count() {
    let sandbox = with_old();
    // Only the first of four answers is kept.
    let data = ADA.replace("I lived", "We lived").replace("I wrote", "We wrote");
    let data = data.replace("The engine was", "It was");
    sandbox.write("mentor/ada/data/classifier_data.csv", data);
    let run = sandbox.run(&["checkpoints", "import", OLD, "--json"]).code(0);
    let run = run.warns(&["ada: ", "2", "“"]);
    assert_eq!(run.warnings().count(), 1, "{run}");
    assert_eq!(run.json()[1]["notes"]["ada"].as_array().unwrap().len(), 3, "{run}");
}

#[test]
fn answer_texts_match_as_in_test_sets() {
    let sandbox = with_old();
    let data = ADA
        .replace("I am Ada Lovelace.", "I am  ADA Lovelace!")
        .replace("I lived in London.", "I lived;\u{a0}in London");
    sandbox.write("mentor/ada/data/classifier_data.csv", data);
    sandbox.run(&["checkpoints", "import", OLD]).code(0).warns_of_nothing();
    assert_expected_answers(&sandbox, REFERENCE);
}

#[test]
fn topics_are_numbered_if_their_count_differs() {
    let sandbox = with_old();
    sandbox.write("mentor/ada/data/topics.csv", "Life,About Me\nWork,About Work\n");
    let run = sandbox.run(&["checkpoints", "import", OLD]).code(0);
    run.warns(&["ada: ", "3", "2"]);
    assert_expected_answers(&sandbox, REFERENCE);
}

#[test]
fn the_word_vectors_must_be_those_of_the_checkpoint() {
    let sandbox = Sandbox::ada();
    copy_folder(&fixture("checkpoint"), &sandbox.path().join(OLD));
    let import = ["checkpoints", "import", OLD, "--json"];
    let error = || failure(NotFound).at(OLD).with("`tiny-vectors.bin`").with("--vectors NAME");
    sandbox.run(&import).fails(error().with("mentorpal vectors add"));
    sandbox
        .run(&["vectors", "add", fixture("vectors.bin").to_str().unwrap(), "--name", "v"])
        .code(0);
    sandbox.run(&import).fails(error());
    sandbox.run(&[&import[..], &["--vectors", "v"]].concat()).code(0);
    assert_expected_answers(&sandbox, REFERENCE);
    let again = [&import[..], &["--checkpoint", "x", "--vectors"]].concat();
    let run = sandbox.run(&[&again[..], &["embedded"]].concat()).fails(InvalidInput);
    run.notes(&["error: ", "6", "`embedded`", "128"]);
    sandbox.write("words.txt", "a 1 2\nb 3 4\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    let run = sandbox.run(&[&again[..], &["words"]].concat()).fails(InvalidInput);
    run.notes(&["error: ", "6", "`words`", "2"]);
    let error = failure(NotFound).at("vector_models/w").with("`w`");
    sandbox.run(&[&again[..], &["w"]].concat()).fails(error);
    // Without `w2v.txt`, only `--vectors` names the word vectors.
    fs::remove_file(sandbox.path().join(OLD).join("ada/w2v.txt")).unwrap();
    let run = sandbox.run(&[&import[..], &["--checkpoint", "y"]].concat());
    run.fails(failure(NotFound).at("ada/w2v.txt"));
    sandbox.run(&[&again[..], &["v"]].concat()).code(0);
}

#[test]
fn folders_without_a_legacy_checkpoint_are_refused() {
    let sandbox = with_old();
    sandbox.train("x");
    for (folder, kind) in [
        ("nowhere", NotFound),
        ("mentor", NotFound),
        ("old", NotFound),
        ("old/2019-05-01-2209/ada", InvalidInput),
        ("old/2019-05-01-2209/ada/w2v.txt", NotFound),
        ("checkpoint/classifiers/fusion_v1/x", InvalidInput),
    ] {
        let run = sandbox.run(&["checkpoints", "import", folder, "--json"]);
        run.fails(failure(kind).at(folder));
    }
    for (name, value) in [("x/y/z", "`y/z`"), ("fusion_v1/y", "`fusion_v1`")] {
        sandbox
            .run(&["checkpoints", "import", OLD, "--checkpoint", name, "--json"])
            .fails(failure(InvalidInput).with(value));
    }
    sandbox.run(&["checkpoints", "import", OLD]).code(0);
    sandbox
        .run(&["checkpoints", "import", OLD, "--json"])
        .fails(failure(AlreadyExists).at("lstm_v1/2019-05-01-2209"));
    let names = fs::read_dir(sandbox.path().join("checkpoint/classifiers/lstm_v1")).unwrap();
    assert_eq!(names.count(), 1);
}

#[test]
fn a_missing_mentor_can_be_skipped() {
    let sandbox = with_old();
    copy_folder(&fixture("checkpoint/ada"), &sandbox.path().join(OLD).join("bob"));
    let run = sandbox.run(&["checkpoints", "import", OLD, "--json"]);
    let run = run.fails(failure(InvalidInput).with("`bob`").with("--keep-going"));
    run.notes(&["error: ", "mentor/bob/data: ", "`bob`"]);
    let run = sandbox.run(&["checkpoints", "import", OLD, "--keep-going", "--json"]).code(0);
    assert_eq!(run.json().len(), 2);
    assert_expected_answers(&sandbox, REFERENCE);
    // A checkpoint in place lists all of its mentors.
    copy_folder(&sandbox.path().join(OLD), &sandbox.path().join(IN_PLACE).with_file_name("y"));
    let listed = sandbox.run(&["checkpoints", "--json"]).code(0).json();
    assert_eq!(listed[1]["mentors"], json!(["ada", "bob"]));
    assert_expected_answers(&sandbox, "lstm_v1/y");
}

#[test]
fn a_legacy_checkpoint_in_place_is_listed_shown_and_verified() {
    let sandbox = with_old_in_place();
    let listed = &sandbox.run(&["checkpoints", "--json"]).code(0).json()[0];
    assert_eq!(listed["checkpoint"], "2019-05-01-2209");
    assert_eq!(listed["mentors"], json!(["ada"]));
    assert_eq!(listed["created"], Value::Null);
    sandbox.run(&["checkpoints"]).code(0).prints("Python");
    let show = sandbox.run(&["checkpoints", "show", REFERENCE]).code(0);
    show.prints("Python").prints("tiny-vectors.bin");
    let shown = &sandbox.run(&["checkpoints", "show", REFERENCE, "--json"]).code(0).json()[0];
    assert_eq!(shown["mentors"], json!({ "ada": { "answers": 4, "topics": 3, "dims": 6 } }));
    let verified = sandbox.run(&["checkpoints", "verify", "--json"]).code(0).line();
    assert_eq!((&verified["files"], &verified["digests"]), (&json!(4), &json!(false)));
    let path = sandbox.path().join(IN_PLACE).join("ada/unfused_model.pkl");
    fs::write(&path, &fs::read(&path).unwrap()[..700]).unwrap();
    let verified = sandbox.run(&["checkpoints", "verify", "--json"]).code(1);
    let verified = verified.warns(&["unfused_model.pkl: "]);
    assert_eq!(verified.json()[0]["digests"], false);
}

/// The files of a mentor's folder.
const FILES: [&str; 4] = ["fused_model.pkl", "unfused_model.pkl", "lstm_topic_model.h5", "w2v.txt"];

#[test]
fn a_mentor_with_a_missing_file_is_reported() {
    let sandbox = with_old();
    let mentor = ADA.replace("ada_", "bob_");
    sandbox.mentor("bob", &mentor);
    for file in FILES {
        println!("{file}");
        let bob = sandbox.path().join(OLD).join("bob");
        copy_folder(&fixture("checkpoint/ada"), &bob);
        fs::remove_file(bob.join(file)).unwrap();
        let run = sandbox.run(&["checkpoints", "import", OLD, "--json"]);
        let run = run.fails(failure(InvalidInput).with("`bob`").with("1").with("2"));
        run.notes(&["error: ", &format!("bob/{file}: ")]);
        let import = ["checkpoints", "import", OLD, "--keep-going", "--json", "--checkpoint", file];
        let run = sandbox.run(&import).code(0).notes(&["error: ", &format!("bob/{file}: ")]);
        assert_eq!(run.json()[0]["mentor"], "ada");

        let in_place = sandbox.path().join(IN_PLACE);
        copy_folder(&sandbox.path().join(OLD), &in_place);
        let verified = sandbox.run(&["checkpoints", "verify", REFERENCE, "--json"]).code(1);
        let faults = &verified.line()["faults"];
        assert!(faults[0]["path"].as_str().unwrap().ends_with(&format!("bob/{file}")), "{faults}");
        assert_eq!(faults.as_array().unwrap().len(), 1);
        let ask = ["ask", "--checkpoint", REFERENCE, "Who are you?", "--json", "--mentor"];
        let run = sandbox.run(&[&ask[..], &["bob"]].concat());
        run.fails(failure(NotFound).at(&format!("bob/{file}")));
        sandbox.run(&[&ask[..], &["ada"]].concat()).code(0);
        fs::remove_dir_all(in_place).unwrap();
    }
}

#[test]
fn a_legacy_checkpoint_in_place_is_never_written_to() {
    let sandbox = with_old_in_place();
    sandbox.train("x");
    let before = sandbox.files(IN_PLACE);
    let train = ["train", "--arch", "lstm_v1", "--checkpoint", "2019-05-01-2209", "--json"];
    for more in [&["--overwrite"][..], &["--update", "--mentor", "ada"]] {
        let run = sandbox.run(&[&train[..], more].concat());
        run.fails(failure(Unsupported).at(REFERENCE).with("checkpoints import"));
    }
    sandbox.run(&train).fails(failure(AlreadyExists).at(REFERENCE));
    sandbox
        .run(&["checkpoints", "import", IN_PLACE, "--json"])
        .fails(failure(InvalidInput).at("lstm_v1/2019-05-01-2209").with("--checkpoint NAME"));
    sandbox.run(&["checkpoints", "import", IN_PLACE, "--checkpoint", "copy"]).code(0);
    assert_expected_answers(&sandbox, "lstm_v1/copy");
    sandbox.run(&["vectors", "add", fixture("vectors.bin").to_str().unwrap()]).code(0);
    let clean = sandbox.run(&["clean", "--force", "--json"]).code(0);
    let clean = clean.notes(&["`lstm_v1/2019-05-01-2209`"]);
    assert_eq!(clean.json()[0]["kept"], json!([REFERENCE]));
    assert_eq!(clean.json()[0]["checkpoints"], json!(["lstm_v1/copy", "fusion_v1/x"]));
    assert_eq!(sandbox.files(IN_PLACE), before);
}

/// Replaces a file of the checkpoint in place and asks a question.
fn ask_with(file: &str, bytes: &[u8]) -> Run {
    let sandbox = with_old_in_place();
    sandbox.write(&format!("{IN_PLACE}/ada/{file}"), bytes);
    sandbox.run(&["ask", "--arch", "lstm_v1", "Who are you?", "--json"])
}

#[test]
fn hostile_files_are_refused_with_path_and_offset() {
    let fused = fs::read(fixture("checkpoint/ada/fused_model.pkl")).unwrap();
    let model = fs::read(fixture("checkpoint/ada/lstm_topic_model.h5")).unwrap();
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let marks = [b"\x80\x03".as_slice(), &vec![b'('; 1 << 20]].concat();
    let system = b"\x80\x03cos\nsystem\nX\x0b\0\0\0touch owned\x85R.".to_vec();
    let huge = b"\x80\x03B\xff\xff\xff\xff.".to_vec();
    let two_classes = fs::read(fixture("pickles/two-classes.pkl")).unwrap();
    let zlib = fs::read(fixture("pickles/compressed.pkl")).unwrap();
    let chunked = fs::read(fixture("models/compressed.h5")).unwrap();
    let pickle = |kind| failure(kind).at("ada/fused_model.pkl");
    let second = |kind| failure(kind).at("ada/unfused_model.pkl");
    let topics = |kind| failure(kind).at("ada/lstm_topic_model.h5");
    let words = failure(NotFound).at(REFERENCE).with("`passwd`");
    let name = || failure(Corrupt).at("ada/w2v.txt");
    for (file, bytes, error) in [
        ("fused_model.pkl", system, pickle(Unsupported).with("byte 2").with("`os.system`")),
        ("fused_model.pkl", huge, pickle(Corrupt).with("byte 7").with("4294967295")),
        ("fused_model.pkl", marks, pickle(Corrupt).with("4096")),
        ("fused_model.pkl", cut(&fused), pickle(Corrupt).with("byte ")),
        ("fused_model.pkl", Vec::new(), pickle(Unsupported)),
        ("unfused_model.pkl", fused.clone(), inconsistent("lstm_topic_model.h5").with("9")),
        ("unfused_model.pkl", zlib, second(Unsupported).with("compress=0")),
        ("unfused_model.pkl", two_classes, inconsistent("fused_model.pkl")),
        ("lstm_topic_model.h5", cut(&model), topics(Corrupt).with("byte 8248")),
        ("lstm_topic_model.h5", fused, topics(Unsupported)),
        ("lstm_topic_model.h5", chunked, topics(Corrupt).with("`dense_1/kernel:0`")),
        ("w2v.txt", b"\xff".to_vec(), name()),
        ("w2v.txt", b"a/\n".to_vec(), name()),
        ("w2v.txt", b"../../etc/passwd".to_vec(), words),
    ] {
        println!("{file}");
        ask_with(file, &bytes).fails(error).does_not_say("panicked");
    }
    let sandbox = with_old_in_place();
    fs::remove_file(sandbox.path().join(IN_PLACE).join("ada/unfused_model.pkl")).unwrap();
    sandbox
        .run(&["ask", "--arch", "lstm_v1", "hello", "--json"])
        .fails(failure(NotFound).at("ada/unfused_model.pkl"));
}

/// The error for a model whose `unfused_model.pkl` does not match another of its files.
fn inconsistent(other: &str) -> Failure {
    failure(Corrupt).at("2019-05-01-2209/ada").with("unfused_model.pkl").with(other)
}
