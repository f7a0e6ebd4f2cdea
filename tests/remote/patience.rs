//! Faults that stay: there is an end to patience, and the end says why.

use super::server::{Disk, Which, Wrong};
use super::{THERE, checkpoint, put_here, put_there, run, run_on, workspace};

/// A rule that holds for so many requests that nobody should wait for the end of it.
const MANY: usize = 50;

fn is_get(which: &Which, end: &str) -> bool {
    which.0 == "GET" && which.1.ends_with(end) && which.2 < MANY
}

#[track_caller]
fn gets(disk: &Disk, end: &str) -> usize {
    disk.asked().iter().filter(|asked| is_get(&asked.which, end)).count()
}

#[test]
fn a_repair_goes_on_when_the_damaged_copy_is_not_moved_at_once() {
    for wrong in [Wrong::Busy, Wrong::LockedButDone, Wrong::CutAfter] {
        let (disk, sandbox) = (Disk::serve(), workspace());
        put_here(&sandbox, "x", &checkpoint(1, 1000));
        put_there(&disk, "x", &checkpoint(1, 1000));
        disk.put(&format!("{THERE}/x/ada/model.json"), b"short");
        disk.has(Some((("MOVE".to_owned(), format!("/dav/{THERE}/x/"), 0), wrong)));
        run(&sandbox, &disk.url, &["upload", "x", "--force"]).code(0).prints("uploaded");
        assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000), "{wrong:?}");
    }
}

#[test]
fn a_file_of_a_bucket_that_is_not_there_is_named() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    disk.always(|which| is_get(which, "model.json").then_some(Wrong::NotThere));
    let said = run_on(&disk, &sandbox, &["download", "x"]).code(2);
    let _ = said.says("error: s3://team/classifiers/fusion_v1/x/ada/model.json: not there");
    assert_eq!(gets(&disk, "model.json"), 1);
}
