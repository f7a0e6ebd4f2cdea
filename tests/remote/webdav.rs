//! The part of WebDAV (RFC 4918) that a remote needs.

use std::collections::BTreeMap;

use mentorpal::sha256;

use super::challenge::Wants;
use super::server::{Asked, Which, Wrong};
use crate::support::Request;

/// A file or a folder.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Folder,
    File(Vec<u8>),
}

/// The protocol of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Protocol {
    #[default]
    Dav,
    S3,
}

/// The validators that the server sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tags {
    #[default]
    Own,
    Other,
    None,
}

/// The files, the settings and the faults of a server.
#[derive(Default)]
pub(super) struct State {
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) speaks: Protocol,
    /// The uploaded parts of files that are not completed yet.
    pub(super) parts: BTreeMap<(String, usize), Vec<u8>>,
    pub(super) fault: Option<(Which, Wrong)>,
    /// The state after a fault: the server ignores ranges, or validators have changed.
    pub(super) no_ranges: bool,
    pub(super) tags: Tags,
    /// The rule for repeated faults.
    pub(super) rule: Option<fn(&Which) -> Option<Wrong>>,
    pub(super) asked: Vec<Asked>,
    /// The number of connections.
    pub(super) connections: usize,
    pub(super) is_open_to_all: bool,
    /// The required authentication scheme.
    pub(super) wants: Wants,
    pub(super) quirks: Quirks,
}

/// Unusual properties of some servers.
#[derive(Clone, Copy, Default)]
pub(super) struct Quirks {
    /// Listings omit the folder itself.
    pub(super) hides_itself: bool,
    /// Every file has the type of an HTML page.
    pub(super) labels_pages: bool,
    /// The required prefix of `Destination`; other values give status 502.
    pub(super) destination: Option<&'static str>,
}

/// A response.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Whether only the length of the body is sent.
    pub(super) is_head: bool,
}

impl Response {
    pub(super) fn of(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), is_head: false }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn bytes(&self, closes: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} So\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if closes {
            head += "Connection: close\r\n";
        }
        head += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        let body = if self.is_head { &[] } else { &self.body[..] };
        [head.as_bytes(), body].concat()
    }
}

/// Handles a WebDAV request (RFC 4918).
pub(super) fn dav(state: &mut State, request: &Request, body: Vec<u8>) -> Response {
    let path = request.path.trim_end_matches('/').to_owned();
    let has_parent = |nodes: &BTreeMap<String, Node>, path: &str| {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        matches!(nodes.get(parent), Some(Node::Folder))
    };
    match request.method.as_str() {
        "MKCOL" if state.nodes.contains_key(&path) => Response::of(405),
        "MKCOL" | "PUT" if !has_parent(&state.nodes, &path) => Response::of(409),
        "MKCOL" => {
            state.nodes.insert(path, Node::Folder);
            Response::of(201)
        }
        "PUT" => {
            state.nodes.insert(path, Node::File(body));
            Response::of(201)
        }
        "DELETE" if !state.nodes.contains_key(&path) => Response::of(404),
        "DELETE" => {
            remove(&mut state.nodes, &path);
            Response::of(204)
        }
        "MOVE" => rename(state, request, &path, has_parent),
        "PROPFIND" => propfind(state, &path),
        "GET" => get(state, request, &path),
        _ => Response::of(501),
    }
}

/// Removes a file, or a folder with its contents.
pub(super) fn remove(nodes: &mut BTreeMap<String, Node>, path: &str) {
    let below = format!("{path}/");
    nodes.retain(|other, _| other != path && !other.starts_with(&below));
}

fn rename(
    state: &mut State,
    request: &Request,
    from: &str,
    has_parent: impl Fn(&BTreeMap<String, Node>, &str) -> bool,
) -> Response {
    let destination = request.header("destination").unwrap();
    if state.quirks.destination.is_some_and(|start| !destination.starts_with(start)) {
        return Response::of(502);
    }
    let to = match destination.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap().1,
        None => &destination[1..],
    };
    let to = format!("/{}", to.trim_end_matches('/'));
    if !state.nodes.contains_key(from) {
        return Response::of(404);
    }
    if !has_parent(&state.nodes, &to) {
        return Response::of(409);
    }
    let is_there = state.nodes.contains_key(&to);
    if is_there && request.header("overwrite").as_deref() == Some("F") {
        return Response::of(412);
    }
    remove(&mut state.nodes, &to);
    let below = format!("{from}/");
    let moved: Vec<String> =
        state.nodes.keys().filter(|p| *p == from || p.starts_with(&below)).cloned().collect();
    for path in moved {
        let node = state.nodes.remove(&path).unwrap();
        state.nodes.insert(format!("{to}{}", &path[from.len()..]), node);
    }
    Response::of(if is_there { 204 } else { 201 })
}

fn propfind(state: &State, path: &str) -> Response {
    if !state.nodes.contains_key(path) {
        return Response::of(404);
    }
    let below = format!("{path}/");
    let is_listed = |other: &&String| {
        (*other == path && !state.quirks.hides_itself)
            || other.strip_prefix(&below).is_some_and(|rest| !rest.contains('/'))
    };
    let mut xml = "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">".to_owned();
    for path in state.nodes.keys().filter(is_listed) {
        let (slash, props) = match &state.nodes[path] {
            Node::Folder => ("/", "<D:resourcetype><D:collection/></D:resourcetype>".to_owned()),
            Node::File(bytes) => (
                "",
                format!(
                    "<D:resourcetype/><D:getcontentlength>{}</D:getcontentlength>",
                    bytes.len()
                ),
            ),
        };
        xml += &format!(
            "<D:response><D:href>{path}{slash}</D:href><D:propstat><D:prop>{props}</D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        );
    }
    let mut response = Response::of(207).header("Content-Type", "application/xml");
    response.body = (xml + "</D:multistatus>").into_bytes();
    response
}

fn get(state: &State, request: &Request, path: &str) -> Response {
    let Some(Node::File(bytes)) = state.nodes.get(path) else { return Response::of(404) };
    let mark = if state.tags == Tags::Other { "other-" } else { "" };
    let tag = format!("\"{mark}{}\"", &sha256::digest(bytes)[..16]);
    let start = request.header("range").filter(|_| !state.no_ranges);
    let start = start.map(|range| {
        range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap()
    });
    let is_same = request.header("if-range").is_none_or(|expected| expected == tag);
    let mut response = match start.filter(|start| is_same && *start <= bytes.len()) {
        None => {
            let mut response = Response::of(200);
            response.body.clone_from(bytes);
            response
        }
        Some(start) if start == bytes.len() => Response::of(416),
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
            let mut response = Response::of(206).header("Content-Range", range);
            response.body = bytes[start..].to_vec();
            response
        }
    };
    if state.tags != Tags::None {
        response.headers.push(("ETag", tag));
    }
    // Like servers that detect the type of a file from its content.
    if bytes.starts_with(b"<!doctype html") || state.quirks.labels_pages {
        response.headers.push(("Content-Type", "text/html; charset=utf-8".to_owned()));
    }
    response
}
