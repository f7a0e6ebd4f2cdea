//! The same data, seed and version give the same bytes, for any number of threads.

#[path = "../crates/mentorpal/benches/synthetic.rs"]
mod synthetic;

use crate::support::Sandbox;

/// Trains `name` with this number of threads.
fn train(sandbox: &Sandbox, arch: &str, name: &str, threads: &str) {
    let arguments = ["train", "--arch", arch, "--checkpoint", name, "--seed", "7"];
    let mut command = sandbox.command(&arguments);
    sandbox.finish(command.env("RAYON_NUM_THREADS", threads)).code(0);
}

#[track_caller]
fn trains_to_the_same_bytes(sandbox: &Sandbox, arch: &str) {
    for (name, threads) in [("once", "2"), ("again", "2"), ("alone", "1"), ("many", "5")] {
        train(sandbox, arch, name, threads);
    }
    let checkpoint = |name: &str| sandbox.files(&format!("checkpoint/classifiers/{arch}/{name}"));
    let once = checkpoint("once");
    assert!(once.contains_key("manifest.json") && once.len() >= 3, "{:?}", once.keys());
    for name in ["again", "alone", "many"] {
        let other = checkpoint(name);
        let differ: Vec<&String> = once.keys().filter(|k| once.get(*k) != other.get(*k)).collect();
        assert!(once == other, "`{name}` differs in {differ:?}");
    }
}

#[test]
fn the_sample_mentor_trains_to_the_same_bytes() {
    trains_to_the_same_bytes(&Sandbox::guide(), "fusion_v1");
}

// More questions than one block of the matrix code, so that it uses several threads.
#[test]
fn a_synthetic_mentor_trains_to_the_same_bytes() {
    let sandbox = Sandbox::empty();
    synthetic::write_workspace(sandbox.path(), 200, 1_200, 0);
    trains_to_the_same_bytes(&sandbox, "fusion_v1");
}

#[test]
fn a_topic_model_trains_to_the_same_bytes() {
    let sandbox = Sandbox::guide();
    trains_to_the_same_bytes(&sandbox, "lstm_v1");
    // Another seed gives other bytes.
    let arguments = ["train", "--arch", "lstm_v1", "--checkpoint", "other", "--seed", "8"];
    sandbox.run(&arguments).code(0);
    let model = |name: &str| {
        let folder = sandbox.files(&format!("checkpoint/classifiers/lstm_v1/{name}"));
        folder["guide/model.safetensors"].clone()
    };
    assert_ne!(model("once"), model("other"));
}

#[test]
fn two_runs_differ_only_in_the_creation_time() {
    let sandbox = Sandbox::ada();
    sandbox.train("once");
    let mut later = sandbox.command(&["train", "--checkpoint", "later"]);
    sandbox.finish(later.env("SOURCE_DATE_EPOCH", "1700000001")).code(0);
    let (mut once, mut later) = (sandbox.checkpoint("once"), sandbox.checkpoint("later"));
    let manifests = [&mut once, &mut later].map(|files| {
        let bytes = files.remove("manifest.json").unwrap();
        String::from_utf8(bytes).unwrap()
    });
    assert_eq!(once, later);
    assert_eq!(manifests[0].replace("22:13:20Z", "22:13:21Z"), manifests[1]);
}
