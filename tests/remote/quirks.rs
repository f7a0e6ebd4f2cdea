//! Unusual servers that are supported.

use mentorpal::error::ErrorKind::{Unauthorized, Unreachable};

use super::server::{Disk, Wrong};
use super::webdav::Quirks;
use super::{Files, THERE, checkpoint, names, put_here, put_there, run, staging, workspace};
use crate::support::failure;

/// Uploads, lists, verifies and downloads a checkpoint.
fn shares(disk: &Disk) {
    let (one, two) = (workspace(), workspace());
    let files = checkpoint(1, 1000);
    put_here(&one, "x", &files);
    assert_eq!(run(&one, &disk.url, &["checkpoints", "--remote"]).code(0).stdout, "");
    assert!(super::has_moved(run(&one, &disk.url, &["upload", "x", "--json"])));
    assert!(!super::has_moved(run(&one, &disk.url, &["upload", "x", "--json"])));
    run(&two, &disk.url, &["checkpoints", "--remote"]).code(0).prints("fusion_v1/x");
    let verified = run(&two, &disk.url, &["checkpoints", "verify", "--remote", "--json"]).code(0);
    assert_eq!(verified.line()["files"], 3);
    run(&two, &disk.url, &["download", "x"]).code(0);
    assert_eq!(two.checkpoint("x"), files);
    assert_eq!(disk.names(THERE), ["x"]);
}

#[test]
fn a_server_that_omits_the_folder_from_its_listing() {
    let disk = Disk::serve();
    disk.has_quirks(Quirks { hides_itself: true, ..Quirks::default() });
    shares(&disk);
    // A missing file is detected.
    disk.remove(&format!("{THERE}/x/ada/model.json"));
    let verified = run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let _ = verified.warns(&["ada/model.json: "]);
}

#[test]
fn a_server_that_sends_every_file_as_html() {
    let disk = Disk::serve();
    disk.has_quirks(Quirks { labels_pages: true, ..Quirks::default() });
    shares(&disk);
    // A damaged file is reported as damaged, not as a login page.
    disk.put(&format!("{THERE}/x/ada/model.json"), b"{\"seed\":9}");
    let verified = run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let _ = verified.warns(&["model.json: ", "SHA-256"]);
    disk.put(&format!("{THERE}/x/ada/model.json"), b"<html><body>Log in</body></html>");
    let verified = run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let _ = verified.notes(&["error: ", "model.json: "]);
    disk.put(&format!("{THERE}/x/manifest.json"), b"\n<!DOCTYPE html><p>Log in");
    let said = run(&workspace(), &disk.url, &["download", "x", "--json"]);
    let _ = said.fails(failure(Unreachable).at("x/manifest.json"));
}

#[test]
fn a_server_that_refuses_names_with_a_leading_dot() {
    for forbid in [
        (|which| which.1.contains("/.").then_some(Wrong::NotThere))
            as fn(&super::server::Which) -> _,
        |which| which.1.contains("/.").then_some(Wrong::Forbidden),
        // Folders may start with a dot.
        |which| (which.0 == "PUT" && which.1.contains("/.part")).then_some(Wrong::Forbidden),
        // The folder is created but not listed.
        |which| (which.0 != "MKCOL" && which.1.contains("/.upload")).then_some(Wrong::NotThere),
    ] {
        let (disk, sandbox) = (Disk::serve(), workspace());
        disk.always(forbid);
        put_here(&sandbox, "x", &checkpoint(1, 1000));
        assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--json"])));
        assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
        assert_eq!(names(disk.names(THERE)).0, ["x"]);
        // A repair moves the damaged copy to a hidden name.
        disk.put(&format!("{THERE}/x/ada/model.json"), b"short");
        assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--force", "--json"])));
        let listed = run(&workspace(), &disk.url, &["checkpoints", "--remote", "--json"]).code(0);
        assert_eq!(listed.json().len(), 1);
        run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(0);
    }
}

#[test]
fn a_running_upload_without_a_leading_dot_is_not_a_checkpoint() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    disk.always(|which| which.1.contains("/.").then_some(Wrong::Forbidden));
    let files = checkpoint(1, 1000);
    put_here(&sandbox, "x", &files);
    // The state after a run that was killed just before its end.
    let under_way = staging("x", &files).replace("/.upload", "/-upload");
    for (path, bytes) in &files {
        disk.put(&format!("{under_way}/{path}"), bytes);
    }
    assert_eq!(run(&sandbox, &disk.url, &["checkpoints", "--remote"]).code(0).stdout, "");
    run(&sandbox, &disk.url, &["checkpoints", "verify", "--remote"]).code(0);
    // The next run resumes.
    assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--json"])));
    assert_eq!(disk.files(&format!("{THERE}/x")), files);
    assert_eq!(disk.names(THERE), ["x"]);
    let puts = disk.asked().iter().filter(|asked| asked.which.0 == "PUT").count();
    assert_eq!(puts, 0);
}

#[test]
fn a_read_only_server_is_reported_as_read_only() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "other", &checkpoint(2, 100));
    disk.always(|which| matches!(&*which.0, "MKCOL" | "PUT").then_some(Wrong::Forbidden));
    put_here(&sandbox, "x", &checkpoint(1, 100));
    let staging = format!("dav/{}", staging("x", &checkpoint(1, 100)));
    let error = failure(Unauthorized).at(&staging).with("403");
    run(&sandbox, &disk.url, &["upload", "x", "--json"]).fails(error);
    assert_eq!(disk.files(&format!("{THERE}/x")), Files::new());
}
