//! A test server for the Hub with one model, and a second server for large files.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::json;
use sha1::{Digest, Sha1};

use super::tiny::Files;
use crate::support::Request;

/// The only commit of the model.
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The file on the second server.
pub(super) const LARGE: &str = "model.safetensors";

/// The signature in the query that the second server requires and that must never be printed.
const SIGNATURE: &str = "Signature=s1gned";

/// The faults of the servers.
#[derive(Default)]
pub(super) struct Faults {
    /// Requests without this token are refused.
    pub(super) token: Option<&'static str>,
    /// A status and a header that are sent for every request.
    pub(super) first: Vec<(u16, &'static str)>,
    /// Every response is a page with this status.
    pub(super) page: Option<u16>,
    /// The second server sends this many bytes of a response and closes the connection, this many
    /// times.
    pub(super) cuts: (usize, usize),
    /// The second server sends this many bytes of a response and then stalls.
    pub(super) stalls_after: Option<usize>,
    /// The second server sends wrong bytes.
    pub(super) sends_wrong: bool,
    /// The second server ignores ranges.
    pub(super) ignores_ranges: bool,
    /// The second server refuses requests.
    pub(super) refuses_large: bool,
    /// The announced `ETag` of the large file.
    pub(super) etag: Option<String>,
    /// The server is a mirror of a Hub.
    pub(super) mirror: Option<Mirror>,
}

/// A mirror of a Hub, without the headers of a Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mirror {
    /// The mirror announces no hashes.
    Bare,
    /// The mirror announces hashes in its file list.
    Listed,
    /// The mirror redirects every file to another server, which is a Hub.
    Elsewhere,
}

/// A request, with the number of bytes of a file in the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) of_hub: bool,
    /// The method and the path.
    pub(super) what: String,
    pub(super) token: Option<String>,
    pub(super) range: Option<String>,
    pub(super) sent: usize,
}

struct State {
    files: Files,
    faults: Faults,
    asked: Vec<Asked>,
    large_server: String,
}

/// The Hub; it runs until the test ends.
pub(super) struct Hub {
    pub(super) endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    /// Starts a Hub with `files` as the model `acme/tiny`.
    pub(super) fn serve(files: Files) -> Self {
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let large = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let endpoint = address(&hub);
        let state = State {
            files,
            faults: Faults::default(),
            asked: Vec::new(),
            large_server: address(&large),
        };
        let state = Arc::new(Mutex::new(state));
        for (listener, is_hub) in [(hub, true), (large, false)] {
            let state = Arc::clone(&state);
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let state = Arc::clone(&state);
                    thread::spawn(move || answer(&state, stream.unwrap(), is_hub));
                }
            });
        }
        Self { endpoint, state }
    }

    /// Sets the faults from now on.
    pub(super) fn has(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Returns the requests since the last call.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// Returns the number of bytes of the large file in responses.
pub(super) fn sent_of_large(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| !asked.of_hub).map(|asked| asked.sent).sum()
}

/// Returns the hash of this content in git.
pub(super) fn git_hash(bytes: &[u8]) -> String {
    let digest = Sha1::digest([format!("blob {}\0", bytes.len()).as_bytes(), bytes].concat());
    digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Reads a request and sends a response.
fn answer(state: &Mutex<State>, mut stream: TcpStream, of_hub: bool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some(mut request) = Request::read(&mut reader) else { return };
    if request.method == "CONNECT" {
        // As a proxy, the server handles tunnelled requests itself.
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let Some(next) = Request::read(&mut reader) else { return };
        request = next;
    }
    let what = format!("{} {}", request.method, request.path);
    let is_head = request.method == "HEAD";
    let (token, range) = (request.header("authorization"), request.header("range"));
    let mut asked = Asked { of_hub, what, token, range, sent: 0 };
    let (head, mut body) = {
        let mut state = state.lock().unwrap();
        if of_hub { hub(&mut state, &asked) } else { large(&mut state, &asked) }
    };
    if is_head {
        body.clear();
    }
    let stalls = {
        let mut state = state.lock().unwrap();
        let is_file = !of_hub && head.starts_with("HTTP/1.1 20");
        let stalls_after = state.faults.stalls_after.filter(|_| is_file);
        if let Some(most) = stalls_after {
            body.truncate(most);
        } else if is_file && state.faults.cuts.1 > 0 {
            state.faults.cuts.1 -= 1;
            body.truncate(state.faults.cuts.0);
        }
        asked.sent = body.len();
        state.asked.push(asked);
        stalls_after.is_some()
    };
    // The client may have closed the connection.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    if stalls {
        let _ = stream.read(&mut [0]);
    }
}

/// Returns the head of a response, and the complete body that it announces.
fn response(status: u16, headers: &str, body: Vec<u8>) -> (String, Vec<u8>) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} So\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    (head, body)
}

fn hub(state: &mut State, asked: &Asked) -> (String, Vec<u8>) {
    if let Some(status) = state.faults.page {
        return response(status, "Content-Type: text/html\r\n", b"<html>Log in</html>".to_vec());
    }
    if !state.faults.first.is_empty() {
        let (status, header) = state.faults.first.remove(0);
        return response(status, header, Vec::new());
    }
    if let Some(token) = state.faults.token
        && asked.token != Some(format!("Bearer {token}"))
    {
        return response(401, "", Vec::new());
    }
    let path = asked.what.split(' ').nth(1).unwrap_or_default();
    if let Some(revision) = path.strip_prefix("/api/models/acme/tiny/revision/") {
        if state.faults.mirror == Some(Mirror::Listed) && revision == format!("{COMMIT}?blobs=true")
        {
            return response(200, "Content-Type: application/json\r\n", listed(&state.files));
        }
        let is_known = ["main", COMMIT, "refs%2Fpr%2F1"].contains(&revision);
        let body = json!({ "id": "acme/tiny", "sha": COMMIT }).to_string().into_bytes();
        let headers = "Content-Type: application/json\r\n";
        return if is_known { response(200, headers, body) } else { response(404, "", Vec::new()) };
    }
    let file = path.strip_prefix(&format!("/acme/tiny/resolve/{COMMIT}/")).unwrap_or_default();
    let Some(bytes) = state.files.get(file).cloned() else {
        return response(404, "", Vec::new());
    };
    let commit = format!("X-Repo-Commit: {COMMIT}\r\n");
    let elsewhere = &state.large_server;
    match state.faults.mirror {
        Some(Mirror::Elsewhere) => {
            return response(302, &format!("Location: {elsewhere}{path}\r\n"), Vec::new());
        }
        Some(_) if file == LARGE => {
            let sha256 = mentorpal::sha256::digest(&bytes);
            let location = format!("Location: {elsewhere}/{sha256}?{SIGNATURE}\r\n");
            return response(302, &location, Vec::new());
        }
        // The `ETag` and the type as nginx and Apache send them.
        Some(_) => {
            let headers = "ETag: \"5f3-61a2\"\r\nContent-Type: text/html\r\n";
            return response(200, headers, bytes);
        }
        None => {}
    }
    if file != LARGE {
        return response(200, &format!("{commit}ETag: \"{}\"\r\n", git_hash(&bytes)), bytes);
    }
    let sha256 = mentorpal::sha256::digest(&bytes);
    let etag = state.faults.etag.clone().unwrap_or_else(|| sha256.clone());
    let headers = format!(
        "{commit}X-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {}\r\nETag: \"elsewhere\"\r\n\
         Location: {}/{sha256}?{SIGNATURE}\r\n",
        bytes.len(),
        state.large_server,
    );
    response(302, &headers, b"Found. Redirecting".to_vec())
}

/// Returns the file list of a Hub.
fn listed(files: &Files) -> Vec<u8> {
    let sibling = |(path, bytes): (&String, &Vec<u8>)| {
        let (sha256, size) = (mentorpal::sha256::digest(bytes), bytes.len());
        let mut sibling = json!({ "rfilename": path, "size": size, "blobId": git_hash(bytes) });
        if path == LARGE {
            // The git hash of the LFS pointer, which git stores in place of the file.
            sibling["blobId"] = json!(git_hash(b"version https://git-lfs.github.com/spec/v1"));
            sibling["lfs"] = json!({ "sha256": sha256, "size": size, "pointerSize": 134 });
        }
        sibling
    };
    let siblings: Vec<_> = files.iter().map(sibling).collect();
    json!({ "id": "acme/tiny", "sha": COMMIT, "siblings": siblings }).to_string().into_bytes()
}

fn large(state: &mut State, asked: &Asked) -> (String, Vec<u8>) {
    let path = asked.what.split(' ').nth(1).unwrap_or_default();
    if state.faults.mirror == Some(Mirror::Elsewhere) {
        let file = path.strip_prefix(&format!("/acme/tiny/resolve/{COMMIT}/")).unwrap_or_default();
        let Some(bytes) = state.files.get(file).cloned() else {
            return response(404, "", Vec::new());
        };
        let etag = format!("X-Repo-Commit: {COMMIT}\r\nETag: \"{}\"\r\n", git_hash(&bytes));
        return response(200, &etag, bytes);
    }
    // A signed URL is valid for one method.
    if state.faults.mirror.is_some() && asked.what.starts_with("HEAD ") {
        return response(403, "", Vec::new());
    }
    if state.faults.refuses_large || !asked.what.ends_with(SIGNATURE) {
        return response(403, "", Vec::new());
    }
    let mut bytes = state.files[LARGE].clone();
    if state.faults.sends_wrong {
        *bytes.last_mut().unwrap() ^= 1;
    }
    let start = asked.range.as_deref().filter(|_| !state.faults.ignores_ranges);
    let Some(start) = start else { return response(200, "", bytes) };
    let start: usize =
        start.trim_start_matches("bytes=").trim_end_matches('-').parse().expect("a range");
    let size = bytes.len();
    let range = format!("Content-Range: bytes {start}-{}/{size}\r\n", size - 1);
    response(206, &range, bytes.split_off(start))
}
