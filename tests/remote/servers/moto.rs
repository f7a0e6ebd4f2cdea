//! `moto`, an implementation of Amazon S3 for tests.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use super::{Server, works};
use crate::remote::killed::{MOMENTS, kill, moments};
use crate::remote::races::race;
use crate::remote::server::PASSWORD;
use crate::remote::{Files, checkpoint, command, put_here, workspace};

/// The name of the bucket.
const BUCKET: &str = "team";

#[test]
fn moto() {
    let Some(mut server) = Server::start(("moto", "moto_server"), |port, _| {
        vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()]
    }) else {
        return;
    };
    let endpoint = server.url.trim_end_matches('/').to_owned();
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap();
    let request = format!(
        "PUT /{BUCKET} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
    server.url = format!("s3://{BUCKET}/some/where");
    server.variables = vec![
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", PASSWORD.to_owned()),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    works(&server);
    // The name `x` in the first prefix is already taken.
    server.url = format!("s3://{BUCKET}/race");
    race((&server.url, &server.variables), || {
        let sandbox = workspace();
        let mut download = command(&sandbox, &server.url, &["download", "x"]);
        download.envs(server.variables.iter().map(|(name, value)| (name, value)));
        sandbox.finish(download.env("MENTORPAL_REMOTE_TIMEOUT", "30")).code(0);
        sandbox.checkpoint("x")
    });
    server.url = format!("s3://{BUCKET}/killed");
    is_whole_after_kills(&server);
}

/// Kills uploads to a bucket at several moments, and checks that a checkpoint is complete or
/// missing.
fn is_whole_after_kills(server: &Server) {
    let sandbox = workspace();
    let files = checkpoint(5, 1_000_000);
    let upload = |name: &str| {
        let mut command = command(&sandbox, &server.url, &["upload", name]);
        command.env("MENTORPAL_REMOTE_TIMEOUT", "30");
        command.envs(server.variables.iter().map(|(name, value)| (name, value)));
        command
    };
    put_here(&sandbox, "first", &files);
    let start = Instant::now();
    sandbox.finish(&mut upload("first")).code(0);
    let whole = start.elapsed();
    for (number, share) in moments(3).into_iter().step_by(3).enumerate() {
        let name = format!("x{number}");
        put_here(&sandbox, &name, &files);
        kill(upload(&name), whole.mul_f64(share));
        let there = workspace();
        let mut download = command(&there, &server.url, &["download", &name, "--json"]);
        download.envs(server.variables.iter().map(|(name, value)| (name, value)));
        let run = there.finish(download.env("MENTORPAL_REMOTE_TIMEOUT", "30"));
        if run.code == Some(0) {
            assert_eq!(there.checkpoint(&name), files);
        } else {
            assert_eq!(run.code(2).error()["kind"], "not_found");
            assert_eq!(there.checkpoint(&name), Files::new());
        }
        sandbox.finish(&mut upload(&name)).code(0);
    }
    let arguments = ["checkpoints", "verify", "--remote", "--json"];
    let mut verify = command(&sandbox, &server.url, &arguments);
    verify.envs(server.variables.iter().map(|(name, value)| (name, value)));
    let verified = sandbox.finish(verify.env("MENTORPAL_REMOTE_TIMEOUT", "30")).code(0);
    let lines = verified.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let valid = lines.filter(|line| line["faults"] == json!([]) && line["files"] == 3);
    assert_eq!(valid.count(), MOMENTS / 3 + 1, "{verified}");
}
