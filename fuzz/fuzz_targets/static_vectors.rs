//! Fuzzes files of static vectors: any content gives finite vectors for any text, or an error.

#![no_main]

mod shared;

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{SentenceModel, StaticVectors, TokenVectors};
use safetensors::tensor::{Dtype, TensorView, serialize};

const TEXTS: [&str; 5] = ["Dogs, a dog!", "zero", "", "dogsdogsdogs", "Où 是 ##s?"];

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let vectors = match StaticVectors::from_bytes(bytes) {
        Ok(vectors) => vectors,
        Err(error) => return shared::check_error(&error),
    };
    assert_eq!(StaticVectors::from_bytes(&vectors.to_bytes()).unwrap(), vectors);
    let embedded = vectors.embed(&TEXTS, &NoProgress).unwrap();
    assert_eq!(embedded.len(), TEXTS.len());
    for (row, text) in embedded.rows().zip(TEXTS) {
        assert_eq!(row.len(), vectors.dims());
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "{text}: {row:?}");
        assert!(vectors.tokens(text).numbers().iter().all(|number| number.is_finite()));
        for (_, cosine) in vectors.nearest(text, 3).unwrap_or_default() {
            assert!(cosine.abs() < 1.001, "{text}: {cosine}");
        }
    }
});

/// Returns a file with the vectors `##s` → (0, 0.5), `dog` → (3, 4), `zero` → (0, 0).
fn seeds() -> Vec<Vec<u8>> {
    let ends: Vec<u8> = [3_u32, 6, 10].iter().flat_map(|end| end.to_le_bytes()).collect();
    let scales: Vec<u8> = [0.5_f32, 1.0, 0.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let view =
        |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
    let tensors = [
        ("tokens.bytes", view(Dtype::U8, &[10], &b"##sdogzero"[..])),
        ("tokens.ends", view(Dtype::U32, &[3], &ends)),
        ("rows", view(Dtype::I8, &[3, 2], &[0, 1, 3, 4, 0, 0])),
        ("scales", view(Dtype::F32, &[3], &scales)),
    ];
    let origin =
        r#"{"encoder":"tiny","sha256":"00","licence":null,"recipe":1,"salads":9,"seed":7}"#;
    let metadata = HashMap::from([("origin".to_owned(), origin.to_owned())]);
    vec![serialize(tensors, Some(metadata)).unwrap()]
}
