//! Folders, links and pipes in place of files, and files in place of folders.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{Case, DATA, TEST_SET, check, file, folder, refused, remove, works};
use crate::support::{FUSION, Sandbox, require};

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
    check(&[
        refused(
            "classifier_data.csv",
            |s| folder(s, DATA),
            "train",
            &["classifier_data.csv: a folder, expected a file"],
        ),
        refused("topics.csv", |s| folder(s, TOPICS), "train", &["topics.csv: a folder"]),
        works(
            "profile.yml",
            |s| folder(s, PROFILE),
            "train",
            &["profile.yml: a folder, expected a file; the mentor's id is used as its name"],
        ),
        refused(
            "utterances",
            |s| folder(s, UTTERANCES),
            "train",
            &["utterance_data.csv: a folder"],
        ),
        refused(
            "the test set",
            |s| {
                s.train("c");
                folder(s, TEST_SET);
            },
            "test",
            &["standard.csv: a folder, expected a file"],
        ),
        refused(
            "mentorpal.toml",
            |s| folder(s, "mentorpal.toml"),
            "train",
            &["mentorpal.toml: a folder, expected a file"],
        ),
        refused(
            "manifest.json",
            |s| {
                s.train("c");
                folder(s, MANIFEST);
            },
            "test",
            &["manifest.json: a folder, expected a file"],
        ),
        refused(
            "a model's file",
            |s| {
                s.train("c");
                folder(s, MODEL);
            },
            "test",
            &["model.json: ", "the checkpoint is damaged"],
        ),
        refused(
            "a batch of questions",
            |s| {
                s.train("c");
                folder(s, "questions");
            },
            "ask --batch questions",
            &["questions"],
        ),
    ]);
}

#[test]
fn files_in_place_of_folders() {
    check(&[
        refused(
            "mentor",
            |s| file(s, "mentor"),
            "train",
            &["mentor: there is no such folder of mentors"],
        ),
        refused(
            "mentor/ada",
            |s| file(s, "mentor/ada"),
            "train",
            &["no mentor has a `data` folder"],
        ),
        refused(
            "mentor/ada, named",
            |s| file(s, "mentor/ada"),
            "train --mentor ada",
            &["mentor/ada/data: no mentor `ada`"],
        ),
        refused(
            "data",
            |s| file(s, "mentor/ada/data"),
            "train",
            &["no mentor has a `data` folder"],
        ),
        refused("checkpoint", |s| file(s, "checkpoint"), "train", &["cannot create the folder"]),
        refused(
            "checkpoint/classifiers",
            |s| file(s, "checkpoint/classifiers"),
            "train",
            &["cannot create the folder"],
        ),
        refused("the architecture", |s| file(s, FUSION), "train", &["cannot create the folder"]),
        refused(
            "the architecture, looked for",
            |s| file(s, FUSION),
            "test",
            &["no checkpoint of `fusion_v1` yet"],
        ),
        refused(
            "the checkpoint's name",
            |s| file(s, "checkpoint/classifiers/fusion_v1/c"),
            "train --checkpoint c",
            &["there is a checkpoint `fusion_v1/c`"],
        ),
        refused(
            "checkpoint/tests",
            |s| {
                s.train("c");
                file(s, "checkpoint/tests");
            },
            "test",
            &["no mentor has a test set"],
        ),
        refused(
            "the mentor's tests",
            |s| {
                s.train("c");
                file(s, "checkpoint/tests/ada");
            },
            "test --mentor ada",
            &["mentor `ada` has no test set"],
        ),
        refused("nothing at all", |s| remove(s, "mentor"), "train", &["mentor: there is no such"]),
        refused("no mentors", |s| folder(s, "mentor"), "train", &["no mentor has a `data`"]),
        refused("no data", |s| folder(s, "mentor/ada"), "train", &["no mentor has a `data`"]),
        refused("empty data", |s| folder(s, "mentor/ada/data"), "train", &["classifier_data.csv"]),
    ]);
}

#[test]
fn links() {
    check(&[
        refused(
            "to nowhere: classifier_data.csv",
            |s| link(s, DATA, "nowhere"),
            "train",
            &["classifier_data.csv: broken symbolic link"],
        ),
        refused(
            "to nowhere: topics.csv",
            |s| link(s, TOPICS, "nowhere"),
            "train",
            &["topics.csv: broken symbolic link"],
        ),
        works(
            "to nowhere: profile.yml",
            |s| link(s, PROFILE, "nowhere"),
            "train",
            &["profile.yml: broken symbolic link; the mentor's id is used as its name"],
        ),
        refused(
            "to nowhere: utterance_data.csv",
            |s| link(s, UTTERANCES, "nowhere"),
            "train",
            &["utterance_data.csv: broken symbolic link"],
        ),
        refused(
            "to nowhere: mentorpal.toml",
            |s| link(s, "mentorpal.toml", "nowhere"),
            "train",
            &["mentorpal.toml: broken symbolic link"],
        ),
        refused(
            "to itself",
            |s| link(s, DATA, "classifier_data.csv"),
            "train",
            &["broken symbolic link"],
        ),
        refused(
            "to itself: the data folder",
            |s| link(s, "mentor/ada/data", "data"),
            "train",
            &["no mentor has a `data` folder"],
        ),
        refused(
            "upward: the data folder",
            |s| link(s, "mentor/ada/data", "../.."),
            "train",
            &["mentor/ada/data/classifier_data.csv"],
        ),
        refused(
            "to nowhere: the checkpoints",
            |s| link(s, "checkpoint/classifiers", "nowhere"),
            "train",
            &["cannot create the folder"],
        ),
        refused(
            "to nowhere: the checkpoint's name",
            |s| {
                s.train("a");
                link(s, "checkpoint/classifiers/fusion_v1/c", "nowhere");
            },
            "train --checkpoint c",
            &["a checkpoint with this name already exists"],
        ),
        refused(
            "to a device",
            |s| link(s, DATA, "/dev/zero"),
            "train",
            &["classifier_data.csv: a device, expected a regular file"],
        ),
        works(
            "to a mentor elsewhere",
            |s| {
                fs::rename(s.path().join("mentor/ada"), s.path().join("elsewhere")).unwrap();
                link(s, "mentor/ada", "../elsewhere");
            },
            "train",
            &[],
        ),
    ]);
}

#[test]
fn pipes() {
    check(&[
        refused(
            "classifier_data.csv",
            |s| pipe(s, DATA),
            "train",
            &["a pipe, expected a regular file"],
        ),
        refused(
            "topics.csv",
            |s| pipe(s, TOPICS),
            "train",
            &["topics.csv: a pipe, expected a regular file"],
        ),
        works(
            "profile.yml",
            |s| pipe(s, PROFILE),
            "train",
            &["profile.yml: a pipe, expected a regular file"],
        ),
        refused(
            "utterances",
            |s| pipe(s, UTTERANCES),
            "train",
            &["a pipe, expected a regular file"],
        ),
        refused(
            "mentorpal.toml",
            |s| pipe(s, "mentorpal.toml"),
            "train",
            &["mentorpal.toml: a pipe, expected a regular file"],
        ),
        refused(
            "the test set",
            |s| {
                s.train("c");
                pipe(s, TEST_SET);
            },
            "test",
            &["standard.csv: a pipe, expected a regular file"],
        ),
        refused(
            "manifest.json",
            |s| {
                s.train("c");
                pipe(s, MANIFEST);
            },
            "test",
            &["manifest.json: a pipe, expected a regular file"],
        ),
        refused(
            "a model's file",
            |s| {
                s.train("c");
                pipe(s, MODEL);
            },
            "test",
            &["model.json: ", "the checkpoint is damaged"],
        ),
        Case {
            name: "a vector model's file",
            build: |s| {
                s.write("tiny.txt", "navy 0.9 0.4\narmy 0.8 0.5\n");
                s.run(&["vectors", "add", "tiny.txt"]).code(0);
                pipe(s, VECTORS);
            },
            command: "vectors verify tiny",
            code: 1,
            says: &["tiny: model.fifu: a pipe, expected a regular file"],
        },
        works(
            "a draft that a killed run left",
            |s| {
                s.train("a");
                pipe(s, "checkpoint/classifiers/fusion_v1/.draft-1-0");
            },
            "train --checkpoint c",
            &[],
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
    check(&[
        refused(
            "classifier_data.csv",
            |s| lock(s, DATA, 0o000),
            "train",
            &["classifier_data.csv: cannot read the file", "check the permissions"],
        ),
        refused("topics.csv", |s| lock(s, TOPICS, 0o000), "train", &["topics.csv: cannot read"]),
        works("profile.yml", |s| lock(s, PROFILE, 0o000), "train", &["profile.yml: cannot read"]),
        refused("utterances", |s| lock(s, UTTERANCES, 0o000), "train", &["cannot read the file"]),
        refused("data", |s| lock(s, "mentor/ada/data", 0o000), "train", &["cannot read the file"]),
        refused(
            "a checkpoint folder that is read-only",
            |s| {
                s.train("a");
                lock(s, FUSION, 0o500);
            },
            "train --checkpoint c",
            &["fusion_v1: cannot create a folder in it", "check the permissions"],
        ),
    ]);
}
