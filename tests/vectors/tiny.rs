//! A sentence encoder of a few kilobytes, by the formula of `tests/fixtures/encoder`.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::Deserialize;
use serde_json::json;
use zip::write::{SimpleFileOptions, ZipWriter};

const DIMS: usize = 8;
const LAYERS: usize = 2;
const WIDE: usize = 16;
const POSITIONS: usize = 12;
const VOCABULARY: [&str; 14] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "what", "is", "your", "name", "na", "##me", "?", "you",
    "##r", "My",
];

/// The properties in which the encoders of the tests differ.
#[derive(Deserialize)]
pub(super) struct Tiny {
    pub(super) pooling: String,
    pub(super) normalize: bool,
    pub(super) tokenizer_lowers: bool,
    pub(super) do_lower_case: bool,
    pub(super) max_seq_length: usize,
}

/// Files by their paths in the folder.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Returns the files of an encoder with mean pooling and normalisation.
pub(super) fn files() -> Files {
    let tiny = Tiny {
        pooling: "mean".to_owned(),
        normalize: true,
        tokenizer_lowers: true,
        do_lower_case: false,
        max_seq_length: 8,
    };
    tiny.files()
}

impl Tiny {
    pub(super) fn files(&self) -> Files {
        let stage = |index: usize, path: &str, kind: &str| {
            let kind = format!("sentence_transformers.models.{kind}");
            json!({ "idx": index, "name": index.to_string(), "path": path, "type": kind })
        };
        let mut stages = vec![stage(0, "", "Transformer"), stage(1, "1_Pooling", "Pooling")];
        if self.normalize {
            stages.push(stage(2, "2_Normalize", "Normalize"));
        }
        let config = json!({
            "model_type": "bert",
            "hidden_size": DIMS,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": 2,
            "intermediate_size": WIDE,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": POSITIONS,
            "vocab_size": VOCABULARY.len(),
            "type_vocab_size": 2,
        });
        let length =
            json!({ "max_seq_length": self.max_seq_length, "do_lower_case": self.do_lower_case });
        let pooling = json!({
            "word_embedding_dimension": DIMS,
            "pooling_mode_cls_token": self.pooling == "cls",
            "pooling_mode_mean_tokens": self.pooling == "mean",
        });
        BTreeMap::from([
            ("config.json".to_owned(), config.to_string().into_bytes()),
            ("modules.json".to_owned(), json!(stages).to_string().into_bytes()),
            ("sentence_bert_config.json".to_owned(), length.to_string().into_bytes()),
            ("1_Pooling/config.json".to_owned(), pooling.to_string().into_bytes()),
            ("tokenizer.json".to_owned(), self.tokenizer()),
            ("model.safetensors".to_owned(), weights()),
        ])
    }

    fn tokenizer(&self) -> Vec<u8> {
        let vocabulary: serde_json::Map<_, _> = VOCABULARY
            .iter()
            .enumerate()
            .map(|(id, token)| ((*token).to_owned(), id.into()))
            .collect();
        let special = |id: usize| {
            let token = VOCABULARY[id];
            json!({ "id": token, "ids": [id], "tokens": [token] })
        };
        let text = json!({ "Sequence": { "id": "A", "type_id": 0 } });
        let token = |id: &str| json!({ "SpecialToken": { "id": id, "type_id": 0 } });
        let file = json!({
            "version": "1.0",
            // The configuration elsewhere in the folder takes precedence.
            "truncation": { "max_length": 4, "strategy": "LongestFirst", "stride": 0 },
            "padding": { "strategy": { "Fixed": 6 }, "direction": "Right",
                "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]" },
            "added_tokens": [],
            "normalizer": { "type": "BertNormalizer", "clean_text": true,
                "handle_chinese_chars": true, "strip_accents": null,
                "lowercase": self.tokenizer_lowers },
            "pre_tokenizer": { "type": "BertPreTokenizer" },
            "post_processor": { "type": "TemplateProcessing",
                "single": [token("[CLS]"), text, token("[SEP]")], "pair": [],
                "special_tokens": { "[CLS]": special(2), "[SEP]": special(3) } },
            "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
            "model": { "type": "WordPiece", "unk_token": "[UNK]",
                "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                "vocab": vocabulary },
        });
        file.to_string().into_bytes()
    }
}

/// Element `i` of tensor `k` is ((7919 i + 104729 k) mod 1009) / 1009 − 1/2.
fn weights() -> Vec<u8> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![VOCABULARY.len(), DIMS]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![POSITIONS, DIMS]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, DIMS]),
    ];
    let mut add = |name: String, shape: &[usize]| {
        shapes.push((format!("{name}.weight"), shape.to_vec()));
        shapes.push((format!("{name}.bias"), shape[..1].to_vec()));
    };
    add("embeddings.LayerNorm".to_owned(), &[DIMS]);
    for layer in 0..LAYERS {
        for (part, shape) in [
            ("attention.self.query", &[DIMS, DIMS][..]),
            ("attention.self.key", &[DIMS, DIMS]),
            ("attention.self.value", &[DIMS, DIMS]),
            ("attention.output.dense", &[DIMS, DIMS]),
            ("attention.output.LayerNorm", &[DIMS]),
            ("intermediate.dense", &[WIDE, DIMS]),
            ("output.dense", &[DIMS, WIDE]),
            ("output.LayerNorm", &[DIMS]),
        ] {
            add(format!("encoder.layer.{layer}.{part}"), shape);
        }
    }
    let number = |k: usize, i: usize| ((7919 * i + 104_729 * k) % 1009) as f64 / 1009.0 - 0.5;
    let bytes: Vec<Vec<u8>> = shapes
        .iter()
        .enumerate()
        .map(|(k, (_, shape))| {
            let numbers = (0..shape.iter().product()).map(|i| number(k, i) as f32);
            numbers.flat_map(f32::to_le_bytes).collect()
        })
        .collect();
    let tensors = shapes.iter().zip(&bytes).map(|((name, shape), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    serialize(tensors, None).unwrap()
}

/// Returns a zip archive of `files`, each at its path after `prefix`.
pub(super) fn zipped(files: &Files, prefix: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(format!("{prefix}{path}"), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
