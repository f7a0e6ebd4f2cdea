//! Text → token ids, by the folder's own `tokenizer.json`.

use std::path::Path;

use tokenizers::{Tokenizer as Inner, TruncationParams};

use super::settings::Settings;
use crate::error::{Error, Place, Result};
use crate::files;

/// The tokenizer's file.
pub(in crate::vectors) const TOKENIZER_FILE: &str = "tokenizer.json";

/// A tokenizer that cuts at the model's longest text and adds its special tokens.
#[derive(Debug)]
pub(super) struct Tokenizer {
    inner: Inner,
    lower_case: bool,
    vocab_size: usize,
}

impl Tokenizer {
    /// Reads the tokenizer in `folder`.
    ///
    /// # Errors
    /// When the file is missing or damaged, or has more tokens than the network.
    pub(super) fn read(folder: &Path, settings: &Settings) -> Result<Self> {
        let path = folder.join(TOKENIZER_FILE);
        let fault = |what: String| {
            Error::at(Place::file(&path), what).hint("get the model again, with a `tokenizer.json`")
        };
        let mut inner = Inner::from_bytes(files::read(&path)?)
            .map_err(|e| fault(format!("not a tokenizer: {e}")))?;
        inner.with_padding(None);
        let truncation =
            TruncationParams { max_length: settings.max_tokens, ..TruncationParams::default() };
        inner
            .with_truncation(Some(truncation))
            .map_err(|e| fault(format!("cannot cut at {} tokens: {e}", settings.max_tokens)))?;
        let vocab_size = settings.shape.vocab_size;
        Ok(Self { inner, lower_case: settings.lower_case, vocab_size })
    }

    /// The ids of `text`, special tokens included; all below the vocabulary's size.
    ///
    /// # Errors
    /// When the tokenizer makes a token that the network does not have.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let failed = |what: String| Error::new(format!("the vector model's tokenizer {what}"));
        let lowered;
        let text = if self.lower_case {
            lowered = text.to_lowercase();
            &lowered
        } else {
            text
        };
        let encoding =
            self.inner.encode_fast(text, true).map_err(|e| failed(format!("failed: {e}")))?;
        let ids = encoding.get_ids().to_vec();
        match ids.iter().find(|id| **id as usize >= self.vocab_size) {
            Some(id) => Err(failed(format!("gave token {id} of {}", self.vocab_size))),
            None => Ok(ids),
        }
    }
}
