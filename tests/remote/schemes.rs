//! Digest, tokens, and other authentication schemes.

use mentorpal::error::ErrorKind::{InvalidInput, Unauthorized};

use super::challenge::{Nonce, Wants};
use super::server::{BASIC, Disk, PASSWORD, Wrong};
use super::{THERE, checkpoint, command, netrc_file, put_here, put_there, run, workspace};
use crate::support::{Failure, Sandbox, failure};

const UPLOAD: [&str; 3] = ["upload", "fusion_v1/x", "--json"];

/// Creates a server with this scheme, and a workspace with the checkpoint `x`.
fn scene(wants: Wants) -> (Disk, Sandbox) {
    let (disk, sandbox) = (Disk::serve(), workspace());
    disk.wants(wants);
    put_here(&sandbox, "x", &checkpoint(1, 2_000_000));
    (disk, sandbox)
}

/// The error of a server that refuses the login.
fn denied() -> Failure {
    failure(Unauthorized).at("dav/classifiers/fusion_v1/x/manifest.json").with("401")
}

/// Returns the `Authorization` header of each request.
fn shown(disk: &Disk) -> Vec<Option<String>> {
    disk.asked().into_iter().map(|asked| asked.authorization).collect()
}

#[test]
fn digest_does_not_send_the_password() {
    let (disk, sandbox) = scene(Wants::Digest(Nonce::of(usize::MAX)));
    assert!(super::has_moved(run(&sandbox, &disk.url, &UPLOAD)));
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 2_000_000));
    let shown = shown(&disk);
    assert_eq!(shown[0], None);
    let is_proof =
        |shown: &Option<String>| shown.as_ref().is_some_and(|it| it.starts_with("Digest "));
    assert!(shown[1..].iter().all(is_proof), "{shown:?}");
    // The challenge is requested once, and no file is sent twice.
    let puts = disk.asked().iter().filter(|asked| asked.which.0 == "PUT").count();
    assert_eq!(puts, 3);
    let other = workspace();
    run(&other, &disk.url, &["download", "x"]).code(0);
    assert_eq!(other.checkpoint("x"), checkpoint(1, 2_000_000));
}

#[test]
fn an_expired_nonce_is_replaced() {
    let (disk, sandbox) = scene(Wants::Digest(Nonce::of(2)));
    assert!(super::has_moved(run(&sandbox, &disk.url, &UPLOAD)));
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 2_000_000));
    assert!(shown(&disk).iter().flatten().all(|shown| shown.starts_with("Digest ")));
}

#[test]
fn a_wrong_password_is_not_retried_with_digest() {
    let (disk, sandbox) = scene(Wants::Digest(Nonce::of(usize::MAX)));
    netrc_file(&sandbox, "machine 127.0.0.1 login ada password wrong-pass");
    let said = run(&sandbox, &disk.url, &UPLOAD);
    said.fails(denied().with("Digest").with("`127.0.0.1`")).does_not_say("wrong-pass");
    assert_eq!(shown(&disk).iter().flatten().count(), 1);
}

#[test]
fn basic_credentials_are_sent_only_on_request() {
    let (disk, sandbox) = scene(Wants::Basic);
    run(&sandbox, &disk.url, &UPLOAD).code(0);
    let shown = shown(&disk);
    assert_eq!(shown[0], None);
    assert!(shown[1..].iter().all(|shown| shown.as_deref() == Some(BASIC)), "{shown:?}");
}

#[test]
fn a_server_may_require_digest_only_for_writes() {
    let (disk, sandbox) = scene(Wants::Digest(Nonce::of(usize::MAX)));
    disk.open_to_all();
    run(&sandbox, &disk.url, &["checkpoints", "--remote"]).code(0);
    assert!(shown(&disk).iter().all(Option::is_none));
}

#[test]
fn unknown_schemes_are_named_and_get_no_credentials() {
    let (disk, sandbox) = scene(Wants::Negotiate);
    let error = denied().with("Negotiate, NTLM").with("Basic, Digest").with("Bearer");
    run(&sandbox, &disk.url, &UPLOAD).fails(error);
    assert!(shown(&disk).iter().all(Option::is_none));
    let (disk, sandbox) = scene(Wants::Bearer("t0ken-s3cret"));
    let error = denied().with("Bearer").with("MENTORPAL_REMOTE_TOKEN");
    run(&sandbox, &disk.url, &UPLOAD).fails(error);
    assert!(shown(&disk).iter().all(Option::is_none));
    // A server without a challenge is reported as well.
    let (disk, sandbox) = scene(Wants::Basic);
    disk.always(|_| Some(Wrong::Unknown));
    run(&sandbox, &disk.url, &UPLOAD).fails(denied());
}

#[test]
fn a_token_is_sent_only_to_the_server_and_never_printed() {
    const TOKEN: &str = "t0ken-s3cret";
    let (disk, sandbox) = scene(Wants::Bearer(TOKEN));
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = command(&sandbox, &disk.url, arguments);
        sandbox.finish(command.envs(variables.iter().copied())).does_not_say(TOKEN)
    };
    assert!(super::has_moved(with(&[("MENTORPAL_REMOTE_TOKEN", TOKEN)], &UPLOAD)));
    let expected = Some(format!("Bearer {TOKEN}"));
    assert!(shown(&disk).iter().all(|shown| *shown == expected));
    assert_eq!(disk.files(&format!("{THERE}/x")), checkpoint(1, 2_000_000));
    let wrong = [("MENTORPAL_REMOTE_TOKEN", "t0ken-s3crets")];
    with(&wrong, &UPLOAD).fails(denied().with("MENTORPAL_REMOTE_TOKEN"));
    disk.has(None);
    let both = [("MENTORPAL_REMOTE_TOKEN", TOKEN), ("MENTORPAL_REMOTE_USER", "ada")];
    let invalid = || failure(InvalidInput).with("MENTORPAL_REMOTE_TOKEN");
    with(&both, &UPLOAD).fails(invalid());
    with(&[("MENTORPAL_REMOTE_TOKEN", "t0ken s3cret")], &UPLOAD).fails(invalid());
    assert_eq!(disk.asked().len(), 0);
    // Requests to another server have no token.
    put_there(&disk, "y", &checkpoint(2, 100));
    let get = ("GET".to_owned(), format!("/dav/{THERE}/y/ada/model.json"), 0);
    disk.has(Some((get, Wrong::OtherServer)));
    with(&[("MENTORPAL_REMOTE_TOKEN", TOKEN)], &["download", "y"]).code(2);
    assert_eq!(disk.shown_elsewhere(), [None]);
}

#[test]
fn a_token_is_not_sent_over_plain_http_to_other_machines() {
    let (disk, sandbox) = scene(Wants::Bearer(PASSWORD));
    let mut command = command(&sandbox, "http://disk.invalid/dav", &UPLOAD);
    command.env("HTTP_PROXY", &disk.server).env("MENTORPAL_REMOTE_TOKEN", PASSWORD);
    sandbox.finish(&mut command).fails(denied().with("--insecure"));
    assert!(shown(&disk).iter().all(Option::is_none));
}
