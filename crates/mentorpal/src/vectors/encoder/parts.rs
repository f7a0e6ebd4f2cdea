//! Validates the components of a `tokenizer.json` before the `tokenizers` crate reads the file.
//!
//! That crate panics if a file is inconsistent, for example if a template names an unlisted special
//! token, or if a precompiled character map is truncated. Therefore only the components of BERT's own
//! tokenizers are accepted, and a template only if its special tokens are listed.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The supported components that normalise the text.
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

/// The supported components that split the text into words.
const PRE_TOKENIZERS: [&str; 6] =
    ["BertPreTokenizer", "Digits", "Punctuation", "Sequence", "Whitespace", "WhitespaceSplit"];

/// The supported components that split words into tokens.
const MODELS: [&str; 1] = ["WordPiece"];

/// The supported components that add special tokens.
const POST_PROCESSORS: [&str; 2] = ["BertProcessing", "TemplateProcessing"];

/// The components of a `tokenizer.json` that are validated.
#[derive(Deserialize)]
struct Parts {
    normalizer: Option<Part>,
    pre_tokenizer: Option<Part>,
    model: Part,
    post_processor: Option<Part>,
    /// The component that turns tokens into text. It is unused here, but the crate panics if it is
    /// invalid.
    decoder: Option<Map<String, Value>>,
}

/// A component of any kind.
#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    /// The normalizers of a `Sequence`.
    #[serde(default)]
    normalizers: Vec<Part>,
    /// The pre-tokenizers of a `Sequence`.
    #[serde(default)]
    pretokenizers: Vec<Part>,
    /// The template for a single text.
    #[serde(default)]
    single: Vec<Piece>,
    /// The special tokens of the template, by name.
    #[serde(default)]
    special_tokens: Map<String, Value>,
}

/// A piece of a template.
#[derive(Deserialize)]
enum Piece {
    Sequence { id: String },
    SpecialToken { id: String },
}

/// Validates the content of a `tokenizer.json`.
///
/// # Errors
/// Returns the reason if the file is not JSON, or if its components are unsupported or inconsistent.
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
        return Err("the decoder is not `WordPiece`".to_owned());
    }
    let template = parts.post_processor.filter(|part| part.kind == "TemplateProcessing");
    template.map_or(Ok(()), |template| template.check_template())
}

impl Part {
    fn check(&self, supported: &[&str]) -> Result<(), String> {
        if !supported.contains(&self.kind.as_str()) {
            return Err(format!("unknown component `{}`", self.kind.escape_debug()));
        }
        let mut parts = self.normalizers.iter().chain(&self.pretokenizers);
        parts.try_for_each(|part| part.check(supported))
    }

    /// Checks that the template contains the text once and only listed special tokens.
    fn check_template(&self) -> Result<(), String> {
        let mut texts = 0;
        for piece in &self.single {
            match piece {
                Piece::Sequence { id } if id == "A" => texts += 1,
                Piece::SpecialToken { id } if self.special_tokens.contains_key(id) => {}
                Piece::Sequence { id } | Piece::SpecialToken { id } => {
                    let id = id.escape_debug();
                    return Err(format!("the template contains the unknown id `{id}`"));
                }
            }
        }
        if texts == 1 {
            Ok(())
        } else {
            Err(format!("the template contains the text {texts} times, expected once"))
        }
    }
}
