//! Secrets in every form of URL and setting are never printed, even with `-v`. Every
//! [`Run`](crate::support::Run) of every test searches its output for these secrets.

use mentorpal::error::ErrorKind::{InvalidInput, Unreachable};

use super::scripted::{serve, whole};
use super::server::{Disk, KEY_ID, PASSWORD, USER};
use super::{checkpoint, netrc_file, put_here, workspace};
use crate::support::{Sandbox, failure};

/// URLs of a remote with a secret, valid and invalid. `HOST` stands for the host and port of a
/// server.
const ADDRESSES: [&str; 36] = [
    "http://ada:hunter2@HOST/dav",
    "http://ada:s3cret%2Fhunter2@HOST/dav",
    "http://s3cretUser@HOST/dav",
    "http://ada:hunter2@x@HOST/dav",
    "http://ada:hunter2HOST/dav",
    "http://ada:hunter2/HOST/dav",
    "http://ada:hunter2/@HOST/dav",
    "http://ada:hun/ter2s3cret@HOST/dav",
    "http:/ada:hunter2@HOST/dav",
    "http:/ada:hunter2HOST/dav",
    "http:ada:hunter2@HOST/dav",
    "https//ada:hunter2@HOST/dav",
    "ada:hunter2@HOST/dav",
    "ada:hunter2HOST/dav",
    "http://ada:hunter2@HOST/dav?x",
    "http://ada:hunter2@HOST/dav#x",
    "http://HOST/dav?password=hunter2",
    "http://HOST/dav?X-Amz-Signature=s1gned&X-Amz-Credential=s3cret",
    "http://HOST/dav#access_token=s3cret",
    "webdav://ada:hunter2@HOST/dav",
    "ftp://ada:hunter2HOST/dav",
    "s3://AKIA:s3cret@team/x",
    "s3://AKIA:s3cret/x",
    "s3://team/x?X-Amz-Security-Token=s3cret",
    "file://ada:hunter2@HOST/dav",
    "http://HOST/s/s3cretToken",
    "http://HOST/s/s3cretToken/",
    "http://HOST/s/s3cret-Token_1",
    "http://HOST/s/s3cretToken/download",
    "http://HOST/s/s3cretToken?path=/",
    "http://HOST/s/s3cretToken#x",
    "http://HOST/index.php/s/s3cretToken",
    "http://HOST/index.php/s/s3cret-Token",
    "http://ada:hunter2@HOST/s/s3cretToken",
    "http://HOST/public.php/dav/files/s3cretToken",
    "http://HOST/remote.php/dav/public-files/s3cretToken",
];

const VERBS: [&[&str]; 3] = [&["checkpoints", "--remote"], &["upload", "x"], &["download", "y"]];

/// Creates a workspace with a checkpoint, and an empty server.
fn scene() -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    put_here(&sandbox, "x", &checkpoint(1, 100));
    let server = serve(|request, stream| whole(request, stream, 404, b"not there"));
    (sandbox, server.trim_start_matches("http://").to_owned())
}

#[test]
fn printed_urls_contain_no_secret() {
    let (sandbox, host) = scene();
    for address in ADDRESSES {
        let address = address.replace("HOST", &host);
        for verb in VERBS {
            let run = super::run(&sandbox, &address, verb).code(2);
            assert!(!run.stderr.is_empty(), "{run}");
        }
        sandbox.write("mentorpal.toml", format!("[remote]\nurl = '{address}'\n"));
        sandbox.run(&["checkpoints", "--remote", "-v"]).code(2);
        sandbox.write("mentorpal.toml", "");
    }
}

#[test]
fn errors_about_a_settings_file_contain_no_value() {
    let sandbox = Sandbox::empty();
    for address in ADDRESSES {
        for text in [
            format!("[remote]\npassword = '{address}'\n"),
            format!("[remote]\nurls = '{address}'\n"),
            format!("[remote]\nurl = '{address}\n"),
            format!("[remote]\nurl = {address}\n"),
            format!("[remote]\nurl = ['{address}']\n"),
            format!("[remote]\n{address}\n"),
            format!("remote = '{address}'\n"),
            format!("remote = {{ url = 'x', password = '{address}' }}\n"),
            format!("url = '{address}'\n"),
            format!("checkpoints = '{address}'\n"),
            format!("arch = ['{address}']\n"),
        ] {
            sandbox.write("mentorpal.toml", &text);
            let run = sandbox.run(&["mentors", "-v"]).code(2);
            assert!(run.stderr.contains("mentorpal.toml: "), "{run}");
        }
    }
    for text in [
        "[remote]\npassword = 'hunter2'\n",
        "[remote]\ntoken = \"\"\"\ns3cret\\q\n\"\"\"\n",
        "[remote]\nuser = 'ada'\npassword = 'hunter2'\n",
        "password = 'hunter2'\n",
        "remote.password = 'hunter2'\n",
    ] {
        sandbox.write("mentorpal.toml", text);
        sandbox.run(&["mentors", "-v", "--json"]).fails(failure(InvalidInput).at("mentorpal.toml"));
    }
}

#[test]
fn environment_secrets_are_not_printed() {
    let (sandbox, host) = scene();
    netrc_file(&sandbox, &format!("machine 127.0.0.1 login {USER} password {PASSWORD}\n"));
    let dav = format!("http://{host}/dav");
    let proxy = format!("http://ada:hunter2@{host}");
    let settings: [&[(&str, &str)]; 9] = [
        &[],
        &[("MENTORPAL_REMOTE_USER", "ada"), ("MENTORPAL_REMOTE_PASSWORD", "hunter2")],
        &[("MENTORPAL_REMOTE_USER", "s3cret")],
        &[("MENTORPAL_REMOTE_PASSWORD", "hunter2")],
        &[("HTTP_PROXY", &proxy), ("MENTORPAL_REMOTE", "http://disk.invalid/dav")],
        &[("ALL_PROXY", "http://ada:hunter2"), ("MENTORPAL_REMOTE", "http://disk.invalid/dav")],
        &[("MENTORPAL_REMOTE", "s3://team"), ("AWS_ENDPOINT_URL", "http://ada:hunter2@x")],
        &[("MENTORPAL_REMOTE", "s3://team"), ("AWS_ENDPOINT_URL", "http://ada:hunter2x")],
        &[("MENTORPAL_REMOTE", "s3://team"), ("AWS_SESSION_TOKEN", "s3cret")],
    ];
    for variables in settings {
        for verb in VERBS {
            let mut command = super::command(&sandbox, &dav, verb);
            command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", PASSWORD);
            sandbox.finish(command.envs(variables.iter().copied())).code(2);
        }
    }
    for token in ["hf_s3cret", "hf_s3cret\u{7}x"] {
        let variables = [("HF_TOKEN", token), ("HF_ENDPOINT", &format!("http://{host}"))];
        sandbox.run_with(&variables, &["vectors", "download", "a/b", "-v"]).code(2);
    }
}

#[test]
fn secrets_in_arguments_are_not_printed() {
    let sandbox = Sandbox::empty();
    for address in ADDRESSES {
        // A URL without slashes could be a valid name.
        if address.contains("://") {
            sandbox.run(&["init", address, "--json"]).fails(InvalidInput);
            sandbox.run(&["download", address]).code(2);
            sandbox.run(&["mentors", "--arch", address]).code(2);
        }
    }
}

// A server or a proxy may send back parts of the request.
#[test]
fn secrets_in_responses_are_masked() {
    let sandbox = workspace();
    for location in [
        "http://ada:hunter2@disk.invalid/",
        "http://disk.invalid/s/s3cretToken",
        "http://disk.invalid/?token=s3cret",
        "http://disk.invalid/s3cret-pass",
        "http://disk.invalid/YWRhOnMzY3JldC1wYXNz",
    ] {
        let server = serve(move |_, stream| {
            use std::io::Write;
            let head = format!(
                "HTTP/1.1 302 So\r\nLocation: {location}\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
        });
        let run = super::run(&sandbox, &format!("{server}/dav"), &["upload", "x"]);
        run.code(2);
        let run =
            super::run(&sandbox, &format!("{server}/dav"), &["checkpoints", "--remote", "--json"]);
        run.fails(failure(Unreachable).at("dav/classifiers"));
    }
}

// A link for which only the path of newer servers works.
#[test]
fn results_contain_no_token_of_a_public_link() {
    let disk = Disk::serve();
    disk.open_to_all();
    for (path, bytes) in checkpoint(1, 100) {
        let folder = "public.php/dav/files/s3cretToken/classifiers/fusion_v1/x";
        disk.put(&format!("{folder}/{path}"), &bytes);
    }
    let sandbox = workspace();
    for link in ["/dav/s/s3cretToken", "/dav/public.php/dav/files/s3cretToken"] {
        let url = disk.url.replace("/dav", link);
        super::run(&sandbox, &url, &["checkpoints", "--remote", "--json"]).code(0).prints("****");
        let run = super::run(&sandbox, &url, &["download", "x", "--force", "--json"]).code(0);
        let _ = run.prints("\"done\"");
        super::run(&sandbox, &url, &["checkpoints", "verify", "--remote", "--json"]).code(0);
    }
}
