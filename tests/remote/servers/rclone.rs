//! `rclone serve webdav`.

use mentorpal::error::ErrorKind::Conflict;

use super::{Server, races, works};
use crate::remote::server::{PASSWORD, USER};
use crate::remote::{checkpoint, command, put_here, workspace};
use crate::support::failure;

/// Starts rclone.
pub(super) fn start() -> Option<Server> {
    Server::start(("rclone", "rclone"), |port, folder| {
        let data = folder.join("data").display().to_string();
        let address = format!("127.0.0.1:{port}");
        let words =
            ["serve", "webdav", &data, "--addr", &address, "--user", USER, "--pass", PASSWORD];
        words.map(str::to_owned).to_vec()
    })
}

#[test]
fn rclone() {
    let Some(server) = start() else { return };
    works(&server);
    let Some(server) = start() else { return };
    races(&server);
}

// The files on this server are those of the workspace, and would be deleted with them.
#[test]
fn the_workspace_served_by_a_server_is_not_a_copy() {
    let sandbox = workspace();
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let started = Server::start(("rclone", "rclone"), |port, _| {
        let data = sandbox.path().join("checkpoint").display().to_string();
        let address = format!("127.0.0.1:{port}");
        let login = ["--user", USER, "--pass", PASSWORD, "--dir-cache-time", "0"];
        let words = [&["serve", "webdav", &data, "--addr", &address][..], &login].concat();
        words.into_iter().map(str::to_owned).collect()
    });
    let Some(server) = started else { return };
    let run = sandbox.finish(&mut command(&sandbox, &server.url, &["clean", "--json"]));
    let _ = run.fails(failure(Conflict).at("fusion_v1/x"));
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 1000));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}
