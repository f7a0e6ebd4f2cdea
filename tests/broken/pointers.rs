//! Missing files: Git LFS pointers, and files with misspelled names.

use std::fs;

use super::{DATA, TEST_SET, check, refused, remove, works};
use crate::support::Sandbox;

/// A pointer in the format of `git lfs` 3.4.
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

const CHECKPOINT: &str = "checkpoint/classifiers/fusion_v1/c";

#[test]
fn git_lfs_pointers_are_recognised() {
    const LFS: &[&str] = &["a Git LFS pointer instead of the file", "git lfs pull"];
    check(&[
        refused("the data", |s| s.write(DATA, POINTER), "train", LFS),
        refused("the data, looked at", |s| s.write(DATA, POINTER), "mentors ada", LFS),
        refused("topics", |s| s.write("mentor/ada/data/topics.csv", POINTER), "train", LFS),
        refused(
            "utterances",
            |s| s.write("mentor/ada/data/utterance_data.csv", POINTER),
            "train",
            LFS,
        ),
        works("the profile", |s| s.write("mentor/ada/data/profile.yml", POINTER), "train", LFS),
        refused("settings", |s| s.write("mentorpal.toml", POINTER), "train", LFS),
        refused(
            "a test set",
            |s| {
                s.train("c");
                s.write(TEST_SET, POINTER);
            },
            "test",
            LFS,
        ),
        refused(
            "a manifest",
            |s| {
                s.train("c");
                s.write(&format!("{CHECKPOINT}/manifest.json"), POINTER);
            },
            "test",
            LFS,
        ),
        refused(
            "a model",
            |s| {
                s.train("c");
                s.write(&format!("{CHECKPOINT}/ada/model.safetensors"), POINTER);
            },
            "test",
            LFS,
        ),
        refused("word vectors", |s| s.write("w.txt", POINTER), "vectors add w.txt", LFS),
        refused(
            "word vectors that were added",
            |s| {
                s.write("w.txt", "who 1 2\nyou 3 4\n");
                s.run(&["vectors", "add", "w.txt"]).code(0);
                s.write("checkpoint/vector_models/w/model.fifu", POINTER);
            },
            "train --vectors w",
            LFS,
        ),
        refused(
            "a sentence encoder",
            |s| {
                s.write("e/config.json", "{}");
                s.write("e/tokenizer.json", "{}");
                s.write("e/model.safetensors", POINTER);
            },
            "vectors add e",
            LFS,
        ),
        refused(
            "questions",
            |s| {
                s.train("c");
                s.write("questions.txt", POINTER);
            },
            "ask --batch questions.txt",
            LFS,
        ),
    ]);
    let sandbox = Sandbox::ada();
    sandbox.train("c");
    sandbox.write(&format!("{CHECKPOINT}/ada/model.json"), POINTER);
    let faults = sandbox.run(&["checkpoints", "verify", "--json"]).code(1).line()["faults"].clone();
    assert!(
        faults[0]["what"].as_str().is_some_and(|what| what.contains("git lfs pull")),
        "{faults}"
    );
    sandbox.write(TEST_SET, POINTER);
    sandbox.run(&["mentors", "ada"]).code(0).prints("git lfs pull");
}

/// Renames a file.
fn rename(sandbox: &Sandbox, from: &str, to: &str) {
    fs::rename(sandbox.path().join(from), sandbox.path().join(to)).expect("it can be renamed");
}

#[test]
fn similar_names_are_suggested() {
    for name in [
        "Classifier_Data.csv",
        "classifier_data.CSV",
        "classifier-data.csv",
        "classifer_data.csv",
        "classifier_data.xlsx",
        "classifier_data.ods",
        "classifier_data.csv.txt",
    ] {
        let sandbox = Sandbox::ada();
        rename(&sandbox, DATA, &format!("mentor/ada/data/{name}"));
        let run = sandbox.run(&["train"]).code(2);
        run.says(&format!("classifier_data.csv: the file does not exist, did you mean `{name}`?"));
        sandbox.run(&["mentors", "ada"]).code(2).says(&format!("`{name}`"));
    }
    check(&[
        works(
            "topics",
            |s| rename(s, "mentor/ada/data/topics.csv", "mentor/ada/data/Topics.csv"),
            "mentors ada",
            &[],
        ),
        works(
            "topics, in training",
            |s| rename(s, "mentor/ada/data/topics.csv", "mentor/ada/data/topic.csv"),
            "train",
            &["topics.csv: no such file; rename `topic.csv` to `topics.csv`"],
        ),
        works(
            "the profile",
            |s| rename(s, "mentor/ada/data/profile.yml", "mentor/ada/data/profile.yaml"),
            "train",
            &["profile.yml: no such file (rename `profile.yaml` to `profile.yml`)"],
        ),
        works(
            "utterances",
            |s| {
                rename(
                    s,
                    "mentor/ada/data/utterance_data.csv",
                    "mentor/ada/data/utterance_data.xlsx",
                );
            },
            "train",
            &["utterance_data.csv: no such file (export `utterance_data.xlsx` as"],
        ),
        refused(
            "a test set",
            |s| {
                s.train("c");
                rename(s, TEST_SET, "checkpoint/tests/ada/standard.xlsx");
            },
            "test --mentor ada",
            &["standard.xlsx: not read as a test set; export `standard.xlsx`"],
        ),
        refused(
            "a named test set",
            |s| {
                s.train("c");
                rename(s, TEST_SET, "checkpoint/tests/ada/standard.csv.txt");
            },
            "test --mentor ada --test-set standard",
            &["rename `standard.csv.txt` to `standard.csv`"],
        ),
        refused(
            "none at all",
            |s| remove(s, DATA),
            "train",
            &["does not exist", "mentorpal new DIR"],
        ),
    ]);
    let sandbox = Sandbox::ada();
    rename(&sandbox, "mentor/ada/data/topics.csv", "mentor/ada/data/Topics.csv");
    rename(&sandbox, TEST_SET, "checkpoint/tests/ada/standard.ods");
    let shown = sandbox.run(&["mentors", "ada"]).code(0);
    shown.prints("rename `Topics.csv` to `topics.csv`").prints("export `standard.ods`");
}
