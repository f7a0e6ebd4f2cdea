//! Error responses of a bucket: the code and the message are printed, with a hint.

use super::scripted::{serve, whole};
use super::server::{Disk, KEY_ID, PASSWORD, Which, Wrong};
use super::{THERE, checkpoint, put_here, put_there, run_on, workspace};
use crate::support::{Run, Sandbox};

/// Error responses as Amazon S3 documents them: the status, the code, the message, further
/// elements, and the expected part of the hint.
const REFUSALS: [(u16, &str, &str, &str, &str); 12] = [
    (
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        "<ServerTime>2026-01-01T00:00:00Z</ServerTime>",
        "clock",
    ),
    (
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        "<AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId>",
        "AWS_ACCESS_KEY_ID",
    ),
    (
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        "<StringToSign>AWS4-HMAC-SHA256</StringToSign>",
        "AWS_SECRET_ACCESS_KEY",
    ),
    (
        400,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'us-east-1' is wrong.",
        "<Region>eu-central-1</Region>",
        "`eu-central-1`",
    ),
    (
        301,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
        "<Endpoint>team.s3.eu-west-1.amazonaws.com</Endpoint>",
        "`team.s3.eu-west-1.amazonaws.com`",
    ),
    (
        307,
        "TemporaryRedirect",
        "Please re-send this request to another endpoint.",
        "",
        "AWS_REGION",
    ),
    (400, "ExpiredToken", "The provided token has expired.", "", "AWS_SESSION_TOKEN"),
    (400, "InvalidToken", "The provided token is malformed.", "", "AWS_SESSION_TOKEN"),
    (404, "NoSuchBucket", "The specified bucket does not exist", "", "the bucket's name"),
    (403, "AccessDenied", "Access Denied", "", "ask the bucket's owner"),
    (
        400,
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum size.",
        "",
        "raise its limit",
    ),
    (418, "SomethingNew", "What no list has.", "", ""),
];

fn run_against(server: &str, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = super::command(sandbox, "s3://team", arguments);
    command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", PASSWORD);
    sandbox.finish(command.env("AWS_ENDPOINT_URL", server))
}

#[test]
fn the_error_code_and_message_of_the_store_are_printed() {
    for (status, code, message, more, hint) in REFUSALS {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message>{more}\
             </Error>"
        );
        let server = serve(move |request, stream| whole(request, stream, status, body.as_bytes()));
        let sandbox = workspace();
        put_here(&sandbox, "x", &checkpoint(1, 100));
        let verbs: [&[&str]; 3] =
            [&["checkpoints", "--remote"], &["download", "y"], &["upload", "x"]];
        for arguments in verbs {
            let run = run_against(&server, &sandbox, arguments).code(2);
            let run = run.says(&format!("{code}: {message}")).says(hint).says(&status.to_string());
            // The error is permanent.
            let _ = run.does_not_say("tried 6 times");
        }
    }
}

#[test]
fn transient_errors_are_retried_for_every_status() {
    for (status, code) in [(400, "RequestTimeout"), (503, "SlowDown"), (200, "InternalError")] {
        let body = format!("<Error><Code>{code}</Code><Message>please wait</Message></Error>");
        let server = serve(move |request, stream| whole(request, stream, status, body.as_bytes()));
        let run = run_against(&server, &workspace(), &["checkpoints", "--remote"]).code(2);
        let _ = run.says(&format!("{code}: please wait")).says("tried 6 times");
    }
}

// The server fails after it has started its response.
#[test]
fn an_error_with_200_is_an_error() {
    for operation in ["LIST", "COPY", "CLAIM", "PUT", "BEGIN", "PART", "END"] {
        let (disk, sandbox) = (Disk::serve_bucket(), workspace());
        let size = if ["BEGIN", "PART", "END"].contains(&operation) { 9 << 20 } else { 100 };
        put_here(&sandbox, "x", &checkpoint(1, size));
        disk.always(match operation {
            "LIST" => |which| denied(which, "LIST"),
            "COPY" => |which| denied(which, "COPY"),
            "CLAIM" => |which| denied(which, "CLAIM"),
            "PUT" => |which| denied(which, "PUT"),
            "BEGIN" => |which| denied(which, "BEGIN"),
            "PART" => |which| denied(which, "PART"),
            _ => |which| denied(which, "END"),
        });
        let run = run_on(&disk, &sandbox, &["upload", "x"]).code(2);
        let run = run.says("AccessDenied: no").says("ask the bucket's owner");
        let _ = run.does_not_say("tried 6 times");
        assert!(!disk.files(&format!("{THERE}/x")).contains_key("manifest.json"), "{operation}");
    }
}

fn denied(which: &Which, operation: &str) -> Option<Wrong> {
    (which.0 == operation).then_some(Wrong::DeniedWith200)
}

#[test]
fn a_forbidden_file_is_reported_with_the_reason() {
    let (disk, sandbox) = (Disk::serve_bucket(), workspace());
    put_there(&disk, "x", &checkpoint(1, 100));
    disk.always(|which| {
        let is_meant = which.1.ends_with("model.json") && ["GET", "HEAD"].contains(&&*which.0);
        is_meant.then_some(Wrong::Denied)
    });
    let run = run_on(&disk, &sandbox, &["download", "x"]).code(2);
    let _ = run.says("model.json: the server responded 403").says("AccessDenied: no");
}

// Some servers repeat the request in their error.
#[test]
fn a_message_with_the_key_in_it_is_masked() {
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>got {PASSWORD} of {KEY_ID}</Message>\
         </Error>"
    );
    let server = serve(move |request, stream| whole(request, stream, 403, body.as_bytes()));
    let run = run_against(&server, &workspace(), &["checkpoints", "--remote"]).code(2);
    let _ = run.says("SignatureDoesNotMatch: got **** of ****");
}
