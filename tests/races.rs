//! Concurrent runs.

use mentorpal::error::ErrorKind::{AlreadyExists, Conflict};

use crate::support::{ADA, Sandbox, at_once, failure};

#[test]
fn one_of_concurrent_runs_with_the_same_name_wins() {
    let sandbox = Sandbox::ada();
    for round in 0..10 {
        let name = format!("x{round}");
        let train: &[&str] = &["train", "--checkpoint", &name, "--json"];
        let runs = at_once([train; 3].map(|train| sandbox.command(train)));
        let (won, lost): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.code == Some(0));
        assert_eq!(won.len(), 1);
        for run in lost {
            // The name is checked before the training and again when it is published.
            run.fails(failure(AlreadyExists).at(&format!("fusion_v1/{name}")).with("--overwrite"));
        }
    }
    sandbox.run(&["checkpoints", "verify"]).code(0);
    assert_eq!(sandbox.checkpoint_names().len(), 10, "{:?}", sandbox.checkpoint_names());
}

#[test]
fn concurrent_overwrites_of_one_name_all_succeed() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let expected = sandbox.checkpoint("x");
    for _ in 0..10 {
        let train: &[&str] = &["train", "--checkpoint", "x", "--overwrite"];
        for run in at_once([train; 3].map(|train| sandbox.command(train))) {
            run.code(0);
        }
        assert_eq!(sandbox.checkpoint("x"), expected);
    }
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn concurrent_updates_of_one_checkpoint_lose_nothing() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    for (first, second) in [("b", "c"), ("d", "e"), ("f", "g"), ("h", "i"), ("j", "k")] {
        let arguments =
            |mentor| ["train", "--mentor", mentor, "--checkpoint", "x", "--update", "--json"];
        for mentor in [first, second] {
            sandbox.mentor(mentor, ADA);
        }
        let runs = at_once([first, second].map(|mentor| sandbox.command(&arguments(mentor))));
        let listed = sandbox.run(&["checkpoints", "--json"]).json();
        assert!(runs.iter().any(|run| run.code == Some(0)), "no run succeeded");
        for (run, mentor) in runs.into_iter().zip([first, second]) {
            // A successful run is in the final checkpoint; an unsuccessful run reports the
            // conflict.
            let there = listed[0]["mentors"].as_array().unwrap().contains(&mentor.into());
            assert_eq!(run.code, Some(if there { 0 } else { 2 }), "{run}");
            if !there {
                run.fails(failure(Conflict).at("fusion_v1/x"));
            }
        }
    }
    sandbox.run(&["checkpoints", "verify"]).code(0);
    sandbox.train("y");
    assert_eq!(sandbox.checkpoint_names(), ["x", "y"]);
}
