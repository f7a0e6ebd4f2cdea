//! lighttpd's `mod_webdav`.

use std::fs;

use super::{Server, races, works};
use crate::remote::server::{PASSWORD, USER};
use crate::support::require;

/// The path of the module in Debian. Without it, lighttpd has no WebDAV.
const MODULE: &str = "/usr/lib/lighttpd/mod_webdav.so";

/// Starts lighttpd; `scheme` is the authentication method with its options.
fn start(scheme: &str) -> Option<Server> {
    if !require("mod_webdav", fs::exists(MODULE).unwrap()) {
        return None;
    }
    Server::start(("lighttpd", "lighttpd"), |port, folder| {
        let folder = folder.display();
        let text = format!(
            "server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_webdav\")\n\
             server.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.document-root = \"{folder}/data\"\nserver.errorlog = \"{folder}/log\"\n\
             server.upload-dirs = (\"{folder}\")\n\
             webdav.activate = \"enable\"\nwebdav.is-readonly = \"disable\"\n\
             auth.backend = \"plain\"\nauth.backend.plain.userfile = \"{folder}/users\"\n\
             auth.require = (\"\" => ({scheme}, \"realm\" => \"disk\", \
             \"require\" => \"valid-user\"))\n"
        );
        fs::write(format!("{folder}/conf"), text).unwrap();
        fs::write(format!("{folder}/users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        vec!["-D".into(), "-f".into(), format!("{folder}/conf")]
    })
}

#[test]
fn lighttpd() {
    let basic = "\"method\" => \"basic\"";
    let Some(server) = start(basic) else { return };
    works(&server);
    let Some(server) = start(basic) else { return };
    races(&server);
}

#[test]
fn lighttpd_with_digest_of_sha_256() {
    for algorithm in ["SHA-256", "MD5|SHA-256"] {
        let digest = format!("\"method\" => \"digest\", \"algorithm\" => \"{algorithm}\"");
        let Some(server) = start(&digest) else { return };
        super::shares(&server);
    }
}
