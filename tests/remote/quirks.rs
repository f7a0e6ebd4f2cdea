//! Unusual servers that are supported.

use super::server::{Disk, Wrong};
use super::webdav::Quirks;
use super::{Files, THERE, checkpoint, names, put_here, put_there, run, staging, workspace};

/// Uploads, lists, verifies and downloads a checkpoint.
fn shares(disk: &Disk) {
    let (one, two) = (workspace(), workspace());
    let files = checkpoint(1, 1000);
    put_here(&one, "x", &files);
    run(&one, &disk.url, &["checkpoints", "--remote"]).code(0).says("no checkpoints");
    run(&one, &disk.url, &["upload", "x"]).code(0).prints("uploaded fusion_v1/x");
    run(&one, &disk.url, &["upload", "x"]).code(0).prints("already");
    run(&two, &disk.url, &["checkpoints", "--remote"]).code(0).prints("fusion_v1/x");
    let verified = run(&two, &disk.url, &["checkpoints", "verify", "--remote"]).code(0);
    verified.prints("fusion_v1/x: intact, 3 files");
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
    let _ = verified.prints("1 fault").says("ada/model.json: missing");
}

#[test]
fn a_server_that_sends_every_file_as_html() {
    let disk = Disk::serve();
    disk.has_quirks(Quirks { labels_pages: true, ..Quirks::default() });
    shares(&disk);
    // A damaged file is reported as damaged, not as a login page.
    disk.put(&format!("{THERE}/x/ada/model.json"), b"{\"seed\":9}");
    let verified = run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let _ = verified.does_not_say("a page came");
    disk.put(&format!("{THERE}/x/ada/model.json"), b"<html><body>Log in</body></html>");
    let verified = run(&workspace(), &disk.url, &["checkpoints", "verify", "--remote"]).code(1);
    let _ = verified.says("model.json: got an HTML page instead of the file");
    disk.put(&format!("{THERE}/x/manifest.json"), b"\n<!DOCTYPE html><p>Log in");
    let said = run(&workspace(), &disk.url, &["download", "x"]).code(2);
    let _ = said.says("manifest.json: got an HTML page instead of the file");
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
        let said = run(&sandbox, &disk.url, &["upload", "x"]).code(0).prints("uploaded");
        assert_eq!(said.stderr.matches("no names that begin with a dot").count(), 1, "{said}");
        assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
        assert_eq!(names(disk.names(THERE)).0, ["x"]);
        // A repair moves the damaged copy to a hidden name.
        disk.put(&format!("{THERE}/x/ada/model.json"), b"short");
        run(&sandbox, &disk.url, &["upload", "x", "--force"]).code(0).prints("uploaded");
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
    run(&sandbox, &disk.url, &["checkpoints", "--remote"]).code(0).says("no checkpoints");
    run(&sandbox, &disk.url, &["checkpoints", "verify", "--remote"]).code(0);
    // The next run resumes.
    run(&sandbox, &disk.url, &["upload", "x"]).code(0).prints("uploaded");
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
    let said = run(&sandbox, &disk.url, &["upload", "x"]).code(2).says("403");
    said.says("ask the server's administrator for permission").does_not_say("begin with a dot");
    assert_eq!(disk.files(&format!("{THERE}/x")), Files::new());
}
