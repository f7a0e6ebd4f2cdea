//! Fuzzes model files: any content gives a classifier with the answers of the model and finite
//! confidences, or an error. The first byte selects the architecture, the file, and whether the
//! other bytes are its content or [edits](shared::patched) of a valid one.

#![no_main]

mod shared;

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use mentorpal::classifiers::{
    Architecture, Candidate, ConfidenceKind, MAX_CANDIDATES, ModelFiles, Ranking, TrainOptions, Vectors, registry,
};
use mentorpal::mentor::Mentor;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{Request, VectorModel, add};
use mentorpal::workspace::VectorModelName;

const ARCHITECTURES: [&str; 2] = ["fusion_v1", "lstm_v1"];
const FILES: [&str; 2] = ["model.json", "model.safetensors"];

const DATA: &str = "ID,topics,text,question\n\
    a,You,I am Ada.,\"who are you\nwho is it\"\nb,Home,In London.,\"where is home\nwhere are you\"\n\
    c,You,,\"are you Ada?\"\n";

/// Word vectors as GloVe text. Words are looked up directly and by their stems.
const WORDS: &str = "who 1 0 0.5\nwhere 0 1 -1\nis 0.1 0.2 0.3\nare 0.2 0.1 0.3\nyou 1 1 1\n\
    home -2 0 1\n";

const QUESTIONS: [&str; 5] = ["who are you", "Where’s home, Ada?", "xyzzy", "", "où où où"];

struct ValidModel {
    arch: &'static dyn Architecture,
    files: ModelFiles,
}

static VECTORS: LazyLock<Vectors> = LazyLock::new(|| {
    let (workspace, path) = (shared::workspace(), shared::folder().join("words.txt"));
    shared::put(&path, Some(WORDS.as_bytes()));
    let name = VectorModelName::new("words").unwrap();
    let request = Request { path, name: Some(name.clone()), licence: None, overwrite: true };
    add(&workspace, &request, &NoProgress).unwrap();
    Some(Arc::new(VectorModel::open(&workspace, &name).unwrap()))
});

static VALID: LazyLock<[ValidModel; 2]> = LazyLock::new(|| {
    let (workspace, id) = (shared::workspace(), shared::ada());
    let data = workspace.mentor_data(&id).join("classifier_data.csv");
    shared::put(&data, Some(DATA.as_bytes()));
    let mentor = Mentor::load(&workspace, &id).unwrap().0;
    let options = TrainOptions { vectors: VECTORS.clone(), ..TrainOptions::default() };
    ARCHITECTURES.map(|name| {
        let arch = registry::find(name).unwrap();
        ValidModel { arch, files: arch.train((&mentor).into(), &options, &NoProgress).unwrap().classifier.to_files().unwrap() }
    })
});

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let ValidModel { arch, files } = &VALID[usize::from(kind & 1)];
    let file = FILES[usize::from(kind >> 1 & 1)];
    let is_patched = kind & 4 != 0;
    let mut files = files.clone();
    let found = if is_patched { shared::patched(files[file].clone(), rest) } else { rest.to_vec() };
    files.insert(file.to_owned(), found);
    match arch.load(&files, &VECTORS) {
        Ok(classifier) => {
            let answers = answers(&files[FILES[0]]);
            let together = classifier.rank_all(&QUESTIONS).unwrap();
            assert_eq!(together.len(), QUESTIONS.len());
            for (question, ranking) in QUESTIONS.iter().zip(&together) {
                check(ranking, &answers, classifier.confidence_kind());
                assert_eq!(&classifier.rank(question).unwrap(), ranking, "the ranking depends on the batch");
            }
        }
        Err(error) => shared::check_error(&error),
    }
});

fn answers(card: &[u8]) -> Vec<String> {
    let card: serde_json::Value = serde_json::from_slice(card).unwrap();
    serde_json::from_value(card["answers"].clone()).unwrap()
}

fn check(ranking: &Ranking, answers: &[String], kind: ConfidenceKind) {
    assert_eq!(ranking.candidates.len(), answers.len().min(MAX_CANDIDATES));
    assert!(ranking.candidates.is_sorted_by(|a, b| a.confidence >= b.confidence), "{ranking:?}");
    for Candidate { answer_id, confidence } in &ranking.candidates {
        assert!(confidence.is_finite(), "{ranking:?}");
        assert!(kind == ConfidenceKind::Score || (0.0..=1.0).contains(confidence), "{ranking:?}");
        assert!(answers.contains(answer_id));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let complete = |arch: usize, file: usize| {
        let kind = [(arch | file << 1) as u8];
        [&kind[..], &VALID[arch].files[FILES[file]]].concat()
    };
    let edits = |arch: u8, file: u8| {
        let number = f32::MAX.to_le_bytes();
        [&[arch | file << 1 | 4][..], &[200, 1], &number, &[255, 2], &number].concat()
    };
    vec![
        complete(0, 0),
        complete(0, 1),
        complete(1, 0),
        complete(1, 1),
        edits(0, 0),
        edits(0, 1),
        edits(1, 0),
        edits(1, 1),
    ]
}
