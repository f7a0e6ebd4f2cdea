//! Real servers on this machine, each where it is installed: Apache's `mod_dav`, `rclone`, `WsgiDAV`,
//! and `moto` for S3.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use mentorpal::checkpoint::FileRecord;
use serde_json::json;

use super::killed::{MOMENTS, kill, moments};
use super::races::race;
use super::server::{PASSWORD, USER};
use super::{THERE, checkpoint, command, put_here, workspace};
use crate::support::{Ended, Run, Sandbox, until};

/// `s3cret-pass` as Apache keeps it: `openssl dgst -sha1 -binary | base64`.
const HASH: &str = "{SHA}L3dEv8gDtB+jXteT8/hf4fSfiy4=";

/// The bucket of the S3 stand-in.
const BUCKET: &str = "team";

/// A server that runs until the test ends.
struct Server {
    _process: Ended,
    url: String,
    folder: Sandbox,
    /// What commands have in their environment besides.
    variables: Vec<(&'static str, String)>,
}

impl Server {
    /// Starts `program` with what `arguments` makes of its port and its folder; `None`, and said,
    /// where it is not installed.
    fn start(program: &str, arguments: impl FnOnce(u16, &Path) -> Vec<String>) -> Option<Self> {
        let Some(path) = find(program) else {
            eprintln!("skipped: {program} is not installed");
            return None;
        };
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
        Some(Self { _process: process, url, folder, variables: Vec::new() })
    }

    /// The files that the server keeps below `path`.
    fn files(&self, path: &str) -> super::Files {
        self.folder.files(&format!("data/{path}"))
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Lets a server that gives up its rights write there.
fn open_up(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    }
}

/// Everything that is asked of a remote, byte for byte.
fn works(server: &Server) {
    let url = &server.url;
    let go = |sandbox: &Sandbox, arguments: &[&str]| {
        let mut command = command(sandbox, url, arguments);
        command.env("MENTORPAL_REMOTE_TIMEOUT", "30");
        sandbox.finish(command.envs(server.variables.iter().map(|(k, v)| (k, v))))
    };
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
    large(&go);
}

/// A vector model of 200 MB goes both ways.
fn large(go: &dyn Fn(&Sandbox, &[&str]) -> Run) {
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
    go(&one, &["vectors", "upload", "large"]).code(0).prints("200.0 MB");
    go(&two, &["vectors", "download", "large"]).code(0).prints("200.0 MB");
    let model = two.path().join(MODEL).join("model.fifu");
    assert!(fs::read(model).unwrap() == bytes, "not the same bytes");
}

/// Ten uploads of one name at once: one wins.
fn races(server: &Server) {
    race((&server.url, &server.variables), || server.files(&format!("{THERE}/x")));
}

#[test]
fn apache() {
    let start = || {
        Server::start("apache2", |port, folder| {
            let folder = folder.display();
            let modules = "/usr/lib/apache2/modules";
            // Started by root, it gives up its rights.
            let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
            let names =
                "mpm_event authn_core authn_file authz_core authz_user auth_basic dav dav_fs";
            let load = |name| format!("LoadModule {name}_module {modules}/mod_{name}.so\n");
            let loads = names.split(' ').map(load).collect::<Vec<_>>().concat();
            let text = format!(
                "ServerRoot {folder}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile \
             {folder}/pid\nErrorLog {folder}/log\nMutex file:{folder}\n{user}{loads}DavLockDB \
             {folder}/data.locks\nDocumentRoot {folder}/data\n<Directory {folder}/data>\nDav \
             On\nAuthType Basic\nAuthName disk\nAuthUserFile {folder}/users\nRequire \
             valid-user\n</Directory>\n"
            );
            fs::write(format!("{folder}/conf"), text).unwrap();
            fs::write(format!("{folder}/users"), format!("{USER}:{HASH}\n")).unwrap();
            vec!["-X".into(), "-f".into(), format!("{folder}/conf")]
        })
    };
    let Some(server) = start() else { return };
    works(&server);
    let Some(server) = start() else { return };
    races(&server);
}

#[test]
fn rclone() {
    let start = || {
        Server::start("rclone", |port, folder| {
            let data = folder.join("data").display().to_string();
            let address = format!("127.0.0.1:{port}");
            let words =
                ["serve", "webdav", &data, "--addr", &address, "--user", USER, "--pass", PASSWORD];
            words.map(str::to_owned).to_vec()
        })
    };
    let Some(server) = start() else { return };
    works(&server);
    let Some(server) = start() else { return };
    races(&server);
}

// What such a server gives is what is here, and goes with it.
#[test]
fn clean_does_not_take_the_workspace_behind_a_server_for_a_copy() {
    let sandbox = workspace();
    put_here(&sandbox, "x", &checkpoint(1, 1000));
    let started = Server::start("rclone", |port, _| {
        let data = sandbox.path().join("checkpoint").display().to_string();
        let address = format!("127.0.0.1:{port}");
        let login = ["--user", USER, "--pass", PASSWORD, "--dir-cache-time", "0"];
        let words = [&["serve", "webdav", &data, "--addr", &address][..], &login].concat();
        words.into_iter().map(str::to_owned).collect()
    });
    let Some(server) = started else { return };
    let run = sandbox.finish(&mut command(&sandbox, &server.url, &["clean"])).code(2);
    let _ = run.says("the remote has no copy of fusion_v1/x any more");
    assert_eq!(sandbox.checkpoint("x"), checkpoint(1, 1000));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn wsgidav() {
    let start = || {
        Server::start("wsgidav", |port, folder| {
            let settings = json!({
                "host": "127.0.0.1", "port": port, "verbose": 1,
                "provider_mapping": { "/": folder.join("data") },
                "http_authenticator": { "accept_basic": true, "accept_digest": false, "default_to_digest": false },
                "simple_dc": { "user_mapping": { "*": { USER: { "password": PASSWORD } } } },
            });
            let path = folder.join("wsgidav.json");
            fs::write(&path, settings.to_string()).unwrap();
            vec!["--config".into(), path.display().to_string()]
        })
    };
    let Some(server) = start() else { return };
    works(&server);
    let Some(server) = start() else { return };
    races(&server);
}

#[test]
fn moto() {
    let Some(mut server) = Server::start("moto_server", |port, _| {
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
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.contains(" 200 "), "{answer}");
    server.url = format!("s3://{BUCKET}/some/where");
    server.variables = vec![
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", PASSWORD.to_owned()),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    works(&server);
    // A name of its own, as the first one's is taken.
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

/// Kills uploads to a bucket: what moves there under a claim is whole or not there, too.
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
        let mut download = command(&there, &server.url, &["download", &name]);
        download.envs(server.variables.iter().map(|(name, value)| (name, value)));
        let run = there.finish(download.env("MENTORPAL_REMOTE_TIMEOUT", "30"));
        if run.code == Some(0) {
            assert_eq!(there.checkpoint(&name), files);
        } else {
            let _ = run.code(2).says("no checkpoint");
            assert_eq!(there.checkpoint(&name), super::Files::new());
        }
        sandbox.finish(&mut upload(&name)).code(0);
    }
    let mut verify = command(&sandbox, &server.url, &["checkpoints", "verify", "--remote"]);
    verify.envs(server.variables.iter().map(|(name, value)| (name, value)));
    let verified = sandbox.finish(verify.env("MENTORPAL_REMOTE_TIMEOUT", "30")).code(0);
    assert_eq!(verified.stdout.matches("whole, 3 files").count(), MOMENTS / 3 + 1, "{verified}");
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}
