//! all-MiniLM-L6-v2 itself, from a Python wheel, where `make test` could fetch it.

use mentorpal::progress::Silent;
use mentorpal::vectors::VectorModel;
use mentorpal::workspace::{Name, Workspace};
use serde::Deserialize;

use crate::encoder_wheel::encoder_wheel;
use crate::support::Sandbox;

/// What `tests/fixtures/encoder/reference.py` computed.
#[derive(Deserialize)]
struct Expected {
    text: String,
    start: Vec<f32>,
}

#[test]
fn the_real_encoder_gives_the_vectors_of_an_independent_implementation() {
    let Some(wheel) = encoder_wheel() else { return };
    let sandbox = Sandbox::empty();
    let wheel = wheel.to_str().unwrap();
    let added =
        sandbox.run(&["vectors", "add", wheel, "--name", "minilm", "--json"]).code(0).json();
    assert_eq!((&added[0]["kind"], &added[0]["dims"]), (&"encoder".into(), &384.into()));
    sandbox.run(&["vectors", "show", "minilm"]).code(0).prints("6 layers of 12 heads");
    sandbox.run(&["vectors", "verify"]).code(0);
    let workspace = Workspace::at(sandbox.path()).unwrap();
    let name = Name::new("vector model", "minilm").unwrap();
    let model = VectorModel::open(&workspace, &name).unwrap();
    let expected: Vec<Expected> =
        serde_json::from_str(include_str!("../fixtures/encoder/minilm.json")).unwrap();
    let texts: Vec<&str> = expected.iter().map(|expected| expected.text.as_str()).collect();
    let found = model.sentences().embed(&texts, &Silent).unwrap();
    for (expected, found) in expected.iter().zip(found.rows()) {
        for (a, b) in found.iter().zip(&expected.start) {
            assert!((a - b).abs() < 1e-4, "{}: {:?}", expected.text, &found[..8]);
        }
        let norm: f32 = found.iter().map(|x| x * x).sum();
        assert!((norm - 1.0).abs() < 1e-5, "{}: {norm}", expected.text);
    }
}
