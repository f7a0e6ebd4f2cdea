//! `rclone serve webdav`.

use super::{Server, races, works};
use crate::remote::server::{PASSWORD, USER};

/// Starts it.
pub(super) fn start() -> Option<Server> {
    Server::start("rclone", |port, folder| {
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
