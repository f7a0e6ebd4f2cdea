//! `mentorpal checkpoints`: listing, showing and verifying; damaged checkpoints.

use std::fs;

use serde_json::{Value, json};

use crate::support::{ADA, FUSION, Run, Sandbox};

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
        self.0.run(&["checkpoints", "verify"])
    }

    fn ask(&self) -> Run {
        self.0.run(&["ask", "--checkpoint", "x", "where is your house"])
    }
}

#[test]
fn a_new_workspace_has_no_checkpoints() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["checkpoints"]).code(0).says("no checkpoints yet");
    assert!(run.stdout.is_empty());
    sandbox.run(&["checkpoints", "show"]).code(2).says("mentorpal train");
    sandbox.run(&["checkpoints", "verify"]).code(0).says("no checkpoints yet");
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
    run.prints("fusion_v1/x").prints("ada").prints("2023-11-14T22:13:20Z").prints("seed 0");
    let run = sandbox.run(&["checkpoints", "show", "y"]).code(2);
    run.says("no checkpoint `fusion_v1/y`").says("available: `fusion_v1/x`");
}

#[test]
fn an_intact_checkpoint_verifies() {
    let damaged = Damaged::new();
    damaged.verify().code(0).prints("fusion_v1/x: intact, 4 files");
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
    damaged
        .verify()
        .code(1)
        .says("model.safetensors: its SHA-256 differs from the manifest")
        .prints("1 fault");
    damaged.ask().code(2).says("damaged").says("model.safetensors");
    let run = damaged.0.run(&["test"]);
    run.code(2).says("damaged");
}

#[test]
fn a_truncated_file_is_found() {
    let damaged = Damaged::new();
    let size = fs::metadata(damaged.path(TENSORS)).unwrap().len();
    damaged.change(TENSORS, |bytes| bytes.truncate(bytes.len() - 5));
    let said = format!("{} bytes, the manifest lists {size}", size - 5);
    damaged.verify().code(1).says(&said);
    damaged.ask().code(2).says(&said).says("damaged");
}

#[test]
fn a_missing_file_is_found() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path("ada/model.json")).unwrap();
    damaged.verify().code(1).says("model.json: cannot be read");
    damaged.ask().code(2).says("model.json").says("damaged");
}

#[test]
fn a_folder_in_place_of_a_file_is_found() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path("ada/model.json")).unwrap();
    fs::create_dir(damaged.path("ada/model.json")).unwrap();
    damaged.verify().code(1).says("model.json");
    damaged.ask().code(2).says("damaged");
}

#[test]
fn extra_files_are_found() {
    let damaged = Damaged::new();
    fs::write(damaged.path("ada/notes.txt"), "mine").unwrap();
    fs::write(damaged.path("other.txt"), "mine").unwrap();
    let run = damaged.verify().code(1).prints("2 faults");
    run.says("notes.txt: not in the manifest").says("other.txt: not in the manifest");
    let run = damaged.0.run(&["checkpoints", "verify", "--json"]).code(1);
    assert_eq!(run.json()[0]["faults"][0]["what"], "not in the manifest");
    // The manifest lists no other file, so questions are answered.
    damaged.ask().code(0);
}

#[test]
fn all_checkpoints_are_verified_after_a_damaged_one() {
    let damaged = Damaged::new();
    damaged.0.train("w");
    damaged.0.train("y");
    damaged.change(MANIFEST, |bytes| bytes.truncate(20));
    let run = damaged.verify().code(1).says("manifest.json: not a manifest");
    let _ = run.prints("fusion_v1/w: intact").prints("fusion_v1/y: intact");
    let verified = damaged.0.run(&["checkpoints", "verify", "--json"]).code(1).json();
    assert_eq!(verified.len(), 3);
    assert_eq!([&verified[1]["checkpoint"], &verified[1]["files"]], [&json!("x"), &json!(0)]);
    let fault = &verified[1]["faults"][0];
    assert_eq!(fault["path"], json!(damaged.path(MANIFEST)));
    assert!(fault["what"].as_str().unwrap().contains("not a manifest"), "{fault}");
    let listed = damaged.0.run(&["checkpoints", "--json"]).code(2).says("x/manifest.json");
    assert_eq!(listed.json().len(), 2);
    for other in ["w", "y"] {
        fs::remove_dir_all(damaged.0.path().join(FUSION).join(other)).unwrap();
    }
    let listed = damaged.0.run(&["checkpoints"]).code(2).says("x/manifest.json");
    let listed = listed.says("error: 1 checkpoint cannot be read");
    assert!(listed.does_not_say("no checkpoints yet").stdout.is_empty());
}

#[test]
fn verifying_a_missing_checkpoint_exits_with_2() {
    let damaged = Damaged::new();
    let run = damaged.0.run(&["checkpoints", "verify", "xx"]).code(2);
    run.says("no checkpoint `fusion_v1/xx`, did you mean `fusion_v1/x`?");
}

#[test]
fn a_folder_without_a_manifest_is_not_a_checkpoint() {
    let damaged = Damaged::new();
    fs::remove_file(damaged.path(MANIFEST)).unwrap();
    assert!(damaged.0.run(&["checkpoints", "--json"]).code(0).stdout.is_empty());
    for (verb, code) in [("show", 2), ("verify", 1)] {
        let run = damaged.0.run(&["checkpoints", verb, "x"]).code(code);
        run.says("manifest.json: cannot read the file").says("no checkpoint of this tool");
    }
    damaged.ask().code(2).says("manifest");
}

#[test]
fn an_unusable_manifest_is_explained() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 6] = [
        (|m| m["format"] = json!(3), "manifest format 3, expected 1 to 2"),
        (|m| m["files"]["../x"] = json!({ "size": 1, "sha256": "" }), "`../x` is not a mentor's"),
        (|m| m["files"]["ada/../../x"] = json!({ "size": 1, "sha256": "" }), "not a mentor's file"),
        (|m| m["files"]["/etc/passwd"] = json!({ "size": 1, "sha256": "" }), "not a mentor's file"),
        (|m| m["mentors"]["../ada"] = m["mentors"]["ada"].clone(), "mentor name `../ada`"),
        (|m| *m = json!([]), "not a manifest"),
    ];
    for (change, said) in cases {
        let damaged = Damaged::new();
        damaged.change_manifest(change);
        damaged.verify().code(1).says(said).says("train it again");
        damaged.ask().code(2).says(said);
        damaged.0.run(&["checkpoints", "show", "x"]).code(2).says(said);
    }
}

#[test]
fn a_manifest_of_an_unknown_architecture_is_explained() {
    let damaged = Damaged::new();
    damaged.change_manifest(|m| m["arch"] = json!("fusion_v9"));
    damaged.ask().code(2).says("no architecture `fusion_v9`, did you mean `fusion_v1`?");
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
    damaged.ask().code(0).does_not_say("changed since");
    damaged.0.mentor("ada", &ADA.replace("I lived in London.", "Mostly I lived in London."));
    damaged.ask().code(0).says("changed since").says("train again");
}
