//! A thousand damaged files of word vectors: each is added completely or refused.

use std::fs;
use std::path::Path;

use mentorpal::progress::NoProgress;
use mentorpal::vectors::{self, Request, WordVectors};
use mentorpal::workspace::{VectorModelName, Workspace};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::files;
use crate::support::Sandbox;

/// The seed, which is the same in every run.
const SEED: u64 = 3;

#[test]
fn a_thousand_mutated_files_are_added_completely_or_refused() {
    let sandbox = Sandbox::empty();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let files = files::all();
    let (mut added, mut remains) = (0, 0);
    for round in 0..1000 {
        let mut file = files[round % files.len()].1.clone();
        for _ in 0..random.random_range(1..=3) {
            mutate(&mut file, &files[random.random_range(0..files.len())].1, &mut random);
        }
        added += usize::from(add(&workspace, &file));
        let left = fs::read_dir(workspace.vector_models()).into_iter().flatten();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        remains += usize::from(left.iter().any(|name| name != "model"));
    }
    // A process that another test starts at that moment holds the lock of a replaced model, which the next
    // round removes.
    assert!(remains <= 5, "{remains} rounds left drafts");
    // Most changed numbers and letters are valid, but changed headers are not.
    assert!((100..900).contains(&added), "{added} of 1000 were added");
}

/// Damages `file`: flips a bit, truncates it, appends `other`, sets a huge count, or removes some
/// bytes.
pub(super) fn mutate(file: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    let at = random.random_range(0..=file.len());
    match random.random_range(0..5) {
        0 if at < file.len() => file[at] ^= 1 << random.random_range(0..8),
        1 => file.truncate(at),
        2 => {
            let from = random.random_range(0..other.len());
            file.splice(at.., other[from..].iter().copied());
        }
        3 => {
            let huge = [&b"\xff\xff\xff\xff"[..], b"\xff\xff\xff\x7f", b"\0\0\0\x40", b"99999999"];
            let huge = huge[random.random_range(0..huge.len())];
            let end = file.len().min(at + huge.len());
            file.splice(at..end, huge.iter().copied());
        }
        _ => {
            let end = file.len().min(at + random.random_range(0..12));
            file.drain(at..end);
        }
    }
}

/// Adds a file. If this succeeds, the model must be intact and usable.
fn add(workspace: &Workspace, file: &[u8]) -> bool {
    let path = workspace.root().join("mutated");
    fs::write(&path, file).unwrap();
    let name = VectorModelName::new("model").unwrap();
    let request =
        Request { path: path.clone(), name: Some(name.clone()), licence: None, overwrite: true };
    match vectors::add(workspace, &request, &NoProgress) {
        Ok(added) => {
            assert_eq!(vectors::verify(workspace, &name).unwrap(), None);
            is_usable(&WordVectors::open(workspace, &name).unwrap());
            assert!(added.manifest.words.unwrap() * added.manifest.dims <= file.len());
            true
        }
        Err(error) => {
            assert_eq!(error.place().map(|place| place.path.as_path()), Some(Path::new(&path)));
            false
        }
    }
}

fn is_usable(model: &WordVectors) {
    for word in files::WORDS.map(|(word, _)| word) {
        if let Some(vector) = model.embedding(word) {
            assert!(vector.iter().all(|x| x.is_finite()), "{vector:?}");
            assert!(model.nearest(word, 3).unwrap().iter().all(|(_, cosine)| cosine.is_finite()));
        }
    }
}
