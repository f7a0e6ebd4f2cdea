//! Fuzzes files of word vectors in all formats: any content gives a finite vector for each word, or
//! an error with a location.

#![no_main]

#[path = "../../tests/vectors/files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod files;
mod shared;

use libfuzzer_sys::fuzz_target;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{Request, SentenceModel, TokenVectors, WordVectors, add, verify};
use mentorpal::workspace::VectorModelName;

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let (workspace, path) = (shared::workspace(), shared::folder().join("vectors.any"));
    shared::put(&path, Some(bytes));
    let name = VectorModelName::new("found").unwrap();
    let request = Request { path, name: Some(name.clone()), licence: None, overwrite: true };
    match add(&workspace, &request, &NoProgress) {
        Ok(added) => {
            assert_eq!(verify(&workspace, &name).unwrap(), None);
            let vectors = WordVectors::open(&workspace, &name).unwrap();
            assert_eq!(vectors.manifest(), &added.manifest);
            check(&vectors, bytes);
        }
        Err(error) => shared::check_error_of_file(&error),
    }
});

/// Finds one word in `bytes` and checks all other words, its neighbors.
fn check(vectors: &WordVectors, bytes: &[u8]) {
    let count = vectors.manifest().words.unwrap();
    let mut runs =
        bytes.split(|byte| *byte <= b' ').filter_map(|run| std::str::from_utf8(run).ok());
    let Some(word) = runs.find(|run| vectors.embedding(run).is_some()) else { return };
    let others = vectors.nearest(word, usize::MAX).unwrap();
    assert_eq!(others.len(), count - 1);
    assert!(others.iter().all(|(_, cosine)| cosine.abs() < 1.001), "{others:?}");
    for (word, _) in others.into_iter().chain([(word, 1.0)]) {
        let vector = vectors.embedding(word).unwrap();
        assert_eq!(vector.len(), vectors.dims());
        assert!(vector.iter().all(|number| number.is_finite()), "{word}: {vector:?}");
        assert!(vectors.tokens(word).numbers().iter().all(|number| number.is_finite()));
    }
    let text = String::from_utf8_lossy(bytes);
    let embedded = vectors.embed(&[&text, word, ""], &NoProgress).unwrap();
    for row in embedded.rows() {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "{length}");
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = files::all().map(|(_, file)| file).to_vec();
    seeds.push(include_bytes!("../../tests/fixtures/legacy/vectors.bin").to_vec());
    seeds.push(format!("3 2\r\n{}", files::GLOVE.replace('\n', " \r\n")).into_bytes());
    seeds
}
