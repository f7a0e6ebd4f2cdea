//! Uploads to a bucket: concurrent runs, and leftovers of killed runs.

use mentorpal::error::ErrorKind::Corrupt;

use super::server::{Disk, Which, Wrong};
use super::{THERE, checkpoint, names, put_here, put_there, run_on, staging, workspace};
use crate::support::failure;

// Another run with the same content fails and removes its own uploaded file.
#[test]
fn an_upload_sends_a_file_again_after_another_run_removed_it() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 100));
    disk.has(None);
    run_on(&disk, &sandbox, &["upload", "x"]).code(0);
    // The listing before a folder is moved includes all subfolders.
    let lists = disk.asked().into_iter().map(|asked| asked.which);
    let list = lists.filter(|(method, path, _)| method == "LIST" && !path.contains("delimiter"));
    let list = list.collect::<Vec<_>>().swap_remove(0);
    disk.remove(&format!("{THERE}/x"));
    disk.has(Some((list, Wrong::FileGone)));
    assert!(super::has_moved(run_on(&disk, &sandbox, &["upload", "x", "--json"])));
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 100));
    assert_eq!(names(disk.names(THERE)).1, Vec::<String>::new());
}

// The file with this name may belong to another run.
#[test]
fn a_failed_put_is_not_repeated_if_the_file_arrived() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    let files = checkpoint(1, 100);
    put_here(&sandbox, "x", &files);
    let path = format!("/team/{}/ada/model.json", staging("x", &files));
    disk.has(Some((("PUT".to_owned(), path.clone(), 0), Wrong::BusyButDone)));
    run_on(&disk, &sandbox, &["upload", "x"]).code(0);
    let is_put = |which: &Which| which.0 == "PUT" && which.1 == path;
    assert_eq!(disk.asked().iter().filter(|asked| is_put(&asked.which)).count(), 1);
}

#[test]
fn a_damaged_local_file_is_not_sent_to_a_bucket() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    put_here(&sandbox, "x", &checkpoint(1, 100));
    sandbox.write(&format!("{}/x/ada/model.json", super::HERE), "{\"seed\":7}");
    disk.has(None);
    run_on(&disk, &sandbox, &["upload", "x", "--json"])
        .fails(failure(Corrupt).at("fusion_v1/x").with("ada/model.json").with("SHA-256"));
    let sent = |path: &str| path.ends_with("model.json");
    let asked = disk.asked();
    assert!(!asked.iter().any(|asked| asked.which.0 == "PUT" && sent(&asked.which.1)));
}

#[test]
fn leftovers_of_an_upload_killed_after_publishing_are_removed() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    let files = checkpoint(1, 100);
    put_here(&sandbox, "x", &files);
    put_there(&disk, "x", &files);
    let staging = staging("x", &files);
    disk.put(&format!("{THERE}/x/.claim"), staging.as_bytes());
    disk.put(&format!("{staging}/ada/model.json"), &files["ada/model.json"]);
    run_on(&disk, &sandbox, &["upload", "x", "--dry-run"]).code(0);
    assert!(disk.files(&format!("{THERE}/x")).contains_key(".claim"));
    assert!(!super::has_moved(run_on(&disk, &sandbox, &["upload", "x", "--json"])));
    assert_eq!(disk.files(&format!("{THERE}/x")), files);
    assert_eq!(disk.names(THERE), ["x"]);
}
