//! `mentorpal clean`.

use std::fs;

use mentorpal::error::ErrorKind::InvalidInput;
use serde_json::json;

use crate::support::{FUSION, Sandbox, failure};

const MODELS: &str = "checkpoint/vector_models";

/// Creates two checkpoints, a vector model with a cache, a folder that is not a checkpoint, and a
/// mentor with a test set.
fn full() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.train("y");
    sandbox.write("words.txt", "king 3 4\nqueen 4 3\nmud -2 0\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    sandbox.write(&format!("{MODELS}/.cache/1.safetensors"), "numbers");
    sandbox.write(&format!("{FUSION}/mine/notes.txt"), "by hand");
    sandbox
}

#[test]
fn nothing_is_removed_without_force() {
    let sandbox = full();
    let before = sandbox.files("");
    sandbox.run(&["clean"]).code(2).says("fusion_v1/x");
    sandbox.run(&["clean", "--json"]).fails(failure(InvalidInput).with("--force"));
    assert_eq!(sandbox.files(""), before);
}

#[test]
fn a_dry_run_lists_the_items_to_remove() {
    let sandbox = full();
    let before = sandbox.files("");
    let run = sandbox.run(&["clean", "--dry-run"]).code(0);
    let run = run.prints("fusion_v1/x").prints("fusion_v1/y").prints("words");
    assert!(!run.stdout.contains("mine"), "{run}");
    // `--dry-run` takes precedence over `--force`.
    let line = sandbox.run(&["clean", "--dry-run", "--force", "--json"]).code(0).line();
    assert_eq!(line["dry_run"], true);
    assert_eq!(sandbox.files(""), before);
}

#[test]
fn force_removes_checkpoints_and_vector_models_and_nothing_else() {
    let sandbox = full();
    let mut expected = sandbox.files("");
    expected.retain(|path, _| {
        !path.starts_with(&format!("{FUSION}/x/"))
            && !path.starts_with(&format!("{FUSION}/y/"))
            && !path.starts_with("checkpoint/vector_models/")
    });
    let run = sandbox.run(&["clean", "--force"]).code(0);
    // The file contains the 7 bytes `numbers`.
    run.prints("fusion_v1/x").prints("fusion_v1/y").prints("words").prints("7 B");
    assert_eq!(sandbox.files(""), expected);
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
    assert!(expected.contains_key("mentor/ada/data/classifier_data.csv"));
    assert!(expected.contains_key("checkpoint/tests/ada/standard.csv"));
    // The workspace still works.
    sandbox.train("x");
    sandbox.run(&["test"]).code(0);
}

#[test]
fn json_lists_the_removed_items() {
    let sandbox = full();
    sandbox.write(&format!("{MODELS}/.download-1/parts/0"), "half");
    sandbox.write(&format!("{FUSION}/.download-2/parts/0"), "half");
    sandbox.write(&format!("{MODELS}/mine/vectors.bin"), "by hand");
    let path = |path: &str| sandbox.path().join(path);
    let expected = |dry_run: bool| {
        json!({
            "dry_run": dry_run,
            "checkpoints": ["fusion_v1/x", "fusion_v1/y"],
            "kept": [],
            "vector_models": ["words"],
            "cache": path(MODELS).join(".cache"),
            "unfinished": [path(FUSION).join(".download-2"), path(MODELS).join(".download-1")],
            "others": [path(MODELS).join("mine")],
        })
    };
    let run = sandbox.run(&["clean", "--dry-run", "--json"]).code(0);
    assert_eq!(run.json(), [expected(true)]);
    let run = sandbox.run(&["clean", "--force", "--json"]).code(0);
    assert_eq!(run.json(), [expected(false)]);
    let nothing = json!({
        "dry_run": false,
        "checkpoints": [],
        "kept": [],
        "vector_models": [],
        "cache": null,
        "unfinished": [],
        "others": [path(MODELS).join("mine")],
    });
    assert_eq!(sandbox.run(&["clean", "--json"]).code(0).json(), [nothing]);
}

#[test]
fn clean_keeps_folders_that_are_not_vector_models() {
    let sandbox = full();
    sandbox.write(&format!("{MODELS}/mine/vectors.bin"), "by hand");
    sandbox.write(&format!("{MODELS}/notes.txt"), "by hand");
    // The draft of a running `vectors add`, which holds its lock.
    sandbox.write(&format!("{MODELS}/.draft-1-0/model.fifu"), "half");
    let draft = fs::File::open(sandbox.path().join(MODELS).join(".draft-1-0")).unwrap();
    draft.lock().unwrap();
    let run = sandbox.run(&["clean", "--force"]).code(0);
    let run = run.notes(&["vector_models/mine"]).notes(&["vector_models/notes.txt"]);
    assert!(!run.stdout.contains("mine"), "{run}");
    let left = sandbox.files(MODELS).into_keys().collect::<Vec<_>>();
    assert_eq!(left, [".draft-1-0/model.fifu", "mine/vectors.bin", "notes.txt"]);
}

#[test]
fn reproducible_items_are_removed_without_a_copy() {
    let sandbox = Sandbox::ada();
    sandbox.write(&format!("{MODELS}/.cache/1.safetensors"), "numbers");
    sandbox.write(&format!("{MODELS}/.download-1/parts/0"), "half");
    let line = sandbox.run(&["clean", "--json"]).code(0).line();
    assert!(line["cache"].is_string(), "{line}");
    assert_eq!(line["unfinished"].as_array().map(Vec::len), Some(1), "{line}");
    assert!(sandbox.files(MODELS).is_empty());
}

#[test]
fn an_empty_workspace_is_cleaned_without_an_error() {
    for sandbox in [Sandbox::ada(), Sandbox::empty()] {
        for arguments in [&["clean"][..], &["clean", "--force"], &["clean", "--dry-run"]] {
            let line = sandbox.run(&[arguments, &["--json"]].concat()).code(0).line();
            for key in ["checkpoints", "vector_models", "unfinished", "others"] {
                assert_eq!(line[key], json!([]), "{line}");
            }
            assert_eq!(line["cache"], serde_json::Value::Null, "{line}");
        }
    }
}

#[test]
fn damaged_checkpoints_are_removed() {
    let sandbox = full();
    sandbox.write(&format!("{FUSION}/x/manifest.json"), "{");
    sandbox.run(&["clean", "--force"]).code(0);
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
}

#[cfg(unix)]
#[test]
fn the_target_of_a_link_is_kept() {
    let sandbox = full();
    let elsewhere = Sandbox::empty();
    elsewhere.write("kept.txt", "kept");
    let link = sandbox.path().join(FUSION).join("x/ada/elsewhere");
    std::os::unix::fs::symlink(elsewhere.path(), link).unwrap();
    sandbox.run(&["clean", "--force"]).code(0);
    assert_eq!(fs::read(elsewhere.path().join("kept.txt")).unwrap(), b"kept");
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
}
