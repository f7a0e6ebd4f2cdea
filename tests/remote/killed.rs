//! Uploads and downloads that are killed at any moment.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::server::Disk;
use super::{
    Files, HERE, THERE, checkpoint, command, here, names, put_here, put_there, run, workspace,
};
use crate::support::Sandbox;

pub(super) const MOMENTS: usize = 30;
const SIZE: usize = 8_000_000;

/// Starts a command and kills it after `wait`. Returns its duration if it ended earlier.
pub(super) fn kill(mut command: Command, wait: Duration) -> Option<Duration> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while start.elapsed() < wait {
        if child.try_wait().unwrap().is_some() {
            return Some(start.elapsed());
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap().code().map(|_| start.elapsed())
}

/// Returns random moments, one in each section of a run and slightly beyond its end, as fractions
/// of a run.
pub(super) fn moments(seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let moment = |i| {
        let part = (f64::from(i as u32) + random.random_range(0.0..1.0)) / MOMENTS as f64;
        1.05 * part
    };
    (0..MOMENTS).map(moment).collect()
}

/// Returns the duration of an undisturbed run.
fn duration(sandbox: &Sandbox, url: &str, arguments: &[&str]) -> Duration {
    let start = Instant::now();
    run(sandbox, url, arguments).code(0);
    start.elapsed()
}

/// Kills the transfer of `x` at each moment. `arrived` returns the transferred files, and `remove`
/// deletes them.
fn is_whole_after_kills(
    (sandbox, disk, verb): (&Sandbox, &Disk, &str),
    seed: u64,
    arrived: impl Fn() -> Files,
    remove: impl Fn(),
) {
    let files = checkpoint(1, SIZE);
    let mut whole = duration(sandbox, &disk.url, &[verb, "first"]);
    let mut killed = 0;
    for share in moments(seed) {
        let moment = whole.mul_f64(share);
        match kill(command(sandbox, &disk.url, &[verb, "x"]), moment) {
            None => killed += 1,
            // A run that resumes, or has the machine to itself, is faster.
            Some(took) => whole = took,
        }
        let found = arrived();
        assert!(found.is_empty() || found == files, "half of it after {moment:?}");
        if found == files {
            remove();
        }
    }
    assert!(killed >= MOMENTS / 3, "only {killed} were killed in time");
    run(sandbox, &disk.url, &[verb, "x"]).code(0);
    assert_eq!(here(sandbox, "x"), files);
    assert_eq!(disk.files(&format!("{THERE}/x")), files);
    assert_eq!(names(disk.names(THERE)).1, Vec::<String>::new());
    assert_eq!(names(sandbox.checkpoint_names()).1, Vec::<String>::new());
}

#[test]
fn a_killed_upload_leaves_all_or_nothing() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    for name in ["first", "x"] {
        put_here(&sandbox, name, &checkpoint(1, SIZE));
    }
    put_there(&disk, "old", &checkpoint(3, 100));
    let path = format!("{THERE}/x");
    let arrived = || disk.files(&path);
    is_whole_after_kills((&sandbox, &disk, "upload"), 1, arrived, || disk.remove(&path));
    assert_eq!(disk.files(&format!("{THERE}/old")), checkpoint(3, 100));
}

#[test]
fn a_killed_download_leaves_all_or_nothing() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    for name in ["first", "x"] {
        put_there(&disk, name, &checkpoint(1, SIZE));
    }
    put_here(&sandbox, "old", &checkpoint(3, 100));
    let arrived = || here(&sandbox, "x");
    is_whole_after_kills((&sandbox, &disk, "download"), 2, arrived, || {
        fs::remove_dir_all(sandbox.path().join(HERE).join("x")).unwrap();
    });
    assert_eq!(here(&sandbox, "old"), checkpoint(3, 100));
}
