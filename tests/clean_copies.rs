//! `mentorpal clean`: which files on the remote count as copies of a checkpoint.

use std::fs;
use std::path::Path;
use std::process::Command;

use mentorpal::error::ErrorKind::{Conflict, InvalidInput, Io, NotFound};
use serde_json::{Value, json};

use crate::support::{FUSION, Run, Sandbox, copy_folder, failure, require};

/// A workspace with the checkpoint `x`, and an empty folder as its remote.
struct Sides {
    sandbox: Sandbox,
    remote: Sandbox,
}

impl Sides {
    fn new() -> Self {
        let sides = Self { sandbox: Sandbox::ada(), remote: Sandbox::empty() };
        sides.sandbox.run(&["train", "--checkpoint", "x", "--vectors", "none"]).code(0);
        sides
    }

    fn url(&self) -> String {
        format!("file://{}", self.remote.path().display())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_on(&self.url(), arguments)
    }

    fn run_on(&self, url: &str, arguments: &[&str]) -> Run {
        self.sandbox.run_with(&[("MENTORPAL_REMOTE", url)], arguments)
    }
}

/// Asserts that `upload` and `clean` do not take the workspace's own files for a copy.
#[track_caller]
fn assert_not_a_copy(sides: &Sides, url: &str) {
    let before = sides.sandbox.checkpoint("x");
    assert!(before.contains_key("manifest.json"));
    let upload = sides.run_on(url, &["upload", "x", "--json"]);
    assert!(upload.fails(failure(InvalidInput).at("x")).error()["hint"].is_string());
    let clean = sides.run_on(url, &["clean", "--json"]);
    let _ = clean.fails(failure(NotFound).with("fusion_v1/x"));
    assert_eq!(sides.sandbox.checkpoint("x"), before);
}

#[test]
fn the_folder_of_the_workspace_is_not_a_copy() {
    let sides = Sides::new();
    let own = sides.sandbox.path().join("checkpoint");
    assert_not_a_copy(&sides, &format!("file://{}", own.display()));
    assert_not_a_copy(&sides, &format!("file://{}/./", own.display()));
}

#[cfg(unix)]
#[test]
fn a_linked_folder_is_not_a_copy() {
    use std::os::unix::fs::symlink;
    let sides = Sides::new();
    let classifiers = sides.sandbox.path().join("checkpoint/classifiers");
    let there = sides.remote.path().join("classifiers");
    // The folder in the workspace is a link to the folder on the remote.
    fs::rename(&classifiers, &there).unwrap();
    symlink(&there, &classifiers).unwrap();
    assert_not_a_copy(&sides, &sides.url());
    // The folder on the remote is a link to the folder in the workspace.
    fs::remove_file(&classifiers).unwrap();
    fs::rename(&there, &classifiers).unwrap();
    symlink(&classifiers, &there).unwrap();
    assert_not_a_copy(&sides, &sides.url());
    // Only the folder of the checkpoint is a link.
    fs::remove_file(&there).unwrap();
    fs::create_dir_all(there.join("fusion_v1")).unwrap();
    symlink(classifiers.join("fusion_v1/x"), there.join("fusion_v1/x")).unwrap();
    assert_not_a_copy(&sides, &sides.url());
}

#[test]
fn hard_links_are_not_copies() {
    let sides = Sides::new();
    let here = sides.sandbox.path().join(FUSION).join("x");
    let there = sides.remote.path().join("classifiers/fusion_v1/x");
    copy_folder(&here, &there);
    sides.run(&["clean", "--dry-run"]).code(0).does_not_say("fusion_v1/x");
    let model = "ada/model.safetensors";
    fs::remove_file(there.join(model)).unwrap();
    fs::hard_link(here.join(model), there.join(model)).unwrap();
    assert_not_a_copy(&sides, &sides.url());
}

/// A folder that is mounted a second time, until this is dropped.
struct Bound<'a>(&'a Path);

impl Drop for Bound<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_folder_mounted_twice_is_not_a_copy() {
    let sides = Sides::new();
    let bind = Command::new("mount")
        .arg("--bind")
        .args([&sides.sandbox.path().join("checkpoint"), sides.remote.path()])
        .output();
    if !require("mount", bind.is_ok_and(|bind| bind.status.success())) {
        return;
    }
    let _bound = Bound(sides.remote.path());
    assert_not_a_copy(&sides, &sides.url());
}

#[test]
fn a_copy_with_a_changed_byte_is_not_a_copy() {
    let sides = Sides::new();
    sides.run(&["upload", "x"]).code(0);
    let before = sides.sandbox.checkpoint("x");
    let copy = sides.remote.path().join("classifiers/fusion_v1/x");
    for file in before.keys() {
        let whole = fs::read(copy.join(file)).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        fs::write(copy.join(file), &flipped).unwrap();
        let _ = sides.run(&["clean", "--json"]).fails(failure(NotFound).with("fusion_v1/x"));
        assert_eq!(sides.sandbox.checkpoint("x"), before, "{file}");
        fs::write(copy.join(file), &whole).unwrap();
    }
    let line = sides.run(&["clean", "--json"]).code(0).line();
    assert_eq!(line["checkpoints"], json!(["fusion_v1/x"]));
    assert!(sides.sandbox.checkpoint_names().is_empty());
    sides.run(&["download", "x"]).code(0);
    assert_eq!(sides.sandbox.checkpoint("x"), before);
}

#[test]
fn items_removed_before_a_failure_are_printed() {
    let sandbox = Sandbox::ada();
    let names = ["x", "y", "z"];
    for name in names {
        sandbox.run(&["train", "--checkpoint", name, "--vectors", "none"]).code(0);
    }
    let y = sandbox.checkpoint("y");
    // A file prevents `clean` from removing `y`.
    sandbox.write(&format!("{FUSION}/.replaced-y"), "in the way");
    let run = sandbox.run(&["clean", "--force"]).code(2).says("fusion_v1/y");
    let run = run.prints("fusion_v1/x");
    assert!(!run.stdout.contains("fusion_v1/y"), "{run}");
    assert_eq!(sandbox.checkpoint("y"), y);
    sandbox.run(&["train", "--checkpoint", "x", "--vectors", "none"]).code(0);
    let run = sandbox.run(&["clean", "--force", "--json"]).fails(failure(Io).at("fusion_v1/y"));
    assert_eq!(run.line()["checkpoints"], json!(["fusion_v1/x"]));
    assert_eq!(sandbox.checkpoint("y"), y);
}

/// Creates the checkpoint `x` with the user's own files in its folder, and returns their names.
fn with_notes() -> (Sandbox, [&'static str; 2]) {
    let sandbox = Sandbox::ada();
    for name in ["x", "y"] {
        sandbox.run(&["train", "--checkpoint", name, "--vectors", "none"]).code(0);
    }
    let notes = ["ada/notes.txt", "my results/1.csv"];
    for note in notes {
        sandbox.write(&format!("{FUSION}/x/{note}"), note);
    }
    (sandbox, notes)
}

#[track_caller]
fn keeps(sandbox: &Sandbox, notes: [&str; 2]) {
    for note in notes {
        let kept = fs::read_to_string(sandbox.path().join(FUSION).join("x").join(note));
        assert_eq!(kept.expect("it is kept"), note);
    }
}

#[test]
fn clean_keeps_files_outside_checkpoints() {
    let (sandbox, notes) = with_notes();
    let folder = sandbox.path().join(FUSION).join("x");
    let dry = sandbox.run(&["clean", "--dry-run", "--force"]).code(0).prints("fusion_v1/y");
    let _ = dry.notes(&["fusion_v1/x`", "`ada/notes.txt`"]);
    let run = sandbox.run(&["clean", "--force", "--json"]).code(0);
    let run = run.notes(&["fusion_v1/x`", "`ada/notes.txt`"]);
    let line = run.line();
    assert_eq!(line["checkpoints"], json!(["fusion_v1/y"]));
    assert_eq!(line["with_other_files"], json!([{ "folder": folder, "files": notes }]));
    keeps(&sandbox, notes);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
    // Without these files, the folder is removed.
    for note in notes {
        fs::remove_file(folder.join(note)).unwrap();
    }
    let line = sandbox.run(&["clean", "--force", "--json"]).code(0).line();
    assert_eq!(line["checkpoints"], json!(["fusion_v1/x"]));
    assert!(sandbox.checkpoint_names().is_empty());
}

#[test]
fn overwrite_update_and_download_keep_unknown_files() {
    let (sandbox, notes) = with_notes();
    let before = sandbox.checkpoint("x");
    let refused = |run: Run| {
        let run = run.fails(failure(Conflict).at("fusion_v1/x").with("`ada/notes.txt`"));
        assert!(run.error()["hint"].is_string(), "{run}");
    };
    let train = ["train", "--vectors", "none", "--checkpoint", "x", "--json"];
    refused(sandbox.run(&[&train[..], &["--overwrite"]].concat()));
    refused(sandbox.run(&["train", "--checkpoint", "x", "--mentor", "ada", "--update", "--json"]));
    // The remote has another version.
    let remote = Sandbox::empty();
    copy_folder(
        &sandbox.path().join(FUSION).join("y"),
        &remote.path().join("classifiers/fusion_v1/x"),
    );
    let url = format!("file://{}", remote.path().display());
    sandbox
        .write(&format!("{FUSION}/x/manifest.json"), [&before["manifest.json"][..], b" "].concat());
    let download = ["download", "x", "--force", "--json"];
    refused(sandbox.run_with(&[("MENTORPAL_REMOTE", &url)], &download));
    keeps(&sandbox, notes);
    // A folder that is not a checkpoint is not replaced.
    sandbox.write(&format!("{FUSION}/mine/notes.txt"), "by hand");
    let train = ["train", "--vectors", "none", "--checkpoint", "mine", "--overwrite", "--json"];
    let _ = sandbox.run(&train).fails(failure(Conflict).at("fusion_v1/mine").with("`notes.txt`"));
    assert_eq!(sandbox.checkpoint("mine")["notes.txt"], b"by hand");
    assert_eq!(sandbox.checkpoint("mine").len(), 1);
}

#[test]
fn unknown_files_in_a_vector_model_are_kept() {
    let sandbox = Sandbox::empty();
    sandbox.write("words.txt", "king 3 4\nqueen 4 3\nmud -2 0\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    let notes = "checkpoint/vector_models/words/notes.txt";
    sandbox.write(notes, "by hand");
    let _ = sandbox
        .run(&["vectors", "add", "words.txt", "--overwrite", "--json"])
        .fails(failure(Conflict).at("checkpoint/vector_models/words").with("notes.txt"));
    let run = sandbox.run(&["clean", "--force", "--json"]).code(0).notes(&["notes.txt"]);
    assert_eq!(run.line()["vector_models"], json!([]));
    assert_eq!(fs::read(sandbox.path().join(notes)).unwrap(), b"by hand");
}

/// Locks a folder as a running command does.
fn lock(sandbox: &Sandbox, folder: &str) -> fs::File {
    let file = fs::File::open(sandbox.path().join(folder)).unwrap();
    file.lock().unwrap();
    file
}

#[test]
fn clean_keeps_a_running_download() {
    let sandbox = Sandbox::ada();
    let [idle, running] = ["1", "2"].map(|tag| format!("{FUSION}/.download-{tag}"));
    for folder in [&idle, &running] {
        sandbox.write(&format!("{folder}/parts/0"), "half");
    }
    let lock = lock(&sandbox, &running);
    let run = sandbox.run(&["clean", "--force", "--json"]).code(0);
    let path = |path: &str| Value::from(sandbox.path().join(path).to_str().unwrap());
    assert_eq!(run.line()["unfinished"], json!([path(&idle)]));
    assert_eq!(run.line()["in_use"], json!([path(&running)]));
    assert_eq!(sandbox.checkpoint_names(), [".download-2"]);
    drop(lock);
    let line = sandbox.run(&["clean", "--force", "--json"]).code(0).line();
    assert_eq!(line["unfinished"], json!([path(&running)]));
    assert!(sandbox.checkpoint_names().is_empty());
}

/// Creates drafts of killed runs next to checkpoints and vector models, and the draft of a running
/// command.
fn with_drafts(sandbox: &Sandbox) -> fs::File {
    for parent in [FUSION, "checkpoint/classifiers/lstm_v1", "checkpoint/vector_models"] {
        sandbox.write(&format!("{parent}/.draft-1-0/ada/model"), "half");
    }
    sandbox.write(&format!("{FUSION}/.download-0123456789abcdef-0123456789abcdef/parts/0"), "half");
    sandbox.write(&format!("{FUSION}/.download-0123456789abcdef/parts/0"), "half");
    sandbox.write(&format!("{FUSION}/.draft-2-0/ada/model"), "half");
    lock(sandbox, &format!("{FUSION}/.draft-2-0"))
}

#[test]
fn clean_removes_leftovers_of_killed_runs() {
    let sandbox = Sandbox::ada();
    let lock = with_drafts(&sandbox);
    let dry = sandbox.run(&["clean", "--dry-run", "--json"]).code(0).line();
    assert_eq!(dry["drafts"].as_array().unwrap().len(), 3, "{dry}");
    // Each of the three drafts has 4 bytes.
    sandbox.run(&["clean"]).code(0).prints("12 B");
    assert_eq!(sandbox.checkpoint_names(), [".draft-2-0"]);
    assert!(sandbox.names("checkpoint/vector_models").is_empty());
    assert!(sandbox.names("checkpoint/classifiers/lstm_v1").is_empty());
    drop(lock);
    let line = sandbox.run(&["clean", "--json"]).code(0).line();
    assert_eq!(line["drafts"].as_array().unwrap().len(), 1);
    assert!(sandbox.checkpoint_names().is_empty());
}

#[test]
fn writing_commands_remove_leftovers_of_killed_runs() {
    let sandbox = Sandbox::ada();
    let _lock = with_drafts(&sandbox);
    sandbox.write("words.txt", "king 3 4\nqueen 4 3\nmud -2 0\n");
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    // An interrupted download can resume, so its folder is kept.
    assert_eq!(sandbox.checkpoint_names(), [".download-0123456789abcdef", ".draft-2-0"]);
    assert_eq!(sandbox.names("checkpoint/vector_models"), ["words"]);
    assert!(sandbox.names("checkpoint/classifiers/lstm_v1").is_empty());
}
