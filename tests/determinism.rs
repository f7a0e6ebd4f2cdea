//! The same data, seed and version give the same bytes, whatever the machine is busy with.

use std::fmt::Write;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::support::Sandbox;

/// Trains `name` with a pool of so many threads.
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

/// 200 answers of 6 questions each, of 3 to 9 made-up words: of 400, an answer prefers its own 8.
fn synthetic(seed: u64) -> String {
    const SYLLABLES: [&str; 10] = ["ka", "lo", "mi", "ne", "pu", "ra", "si", "to", "ve", "zo"];
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let words: Vec<String> = (0..400)
        .map(|_| {
            let syllables = random.random_range(2..5);
            (0..syllables).map(|_| SYLLABLES[random.random_range(0..SYLLABLES.len())]).collect()
        })
        .collect();
    let mut table = "ID,topics,text,question\n".to_owned();
    for answer in 0..200 {
        let questions: Vec<String> = (0..6)
            .map(|_| {
                let count = random.random_range(3..10);
                let mut word = || {
                    let own = random.random_bool(0.5);
                    if own {
                        2 * answer + random.random_range(0..8)
                    } else {
                        random.random_range(0..400)
                    }
                };
                let drawn: Vec<&str> =
                    (0..count).map(|_| words[word() % words.len()].as_str()).collect();
                drawn.join(" ")
            })
            .collect();
        let _ = writeln!(table, "a{answer},Life,Answer {answer}.,\"{}\"", questions.join("\n"));
    }
    table
}

#[test]
fn the_sample_mentor_trains_to_the_same_bytes() {
    trains_to_the_same_bytes(&Sandbox::guide(), "fusion_v1");
}

// More questions than one block of the matrix code holds, so that it runs on several threads.
#[test]
fn a_synthetic_mentor_trains_to_the_same_bytes() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("synthetic", &synthetic(1));
    trains_to_the_same_bytes(&sandbox, "fusion_v1");
}

#[test]
fn a_topic_model_trains_to_the_same_bytes() {
    let sandbox = Sandbox::guide();
    trains_to_the_same_bytes(&sandbox, "lstm_v1");
    // And to others with another seed: numbers are drawn.
    let arguments = ["train", "--arch", "lstm_v1", "--checkpoint", "other", "--seed", "8"];
    sandbox.run(&arguments).code(0);
    let model = |name: &str| {
        let folder = sandbox.files(&format!("checkpoint/classifiers/lstm_v1/{name}"));
        folder["guide/model.safetensors"].clone()
    };
    assert_ne!(model("once"), model("other"));
}

#[test]
fn only_the_creation_time_tells_two_runs_apart() {
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
