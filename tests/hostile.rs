//! Models whose files match the manifest but have forged content.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;

use mentorpal::error::ErrorKind::InvalidInput;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use serde_json::{Value, json};

use crate::support::{FUSION, Run, Sandbox, failure};

const CARD: &str = "model.json";
const TENSORS: &str = "model.safetensors";

/// A tensor with arbitrary data, type and shape.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

type Tensors = BTreeMap<String, Tensor>;

/// A change to a file: its description and a function.
type Case<T> = (&'static str, fn(&mut T));

const ARCHES: [&str; 2] = ["fusion_v1", "lstm_v1"];

/// Trains, changes a file of the model, updates its size and SHA-256 in the manifest, and asks a
/// question.
fn ask_after(arch: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Run {
    let sandbox = Sandbox::ada();
    sandbox.run(&["train", "--arch", arch, "--checkpoint", "x"]).code(0);
    let checkpoint = format!("checkpoint/classifiers/{arch}/x");
    let bytes = fs::read(sandbox.path().join(&checkpoint).join("ada").join(file)).unwrap();
    sandbox.forge(&checkpoint, file, &change(bytes));
    sandbox.run(&["checkpoints", "verify"]).code(0);
    sandbox.run(&["ask", "--arch", arch, "--no-canned", "where is your house", "--json"])
}

fn ask_after_card(arch: &str, change: impl FnOnce(&mut Value)) -> Run {
    ask_after(arch, CARD, |bytes| {
        let mut card = serde_json::from_slice(&bytes).unwrap();
        change(&mut card);
        card.to_string().into_bytes()
    })
}

fn ask_after_tensors(arch: &str, change: impl FnOnce(&mut Tensors)) -> Run {
    ask_after(arch, TENSORS, |bytes| {
        let tensor = |name: &str, view: safetensors::tensor::TensorView| {
            let (dtype, shape) = (view.dtype(), view.shape().to_vec());
            (name.to_owned(), Tensor { dtype, shape, bytes: view.data().to_vec() })
        };
        let views = SafeTensors::deserialize(&bytes).unwrap();
        let mut tensors = views.iter().map(|(name, view)| tensor(name, view)).collect();
        change(&mut tensors);
        serialize(&tensors, None).unwrap()
    })
}

/// Sets the element `index` of a tensor of 4-byte numbers.
fn set(tensors: &mut Tensors, name: &str, index: usize, number: [u8; 4]) {
    tensors.get_mut(name).unwrap().bytes[4 * index..4 * index + 4].copy_from_slice(&number);
}

/// Asserts that the model is refused as damaged. A panic would exit with 101.
#[track_caller]
fn is_refused(run: Run, file: &str) {
    let run = run.fails(failure(InvalidInput).at("x/ada").with(file));
    assert!(run.error()["hint"].is_string(), "{run}");
}

#[test]
fn unchanged_files_are_accepted() {
    for arch in ARCHES {
        ask_after_tensors(arch, |_| {}).code(0);
        ask_after_card(arch, |_| {}).code(0);
    }
}

#[test]
fn tensors_with_inconsistent_shapes_are_refused() {
    // Ada has 16 questions and 4 answers with one text each: 20 rows.
    let cases: [Case<Tensors>; 16] = [
        ("a row less", |t| {
            let weights = t.get_mut("weights").unwrap();
            weights.shape = vec![19, 4];
            weights.bytes.truncate(19 * 4 * 4);
        }),
        ("transposed", |t| t.get_mut("weights").unwrap().shape = vec![4, 20]),
        ("flat", |t| t.get_mut("weights").unwrap().shape = vec![80]),
        ("a sentence vector less", |t| {
            let sentences = t.get_mut("sentences").unwrap();
            sentences.shape[0] = 19;
            sentences.bytes.truncate(19 * sentences.shape[1] * 4);
        }),
        ("a sentence vector with NaN", |t| set(t, "sentences", 7, f32::NAN.to_le_bytes())),
        ("no sentence vectors", |t| {
            t.remove("sentences");
        }),
        ("another type", |t| t.get_mut("weights").unwrap().dtype = Dtype::I32),
        ("no number", |t| set(t, "weights", 3, f32::NAN.to_le_bytes())),
        ("a long vector", |t| set(t, "sentences", 0, 2_f32.to_le_bytes())),
        ("infinite", |t| set(t, "ngrams.0.posting_weights", 0, f32::INFINITY.to_le_bytes())),
        ("a question too many", |t| set(t, "ngrams.0.posting_questions", 0, 16_u32.to_le_bytes())),
        ("far out", |t| set(t, "ngrams.1.posting_questions", 0, u32::MAX.to_le_bytes())),
        ("falling ends", |t| set(t, "ngrams.0.posting_ends", 0, u32::MAX.to_le_bytes())),
        ("falling n-grams", |t| set(t, "ngrams.1.ends", 0, u32::MAX.to_le_bytes())),
        ("bytes past the last n-gram", |t| {
            let bytes = t.get_mut("ngrams.0.bytes").unwrap();
            bytes.shape[0] += 1;
            bytes.bytes.push(b'x');
        }),
        ("none of that name", |t| {
            t.remove("ngrams.1.ends");
        }),
    ];
    for (what, change) in cases {
        println!("{what}");
        is_refused(ask_after_tensors("fusion_v1", change), TENSORS);
    }
}

#[test]
fn tensors_of_a_topic_model_with_inconsistent_shapes_are_refused() {
    // Ada has 2 topics and 4 answers; the embedded vectors have 128 dimensions.
    let cases: [Case<Tensors>; 7] = [
        ("flat", |t| t.get_mut("lstm.kernel").unwrap().shape = vec![128 * 512]),
        ("transposed", |t| t.get_mut("topics.kernel").unwrap().shape = vec![2, 128]),
        ("an answer less", |t| {
            let coefficients = t.get_mut("fused.coefficients").unwrap();
            coefficients.shape = vec![3, 130];
            coefficients.bytes.truncate(3 * 130 * 4);
        }),
        ("an intercept too many", |t| {
            let intercepts = t.get_mut("unfused.intercepts").unwrap();
            intercepts.shape = vec![5];
            intercepts.bytes.extend([0; 4]);
        }),
        ("no number", |t| set(t, "lstm.recurrent", 3, f32::NAN.to_le_bytes())),
        ("another type", |t| t.get_mut("lstm.bias").unwrap().dtype = Dtype::U32),
        ("none of that name", |t| {
            t.remove("topics.bias");
        }),
    ];
    for (what, change) in cases {
        println!("{what}");
        is_refused(ask_after_tensors("lstm_v1", change), TENSORS);
    }
}

#[test]
fn an_inconsistent_model_json_is_refused() {
    let cases: [Case<Value>; 20] = [
        ("no answers", |c| c["answers"] = json!([])),
        ("an answer more", |c| c["answers"].as_array_mut().unwrap().push(json!("x"))),
        ("no questions", |c| c["questions"] = json!([])),
        ("a question more", |c| c["questions"].as_array_mut().unwrap().push(json!("why"))),
        ("questions that are none", |c| c["questions"] = json!(16)),
        ("a text more", |c| c["sentences"]["texts"] = json!(5)),
        ("more texts than memory", |c| c["sentences"]["texts"] = json!(1_u64 << 62)),
        ("fewer texts than none", |c| c["sentences"]["texts"] = json!(-1)),
        ("other vectors", |c| c["sentences"]["dims"] = json!(64)),
        ("vectors of nothing", |c| c["sentences"]["dims"] = json!(0)),
        ("a kernel without width", |c| c["sentences"]["width"] = json!(0.0)),
        ("no n-grams", |c| c["ngrams"] = json!([])),
        ("a kernel without numbers", |c| {
            let kernel = c["ngrams"][0].clone();
            c["ngrams"].as_array_mut().unwrap().push(kernel);
        }),
        ("an infinite weight", |c| c["ngrams"][0]["weight"] = json!(1e300)),
        ("runs of no words", |c| c["ngrams"][0]["analyzer"]["lengths"]["start"] = json!(0)),
        ("runs of no characters", |c| c["ngrams"][1]["analyzer"]["lengths"]["start"] = json!(0)),
        ("endless runs", |c| c["ngrams"][0]["analyzer"]["lengths"]["end"] = json!(u64::MAX)),
        ("an unknown kind", |c| c["ngrams"][0]["analyzer"]["kind"] = json!("syllables")),
        ("no confidence", |c| c["calibration"]["slope"] = json!(null)),
        ("falling confidence", |c| c["calibration"]["slope"] = json!(-8.0)),
    ];
    for (what, change) in cases {
        println!("{what}");
        let run = ask_after_card("fusion_v1", change);
        is_refused(run, "`model.");
    }
}

#[test]
fn an_inconsistent_model_json_of_a_topic_model_is_refused() {
    let cases: [Case<Value>; 9] = [
        ("no answers", |c| c["answers"] = json!([])),
        ("an answer more", |c| c["answers"].as_array_mut().unwrap().push(json!("x"))),
        ("a topic less", |c| c["topics"] = json!(["Life"])),
        ("no topics", |c| c["topics"] = json!([])),
        ("other vectors", |c| c["dims"] = json!(100)),
        ("no units", |c| c["units"] = json!(0)),
        ("more units than memory", |c| c["units"] = json!(1_u64 << 62)),
        ("fewer units than none", |c| c["units"] = json!(-1)),
        ("no threshold", |c| c["threshold"] = json!(null)),
    ];
    for (what, change) in cases {
        println!("{what}");
        let run = ask_after_card("lstm_v1", change);
        is_refused(run, "`model.");
    }
}

#[test]
fn files_of_another_kind_are_refused() {
    let endless = [u64::MAX.to_le_bytes().as_slice(), b"{}"].concat();
    let longer = b"\x10\0\0\0\0\0\0\0{\"x\":1}".to_vec();
    let deep = "[".repeat(100_000).into_bytes();
    for content in [b"".to_vec(), b"\0\xff\xfe".to_vec(), endless, longer, deep] {
        for file in [CARD, TENSORS] {
            for arch in ARCHES {
                is_refused(ask_after(arch, file, |_| content.clone()), file);
            }
        }
    }
}

#[test]
fn a_manifest_without_a_file_of_the_model_is_refused() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let path = sandbox.path().join(FUSION).join("x/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["files"].as_object_mut().unwrap().remove("ada/model.json");
    fs::write(&path, manifest.to_string()).unwrap();
    sandbox
        .run(&["ask", "hello", "--json"])
        .fails(failure(InvalidInput).at("x/ada").with("model.json"));
    sandbox.run(&["checkpoints", "verify"]).code(1).warns(&["model.json: "]);
}
