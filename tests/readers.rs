//! Reading during a replacement or a removal: a reader gets one version, never a mixture, and never
//! reports damage.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mentorpal::checkpoint::{
    self, Checkpoint, CheckpointRef, Draft, Manifest, MentorRecord, OnExisting,
};
use mentorpal::workspace::{Name, NameKind, Workspace};

use crate::support::{FUSION, Sandbox};

const ROUNDS: u64 = 400;

fn name<K: NameKind>(text: &str) -> Name<K> {
    Name::new(text).unwrap()
}

fn reference() -> CheckpointRef {
    CheckpointRef { arch: name("fusion_v1"), checkpoint: name("x") }
}

/// Publishes a version of `x`. Its files contain the number of the version, and each version has
/// other mentors.
fn publish(workspace: &Workspace, version: u64) {
    let manifest = Manifest::new("fusion_v1", version, "2026-01-01T00:00:00Z".to_owned());
    let mut draft = Draft::begin(workspace, &name("fusion_v1"), manifest).unwrap();
    for mentor in ["ada".to_owned(), format!("m{}", version % 7)] {
        let record = MentorRecord {
            data_sha256: "0".repeat(64),
            background_sha256: None,
            answers: 1,
            questions: 1,
            distinct_questions: 1,
            loo_accuracy: None,
        };
        let content = version.to_string().repeat(1 + version as usize % 5).into_bytes();
        let files = ["model.json", "model.safetensors", "more.bin"];
        let files = files.map(|file| (file.to_owned(), content.clone())).into_iter().collect();
        draft.add(&name(&mentor), record, &files).unwrap();
    }
    draft.publish(&name("x"), OnExisting::Replace).unwrap();
}

/// Repeats `read` while another thread publishes versions of `x`, and returns the number of
/// repetitions.
fn while_replaced(workspace: &Workspace, read: impl Fn() + Sync) {
    let is_done = AtomicBool::new(false);
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    read();
                }
            });
        }
        for version in 1..ROUNDS {
            publish(workspace, version);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn an_open_checkpoint_is_not_changed_by_a_replacement() {
    let sandbox = Sandbox::empty();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    publish(&workspace, 0);
    while_replaced(&workspace, || {
        let checkpoint = Checkpoint::open(&workspace, &reference()).unwrap();
        let seed = checkpoint.manifest().unwrap().seed;
        assert_eq!(checkpoint.verify().unwrap(), []);
        for mentor in checkpoint.mentors() {
            for (_, bytes) in checkpoint.model(&name(mentor)).unwrap() {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.starts_with(&seed.to_string()), "{text} in version {seed}");
            }
        }
    });
    // The next run that writes removes replaced folders that were still in use.
    publish(&workspace, ROUNDS);
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}

#[test]
fn listing_skips_checkpoints_removed_in_the_meantime() {
    let sandbox = Sandbox::empty();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    publish(&workspace, 0);
    while_replaced(&workspace, || {
        for checkpoint in checkpoint::list(&workspace, None).unwrap() {
            checkpoint.unwrap();
        }
        let manifest = fs::read(reference().folder(&workspace).join("manifest.json")).ok();
        // The folder may have been replaced, or removed by the other reader.
        let _ = checkpoint::remove(&workspace, &reference(), manifest.as_deref(), || Ok(()));
    });
}

#[test]
fn replaced_checkpoints_are_never_reported_as_damaged() {
    let sandbox = Sandbox::empty();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    publish(&workspace, 0);
    while_replaced(&workspace, || {
        for verb in [&["checkpoints", "verify"][..], &["checkpoints", "show", "x"]] {
            sandbox.run(verb).code(0);
        }
    });
}

#[test]
fn an_upload_during_a_replacement_contains_one_version() {
    let sandbox = Sandbox::empty();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    publish(&workspace, 0);
    while_replaced(&workspace, || {
        let remote = Sandbox::empty();
        let url = format!("file://{}", remote.path().display());
        sandbox.run_with(&[("MENTORPAL_REMOTE", &url)], &["upload", "x"]).code(0);
        remote.write_all(FUSION, &remote.files("classifiers/fusion_v1"));
        remote.run(&["checkpoints", "verify", "x"]).code(0);
    });
}

#[test]
fn a_replaced_vector_model_is_never_reported_as_damaged() {
    let sandbox = Sandbox::empty();
    let is_done = AtomicBool::new(false);
    sandbox.write("words.txt", "king 3 4\nqueen 4 3\nmud -2 0\n");
    sandbox.write("more.txt", "king 3 4 1\nqueen 4 3 1\nmud -2 0 1\nking2 1 1 1\n");
    let add = |file| sandbox.run(&["vectors", "add", file, "--name", "w", "--overwrite"]).code(0);
    add("words.txt");
    thread::scope(|threads| {
        threads.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                sandbox.run(&["vectors", "show", "w", "--like", "king"]).code(0);
                sandbox.run(&["vectors", "verify"]).code(0);
            }
        });
        for _ in 0..30 {
            add("more.txt");
            add("words.txt");
        }
        is_done.store(true, Ordering::Relaxed);
    });
}
