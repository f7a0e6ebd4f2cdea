//! Text → tokens: `WordPiece` (Wu et al. 2016, arXiv:1609.08144) as in uncased BERT.
//!
//! A `tokenizers::Tokenizer` builds tables when it is loaded, which takes longer than answering a
//! question. Here, tokens are sorted and found by binary search, so no tables are needed.

use std::cmp::Ordering;
use std::ops::Range;

use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{
    NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
};

use crate::text::PackedStrings;

/// What a token that goes on with a word begins with.
pub(in crate::vectors) const CONTINUES: &str = "##";

/// The largest number of characters of a word; longer words have no tokens.
const MAX_CHARS: usize = 100;

/// The known tokens, sorted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vocabulary {
    tokens: PackedStrings,
    /// The tokens that begin with [`CONTINUES`].
    continuing: Range<usize>,
    /// The length of the longest token, in bytes.
    longest: usize,
}

impl Vocabulary {
    /// Returns the tokens of `text` that end at `ends`; `None` if they are not sorted or not distinct,
    /// or if `ends` is inconsistent with `text`.
    pub(super) fn new(tokens: PackedStrings) -> Option<Self> {
        let (mut previous, mut longest) = ("", 0);
        for token in tokens.iter() {
            if token <= previous {
                return None;
            }
            (previous, longest) = (token, longest.max(token.len()));
        }
        let all = 0..tokens.len();
        let first = tokens.bisect(all.clone(), |token| token.cmp(CONTINUES));
        let after = tokens.bisect(all, |token| {
            if token.starts_with(CONTINUES) { Ordering::Less } else { token.cmp(CONTINUES) }
        });
        let continuing = first.unwrap_or_else(|at| at)..after.unwrap_or_else(|at| at);
        Some(Self { tokens, continuing, longest })
    }

    /// The number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token at `index`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub(super) fn token(&self, index: usize) -> &str {
        self.tokens.get(index)
    }

    /// All tokens, concatenated, and the end of each token.
    pub(super) fn parts(&self) -> (&str, &[u32]) {
        self.tokens.parts()
    }

    /// The indices of the tokens of `text`. A word that cannot be split completely into known
    /// tokens yields no index.
    pub(super) fn tokenize(&self, text: &str) -> Vec<usize> {
        let mut tokens = Vec::new();
        for (word, ..) in words(text).get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
            tokens.extend(self.split(word).unwrap_or_default());
        }
        tokens
    }

    /// Splits `word` into tokens: repeatedly takes the longest token at the beginning of the rest.
    /// Returns `None` if the word cannot be split completely.
    fn split(&self, word: &str) -> Option<Vec<usize>> {
        if word.chars().count() > MAX_CHARS {
            return None;
        }
        let mut tokens = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let is_start = rest.len() == word.len();
            let longest_first = (1..=rest.len().min(self.longest)).rev();
            let (token, end) = longest_first
                .filter(|&end| rest.is_char_boundary(end))
                .find_map(|end| Some((self.find(&rest[..end], is_start)?, end)))?;
            tokens.push(token);
            rest = &rest[end..];
        }
        Some(tokens)
    }

    /// The index of the token `piece` that begins or continues a word.
    fn find(&self, piece: &str, is_start: bool) -> Option<usize> {
        if is_start {
            return self.tokens.find(piece);
        }
        let order = |token: &str| token[CONTINUES.len()..].cmp(piece);
        self.tokens.bisect(self.continuing.clone(), order).ok()
    }
}

/// The words and punctuation marks of `text`, in lower case, without accents.
fn words(text: &str) -> PreTokenizedString {
    let mut text = NormalizedString::from(text);
    let normalized = BertNormalizer::default().normalize(&mut text);
    let mut words = PreTokenizedString::from(text);
    normalized
        .and_then(|()| BertPreTokenizer.pre_tokenize(&mut words))
        .expect("these conversions cannot fail");
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::StaticVectors;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use serde_json::{Map, json};
    use tokenizers::Tokenizer;

    const TOKENS: [&str; 9] = ["##a", "##ff", "##able", "aff", "a", "un", "una", "muller", "中"];

    fn vocabulary(tokens: &[&str]) -> Option<Vocabulary> {
        Vocabulary::new(tokens.iter().copied().collect())
    }

    fn sorted() -> Vocabulary {
        let mut tokens = TOKENS;
        tokens.sort_unstable();
        vocabulary(&tokens).unwrap()
    }

    // Worked by hand. The third is BERT's own example, where the longest token first (`una`)
    // wins over the better `un ##aff ##able`.
    #[test]
    fn the_longest_token_comes_first() {
        let vocabulary = sorted();
        for (text, expected) in [
            ("a", &["a"][..]),
            ("A aff", &["a", "aff"]),
            ("unaffable", &["una", "##ff", "##able"]),
            ("una-aff", &["una", "aff"]),
            ("affa!", &["aff", "##a"]),
            ("unb a", &["a"]),
            ("##a", &["a"]),
            ("  Müller\u{a0}a\u{0}ff ", &["muller", "aff"]),
            ("a中a", &["a", "中", "a"]),
            ("", &[]),
        ] {
            let tokens = vocabulary.tokenize(text);
            let tokens: Vec<_> = tokens.into_iter().map(|token| vocabulary.token(token)).collect();
            assert_eq!(tokens, expected, "{text}");
        }
    }

    /// A `tokenizer.json` of uncased BERT, with these tokens.
    fn reference(vocabulary: &Vocabulary) -> Tokenizer {
        let tokens = (0..vocabulary.len()).map(|id| (vocabulary.token(id).to_owned(), json!(id)));
        let tokens: Map<_, _> = tokens.chain([("[UNK]".to_owned(), json!(100_000))]).collect();
        let file = json!({
            "version": "1.0",
            "added_tokens": [],
            "normalizer": {
                "type": "BertNormalizer",
                "clean_text": true,
                "handle_chinese_chars": true,
                "strip_accents": null,
                "lowercase": true,
            },
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {
                "type": "WordPiece",
                "unk_token": "[UNK]",
                "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": tokens,
            },
        });
        Tokenizer::from_bytes(file.to_string()).unwrap()
    }

    #[test]
    fn texts_are_tokenized_as_the_tokenizers_crate_does() {
        let vocabulary = &StaticVectors::embedded().vocabulary;
        let reference = reference(vocabulary);
        let mut runner = TestRunner::new(Config::with_cases(2000));
        let sanitized = prop::collection::vec("[a-z]{1,14}|[a-z0-9]{1,4}", 0..8);
        let sanitized = sanitized.prop_map(|words| words.join(" "));
        let texts = prop_oneof![sanitized, "[a-zA-Z0-9éÉß '?!,.#-]{0,40}", "\\PC{0,20}"];
        runner
            .run(&texts, |text| {
                let expected = reference.encode(text.as_str(), false).unwrap();
                let known = |id: &&u32| (**id as usize) < vocabulary.len();
                let expected: Vec<_> = expected.get_ids().iter().filter(known).copied().collect();
                let found: Vec<_> =
                    vocabulary.tokenize(&text).into_iter().map(|token| token as u32).collect();
                prop_assert_eq!(found, expected);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn a_word_of_more_than_a_hundred_characters_is_not_known() {
        let of = |length: usize| format!("a{}", "a".repeat(length - 1));
        assert_eq!(sorted().tokenize(&of(100)).len(), 100);
        assert!(sorted().tokenize(&of(101)).is_empty());
    }

    #[test]
    fn tokens_that_are_not_sorted_are_refused() {
        assert!(vocabulary(&["a", "b"]).is_some());
        assert!(vocabulary(&["b", "a"]).is_none());
        assert!(vocabulary(&["a", "a"]).is_none());
        assert!(vocabulary(&["", "a"]).is_none());
    }
}
