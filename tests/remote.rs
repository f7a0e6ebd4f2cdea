//! Sharing: a remote that goes wrong in every way, real servers, kills and races.
//!
//! | file | what it holds |
//! |---|---|
//! | `server.rs` | a disk or a bucket on this machine, and what goes wrong with it |
//! | `webdav.rs`, `bucket.rs` | what it does as a WebDAV server, and for S3 |
//! | `challenge.rs` | how the disk wants to be shown who asks |
//! | `verbs.rs` | what each verb does |
//! | `logins.rs` | who is shown the password |
//! | `scripted.rs` | a server that answers each request as a test says |
//! | `refusals.rs` | what a bucket's server says of a refusal |
//! | `endless.rs` | answers without an end, and too large ones |
//! | `secrets.rs` | no secret is printed |
//! | `odd_files.rs` | pipes and devices on a remote that is a folder |
//! | `schemes.rs` | Digest, tokens, and what is said of other schemes |
//! | `proxies.rs`, `quirks.rs` | disks behind proxies, and those that are otherwise than others |
//! | `faults.rs` | every request going wrong in every way |
//! | `killed.rs` | kill -9 at any moment |
//! | `races.rs` | many at once |
//! | `servers.rs`, `servers/` | real servers, where they are installed |

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

/// Where a remote has the checkpoints.
const THERE: &str = "classifiers/fusion_v1";

/// A checkpoint's files by path within it, made by hand: what they hold is nothing to a transfer.
type Files = BTreeMap<String, Vec<u8>>;

/// Two files of one mentor and the manifest, all different for another `seed`.
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

/// Puts a checkpoint into a workspace.
fn put_here(sandbox: &Sandbox, name: &str, files: &Files) {
    sandbox.write_all(&format!("{HERE}/{name}"), files);
}

/// Puts a checkpoint on a disk.
fn put_there(disk: &Disk, name: &str, files: &Files) {
    for (path, bytes) in files {
        disk.put(&format!("{THERE}/{name}/{path}"), bytes);
    }
}

/// A workspace whose `.netrc` knows the disks of this machine.
fn workspace() -> Sandbox {
    let sandbox = Sandbox::empty();
    netrc_file(&sandbox, &format!("machine 127.0.0.1 login {USER} password {PASSWORD}\n"));
    sandbox
}

/// Writes a `.netrc` that nobody else can read.
fn netrc_file(sandbox: &Sandbox, text: &str) {
    sandbox.write(".netrc", text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = sandbox.path().join(".netrc");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A command with the remote at `url`, as talkative as can be, and without patience.
fn command(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(arguments);
    command.arg("-v").env("MENTORPAL_REMOTE", url).env("HOME", sandbox.path());
    command.env("MENTORPAL_REMOTE_WAIT", "0.01").env("MENTORPAL_REMOTE_TIMEOUT", "1");
    command
}

/// A command with the remote on a disk, or in a bucket.
fn run_on(disk: &Disk, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = command(sandbox, &disk.url, arguments);
    sandbox.finish(command.envs(disk.variables.iter().map(|(name, value)| (name, value))))
}

/// Runs it.
fn run(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Run {
    sandbox.finish(&mut command(sandbox, url, arguments))
}

/// A checkpoint's files in a workspace; none where there is no such checkpoint.
fn here(sandbox: &Sandbox, name: &str) -> Files {
    sandbox.checkpoint(name)
}

/// The folder on a remote that an upload of `files` under `name` gathers them in.
fn staging(name: &str, files: &Files) -> String {
    let digest = mentorpal::sha256::digest(&files["manifest.json"]);
    format!("{THERE}/.upload-{name}-{}", &digest[..16])
}

/// The names of what is not hidden, and of what is.
fn names(all: Vec<String>) -> (Vec<String>, Vec<String>) {
    all.into_iter().partition(|name| !name.starts_with('.'))
}
