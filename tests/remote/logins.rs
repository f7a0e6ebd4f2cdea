//! Passwords: which server receives them, and errors for missing and wrong ones.

use std::fs;

use mentorpal::error::ErrorKind::{
    Corrupt, InvalidInput, NotFound, Unauthorized, Unreachable, Unsupported,
};

use super::server::{BASIC, Disk, PASSWORD, USER};
use super::{checkpoint, netrc_file, put_here, put_there, run, workspace};
use crate::support::{Failure, Sandbox, failure};

const UPLOAD: [&str; 3] = ["upload", "fusion_v1/x", "--json"];

/// Creates a server, and a workspace without a `.netrc` but with the checkpoint `x`.
fn scene() -> (Disk, Sandbox) {
    let (disk, sandbox) = (Disk::serve(), Sandbox::empty());
    put_here(&sandbox, "x", &checkpoint(1, 100));
    (disk, sandbox)
}

/// The error of a server that refuses the login.
fn denied() -> Failure {
    failure(Unauthorized).at("dav/classifiers/fusion_v1/x/manifest.json")
}

fn entry(machine: &str) -> String {
    format!("machine {machine}\nlogin {USER}\npassword {PASSWORD}\n")
}

#[test]
fn a_missing_netrc_entry_is_printed_as_three_lines() {
    let (disk, sandbox) = scene();
    let file = sandbox.path().join(".netrc").display().to_string();
    let error = denied().with("401").with(file);
    let error = error.with("machine 127.0.0.1\nlogin USER\npassword PASSWORD");
    run(&sandbox, &disk.url, &UPLOAD).fails(error);
    // The printed lines work.
    netrc_file(&sandbox, &entry("127.0.0.1"));
    run(&sandbox, &disk.url, &UPLOAD).code(0).warns_of_nothing();
    // The first request of each run is unauthenticated, because the response names the scheme.
    let asked = disk.asked();
    let shown: Vec<_> = asked.iter().filter_map(|asked| asked.authorization.as_deref()).collect();
    assert!(shown.iter().all(|shown| *shown == BASIC) && shown.len() + 2 == asked.len());
}

#[test]
fn netrc_of_the_workspace_takes_precedence_and_settings_override_it() {
    let (disk, sandbox) = scene();
    sandbox.write("other", entry("127.0.0.1"));
    sandbox.write("home/.netrc", "machine 127.0.0.1 login wrong password wrong");
    let with = |variables: &[(&str, &str)]| {
        let mut command = super::command(&sandbox, &disk.url, &UPLOAD);
        command.env("HOME", sandbox.path().join("home")).envs(variables.iter().copied());
        sandbox.finish(&mut command)
    };
    let other = sandbox.path().join("other");
    with(&[]).fails(denied().with("home/.netrc"));
    with(&[("NETRC", other.to_str().unwrap())]).code(0);
    netrc_file(&sandbox, "machine 127.0.0.1 login wrong password wrong");
    with(&[("NETRC", other.to_str().unwrap())]).fails(denied().with("`127.0.0.1`"));
    let explicit = [("MENTORPAL_REMOTE_USER", USER), ("MENTORPAL_REMOTE_PASSWORD", PASSWORD)];
    with(&explicit).code(0);
    let url = disk.url.replace("//", &format!("//{USER}:{PASSWORD}@"));
    with(&[("MENTORPAL_REMOTE", &url)]).code(0);
    with(&[("MENTORPAL_REMOTE_PASSWORD", "wrong"), explicit[0]]).fails(denied());
}

#[test]
fn an_incomplete_login_is_completed_or_refused() {
    let (disk, sandbox) = scene();
    let other = "machine 127.0.0.1 login eve password other\n";
    netrc_file(&sandbox, &format!("{other}{}", entry("127.0.0.1")));
    let with = |url: &str, variables: &[(&str, &str)]| {
        let mut command = super::command(&sandbox, url, &UPLOAD);
        sandbox.finish(command.envs(variables.iter().copied()))
    };
    let user_alone = disk.url.replace("//", &format!("//{USER}@"));
    with(&user_alone, &[]).code(0);
    with(&disk.url, &[("MENTORPAL_REMOTE_USER", USER)]).code(0);
    netrc_file(&sandbox, other);
    with(&user_alone, &[("MENTORPAL_REMOTE_PASSWORD", PASSWORD)]).code(0);
    disk.has(None);
    with(&user_alone, &[]).fails(failure(Unauthorized).with("MENTORPAL_REMOTE_PASSWORD"));
    let user = [("MENTORPAL_REMOTE_USER", USER)];
    with(&disk.url, &user).fails(failure(Unauthorized).with("MENTORPAL_REMOTE_USER"));
    let password = [("MENTORPAL_REMOTE_PASSWORD", PASSWORD)];
    with(&disk.url, &password).fails(failure(Unauthorized).with("MENTORPAL_REMOTE_USER"));
    assert_eq!(disk.asked().len(), 0);
}

#[test]
fn an_invalid_netrc_is_refused_with_its_line() {
    let (disk, sandbox) = scene();
    netrc_file(&sandbox, &format!("# mine\nmachine 127.0.0.1 login {USER} password \"s3cret\n"));
    run(&sandbox, &disk.url, &UPLOAD).fails(failure(Corrupt).at(".netrc").row(2));
    netrc_file(&sandbox, &format!("machine 127.0.0.1 login {USER}\npassword #{PASSWORD}\n"));
    run(&sandbox, &disk.url, &UPLOAD).fails(failure(Unauthorized).at(".netrc").row(1));
    assert_eq!(disk.asked().len(), 0);
}

#[cfg(unix)]
#[test]
fn a_netrc_readable_by_other_users_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let (disk, sandbox) = scene();
    netrc_file(&sandbox, &entry("127.0.0.1"));
    let file = sandbox.path().join(".netrc");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    run(&sandbox, &disk.url, &UPLOAD).code(0).warns(&["chmod 600"]);
}

#[test]
fn bucket_keys_are_sent_over_plain_http_only_to_localhost() {
    let sandbox = workspace();
    put_here(&sandbox, "x", &checkpoint(1, 100));
    let keys = [
        ("MENTORPAL_REMOTE", "s3://team"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "s3cret"),
        ("AWS_ENDPOINT_URL", "http://disk.invalid"),
    ];
    let error = failure(InvalidInput).at("http://disk.invalid").with("--insecure");
    sandbox.run_with(&keys, &UPLOAD).fails(error);
    let error = failure(Unauthorized).with("AWS_ACCESS_KEY_ID");
    sandbox.run_with(&keys[..1], &UPLOAD).fails(error);
}

#[test]
fn passwords_are_sent_over_plain_http_only_if_allowed() {
    let (disk, sandbox) = scene();
    netrc_file(&sandbox, &entry("disk.invalid"));
    // The host name is unknown, but the request goes through a proxy on this machine.
    let go = |arguments: &[&str]| {
        disk.has(None);
        let mut command = super::command(&sandbox, "http://disk.invalid/dav", arguments);
        sandbox.finish(command.env("HTTP_PROXY", &disk.server))
    };
    go(&UPLOAD).fails(denied().with("--insecure"));
    let shown = |disk: &Disk| -> Vec<Option<String>> {
        disk.asked().into_iter().map(|asked| asked.authorization).collect()
    };
    assert!(!shown(&disk).is_empty());
    assert!(shown(&disk).iter().all(Option::is_none));
    go(&["upload", "fusion_v1/x", "--insecure"]).code(0);
    assert!(shown(&disk).iter().skip(1).all(|shown| shown.as_deref() == Some(BASIC)));
    assert_eq!(disk.files(&format!("{}/x", super::THERE)), checkpoint(1, 100));
}

#[test]
fn requests_to_localhost_bypass_the_proxy() {
    let (disk, sandbox) = scene();
    netrc_file(&sandbox, &entry("127.0.0.1"));
    // A proxy that would receive the password.
    let proxy = Disk::serve();
    for name in ["ALL_PROXY", "HTTP_PROXY", "https_proxy"] {
        let mut command =
            super::command(&sandbox, &disk.url, &["upload", "fusion_v1/x", "--force"]);
        sandbox.finish(command.env(name, &proxy.server)).code(0);
    }
    assert_eq!(proxy.asked().len(), 0);
    assert_eq!(disk.files(&format!("{}/x", super::THERE)), checkpoint(1, 100));
}

// The rules are those of curl, and unit tests check each rule. This test checks that they are
// applied.
#[test]
fn hosts_in_no_proxy_bypass_the_proxy() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    let asked = |no_proxy: &[(&str, &str)]| {
        disk.has(None);
        let mut command = super::command(
            &sandbox,
            "http://disk.invalid/dav",
            &["checkpoints", "--remote", "--json"],
        );
        command.env("http_proxy", &disk.server).envs(no_proxy.iter().copied());
        let run = sandbox.finish(&mut command).code(2);
        assert_eq!(disk.asked().is_empty(), run.error()["kind"] == "unreachable", "{run}");
        !disk.asked().is_empty()
    };
    // The proxy receives the request, without a password.
    assert!(asked(&[]));
    for list in ["invalid", " other.example , disk.invalid", "other.example .INVALID.", "*"] {
        assert!(!asked(&[("NO_PROXY", list)]), "{list}");
        assert!(!asked(&[("no_proxy", list)]), "{list}");
    }
    for list in ["sk.invalid", "disk.invalid:80", "*.invalid", "disk.*", "*,x", "10.0.0.0/8"] {
        assert!(asked(&[("NO_PROXY", list)]), "{list}");
    }
    // As in curl, lower-case variables take precedence, and an empty variable counts as unset.
    assert!(asked(&[("no_proxy", "x"), ("NO_PROXY", "*")]));
    assert!(!asked(&[("no_proxy", ""), ("NO_PROXY", "*")]));
}

#[test]
fn a_public_link_is_read_with_its_token_but_not_written() {
    let disk = Disk::serve();
    disk.open_to_all();
    disk.has(None);
    // The path of a public link in Nextcloud.
    for (path, bytes) in checkpoint(1, 100) {
        disk.put(&format!("public.php/webdav/classifiers/fusion_v1/x/{path}"), &bytes);
    }
    let sandbox = workspace();
    // The password for the machine is not sent to a link.
    for link in ["/dav/s/s3cretToken", "/dav/index.php/s/s3cretToken"] {
        let url = disk.url.replace("/dav", link);
        let listed = run(&sandbox, &url, &["checkpoints", "--remote"]).code(0);
        let _ = listed.prints("fusion_v1/x");
        run(&sandbox, &url, &["download", "fusion_v1/x", "--force"]).code(0);
        run(&sandbox, &url, &["upload", "fusion_v1/x", "--json"])
            .fails(failure(Unsupported).at("dav/public.php/webdav"));
    }
    // `printf s3cretToken: | base64`
    let shown = Some("Basic czNjcmV0VG9rZW46".to_owned());
    assert!(disk.asked().iter().all(|asked| asked.authorization == shown));
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 100));
    // Newer servers have only the other path.
    disk.remove("public.php/webdav");
    for (path, bytes) in checkpoint(1, 100) {
        disk.put(
            &format!("public.php/dav/files/s3cretToken/classifiers/fusion_v1/x/{path}"),
            &bytes,
        );
    }
    let url = disk.url.replace("/dav", "/dav/s/s3cretToken");
    run(&sandbox, &url, &["checkpoints", "--remote"]).code(0).prints("fusion_v1/x");
    run(&sandbox, &url.replace("s3cretToken", "gone"), &["checkpoints", "--remote", "--json"])
        .fails(failure(NotFound).at("dav/public.php/webdav").with("404"));
}

#[test]
fn the_password_is_not_sent_to_a_redirect_on_another_server() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    disk.has(Some((
        ("GET".into(), "/dav/classifiers/fusion_v1/x/ada/model.json".into(), 0),
        super::server::Wrong::OtherServer,
    )));
    run(&sandbox, &disk.url, &["download", "fusion_v1/x", "--json"])
        .fails(failure(Unreachable).at("dav/classifiers/fusion_v1/x/ada/model.json"));
    assert_eq!(disk.shown_elsewhere(), [None]);
    assert_eq!(super::names(sandbox.checkpoint_names()).0, Vec::<String>::new());
}
