//! Folders, links and pipes in place of files, and files in place of folders.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use mentorpal::error::ErrorKind::{
    AlreadyExists, Corrupt, InvalidInput, Io, NotFound, Unauthorized,
};
use mentorpal::mentor::FindingKind::MissingFile;

use super::{DATA, TEST_SET, cases, file, folder, judge, refused, remove, unreadable, works};
use crate::support::{FUSION, Failure, Sandbox, failure, finding, require};

const TOPICS: &str = "mentor/ada/data/topics.csv";
const PROFILE: &str = "mentor/ada/data/profile.yml";
const UTTERANCES: &str = "mentor/ada/data/utterance_data.csv";
const MANIFEST: &str = "checkpoint/classifiers/fusion_v1/c/manifest.json";
const MODEL: &str = "checkpoint/classifiers/fusion_v1/c/ada/model.json";
const VECTORS: &str = "checkpoint/vector_models/tiny/model.fifu";

/// Replaces `path` by a link to `target`.
fn link(sandbox: &Sandbox, path: &str, target: &str) {
    remove(sandbox, path);
    symlink(target, sandbox.path().join(path)).expect("a link can be made");
}

/// Replaces `path` by a pipe without a writer.
fn pipe(sandbox: &Sandbox, path: &str) {
    remove(sandbox, path);
    let made = Command::new("mkfifo").arg(sandbox.path().join(path)).status();
    assert!(made.is_ok_and(|status| status.success()), "`mkfifo` works");
}

/// Sets the permissions of `path` to `mode`.
fn lock(sandbox: &Sandbox, path: &str, mode: u32) {
    let permissions = fs::Permissions::from_mode(mode);
    fs::set_permissions(sandbox.path().join(path), permissions).expect("modes can be set");
}

#[test]
fn folders_in_place_of_files() {
    cases("layout_folders_in_place_of_files").check(&[
        unreadable(
            "classifier_data.csv",
            |s| folder(s, DATA),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable("topics.csv", |s| folder(s, TOPICS), failure(InvalidInput).at("topics.csv")),
        works(
            "profile.yml",
            |s| folder(s, PROFILE),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        unreadable(
            "utterances",
            |s| folder(s, UTTERANCES),
            failure(InvalidInput).at("utterance_data.csv"),
        ),
        refused(
            "the test set",
            |s| {
                s.train("c");
                folder(s, TEST_SET);
            },
            "test",
            failure(InvalidInput).at("standard.csv"),
        ),
        refused(
            "mentorpal.toml",
            |s| folder(s, "mentorpal.toml"),
            "train",
            failure(InvalidInput).at("mentorpal.toml"),
        ),
        refused(
            "manifest.json",
            |s| {
                s.train("c");
                folder(s, MANIFEST);
            },
            "test",
            failure(InvalidInput).at("c/manifest.json"),
        ),
        refused(
            "a model's file",
            |s| {
                s.train("c");
                folder(s, MODEL);
            },
            "test",
            failure(Corrupt).at("ada/model.json"),
        ),
        refused(
            "a batch of questions",
            |s| {
                s.train("c");
                folder(s, "questions");
            },
            "ask --batch questions",
            failure(InvalidInput).at("questions"),
        ),
    ]);
}

#[test]
fn files_in_place_of_folders() {
    cases("layout_files_in_place_of_folders").check(&[
        refused("mentor", |s| file(s, "mentor"), "train", failure(NotFound).at("mentor")),
        refused(
            "mentor/ada",
            |s| file(s, "mentor/ada"),
            "train",
            failure(NotFound).at("mentor").with("data"),
        ),
        refused(
            "mentor/ada, named",
            |s| file(s, "mentor/ada"),
            "mentors ada",
            failure(NotFound).at("mentor/ada/data"),
        ),
        refused(
            "data",
            |s| file(s, "mentor/ada/data"),
            "train",
            failure(NotFound).at("mentor").with("data"),
        ),
        refused("checkpoint", |s| file(s, "checkpoint"), "train", failure(Io).at("fusion_v1")),
        refused(
            "checkpoint/classifiers",
            |s| file(s, "checkpoint/classifiers"),
            "train",
            failure(Io).at("fusion_v1"),
        ),
        refused(
            "the architecture",
            |s| file(s, FUSION),
            "train",
            failure(AlreadyExists).at("fusion_v1"),
        ),
        refused(
            "the architecture, looked for",
            |s| file(s, FUSION),
            "test",
            failure(NotFound).at("fusion_v1"),
        ),
        refused(
            "the checkpoint's name",
            |s| file(s, "checkpoint/classifiers/fusion_v1/c"),
            "train --checkpoint c",
            failure(AlreadyExists).at("fusion_v1/c"),
        ),
        refused(
            "checkpoint/tests",
            |s| {
                s.train("c");
                file(s, "checkpoint/tests");
            },
            "test",
            NotFound,
        ),
        refused(
            "the mentor's tests",
            |s| {
                s.train("c");
                file(s, "checkpoint/tests/ada");
            },
            "test --mentor ada",
            failure(NotFound).at("checkpoint/tests/ada"),
        ),
        refused("nothing at all", |s| remove(s, "mentor"), "train", failure(NotFound).at("mentor")),
        refused(
            "no mentors",
            |s| folder(s, "mentor"),
            "train",
            failure(NotFound).at("mentor").with("data"),
        ),
        refused(
            "no data",
            |s| folder(s, "mentor/ada"),
            "train",
            failure(NotFound).at("mentor").with("data"),
        ),
        unreadable(
            "empty data",
            |s| folder(s, "mentor/ada/data"),
            failure(NotFound).at("classifier_data.csv"),
        ),
    ]);
}

#[test]
fn links() {
    cases("layout_links").check(&[
        unreadable(
            "to nowhere: classifier_data.csv",
            |s| link(s, DATA, "nowhere"),
            failure(NotFound).at("classifier_data.csv"),
        ),
        unreadable(
            "to nowhere: topics.csv",
            |s| link(s, TOPICS, "nowhere"),
            failure(NotFound).at("topics.csv"),
        ),
        works(
            "to nowhere: profile.yml",
            |s| link(s, PROFILE, "nowhere"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        unreadable(
            "to nowhere: utterance_data.csv",
            |s| link(s, UTTERANCES, "nowhere"),
            failure(NotFound).at("utterance_data.csv"),
        ),
        refused(
            "to nowhere: mentorpal.toml",
            |s| link(s, "mentorpal.toml", "nowhere"),
            "train",
            failure(NotFound).at("mentorpal.toml"),
        ),
        unreadable(
            "to itself",
            |s| link(s, DATA, "classifier_data.csv"),
            failure(NotFound).at("classifier_data.csv"),
        ),
        refused(
            "to itself: the data folder",
            |s| link(s, "mentor/ada/data", "data"),
            "train",
            failure(NotFound).at("mentor").with("data"),
        ),
        unreadable(
            "upward: the data folder",
            |s| link(s, "mentor/ada/data", "../.."),
            failure(NotFound).at("classifier_data.csv"),
        ),
        refused(
            "to nowhere: the checkpoints",
            |s| link(s, "checkpoint/classifiers", "nowhere"),
            "train",
            failure(AlreadyExists).at("fusion_v1"),
        ),
        refused(
            "to nowhere: the checkpoint's name",
            |s| {
                s.train("a");
                link(s, "checkpoint/classifiers/fusion_v1/c", "nowhere");
            },
            "train --checkpoint c",
            failure(AlreadyExists).at("fusion_v1/c"),
        ),
        unreadable(
            "to a device",
            |s| link(s, DATA, "/dev/zero"),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        works(
            "to a mentor elsewhere",
            |s| {
                fs::rename(s.path().join("mentor/ada"), s.path().join("elsewhere")).unwrap();
                link(s, "mentor/ada", "../elsewhere");
            },
            "train",
            [],
        ),
    ]);
}

#[test]
fn pipes() {
    cases("layout_pipes").check(&[
        unreadable(
            "classifier_data.csv",
            |s| pipe(s, DATA),
            failure(InvalidInput).at("classifier_data.csv"),
        ),
        unreadable("topics.csv", |s| pipe(s, TOPICS), failure(InvalidInput).at("topics.csv")),
        works("profile.yml", |s| pipe(s, PROFILE), "train", [finding(MissingFile, "profile.yml")]),
        unreadable(
            "utterances",
            |s| pipe(s, UTTERANCES),
            failure(InvalidInput).at("utterance_data.csv"),
        ),
        refused(
            "mentorpal.toml",
            |s| pipe(s, "mentorpal.toml"),
            "train",
            failure(InvalidInput).at("mentorpal.toml"),
        ),
        refused(
            "the test set",
            |s| {
                s.train("c");
                pipe(s, TEST_SET);
            },
            "test",
            failure(InvalidInput).at("standard.csv"),
        ),
        refused(
            "manifest.json",
            |s| {
                s.train("c");
                pipe(s, MANIFEST);
            },
            "test",
            failure(InvalidInput).at("c/manifest.json"),
        ),
        refused(
            "a model's file",
            |s| {
                s.train("c");
                pipe(s, MODEL);
            },
            "test",
            failure(Corrupt).at("ada/model.json"),
        ),
        works(
            "a draft that a killed run left",
            |s| {
                s.train("a");
                pipe(s, "checkpoint/classifiers/fusion_v1/.draft-1-0");
            },
            "train --checkpoint c",
            [],
        ),
    ]);
}

#[test]
fn without_permission() {
    let probe = Sandbox::ada();
    lock(&probe, DATA, 0o000);
    // Root reads every file, whatever its permissions.
    if !require("unprivileged", fs::read(probe.path().join(DATA)).is_err()) {
        return;
    }
    judge(&[
        unreadable("classifier_data.csv", |s| lock(s, DATA, 0o000), denied("classifier_data.csv")),
        unreadable("topics.csv", |s| lock(s, TOPICS, 0o000), denied("topics.csv")),
        works(
            "profile.yml",
            |s| lock(s, PROFILE, 0o000),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        unreadable("utterances", |s| lock(s, UTTERANCES, 0o000), denied("utterance_data.csv")),
        unreadable("data", |s| lock(s, "mentor/ada/data", 0o000), denied("classifier_data.csv")),
        refused(
            "a checkpoint folder that is read-only",
            |s| {
                s.train("a");
                lock(s, FUSION, 0o500);
            },
            "train --checkpoint c",
            denied("fusion_v1"),
        ),
    ]);
}

/// Returns the error for a path without permission.
fn denied(path: &str) -> Failure {
    failure(Unauthorized).at(path)
}

#[test]
fn a_pipe_in_place_of_a_vector_model_is_a_fault() {
    let sandbox = Sandbox::ada();
    sandbox.write("tiny.txt", "navy 0.9 0.4\narmy 0.8 0.5\n");
    sandbox.run(&["vectors", "add", "tiny.txt"]).code(0);
    pipe(&sandbox, VECTORS);
    let run = sandbox.run(&["vectors", "verify", "tiny", "--json"]).code(1);
    let line = run.line();
    assert_eq!(line["name"], "tiny");
    assert!(line["fault"].as_str().is_some_and(|fault| fault.contains("model.fifu")), "{run}");
}
