//! What a `tokenizer.json` is made of, looked at before the `tokenizers` crate reads it.
//!
//! That crate panics where a file's parts do not fit together: a template of a special token that
//! is not listed, a precompiled map of characters that is cut. So only the parts of BERT's own
//! tokenizers pass, and a template only if what it names is there.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Parts that change the text.
const NORMALIZERS: [&str; 9] = [
    "BertNormalizer",
    "Lowercase",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "Sequence",
    "Strip",
    "StripAccents",
];

/// Parts that split it to words.
const PRE_TOKENIZERS: [&str; 6] =
    ["BertPreTokenizer", "Digits", "Punctuation", "Sequence", "Whitespace", "WhitespaceSplit"];

/// Parts that split words to tokens.
const MODELS: [&str; 1] = ["WordPiece"];

/// Parts that add special tokens.
const POST_PROCESSORS: [&str; 2] = ["BertProcessing", "TemplateProcessing"];

/// The parts of a tokenizer's file that are checked.
#[derive(Deserialize)]
struct Parts {
    normalizer: Option<Part>,
    pre_tokenizer: Option<Part>,
    model: Part,
    post_processor: Option<Part>,
    /// What turns tokens to text: not used here, but the crate panics where it is damaged.
    decoder: Option<Map<String, Value>>,
}

/// A part of any sort.
#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    /// The parts of a `Sequence` of normalizers.
    #[serde(default)]
    normalizers: Vec<Part>,
    /// The parts of a `Sequence` of pre-tokenizers.
    #[serde(default)]
    pretokenizers: Vec<Part>,
    /// The template of a single text.
    #[serde(default)]
    single: Vec<Piece>,
    /// What its special tokens are.
    #[serde(default)]
    special_tokens: Map<String, Value>,
}

/// A piece of a template.
#[derive(Deserialize)]
enum Piece {
    Sequence { id: String },
    SpecialToken { id: String },
}

/// Checks a tokenizer's file.
///
/// # Errors
/// What is wrong with it: no JSON, or parts that are not supported or do not fit together.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let parts: Parts = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let all = [
        (parts.normalizer.as_ref(), NORMALIZERS.as_slice()),
        (parts.pre_tokenizer.as_ref(), &PRE_TOKENIZERS),
        (Some(&parts.model), &MODELS),
        (parts.post_processor.as_ref(), &POST_PROCESSORS),
    ];
    for (part, supported) in all {
        part.map_or(Ok(()), |part| part.check(supported))?;
    }
    if parts.decoder.is_some_and(|decoder| decoder.get("type") != Some(&"WordPiece".into())) {
        return Err("its decoder is not of WordPiece".to_owned());
    }
    let template = parts.post_processor.filter(|part| part.kind == "TemplateProcessing");
    template.map_or(Ok(()), |template| template.check_template())
}

impl Part {
    fn check(&self, supported: &[&str]) -> Result<(), String> {
        if !supported.contains(&self.kind.as_str()) {
            return Err(format!("it has a part `{}`", self.kind.escape_debug()));
        }
        let mut parts = self.normalizers.iter().chain(&self.pretokenizers);
        parts.try_for_each(|part| part.check(supported))
    }

    /// Checks that the template has the text once, and no token that is not listed.
    fn check_template(&self) -> Result<(), String> {
        let mut texts = 0;
        for piece in &self.single {
            match piece {
                Piece::Sequence { id } if id == "A" => texts += 1,
                Piece::SpecialToken { id } if self.special_tokens.contains_key(id) => {}
                Piece::Sequence { id } | Piece::SpecialToken { id } => {
                    let id = id.escape_debug();
                    return Err(format!("its template names `{id}`, which is not there"));
                }
            }
        }
        if texts == 1 { Ok(()) } else { Err(format!("its template has the text {texts} times")) }
    }
}
