//! The verbs that use a remote, with a server and with a folder that have no faults.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::server::{Disk, Wrong};
use super::{HERE, THERE, checkpoint, names, put_here, put_there, run, workspace};
use crate::support::{ADA, KillOnDrop, Sandbox, copy_folder, until};

/// Creates a folder as a remote, and returns it with its URL.
fn folder() -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    let url = format!("file://{}", sandbox.path().display());
    (sandbox, url)
}

#[test]
fn a_downloaded_checkpoint_has_the_uploaded_bytes() {
    let disk = Disk::serve();
    let (_kept, folder) = folder();
    for url in [disk.url.as_str(), &folder] {
        let (one, two) = (workspace(), workspace());
        put_here(&one, "x", &checkpoint(1, 3_000_000));
        run(&one, url, &["upload", "fusion_v1/x"]).code(0).prints("uploaded fusion_v1/x (3 files");
        let again = run(&one, url, &["upload", "fusion_v1/x"]).code(0);
        let _ = again.prints("is on the remote already");
        run(&two, url, &["download", "x"]).code(0).prints("downloaded fusion_v1/x (3 files");
        assert_eq!(two.checkpoint("x"), checkpoint(1, 3_000_000));
        assert_eq!(two.checkpoint_names(), ["x"]);
        run(&two, url, &["checkpoints", "verify"]).code(0).prints("fusion_v1/x: intact");
        let verified = run(&two, url, &["checkpoints", "verify", "--remote"]).code(0);
        let _ = verified.prints("fusion_v1/x: intact, 3 files");
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
    run(&one, &disk.url, &["upload", "x"]).code(0).prints("uploaded fusion_v1/x (5 files");
    run(&two, &disk.url, &["download", "x"]).code(0).prints("downloaded fusion_v1/x (5 files");
    assert_eq!(two.checkpoint("x"), one.checkpoint("x"));
    let files = two.checkpoint("x");
    assert!(files.contains_key("ada/report.html") && files.contains_key("ada/report.json"));
    run(&two, &disk.url, &["checkpoints", "verify", "--remote"])
        .code(0)
        .prints("x: intact, 5 files");
}

#[test]
fn checkpoints_on_the_remote_are_not_changed() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 1000));
    put_here(&sandbox, "x", &checkpoint(2, 1000));
    for arguments in [&["upload", "x"][..], &["upload", "x", "--force"]] {
        let said = run(&sandbox, &disk.url, arguments).code(2);
        let said = said.says("the remote has another checkpoint of this name");
        said.says("`ada/model.json`, `ada/model.safetensors`").says("another name");
    }
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
    // The local checkpoint is not changed either.
    let said = run(&sandbox, &disk.url, &["checkpoints", "verify", "x"]).code(0);
    let _ = said.prints("intact");
    run(&sandbox, &disk.url, &["download", "x"]).code(0).prints("already exists here");
    assert_eq!(sandbox.checkpoint("x"), checkpoint(2, 1000));
    run(&sandbox, &disk.url, &["download", "x", "--force"]).code(0).prints("downloaded");
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
        let said = run(&sandbox, &disk.url, &["upload", "x"]);
        // Files of the right size are not read again.
        let said = if number == 1 { said.code(0) } else { said.code(2).says("--force") };
        drop(said);
        assert_eq!(disk.files(&path), damaged);
        run(&sandbox, &disk.url, &["upload", "x", "--force"]).code(0).prints("uploaded");
        assert_eq!(disk.files(&path), whole);
        let (shown, hidden) = names(disk.names(THERE));
        assert_eq!(shown, ["x"]);
        let aside = hidden.iter().find(|name| disk.files(&format!("{THERE}/{name}")) == damaged);
        let aside = aside.expect("the damaged copy is kept");
        assert!(aside.starts_with(".replaced-x-"), "{hidden:?}");
        disk.remove(&format!("{THERE}/{aside}"));
        run(&sandbox, &disk.url, &["upload", "x", "--force"]).code(0).prints("already");
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
    let found = found
        .prints("x: intact")
        .prints("y: 1 fault")
        .says("its SHA-256 differs from the manifest");
    let _ = found.says(&format!("{}/{THERE}/y/ada/model.json", disk.url));
    let verify = ["checkpoints", "verify", "y", "--remote", "--json"];
    let found = run(&sandbox, &disk.url, &verify).code(1).json();
    assert_eq!(found[0]["faults"][0]["what"], "its SHA-256 differs from the manifest");
    assert_eq!(found[0]["files"], 3);
    let download = run(&sandbox, &disk.url, &["download", "y"]).code(2);
    let download = download.says("the copy on the remote is damaged").says("upload fusion_v1/y");
    assert_eq!(super::here(&sandbox, "y"), super::Files::new(), "{download}");
    run(&sandbox, &disk.url, &["checkpoints", "verify", "z", "--remote"]).code(2).says("no check");
    disk.put(&format!("{THERE}/y/manifest.json"), b"{");
    let found = run(&sandbox, &disk.url, &verify).code(1).says("not a manifest").json();
    let what = &found[0]["faults"][0]["what"];
    assert!(what.as_str().unwrap().contains("not a manifest"), "{what}");
    let listed =
        run(&sandbox, &disk.url, &["checkpoints", "--remote"]).code(2).prints("fusion_v1/x");
    listed.says("error: 1 checkpoint cannot be read");
}

#[test]
fn only_checkpoints_with_a_manifest_are_listed() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let list = ["checkpoints", "--remote"];
    run(&sandbox, &disk.url, &list).code(0).says("no checkpoints on the remote");
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
    run(&sandbox, &disk.url, &["download", "half"]).code(2).says("manifest.json is missing");
    run(&sandbox, &disk.url, &["download", "y"]).code(2).says("available: `fusion_v1/x`");
    let wrong = format!("{}/nowhere", disk.url);
    run(&sandbox, &wrong, &list).code(2).says("check the URL of the remote");
    put_here(&sandbox, "y", &checkpoint(1, 1000));
    run(&sandbox, &wrong, &["upload", "y"]).code(2).says("check the URL of the remote");
}

#[test]
fn init_and_download_send_no_request_if_the_checkpoint_is_intact() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    disk.has(None);
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    sandbox.write("mentorpal.toml", "checkpoint = \"x\"\n");
    run(&sandbox, &disk.url, &["download", "x"]).code(0).prints("here already, whole");
    run(&sandbox, &disk.url, &["init"]).code(0).prints("here already, whole");
    assert_eq!(disk.asked().len(), 0);
    // A damaged local checkpoint is replaced.
    put_there(&disk, "x", &checkpoint(1, 1000));
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "{}");
    run(&sandbox, &disk.url, &["init"]).code(0).prints("downloaded fusion_v1/x");
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
    let uploaded = run(&one, &disk.url, &["upload"]).code(0).prints("uploaded fusion_v1/a ");
    uploaded.says("using checkpoint fusion_v1/a (created last)");
    run(&one, &disk.url, &["upload", "m"]).code(0).prints("uploaded fusion_v1/m ");
    put_there(&disk, "bad", &checkpoint(1, 1000));
    disk.put(&format!("{THERE}/bad/manifest.json"), b"{");
    let got = run(&two, &disk.url, &["download"]).code(0).prints("downloaded fusion_v1/a ");
    let got = got.says("warning").says("bad/manifest.json: not a manifest");
    got.says("using checkpoint fusion_v1/a (created last on the remote)");
    assert_eq!(two.checkpoint_names(), ["a"]);
    // A name on the command line takes precedence over the environment, and the environment over
    // the settings file.
    two.write("mentorpal.toml", "checkpoint = 'm'\n");
    let got = run(&two, &disk.url, &["download"]).code(0).prints("downloaded fusion_v1/m ");
    got.says("using checkpoint fusion_v1/m (named in mentorpal.toml)");
    let named = |arguments: &[&str]| {
        let mut command = super::command(&one, &disk.url, arguments);
        one.finish(command.env("CHECKPOINT", "z")).code(0).does_not_say("using checkpoint")
    };
    named(&["upload"]).prints("uploaded fusion_v1/z ");
    fs::remove_dir_all(one.path().join(HERE).join("z")).unwrap();
    named(&["init"]).prints("downloaded fusion_v1/z ");
    named(&["download"]).prints("here already, whole");
    let run = run(&two, &disk.url, &["download"]);
    run.code(0).prints("fusion_v1/m already exists here");
}

#[test]
fn downloading_from_an_empty_remote_without_a_name_fails() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    let says = "no checkpoint on the remote";
    run(&sandbox, &disk.url, &["download"]).code(2).says(says).says("mentorpal upload");
    put_there(&disk, "x", &checkpoint(1, 1000));
    sandbox.write("mentorpal.toml", "arch = 'lstm_v1'\n");
    let says = "no checkpoint of `lstm_v1` on the remote";
    run(&sandbox, &disk.url, &["download"]).code(2).says(says);
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
    let _ = dry(&["upload", "x"]).prints("would upload fusion_v1/x (3 files, 1.7 kB)");
    let _ = dry(&["download", "y"]).prints("would download fusion_v1/y");
    let told = dry(&["upload", "x", "--json"]).json();
    assert_eq!(told.last().unwrap()["dry_run"], true);
    assert_eq!(told.last().unwrap()["moved"], false);
    sandbox.write("mentorpal.toml", "checkpoint = \"y\"\n");
    let _ = dry(&["init"]).prints("would download fusion_v1/y");
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
    run(&sandbox, &disk.url, &["upload", "x"])
        .code(2)
        .says("507")
        .says("free some space on the remote");
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
    run(&sandbox, &disk.url, &["upload", "y"]).code(2).says("507");
    let gathered = disk.names(THERE);
    run(&sandbox, &disk.url, &["upload", "x"]).code(2).says("another checkpoint of this name");
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
    let said = run(&sandbox, &disk.url, &["download", "x"]).code(2).says("429");
    let _ = said.says("requested a retry after 86400 s");
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
    run(&one, &disk.url, &["vectors", "upload", "tiny"]).code(0).prints("uploaded tiny");
    run(&one, &disk.url, &["vectors", "upload", "tiny"]).code(0).prints("already");
    run(&one, &disk.url, &["vectors", "upload", "huge"])
        .code(2)
        .says("vector model `huge` does not exist");
    run(&one, &disk.url, &["vectors", "upload", "embedded"])
        .code(2)
        .says("is part of mentorpal and cannot be shared");
    run(&two, &disk.url, &["vectors", "download", "tiny"]).code(0).prints("downloaded tiny");
    let model = "checkpoint/vector_models/tiny";
    assert_eq!(two.files(model), one.files(model));
    two.run(&["vectors", "verify"]).code(0).prints("tiny: intact");
    fs::remove_dir_all(two.path().join(model)).unwrap();
    run(&two, &disk.url, &["vectors", "download"]).code(0).prints("downloaded tiny");
    assert_eq!(two.files(model), one.files(model));
    disk.has(None);
    run(&two, &disk.url, &["vectors", "download", "tiny"]).code(0).prints("here already");
    assert_eq!(disk.asked().len(), 0);
    // The Hub may have a model that the remote lacks; in these tests no Hub exists.
    let said = run(&two, &disk.url, &["vectors", "download", "other"]).code(2);
    said.says("the remote has no vector model `other`").says("look at the network and HF_ENDPOINT");
}

#[test]
fn training_uploads_if_requested() {
    let (disk, sandbox) = (Disk::serve(), Sandbox::ada());
    super::netrc_file(&sandbox, "machine 127.0.0.1 login ada password s3cret-pass");
    sandbox.run(&["train", "--upload"]).code(2).says("no remote is configured");
    assert_eq!(sandbox.checkpoint_names(), Vec::<String>::new());
    let train = ["train", "--checkpoint", "one", "--upload"];
    run(&sandbox, &disk.url, &train).code(0).prints("published").prints("uploaded fusion_v1/one");
    assert_eq!(disk.files(&format!("{THERE}/one")), sandbox.checkpoint("one"));
}

#[test]
fn a_team_shares_through_a_folder() {
    let (_kept, url) = folder();
    let (one, two) = (Sandbox::ada(), Sandbox::ada());
    one.train("stable");
    run(&one, &url, &["upload", "stable"]).code(0);
    two.write("mentorpal.toml", format!("checkpoint = \"stable\"\n[remote]\nurl = \"{url}\"\n"));
    two.run(&["init"]).code(0).prints("downloaded fusion_v1/stable").says("no vector models");
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
    let dry = clean(&["--dry-run"]).code(0).prints("would remove 2 checkpoints");
    dry.says(
        "nothing would be removed without --force: the remote has no copy of fusion_v1/y (missing)",
    );
    clean(&["--dry-run", "--force"]).code(0).does_not_say("no copy");
    let said = clean(&[]).code(2).says("the remote has no copy of fusion_v1/y (missing)");
    let _ = said.says("--force");
    put_there(&disk, "y", &checkpoint(3, 1000));
    clean(&[]).code(2).says("fusion_v1/y (another item has this name)");
    disk.remove(&format!("{THERE}/y"));
    put_there(&disk, "y", &checkpoint(2, 1000));
    disk.put(&format!("{THERE}/y/ada/model.json"), b"short");
    clean(&[]).code(2).says("fusion_v1/y (the copy is damaged)");
    disk.remove(&format!("{THERE}/y/manifest.json"));
    clean(&[]).code(2).says("fusion_v1/y (the copy is damaged)");
    disk.put(&format!("{THERE}/y/manifest.json"), &checkpoint(2, 1000)["manifest.json"]);
    disk.put(&format!("{THERE}/y/ada/model.json"), &checkpoint(2, 1000)["ada/model.json"]);
    sandbox.write(&format!("{HERE}/.download-1/parts/0"), "half");
    clean(&["--dry-run"]).code(0).prints("unfinished downloads").does_not_say("no copy");
    assert_eq!(sandbox.checkpoint_names(), [".download-1", "x", "y"]);
    clean(&[]).code(0).prints("removed 2 checkpoints");
    assert_eq!(sandbox.checkpoint_names(), Vec::<String>::new());
    clean(&[]).code(0).prints("nothing to remove");
    run(&sandbox, &disk.url, &["download", "y"]).code(0);
    assert_eq!(sandbox.checkpoint("y"), checkpoint(2, 1000));
}

#[test]
fn only_intact_checkpoints_are_uploaded() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "{\"seed\":7}");
    let said = run(&sandbox, &disk.url, &["upload", "x"]).code(2);
    said.says("the checkpoint is damaged: ada/model.json: its SHA-256 differs from");
    assert_eq!(names(disk.names(THERE)).0, Vec::<String>::new());
    disk.has(None);
    sandbox.write(&format!("{HERE}/x/ada/model.json"), "short");
    run(&sandbox, &disk.url, &["upload", "x"]).code(2).says("the checkpoint is damaged: ada/");
    run(&sandbox, &disk.url, &["upload", "y"])
        .code(2)
        .says("the checkpoint `fusion_v1/y` does not exist");
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
    run(&sandbox, &disk.url, &["download", "x"]).code(2).says("is not a mentor's file");
    assert!(!Path::new(&sandbox.path().join("checkpoint")).join("escaped").exists());
    let (elsewhere, url) = folder();
    copy_folder(&sandbox.path().join(".netrc"), &elsewhere.path().join("x"));
    run(&sandbox, &url, &["download", "../x"]).code(2).says("architecture name `..`");
}
