//! Pipes, devices and folders in place of files, in the workspace and on a remote that is a folder.
//! No command blocks on them, and every error names the path.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::{HERE, THERE, checkpoint, put_here, run, workspace};
use crate::support::{Run, Sandbox};

/// Creates an unusual file.
type Make = fn(&Path);

/// The unusual files: how each is created, and its name in errors.
const ODD: [(Make, &str); 4] =
    [(pipe, "pipe"), (socket, "socket"), (device, "device"), (folder, "folder")];

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success()));
}

fn socket(path: &Path) {
    // A socket keeps its name when it is closed. It is created in another folder if the path is too
    // long for a socket.
    let short = tempfile::tempdir().unwrap();
    UnixListener::bind(short.path().join("s")).unwrap();
    fs::rename(short.path().join("s"), path).unwrap();
}

fn device(path: &Path) {
    symlink("/dev/zero", path).unwrap();
}

fn folder(path: &Path) {
    fs::create_dir(path).unwrap();
}

/// Creates a workspace with the files `here`, and the folder `disk` with the files `there` as its
/// remote.
fn scene(here: bool, there: bool) -> (Sandbox, String) {
    let sandbox = workspace();
    let url = format!("file://{}/disk", sandbox.path().display());
    fs::create_dir(sandbox.path().join("disk")).unwrap();
    if here {
        put_here(&sandbox, "x", &checkpoint(1, 100));
    }
    if there {
        sandbox.write_all(&format!("disk/{THERE}/x"), &checkpoint(1, 100));
    }
    (sandbox, url)
}

/// Replaces a file by an unusual file.
fn put(sandbox: &Sandbox, path: &str, make: Make) {
    let path = sandbox.path().join(path);
    fs::remove_file(&path).unwrap();
    make(&path);
}

#[track_caller]
fn says(run: Run, codes: &[i32], what: &str) {
    assert!(run.code.is_some_and(|code| codes.contains(&code)), "{run}");
    run.says(what);
}

#[test]
fn on_a_remote() {
    for (make, what) in ODD {
        for file in ["manifest.json", "ada/model.json"] {
            let (sandbox, url) = scene(false, true);
            put(&sandbox, &format!("disk/{THERE}/x/{file}"), make);
            if file == "manifest.json" {
                says(run(&sandbox, &url, &["checkpoints", "--remote"]), &[2], what);
            }
            says(run(&sandbox, &url, &["download", "x"]), &[2], what);
            let verify = ["checkpoints", "verify", "--remote"];
            says(run(&sandbox, &url, &verify), &[1, 2], what);
            put_here(&sandbox, "x", &checkpoint(1, 100));
            // A command that only compares sizes does not recognise it as a file, or finds another
            // size.
            let run = run(&sandbox, &url, &["upload", "x"]);
            assert!(run.code == Some(2) || file != "manifest.json", "{run}");
        }
    }
}

#[test]
fn in_the_workspace() {
    for (make, what) in ODD {
        for file in ["manifest.json", "ada/model.json"] {
            let (sandbox, url) = scene(true, false);
            put(&sandbox, &format!("{HERE}/x/{file}"), make);
            says(run(&sandbox, &url, &["upload", "x"]), &[2], what);
            says(sandbox.run(&["checkpoints", "verify", "x"]), &[1, 2], what);
        }
    }
}

#[test]
fn for_settings() {
    for (make, what) in ODD {
        let (sandbox, url) = scene(true, false);
        let url = url.replace("file://", "http://127.0.0.1:1");
        put(&sandbox, ".netrc", make);
        says(run(&sandbox, &url, &["checkpoints", "--remote"]), &[2], what);
    }
}

#[test]
fn for_vectors() {
    for (make, what) in ODD {
        let sandbox = workspace();
        make(&sandbox.path().join("words.txt"));
        says(sandbox.run(&["vectors", "add", "words.txt", "--name", "w"]), &[2], what);
        let encoder = sandbox.path().join("encoder");
        fs::create_dir(&encoder).unwrap();
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            sandbox.write(&format!("encoder/{file}"), "{}");
        }
        put(&sandbox, "encoder/tokenizer.json", make);
        let run = sandbox.run(&["vectors", "add", "encoder", "--name", "e"]);
        assert_eq!(run.code, Some(2), "{run}");
        let model = "checkpoint/vector_models/m";
        sandbox.write(&format!("{model}/x"), "");
        make(&sandbox.path().join(model).join("manifest.json"));
        says(sandbox.run(&["vectors", "show", "m"]), &[2], what);
    }
}
