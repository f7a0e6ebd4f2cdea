//! Servers behind a proxy that terminates TLS. These servers receive requests over plain `http` and
//! compare the scheme of `Destination` with it.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound, Unreachable};

use super::nginx::tls_before;
use super::{Server, apache, python, races, rclone, sabre, shares};
use crate::remote::{checkpoint, put_here, workspace};
use crate::support::failure;

/// The `Host` header that the proxy sends: host and port, the host alone, or the name of the
/// backend.
const HOSTS: [&str; 3] = [
    "proxy_set_header Host $host:$server_port;",
    "proxy_set_header Host $host;",
    "proxy_set_header Host $proxy_host;",
];

/// Checks every operation behind each kind of proxy, and concurrent uploads behind the first kind.
fn behind_each(start: impl Fn() -> Option<Server>) {
    for (number, host) in HOSTS.iter().enumerate() {
        let lines = format!("proxy_pass TARGET;\n{host}");
        let Some(server) = start() else { return };
        let Some(front) = tls_before(server, "/", &lines) else { return };
        shares(&front);
        if number == 0 {
            let Some(server) = start() else { return };
            races(&tls_before(server, "/", &lines).unwrap());
        }
    }
}

#[test]
fn wsgidav_behind_tls() {
    behind_each(|| python::start(true, false));
}

#[test]
fn apache_behind_tls() {
    behind_each(|| apache::start(apache::BASIC, ""));
}

#[test]
fn rclone_behind_tls() {
    behind_each(rclone::start);
}

#[test]
fn a_proxy_that_changes_paths_is_reported() {
    let lines = "proxy_pass TARGET/;\nproxy_set_header Host $host:$server_port;";
    let apache = || apache::start(apache::BASIC, "");
    let sabre = || sabre::start(sabre::BASIC);
    let wsgidav = || python::start(true, false);
    for start in [&apache as &dyn Fn() -> Option<Server>, &sabre, &wsgidav] {
        let Some(front) = start().and_then(|server| tls_before(server, "/team/", lines)) else {
            continue;
        };
        let sandbox = workspace();
        put_here(&sandbox, "x", &checkpoint(1, 1000));
        let error = front.run(&sandbox, &["upload", "x", "--json"]).code(2).error();
        assert_eq!(error["kind"], "unsupported");
        let text = error.to_string();
        assert!(text.contains("`Destination`") && text.contains("`/classifiers/"), "{error}");
        // Commands that only read are not affected.
        assert_eq!(front.run(&sandbox, &["checkpoints", "--remote"]).code(0).stdout, "");
    }
}

#[test]
fn an_unknown_certificate_authority_is_accepted_in_ca_file_or_ssl_cert_file() {
    let Some(server) = rclone::start() else { return };
    let Some(mut front) = tls_before(server, "/", "proxy_pass TARGET;") else { return };
    let authority = std::mem::take(&mut front.variables).pop().unwrap().1;
    let sandbox = workspace();
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    front.run(&sandbox, &["upload", "x", "--json"]).fails(
        failure(Unreachable)
            .at(front.url.trim_end_matches('/'))
            .with("SSL_CERT_FILE")
            .with("ca_file")
            .with("UnknownIssuer"),
    );
    let ca_file = |path: &str| {
        sandbox.write("mentorpal.toml", format!("[remote]\nca_file = \"{path}\"\n"));
        front.run(&sandbox, &["upload", "x", "--json"])
    };
    ca_file("gone.pem").fails(failure(NotFound).at("gone.pem"));
    sandbox.write("not.pem", "no certificate\n");
    ca_file("not.pem").fails(failure(InvalidInput).at("not.pem"));
    let text = std::fs::read_to_string(&authority).unwrap();
    sandbox.write("cut.pem", text.replace("\nMII", "\nAAA"));
    ca_file("cut.pem").fails(failure(InvalidInput).at("cut.pem").with("1"));
    // A path relative to the workspace.
    sandbox.write("certificates/ca.pem", format!("# ours\n{text}"));
    assert!(super::super::has_moved(ca_file("certificates/ca.pem")));
    assert!(!super::super::has_moved(ca_file(&authority)));
    std::fs::remove_file(sandbox.path().join("mentorpal.toml")).unwrap();
    front.variables.push(("SSL_CERT_FILE", authority));
    assert!(!super::super::has_moved(front.run(&sandbox, &["upload", "x", "--json"])));
}
