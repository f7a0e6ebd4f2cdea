//! Responses that never end, arrive one byte at a time, or exceed the memory.

use mentorpal::error::ErrorKind::{Corrupt, Unauthorized, Unreachable, Unsupported};
use serde_json::{Value, json};

use super::scripted::{drip, drip_head, flood, serve, whole};
use super::server::{Disk, KEY_ID, PASSWORD};
use super::{THERE, checkpoint, put_here, put_there, run, workspace};
use crate::support::{Run, Sandbox, failure};

/// The environment variables for a bucket.
fn run_on_bucket(server: &str, sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = super::command(sandbox, "s3://team", arguments);
    command.env("AWS_ACCESS_KEY_ID", KEY_ID).env("AWS_SECRET_ACCESS_KEY", PASSWORD);
    sandbox.finish(command.env("AWS_ENDPOINT_URL", server))
}

#[test]
fn verifying_stops_at_the_size_in_the_manifest() {
    let files = checkpoint(1, 1000);
    let server = serve(move |request, stream| {
        let file = request.path.split_once("/x/").map_or("", |(_, file)| file);
        match files.get(file) {
            Some(_) if file == "ada/model.safetensors" => flood(stream, 200),
            Some(bytes) => whole(request, stream, 200, bytes),
            None => whole(request, stream, 404, b""),
        }
    });
    let run = run(&workspace(), &server, &["checkpoints", "verify", "--remote", "x"]).code(1);
    let _ = run.warns(&["model.safetensors: ", "1000"]);
}

// A bucket lists every size beforehand: files with another size are not read.
#[test]
fn verifying_does_not_read_a_file_with_another_size() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    put_there(&disk, "x", &checkpoint(1, 1000));
    disk.put(&format!("{THERE}/x/ada/model.safetensors"), &vec![0; 1_000_000]);
    let run = run(&sandbox, &disk.url, &["checkpoints", "verify", "--remote", "x"]).code(1);
    let _ = run.warns(&["model.safetensors: ", "1000000"]);
}

#[test]
fn a_very_slow_response_ends_with_an_error() {
    let files = checkpoint(1, 100_000);
    let file = serve(move |request, stream| match request.path.split_once("/x/") {
        Some((_, "ada/model.safetensors")) => drip(stream, 200, "ETag: \"1\"\r\n"),
        Some((_, file)) => whole(request, stream, 200, &files[file]),
        None => whole(request, stream, 404, b""),
    });
    let sandbox = workspace();
    for arguments in [&["download", "x"][..], &["checkpoints", "verify", "--remote", "x"]] {
        let run = run(&sandbox, &file, arguments);
        assert!(run.code == Some(2) || run.code == Some(1), "{run}");
        let _ = run.notes(&["model.safetensors: "]).says("1000 bytes");
    }
    let manifest = serve(|_, stream| drip(stream, 200, ""));
    run(&sandbox, &manifest, &["download", "x", "--json"])
        .fails(failure(Unreachable).at("classifiers/fusion_v1/x/manifest.json"));
    let list = serve(|_, stream| drip(stream, 207, "Content-Type: application/xml\r\n"));
    let list = run(&sandbox, &list, &["checkpoints", "--remote", "--json"]);
    let _ = list.fails(failure(Unreachable).at("classifiers"));
    // The rest of an error response is not read.
    let refusal = serve(|_, stream| drip(stream, 403, "Content-Length: 60000\r\n"));
    run(&sandbox, &refusal, &["checkpoints", "--remote", "--json"])
        .fails(failure(Unauthorized).at("classifiers").with("403"));
    let head = serve(|_, stream| drip_head(stream));
    run(&sandbox, &head, &["checkpoints", "--remote", "--json"])
        .fails(failure(Unreachable).at(&head).with("6"));
}

#[test]
fn a_very_slow_response_of_a_bucket_ends_with_an_error() {
    let sandbox = workspace();
    let list = serve(|_, stream| drip(stream, 200, "Content-Type: application/xml\r\n"));
    let run = run_on_bucket(&list, &sandbox, &["checkpoints", "--remote", "--json"]);
    let _ = run.fails(failure(Unreachable).at("team"));
    let object = serve(|request, stream| match request.method.as_str() {
        "HEAD" => whole(request, stream, 200, &[b' '; 10_000]),
        _ => drip(stream, 200, "Content-Length: 10000\r\n"),
    });
    let run = run_on_bucket(&object, &sandbox, &["download", "x", "--json"]);
    let _ = run.fails(failure(Unreachable).at("s3://team/classifiers/fusion_v1/x/manifest.json"));
    let refusal = serve(|request, stream| match request.method.as_str() {
        "HEAD" => whole(request, stream, 403, b""),
        _ => drip(stream, 403, "Content-Length: 60000\r\n"),
    });
    run_on_bucket(&refusal, &sandbox, &["download", "x", "--json"])
        .fails(failure(Unauthorized).at("team/classifiers/fusion_v1/x/manifest.json").with("403"));
}

#[test]
fn an_endless_listing_is_refused() {
    let sandbox = workspace();
    let server = serve(|_, stream| flood(stream, 207));
    let list = run(&sandbox, &server, &["checkpoints", "--remote", "--json"]);
    let _ = list.fails(failure(Unsupported).at("classifiers").with("16777216"));
    let server = serve(|_, stream| flood(stream, 200));
    let list = run_on_bucket(&server, &sandbox, &["checkpoints", "--remote", "--json"]);
    let _ = list.fails(failure(Unsupported).at("team").with("16777216"));
    // Each page is short and announces another page.
    let key = |number: usize| {
        format!("<CommonPrefixes><Prefix>classifiers/{number}/</Prefix></CommonPrefixes>")
    };
    let entries: String = (0..10_000).map(key).collect();
    let page = format!(
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>next\
         </NextContinuationToken>{entries}</ListBucketResult>"
    );
    let server = serve(move |request, stream| whole(request, stream, 200, page.as_bytes()));
    let list = run_on_bucket(&server, &sandbox, &["checkpoints", "--remote", "--json"]);
    let _ = list.fails(failure(Unsupported).at("s3://team/classifiers").with("200000"));
}

/// Returns a manifest with these options.
fn with_options(options: &Value) -> Vec<u8> {
    let files = checkpoint(1, 100);
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    manifest["options"] = options.clone();
    manifest.to_string().into_bytes()
}

#[test]
fn a_manifest_larger_than_memory_is_refused() {
    let large = with_options(&json!({ "x": "x".repeat(9 << 20) }));
    let wide = with_options(&json!({ "x": vec![json!({}); 1_000_000] }));
    let few = with_options(&json!({ "x": vec![json!({}); 1_000], "y": "y".repeat(1 << 20) }));
    for (manifest, refusal) in [
        (&large, Some((Unsupported, "8 MiB", "8388608"))),
        (&wide, Some((Corrupt, "`options`", "1000003"))),
        (&few, None),
    ] {
        let (disk, sandbox) = (Disk::serve(), workspace());
        let mut files = checkpoint(1, 100);
        files.insert("manifest.json".to_owned(), manifest.clone());
        put_here(&sandbox, "x", &files);
        put_there(&disk, "x", &files);
        let here = sandbox.run(&["checkpoints", "show", "x", "--json"]);
        let there = run(&sandbox, &disk.url, &["checkpoints", "--remote", "--json"]);
        let Some((kind, limit, size)) = refusal else {
            here.code(0);
            assert_eq!(there.code(0).line()["checkpoint"], "x");
            continue;
        };
        let _ = here.fails(failure(kind).at("x/manifest.json").with(limit));
        let there = there.fails(failure(Corrupt).with("1"));
        let _ = there.notes(&["error: ", "x/manifest.json: ", size]);
    }
}
