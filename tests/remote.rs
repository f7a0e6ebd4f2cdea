//! Sharing with a remote: faults of the server, real servers, kills and races.
//!
//! | file | content |
//! |---|---|
//! | `server.rs` | a test server with WebDAV or S3, and its faults |
//! | `webdav.rs`, `bucket.rs` | the protocols of the test server: WebDAV and S3 |
//! | `challenge.rs` | the authentication of the test server |
//! | `verbs.rs` | the verbs that use a remote |
//! | `logins.rs` | passwords: where they come from and where they are sent |
//! | `scripted.rs` | a server with responses from a test |
//! | `refusals.rs` | error responses of a bucket |
//! | `endless.rs` | endless, very slow and very large responses |
//! | `secrets.rs` | secrets are never printed |
//! | `odd_files.rs` | pipes and devices on a remote that is a folder |
//! | `schemes.rs` | Digest, tokens, and other authentication schemes |
//! | `proxies.rs`, `quirks.rs` | servers behind proxies, and unusual servers |
//! | `faults.rs` | every fault of every request |
//! | `killed.rs` | transfers that are killed at any moment |
//! | `races.rs` | concurrent uploads and downloads |
//! | `servers.rs`, `servers/` | real servers |

mod bucket;
mod challenge;
mod endless;
mod faults;
mod killed;
mod logins;
#[cfg(unix)]
mod odd_files;
mod patience;
mod proxies;
mod quirks;
mod races;
mod refusals;
mod s3;
mod schemes;
mod scripted;
mod secrets;
mod server;
mod servers;
mod verbs;
mod webdav;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use mentorpal::checkpoint::{FileRecord, Manifest, MentorRecord};

use crate::support::{FUSION as HERE, Run, Sandbox};
use server::{Disk, PASSWORD, USER};

/// The folder of checkpoints on a remote.
const THERE: &str = "classifiers/fusion_v1";

/// The files of an artificial checkpoint by relative path. A transfer does not depend on their
/// content.
type Files = BTreeMap<String, Vec<u8>>;

/// Returns two files of one mentor and the manifest; their content depends on `seed`.
fn checkpoint(seed: u8, size: usize) -> Files {
    let numbers = (0..size as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed);
    let mut files = Files::new();
    files.insert("ada/model.json".to_owned(), format!("{{\"seed\":{seed}}}").into_bytes());
    files.insert("ada/model.safetensors".to_owned(), numbers.collect());
    let mut manifest = Manifest::new("fusion_v1", seed.into(), "2026-01-01T00:00:00Z".to_owned());
    let record = MentorRecord {
        data_sha256: "0".repeat(64),
        background_sha256: None,
        answers: 1,
        questions: 2,
        distinct_questions: 2,
        loo_accuracy: None,
    };
    manifest.mentors.insert("ada".to_owned(), record);
    for (path, bytes) in &files {
        manifest.files.insert(path.clone(), FileRecord::of(bytes));
    }
    files.insert("manifest.json".to_owned(), manifest.to_bytes());
    files
}

/// Writes a checkpoint into a workspace.
fn put_here(sandbox: &Sandbox, name: &str, files: &Files) {
    sandbox.write_all(&format!("{HERE}/{name}"), files);
}

/// Writes a checkpoint to a test server.
fn put_there(disk: &Disk, name: &str, files: &Files) {
    for (path, bytes) in files {
        disk.put(&format!("{THERE}/{name}/{path}"), bytes);
    }
}

/// Creates a workspace whose `.netrc` has a login for 127.0.0.1.
fn workspace() -> Sandbox {
    let sandbox = Sandbox::empty();
    netrc_file(&sandbox, &format!("machine 127.0.0.1 login {USER} password {PASSWORD}\n"));
    sandbox
}

/// Writes a `.netrc` that other users cannot read.
fn netrc_file(sandbox: &Sandbox, text: &str) {
    sandbox.write(".netrc", text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = sandbox.path().join(".netrc");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Returns a command with the remote at `url`, with `-v` and very short delays.
fn command(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(arguments);
    command.arg("-v").env("MENTORPAL_REMOTE", url).env("HOME", sandbox.path());
    command.env("MENTORPAL_REMOTE_WAIT", "0.01").env("MENTORPAL_REMOTE_TIMEOUT", "1");
    command
}

/// Returns a command with a test server as its remote.
fn run_on(disk: &Disk, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = command(sandbox, &disk.url, arguments);
    sandbox.finish(command.envs(disk.variables.iter().map(|(name, value)| (name, value))))
}

/// Runs a command with a test server as its remote.
fn run(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Run {
    sandbox.finish(&mut command(sandbox, url, arguments))
}

/// Whether a transfer with `--json` succeeded and moved the item, which was not there before.
#[track_caller]
fn has_moved(run: Run) -> bool {
    let run = run.code(0);
    let done = run.json().pop().expect("an event");
    assert_eq!(done["event"], "done", "{run}");
    done["moved"] == true
}

/// Returns the files of a checkpoint in a workspace; empty if it does not exist.
fn here(sandbox: &Sandbox, name: &str) -> Files {
    sandbox.checkpoint(name)
}

/// Returns the staging folder on the remote for an upload of `files` under `name`.
fn staging(name: &str, files: &Files) -> String {
    let digest = mentorpal::sha256::digest(&files["manifest.json"]);
    format!("{THERE}/.upload-{name}-{}", &digest[..16])
}

/// Splits names into visible and hidden ones.
fn names(all: Vec<String>) -> (Vec<String>, Vec<String>) {
    all.into_iter().partition(|name| !name.starts_with('.'))
}
