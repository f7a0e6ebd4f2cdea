//! The verbs that use a remote, with a server and with a folder that have no faults.

use std::fs;
use std::path::Path;

use mentorpal::error::ErrorKind::{
    AlreadyExists, Conflict, Corrupt, InvalidInput, NotFound, Unreachable,
};
use serde_json::json;

use super::server::{Disk, Wrong};
use super::{HERE, THERE, checkpoint, names, put_here, put_there, run, workspace};
use crate::support::{ADA, KillOnDrop, Run, Sandbox, copy_folder, failure, until};

/// Creates a folder as a remote, and returns it with its URL.
fn folder() -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    let url = format!("file://{}", sandbox.path().display());
    (sandbox, url)
}

/// Asserts that a transfer failed because the disk of the server is full.
#[track_caller]
fn is_full(run: &Run) {
    let error = run.error();
    assert_eq!((run.code, &error["kind"]), (Some(2), &"out_of_space".into()), "{run}");
    let path = error["place"]["path"].as_str().unwrap_or_default();
    assert!(path.contains(THERE) && error.to_string().contains("507"), "{run}");
}

#[test]
fn a_downloaded_checkpoint_has_the_uploaded_bytes() {
    let disk = Disk::serve();
    let (_kept, folder) = folder();
    for url in [disk.url.as_str(), &folder] {
        let (one, two) = (workspace(), workspace());
        put_here(&one, "x", &checkpoint(1, 3_000_000));
        assert!(super::has_moved(run(&one, url, &["upload", "fusion_v1/x", "--json"])));
        assert!(!super::has_moved(run(&one, url, &["upload", "fusion_v1/x", "--json"])));
        assert!(super::has_moved(run(&two, url, &["download", "x", "--json"])));
        assert_eq!(two.checkpoint("x"), checkpoint(1, 3_000_000));
        assert_eq!(two.checkpoint_names(), ["x"]);
        run(&two, url, &["checkpoints", "verify"]).code(0).prints("fusion_v1/x");
        let verified = run(&two, url, &["checkpoints", "verify", "--remote", "--json"]).code(0);
        assert_eq!(verified.line()["files"], 3);
    }
    assert_eq!(disk.names(THERE), ["x"]);
}

// Older versions stored the training report as a page, which must not be taken for a login page.
#[test]
fn reports_are_uploaded_with_the_checkpoint() {
    let disk = Disk::serve();
    let (one, two) = (workspace(), workspace());
    one.mentor("ada", ADA);
    one.train("x");
    one.forge(&format!("{HERE}/x"), "report.html", b"<!DOCTYPE html><html></html>");
    assert!(super::has_moved(run(&one, &disk.url, &["upload", "x", "--json"])));
    assert!(super::has_moved(run(&two, &disk.url, &["download", "x", "--json"])));
    assert_eq!(two.checkpoint("x"), one.checkpoint("x"));
    let files = two.checkpoint("x");
    assert!(files.contains_key("ada/report.html") && files.contains_key("ada/report.json"));
    let verified = run(&two, &disk.url, &["checkpoints", "verify", "--remote", "--json"]).code(0);
    assert_eq!(verified.line()["files"], 5);
}

#[test]
fn checkpoints_on_the_remote_are_not_changed() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 1000));
    put_here(&sandbox, "x", &checkpoint(2, 1000));
    for arguments in [&["upload", "x", "--json"][..], &["upload", "x", "--force", "--json"]] {
        let error = failure(AlreadyExists).at("dav/classifiers/fusion_v1/x");
        let error = error.with("`ada/model.json`, `ada/model.safetensors`");
        run(&sandbox, &disk.url, arguments).fails(error);
    }
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
    // The local checkpoint is not changed either.
    run(&sandbox, &disk.url, &["checkpoints", "verify", "x"]).code(0);
    assert!(!super::has_moved(run(&sandbox, &disk.url, &["download", "x", "--json"])));
    assert_eq!(sandbox.checkpoint("x"), checkpoint(2, 1000));
    assert!(super::has_moved(run(&sandbox, &disk.url, &["download", "x", "--force", "--json"])));
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 1000));
}

#[test]
fn force_repairs_a_damaged_copy_and_keeps_the_old_files() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let whole = checkpoint(1, 1000);
    put_here(&sandbox, "x", &whole);
    let path = format!("{THERE}/x");
    let damage: [&dyn Fn(); 4] = [
        &|| disk.put(&format!("{path}/ada/model.json"), b"short"),
        &|| disk.put(&format!("{path}/ada/model.json"), b"{\"seed\":7}"),
        &|| disk.remove(&format!("{path}/manifest.json")),
        &|| disk.put(&format!("{path}/manifest.json"), b"{"),
    ];
    for (number, damage) in damage.iter().enumerate() {
        disk.remove(&path);
        put_there(&disk, "x", &whole);
        damage();
        let damaged = disk.files(&path);
        let uploaded = run(&sandbox, &disk.url, &["upload", "x", "--json"]);
        // Files of the right size are not read again.
        if number == 1 {
            uploaded.code(0);
        } else {
            let error = uploaded.code(2).error();
            assert_eq!(error["kind"], "corrupt");
            assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--force")), "{error}");
        }
        assert_eq!(disk.files(&path), damaged);
        assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--force", "--json"])));
        assert_eq!(disk.files(&path), whole);
        let (shown, hidden) = names(disk.names(THERE));
        assert_eq!(shown, ["x"]);
        let aside = hidden.iter().find(|name| disk.files(&format!("{THERE}/{name}")) == damaged);
        let aside = aside.expect("the damaged copy is kept");
        assert!(aside.starts_with(".replaced-x-"), "{hidden:?}");
        disk.remove(&format!("{THERE}/{aside}"));
        assert!(!super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--force", "--json"])));
        assert_eq!(names(disk.names(THERE)).1, Vec::<String>::new());
    }
}

#[test]
fn verify_finds_damage_on_the_remote() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 1000));
    put_there(&disk, "y", &checkpoint(1, 1000));
    disk.put(&format!("{THERE}/y/ada/model.json"), b"{\"seed\":7}");
    let found = run(&sandbox, &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let url = format!("{}/{THERE}/y/ada/model.json: ", disk.url);
    found.prints("fusion_v1/x").prints("fusion_v1/y").warns(&[&url, "SHA-256"]);
    let verify = ["checkpoints", "verify", "y", "--remote", "--json"];
    let found = run(&sandbox, &disk.url, &verify).code(1).json();
    let what = found[0]["faults"][0]["what"].as_str().unwrap();
    assert!(what.contains("SHA-256"), "{what}");
    assert_eq!(found[0]["files"], 3);
    let error = failure(Corrupt).at("fusion_v1/y/ada/model.json").with("upload fusion_v1/y");
    let download = run(&sandbox, &disk.url, &["download", "y", "--json"]).fails(error);
    assert_eq!(super::here(&sandbox, "y"), super::Files::new(), "{download}");
    run(&sandbox, &disk.url, &["checkpoints", "verify", "z", "--remote", "--json"])
        .fails(failure(NotFound).at("dav/classifiers/fusion_v1/z"));
    disk.put(&format!("{THERE}/y/manifest.json"), b"{");
    let found =
        run(&sandbox, &disk.url, &verify).code(1).notes(&["error: ", "y/manifest.json: "]).json();
    let fault = &found[0]["faults"][0];
    assert!(fault["path"].as_str().unwrap().ends_with("y/manifest.json"), "{fault}");
    let listed = run(&sandbox, &disk.url, &["checkpoints", "--remote", "--json"]);
    let listed = listed.fails(failure(Corrupt).with("1"));
    assert_eq!(listed.line()["checkpoint"], "x");
}

#[test]
fn only_checkpoints_with_a_manifest_are_listed() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let list = ["checkpoints", "--remote"];
    assert_eq!(run(&sandbox, &disk.url, &list).code(0).stdout, "");
    put_there(&disk, "x", &checkpoint(1, 1000));
    put_there(&disk, "half", &checkpoint(1, 1000));
    disk.remove(&format!("{THERE}/half/manifest.json"));
    put_there(&disk, ".upload-1", &checkpoint(1, 1000));
    disk.put("classifiers/lstm_v1/x/notes.txt", b"by hand");
    let listed = run(&sandbox, &disk.url, &list).code(0);
    assert_eq!(listed.stdout.lines().count(), 2, "{listed}");
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let listed = run(&sandbox, &disk.url, &["checkpoints", "--remote", "--json"]).code(0).json();
    let expected = json!({
        "arch": "fusion_v1",
        "checkpoint": "x",
        "url": format!("{}/classifiers/fusion_v1/x", disk.url),
        "mentors": ["ada"],
        "created": "2026-01-01T00:00:00Z",
        "here": true,
    });
    assert_eq!(listed, [expected]);
    run(&sandbox, &disk.url, &["download", "half", "--json"])
        .fails(failure(Corrupt).at("dav/classifiers/fusion_v1/half").with("manifest.json"));
    run(&sandbox, &disk.url, &["download", "y", "--json"])
        .fails(failure(NotFound).at("dav/classifiers/fusion_v1/y").with("fusion_v1/x"));
    let wrong = format!("{}/nowhere", disk.url);
    let list = ["checkpoints", "--remote", "--json"];
    run(&sandbox, &wrong, &list).fails(failure(NotFound).at("dav/nowhere"));
    put_here(&sandbox, "y", &checkpoint(1, 1000));
    run(&sandbox, &wrong, &["upload", "y", "--json"])
        .fails(failure(Conflict).at("dav/nowhere/classifiers"));
}

#[test]
fn init_and_download_send_no_request_if_the_checkpoint_is_intact() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    disk.has(None);
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    sandbox.write("mentorpal.toml", "checkpoint = \"x\"\n");
    assert!(!super::has_moved(run(&sandbox, &disk.url, &["download", "x", "--json"])));
    assert!(!super::has_moved(run(&sandbox, &disk.url, &["init", "--json"])));
    assert_eq!(disk.asked().len(), 0);
    // A damaged local checkpoint is replaced.
    put_there(&disk, "x", &checkpoint(1, 1000));
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "{}");
    assert!(super::has_moved(run(&sandbox, &disk.url, &["init", "--json"])));
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 1000));
}

/// Returns the files of a checkpoint with another creation time.
fn created(time: &str, mut files: super::Files) -> super::Files {
    let manifest = String::from_utf8(files["manifest.json"].clone()).unwrap();
    let manifest = manifest.replace("2026-01-01T00:00:00Z", time);
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    files
}

#[test]
fn without_a_name_the_newest_checkpoint_is_shared() {
    let (disk, one, two) = (Disk::serve(), workspace(), workspace());
    put_here(&one, "z", &checkpoint(1, 1000));
    put_here(&one, "a", &created("2026-01-01T00:00:00.5Z", checkpoint(2, 1000)));
    put_here(&one, "m", &created("2025-12-31T23:59:59Z", checkpoint(3, 1000)));
    let uploaded = run(&one, &disk.url, &["upload"]).code(0).prints("fusion_v1/a ");
    uploaded.notes(&["fusion_v1/a"]);
    assert!(super::has_moved(run(&one, &disk.url, &["upload", "m", "--json"])));
    put_there(&disk, "bad", &checkpoint(1, 1000));
    disk.put(&format!("{THERE}/bad/manifest.json"), b"{");
    let got = run(&two, &disk.url, &["download"]).code(0).prints("fusion_v1/a ");
    let got = got.warns(&["bad/manifest.json: "]);
    got.notes(&["fusion_v1/a"]);
    assert_eq!(two.checkpoint_names(), ["a"]);
    // A name on the command line takes precedence over the environment, and the environment over
    // the settings file.
    two.write("mentorpal.toml", "checkpoint = 'm'\n");
    let got = run(&two, &disk.url, &["download"]).code(0).prints("fusion_v1/m ");
    got.notes(&["fusion_v1/m", "mentorpal.toml"]);
    let named = |arguments: &[&str]| {
        let mut command = super::command(&one, &disk.url, arguments);
        let run = one.finish(command.env("CHECKPOINT", "z"));
        // Only the log names the checkpoint.
        let is_log = |line: &str| line.contains(" INFO ");
        let mut lines = run.stderr.lines();
        assert!(lines.all(|line| is_log(line) || !line.contains("fusion_v1/")), "{run}");
        super::has_moved(run)
    };
    assert!(named(&["upload", "--json"]));
    fs::remove_dir_all(one.path().join(HERE).join("z")).unwrap();
    assert!(named(&["init", "--json"]));
    assert!(!named(&["download", "--json"]));
    let done = run(&two, &disk.url, &["download", "--json"]).code(0).json().pop().unwrap();
    assert_eq!((&done["name"], &done["moved"]), (&json!("fusion_v1/m"), &json!(false)));
}

#[test]
fn downloading_from_an_empty_remote_without_a_name_fails() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    run(&sandbox, &disk.url, &["download", "--json"])
        .fails(failure(NotFound).with("mentorpal upload"));
    put_there(&disk, "x", &checkpoint(1, 1000));
    sandbox.write("mentorpal.toml", "arch = 'lstm_v1'\n");
    run(&sandbox, &disk.url, &["download", "--json"]).fails(failure(NotFound).with("`lstm_v1`"));
}

#[test]
fn a_dry_run_transfers_nothing() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    put_there(&disk, "y", &checkpoint(1, 1000));
    let before = sandbox.files("checkpoint");
    let dry = |arguments: &[&str]| {
        run(&sandbox, &disk.url, &[arguments, &["--dry-run"]].concat()).code(0)
    };
    let _ = dry(&["upload", "x"]).prints("fusion_v1/x").prints("1.7 kB");
    let _ = dry(&["download", "y"]).prints("fusion_v1/y");
    let told = dry(&["upload", "x", "--json"]).json();
    assert_eq!(told.last().unwrap()["dry_run"], true);
    assert_eq!(told.last().unwrap()["moved"], false);
    sandbox.write("mentorpal.toml", "checkpoint = \"y\"\n");
    let _ = dry(&["init"]).prints("fusion_v1/y");
    let _ = dry(&["vectors", "download"]);
    assert_eq!(sandbox.files("checkpoint"), before);
    assert_eq!(disk.names(THERE), ["y"]);
}

#[test]
fn events_are_printed_for_every_file() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let told = run(&sandbox, &disk.url, &["upload", "x", "--json"]).code(0).json();
    assert_eq!(told[0]["event"], "progress");
    let mut files: Vec<&str> = told
        .iter()
        .filter(|event| event["event"] == "file" && event["how"] == "moved")
        .map(|event| event["path"].as_str().unwrap())
        .collect();
    files.sort_unstable();
    assert_eq!(files, ["ada/model.json", "ada/model.safetensors", "manifest.json"]);
    let done = told.last().unwrap();
    assert_eq!(done["event"], "done");
    assert_eq!(done["verb"], "upload");
    assert_eq!(done["files"], 3);
    let bytes: usize = checkpoint(1, 1000).values().map(Vec::len).sum();
    assert_eq!(done["bytes"], bytes);
    assert_eq!(done["place"], format!("{}/{THERE}/x", disk.url));
}

#[test]
fn an_interrupted_upload_resumes_with_the_missing_files() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let manifest = ("MOVE".to_owned(), String::new(), 0);
    disk.has(None);
    // The disk becomes full at the manifest, the third file.
    run(&sandbox, &disk.url, &["upload", "x", "--dry-run"]).code(0);
    let staging = format!("/dav/{}", super::staging("x", &checkpoint(1, 1000)));
    let part = ("PUT".to_owned(), format!("{staging}/.part"), 2);
    disk.has(Some((part, Wrong::Full)));
    is_full(&run(&sandbox, &disk.url, &["upload", "x", "--json"]));
    assert_eq!(names(disk.names(THERE)).0, Vec::<String>::new());
    disk.has(Some((manifest, Wrong::Stall)));
    let told = run(&sandbox, &disk.url, &["upload", "x", "--json"]).code(0).json();
    let kept = told.iter().filter(|event| event["how"] == "kept").count();
    assert_eq!(kept, 2);
    let sent = disk.asked().iter().filter(|asked| asked.which.0 == "PUT").count();
    assert_eq!(sent, 1);
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
}

// Both checkpoints have the same content, and one of the names is taken.
#[test]
fn a_conflicting_upload_keeps_the_partial_files_of_others() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    put_here(&sandbox, "y", &checkpoint(1, 1000));
    put_there(&disk, "x", &checkpoint(2, 1000));
    disk.has(None);
    run(&sandbox, &disk.url, &["upload", "y"]).code(0);
    let put = disk.asked().into_iter().rfind(|asked| asked.which.0 == "PUT").unwrap().which;
    disk.remove(&format!("{THERE}/y"));
    disk.has(Some((put, Wrong::Full)));
    is_full(&run(&sandbox, &disk.url, &["upload", "y", "--json"]));
    let gathered = disk.names(THERE);
    run(&sandbox, &disk.url, &["upload", "x", "--json"])
        .fails(failure(AlreadyExists).at("dav/classifiers/fusion_v1/x"));
    assert_eq!(disk.names(THERE), gathered);
    assert!(gathered.len() == 2, "{gathered:?}");
}

#[test]
fn an_interrupted_download_resumes() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let size = 1_000_000;
    put_there(&disk, "x", &checkpoint(1, size));
    let large = format!("/dav/{THERE}/x/ada/model.safetensors");
    let get = |count| ("GET".to_owned(), large.clone(), count);
    // The connection is closed after half of the file; then the password is wrong.
    disk.has(Some((get(0), Wrong::CutMidway)));
    let mut command = super::command(&sandbox, &disk.url, &["download", "x"]);
    command.env("MENTORPAL_REMOTE_WAIT", "86400");
    let said = sandbox.path().join("said");
    let child = KillOnDrop(command.stderr(fs::File::create(&said).unwrap()).spawn().unwrap());
    // The delay after the interruption is one day.
    until("the second attempt", || fs::read_to_string(&said).unwrap().contains("retrying"));
    drop(child);
    assert_eq!(super::here(&sandbox, "x"), super::Files::new());
    disk.has(None);
    run(&sandbox, &disk.url, &["download", "x"]).code(0);
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, size));
    let asked = disk.asked().into_iter().find(|asked| asked.which == get(0)).unwrap();
    assert_eq!(asked.range.as_deref(), Some(format!("bytes={}-", size / 2).as_str()));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn a_long_retry_after_ends_the_command() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    let get = ("GET".to_owned(), format!("/dav/{THERE}/x/manifest.json"), 0);
    disk.has(Some((get, Wrong::Later)));
    let error = failure(Unreachable).at("x/manifest.json").with("429").with("86400 s");
    run(&sandbox, &disk.url, &["download", "x", "--json"]).fails(error);
    // The challenge of the server, and the manifest.
    assert_eq!(disk.asked().len(), 2);
}

#[test]
fn retry_after_takes_precedence_over_the_own_delay() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    let get = ("GET".to_owned(), format!("/dav/{THERE}/x/manifest.json"), 0);
    disk.has(Some((get, Wrong::TooMany)));
    let mut command = super::command(&sandbox, &disk.url, &["download", "x"]);
    // The own delay is one day.
    sandbox.finish(command.env("MENTORPAL_REMOTE_WAIT", "86400")).code(0);
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 100));
}

#[test]
fn vector_models_are_uploaded_and_downloaded() {
    let disk = Disk::serve();
    let (one, two) = (workspace(), workspace());
    one.write("tiny.txt", "navy 0.9 0.4 0.1\narmy 0.8 0.5 0.1\nbanana 0.1 0.1 0.9\n");
    one.run(&["vectors", "add", "tiny.txt"]).code(0);
    assert!(super::has_moved(run(&one, &disk.url, &["vectors", "upload", "tiny", "--json"])));
    assert!(!super::has_moved(run(&one, &disk.url, &["vectors", "upload", "tiny", "--json"])));
    run(&one, &disk.url, &["vectors", "upload", "huge", "--json"])
        .fails(failure(NotFound).at("checkpoint/vector_models/huge"));
    run(&one, &disk.url, &["vectors", "upload", "embedded", "--json"])
        .fails(failure(InvalidInput).with("`embedded`"));
    assert!(super::has_moved(run(&two, &disk.url, &["vectors", "download", "tiny", "--json"])));
    let model = "checkpoint/vector_models/tiny";
    assert_eq!(two.files(model), one.files(model));
    two.run(&["vectors", "verify"]).code(0).prints("tiny");
    fs::remove_dir_all(two.path().join(model)).unwrap();
    assert!(super::has_moved(run(&two, &disk.url, &["vectors", "download", "--json"])));
    assert_eq!(two.files(model), one.files(model));
    disk.has(None);
    assert!(!super::has_moved(run(&two, &disk.url, &["vectors", "download", "tiny", "--json"])));
    assert_eq!(disk.asked().len(), 0);
    // The Hub may have a model that the remote lacks; in these tests no Hub exists.
    run(&two, &disk.url, &["vectors", "download", "other", "--json"]).fails(
        failure(Unreachable)
            .at("api/models/sentence-transformers/other/revision/main")
            .with("HF_ENDPOINT"),
    );
}

#[test]
fn training_uploads_if_requested() {
    let (disk, sandbox) = (Disk::serve(), Sandbox::ada());
    super::netrc_file(&sandbox, "machine 127.0.0.1 login ada password s3cret-pass");
    let error = failure(NotFound).with("MENTORPAL_REMOTE");
    sandbox.run(&["train", "--upload", "--json"]).fails(error);
    assert_eq!(sandbox.checkpoint_names(), Vec::<String>::new());
    let train = ["train", "--checkpoint", "one", "--upload"];
    run(&sandbox, &disk.url, &train).code(0).prints("fusion_v1/one");
    assert_eq!(disk.files(&format!("{THERE}/one")), sandbox.checkpoint("one"));
}

#[test]
fn a_team_shares_through_a_folder() {
    let (_kept, url) = folder();
    let (one, two) = (Sandbox::ada(), Sandbox::ada());
    one.train("stable");
    run(&one, &url, &["upload", "stable"]).code(0);
    two.write("mentorpal.toml", format!("checkpoint = \"stable\"\n[remote]\nurl = \"{url}\"\n"));
    two.run(&["init"]).code(0).prints("fusion_v1/stable");
    two.run(&["test"]).code(0);
    assert_eq!(two.checkpoint("stable"), one.checkpoint("stable"));
}

#[test]
fn clean_keeps_checkpoints_missing_on_the_remote() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    put_here(&sandbox, "y", &checkpoint(2, 1000));
    put_there(&disk, "x", &checkpoint(1, 1000));
    let clean = |arguments: &[&str]| run(&sandbox, &disk.url, &[&["clean"], arguments].concat());
    let dry = clean(&["--dry-run"]).code(0).prints("fusion_v1/x").prints("fusion_v1/y");
    dry.warns(&["--force", "fusion_v1/y"]);
    clean(&["--dry-run", "--force"]).code(0).warns_of_nothing();
    clean(&["--json"]).fails(failure(NotFound).with("fusion_v1/y").with("--force"));
    put_there(&disk, "y", &checkpoint(3, 1000));
    clean(&["--json"]).fails(failure(NotFound).with("fusion_v1/y"));
    disk.remove(&format!("{THERE}/y"));
    put_there(&disk, "y", &checkpoint(2, 1000));
    disk.put(&format!("{THERE}/y/ada/model.json"), b"short");
    clean(&["--json"]).fails(failure(NotFound).with("fusion_v1/y"));
    disk.remove(&format!("{THERE}/y/manifest.json"));
    clean(&["--json"]).fails(failure(NotFound).with("fusion_v1/y"));
    disk.put(&format!("{THERE}/y/manifest.json"), &checkpoint(2, 1000)["manifest.json"]);
    disk.put(&format!("{THERE}/y/ada/model.json"), &checkpoint(2, 1000)["ada/model.json"]);
    sandbox.write(&format!("{HERE}/.download-1/parts/0"), "half");
    let dry = clean(&["--dry-run", "--json"]).code(0).warns_of_nothing();
    assert_eq!(dry.line()["unfinished"].as_array().map(Vec::len), Some(1));
    assert_eq!(sandbox.checkpoint_names(), [".download-1", "x", "y"]);
    clean(&[]).code(0).prints("fusion_v1/x").prints("fusion_v1/y");
    assert_eq!(sandbox.checkpoint_names(), Vec::<String>::new());
    assert_eq!(clean(&["--json"]).code(0).line()["checkpoints"], serde_json::json!([]));
    run(&sandbox, &disk.url, &["download", "y"]).code(0);
    assert_eq!(sandbox.checkpoint("y"), checkpoint(2, 1000));
}

#[test]
fn only_intact_checkpoints_are_uploaded() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "{\"seed\":7}");
    run(&sandbox, &disk.url, &["upload", "x", "--json"])
        .fails(failure(Corrupt).at("fusion_v1/x").with("ada/model.json").with("SHA-256"));
    assert_eq!(names(disk.names(THERE)).0, Vec::<String>::new());
    disk.has(None);
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "short");
    run(&sandbox, &disk.url, &["upload", "x", "--json"]).fails(failure(Corrupt).at("fusion_v1/x"));
    run(&sandbox, &disk.url, &["upload", "y", "--json"]).fails(failure(NotFound).at("fusion_v1/y"));
    assert_eq!(disk.asked().len(), 0);
}

#[test]
fn files_of_a_remote_stay_in_their_folder() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let mut files = checkpoint(1, 100);
    let manifest = String::from_utf8(files["manifest.json"].clone()).unwrap();
    let manifest = manifest.replace("ada/model.json", "../../../escaped");
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    put_there(&disk, "x", &files);
    run(&sandbox, &disk.url, &["download", "x", "--json"])
        .fails(failure(Corrupt).at("dav/classifiers/fusion_v1/x/manifest.json"));
    assert!(!Path::new(&sandbox.path().join("checkpoint")).join("escaped").exists());
    let (elsewhere, url) = folder();
    copy_folder(&sandbox.path().join(".netrc"), &elsewhere.path().join("x"));
    run(&sandbox, &url, &["download", "../x", "--json"]).fails(failure(InvalidInput).with("`..`"));
}
