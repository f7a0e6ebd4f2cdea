//! `mentorpal train`.

use mentorpal::error::ErrorKind::{AlreadyExists, Corrupt, InvalidInput, NotFound};

use crate::support::{ADA, BOB, FUSION, Run, Sandbox, failure};

/// Data without a valid mentor.
const BROKEN: &str = "ID,topics,text\nx,Life,No column of questions.\n";

fn ada_and_bob() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", BOB);
    sandbox
}

/// Data similar to [`ADA`] that gives a different classifier.
fn changed(data: &str) -> String {
    format!("{data}more_1,Work,I have more to say.,What more is there?\n")
}

/// Returns the ids of the mentors in the output of `train --json`.
fn mentors(run: &Run) -> Vec<String> {
    run.json().iter().filter_map(|line| Some(line["mentor"].as_str()?.to_owned())).collect()
}

#[test]
fn a_mentor_is_trained_and_published() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["train", "--json"]).code(0);
    let lines = run.json();
    assert_eq!(lines[0]["mentor"], "ada");
    assert_eq!(lines[0]["answers"], 4);
    assert_eq!(lines[0]["questions"], 16);
    // From SOURCE_DATE_EPOCH, 1700000000 seconds: 14 November 2023, 22:13:20 UTC.
    assert_eq!(lines[1]["checkpoint"], "fusion_v1/2023-11-14-2213");
    assert_eq!(lines.len(), 2);
    sandbox.run(&["checkpoints", "verify"]).code(0).prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn json_lines_have_exactly_the_documented_keys() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["train", "--checkpoint", "x", "--json"]).code(0);
    let lines = run.json();
    let keys = |i: usize| lines[i].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(0),
        ["mentor", "answers", "questions", "loo_accuracy", "cv_accuracy", "seconds", "figures"]
    );
    assert!(lines[0]["seconds"].is_f64(), "{run}");
    assert!(lines[0]["loo_accuracy"].is_f64(), "{run}");
    assert_eq!(lines[0]["cv_accuracy"], lines[0]["loo_accuracy"], "the deprecated key");
    assert_eq!(keys(1), ["checkpoint", "path"]);
    let path = sandbox.path().join(FUSION).join("x");
    assert_eq!(lines[1]["path"].as_str(), path.to_str());
}

#[test]
fn without_json_a_table_is_printed() {
    let run = Sandbox::ada().run(&["train", "--checkpoint", "x"]).code(0);
    let run = run.prints("ada").prints("fusion_v1/x");
    assert!(!run.stdout.contains('{'), "{run}");
}

#[test]
fn an_existing_name_is_refused_and_not_changed() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let before = sandbox.checkpoint("x");
    sandbox.mentor("ada", &changed(ADA));
    sandbox
        .run(&["train", "--checkpoint", "x", "--json"])
        .fails(failure(AlreadyExists).at("fusion_v1/x").with("--overwrite"));
    assert_eq!(sandbox.checkpoint("x"), before);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn overwrite_replaces_the_whole_checkpoint() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    sandbox.mentor("ada", &changed(ADA));
    // Bob is not requested, so the new checkpoint does not contain him.
    let overwrite = ["train", "--mentor", "ada", "--checkpoint", "x", "--overwrite"];
    sandbox.run(&overwrite).code(0);
    sandbox.run(&["train", "--mentor", "ada", "--checkpoint", "fresh"]).code(0);
    assert_eq!(sandbox.checkpoint("x"), sandbox.checkpoint("fresh"));
    assert_eq!(sandbox.checkpoint_names(), ["fresh", "x"]);
}

#[test]
fn overwrite_creates_a_missing_checkpoint() {
    let sandbox = Sandbox::ada();
    sandbox.run(&["train", "--checkpoint", "x", "--overwrite"]).code(0);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn update_retrains_the_mentor_named_and_keeps_the_others() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    let manifest = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&sandbox.checkpoint(name)["manifest.json"]).unwrap()
    };
    let (bob, old) = (sandbox.files(&format!("{FUSION}/x/bob")), manifest("x"));
    sandbox.mentor("ada", &changed(ADA));
    sandbox.mentor("bob", &changed(BOB));
    sandbox.run(&["train", "--mentor", "ada", "--update"]).code(0).prints("fusion_v1/x");

    let new = manifest("x");
    assert_eq!(sandbox.files(&format!("{FUSION}/x/bob")), bob);
    assert_eq!(new["mentors"]["bob"], old["mentors"]["bob"]);
    assert_ne!(new["mentors"]["ada"]["data_sha256"], old["mentors"]["ada"]["data_sha256"]);
    assert_eq!(new["mentors"]["ada"]["questions"], 17);
    // Ada equals a new training on the changed data.
    sandbox.train("fresh");
    let ada = |name: &str| sandbox.files(&format!("{FUSION}/{name}/ada"));
    assert_eq!(ada("x"), ada("fresh"));
    assert_eq!(sandbox.checkpoint_names(), ["fresh", "x"]);
    sandbox.run(&["checkpoints", "verify"]).code(0);
}

#[test]
fn update_adds_a_mentor_that_the_checkpoint_lacks() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.mentor("bob", BOB);
    sandbox.run(&["train", "--mentor", "bob", "--checkpoint", "x", "--update"]).code(0);
    let listed = sandbox.run(&["checkpoints", "--json"]).code(0).json();
    assert_eq!(listed[0]["mentors"], serde_json::json!(["ada", "bob"]));
    sandbox.run(&["checkpoints", "verify"]).code(0);
}

#[test]
fn update_without_a_mentor_is_refused() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.run(&["train", "--update", "--json"]).fails(failure(InvalidInput).with("--mentor"));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn update_needs_a_checkpoint() {
    let sandbox = Sandbox::ada();
    let update = ["train", "--mentor", "ada", "--update", "--json"];
    sandbox.run(&update).fails(failure(NotFound).at("fusion_v1").with("mentorpal train"));
    sandbox.train("stable");
    let update = [&update[..], &["--checkpoint", "stabel"]].concat();
    let error = failure(NotFound).at("fusion_v1/stabel").with("`fusion_v1/stable`");
    sandbox.run(&update).fails(error);
}

#[test]
fn update_does_not_copy_a_damaged_mentor() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    sandbox.write(&format!("{FUSION}/x/bob/model.json"), "{}");
    let before = sandbox.checkpoint("x");
    sandbox
        .run(&["train", "--mentor", "ada", "--update", "--json"])
        .fails(failure(Corrupt).at("bob/model.json"));
    assert_eq!(sandbox.checkpoint("x"), before);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn a_failing_mentor_prevents_publishing_after_all_are_trained() {
    let sandbox = ada_and_bob();
    sandbox.mentor("axel", BROKEN);
    let run = sandbox.run(&["train", "--json"]).code(2);
    assert_eq!(mentors(&run), ["ada", "bob"]);
    let run = run.fails(failure(InvalidInput).at("axel/data").with("`axel`").with("--keep-going"));
    run.notes(&["error: ", "axel/data/classifier_data.csv, row 1: ", "`question`"]);
    assert!(sandbox.checkpoint_names().is_empty());
}

#[test]
fn a_failing_run_keeps_the_old_checkpoint() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    let before = sandbox.checkpoint("x");
    sandbox.mentor("bob", BROKEN);
    sandbox
        .run(&["train", "--checkpoint", "x", "--overwrite", "--json"])
        .fails(failure(InvalidInput).at("bob/data").with("bob"));
    sandbox.run(&["train", "--checkpoint", "x", "--mentor", "bob", "--update"]).code(2);
    assert_eq!(sandbox.checkpoint("x"), before);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn keep_going_publishes_the_mentors_that_could_be_trained() {
    let sandbox = ada_and_bob();
    sandbox.mentor("axel", BROKEN);
    let run = sandbox.run(&["train", "--keep-going", "--checkpoint", "x", "--json"]).code(0);
    assert_eq!(mentors(&run), ["ada", "bob"]);
    run.notes(&["error: ", "axel/data/classifier_data.csv, row 1: "]);
    let listed = sandbox.run(&["checkpoints", "--json"]).json();
    assert_eq!(listed[0]["mentors"], serde_json::json!(["ada", "bob"]));
}

#[test]
fn keep_going_publishes_nothing_if_every_mentor_fails() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("axel", BROKEN);
    sandbox.mentor("bert", BROKEN);
    let run = sandbox
        .run(&["train", "--keep-going", "--json"])
        .fails(failure(InvalidInput).at("mentor").with("axel").with("bert"));
    assert!(run.stdout.is_empty(), "{run}");
    assert!(sandbox.checkpoint_names().is_empty());
}

#[test]
fn a_mentor_named_twice_is_trained_once() {
    let sandbox = ada_and_bob();
    let run = sandbox.run(&["train", "--mentor", "bob", "--mentor", "bob", "--json"]).code(0);
    assert_eq!(mentors(&run), ["bob"]);
}

#[test]
fn a_mistyped_mentor_is_explained() {
    let run = ada_and_bob().run(&["train", "--mentor", "adda", "--json"]);
    let run = run.fails(failure(InvalidInput).at("adda/data").with("`adda`"));
    run.notes(&["error: ", "mentor/adda/data: ", "`ada`"]).notes(&["hint: ", "`ada`, `bob`"]);
}

#[test]
fn runs_within_a_minute_are_numbered() {
    let sandbox = Sandbox::ada();
    for expected in ["2001-09-09-0146", "2001-09-09-0146-02", "2001-09-09-0146-03"] {
        // 1000000000 seconds: 9 September 2001, 01:46:40 UTC.
        let mut command = sandbox.command(&["train", "--json"]);
        let run = sandbox.finish(command.env("SOURCE_DATE_EPOCH", "1000000000")).code(0);
        assert_eq!(run.json()[1]["checkpoint"], format!("fusion_v1/{expected}"));
    }
    // The newest checkpoint by name is used.
    let asked = sandbox.run(&["ask", "--json", "who are you"]).code(0);
    assert_eq!(asked.json()[0]["classifier"], "fusion_v1/2001-09-09-0146-03");
}

#[test]
fn an_invalid_time_is_explained() {
    let sandbox = Sandbox::ada();
    for time in ["yesterday", "99999999999999"] {
        let run = sandbox.run_with(&[("SOURCE_DATE_EPOCH", time)], &["train", "--json"]);
        run.fails(failure(InvalidInput).with("SOURCE_DATE_EPOCH"));
    }
}

#[test]
fn flags_take_precedence_over_names_in_the_environment() {
    let sandbox = ada_and_bob();
    let environment = [("ARCH", "fusion_v1"), ("CHECKPOINT", "from_env"), ("MENTOR", "bob")];
    let mut command = sandbox.command(&["train", "--json"]);
    let run = sandbox.finish(command.envs(environment)).code(0);
    assert_eq!(mentors(&run), ["bob"]);
    assert_eq!(run.json()[1]["checkpoint"], "fusion_v1/from_env");

    let flags = ["train", "--json", "--mentor", "ada", "--checkpoint", "from_flag"];
    let run = sandbox.finish(sandbox.command(&flags).envs(environment)).code(0);
    assert_eq!(mentors(&run), ["ada"]);
    assert_eq!(run.json()[1]["checkpoint"], "fusion_v1/from_flag");
}

#[test]
fn an_unknown_architecture_is_explained() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run_with(&[("ARCH", "fusion_v2")], &["train", "--json"]);
    let run = run.fails(failure(InvalidInput).with("`fusion_v2`").with("`fusion_v1`"));
    let is_suggested = |run: &Run| {
        run.error()["message"].as_str().is_some_and(|message| message.contains("`fusion_v1`"))
    };
    assert!(is_suggested(&run), "{run}");
    let run = sandbox.run(&["train", "--arch", "transformer", "--json"]);
    let run = run.fails(failure(InvalidInput).with("`fusion_v1`"));
    assert!(!is_suggested(&run), "{run}");
    assert!(sandbox.files("checkpoint/classifiers").is_empty());
}

#[test]
fn the_stable_checkpoint_can_be_updated_but_not_replaced() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "checkpoint = 'stable'\n");
    let run = sandbox.run(&["train", "--json"]).code(0);
    assert_eq!(run.json()[1]["checkpoint"], "fusion_v1/2023-11-14-2213");
    sandbox.train("stable");
    sandbox.train("yet_newer");
    let run = sandbox.run(&["train", "--mentor", "ada", "--update", "--json"]).code(0);
    assert_eq!(run.json()[1]["checkpoint"], "fusion_v1/stable");
}
