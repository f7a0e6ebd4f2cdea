//! The library: it trains what the command line trains, and opens what the command line published.

use std::collections::BTreeMap;
use std::fs;

use mentorpal::checkpoint::Manifest;
use mentorpal::{ErrorKind, NoProgress, TrainRequest, Warning, Workspace};
use serde_json::{Value, json};

use crate::support::{ADA, BOB, FUSION, Sandbox};

fn ada_and_bob() -> Sandbox {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", BOB);
    sandbox
}

fn workspace(sandbox: &Sandbox) -> Workspace {
    Workspace::open(sandbox.path()).unwrap()
}

/// The files of a checkpoint, with the creation time taken out of the manifest.
fn files(sandbox: &Sandbox, name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = sandbox.checkpoint(name);
    let manifest = files.get_mut("manifest.json").unwrap();
    let mut value: Value = serde_json::from_slice(manifest).unwrap();
    value["created"] = json!(null);
    *manifest = value.to_string().into_bytes();
    files
}

fn manifest(sandbox: &Sandbox, name: &str) -> Manifest {
    let path = sandbox.path().join(FUSION).join(name).join("manifest.json");
    Manifest::from_bytes(&path, &fs::read(&path).unwrap()).unwrap()
}

/// Turns a checkpoint's manifest into one of format 1.
fn to_format_1(sandbox: &Sandbox, name: &str) {
    let path = format!("{FUSION}/{name}/manifest.json");
    let bytes = fs::read(sandbox.path().join(&path)).unwrap();
    let mut manifest: Value = serde_json::from_slice(&bytes).unwrap();
    manifest["format"] = json!(1);
    manifest["options"] = json!({});
    for record in manifest["mentors"].as_object_mut().unwrap().values_mut() {
        record.as_object_mut().unwrap().remove("background_sha256").unwrap();
    }
    sandbox.write(&path, manifest.to_string());
}

#[test]
fn the_library_and_the_command_line_train_the_same_bytes() {
    let sandbox = ada_and_bob();
    sandbox.run(&["train", "--checkpoint", "program", "--seed", "7"]).code(0);
    let request = TrainRequest::new().name("library").seed(7);
    let outcome = workspace(&sandbox).train(&request, &NoProgress).unwrap();
    assert_eq!(outcome.checkpoint.to_string(), "fusion_v1/library");
    assert_eq!(outcome.trained.len(), 2);
    assert_eq!(files(&sandbox, "library"), files(&sandbox, "program"));
    // Without the other mentor's questions, the calibration differs.
    let alone = Sandbox::ada();
    alone.run(&["train", "--checkpoint", "alone", "--seed", "7"]).code(0);
    let card = "ada/model.json";
    assert_ne!(alone.checkpoint("alone")[card], sandbox.checkpoint("program")[card]);
}

#[test]
fn an_update_by_the_library_gives_the_bytes_of_the_command_line() {
    let sandbox = ada_and_bob();
    sandbox.train("program");
    sandbox.train("library");
    sandbox.mentor("bob", &format!("{BOB}bob_3,Life,In Bath.,Where do you bake?\n"));
    let program = ["train", "--mentor", "bob", "--update", "--checkpoint", "program"];
    sandbox.run(&program).code(0);
    let request = TrainRequest::new().mentors(["bob"]).update("library");
    workspace(&sandbox).train(&request, &NoProgress).unwrap();
    assert_eq!(files(&sandbox, "library"), files(&sandbox, "program"));
}

#[test]
fn the_front_door_opens_checkpoints_by_name_and_by_time() {
    let sandbox = ada_and_bob();
    sandbox.write("mentorpal.toml", "checkpoint = 'a'\n");
    sandbox.train("b");
    sandbox.train("a");
    let workspace = workspace(&sandbox);
    let names = [
        workspace.checkpoint("b").unwrap(),
        workspace.checkpoint("fusion_v1/b").unwrap(),
        // Both have the same creation time: the last name is the newest.
        workspace.newest().unwrap(),
        workspace.stable().unwrap(),
    ];
    let names = names.map(|checkpoint| checkpoint.name().to_string());
    assert_eq!(names, ["fusion_v1/b", "fusion_v1/b", "fusion_v1/b", "fusion_v1/a"]);
    let mentor = workspace.newest().unwrap().mentor("ada").unwrap();
    let reply = mentor.ask("what do people call you").unwrap();
    assert_eq!(mentor.text(&reply), Some("I am Ada Lovelace."));
    assert!(mentor.warnings().is_empty(), "{:?}", mentor.warnings());
}

#[test]
fn errors_have_kinds() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let workspace = workspace(&sandbox);
    let kind = |name: &str| workspace.checkpoint(name).unwrap_err().kind();
    assert_eq!(kind("y"), ErrorKind::NotFound);
    assert_eq!(workspace.stable().unwrap_err().kind(), ErrorKind::NotFound);
    let checkpoint = workspace.checkpoint("x").unwrap();
    sandbox.mentor("eve", BOB);
    assert_eq!(checkpoint.mentor("eve").unwrap_err().kind(), ErrorKind::NotFound);
    let again = workspace.train(&TrainRequest::new().name("x"), &NoProgress).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    sandbox.write(&format!("{FUSION}/x/ada/model.json"), "{}");
    assert_eq!(checkpoint.mentor("ada").unwrap_err().kind(), ErrorKind::Corrupt);
    fs::remove_file(sandbox.path().join(FUSION).join("x/manifest.json")).unwrap();
    assert_eq!(kind("x"), ErrorKind::Corrupt);
}

#[test]
fn changed_background_questions_are_a_warning_once_per_checkpoint() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    let manifest = manifest(&sandbox, "x");
    assert_eq!(manifest.format, 2);
    assert_ne!(
        manifest.mentors["ada"].background_sha256,
        manifest.mentors["bob"].background_sha256
    );
    sandbox.mentor("eve", "ID,topics,text,question\neve_1,Life,I fish.,Do you fish?\n");
    let checkpoint = workspace(&sandbox).checkpoint("x").unwrap();
    let runs = checkpoint.compare(&checkpoint, "ada", "standard").unwrap();
    assert!(
        matches!(runs.warnings[..], [Warning::BackgroundChanged { .. }]),
        "{:?}",
        runs.warnings
    );
    let again = checkpoint.compare(&checkpoint, "ada", "standard").unwrap();
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    let test = ["test", "--mentor", "ada"];
    sandbox.run(&test).code(0).warns(&["`fusion_v1/x`"]);
    // Answering must not read the data of the other mentors.
    assert!(checkpoint.mentor("ada").unwrap().warnings().is_empty());
    sandbox.write("mentor/eve/data/classifier_data.csv", "\0");
    let ask = ["ask", "Who are you?", "--mentor", "ada"];
    sandbox.run(&ask).code(0).warns_of_nothing();
}

#[test]
fn format_1_is_read_updated_and_verified() {
    let sandbox = ada_and_bob();
    sandbox.train("x");
    to_format_1(&sandbox, "x");
    sandbox.run(&["checkpoints", "verify"]).code(0).prints("fusion_v1/x");
    // Its background questions are unknown, so that a change cannot be noticed.
    sandbox.mentor("eve", &ADA.replace("ada_", "eve_"));
    for verb in [&["ask", "Who are you?", "--mentor", "ada"][..], &["test", "--mentor", "ada"]] {
        sandbox.run(verb).code(0).warns_of_nothing();
    }
    sandbox.run(&["train", "--mentor", "ada", "--update", "--checkpoint", "x"]).code(0);
    let updated = manifest(&sandbox, "x");
    assert_eq!(updated.format, 2);
    assert!(updated.mentors["ada"].background_sha256.is_some());
    assert!(updated.mentors["bob"].background_sha256.is_none());
}

#[test]
fn checkpoints_are_shared_through_a_folder() {
    let (mine, yours, shared) = (Sandbox::ada(), Sandbox::ada(), Sandbox::empty());
    mine.train("x");
    let url = &format!("file://{}", shared.path().display());
    let (mine, yours_workspace) = (workspace(&mine), workspace(&yours));
    assert_eq!(mine.remote().err().map(|error| error.kind()), Some(ErrorKind::NotFound));
    mine.remote_at(url).unwrap().upload("x").unwrap();
    let remote = yours_workspace.remote_at(url).unwrap();
    assert_eq!(remote.checkpoints().unwrap().len(), 1);
    assert!(remote.download("fusion_v1/x").unwrap().moved);
    assert_eq!(yours.checkpoint_names(), ["x"]);
    let report = yours_workspace.newest().unwrap().test("ada", "standard").unwrap();
    assert_eq!(report.results.len(), 4);
}
