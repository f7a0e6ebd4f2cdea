//! Real servers on this machine. Tests of a server that is not installed are skipped.
//!
//! | file | server |
//! |---|---|
//! | `apache.rs` | Apache's `mod_dav`, with Basic and Digest |
//! | `lighttpd.rs` | lighttpd's `mod_webdav` |
//! | `nginx.rs` | nginx's `dav_ext`, and nginx as a proxy that terminates TLS |
//! | `sabre.rs` | sabre/dav, the library behind Nextcloud, with Basic and Digest |
//! | `python.rs` | WsgiDAV, with Basic and Digest |
//! | `rclone.rs` | `rclone serve webdav` |
//! | `behind_tls.rs` | WsgiDAV, Apache and rclone behind nginx as a proxy |
//! | `moto.rs` | `moto`, an S3 server |

mod apache;
mod behind_tls;
mod lighttpd;
mod moto;
mod nginx;
mod python;
mod rclone;
mod sabre;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use mentorpal::checkpoint::FileRecord;
use mentorpal::error::ErrorKind::AlreadyExists;
use serde_json::json;

use super::races::race;
use super::{THERE, checkpoint, command, put_here, workspace};
use crate::support::{KillOnDrop, Run, Sandbox, failure, require_program, until};

/// The MD5 hash of `ada:disk:s3cret-pass`, which servers store for Digest authentication.
const MD5: &str = "8a9a1670ca53f13e981a9ffdc852e43d";

/// How many ports are tried for a server: another process may take a free port before the server does.
const PORTS: usize = 3;

/// A server that runs until the test ends.
struct Server {
    _process: KillOnDrop,
    url: String,
    port: u16,
    folder: Sandbox,
    /// Further environment variables of the commands.
    variables: Vec<(&'static str, String)>,
    /// The server that this one is a proxy for.
    behind: Option<Box<Self>>,
    /// The TLS certificate of the server; its files are deleted when it is dropped.
    certificate: Option<nginx::Certificate>,
}

impl Server {
    /// Starts `program` with the arguments that `arguments` returns for a port and a folder; none if
    /// `requirement` is missing.
    fn start(
        (requirement, program): (&str, &str),
        arguments: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Option<Self> {
        let path = require_program(requirement, program)?;
        let folder = Sandbox::empty();
        make_writable(folder.path());
        fs::create_dir(folder.path().join("data")).unwrap();
        make_writable(&folder.path().join("data"));
        let start = || {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let process = start_on(port, &path, arguments(port, folder.path()), folder.path())?;
            Some((process, port))
        };
        let started = (0..PORTS).find_map(|_| start());
        let log = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let (process, port) = started.unwrap_or_else(|| panic!("{program} ended: {}", log()));
        Some(Self {
            _process: process,
            url: format!("http://127.0.0.1:{port}/"),
            port,
            folder,
            variables: Vec::new(),
            behind: None,
            certificate: None,
        })
    }

    /// Returns the files that the server stores in the folder `path`.
    fn files(&self, path: &str) -> super::Files {
        match &self.behind {
            Some(server) => server.files(path),
            None => self.folder.files(&format!("data/{path}")),
        }
    }

    /// Runs a command with this server as the remote.
    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Run {
        let mut command = command(sandbox, &self.url, arguments);
        command.env("MENTORPAL_REMOTE_TIMEOUT", "30");
        sandbox.finish(command.envs(self.variables.iter().map(|(name, value)| (name, value))))
    }
}

/// Starts a server and waits until it accepts connections; none if it ends first, for example because
/// another process has taken the port.
fn start_on(
    port: u16,
    program: &Path,
    arguments: Vec<String>,
    folder: &Path,
) -> Option<KillOnDrop> {
    let log = fs::File::create(folder.join("log")).unwrap();
    let mut server = Command::new(program);
    server.args(arguments).current_dir(folder).stdin(Stdio::null());
    let mut process =
        KillOnDrop(server.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    let mut has_ended = false;
    until(&format!("a connection to {}", program.display()), || {
        has_ended = process.0.try_wait().unwrap().is_some();
        has_ended || TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    (!has_ended).then_some(process)
}

/// Lets a server that drops root privileges write to a folder.
fn make_writable(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Checks every operation on a remote with files of a usual size, and compares the bytes.
fn shares(server: &Server) {
    let go = |sandbox: &Sandbox, arguments: &[&str]| server.run(sandbox, arguments);
    let (one, two) = (workspace(), workspace());
    let files = checkpoint(1, 12_000_000);
    put_here(&one, "x", &files);
    assert_eq!(go(&one, &["checkpoints", "--remote"]).code(0).stdout, "");
    assert!(super::has_moved(go(&one, &["upload", "x", "--json"])));
    assert!(!super::has_moved(go(&one, &["upload", "x", "--json"])));
    let listed = go(&two, &["checkpoints", "--remote"]).code(0);
    listed.prints("fusion_v1/x").prints("2026-01-01T00:00:00Z").prints("ada");
    let verified = go(&two, &["checkpoints", "verify", "--remote", "--json"]).code(0);
    assert_eq!(verified.line()["files"], 3);
    go(&two, &["download", "x"]).code(0);
    assert_eq!(two.checkpoint("x"), files);
    // A different checkpoint with the same name is refused.
    put_here(&two, "y", &checkpoint(2, 100));
    fs::remove_dir_all(two.path().join(super::HERE).join("x")).unwrap();
    put_here(&two, "x", &checkpoint(2, 100));
    go(&two, &["upload", "x", "--json"])
        .fails(failure(AlreadyExists).at("classifiers/fusion_v1/x"));
    go(&two, &["upload", "y"]).code(0);
    // A name that must be percent-encoded in URLs.
    put_here(&one, "Zoë & ada (2)", &checkpoint(3, 1000));
    go(&one, &["upload", "Zoë & ada (2)"]).code(0);
    go(&two, &["download", "Zoë & ada (2)"]).code(0);
    assert_eq!(two.checkpoint("Zoë & ada (2)"), checkpoint(3, 1000));
    let listed = go(&two, &["checkpoints", "--remote", "--json"]).code(0).json();
    assert_eq!(listed.len(), 3);
    go(&one, &["checkpoints", "verify", "--remote"]).code(0);
}

/// Checks every operation on a remote with files of a usual size and with a large file.
fn works(server: &Server) {
    shares(server);
    large(server);
}

/// Uploads and downloads a vector model of 200 MB.
fn large(server: &Server) {
    const MODEL: &str = "checkpoint/vector_models/large";
    let (one, two) = (workspace(), workspace());
    let block: Vec<u8> =
        (0..1_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    let bytes = block.repeat(200);
    one.write(&format!("{MODEL}/model.fifu"), &bytes);
    let manifest = json!({
        "format": 1, "kind": "words", "dims": 300, "words": 1,
        "source": { "file": "large", "format": "GloVe text", "sha256": "0" }, "licence": null,
        "version": "0.1.0", "files": { "model.fifu": FileRecord::of(&bytes) },
    });
    one.write(&format!("{MODEL}/manifest.json"), manifest.to_string());
    server.run(&one, &["vectors", "upload", "large"]).code(0).prints("200.0 MB");
    server.run(&two, &["vectors", "download", "large"]).code(0).prints("200.0 MB");
    let model = two.path().join(MODEL).join("model.fifu");
    assert!(fs::read(model).unwrap() == bytes, "not the same bytes");
}

/// Checks that one of ten concurrent uploads with the same name wins.
fn races(server: &Server) {
    race((&server.url, &server.variables), || server.files(&format!("{THERE}/x")));
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}
