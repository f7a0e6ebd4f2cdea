//! Missing files: Git LFS pointers, and files with misspelled names.

use std::fs;

use mentorpal::error::ErrorKind::{Corrupt, NotFound};
use mentorpal::mentor::FindingKind::MissingFile;

use super::{DATA, TEST_SET, cases, refused, remove, unreadable, works};
use crate::support::{Failure, Sandbox, failure, finding};

/// A pointer in the format of `git lfs` 3.4.
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

const CHECKPOINT: &str = "checkpoint/classifiers/fusion_v1/c";

/// The error for a pointer in place of a file.
fn pointer(path: &str) -> Failure {
    failure(Corrupt).at(path).with("git lfs pull")
}

#[test]
fn git_lfs_pointers_are_recognised() {
    cases("pointers_git_lfs_pointers_are_recognised").check(&[
        unreadable("the data", |s| s.write(DATA, POINTER), pointer("classifier_data.csv")),
        refused(
            "the data, looked at",
            |s| s.write(DATA, POINTER),
            "mentors ada",
            pointer("classifier_data.csv"),
        ),
        unreadable(
            "topics",
            |s| s.write("mentor/ada/data/topics.csv", POINTER),
            pointer("topics.csv"),
        ),
        unreadable(
            "utterances",
            |s| s.write("mentor/ada/data/utterance_data.csv", POINTER),
            pointer("utterance_data.csv"),
        ),
        works(
            "the profile",
            |s| s.write("mentor/ada/data/profile.yml", POINTER),
            "train",
            [finding(MissingFile, "profile.yml").with("git lfs pull")],
        ),
        refused(
            "settings",
            |s| s.write("mentorpal.toml", POINTER),
            "train",
            pointer("mentorpal.toml"),
        ),
        refused(
            "a test set",
            |s| {
                s.train("c");
                s.write(TEST_SET, POINTER);
            },
            "test",
            pointer("standard.csv"),
        ),
        refused(
            "a manifest",
            |s| {
                s.train("c");
                s.write(&format!("{CHECKPOINT}/manifest.json"), POINTER);
            },
            "test",
            pointer("c/manifest.json"),
        ),
        refused(
            "a model",
            |s| {
                s.train("c");
                s.write(&format!("{CHECKPOINT}/ada/model.safetensors"), POINTER);
            },
            "test",
            failure(Corrupt).at("ada/model.safetensors").with("git lfs pull"),
        ),
        refused(
            "word vectors",
            |s| s.write("w.txt", POINTER),
            "vectors add w.txt",
            pointer("w.txt"),
        ),
        refused(
            "word vectors that were added",
            |s| {
                s.write("w.txt", "who 1 2\nyou 3 4\n");
                s.run(&["vectors", "add", "w.txt"]).code(0);
                s.write("checkpoint/vector_models/w/model.fifu", POINTER);
            },
            "train --vectors w",
            pointer("checkpoint/vector_models/w/model.fifu"),
        ),
        refused(
            "a sentence encoder",
            |s| {
                s.write("e/config.json", "{}");
                s.write("e/tokenizer.json", "{}");
                s.write("e/model.safetensors", POINTER);
            },
            "vectors add e",
            pointer("e/model.safetensors"),
        ),
        refused(
            "questions",
            |s| {
                s.train("c");
                s.write("questions.txt", POINTER);
            },
            "ask --batch questions.txt",
            pointer("questions.txt"),
        ),
    ]);
}

#[test]
fn git_lfs_pointers_are_listed() {
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
        sandbox.run(&["train"]).code(2).says(&format!("`{name}`"));
        let error = failure(NotFound).at("classifier_data.csv").with(format!("`{name}`"));
        sandbox.run(&["mentors", "ada", "--json"]).fails(error);
    }
    cases("pointers_similar_names_are_suggested").check(&[
        works(
            "topics",
            |s| rename(s, "mentor/ada/data/topics.csv", "mentor/ada/data/Topics.csv"),
            "mentors ada",
            [],
        ),
        works(
            "topics, in training",
            |s| rename(s, "mentor/ada/data/topics.csv", "mentor/ada/data/topic.csv"),
            "train",
            [finding(MissingFile, "topics.csv").with("topic.csv")],
        ),
        works(
            "the profile",
            |s| rename(s, "mentor/ada/data/profile.yml", "mentor/ada/data/profile.yaml"),
            "train",
            [finding(MissingFile, "profile.yml").with("profile.yaml")],
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
            [finding(MissingFile, "utterance_data.csv").with("utterance_data.xlsx")],
        ),
        refused(
            "a test set",
            |s| {
                s.train("c");
                rename(s, TEST_SET, "checkpoint/tests/ada/standard.xlsx");
            },
            "test --mentor ada",
            failure(NotFound).at("checkpoint/tests/ada").with("standard.xlsx"),
        ),
        refused(
            "a named test set",
            |s| {
                s.train("c");
                rename(s, TEST_SET, "checkpoint/tests/ada/standard.csv.txt");
            },
            "test --mentor ada --test-set standard",
            failure(NotFound).at("checkpoint/tests/ada").with("standard.csv.txt"),
        ),
        unreadable(
            "none at all",
            |s| remove(s, DATA),
            failure(NotFound).at("classifier_data.csv").with("mentorpal new DIR"),
        ),
    ]);
    let sandbox = Sandbox::ada();
    rename(&sandbox, "mentor/ada/data/topics.csv", "mentor/ada/data/Topics.csv");
    rename(&sandbox, TEST_SET, "checkpoint/tests/ada/standard.ods");
    let shown = sandbox.run(&["mentors", "ada"]).code(0);
    shown.prints("`Topics.csv`").prints("`standard.ods`");
}
