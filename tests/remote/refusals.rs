//! Error responses of a bucket: the code and the message are printed, with a hint.

use mentorpal::error::ErrorKind::{
    self, InvalidInput, NotFound, Unauthorized, Unreachable, Unsupported,
};

use super::scripted::{serve, whole};
use super::server::{Disk, KEY_ID, PASSWORD, Which, Wrong};
use super::{THERE, checkpoint, put_here, put_there, run_on, workspace};
use crate::support::{Run, Sandbox, failure};

/// Error responses as Amazon S3 documents them: the status, the expected kind, the code, the message,
/// further elements, and an expected value in the hint.
const REFUSALS: [(u16, ErrorKind, &str, &str, &str, &str); 12] = [
    (
        403,
        Unauthorized,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        "<ServerTime>2026-01-01T00:00:00Z</ServerTime>",
        "",
    ),
    (
        403,
        Unauthorized,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        "<AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId>",
        "AWS_ACCESS_KEY_ID",
    ),
    (
        403,
        Unauthorized,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided.",
        "<StringToSign>AWS4-HMAC-SHA256</StringToSign>",
        "AWS_SECRET_ACCESS_KEY",
    ),
    (
        400,
        InvalidInput,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'us-east-1' is wrong.",
        "<Region>eu-central-1</Region>",
        "`eu-central-1`",
    ),
    (
        301,
        InvalidInput,
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
        "<Endpoint>team.s3.eu-west-1.amazonaws.com</Endpoint>",
        "`team.s3.eu-west-1.amazonaws.com`",
    ),
    (
        307,
        InvalidInput,
        "TemporaryRedirect",
        "Please re-send this request to another endpoint.",
        "",
        "AWS_REGION",
    ),
    (400, Unauthorized, "ExpiredToken", "The provided token has expired.", "", "AWS_SESSION_TOKEN"),
    (
        400,
        Unauthorized,
        "InvalidToken",
        "The provided token is malformed.",
        "",
        "AWS_SESSION_TOKEN",
    ),
    (404, NotFound, "NoSuchBucket", "The specified bucket does not exist", "", ""),
    (403, Unauthorized, "AccessDenied", "Access Denied", "", ""),
    (400, Unsupported, "EntityTooLarge", "Your proposed upload exceeds the maximum size.", "", ""),
    (418, Unreachable, "SomethingNew", "What no list has.", "", ""),
];

fn run_against(server: &str, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = super::command(sandbox, "s3://team", arguments);
    command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", PASSWORD);
    sandbox.finish(command.env("AWS_ENDPOINT_URL", server))
}

#[test]
fn the_error_code_and_message_of_the_store_are_printed() {
    for (status, kind, code, message, more, hint) in REFUSALS {
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
            let run = run_against(&server, &sandbox, &[arguments, &["--json"]].concat()).code(2);
            assert_eq!(run.error()["kind"], kind.as_str(), "{run}");
            let error = run.error().to_string();
            for text in [code, message, &status.to_string()] {
                assert!(error.contains(text), "expected {text:?}\n{run}");
            }
            // The error is permanent: there are not six attempts.
            let found = run.error()["hint"].as_str().unwrap_or_default().to_owned();
            assert!(found.contains(hint) && !found.contains(" 6 "), "{run}");
        }
    }
}

#[test]
fn transient_errors_are_retried_for_every_status() {
    for (status, code) in [(400, "RequestTimeout"), (503, "SlowDown"), (200, "InternalError")] {
        let body = format!("<Error><Code>{code}</Code><Message>please wait</Message></Error>");
        let server = serve(move |request, stream| whole(request, stream, status, body.as_bytes()));
        let run = run_against(&server, &workspace(), &["checkpoints", "--remote", "--json"]);
        let _ = run.fails(failure(Unreachable).at("team").with(code).with("please wait").with("6"));
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
        let run = run_on(&disk, &sandbox, &["upload", "x", "--json"]).code(2);
        // The error is permanent.
        let error = run.error();
        assert_eq!(error["kind"], "unauthorized", "{run}");
        assert!(error.to_string().contains("AccessDenied") && error["hint"].is_string(), "{run}");
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
    let run = run_on(&disk, &sandbox, &["download", "x", "--json"]);
    let error = failure(Unauthorized).at("x/ada/model.json").with("403").with("AccessDenied");
    let _ = run.fails(error);
}

// Some servers repeat the request in their error.
#[test]
fn a_message_with_the_key_in_it_is_masked() {
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>got {PASSWORD} of {KEY_ID}</Message>\
         </Error>"
    );
    let server = serve(move |request, stream| whole(request, stream, 403, body.as_bytes()));
    let run = run_against(&server, &workspace(), &["checkpoints", "--remote", "--json"]);
    let _ = run.fails(failure(Unauthorized).at("team").with("SignatureDoesNotMatch").with("****"));
}
