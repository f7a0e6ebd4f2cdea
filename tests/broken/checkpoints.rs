//! Published checkpoints that were changed afterwards.

use std::fs;

use mentorpal::error::ErrorKind::{Corrupt, NotFound};
use serde_json::{Value, json};

use super::{cases, refused, works};
use crate::support::{Sandbox, failure, note};

const CHECKPOINT: &str = "checkpoint/classifiers/fusion_v1/c";
const MANIFEST: &str = "checkpoint/classifiers/fusion_v1/c/manifest.json";

/// Trains a checkpoint and replaces its manifest by `bytes`.
fn manifest(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.train("c");
    sandbox.write(MANIFEST, bytes);
}

fn read(sandbox: &Sandbox, path: &str) -> Value {
    let bytes = fs::read(sandbox.path().join(path)).expect("the file is there");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// Trains a checkpoint and changes its manifest.
fn with_manifest(sandbox: &Sandbox, change: fn(&mut Value)) {
    sandbox.train("c");
    let mut manifest = read(sandbox, MANIFEST);
    change(&mut manifest);
    sandbox.write(MANIFEST, manifest.to_string());
}

#[test]
fn manifests() {
    cases("checkpoints_manifests").check(&[
        refused("empty", |s| manifest(s, ""), "test", failure(Corrupt).at("c/manifest.json")),
        refused("binary", |s| manifest(s, [0; 99]), "test", failure(Corrupt).at("c/manifest.json")),
        refused(
            "nested 100,000 deep",
            |s| manifest(s, "[".repeat(100_000)),
            "test",
            failure(Corrupt).at("c/manifest.json"),
        ),
        refused(
            "without its mentor",
            |s| with_manifest(s, |m| (m["mentors"], m["files"]) = (json!({}), json!({}))),
            "test",
            failure(NotFound).with("fusion_v1/c").with("ada").with("--update"),
        ),
        refused(
            "with the size of another file",
            |s| with_manifest(s, |m| m["files"]["ada/model.json"]["size"] = json!(7)),
            "test",
            failure(Corrupt).at("ada/model.json").with("7"),
        ),
        refused(
            "with more bytes than there are",
            |s| with_manifest(s, |m| m["files"]["ada/model.json"]["size"] = json!(u64::MAX)),
            "checkpoints show c",
            failure(Corrupt).at("c/manifest.json"),
        ),
        refused(
            "with a terminal's commands",
            |s| with_manifest(s, |m| m["created"] = json!("\u{1b}[2J2026-01-01T00:00:00Z")),
            "checkpoints show c",
            failure(Corrupt).at("c/manifest.json").with("created"),
        ),
    ]);
}

#[test]
fn models() {
    cases("checkpoints_models").check(&[
        works(
            "a folder beside it that is no checkpoint",
            |s| {
                s.train("c");
                s.write("checkpoint/classifiers/fusion_v1/zzz/readme.txt", "x");
            },
            "test",
            [note("standard").with("1")],
        ),
        works(
            "answers the mentor does not have",
            |s| {
                s.train("c");
                let mut card = read(s, &format!("{CHECKPOINT}/ada/model.json"));
                card["answers"] = json!(["a", "b", "c", "d"]);
                s.forge(CHECKPOINT, "model.json", card.to_string().as_bytes());
            },
            "test --no-canned",
            [note("standard").with("1")],
        ),
    ]);
}
