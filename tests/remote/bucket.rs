//! The part of the S3 REST API that a remote needs.

use mentorpal::sha256;
use percent_encoding::percent_decode_str;

use super::webdav::{Node, Response, State, Tags, remove};
use crate::support::Request;

/// The name of the bucket.
pub(super) const BUCKET: &str = "/team";

/// Returns the operation of a request; the method alone does not determine it.
pub(super) fn operation(request: &Request) -> String {
    let has = |name| value(request, name).is_some();
    let named = match request.method.as_str() {
        "GET" if has("list-type") => "LIST",
        "POST" if has("delete") => "DELETE",
        "POST" if has("uploads") => "BEGIN",
        "PUT" if has("partNumber") => "PART",
        "POST" if has("uploadId") => "END",
        "DELETE" if has("uploadId") => "ABORT",
        "PUT" if request.header("x-amz-copy-source").is_some() => "COPY",
        "PUT" if request.header("if-none-match").is_some() => "CLAIM",
        method => method,
    };
    named.to_owned()
}

/// Returns the decoded parameter `name` of the query.
fn value(request: &Request, name: &str) -> Option<String> {
    let query = request.path.split_once('?')?.1;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| percent_decode_str(value).decode_utf8().unwrap().into_owned())
    })
}

/// Handles an S3 request.
pub(super) fn s3(state: &mut State, request: &Request, body: Vec<u8>) -> Response {
    let path = request.path.split('?').next().unwrap().to_owned();
    let upload = || value(request, "uploadId").unwrap_or_default();
    match operation(request).as_str() {
        "LIST" => list(state, request),
        "GET" => get(state, request, &path),
        "HEAD" => Response { is_head: true, ..get(state, request, &path) },
        "CLAIM" if state.nodes.contains_key(&path) => Response::of(412),
        "CLAIM" | "PUT" => {
            let tag = tag(&body);
            state.nodes.insert(path, Node::File(body));
            Response::of(200).header("ETag", tag)
        }
        "COPY" => {
            let from = request.header("x-amz-copy-source").unwrap();
            let from = percent_decode_str(from.trim_start_matches('/')).decode_utf8().unwrap();
            let Some(node) = state.nodes.get(&format!("/{from}")).cloned() else {
                return missing();
            };
            state.nodes.insert(path, node);
            xml("<CopyObjectResult><ETag>\"x\"</ETag></CopyObjectResult>")
        }
        "DELETE" if request.method == "POST" => {
            let keys = String::from_utf8(body).unwrap();
            for key in keys.split("<Key>").skip(1) {
                let key = key.split("</Key>").next().unwrap();
                remove(&mut state.nodes, &format!("{BUCKET}/{key}"));
            }
            xml("<DeleteResult></DeleteResult>")
        }
        "DELETE" => {
            state.nodes.remove(&path);
            Response::of(204)
        }
        "BEGIN" => xml(
            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>",
        ),
        "PART" => {
            let number = value(request, "partNumber").unwrap().parse().unwrap();
            let tag = tag(&body);
            state.parts.insert((upload(), number), body);
            Response::of(200).header("ETag", tag)
        }
        "ABORT" => {
            state.parts.clear();
            Response::of(204)
        }
        "END" => {
            let all = std::mem::take(&mut state.parts).into_values().flatten().collect();
            state.nodes.insert(path, Node::File(all));
            xml("<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>")
        }
        _ => Response::of(501),
    }
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &sha256::digest(bytes)[..16])
}

fn xml(text: &str) -> Response {
    let mut response = Response::of(200).header("Content-Type", "application/xml");
    response.body = format!("<?xml version=\"1.0\"?>{text}").into_bytes();
    response
}

fn missing() -> Response {
    let code = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
    Response { status: 404, ..xml(code) }
}

/// Returns an error with status 200, which some servers send after a failure during the response.
pub(super) fn pretended() -> Response {
    xml("<Error><Code>InternalError</Code><Message>try again</Message></Error>")
}

/// Returns an error with a code and a message, which a response to `HEAD` cannot contain.
pub(super) fn denied(status: u16, request: &Request) -> Response {
    let is_head = request.method == "HEAD";
    let error = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    Response { status, is_head, ..xml(error) }
}

fn list(state: &State, request: &Request) -> Response {
    let prefix = value(request, "prefix").unwrap_or_default();
    let delimiter = value(request, "delimiter").unwrap_or_default();
    let (mut files, mut folders) = (String::new(), std::collections::BTreeSet::new());
    for (path, node) in &state.nodes {
        let Node::File(bytes) = node else { continue };
        let key = path.strip_prefix(BUCKET).unwrap().trim_start_matches('/');
        let Some(rest) = key.strip_prefix(&prefix) else { continue };
        match rest.find('/').filter(|_| !delimiter.is_empty()) {
            Some(slash) => {
                folders.insert(&key[..=prefix.len() + slash]);
            }
            None => {
                files += &format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z\
                     </LastModified><ETag>\"x\"</ETag><Size>{}</Size></Contents>",
                    bytes.len()
                );
            }
        }
    }
    for folder in folders {
        files += &format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>");
    }
    xml(&format!("<ListBucketResult><IsTruncated>false</IsTruncated>{files}</ListBucketResult>"))
}

fn get(state: &State, request: &Request, path: &str) -> Response {
    let Some(Node::File(bytes)) = state.nodes.get(path) else { return missing() };
    let mark = if state.tags == Tags::Other { "\"other-" } else { "\"" };
    let tag = tag(bytes).replacen('"', mark, 1);
    if request.header("if-match").is_some_and(|expected| expected != tag) {
        return Response::of(412);
    }
    let range = request.header("range").filter(|_| !state.no_ranges);
    let start = range.and_then(|range| {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        assert!(end.is_empty(), "an end is not asked for");
        start.parse::<usize>().ok()
    });
    let mut response = match start {
        None => Response::of(200),
        Some(start) if start >= bytes.len() => return Response::of(416),
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
            Response::of(206).header("Content-Range", range)
        }
    };
    response.body = bytes[start.unwrap_or(0)..].to_vec();
    response.header("ETag", tag)
}
