//! Apache's `mod_dav`.

use std::fs;

use super::{MD5, Server, is_root, races, shares, works};
use crate::remote::server::USER;

/// The hash of `s3cret-pass` in Apache's format: `openssl dgst -sha1 -binary | base64`.
const HASH: &str = "{SHA}L3dEv8gDtB+jXteT8/hf4fSfiy4=";

/// Starts Apache with the authentication directives `auth` and the further directives `more`.
pub(super) fn start(auth: &str, more: &str) -> Option<Server> {
    Server::start(("apache", "apache2"), |port, folder| {
        let folder = folder.display();
        let modules = "/usr/lib/apache2/modules";
        // Apache drops root privileges.
        let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
        let names = "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest \
                     dav dav_fs";
        let load = |name| format!("LoadModule {name}_module {modules}/mod_{name}.so\n");
        let loads = names.split_whitespace().map(load).collect::<Vec<_>>().concat();
        let auth = auth.replace("FOLDER", &folder.to_string());
        let text = format!(
            "ServerRoot {folder}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile \
             {folder}/pid\nErrorLog {folder}/log\nMutex file:{folder}\nDefaultRuntimeDir \
             {folder}\n{user}{loads}DavLockDB {folder}/data.locks\nDocumentRoot \
             {folder}/data\n<Directory {folder}/data>\nDav On\nAuthName disk\n{auth}\nRequire \
             valid-user\n</Directory>\n{more}\n"
        );
        fs::write(format!("{folder}/conf"), text).unwrap();
        fs::write(format!("{folder}/users"), format!("{USER}:{HASH}\n")).unwrap();
        fs::write(format!("{folder}/digests"), format!("{USER}:disk:{MD5}\n")).unwrap();
        vec!["-X".into(), "-f".into(), format!("{folder}/conf")]
    })
}

/// Basic authentication.
pub(super) const BASIC: &str = "AuthType Basic\nAuthUserFile FOLDER/users";

/// Digest authentication.
const DIGEST: &str = "AuthType Digest\nAuthUserFile FOLDER/digests";

#[test]
fn apache() {
    let Some(server) = start(BASIC, "") else { return };
    works(&server);
    let Some(server) = start(BASIC, "") else { return };
    races(&server);
}

#[test]
fn apache_with_digest() {
    let Some(server) = start(DIGEST, "") else { return };
    works(&server);
    let Some(server) = start(DIGEST, "") else { return };
    races(&server);
}

#[test]
fn apache_that_forbids_names_with_a_leading_dot() {
    for status in ["403", "404"] {
        let more = format!("RedirectMatch {status} \"/\\.\"");
        let alias = "LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so\n";
        let Some(server) = start(BASIC, &format!("{alias}{more}")) else { return };
        shares(&server);
    }
}
