//! nginx with `dav_ext`, and nginx as a proxy that terminates TLS.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Server, races, works};
use crate::remote::server::{PASSWORD, USER};
use crate::support::{require, require_program};

/// The path of the module in Debian. It implements folder listings.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/// Starts nginx with the directives `http`, in which `FOLDER` and `PORT` are replaced.
fn start(modules: &str, http: &str) -> Option<Server> {
    Server::start(("nginx", "nginx"), |port, folder| {
        let folder = folder.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/temporary;\n"))
            .concat();
        let http = http.replace("FOLDER", &folder.to_string()).replace("PORT", &port.to_string());
        let text = format!(
            "{modules}\ndaemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log \
             {folder}/log;\nevents {{}}\nhttp {{\naccess_log off;\nclient_max_body_size 0;\n\
             {temporary}{http}\n}}\n"
        );
        fs::write(format!("{folder}/conf"), text).unwrap();
        fs::write(format!("{folder}/users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).unwrap();
        ["-e", &format!("{folder}/log"), "-c", &format!("{folder}/conf")].map(str::to_owned).into()
    })
}

/// Starts nginx as a WebDAV server.
fn disk() -> Option<Server> {
    if !require("dav_ext", fs::exists(MODULE).unwrap()) {
        return None;
    }
    start(
        &format!("load_module {MODULE};"),
        "dav_ext_lock_zone zone=locks:1m;\n\
         server {\nlisten 127.0.0.1:PORT;\nroot FOLDER/data;\nlocation / {\n\
         auth_basic disk;\nauth_basic_user_file FOLDER/users;\n\
         dav_methods PUT DELETE MKCOL COPY MOVE;\n\
         dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;\ndav_ext_lock zone=locks;\n}\n}",
    )
}

/// Starts a proxy that terminates TLS for `server`; none if nginx or openssl is not installed.
///
/// `lines` are added to the proxy's `location`, with `TARGET` replaced by the address of the server.
pub(super) fn tls_before(server: Server, location: &str, lines: &str) -> Option<Server> {
    let certificate = Certificate::make()?;
    let target = format!("http://127.0.0.1:{}", server.port);
    let lines = lines.replace("TARGET", &target);
    let text = format!(
        "server {{\nlisten 127.0.0.1:PORT ssl;\nssl_certificate {0}/cert.pem;\n\
         ssl_certificate_key {0}/key.pem;\nlocation {location} {{\n{lines}\n}}\n}}",
        certificate.folder.path().display()
    );
    let mut front = start("", &text)?;
    front.url = format!("https://127.0.0.1:{}{location}", front.port);
    front.variables.push(("SSL_CERT_FILE", certificate.authority()));
    front.behind = Some(Box::new(server));
    front.certificate = Some(certificate);
    Some(front)
}

/// A certificate for 127.0.0.1, signed by a certificate authority of this test.
pub(super) struct Certificate {
    pub(super) folder: crate::support::Sandbox,
}

impl Certificate {
    /// Makes a certificate; none if openssl is not installed.
    pub(super) fn make() -> Option<Self> {
        let openssl = require_program("openssl", "openssl")?;
        let folder = crate::support::Sandbox::empty();
        let request = |words: &str| run(&openssl, folder.path(), words);
        request("-subj /CN=authority -keyout ca.key -out ca.pem");
        request(
            "-subj /CN=disk -CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1 -addext \
             basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem",
        );
        Some(Self { folder })
    }

    /// Returns the path of the certificate of the authority.
    pub(super) fn authority(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }
}

/// Creates a key and a certificate with openssl.
fn run(openssl: &Path, folder: &Path, words: &str) {
    let key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30";
    let mut command = Command::new(openssl);
    command.args(key.split(' ').chain(words.split_whitespace())).current_dir(folder);
    let made = command.stdin(Stdio::null()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn nginx() {
    let Some(server) = disk() else { return };
    works(&server);
    let Some(server) = disk() else { return };
    races(&server);
}
