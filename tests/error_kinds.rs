//! `--json` prints an error as one JSON object on stderr. Every kind is provoked once.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use mentorpal::error::ErrorKind;
use serde_json::{Value, json};

use crate::support::{FUSION, KillOnDrop, Request, Run, Sandbox, until};

/// A kind, and a function that provokes an error of this kind with `--json`.
type Case = (ErrorKind, fn() -> Run);

/// One case per kind, except for [`UNPROVOKED`].
const CASES: [Case; 11] = [
    (ErrorKind::NotFound, a_missing_mentor),
    (ErrorKind::AlreadyExists, an_existing_checkpoint),
    (ErrorKind::Corrupt, a_damaged_model_file),
    (ErrorKind::InvalidInput, an_unknown_setting),
    (ErrorKind::Unsupported, a_newer_manifest),
    (ErrorKind::Unauthorized, a_server_that_requires_a_password),
    (ErrorKind::Unreachable, a_closed_port),
    (ErrorKind::Conflict, a_checkpoint_changed_during_an_update),
    (ErrorKind::OutOfSpace, a_full_device),
    (ErrorKind::Interrupted, a_terminated_training),
    (ErrorKind::Io, a_file_size_limit),
];

/// Kinds that no input provokes: `internal` means a bug in the program.
const UNPROVOKED: [ErrorKind; 1] = [ErrorKind::Internal];

/// The exit code after SIGTERM: 128 + 15.
const TERMINATED: i32 = 143;

fn a_missing_mentor() -> Run {
    Sandbox::ada().run(&["mentors", "eve", "--json"])
}

fn an_existing_checkpoint() -> Run {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.run(&["train", "--checkpoint", "x", "--json"])
}

fn a_damaged_model_file() -> Run {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let model = format!("{FUSION}/x/ada/model.json");
    let mut bytes = fs::read(sandbox.path().join(&model)).expect("a model");
    bytes[10] ^= 1;
    sandbox.write(&model, bytes);
    sandbox.run(&["ask", "who is she", "--json"])
}

fn an_unknown_setting() -> Run {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "archs = \"fusion_v1\"\n");
    sandbox.run(&["mentors", "--json"])
}

fn a_newer_manifest() -> Run {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let path = format!("{FUSION}/x/manifest.json");
    let bytes = fs::read(sandbox.path().join(&path)).expect("a manifest");
    let mut manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
    manifest["format"] = json!(1000);
    sandbox.write(&path, manifest.to_string());
    sandbox.run(&["ask", "who is she", "--json"])
}

fn a_server_that_requires_a_password() -> Run {
    list_remote(&serve_401())
}

fn a_closed_port() -> Run {
    list_remote("http://127.0.0.1:1")
}

/// Lists the checkpoints of a remote, without waiting between attempts.
fn list_remote(url: &str) -> Run {
    let variables = [("MENTORPAL_REMOTE", url), ("MENTORPAL_REMOTE_WAIT", "0")];
    Sandbox::ada().run_with(&variables, &["checkpoints", "--remote", "--json"])
}

/// Starts a server that answers every request with 401 and returns its URL.
fn serve_401() -> String {
    fn reply(mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
        if Request::read(&mut reader).is_some() {
            let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                        Content-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().flatten().for_each(reply));
    url
}

/// Stops an update while it trains, changes the checkpoint's manifest, and lets the update finish.
fn a_checkpoint_changed_during_an_update() -> Run {
    let sandbox = Sandbox::guide();
    sandbox.train("x");
    let update = ["train", "--checkpoint", "x", "--mentor", "guide", "--update", "--json"];
    signal_while_training(&sandbox, &update, |process| {
        send("STOP", process);
        let path = format!("{FUSION}/x/manifest.json");
        let manifest = fs::read_to_string(sandbox.path().join(&path)).expect("a manifest");
        sandbox.write(&path, manifest + "\n");
        send("CONT", process);
    })
}

fn a_terminated_training() -> Run {
    let sandbox = Sandbox::guide();
    signal_while_training(&sandbox, &["train", "--json"], |process| send("TERM", process))
}

/// Starts a training, calls `act` with its process id once its draft exists, and waits for its end.
fn signal_while_training(sandbox: &Sandbox, arguments: &[&str], act: impl FnOnce(u32)) -> Run {
    let error_file = sandbox.path().join("stderr.txt");
    let mut command = sandbox.command(arguments);
    command.stdout(Stdio::null()).stderr(File::create(&error_file).expect("a file"));
    let mut child = KillOnDrop(command.spawn().expect("the binary runs"));
    let draft = format!(".draft-{}-0", child.0.id());
    until("a draft", || sandbox.checkpoint_names().contains(&draft));
    act(child.0.id());
    let status = child.0.wait().expect("the process can be waited for");
    // Prints the exit code and stderr of the training as those of a command of their own.
    let script = format!("cat stderr.txt >&2; exit {}", status.code().unwrap_or(-1));
    sandbox.finish(sandbox.program("sh").args(["-c", &script]))
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", signal, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "SIG{signal} was not sent");
}

/// Results are written to `/dev/full`, where every write fails for lack of space.
fn a_full_device() -> Run {
    let sandbox = Sandbox::ada();
    let command = format!("'{}' mentors --json > /dev/full", env!("CARGO_BIN_EXE_mentorpal"));
    sandbox.finish(sandbox.program("sh").args(["-c", &command]))
}

/// Results are written to a file that may not grow.
fn a_file_size_limit() -> Run {
    let sandbox = Sandbox::ada();
    let binary = env!("CARGO_BIN_EXE_mentorpal");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{binary}' mentors --json > out.txt");
    sandbox.finish(sandbox.program("sh").args(["-c", &script]))
}

#[test]
fn every_kind_is_printed_as_json() {
    let mut failures = Vec::new();
    for (kind, provoke) in CASES {
        let run = provoke();
        let expected_code = if kind == ErrorKind::Interrupted { TERMINATED } else { 2 };
        let object = run.error();
        let keys: Vec<&String> = object.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["kind", "message", "hint", "place", "caused_by"], "{run}");
        assert!(object["message"].as_str().is_some_and(|message| !message.is_empty()), "{run}");
        if object["kind"] != kind.as_str() || run.code != Some(expected_code) {
            failures
                .push(format!("expected {} and exit code {expected_code}\n{run}", kind.as_str()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_kind_has_a_case_and_a_row_in_the_guide() {
    let guide = crate::support::repository().join("docs/errors.md");
    let guide = fs::read_to_string(guide).expect("docs/errors.md");
    for kind in ErrorKind::ALL {
        let has_case = CASES.iter().any(|(of, _)| of == kind);
        assert_ne!(has_case, UNPROVOKED.contains(kind), "{}", kind.as_str());
        assert!(guide.contains(&format!("\n| `{}` |", kind.as_str())), "{}", kind.as_str());
    }
}

#[test]
fn the_place_of_an_error_has_path_row_and_column() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", "ID,topics,text,question\n,Life,One.,Who?\n");
    let run = sandbox.run(&["mentors", "ada", "--json"]).code(2);
    let object = run.error();
    let path = sandbox.path().join("mentor/ada/data/classifier_data.csv");
    let place = json!({ "path": path, "row": 2, "column": "ID" });
    assert_eq!(object["place"], place, "{run}");
    assert!(object["hint"].is_string(), "{run}");
}

#[test]
fn refused_files_have_the_kind_of_their_fault() {
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "0".repeat(64)
    );
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", pointer);
    let run = sandbox.run(&["mentors", "--json"]).code(2);
    assert_eq!(run.error()["kind"], "corrupt", "{run}");
    // A sparse file: it takes no space.
    let file = File::create(sandbox.path().join("mentorpal.toml")).expect("a file");
    file.set_len((256 << 20) + 1).expect("a sparse file");
    let run = sandbox.run(&["mentors", "--json"]).code(2);
    assert_eq!(run.error()["kind"], "unsupported", "{run}");
}

#[test]
fn errors_of_remote_settings_have_the_kind_of_their_fault() {
    const SERVER: &str = "http://127.0.0.1:1";
    for (url, netrc, variables, kind) in [
        (SERVER, "machine 127.0.0.1 login ada password \"x", &[][..], "corrupt"),
        (SERVER, "machine 127.0.0.1 login ada", &[], "unauthorized"),
        (SERVER, "", &[("MENTORPAL_REMOTE_USER", "ada")], "unauthorized"),
        (SERVER, "", &[("MENTORPAL_REMOTE_PASSWORD", "x")], "unauthorized"),
        (SERVER, "", &[("MENTORPAL_REMOTE_TIMEOUT", "soon")], "invalid_input"),
        ("ftp://127.0.0.1/x", "", &[], "unsupported"),
        ("s3://team/../x", "", &[], "invalid_input"),
        ("file:srv", "", &[], "invalid_input"),
    ] {
        let sandbox = Sandbox::ada();
        sandbox.write(".netrc", netrc);
        let variables = [&[("MENTORPAL_REMOTE", url)], variables].concat();
        let run = sandbox.run_with(&variables, &["checkpoints", "--remote", "--json"]).code(2);
        assert_eq!(run.error()["kind"], kind, "{url} {netrc} {run}");
    }
}

#[test]
fn folders_outside_of_a_file_remote_are_refused() {
    for parent in ["..", "%2e%2E", "%2e."] {
        let sandbox = Sandbox::ada();
        sandbox.train("x");
        sandbox.write("disk/inner/file", "");
        let url = format!("file://{}/disk/inner/{parent}", sandbox.path().display());
        let variables = [("MENTORPAL_REMOTE", url.as_str())];
        let run = sandbox.run_with(&variables, &["upload", "x", "--json"]).code(2);
        assert_eq!(run.error()["kind"], "invalid_input", "{run}");
        let entries = fs::read_dir(sandbox.path().join("disk")).expect("a folder");
        assert_eq!(entries.count(), 1, "{run}");
    }
}

#[test]
fn a_failed_training_names_the_data_that_cannot_be_used() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("eve", "ID,topics,text,question\n,Life,One.,Who?\n");
    let run = sandbox.run(&["train", "--json"]).code(2);
    assert_eq!(
        run.error()["place"]["path"],
        json!(sandbox.path().join("mentor/eve/data")),
        "{run}"
    );
    sandbox.mentor("ada", "ID,topics,text,question\n,Life,One.,Who?\n");
    let run = sandbox.run(&["train", "--json"]).code(2);
    assert_eq!(run.error()["place"]["path"], json!(sandbox.path().join("mentor")), "{run}");
}

#[test]
fn usage_errors_are_json_as_well() {
    let sandbox = Sandbox::ada();
    for arguments in [
        &["train", "--checkpont", "x", "--json"][..],
        &["test", "--json", "--limit", "0"],
        &["trian", "--json"],
        &["vectors", "add", "--json"],
    ] {
        let run = sandbox.run(arguments).code(2);
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        assert_eq!(run.error()["kind"], "invalid_input", "{run}");
    }
    // After `--`, `--json` is a value.
    sandbox.run(&["ask", "--checkpont", "--", "--json"]).code(2).says("error: unexpected");
}

#[test]
fn passwords_and_control_characters_are_not_printed() {
    let sandbox = Sandbox::ada();
    let variables = [("MENTORPAL_REMOTE", "http://ada:hunter2@127.0.0.1:1/\u{1b}[31m\u{202e}")];
    let run = sandbox.run_with(&variables, &["checkpoints", "--remote", "--json"]).code(2);
    let object = run.error();
    assert!(object.to_string().contains("****"), "{run}");
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run}");
    // Without `--json`, errors stay text.
    sandbox.run_with(&variables, &["checkpoints", "--remote"]).code(2).says("error: ");
}
