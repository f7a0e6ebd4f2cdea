//! The real sentence encoder all-MiniLM-L6-v2, from the Python wheel that `make test` downloads.

use mentorpal::progress::NoProgress;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{VectorModelName, Workspace};
use serde::Deserialize;

use crate::encoder_wheel::encoder_wheel;
use crate::support::Sandbox;

/// The output of `tests/fixtures/encoder/reference.py`.
#[derive(Deserialize)]
struct Expected {
    text: String,
    start: Vec<f32>,
}

#[test]
fn the_real_encoder_matches_an_independent_implementation() {
    let Some(wheel) = encoder_wheel() else { return };
    let sandbox = Sandbox::empty();
    let wheel = wheel.to_str().unwrap();
    let added =
        sandbox.run(&["vectors", "add", wheel, "--name", "minilm", "--json"]).code(0).json();
    assert_eq!((&added[0]["kind"], &added[0]["dims"]), (&"encoder".into(), &384.into()));
    sandbox.run(&["vectors", "show", "minilm"]).code(0).prints("6 layers").prints("12 heads");
    sandbox.run(&["vectors", "verify"]).code(0);
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let name = VectorModelName::new("minilm").unwrap();
    let model = VectorModel::open(&workspace, &name).unwrap();
    let expected: Vec<Expected> =
        serde_json::from_str(include_str!("../fixtures/encoder/minilm.json")).unwrap();
    let texts: Vec<&str> = expected.iter().map(|expected| expected.text.as_str()).collect();
    let found = model.sentences().embed(&texts, &NoProgress).unwrap();
    for (expected, found) in expected.iter().zip(found.rows()) {
        for (a, b) in found.iter().zip(&expected.start) {
            assert!((a - b).abs() < 1e-4, "{}: {:?}", expected.text, &found[..8]);
        }
        let norm: f32 = found.iter().map(|x| x * x).sum();
        assert!((norm - 1.0).abs() < 1e-5, "{}: {norm}", expected.text);
    }
}

// A single text uses all processors, while each text in a batch uses one. The cache relies on equal
// results.
#[test]
fn a_text_has_the_same_vector_alone_and_in_a_batch() {
    let Some(wheel) = encoder_wheel() else { return };
    let sandbox = Sandbox::empty();
    sandbox.run(&["vectors", "add", wheel.to_str().unwrap(), "--name", "minilm"]).code(0);
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let model = VectorModel::open(&workspace, &VectorModelName::new("minilm").unwrap());
    let model = model.unwrap();
    let texts: Vec<String> =
        (1..60).map(|n| "where did you go to school ".repeat(n % 7 + 1)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["why", "who are you"]).collect();
    let together = model.sentences().embed(&texts, &NoProgress).unwrap();
    for (text, together) in texts.iter().zip(together.rows()) {
        assert_eq!(
            model.sentences().embed(&[text], &NoProgress).unwrap().row(0),
            together,
            "{text}"
        );
    }
}

// The embedded vectors were distilled from this encoder. Their README compares both on many more
// questions.
#[test]
fn embedded_vectors_are_close_to_those_of_the_real_encoder() {
    let Some(wheel) = encoder_wheel() else { return };
    let sandbox = Sandbox::empty();
    sandbox.run(&["vectors", "add", wheel.to_str().unwrap(), "--name", "minilm"]).code(0);
    let workspace = Workspace::open(sandbox.path()).unwrap();
    let name = VectorModelName::new("minilm").unwrap();
    let encoder = VectorModel::open(&workspace, &name).unwrap();
    let questions = [
        "what is your name",
        "who are you",
        "how old are you",
        "what do you do for a living",
        "what is your job like",
        "why did you join the navy",
        "did you like school",
        "which subjects were you good at",
        "do you have children",
        "are you married",
        "what is a kernel matrix",
        "how is a model trained",
        "where did you grow up",
        "what was your childhood like",
        "can i have the recipe",
        "what is the weather like today",
    ];
    let cosines = |model: &VectorModel| -> Vec<f32> {
        let found = model.sentences().embed(&questions, &NoProgress).unwrap();
        let cosine = |i: usize, j: usize| -> f32 {
            found.row(i).iter().zip(found.row(j)).map(|(a, b)| a * b).sum()
        };
        (0..questions.len())
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| cosine(i, j))
            .collect()
    };
    let (real, distilled) = (cosines(&encoder), cosines(&VectorModel::embedded()));
    let correlation = correlation(&real, &distilled);
    assert!(correlation > 0.55, "{correlation}");
}

/// Returns Pearson's correlation coefficient.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (ma, mb) = (mean(a), mean(b));
    let covariance = |a: &[f32], ma: f32, b: &[f32], mb: f32| -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
    };
    covariance(a, ma, b, mb) / (covariance(a, ma, a, ma) * covariance(b, mb, b, mb)).sqrt()
}
