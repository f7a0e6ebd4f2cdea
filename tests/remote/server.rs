//! A test server with WebDAV or S3, with one fault on demand.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::bucket::{self, BUCKET};
use super::challenge::Wants;
use super::webdav::{Node, Protocol, Quirks, Response, State, Tags, dav, remove};
use crate::support::Request;

/// The user of the WebDAV server.
pub(super) const USER: &str = "ada";
/// A password that must never be printed.
pub(super) const PASSWORD: &str = "s3cret-pass";
/// The access key of the bucket.
pub(super) const KEY_ID: &str = "AKIAEXAMPLE";
/// `ada:s3cret-pass`, encoded with `base64` (GNU coreutils).
pub(super) const BASIC: &str = "Basic YWRhOnMzY3JldC1wYXNz";

/// A fault of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// The connection is closed before the request is handled.
    CutBefore,
    /// The connection is closed after half of the transfer.
    CutMidway,
    /// The connection is closed after the request is handled, without a response.
    CutAfter,
    /// Other bytes are stored or sent. A request without a file is reported as successful but not
    /// handled.
    OtherBytes,
    /// Half of the bytes are stored or sent as if they were all.
    HalfIsAll,
    /// The connection is closed after half of the response; the server then ignores ranges.
    CutThenNoRanges,
    /// The connection is closed after half of the response; the file then has another validator.
    CutThenOtherTag,
    /// The request is handled, but the status is 423.
    LockedButDone,
    /// The request is handled, but the status is 500.
    BusyButDone,
    /// One response with status 429 and `Retry-After: 0`.
    TooMany,
    /// Status 429 with a `Retry-After` of one day.
    Later,
    /// One response with status 503.
    Busy,
    /// The disk of the server is full.
    Full,
    /// The password is wrong.
    Unknown,
    /// The request is forbidden.
    Forbidden,
    /// The request is forbidden, with an S3 error.
    Denied,
    /// The request is forbidden, with an S3 error and status 200.
    DeniedWith200,
    /// The file is too large.
    TooLarge,
    /// A redirect to another server.
    OtherServer,
    /// A login page in place of the response.
    LoginPage,
    /// No response.
    Stall,
    /// Status 404, although the file exists.
    NotThere,
    /// An uploaded file is removed before the request is handled.
    FileGone,
}

/// A request: its method (or its operation), its path, and the number of earlier equal requests.
pub(super) type Which = (String, String, usize);

/// A request that the server received.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) which: Which,
    pub(super) authorization: Option<String>,
    pub(super) range: Option<String>,
}

/// The test server; it runs until the test ends.
pub(super) struct Disk {
    pub(super) url: String,
    /// The URL of the server.
    pub(super) server: String,
    /// Further environment variables of the commands.
    pub(super) variables: Vec<(&'static str, String)>,
    /// The path of the remote on the server.
    root: &'static str,
    state: Arc<Mutex<State>>,
    other: Arc<Mutex<Vec<Option<String>>>>,
}

impl Disk {
    /// Starts an empty WebDAV server at `/dav`.
    pub(super) fn serve() -> Self {
        Self::start("/dav", Protocol::Dav)
    }

    /// Starts an empty bucket. It has no folders.
    pub(super) fn serve_bucket() -> Self {
        let mut disk = Self::start(BUCKET, Protocol::S3);
        disk.url = format!("s3:/{BUCKET}");
        disk.variables = vec![
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", PASSWORD.to_owned()),
            ("AWS_ENDPOINT_URL", disk.server.clone()),
        ];
        disk
    }

    fn start(root: &'static str, speaks: Protocol) -> Self {
        let state = Arc::new(Mutex::new(State { speaks, ..State::default() }));
        state.lock().unwrap().nodes.insert(root.to_owned(), Node::Folder);
        let other = Arc::new(Mutex::new(Vec::new()));
        let elsewhere = serve_page(Arc::clone(&other));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, elsewhere) = (Arc::clone(&shared), elsewhere.clone());
                thread::spawn(move || while_open(&state, stream.unwrap(), &elsewhere));
            }
        });
        let url = format!("{server}{root}");
        Self { url, server, variables: Vec::new(), root, state, other }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Forgets the received requests, and makes one request fail from now on.
    pub(super) fn has(&self, fault: Option<(Which, Wrong)>) {
        let mut state = self.state();
        (state.fault, state.no_ranges, state.tags) = (fault, false, Tags::Own);
        state.asked.clear();
    }

    /// Makes every request fail for which the rule returns a fault.
    pub(super) fn always(&self, rule: fn(&Which) -> Option<Wrong>) {
        self.state().rule = Some(rule);
    }

    /// Removes the validators from responses.
    pub(super) fn forgets_tags(&self) {
        self.state().tags = Tags::None;
    }

    /// Returns whether the server is a bucket.
    pub(super) fn is_bucket(&self) -> bool {
        self.root == BUCKET
    }

    /// Accepts requests without authentication.
    pub(super) fn open_to_all(&self) {
        self.state().is_open_to_all = true;
    }

    /// Requires this authentication scheme.
    pub(super) fn wants(&self, wants: Wants) {
        self.state().wants = wants;
    }

    /// Sets unusual properties of the server.
    pub(super) fn has_quirks(&self, quirks: Quirks) {
        self.state().quirks = quirks;
    }

    /// Returns the requests since [`Disk::has`].
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// Returns the number of connections.
    pub(super) fn connections(&self) -> usize {
        self.state().connections
    }

    /// Returns the `Authorization` header of each request to the other server.
    pub(super) fn shown_elsewhere(&self) -> Vec<Option<String>> {
        self.other.lock().unwrap().clone()
    }

    /// Returns the files in `folder` and its subfolders by relative path.
    pub(super) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let start = format!("{}/{folder}/", self.root);
        let file = |(path, node): (&String, &Node)| match node {
            Node::File(bytes) => Some((path.strip_prefix(&start)?.to_owned(), bytes.clone())),
            Node::Folder => None,
        };
        self.state().nodes.iter().filter_map(file).collect()
    }

    /// Returns the names in `folder`.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let start = format!("{}/{folder}/", self.root);
        let name = |path: &String| Some(path.strip_prefix(&start)?.split('/').next()?.to_owned());
        let mut names: Vec<String> = self.state().nodes.keys().filter_map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Writes a file and its parent folders.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) {
        let path = format!("{}/{path}", self.root);
        let mut state = self.state();
        let is_bucket = state.speaks == Protocol::S3;
        for (slash, _) in path.match_indices('/').skip(1).filter(|_| !is_bucket) {
            state.nodes.insert(path[..slash].to_owned(), Node::Folder);
        }
        state.nodes.insert(path, Node::File(bytes.to_vec()));
    }

    /// Removes a file or a folder.
    pub(super) fn remove(&self, path: &str) {
        remove(&mut self.state().nodes, &format!("{}/{path}", self.root));
    }
}

/// Starts another server, which sends a page to everybody and records `Authorization` headers.
fn serve_page(shown: Arc<Mutex<Vec<Option<String>>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            if let Some(request) = Request::read(&mut reader) {
                shown.lock().unwrap().push(request.header("authorization"));
                let _ = stream.write_all(&page().bytes(true));
            }
        }
    });
    address
}

fn page() -> Response {
    let mut page = Response::of(200).header("Content-Type", "text/html; charset=utf-8");
    page.body = b"<!DOCTYPE html><html><body>Log in</body></html>".to_vec();
    page
}

/// Handles the requests on one connection until a response is none.
fn while_open(state: &Mutex<State>, mut stream: TcpStream, elsewhere: &str) {
    stream.set_nodelay(true).unwrap();
    state.lock().unwrap().connections += 1;
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = Request::read(&mut reader) {
        // As a proxy, the server handles tunnelled requests itself.
        if request.method == "CONNECT" {
            assert_eq!(request.header("authorization"), None);
            stream.write_all(b"HTTP/1.1 200 So\r\n\r\n").unwrap();
            continue;
        }
        if answer(state, &mut stream, &mut reader, &request, elsewhere).is_none() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// Replaces the random parts of a path.
fn plain(path: &str) -> String {
    const ASIDE: &str = ".replaced-x-";
    if let Some((folder, _)) = path.split_once(".part-") {
        return format!("{folder}.part");
    }
    match path.split_once(ASIDE) {
        Some((folder, rest)) => format!("{folder}{ASIDE}{}", &rest[16..]),
        None => path.to_owned(),
    }
}

/// Records a request. Returns its operation, its fault, and the challenges if it is not
/// authenticated.
fn note(state: &Mutex<State>, request: &Request) -> (String, Option<Wrong>, Option<Vec<String>>) {
    let authorization = request.header("authorization");
    let mut state = state.lock().unwrap();
    let method = if state.speaks == Protocol::S3 {
        bucket::operation(request)
    } else {
        request.method.clone()
    };
    let path = plain(&request.path);
    let like = |asked: &&Asked| asked.which.0 == method && asked.which.1 == path;
    let which = (method.clone(), path.clone(), state.asked.iter().filter(like).count());
    let wrong = state.fault.as_ref().filter(|fault| fault.0 == which).map(|fault| fault.1);
    if wrong.is_some() {
        state.fault = None;
    }
    let wrong = wrong.or_else(|| state.rule.and_then(|rule| rule(&which)));
    let challenges = match &authorization {
        Some(shown) if state.speaks == Protocol::S3 => (!shown.contains(KEY_ID)).then(Vec::new),
        _ if state.is_open_to_all => None,
        _ => state.wants.challenges(request),
    };
    let range = request.header("range");
    state.asked.push(Asked { which, authorization, range });
    (method, wrong, challenges)
}

fn answer(
    state: &Mutex<State>,
    stream: &mut TcpStream,
    reader: &mut impl Read,
    request: &Request,
    elsewhere: &str,
) -> Option<()> {
    let (operation, wrong, challenges) = note(state, request);
    let refusal = match wrong {
        Some(Wrong::CutBefore) => return None,
        Some(Wrong::Stall) => {
            thread::sleep(Duration::from_secs(3));
            return None;
        }
        Some(Wrong::TooMany) => Some(Response::of(429).header("Retry-After", "0")),
        Some(Wrong::Later) => Some(Response::of(429).header("Retry-After", "86400")),
        Some(Wrong::Busy) => Some(Response::of(503)),
        Some(Wrong::Full) => Some(Response::of(507)),
        Some(Wrong::Unknown) => Some(Response::of(401)),
        Some(Wrong::Forbidden) => Some(Response::of(403)),
        Some(Wrong::Denied) => Some(bucket::denied(403, request)),
        Some(Wrong::DeniedWith200) => Some(bucket::denied(200, request)),
        Some(Wrong::TooLarge) => Some(Response::of(413)),
        Some(Wrong::NotThere) => Some(Response::of(404)),
        Some(Wrong::OtherServer) => {
            Some(Response::of(302).header("Location", format!("{elsewhere}{}", request.path)))
        }
        Some(Wrong::LoginPage) => Some(page()),
        _ => challenges.map(|challenges| {
            let refusal = Response::of(401);
            challenges
                .into_iter()
                .fold(refusal, |refusal, challenge| refusal.header("WWW-Authenticate", challenge))
        }),
    };
    if let Some(refusal) = refusal {
        // Otherwise the unread body would be read as the next request.
        let _ = stream.write_all(&refusal.bytes(true));
        let _ = reader.read_to_end(&mut Vec::new());
        return None;
    }
    if wrong == Some(Wrong::FileGone) {
        let is_gone = |path: &str| path.contains("/.upload-") && path.contains("model.json");
        state.lock().unwrap().nodes.retain(|path, _| !is_gone(path));
    }
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = vec![0; request.length()];
    if wrong == Some(Wrong::CutMidway) && request.method == "PUT" {
        body.truncate(request.length() / 2);
        reader.read_exact(&mut body).ok()?;
        let mut state = state.lock().unwrap();
        // Like some WebDAV servers, the server writes incomplete files to their final path.
        if state.speaks == Protocol::Dav {
            dav(&mut state, request, body);
        }
        return None;
    }
    reader.read_exact(&mut body).ok()?;
    let is_put = matches!(operation.as_str(), "PUT" | "CLAIM" | "PART");
    match wrong {
        Some(Wrong::OtherBytes) if is_put => flip(&mut body),
        Some(Wrong::HalfIsAll) if is_put => body.truncate(body.len() / 2),
        _ => {}
    }
    let is_question = matches!(operation.as_str(), "GET" | "PROPFIND" | "LIST" | "BEGIN");
    let is_pretended =
        matches!(wrong, Some(Wrong::OtherBytes | Wrong::HalfIsAll)) && !is_put && !is_question;
    let mut response = {
        let mut state = state.lock().unwrap();
        match (state.speaks, is_pretended) {
            (Protocol::Dav, true) => Response::of(201),
            (Protocol::S3, true) => bucket::pretended(),
            (Protocol::Dav, false) => dav(&mut state, request, body),
            (Protocol::S3, false) => bucket::s3(&mut state, request, body),
        }
    };
    match wrong {
        Some(Wrong::CutAfter) => return None,
        Some(Wrong::LockedButDone) => response = Response::of(423),
        Some(Wrong::BusyButDone) => response = Response::of(500),
        Some(Wrong::OtherBytes) if is_question => flip(&mut response.body),
        Some(Wrong::HalfIsAll) if is_question => response.body.truncate(response.body.len() / 2),
        Some(Wrong::CutMidway | Wrong::CutThenNoRanges | Wrong::CutThenOtherTag) => {
            let bytes = response.bytes(false);
            let sent = if response.is_head { 0 } else { response.body.len() };
            let half = bytes.len() - sent.div_ceil(2).max(4);
            stream.write_all(&bytes[..half]).ok()?;
            let mut state = state.lock().unwrap();
            state.no_ranges = wrong == Some(Wrong::CutThenNoRanges);
            if wrong == Some(Wrong::CutThenOtherTag) {
                state.tags = Tags::Other;
            }
            return None;
        }
        // Real servers send an explanation with these statuses.
        None if operation != "GET" && matches!(response.status, 201 | 404 | 405) => {
            response.body = b"That is how it is.".to_vec();
        }
        _ => {}
    }
    stream.write_all(&response.bytes(false)).ok()
}

fn flip(bytes: &mut [u8]) {
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
}
