//! `mentorpal clean`.

use std::fs;

use serde_json::json;

use crate::support::{FUSION, Sandbox};

/// Two checkpoints, a vector model, a folder that is no checkpoint, and a mentor with a test set.
fn full() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.train("y");
    sandbox.write("checkpoint/vector_models/words/vectors.bin", "numbers");
    sandbox.write(&format!("{FUSION}/mine/notes.txt"), "by hand");
    sandbox
}

#[test]
fn nothing_is_removed_without_force() {
    let sandbox = full();
    let before = sandbox.files("");
    let run = sandbox.run(&["clean"]).code(2).says("--force").says("fusion_v1/x");
    run.says("these may be the only ones");
    sandbox.run(&["clean", "--json"]).code(2).says("--force");
    assert_eq!(sandbox.files(""), before);
}

#[test]
fn a_dry_run_says_what_would_be_removed() {
    let sandbox = full();
    let before = sandbox.files("");
    let run = sandbox.run(&["clean", "--dry-run"]).code(0).prints("would remove 2 checkpoints");
    let run = run.prints("fusion_v1/x").prints("fusion_v1/y").prints("vector models");
    assert!(!run.stdout.contains("mine"), "{run}");
    // With --force as well: a dry run is one.
    sandbox.run(&["clean", "--dry-run", "--force"]).code(0).prints("would remove");
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
    let run = sandbox.run(&["clean", "--force"]).code(0).prints("removed 2 checkpoints");
    // "numbers" are 7 bytes.
    run.prints("vector models").prints("7 B");
    assert_eq!(sandbox.files(""), expected);
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
    assert!(expected.contains_key("mentor/ada/data/classifier_data.csv"));
    assert!(expected.contains_key("checkpoint/tests/ada/standard.csv"));
    // The workspace still works.
    sandbox.train("x");
    sandbox.run(&["test"]).code(0);
}

#[test]
fn json_tells_what_was_removed() {
    let sandbox = full();
    let expected = |dry_run: bool| {
        json!({
            "dry_run": dry_run,
            "checkpoints": ["fusion_v1/x", "fusion_v1/y"],
            "kept": [],
            "vector_models": sandbox.path().join("checkpoint/vector_models"),
        })
    };
    let run = sandbox.run(&["clean", "--dry-run", "--json"]).code(0);
    assert_eq!(run.json(), [expected(true)]);
    let run = sandbox.run(&["clean", "--force", "--json"]).code(0);
    assert_eq!(run.json(), [expected(false)]);
    let nothing = json!({ "dry_run": false, "checkpoints": [], "kept": [], "vector_models": null });
    assert_eq!(sandbox.run(&["clean", "--json"]).code(0).json(), [nothing]);
}

#[test]
fn nothing_to_remove_is_no_failure() {
    for sandbox in [Sandbox::ada(), Sandbox::empty()] {
        for arguments in [&["clean"][..], &["clean", "--force"], &["clean", "--dry-run"]] {
            sandbox.run(arguments).code(0).prints("nothing to remove");
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_removed_too() {
    let sandbox = full();
    sandbox.write(&format!("{FUSION}/x/manifest.json"), "{");
    sandbox.run(&["clean", "--force"]).code(0);
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
}

#[cfg(unix)]
#[test]
fn what_a_link_points_to_stays() {
    let sandbox = full();
    let elsewhere = Sandbox::empty();
    elsewhere.write("kept.txt", "kept");
    let link = sandbox.path().join(FUSION).join("x/ada/elsewhere");
    std::os::unix::fs::symlink(elsewhere.path(), link).unwrap();
    sandbox.run(&["clean", "--force"]).code(0);
    assert_eq!(fs::read(elsewhere.path().join("kept.txt")).unwrap(), b"kept");
    assert_eq!(sandbox.checkpoint_names(), ["mine"]);
}
