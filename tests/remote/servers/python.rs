//! WsgiDAV.

use std::fs;

use serde_json::json;

use super::{Server, races, shares, works};
use crate::remote::server::{PASSWORD, USER};

/// Starts WsgiDAV with Basic, Digest, or both.
pub(super) fn start(basic: bool, digest: bool) -> Option<Server> {
    Server::start(("wsgidav", "wsgidav"), |port, folder| {
        let settings = json!({
            "host": "127.0.0.1", "port": port, "verbose": 1,
            "provider_mapping": { "/": folder.join("data") },
            "http_authenticator": {
                "accept_basic": basic, "accept_digest": digest, "default_to_digest": digest,
            },
            "simple_dc": { "user_mapping": { "*": { USER: { "password": PASSWORD } } } },
        });
        let path = folder.join("wsgidav.json");
        fs::write(&path, settings.to_string()).unwrap();
        vec!["--config".into(), path.display().to_string()]
    })
}

#[test]
fn wsgidav() {
    let Some(server) = start(true, false) else { return };
    works(&server);
    let Some(server) = start(true, false) else { return };
    races(&server);
}

#[test]
fn wsgidav_with_digest() {
    let Some(server) = start(false, true) else { return };
    works(&server);
    let Some(server) = start(false, true) else { return };
    races(&server);
}

#[test]
fn wsgidav_with_basic_and_digest() {
    let Some(server) = start(true, true) else { return };
    shares(&server);
}
