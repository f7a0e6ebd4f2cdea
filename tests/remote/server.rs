//! A WebDAV disk on this machine that does one thing wrong, on demand.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::webdav::{Node, Request, Response, State, dav, remove};

/// Who may use the disk.
pub(super) const USER: &str = "ada";
/// A password that no output may have.
pub(super) const PASSWORD: &str = "s3cret-pass";
/// `ada:s3cret-pass`, as `base64` (GNU coreutils) encodes it.
pub(super) const BASIC: &str = "Basic YWRhOnMzY3JldC1wYXNz";

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// The connection is cut before anything is done.
    CutBefore,
    /// The connection is cut when half of it is sent.
    CutMidway,
    /// All is done; the connection is cut instead of an answer.
    CutAfter,
    /// Other bytes are kept or sent than should be; what is no file is said to be done, and is not.
    OtherBytes,
    /// Half is kept or sent, as if it were all.
    HalfIsAll,
    /// The connection is cut midway, and the rest is asked of a server that sends the whole.
    CutThenNoRanges,
    /// The connection is cut midway, and the file has another validator then.
    CutThenOtherTag,
    /// 423, and it is done all the same.
    LockedButDone,
    /// 429 once, to come again at once.
    TooMany,
    /// 429, to come again tomorrow.
    Later,
    /// 503 once.
    Busy,
    /// The disk is full.
    Full,
    /// The password is not accepted.
    Unknown,
    /// Not allowed.
    Forbidden,
    /// The file is too large.
    TooLarge,
    /// Another server is said to have it.
    OtherServer,
    /// A page that wants a login comes.
    LoginPage,
    /// Nothing comes.
    Stall,
}

/// Which request: the method, the path, and how many like it came before.
pub(super) type Which = (String, String, usize);

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) which: Which,
    pub(super) authorization: Option<String>,
    pub(super) range: Option<String>,
}

/// The disk; it serves until the test ends.
pub(super) struct Disk {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
    other: Arc<Mutex<Vec<Option<String>>>>,
}

impl Disk {
    /// An empty disk at `/dav`.
    pub(super) fn serve() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        state.lock().unwrap().nodes.insert("/dav".to_owned(), Node::Folder);
        let other = Arc::new(Mutex::new(Vec::new()));
        let elsewhere = serve_page(Arc::clone(&other));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/dav", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, elsewhere) = (Arc::clone(&shared), elsewhere.clone());
                thread::spawn(move || while_open(&state, stream.unwrap(), &elsewhere));
            }
        });
        Self { url, state, other }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Has one request go wrong from now on.
    pub(super) fn has(&self, fault: Option<(Which, Wrong)>) {
        let mut state = self.state();
        (state.fault, state.no_ranges, state.other_tags) = (fault, false, false);
        state.asked.clear();
    }

    /// Lets everybody in.
    pub(super) fn open_to_all(&self) {
        self.state().is_open_to_all = true;
    }

    /// What was asked since [`Disk::has`].
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// What the other server was shown as `Authorization`, a request each.
    pub(super) fn shown_elsewhere(&self) -> Vec<Option<String>> {
        self.other.lock().unwrap().clone()
    }

    /// The files below `folder`, by path from there.
    pub(super) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let start = format!("/dav/{folder}/");
        let file = |(path, node): (&String, &Node)| match node {
            Node::File(bytes) => Some((path.strip_prefix(&start)?.to_owned(), bytes.clone())),
            Node::Folder => None,
        };
        self.state().nodes.iter().filter_map(file).collect()
    }

    /// The names directly in `folder`.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let start = format!("/dav/{folder}/");
        let name = |path: &String| path.strip_prefix(&start).map(str::to_owned);
        self.state().nodes.keys().filter_map(name).filter(|name| !name.contains('/')).collect()
    }

    /// Puts a file there, folders included.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) {
        let path = format!("/dav/{path}");
        let mut state = self.state();
        for (slash, _) in path.match_indices('/').skip(1) {
            state.nodes.insert(path[..slash].to_owned(), Node::Folder);
        }
        state.nodes.insert(path, Node::File(bytes.to_vec()));
    }

    /// Takes a file or folder away.
    pub(super) fn remove(&self, path: &str) {
        remove(&mut self.state().nodes, &format!("/dav/{path}"));
    }
}

/// Another server: it has a page for everybody, and remembers what it was shown.
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

/// Answers what comes over one connection; `None` ends it.
fn while_open(state: &Mutex<State>, mut stream: TcpStream, elsewhere: &str) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = Request::read(&mut reader) {
        if answer(state, &mut stream, &mut reader, &request, elsewhere).is_none() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// The path with what is random in it made plain.
fn plain(path: &str) -> String {
    match path.find(".part-") {
        Some(start) => format!("{}.part", &path[..start]),
        None => path.to_owned(),
    }
}

fn answer(
    state: &Mutex<State>,
    stream: &mut TcpStream,
    reader: &mut impl Read,
    request: &Request,
    elsewhere: &str,
) -> Option<()> {
    let authorization = request.header("authorization");
    let (wrong, is_known) = {
        let mut state = state.lock().unwrap();
        let (method, path) = (request.method.clone(), plain(&request.path));
        let like = |asked: &&Asked| asked.which.0 == method && asked.which.1 == path;
        let which = (method.clone(), path.clone(), state.asked.iter().filter(like).count());
        let wrong = state.fault.as_ref().filter(|fault| fault.0 == which).map(|fault| fault.1);
        if wrong.is_some() {
            state.fault = None;
        }
        let is_known = state.is_open_to_all || authorization.as_deref() == Some(BASIC);
        let range = request.header("range");
        state.asked.push(Asked { which, authorization, range });
        (wrong, is_known)
    };
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
        Some(Wrong::TooLarge) => Some(Response::of(413)),
        Some(Wrong::OtherServer) => {
            Some(Response::of(302).header("Location", format!("{elsewhere}{}", request.path)))
        }
        Some(Wrong::LoginPage) => Some(page()),
        _ if !is_known => {
            Some(Response::of(401).header("WWW-Authenticate", "Basic realm=\"disk\""))
        }
        _ => None,
    };
    if let Some(refusal) = refusal {
        // What is not read would be taken for the next request.
        let _ = stream.write_all(&refusal.bytes(true));
        let _ = reader.read_to_end(&mut Vec::new());
        return None;
    }
    if request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = vec![0; request.length()];
    if wrong == Some(Wrong::CutMidway) && request.method == "PUT" {
        body.truncate(request.length() / 2);
        reader.read_exact(&mut body).ok()?;
        // As some servers do, which write where they should not.
        dav(&mut state.lock().unwrap(), request, body);
        return None;
    }
    reader.read_exact(&mut body).ok()?;
    let is_put = request.method == "PUT";
    match wrong {
        Some(Wrong::OtherBytes) if is_put => flip(&mut body),
        Some(Wrong::HalfIsAll) if is_put => body.truncate(body.len() / 2),
        _ => {}
    }
    let is_question = matches!(request.method.as_str(), "GET" | "PROPFIND");
    let is_pretended =
        matches!(wrong, Some(Wrong::OtherBytes | Wrong::HalfIsAll)) && !is_put && !is_question;
    let mut response = if is_pretended {
        Response::of(201)
    } else {
        dav(&mut state.lock().unwrap(), request, body)
    };
    match wrong {
        Some(Wrong::CutAfter) => return None,
        Some(Wrong::LockedButDone) => response = Response::of(423),
        Some(Wrong::OtherBytes) if is_question => flip(&mut response.body),
        Some(Wrong::HalfIsAll) if is_question => response.body.truncate(response.body.len() / 2),
        Some(Wrong::CutMidway | Wrong::CutThenNoRanges | Wrong::CutThenOtherTag) => {
            let bytes = response.bytes(false);
            let half = bytes.len() - response.body.len().div_ceil(2).max(4);
            stream.write_all(&bytes[..half]).ok()?;
            let mut state = state.lock().unwrap();
            state.no_ranges = wrong == Some(Wrong::CutThenNoRanges);
            state.other_tags = wrong == Some(Wrong::CutThenOtherTag);
            return None;
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
