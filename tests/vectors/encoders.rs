//! Sentence encoders: added from folders, archives and wheels, and their vectors.

use std::fs;

use mentorpal::error::ErrorKind::{AlreadyExists, Corrupt, InvalidInput};
use mentorpal::progress::NoProgress;
use mentorpal::sha256;
use mentorpal::vectors::{ModelKind, VectorModel};
use mentorpal::workspace::{VectorModelName, Workspace};
use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::{Value, json};

use super::tiny::{self, Files, Tiny, zipped};
use super::{MODELS, names};
use crate::support::{Run, Sandbox, failure};

/// The output of `tests/fixtures/encoder/reference.py`.
#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    tiny: Tiny,
    vectors: Vec<Vec<f32>>,
}

fn add(sandbox: &Sandbox, folder: &str, files: &Files) -> Run {
    sandbox.write_all(folder, files);
    sandbox.run(&["vectors", "add", folder, "--json"])
}

fn open(sandbox: &Sandbox, name: &str) -> VectorModel {
    let workspace = Workspace::open(sandbox.path()).unwrap();
    VectorModel::open(&workspace, &VectorModelName::new(name).unwrap()).unwrap()
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    let near = found.len() >= expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(near, "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn vectors_match_an_independent_implementation() {
    let expected: Expected =
        serde_json::from_str(include_str!("../fixtures/encoder/tiny.json")).unwrap();
    let texts: Vec<&str> = expected.texts.iter().map(String::as_str).collect();
    for (index, case) in expected.cases.iter().enumerate() {
        let sandbox = Sandbox::empty();
        add(&sandbox, "tiny", &case.tiny.files()).code(0);
        let model = open(&sandbox, "tiny");
        let found = model.sentences().embed(&texts, &NoProgress).unwrap();
        for (i, vector) in case.vectors.iter().enumerate() {
            assert_near(found.row(i), vector, 1e-5, &format!("case {index}, `{}`", texts[i]));
        }
        // Vectors of single texts and vectors from the cache are equal bit for bit.
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(model.sentences().embed(&[text], &NoProgress).unwrap().row(0), found.row(i));
        }
        for _ in 0..2 {
            let again = open(&sandbox, "tiny");
            assert_eq!(again.embed_cached(&texts, &NoProgress).unwrap(), found);
            assert_eq!(again.embed_cached(&texts, &NoProgress).unwrap(), found);
        }
        let cache = format!("{MODELS}/.cache");
        let files: Vec<String> = sandbox.files(&cache).into_keys().collect();
        assert_eq!(files, [format!("{}.vectors", model.sha256())]);
        sandbox.run(&["vectors", "verify"]).code(0);
        let listed = sandbox.run(&["vectors", "list", "--json"]).code(0).json();
        let listed: Vec<_> = listed.iter().map(|model| &model["name"]).collect();
        assert_eq!(listed, ["tiny", "embedded"], "the cache is no model");
        sandbox.run(&["clean", "--force"]).code(0);
        assert!(names(&sandbox).is_empty());
    }
}

#[test]
fn a_text_of_one_token_has_the_same_vector_alone_and_in_a_batch() {
    let mut files = tiny::files();
    let mut tokenizer: Value = serde_json::from_slice(&files["tokenizer.json"]).unwrap();
    // No special tokens are added to a text.
    tokenizer["post_processor"] = Value::Null;
    files.insert("tokenizer.json".into(), tokenizer.to_string().into_bytes());
    let sandbox = Sandbox::empty();
    add(&sandbox, "tiny", &files).code(0);
    let model = open(&sandbox, "tiny");
    let texts = ["what", "is", "your", "name", "na", "?", "you"];
    let found = model.sentences().embed(&texts, &NoProgress).unwrap();
    for (i, text) in texts.iter().enumerate() {
        let alone = model.sentences().embed(&[text], &NoProgress).unwrap();
        assert_eq!(alone.row(0), found.row(i), "{text}");
    }
}

#[test]
fn an_unreadable_readme_does_not_refuse_the_model() {
    let sandbox = Sandbox::empty();
    sandbox.write("tiny/README.md/in/the/way", "");
    add(&sandbox, "tiny", &tiny::files()).code(0);
    sandbox.run(&["vectors", "verify"]).code(0);
}

#[test]
fn a_folder_a_zip_and_a_wheel_give_the_same_model() {
    let sandbox = Sandbox::empty();
    let mut files = tiny::files();
    files.insert("README.md".into(), "---\nlanguage: en\nlicense: \"mit\"\n---\n# Tiny\n".into());
    files.insert("vocab.txt".into(), "not needed".into());
    let added = add(&sandbox, "some/tiny.v1", &files).code(0).line();
    assert_eq!((&added["name"], &added["kind"]), (&json!("tiny.v1"), &json!("encoder")));
    sandbox.write("tiny.v2.zip", zipped(&files, ""));
    let run = sandbox.run(&["vectors", "add", "tiny.v2.zip"]).code(0);
    run.prints("tiny.v2").prints("sentence-transformers");
    sandbox.write("tiny_wheel-1.0-py3-none-any.whl", zipped(&files, "package/model/"));
    let arguments = ["vectors", "add", "tiny_wheel-1.0-py3-none-any.whl", "--licence", "CC0"];
    sandbox.run(&arguments).code(0).prints("tiny_wheel");

    files.retain(|path, _| path != "README.md" && path != "vocab.txt");
    let lines: String = files
        .iter()
        .flat_map(|(path, bytes)| [sha256::digest(bytes), "  ".into(), path.clone(), "\n".into()])
        .collect();
    let digest = sha256::digest(lines.as_bytes());
    for (name, archive, licence) in [
        ("tiny.v1", None, "mit"),
        ("tiny.v2", Some("tiny.v2.zip"), "mit"),
        ("tiny_wheel", Some("tiny_wheel-1.0-py3-none-any.whl"), "CC0"),
    ] {
        let mut kept = sandbox.files(&format!("{MODELS}/{name}"));
        let manifest: Value =
            serde_json::from_slice(&kept.remove("manifest.json").unwrap()).unwrap();
        assert_eq!(kept, files, "{name}: the files that are needed, and no others");
        assert_eq!(open(&sandbox, name).sha256(), digest);
        assert_eq!(manifest["licence"], licence);
        let source = &manifest["source"];
        let expected = archive.map_or(digest.clone(), |archive| {
            sha256::digest(&fs::read(sandbox.path().join(archive)).unwrap())
        });
        assert_eq!(source["sha256"], expected);
        assert_eq!(source["file"], archive.unwrap_or(name));
        let expected = json!({
            "name": name,
            "kind": "encoder",
            "dims": 8,
            "sha256": digest,
            "path": sandbox.path().join(MODELS).join(name),
        });
        let listed = sandbox.run(&["vectors", "list", "--json"]).code(0).json();
        assert!(listed.contains(&expected), "{listed:?}");
    }
    sandbox.run(&["vectors", "list"]).code(0).prints("tiny_wheel").prints("encoder");
    sandbox.run(&["vectors", "verify"]).code(0).prints("tiny.v2");

    let run = sandbox.run(&["vectors", "show", "tiny.v1"]).code(0);
    run.prints("8 dimensions").prints("2 layers").prints("2 heads").prints("mit").prints(&digest);
    let shown = &sandbox.run(&["vectors", "show", "tiny.v1", "--json"]).code(0).json()[0];
    let network = json!({ "layers": 2, "heads": 2, "dims": 8, "pooling": "mean",
        "unit_length": true, "max_tokens": 8 });
    assert_eq!(shown["network"], network);
    sandbox
        .run(&["vectors", "show", "tiny.v1", "--like", "what is it", "--json"])
        .fails(failure(InvalidInput).at("checkpoint/vector_models/tiny.v1").with("encoder"));
}

#[test]
fn overwrite_replaces_an_encoder_only_by_a_complete_one() {
    let sandbox = Sandbox::empty();
    let files = tiny::files();
    add(&sandbox, "tiny", &files).code(0);
    let before = sandbox.files(MODELS);
    add(&sandbox, "tiny", &files).fails(failure(AlreadyExists).at("vector_models/tiny"));
    fs::remove_file(sandbox.path().join("tiny/tokenizer.json")).unwrap();
    sandbox
        .run(&["vectors", "add", "tiny", "--overwrite", "--json"])
        .fails(failure(InvalidInput).at("tiny/tokenizer.json"));
    assert_eq!(sandbox.files(MODELS), before);
    sandbox.write("tiny/tokenizer.json", &files["tokenizer.json"]);
    sandbox.run(&["vectors", "add", "tiny/", "--overwrite"]).code(0);
    assert_eq!(sandbox.files(MODELS), before, "the same folder gives the same bytes");
    // From inside the folder, the model has the name of the folder.
    let mut command = sandbox.command(&["vectors", "add", ".", "--overwrite"]);
    sandbox.finish(command.current_dir(sandbox.path().join("tiny"))).code(0).prints("tiny");
    // A file of word vectors may replace the encoder.
    sandbox.write("tiny.txt", "x 1 2 3\n");
    sandbox.run(&["vectors", "add", "tiny.txt", "--overwrite"]).code(0);
    assert_eq!(sandbox.run(&["vectors", "list", "--json"]).json()[0]["kind"], "words");
    assert_eq!(open(&sandbox, "tiny").kind(), ModelKind::Words);
}

#[test]
fn missing_parts_of_an_encoder_are_named() {
    let mut with_dense = tiny::files();
    with_dense.insert(
        "modules.json".into(),
        r#"[{"path": "", "type": "x.Transformer"}, {"path": "2_Dense", "type": "x.Dense"}]"#.into(),
    );
    let cases: [(&str, &str, Option<&[u8]>, &str); 13] = [
        ("no config", "config.json", None, "`config.json`"),
        ("no tokens", "tokenizer.json", None, ""),
        ("no weights", "model.safetensors", None, ""),
        (
            "no pooling",
            "1_Pooling/config.json",
            None,
            "",
        ),
        ("a dense stage", "modules.json", Some(&with_dense["modules.json"]), "`Dense`"),
        (
            "a way out",
            "modules.json",
            Some(
                br#"[{"path": "", "type": "Transformer"},
            {"path": "../out", "type": "Pooling"}]"#,
            ),
            "../out",
        ),
        (
            "half a character",
            "tokenizer.json",
            Some(br#"{"model": {"type": "WordPiece"}, "decoder": {"type": "WordPiece", "prefix": "\ud800"}}"#),
            "",
        ),
        (
            "GPT",
            "config.json",
            Some(br#"{"model_type": "gpt2"}"#),
            "",
        ),
        (
            "max",
            "1_Pooling/config.json",
            Some(br#"{"pooling_mode_max_tokens": true}"#),
            "",
        ),
        ("cut", "model.safetensors", Some(b"\x10"), ""),
        ("BPE", "tokenizer.json", Some(br#"{"model": {"type": "BPE"}}"#), "`BPE`"),
        (
            "map",
            "tokenizer.json",
            Some(
                br#"{"model": {"type": "WordPiece"}, "normalizer":
            {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}"#,
            ),
            "`Precompiled`",
        ),
        (
            "template",
            "tokenizer.json",
            Some(
                br#"{"model": {"type": "WordPiece", "vocab": {}},
            "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}]}}"#,
            ),
            "",
        ),
    ];
    for (case, path, content, value) in cases {
        let sandbox = Sandbox::empty();
        let mut files = tiny::files();
        match content {
            Some(content) => files.insert(path.into(), content.into()),
            None => files.remove(path),
        };
        println!("{case}");
        let error = add(&sandbox, "bad", &files).code(2).error();
        assert_eq!(error["kind"], "invalid_input", "{error}");
        let place = error["place"]["path"].as_str().unwrap_or_default();
        assert!(place.starts_with("bad") && error.to_string().contains(value), "{error}");
        assert!(names(&sandbox).is_empty(), "{case} left {:?}", names(&sandbox));
    }
}

// Token vectors are read on demand, but adding a model checks all of them.
#[test]
fn an_encoder_with_nan_in_any_token_vector_is_refused() {
    let sandbox = Sandbox::empty();
    let mut files = tiny::files();
    let weights = files.get_mut("model.safetensors").unwrap();
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let words = tensors.tensor("embeddings.word_embeddings.weight").unwrap().data().as_ptr_range();
    let end = words.end as usize - weights.as_ptr() as usize;
    weights[end - 4..end].copy_from_slice(&f32::NAN.to_le_bytes());
    add(&sandbox, "bad", &files).fails(failure(InvalidInput).at("bad/model.safetensors"));
    assert!(names(&sandbox).is_empty());
}

// The sum of eight numbers of this size is infinite. No sentence that is used to check a new model
// contains this token.
#[test]
fn a_sentence_whose_vector_overflows_has_no_vector() {
    let sandbox = Sandbox::empty();
    let mut files = tiny::files();
    let weights = files.get_mut("model.safetensors").unwrap();
    let tensors = SafeTensors::deserialize(weights).unwrap();
    let words = tensors.tensor("embeddings.word_embeddings.weight").unwrap().data().as_ptr_range();
    let (start, you) = (words.start as usize - weights.as_ptr() as usize, 11);
    for number in weights[start + 32 * you..][..32].chunks_exact_mut(4) {
        number.copy_from_slice(&f32::MAX.to_le_bytes());
    }
    add(&sandbox, "vast", &files).code(0);
    let model = open(&sandbox, "vast");
    assert!(model.sentences().embed(&["What is my name?"], &NoProgress).is_ok());
    let error = model.sentences().embed(&["name", "you"], &NoProgress).unwrap_err();
    assert!(error.reason().contains("not a finite number"), "{error}");
}

#[test]
fn an_archive_must_contain_exactly_one_unencrypted_encoder() {
    let files = tiny::files();
    let sandbox = Sandbox::empty();
    let text = Files::from([("glove.txt".to_owned(), b"a 1 2\n".to_vec())]);
    sandbox.write("words.zip", zipped(&text, "in/"));
    sandbox
        .run(&["vectors", "add", "words.zip", "--json"])
        .fails(failure(InvalidInput).at("words.zip").with("`in/glove.txt`"));
    let mut two = Files::new();
    for folder in ["a", "b"] {
        two.extend(files.iter().map(|(path, bytes)| (format!("{folder}/{path}"), bytes.clone())));
    }
    sandbox.write("two.zip", zipped(&two, ""));
    sandbox
        .run(&["vectors", "add", "two.zip", "--json"])
        .fails(failure(InvalidInput).at("two.zip").with("a/").with("b/").with("2"));
    let mut lacking = files.clone();
    lacking.remove("tokenizer.json");
    sandbox.write("lacking.zip", zipped(&lacking, "m/"));
    sandbox
        .run(&["vectors", "add", "lacking.zip", "--json"])
        .fails(failure(InvalidInput).at("lacking.zip/m/tokenizer.json"));
    sandbox.write("cut.zip", &zipped(&files, "")[..500]);
    sandbox
        .run(&["vectors", "add", "cut.zip", "--json"])
        .fails(failure(InvalidInput).at("cut.zip"));
    // Archive entries with paths outside the folder are not written there.
    sandbox.write("in/out.zip", zipped(&files, "../../"));
    sandbox.run(&["vectors", "add", "in/out.zip"]).code(0);
    assert!(!sandbox.path().join("../config.json").exists() && names(&sandbox) == ["out"]);
    // Bit 0 of the flags: at offset 6 in each local header, and at offset 8 in each central
    // directory entry.
    let mut locked = zipped(&files, "");
    for at in 0..locked.len() - 10 {
        match &locked[at..at + 4] {
            b"PK\x03\x04" => locked[at + 6] |= 1,
            b"PK\x01\x02" => locked[at + 8] |= 1,
            _ => {}
        }
    }
    sandbox.write("locked.zip", locked);
    sandbox
        .run(&["vectors", "add", "locked.zip", "--json"])
        .fails(failure(InvalidInput).at("locked.zip/config.json"));
    assert_eq!(names(&sandbox), ["out"]);
}

#[test]
fn verify_detects_a_changed_file_of_an_encoder() {
    let sandbox = Sandbox::empty();
    add(&sandbox, "tiny", &tiny::files()).code(0);
    let folder = sandbox.path().join(MODELS).join("tiny");
    let path = folder.join("tokenizer.json");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, [b" ", &bytes[..bytes.len() - 1]].concat()).unwrap();
    let run = sandbox.run(&["vectors", "verify", "tiny"]).code(1);
    run.warns(&["tokenizer.json: ", "SHA-256"]);
    fs::write(&path, &bytes[1..]).unwrap();
    sandbox.run(&["vectors", "verify", "tiny"]).code(1).warns(&["tiny: tokenizer.json: "]);
    sandbox
        .run(&["vectors", "show", "tiny", "--json"])
        .fails(failure(Corrupt).at("checkpoint/vector_models/tiny/tokenizer.json"));
    fs::write(&path, &bytes).unwrap();
    sandbox.run(&["vectors", "verify", "tiny"]).code(0);
    // A change in this file would change the vectors.
    fs::write(folder.join("1_Pooling/more.json"), "{}").unwrap();
    let run = sandbox.run(&["vectors", "verify", "tiny"]).code(1);
    run.warns(&["1_Pooling/more.json: "]);
    sandbox
        .run(&["vectors", "show", "tiny", "--json"])
        .fails(failure(Corrupt).at("checkpoint/vector_models/tiny/1_Pooling/more.json"));
    fs::remove_dir_all(folder.join("1_Pooling")).unwrap();
    let run = sandbox.run(&["vectors", "verify", "tiny"]).code(1);
    run.warns(&["1_Pooling/config.json: "]);
}
