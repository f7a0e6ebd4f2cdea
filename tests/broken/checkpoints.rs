//! Published checkpoints that somebody or something changed.

use std::fs;

use serde_json::{Value, json};

use super::{check, refused, remove, works};
use crate::support::Sandbox;

const MANIFEST: &str = "checkpoint/classifiers/fusion_v1/c/manifest.json";
const MODEL: &str = "checkpoint/classifiers/fusion_v1/c/ada/model.json";
const TENSORS: &str = "checkpoint/classifiers/fusion_v1/c/ada/model.safetensors";

/// Trains a checkpoint and puts `bytes` in the place of one of its files.
fn with_file(sandbox: &Sandbox, path: &str, bytes: impl AsRef<[u8]>) {
    sandbox.train("c");
    sandbox.write(path, bytes);
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

/// Trains a checkpoint and puts `bytes` in the place of a model's file, as if it had been made so.
fn forge(sandbox: &Sandbox, path: &str, bytes: &[u8]) {
    sandbox.write(path, bytes);
    let mut manifest = read(sandbox, MANIFEST);
    let name = path.rsplit_once('/').expect("it has a folder").1;
    manifest["files"][format!("ada/{name}")] =
        json!({ "size": bytes.len(), "sha256": mentorpal::sha256::digest(bytes) });
    sandbox.write(MANIFEST, manifest.to_string());
}

/// Trains a checkpoint and changes what its model says of itself, as if it had been made so.
fn with_card(sandbox: &Sandbox, change: fn(&mut Value)) {
    sandbox.train("c");
    let mut card = read(sandbox, MODEL);
    change(&mut card);
    forge(sandbox, MODEL, card.to_string().as_bytes());
}

#[test]
fn manifests() {
    check(&[
        refused(
            "empty",
            |s| with_file(s, MANIFEST, ""),
            "test",
            &["manifest.json: not a manifest"],
        ),
        refused("binary", |s| with_file(s, MANIFEST, [0; 99]), "test", &["not a manifest"]),
        refused("a list", |s| with_file(s, MANIFEST, "[]"), "test", &["not a manifest"]),
        refused(
            "nested 100,000 deep",
            |s| with_file(s, MANIFEST, "[".repeat(100_000)),
            "test",
            &["not a manifest"],
        ),
        refused(
            "missing",
            |s| {
                s.train("c");
                remove(s, MANIFEST);
            },
            "test --checkpoint c",
            &["manifest.json", "without a manifest the folder is no checkpoint"],
        ),
        refused(
            "of another version",
            |s| with_manifest(s, |m| m["format"] = json!(7)),
            "test",
            &["manifest.json: manifest format 7, expected 1"],
        ),
        refused(
            "of an unknown architecture",
            |s| with_manifest(s, |m| m["arch"] = json!("fusion_v9")),
            "test",
            &["no architecture `fusion_v9`, did you mean `fusion_v1`?"],
        ),
        refused(
            "with a file elsewhere",
            |s| {
                with_manifest(s, |m| {
                    m["files"]["ada/../../../../../mentor"] = m["files"]["ada/model.json"].clone();
                });
            },
            "test",
            &["is not a mentor's file"],
        ),
        refused(
            "with a mentor elsewhere",
            |s| with_manifest(s, |m| m["mentors"]["../ada"] = m["mentors"]["ada"].clone()),
            "test",
            &["mentor name `../ada`"],
        ),
        refused(
            "without its mentor",
            |s| with_manifest(s, |m| (m["mentors"], m["files"]) = (json!({}), json!({}))),
            "test",
            &["checkpoint `fusion_v1/c` has no mentor `ada`", "--update"],
        ),
        refused(
            "without a model's files",
            |s| with_manifest(s, |m| m["files"] = json!({})),
            "test",
            &["the model has no file `model.json`"],
        ),
        refused(
            "with the size of another file",
            |s| with_manifest(s, |m| m["files"]["ada/model.json"]["size"] = json!(7)),
            "test",
            &["model.json: ", "the manifest says 7"],
        ),
        refused(
            "with more bytes than there are",
            |s| with_manifest(s, |m| m["files"]["ada/model.json"]["size"] = json!(u64::MAX)),
            "checkpoints show c",
            &["manifest.json: names files of more bytes than there can be"],
        ),
        refused(
            "with a terminal's commands",
            |s| with_manifest(s, |m| m["created"] = json!("\u{1b}[2J2026-01-01T00:00:00Z")),
            "checkpoints show c",
            &["manifest.json: `created` is no time"],
        ),
    ]);
}

#[test]
fn models() {
    check(&[
        refused(
            "empty",
            |s| with_file(s, MODEL, ""),
            "test",
            &["model.json: 0 bytes, the manifest"],
        ),
        refused(
            "one bit changed",
            |s| {
                s.train("c");
                let path = s.path().join(TENSORS);
                let mut bytes = fs::read(&path).unwrap();
                *bytes.last_mut().unwrap() ^= 1;
                fs::write(path, bytes).unwrap();
            },
            "test",
            &["model.safetensors: its SHA-256 is not what the manifest says"],
        ),
        refused(
            "missing",
            |s| {
                s.train("c");
                remove(s, TENSORS);
            },
            "test",
            &["model.safetensors: cannot be read", "train or download it again"],
        ),
        works(
            "more files than the manifest has",
            |s| with_file(s, "checkpoint/classifiers/fusion_v1/c/ada/more.pkl", "x"),
            "test",
            &["1 column"],
        ),
        works(
            "a folder beside it that is no checkpoint",
            |s| {
                s.train("c");
                s.write("checkpoint/classifiers/fusion_v1/zzz/readme.txt", "x");
            },
            "test",
            &["1 column"],
        ),
    ]);
}

#[test]
fn forged_models() {
    check(&[
        refused(
            "no tensors",
            |s| {
                s.train("c");
                forge(s, TENSORS, b"\x10\0\0\0\0\0\0\0{\"x\":1}");
            },
            "test",
            &["`model.safetensors` of the model: not safetensors"],
        ),
        refused(
            "a header of 2^63 bytes",
            |s| {
                s.train("c");
                forge(s, TENSORS, &[0xff; 64]);
            },
            "test",
            &["not safetensors"],
        ),
        refused(
            "no answers",
            |s| with_card(s, |card| card["answers"] = json!([])),
            "test",
            &["no answers or no questions"],
        ),
        refused(
            "more answers than weights",
            |s| with_card(s, |card| card["answers"] = json!(["a", "b", "c", "d", "e"])),
            "test",
            &["`weights` is of shape [20, 4], expected [20, 5]"],
        ),
        refused(
            "more texts than memory",
            |s| with_card(s, |card| card["sentences"]["texts"] = json!(1_u64 << 62)),
            "test",
            &["`weights` is of shape [20, 4], expected"],
        ),
        refused(
            "n-grams of length 0",
            |s| with_card(s, |card| lengths(card, &json!({ "start": 0, "end": 2 }))),
            "test",
            &["`model.json` of the model: n-grams that cannot be used, or none"],
        ),
        refused(
            "endless n-grams",
            |s| with_card(s, |card| lengths(card, &json!({ "start": 1, "end": u64::MAX }))),
            "test",
            &["`model.json` of the model: n-grams that cannot be used, or none"],
        ),
        works(
            "answers the mentor does not have",
            |s| with_card(s, |card| card["answers"] = json!(["a", "b", "c", "d"])),
            "test --no-canned",
            &["1 column"],
        ),
        refused(
            "confidences that fall with what is known",
            |s| with_card(s, |card| card["calibration"]["slope"] = json!(-8.0)),
            "test",
            &["`model.json` of the model: a calibration that cannot be used"],
        ),
        refused(
            "no n-grams",
            |s| with_card(s, |card| card["ngrams"] = json!([])),
            "test",
            &["n-grams that cannot be used, or none"],
        ),
    ]);
}

/// Changes the n-gram lengths of every analyser, whatever they are called.
fn lengths(card: &mut Value, lengths: &Value) {
    match card {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if key == "lengths" {
                    *value = lengths.clone();
                } else {
                    self::lengths(value, lengths);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| self::lengths(item, lengths)),
        _ => {}
    }
}
