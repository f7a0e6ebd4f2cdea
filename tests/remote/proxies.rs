//! Servers behind proxies that change the URL.

use super::server::Disk;
use super::webdav::Quirks;
use super::{THERE, checkpoint, put_here, run, workspace};

/// Returns the number of `MOVE` requests.
fn moves(disk: &Disk) -> usize {
    disk.asked().iter().filter(|asked| asked.which.0 == "MOVE").count()
}

#[test]
fn the_accepted_destination_form_is_determined_once() {
    // Three files and their folder are moved. The port of the server makes two of the four forms
    // equal.
    for (destination, refused) in [("http://127.0.0.1:", 0), ("http://127.0.0.1/", 1), ("/", 2)] {
        let (disk, sandbox) = (Disk::serve(), workspace());
        disk.has_quirks(Quirks { destination: Some(destination), ..Quirks::default() });
        put_here(&sandbox, "x", &checkpoint(1, 1000));
        assert!(super::has_moved(run(&sandbox, &disk.url, &["upload", "x", "--json"])));
        assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 1000));
        assert_eq!(moves(&disk), 4 + refused, "{destination}");
    }
}

#[test]
fn a_server_that_accepts_no_destination_form_is_reported_at_once() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    disk.has_quirks(Quirks { destination: Some("ftp:"), ..Quirks::default() });
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let error = run(&sandbox, &disk.url, &["upload", "x", "--json"]).code(2).error();
    assert_eq!(error["kind"], "unsupported");
    assert!(error["place"]["path"].as_str().is_some_and(|path| path.starts_with(&disk.url)));
    assert!(error["caused_by"].to_string().contains("502"), "{error}");
    // Up to four concurrent transfers find this out, without a delay.
    assert!(moves(&disk) <= 12, "{}", moves(&disk));
    assert_eq!(disk.names(THERE).iter().filter(|name| !name.starts_with('.')).count(), 0);
}
