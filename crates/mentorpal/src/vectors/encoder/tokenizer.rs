//! Text → token ids, with the `tokenizer.json` of the encoder's folder.

use std::path::Path;

use tokenizers::{Encoding, PostProcessor, Token, Tokenizer as Inner, TruncationParams};

use super::parts;
use super::settings::EncoderSettings;
use crate::error::{Error, Location, Result};
use crate::files;

/// The file of the tokenizer.
pub(in crate::vectors) const TOKENIZER_FILE: &str = "tokenizer.json";

/// A tokenizer that truncates texts to the model's maximum length and adds special tokens.
#[derive(Debug)]
pub(super) struct Tokenizer {
    inner: Inner,
    lower_case: bool,
    vocab_size: usize,
    max_tokens: usize,
}

const SUPPORTED: &str =
    "use a model with a BERT tokenizer (WordPiece), for example all-MiniLM-L6-v2";

impl Tokenizer {
    /// Reads the tokenizer in `folder`.
    ///
    /// # Errors
    /// If the file is missing, corrupt or unsupported, or adds too many special tokens.
    pub(super) fn read(folder: &Path, settings: &EncoderSettings) -> Result<Self> {
        let path = folder.join(TOKENIZER_FILE);
        let fault = |what: String| {
            Error::at(Location::file(&path), what)
                .hint("download the model again, with a `tokenizer.json`")
        };
        let bytes = files::read(&path)?;
        parts::check(&bytes)
            .map_err(|what| fault(format!("unsupported tokenizer: {what}")).hint(SUPPORTED))?;
        let mut inner =
            Inner::from_bytes(bytes).map_err(|e| fault(format!("not a valid tokenizer: {e}")))?;
        inner.with_padding(None);
        let added = inner.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
        if added >= settings.max_tokens {
            let most = settings.max_tokens;
            return Err(fault(format!(
                "the tokenizer adds {added} special tokens to each text, but a text has at most \
                 {most} tokens"
            )));
        }
        let truncation =
            TruncationParams { max_length: settings.max_tokens, ..TruncationParams::default() };
        inner.with_truncation(Some(truncation)).map_err(|e| {
            fault(format!("cannot truncate to {} tokens: {e}", settings.max_tokens))
        })?;
        let vocab_size = settings.shape.vocab_size;
        let (lower_case, max_tokens) = (settings.lower_case, settings.max_tokens);
        Ok(Self { inner, lower_case, vocab_size, max_tokens })
    }

    /// Returns the token ids of `text`, with special tokens. All are below the vocabulary's size.
    ///
    /// # Errors
    /// If the tokenizer produces a token that the network does not have.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let lowered;
        let text = if self.lower_case {
            lowered = text.to_lowercase();
            &lowered
        } else {
            text
        };
        let encoding =
            self.inner.encode_fast(text, true).map_err(|e| failed(&format!("failed: {e}")))?;
        self.checked(&encoding)
    }

    /// Returns the token ids `ids` with special tokens added.
    ///
    /// # Errors
    /// If the network does not have one of the tokens.
    pub(super) fn with_special(&self, ids: &[u32]) -> Result<Vec<u32>> {
        let token = |id: &u32| Token::new(*id, String::new(), (0, 0));
        let encoding = Encoding::from_tokens(ids.iter().map(token).collect(), 0);
        let encoding = self.inner.post_process(encoding, None, true);
        let encoding = encoding.map_err(|e| failed(&format!("failed: {e}")))?;
        self.checked(&encoding)
    }

    /// Returns the tokens and their ids, sorted by id.
    pub(super) fn vocabulary(&self) -> Vec<(String, u32)> {
        let mut tokens: Vec<_> = self.inner.get_vocab(false).into_iter().collect();
        tokens.retain(|(_, id)| (*id as usize) < self.vocab_size);
        tokens.sort_by_key(|(_, id)| *id);
        tokens
    }

    fn checked(&self, encoding: &Encoding) -> Result<Vec<u32>> {
        let ids = encoding.get_ids().to_vec();
        if ids.len() > self.max_tokens {
            let (found, most) = (ids.len(), self.max_tokens);
            return Err(failed(&format!("returned {found} tokens, expected at most {most}")));
        }
        match ids.iter().find(|id| **id as usize >= self.vocab_size) {
            Some(id) => Err(failed(&format!(
                "returned token id {id}, expected an id below {}",
                self.vocab_size
            ))),
            None => Ok(ids),
        }
    }
}

fn failed(what: &str) -> Error {
    Error::new(format!("the vector model's tokenizer {what}"))
}
