//! The settings of a sentence encoder, from the small JSON files of its folder.
//!
//! | file | content |
//! |---|---|
//! | `config.json` | the network's shape (Hugging Face `BertConfig`) |
//! | `modules.json` | the stages; the default is mean pooling without normalisation |
//! | `1_Pooling/config.json` | the kind of pooling |
//! | `sentence_bert_config.json` | the maximum length in tokens, and whether to convert to lower case |

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Location, Result};
use crate::files;

pub(in crate::vectors) const CONFIG_FILE: &str = "config.json";
pub(in crate::vectors) const MODULES_FILE: &str = "modules.json";
pub(in crate::vectors) const LENGTH_FILE: &str = "sentence_bert_config.json";
pub(in crate::vectors) const POOLING_FILE: &str = "config.json";

/// The name of the stage that combines the token vectors into one vector.
pub(super) const POOLING: &str = "Pooling";

/// The method of computing a sentence's vector from the vectors of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean of the token vectors.
    Mean,
    /// The vector of the first token.
    Cls,
}

/// The function between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Activation {
    /// `x Φ(x)`, computed with the error function.
    Gelu,
    /// `max(x, 0)`.
    Relu,
}

/// The network's shape: `config.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct EncoderShape {
    model_type: String,
    /// `d`, the number of dimensions of a token's vector.
    pub(super) hidden_size: usize,
    #[serde(rename = "num_hidden_layers")]
    pub(super) layers: usize,
    #[serde(rename = "num_attention_heads")]
    pub(super) heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) hidden_act: Activation,
    pub(super) layer_norm_eps: f32,
    #[serde(rename = "max_position_embeddings")]
    pub(super) positions: usize,
    pub(super) vocab_size: usize,
    #[serde(rename = "type_vocab_size")]
    pub(super) types: usize,
    #[serde(default = "absolute")]
    position_embedding_type: String,
}

/// All settings of a sentence encoder.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EncoderSettings {
    pub(super) shape: EncoderShape,
    pub(super) pooling: Pooling,
    /// Whether vectors are scaled to unit length.
    pub(super) normalize: bool,
    /// The maximum length of a text, in tokens, with special tokens.
    pub(super) max_tokens: usize,
    /// Whether texts are converted to lower case before tokenization.
    pub(super) lower_case: bool,
}

/// A stage: an entry of `modules.json`.
#[derive(Deserialize)]
pub(super) struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the file")]
struct PoolingModes {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
}

#[derive(Default, Deserialize)]
struct Length {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl EncoderSettings {
    /// Reads the settings of the model in `folder`.
    ///
    /// # Errors
    /// If a file is missing or corrupt, or requires an unsupported feature.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CONFIG_FILE);
        let shape: EncoderShape = json(&path)?;
        shape.check().map_err(|message| unusable(&path, &message))?;
        let length_path = folder.join(LENGTH_FILE);
        let length: Length =
            if files::is_absent(&length_path) { Length::default() } else { json(&length_path)? };
        let mut settings = Self {
            max_tokens: length.max_seq_length.unwrap_or(shape.positions).min(shape.positions),
            lower_case: length.do_lower_case,
            shape,
            pooling: Pooling::Mean,
            normalize: false,
        };
        // Room for two special tokens and one token of the text.
        if settings.max_tokens < 3 {
            return Err(unusable(&length_path, "`max_seq_length` is too small for any text"));
        }
        for (index, module) in Module::read_all(folder)?.iter().enumerate() {
            match (index, module.name()) {
                (0, "Transformer") if module.path.is_empty() => {}
                (1.., POOLING) => {
                    let name = module.pooling_folder(folder)?;
                    settings.pooling = read_pooling(&folder.join(name).join(POOLING_FILE))?;
                }
                (1.., "Normalize") => settings.normalize = true,
                (_, kind) => {
                    let what = format!("module `{}` at index {index}", kind.escape_debug());
                    return Err(unusable(&folder.join(MODULES_FILE), &what));
                }
            }
        }
        Ok(settings)
    }
}

impl Module {
    /// Reads the stages of the model in `folder`; empty if `modules.json` does not exist.
    ///
    /// # Errors
    /// If the file is corrupt.
    pub(super) fn read_all(folder: &Path) -> Result<Vec<Self>> {
        let path = folder.join(MODULES_FILE);
        if files::is_absent(&path) { Ok(Vec::new()) } else { json(&path) }
    }

    /// The name of the stage's Python class, without its module.
    pub(super) fn name(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or_default()
    }

    /// The name of the subfolder of `folder` with the stage's settings.
    ///
    /// # Errors
    /// If the name is not plain.
    pub(super) fn pooling_folder(&self, folder: &Path) -> Result<&str> {
        let wrong = || {
            let what = format!("`{}` as the folder of the pooling module", self.path);
            unusable(&folder.join(MODULES_FILE), &what)
        };
        is_plain(&self.path).then_some(self.path.as_str()).ok_or_else(wrong)
    }
}

/// Whether `name` is a plain folder name, which cannot lead out of its parent folder.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(plain)
}

impl EncoderShape {
    fn check(&self) -> Result<(), String> {
        let sizes = [
            self.hidden_size,
            self.heads,
            self.layers,
            self.intermediate_size,
            self.positions,
            self.vocab_size,
            self.types,
        ];
        if self.model_type != "bert" {
            let found = self.model_type.escape_debug();
            Err(format!("model type `{found}`, expected `bert`"))
        } else if self.position_embedding_type != "absolute" {
            Err("position embeddings that are not absolute".to_owned())
        } else if sizes.contains(&0) || !self.hidden_size.is_multiple_of(self.heads) {
            Err("inconsistent sizes".to_owned())
        } else if self.layer_norm_eps.is_nan() || self.layer_norm_eps <= 0.0 {
            Err("a `layer_norm_eps` that is not positive".to_owned())
        } else {
            Ok(())
        }
    }
}

fn read_pooling(path: &Path) -> Result<Pooling> {
    let modes: PoolingModes = json(path)?;
    let others = modes.pooling_mode_max_tokens
        || modes.pooling_mode_mean_sqrt_len_tokens
        || modes.pooling_mode_weightedmean_tokens
        || modes.pooling_mode_lasttoken;
    match (modes.pooling_mode_cls_token, modes.pooling_mode_mean_tokens, others) {
        (true, false, false) => Ok(Pooling::Cls),
        (false, true, false) => Ok(Pooling::Mean),
        _ => Err(unusable(path, "pooling other than by the mean or the first token")),
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_slice(&files::read(path)?).map_err(|e| {
        let message = format!("not a valid file of a sentence encoder: {e}");
        Error::at(Location::file(path), message).hint(HINT)
    })
}

fn unusable(path: &Path, what: &str) -> Error {
    Error::at(Location::file(path), format!("not supported: {what}")).hint(HINT)
}

const HINT: &str = "use a BERT model saved by sentence-transformers with mean or first-token \
                    pooling, for example all-MiniLM-L6-v2";
