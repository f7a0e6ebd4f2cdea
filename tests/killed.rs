//! Training runs that are killed at any moment: the checkpoint is the old or the new one, and
//! intact.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::support::{FUSION, Sandbox};

const DATA: &str = "mentor/guide/data/classifier_data.csv";
const OVERWRITE: [&str; 4] = ["train", "--checkpoint", "x", "--overwrite"];
const UPDATE: [&str; 6] = ["train", "--mentor", "guide", "--checkpoint", "x", "--update"];

/// The moment at which a run is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    AfterItsStart(Duration),
    /// After the manifest is written, the last step before publishing.
    AfterItsManifest(Duration),
}

/// Two versions of the sample mentor, one with an additional answer, and their checkpoints.
struct Versions {
    data: [Vec<u8>; 2],
    checkpoints: [BTreeMap<String, Vec<u8>>; 2],
    /// The duration of the longer of two undisturbed runs.
    duration: Duration,
}

impl Versions {
    /// Trains `x` on each version, undisturbed.
    fn train(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let old = sandbox.files("mentor/guide/data")["classifier_data.csv"].clone();
        let mut new = old.clone();
        new.extend(b"guide_more,About Merle,There is more.,\"Is there more?\nis that all\"\n");
        let data = [old, new];
        sandbox.train("x");
        let mut duration = Duration::ZERO;
        let checkpoints = data.each_ref().map(|data| {
            sandbox.write(DATA, data);
            let start = Instant::now();
            sandbox.run(arguments).code(0);
            duration = duration.max(start.elapsed());
            sandbox.checkpoint("x")
        });
        assert_ne!(checkpoints[0], checkpoints[1]);
        Self { data, checkpoints, duration }
    }
}

/// Starts a run and kills it. Returns whether it was still running.
fn kill(sandbox: &Sandbox, arguments: &[&str], moment: Moment) -> bool {
    let mut command = sandbox.command(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    match moment {
        Moment::AfterItsStart(wait) => thread::sleep(wait),
        Moment::AfterItsManifest(wait) => {
            let draft = sandbox.path().join(FUSION).join(format!(".draft-{}-0", child.id()));
            while !draft.join("manifest.json").exists() && child.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            thread::sleep(wait);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Trains over the checkpoint `x` and kills the run, at each of the moments.
fn survives(
    sandbox: &Sandbox,
    versions: &Versions,
    arguments: &[&str],
    moments: impl Iterator<Item = Moment>,
) {
    let mut log = Vec::new();
    for moment in moments {
        // Each run would replace the existing version by the other one.
        let current = usize::from(sandbox.checkpoint("x") == versions.checkpoints[1]);
        sandbox.write(DATA, &versions.data[1 - current]);
        let killed = kill(sandbox, arguments, moment);
        log.push((moment, killed));
        let found = sandbox.checkpoint("x");
        assert!(versions.checkpoints.contains(&found), "neither old nor new after {log:?}");
        let verified = sandbox.run(&["checkpoints", "verify", "x"]);
        assert!(verified.code == Some(0), "after {log:?}\n{verified}");
    }
    assert!(log.iter().any(|(_, killed)| *killed), "no run was killed: {log:?}");
    // The next run removes the leftovers of the killed runs.
    sandbox.run(arguments).code(0);
    assert_eq!(sandbox.checkpoint_names(), ["x"], "{log:?}");
    sandbox.run(&["checkpoints", "verify"]).code(0);
}

/// Returns one random moment in each twentieth of a run and slightly beyond its end, and some
/// during publishing.
fn moments(duration: Duration, seed: u64) -> impl Iterator<Item = Moment> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let anywhere = (0..20).map(move |i| {
        let part = (f64::from(i) + random.random_range(0.0..1.0)) / 20.0;
        Moment::AfterItsStart(duration.mul_f64(1.1 * part))
    });
    let publishing = [0, 200, 500, 1000, 2000].map(Duration::from_micros);
    anywhere.chain(publishing.map(Moment::AfterItsManifest))
}

#[test]
fn a_killed_overwrite_keeps_the_old_or_the_new_checkpoint() {
    let sandbox = Sandbox::guide();
    let versions = Versions::train(&sandbox, &OVERWRITE);
    survives(&sandbox, &versions, &OVERWRITE, moments(versions.duration, 1));
}

#[test]
fn a_killed_update_keeps_the_old_or_the_new_checkpoint() {
    let sandbox = Sandbox::guide();
    let versions = Versions::train(&sandbox, &UPDATE);
    survives(&sandbox, &versions, &UPDATE, moments(versions.duration, 2));
}

#[test]
fn a_killed_first_run_leaves_no_checkpoint() {
    let sandbox = Sandbox::guide();
    for (i, moment) in [3, 30, 100, 200, 300].map(Duration::from_millis).into_iter().enumerate() {
        let name = format!("x{i}");
        kill(&sandbox, &["train", "--checkpoint", &name], Moment::AfterItsStart(moment));
        // There is no checkpoint, or an intact one.
        let listed = sandbox.run(&["checkpoints", "--json"]).code(0);
        let published = !sandbox.checkpoint(&name).is_empty();
        assert_eq!(listed.stdout.contains(&format!("\"{name}\"")), published, "{listed}");
        sandbox.run(&["checkpoints", "verify"]).code(0);
    }
    sandbox.run(&["train", "--checkpoint", "y"]).code(0);
    let names = sandbox.checkpoint_names();
    assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
}
