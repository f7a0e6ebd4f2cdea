//! Fuzzes manifests: any content gives a manifest that survives a round trip and whose paths stay
//! in their folder, or an error. The first byte selects a checkpoint (even) or a vector model (odd).

#![no_main]

mod shared;

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use mentorpal::checkpoint;
use mentorpal::vectors;
use mentorpal::workspace::{MentorId, VectorModelName};

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let path = shared::folder().join("manifest.json");
    if kind % 2 == 0 {
        match checkpoint::Manifest::from_bytes(&path, bytes) {
            Ok(manifest) => {
                let written = manifest.to_bytes();
                let again = checkpoint::Manifest::from_bytes(&path, &written).unwrap();
                assert_eq!(again, manifest);
                assert_eq!(again.to_bytes(), written);
                assert!(manifest.size() <= 1 << 60);
                manifest.files.keys().for_each(|path| assert_stays_below(path));
                for mentor in manifest.mentors.keys() {
                    let mentor = MentorId::new(mentor.as_str()).unwrap();
                    manifest.files_of(&mentor).for_each(|(file, _)| assert_stays_below(file));
                }
            }
            Err(error) => shared::check_error_of_file(&error),
        }
    } else {
        match vectors::VectorModelManifest::from_bytes(&path, bytes) {
            Ok(manifest) => {
                let written = manifest.to_bytes();
                let again = vectors::VectorModelManifest::from_bytes(&path, &written).unwrap();
                assert_eq!(again, manifest);
                assert_eq!(again.to_bytes(), written);
                assert!(manifest.size() <= 1 << 60);
                manifest.files.keys().for_each(|path| assert_stays_below(path));
                // The digest is used as a component of a path.
                VectorModelName::new(manifest.digest()).unwrap();
            }
            Err(error) => shared::check_error_of_file(&error),
        }
    }
});

/// Checks that `path`, joined to a folder, is below that folder.
fn assert_stays_below(path: &str) {
    assert!(!path.is_empty() && !path.contains(['\\', '\0']), "{path:?}");
    assert!(Path::new(path).components().all(|part| matches!(part, Component::Normal(_))));
}

fn seeds() -> Vec<Vec<u8>> {
    let sha256 = "0123456789abcdef".repeat(4);
    let checkpoint = format!(
        r#"0{{"format": 1, "arch": "fusion_v1", "created": "2026-01-01T00:00:00Z", "version": "0.1.0",
        "seed": 0, "vectors": {{"name": "embedded", "kind": "static", "sha256": "{sha256}"}},
        "options": {{"a": [1.5e-3, null]}}, "imported": {{"checkpoint": "x", "vectors": null,
        "files": {{"w2v.txt": {{"size": 1, "sha256": "{sha256}"}}}}}},
        "mentors": {{"ada": {{"data_sha256": "{sha256}", "answers": 2, "questions": 3,
        "distinct_questions": 3, "cv_accuracy": 0.6666666666666666}}}},
        "files": {{"ada/model.json": {{"size": 5, "sha256": "{sha256}"}}}}}}"#
    );
    let vectors = |kind: &str, file: &str| {
        format!(
            r#"1{{"format": 1, "kind": "{kind}", "dims": 2, "words": 3, "source": {{"file": "a.vec",
            "format": "GloVe text", "sha256": "{sha256}"}}, "licence": null, "version": "0.1.0",
            "files": {{"{file}": {{"size": 99, "sha256": "{sha256}"}}}}}}"#
        )
    };
    let all = [
        checkpoint,
        vectors("words", "model.fifu"),
        vectors("static", "model.safetensors"),
        vectors("encoder", "1_Pooling/config.json"),
    ];
    all.map(String::into_bytes).to_vec()
}
