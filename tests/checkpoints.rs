//! `mentorpal checkpoints`: listing, showing and verifying; damaged checkpoints.

use std::fs;

use mentorpal::error::ErrorKind::{self, Corrupt, InvalidInput, NotFound, Unsupported};
use serde_json::{Value, json};

use crate::support::{ADA, FUSION, Run, Sandbox, failure};

const TENSORS: &str = "ada/model.safetensors";
const MANIFEST: &str = "manifest.json";

/// A workspace with the checkpoint `x`, which tests damage.
struct Damaged(Sandbox);

impl Damaged {
    fn new() -> Self {
        let sandbox = Sandbox::ada();
        sandbox.train("x");
        Self(sandbox)
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.0.path().join(FUSION).join("x").join(file)
    }

    fn change(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.path(file)).unwrap();
        change(&mut bytes);
        fs::write(self.path(file), bytes).unwrap();
    }

    fn change_manifest(&self, change: impl FnOnce(&mut Value)) {
        let mut manifest = serde_json::from_slice(&fs::read(self.path(MANIFEST)).unwrap()).unwrap();
        change(&mut manifest);
        fs::write(self.path(MANIFEST), manifest.to_string()).unwrap();
    }

    fn verify(&self) -> Run {
        self.0.run(&["checkpoints", "verify", "--json"])
    }

    fn ask(&self) -> Run {
        self.0.run(&["ask", "--checkpoint", "x", "where is your house", "--json"])
    }

    /// Asserts that `verify` finds one fault, in `file`, whose description contains `value`.
    #[track_caller]
    fn has_fault(&self, file: &str, value: &str) {
        let run = self.verify().code(1);
        let faults = run.line()["faults"].clone();
        assert_eq!(faults.as_array().map(Vec::len), Some(1), "{run}");
        assert_eq!(faults[0]["path"], json!(self.path(file)), "{run}");
        assert!(faults[0]["what"].as_str().is_some_and(|what| what.contains(value)), "{run}");
    }
}

#[test]
fn a_new_workspace_has_no_checkpoints() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["checkpoints"]).code(0).says("mentorpal train");
    assert!(run.stdout.is_empty());
    sandbox
        .run(&["checkpoints", "show", "--json"])
        .fails(failure(NotFound).at("fusion_v1").with("mentorpal train"));
    sandbox.run(&["checkpoints", "verify"]).code(0).says("mentorpal train");
}

#[test]
fn checkpoints_are_listed_from_oldest_to_newest() {
    let sandbox = Sandbox::ada();
    for name in ["2024-01-02-0000", "2023-12-31-2359", "stable"] {
        sandbox.train(name);
    }
    let run = sandbox.run(&["checkpoints", "--json"]).code(0);
    let path = sandbox.path().join(FUSION).join("2023-12-31-2359");
    let first = json!({
        "arch": "fusion_v1",
        "checkpoint": "2023-12-31-2359",
        "path": path,
        "mentors": ["ada"],
        "created": "2023-11-14T22:13:20Z",
    });
    let lines = run.json();
    assert_eq!(lines[0], first);
    let names: Vec<_> = lines.iter().map(|line| line["checkpoint"].as_str().unwrap()).collect();
    assert_eq!(names, ["2023-12-31-2359", "2024-01-02-0000", "stable"]);

    let people = sandbox.run(&["checkpoints"]).code(0).stdout;
    let places: Vec<_> = names.iter().map(|name| people.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{people}");
}

#[test]
fn the_list_can_be_limited_to_an_architecture() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let listed = |arch: &str| sandbox.run(&["checkpoints", "--arch", arch, "--json"]).code(0);
    assert_eq!(listed("fusion_v1").json().len(), 1);
    assert!(listed("other").stdout.is_empty());
}

#[test]
fn show_prints_the_manifest() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let run = sandbox.run(&["checkpoints", "show", "fusion_v1/x", "--json"]).code(0);
    let manifest: Value = serde_json::from_slice(&sandbox.checkpoint("x")[MANIFEST]).unwrap();
    assert_eq!(run.json(), [manifest]);
    let run = sandbox.run(&["checkpoints", "show"]).code(0);
    run.prints("fusion_v1/x").prints("ada").prints("2023-11-14T22:13:20Z");
    sandbox
        .run(&["checkpoints", "show", "y", "--json"])
        .fails(failure(NotFound).at("fusion_v1/y").with("fusion_v1/x"));
}

#[test]
fn an_intact_checkpoint_verifies() {
    let damaged = Damaged::new();
    let run = damaged.0.run(&["checkpoints", "verify", "x", "--json"]).code(0);
    let expected = json!({
        "arch": "fusion_v1",
        "checkpoint": "x",
        "files": 4,
        "digests": true,
        "faults": [],
    });
    assert_eq!(run.json(), [expected]);
}

#[test]
fn a_flipped_bit_is_found() {
    let damaged = Damaged::new();
    damaged.change(TENSORS, |bytes| *bytes.last_mut().unwrap() ^= 1);
    damaged.has_fault(TENSORS, "SHA-256");
    damaged.ask().fails(failure(Corrupt).at(TENSORS));
    damaged.0.run(&["test", "--json"]).fails(failure(Corrupt).at(TENSORS));
}

#[test]
fn a_truncated_file_is_found() {
    let damaged = Damaged::new();
    let size = fs::metadata(damaged.path(TENSORS)).unwrap().len();
    damaged.change(TENSORS, |bytes| bytes.truncate(bytes.len() - 5));
    damaged.has_fault(TENSORS, &size.to_string());
    damaged.ask().fails(failure(Corrupt).at(TENSORS).with((size - 5).to_string()));
}

#[test]
fn a_missing_file_is_found() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path("ada/model.json")).unwrap();
    damaged.has_fault("ada/model.json", "");
    damaged.ask().fails(failure(Corrupt).at("ada/model.json"));
}

#[test]
fn a_folder_in_place_of_a_file_is_found() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path("ada/model.json")).unwrap();
    fs::create_dir(damaged.path("ada/model.json")).unwrap();
    damaged.has_fault("ada/model.json", "");
    damaged.ask().fails(failure(Corrupt).at("ada/model.json"));
}

#[test]
fn extra_files_are_found() {
    let damaged = Damaged::new();
    fs::write(damaged.path("ada/notes.txt"), "mine").unwrap();
    fs::write(damaged.path("other.txt"), "mine").unwrap();
    let faults = damaged.verify().code(1).line()["faults"].clone();
    let paths = ["ada/notes.txt", "other.txt"].map(|file| json!(damaged.path(file)));
    assert_eq!([&faults[0]["path"], &faults[1]["path"]], [&paths[0], &paths[1]]);
    assert_eq!(faults.as_array().map(Vec::len), Some(2));
    // The manifest lists no other file, so questions are answered.
    damaged.ask().code(0);
}

#[test]
fn all_checkpoints_are_verified_after_a_damaged_one() {
    let damaged = Damaged::new();
    damaged.0.train("w");
    damaged.0.train("y");
    damaged.change(MANIFEST, |bytes| bytes.truncate(20));
    let verified = damaged.verify().code(1).notes(&["error: ", "x/manifest.json"]).json();
    assert_eq!(verified.len(), 3);
    assert_eq!([&verified[1]["checkpoint"], &verified[1]["files"]], [&json!("x"), &json!(0)]);
    let fault = &verified[1]["faults"][0];
    assert_eq!(fault["path"], json!(damaged.path(MANIFEST)));
    let listed = damaged.0.run(&["checkpoints", "--json"]).fails(failure(Corrupt).with("1"));
    let listed = listed.notes(&["error: ", "x/manifest.json"]);
    assert_eq!(listed.json().len(), 2);
    for other in ["w", "y"] {
        fs::remove_dir_all(damaged.0.path().join(FUSION).join(other)).unwrap();
    }
    let listed = damaged.0.run(&["checkpoints", "--json"]).fails(failure(Corrupt).with("1"));
    let listed = listed.notes(&["error: ", "x/manifest.json"]);
    assert!(listed.does_not_say("mentorpal train").stdout.is_empty());
}

#[test]
fn verifying_a_missing_checkpoint_exits_with_2() {
    let damaged = Damaged::new();
    damaged
        .0
        .run(&["checkpoints", "verify", "xx", "--json"])
        .fails(failure(NotFound).at("fusion_v1/xx"));
}

#[test]
fn a_folder_without_a_manifest_is_not_a_checkpoint() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path(MANIFEST)).unwrap();
    assert!(damaged.0.run(&["checkpoints", "--json"]).code(0).stdout.is_empty());
    let verify = ["checkpoints", "verify", "x", "--json"];
    let faults = damaged.0.run(&verify).code(1).line()["faults"].clone();
    assert_eq!(faults[0]["path"], json!(damaged.path(MANIFEST)));
    let error = || failure(Corrupt).at("x/manifest.json");
    damaged.0.run(&["checkpoints", "show", "x", "--json"]).fails(error());
    damaged.ask().fails(error());
}

#[test]
fn an_unusable_manifest_is_explained() {
    type Change = fn(&mut Value);
    let cases: [(Change, ErrorKind, &str); 6] = [
        (|m| m["format"] = json!(3), Unsupported, "3"),
        (|m| m["files"]["../x"] = json!({ "size": 1, "sha256": "" }), Corrupt, "`../x`"),
        (
            |m| m["files"]["ada/../../x"] = json!({ "size": 1, "sha256": "" }),
            Corrupt,
            "`ada/../../x`",
        ),
        (
            |m| m["files"]["/etc/passwd"] = json!({ "size": 1, "sha256": "" }),
            Corrupt,
            "`/etc/passwd`",
        ),
        (|m| m["mentors"]["../ada"] = m["mentors"]["ada"].clone(), Corrupt, "`../ada`"),
        (|m| *m = json!([]), Corrupt, ""),
    ];
    for (change, kind, value) in cases {
        let damaged = Damaged::new();
        damaged.change_manifest(change);
        damaged.has_fault(MANIFEST, value);
        let error = || failure(kind).at("x/manifest.json").with(value);
        damaged.ask().fails(error());
        damaged.0.run(&["checkpoints", "show", "x", "--json"]).fails(error());
    }
}

#[test]
fn a_manifest_of_an_unknown_architecture_is_explained() {
    let damaged = Damaged::new();
    damaged.change_manifest(|m| m["arch"] = json!("fusion_v9"));
    damaged.ask().fails(failure(InvalidInput).with("`fusion_v9`").with("`fusion_v1`"));
}

#[test]
fn leftovers_of_killed_runs_are_hidden_and_removed_by_the_next_run() {
    let damaged = Damaged::new();
    // A draft that looks like a newer, intact checkpoint, apart from its name.
    let draft = damaged.0.path().join(FUSION).join(".draft-123-0");
    fs::create_dir(&draft).unwrap();
    fs::copy(damaged.path(MANIFEST), draft.join(MANIFEST)).unwrap();
    assert_eq!(damaged.0.run(&["checkpoints", "--json"]).code(0).json().len(), 1);
    let run = damaged.0.run(&["ask", "--json", "who are you"]).code(0);
    assert_eq!(run.json()[0]["classifier"], "fusion_v1/x");
    damaged.0.run(&["test", "--json"]).code(0);
    damaged.verify().code(0);
    damaged.0.run(&["ask", "--checkpoint", ".draft-123-0", "hi"]).code(2);
    damaged.0.train("y");
    assert_eq!(damaged.0.checkpoint_names(), ["x", "y"]);
}

#[test]
fn checkpoints_moved_by_a_killed_run_are_restored() {
    let damaged = Damaged::new();
    let before = damaged.0.checkpoint("x");
    let folder = damaged.0.path().join(FUSION);
    fs::rename(folder.join("x"), folder.join(".replaced-x")).unwrap();
    damaged.0.train("y");
    assert_eq!(damaged.0.checkpoint_names(), ["x", "y"]);
    assert_eq!(damaged.0.checkpoint("x"), before);
    // If the new checkpoint is in place, the old one is no longer needed.
    fs::create_dir(folder.join(".replaced-x")).unwrap();
    damaged.0.train("z");
    assert_eq!(damaged.0.checkpoint_names(), ["x", "y", "z"]);
    assert_eq!(damaged.0.checkpoint("x"), before);
}

#[test]
fn changed_data_since_training_is_reported() {
    let damaged = Damaged::new();
    damaged.ask().code(0).warns_of_nothing();
    damaged.0.mentor("ada", &ADA.replace("I lived in London.", "Mostly I lived in London."));
    damaged.ask().code(0).warns(&["`ada`", "`fusion_v1/x`"]);
}
