//! Permanent faults: retries end, with an error that names the reason.

use mentorpal::error::ErrorKind::{NotFound, Unreachable};

use super::server::{Disk, Which, Wrong};
use super::{Files, THERE, checkpoint, here, put_here, put_there, run, run_on, workspace};
use crate::support::failure;

/// A rule for more requests than any command sends.
const MANY: usize = 50;

fn is_get(which: &Which, end: &str) -> bool {
    which.0 == "GET" && which.1.ends_with(end) && which.2 < MANY
}

#[track_caller]
fn gets(disk: &Disk, end: &str) -> usize {
    disk.asked().iter().filter(|asked| is_get(&asked.which, end)).count()
}

// The server has no validators, so each GET starts from the beginning.
#[test]
fn a_download_without_progress_ends() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 10_000));
    disk.always(|which| is_get(which, "model.safetensors").then_some(Wrong::CutMidway));
    disk.forgets_tags();
    let said = run(&sandbox, &disk.url, &["download", "x", "--json"]);
    let _ = said.fails(failure(Unreachable).at("x/ada/model.safetensors").with("6"));
    assert_eq!(gets(&disk, "model.safetensors"), 6);
    assert_eq!(here(&sandbox, "x"), Files::new());
}

// A download from a server with validators resumes with ranges, however often it is interrupted.
#[test]
fn a_download_with_progress_continues() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 10_000));
    disk.always(|which| {
        (is_get(which, "model.safetensors") && which.2 < 10).then_some(Wrong::CutMidway)
    });
    run(&sandbox, &disk.url, &["download", "x"]).code(0);
    assert_eq!(gets(&disk, "model.safetensors"), 11);
    assert_eq!(here(&sandbox, "x"), checkpoint(1, 10_000));
}

#[test]
fn a_listed_but_missing_manifest_is_an_error() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    disk.always(|which| is_get(which, "manifest.json").then_some(Wrong::NotThere));
    let said = run(&sandbox, &disk.url, &["download", "x", "--json"]);
    let _ = said.fails(failure(Unreachable).at("x/manifest.json"));
    assert_eq!(gets(&disk, "manifest.json"), 6);
}

#[test]
fn a_repair_continues_while_the_damaged_copy_is_moved_late() {
    for wrong in [Wrong::Busy, Wrong::LockedButDone, Wrong::CutAfter] {
        let (disk, sandbox) = (Disk::serve(), workspace());
        put_here(&sandbox, "x", &checkpoint(1, 1000));
        put_there(&disk, "x", &checkpoint(1, 1000));
        disk.put(&format!("{THERE}/x/ada/model.json"), b"short");
        disk.has(Some((("MOVE".to_owned(), format!("/dav/{THERE}/x/"), 0), wrong)));
        assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--force", "--json"])));
        assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000), "{wrong:?}");
    }
}

// `HEAD` finds the file, `GET` does not.
#[test]
fn a_missing_file_of_a_bucket_is_named() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    disk.always(|which| is_get(which, "model.json").then_some(Wrong::NotThere));
    let said = run_on(&disk, &sandbox, &["download", "x", "--json"]);
    let place = "s3://team/classifiers/fusion_v1/x/ada/model.json";
    let _ = said.fails(failure(NotFound).at(place));
    assert_eq!(gets(&disk, "model.json"), 1);
}

// A new connection may take several round trips. There are about twenty requests, and at most four
// files are transferred at a time.
#[test]
fn connections_are_reused() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    run(&sandbox, &disk.url, &["upload", "x"]).code(0);
    let (asked, connections) = (disk.asked().len(), disk.connections());
    assert!(asked > 15 && connections <= 4, "{connections} for {asked}");
}
