//! Real servers on this machine, each where it is installed.
//!
//! | file | what runs there |
//! |---|---|
//! | `apache.rs` | Apache's `mod_dav`, with Basic and Digest |
//! | `lighttpd.rs` | lighttpd's `mod_webdav` |
//! | `nginx.rs` | nginx's `dav_ext`, and nginx as a proxy that ends TLS |
//! | `sabre.rs` | sabre/dav, which Nextcloud is built on, with Basic and Digest |
//! | `python.rs` | WsgiDAV, with Basic and Digest |
//! | `rclone.rs` | `rclone serve webdav` |
//! | `behind_tls.rs` | WsgiDAV, Apache and rclone behind such a proxy |
//! | `moto.rs` | `moto` for S3 |

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
use serde_json::json;

use super::races::race;
use super::{THERE, checkpoint, command, put_here, workspace};
use crate::support::{Ended, Run, Sandbox, require_program, until};

/// `ada:disk:s3cret-pass`, as `md5sum` digests it: what servers keep of a user for Digest.
const MD5: &str = "8a9a1670ca53f13e981a9ffdc852e43d";

/// A server that runs until the test ends.
struct Server {
    _process: Ended,
    url: String,
    port: u16,
    folder: Sandbox,
    /// What commands have in their environment besides.
    variables: Vec<(&'static str, String)>,
    /// The server that this one is a proxy for.
    behind: Option<Box<Self>>,
    /// What it shows who it is by, which lies there until it ends.
    certificate: Option<nginx::Certificate>,
}

impl Server {
    /// Starts `program` with the arguments that `arguments` returns for a port and a folder; none if
    /// `requirement` is missing.
    fn start(
        (requirement, program): (&str, &str),
        arguments: impl FnOnce(u16, &Path) -> Vec<String>,
    ) -> Option<Self> {
        let path = require_program(requirement, program)?;
        let folder = Sandbox::empty();
        open_up(folder.path());
        fs::create_dir(folder.path().join("data")).unwrap();
        open_up(&folder.path().join("data"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Command::new(path);
        server.args(arguments(port, folder.path())).current_dir(folder.path());
        let log = fs::File::create(folder.path().join("log")).unwrap();
        server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut process = Ended(server.spawn().unwrap());
        until(&format!("an answer of {program}"), || {
            let log = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
            assert!(process.0.try_wait().unwrap().is_none(), "{program} ended: {}", log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        let url = format!("http://127.0.0.1:{port}/");
        let variables = Vec::new();
        Some(Self {
            _process: process,
            url,
            port,
            folder,
            variables,
            behind: None,
            certificate: None,
        })
    }

    /// The files that the server keeps below `path`.
    fn files(&self, path: &str) -> super::Files {
        match &self.behind {
            Some(server) => server.files(path),
            None => self.folder.files(&format!("data/{path}")),
        }
    }

    /// Runs a command with the remote on this server.
    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Run {
        let mut command = command(sandbox, &self.url, arguments);
        command.env("MENTORPAL_REMOTE_TIMEOUT", "30");
        sandbox.finish(command.envs(self.variables.iter().map(|(name, value)| (name, value))))
    }
}

/// Lets a server that gives up its rights write there.
fn open_up(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Everything that is asked of a remote, byte for byte, with files of a usual size.
fn shares(server: &Server) {
    let go = |sandbox: &Sandbox, arguments: &[&str]| server.run(sandbox, arguments);
    let (one, two) = (workspace(), workspace());
    let files = checkpoint(1, 12_000_000);
    put_here(&one, "x", &files);
    go(&one, &["checkpoints", "--remote"]).code(0).says("no checkpoints on the remote");
    go(&one, &["upload", "x"]).code(0).prints("uploaded fusion_v1/x");
    go(&one, &["upload", "x"]).code(0).prints("already");
    go(&two, &["checkpoints", "--remote"]).code(0).prints("fusion_v1/x  2026-01-01T00:00:00Z  ada");
    go(&two, &["checkpoints", "verify", "--remote"]).code(0).prints("fusion_v1/x: whole, 3 files");
    go(&two, &["download", "x"]).code(0);
    assert_eq!(two.checkpoint("x"), files);
    // Another one of this name is refused, as is half of one.
    put_here(&two, "y", &checkpoint(2, 100));
    fs::remove_dir_all(two.path().join(super::HERE).join("x")).unwrap();
    put_here(&two, "x", &checkpoint(2, 100));
    go(&two, &["upload", "x"]).code(2).says("another checkpoint of this name");
    go(&two, &["upload", "y"]).code(0);
    // Names that must be written otherwise in addresses.
    put_here(&one, "Zoë & ada (2)", &checkpoint(3, 1000));
    go(&one, &["upload", "Zoë & ada (2)"]).code(0);
    go(&two, &["download", "Zoë & ada (2)"]).code(0);
    assert_eq!(two.checkpoint("Zoë & ada (2)"), checkpoint(3, 1000));
    let listed = go(&two, &["checkpoints", "--remote", "--json"]).code(0).json();
    assert_eq!(listed.len(), 3);
    go(&one, &["checkpoints", "verify", "--remote"]).code(0);
}

/// Everything that is asked of a remote, byte for byte.
fn works(server: &Server) {
    shares(server);
    large(server);
}

/// A vector model of 200 MB goes both ways.
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

/// Ten uploads of one name at once: one wins.
fn races(server: &Server) {
    race((&server.url, &server.variables), || server.files(&format!("{THERE}/x")));
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}
