//! The file of static vectors, `model.safetensors`, with `t` tokens and `d` dimensions:
//!
//! | tensor | type, shape | |
//! |---|---|---|
//! | `tokens.bytes` | u8 | the sorted tokens, concatenated, in UTF-8 |
//! | `tokens.ends` | u32 `[t]` | the end of each token in `tokens.bytes` |
//! | `rows` | i8 `[t, d]` | the tokens' vectors |
//! | `scales` | f32 `[t]` | the factor of each vector's numbers |
//!
//! Its metadata has one key, `origin`: JSON text of [`Origin`].

use std::borrow::Cow;

use super::wordpiece::Vocabulary;
use super::{Origin, StaticVectors};
use crate::error::{Error, Result};
use crate::tensors::{Dtype, TensorFile, TensorWriter};
use crate::text::PackedStrings;
use crate::vectors::formats::MAX_DIMS;

/// The key of [`Origin`] in the file's metadata.
const ORIGIN: &str = "origin";

/// The largest allowed scale. This limit keeps sums of vectors finite.
const MAX_SCALE: f32 = 1000.0;

/// Reads static vectors; `keep` converts the tokens and rows to the form in which they are stored.
/// Everything is checked before it is used.
///
/// # Errors
/// If the bytes are not in this format, or their parts are inconsistent.
pub(super) fn read<'a>(
    bytes: &'a [u8],
    keep: impl Fn(&'a [u8]) -> Cow<'static, [u8]>,
) -> Result<StaticVectors> {
    read_parts(bytes, keep).map_err(|what| {
        what.prefixed("not a valid file of static vectors")
            .hint("the vector model is corrupt or of another version; distill or download it again")
    })
}

fn read_parts<'a>(
    bytes: &'a [u8],
    keep: impl Fn(&'a [u8]) -> Cow<'static, [u8]>,
) -> Result<StaticVectors> {
    let file = TensorFile::read(bytes)?;
    let origin = file.index().text(ORIGIN);
    let origin: Origin = origin
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| Error::new("`origin` is missing or invalid"))?;
    let text = match keep(file.u8("tokens.bytes")?) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    };
    let ends = file.u32("tokens.ends")?;
    let vocabulary = text
        .and_then(|text| PackedStrings::new(text, ends))
        .and_then(Vocabulary::new)
        .ok_or_else(|| Error::new("the tokens are not sorted UTF-8"))?;
    let rows = file.index().find("rows", Dtype::I8)?;
    let dims = match *rows.shape {
        [tokens, dims] if tokens == vocabulary.len() && (1..=MAX_DIMS).contains(&dims) => dims,
        _ => return Err(rows.misshapen(format!("[{}, 1 to {MAX_DIMS}]", vocabulary.len()))),
    };
    let scales = file.f32("scales", &[vocabulary.len()])?;
    if !scales.iter().all(|scale| (0.0..=MAX_SCALE).contains(scale)) {
        let what = format!("`scales` contains a value outside of 0 to {MAX_SCALE}");
        return Err(Error::new(what));
    }
    Ok(StaticVectors { origin, vocabulary, dims, rows: keep(file.bytes(&rows)), scales })
}

/// Returns the bytes of the file, which are the same for the same vectors.
pub(super) fn write(vectors: &StaticVectors) -> Vec<u8> {
    let (text, ends) = vectors.vocabulary.parts();
    let mut file = TensorWriter::default();
    file.put_u8("tokens.bytes", text.as_bytes());
    file.put_u32("tokens.ends", ends);
    let shape = [vectors.vocabulary.len(), vectors.dims];
    file.put("rows", Dtype::I8, &shape, vectors.rows.to_vec());
    file.put_f32("scales", &[vectors.scales.len()], &vectors.scales);
    let origin =
        serde_json::to_string(&vectors.origin).expect("plain data serializes without errors");
    file.put_text(ORIGIN, origin);
    file.to_bytes().expect("the data has the declared shapes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::NoProgress;
    use crate::vectors::{SentenceModel, TokenVectors};
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    /// `##s` → (0, 0.5), `dog` → (3, 4), `zero` → (0, 0).
    fn small() -> StaticVectors {
        StaticVectors {
            origin: Origin {
                encoder: "tiny".to_owned(),
                sha256: "00".to_owned(),
                licence: None,
                recipe: 1,
                sequences: 9,
                seed: 7,
            },
            vocabulary: Vocabulary::new(["##s", "dog", "zero"].into_iter().collect()).unwrap(),
            dims: 2,
            rows: Cow::Borrowed(&[0, 1, 3, 4, 0, 0]),
            scales: vec![0.5, 1.0, 0.0],
        }
    }

    // By hand: (3, 4) + (0, 0.5) = (3, 4.5), of length 5.408327.
    #[test]
    fn a_text_is_the_sum_of_its_tokens_at_unit_length() {
        let vectors = small();
        assert_eq!(vectors.tokens("Dogs!").numbers(), [3.0, 4.0, 0.0, 0.5]);
        let texts = ["dog", "a dog, dog", "dogs", "cat", "zero", ""];
        let found = vectors.embed(&texts, &NoProgress).unwrap();
        let third = [0.554_700_2, 0.832_050_3];
        let expected = [[0.6, 0.8], [0.6, 0.8], third, [0.0; 2], [0.0; 2], [0.0; 2]];
        for (index, expected) in expected.into_iter().enumerate() {
            for (x, expected) in found.row(index).iter().zip(expected) {
                assert!((x - expected).abs() < 1e-6, "{}: {:?}", texts[index], found.row(index));
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let vectors = small();
        let bytes = vectors.to_bytes();
        assert_eq!(StaticVectors::from_bytes(&bytes).unwrap(), vectors);
        assert_eq!(vectors.to_bytes(), bytes);
        let embedded = StaticVectors::embedded();
        // Bytes are not worth printing.
        assert!(embedded.to_bytes() == StaticVectors::embedded_bytes());
    }

    #[test]
    fn parts_that_do_not_fit_together_are_refused() {
        type Change = fn(&mut StaticVectors);
        let changes: [(Change, &str); 5] = [
            (|v| (v.dims, v.rows) = (0, Cow::default()), "`rows` has the shape"),
            (|v| v.scales.truncate(2), "`scales` has the shape [2], expected [3]"),
            (|v| v.scales[0] = f32::NAN, "outside of 0 to 1000"),
            (|v| v.scales[0] = -1.0, "outside of 0 to 1000"),
            (|v| v.scales[0] = 1001.0, "outside of 0 to 1000"),
        ];
        for (change, expected) in changes {
            let mut vectors = small();
            change(&mut vectors);
            let error = StaticVectors::from_bytes(&vectors.to_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        // As many numbers, of another shape.
        let mut bytes = small().to_bytes();
        let at = bytes.windows(5).position(|window| window == b"[3,2]").unwrap();
        bytes[at..at + 5].copy_from_slice(b"[2,3]");
        let error = StaticVectors::from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains("`rows` has the shape [2, 3], expected [3, "), "{error}");
    }

    #[test]
    fn a_damaged_file_is_refused_or_harmless() {
        let whole = small().to_bytes();
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut refused = 0;
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..3) {
                    0 => bytes[at] = random.random(),
                    1 => bytes[at] ^= 1 << random.random_range(0..8),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            match StaticVectors::from_bytes(&bytes) {
                Ok(read) => {
                    let found = read.embed(&["dogs and zeroes", "é?"], &NoProgress).unwrap();
                    assert!(found.numbers().iter().all(|x| x.is_finite()));
                    let _ = read.nearest("dogs", 3);
                }
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 150, "only {refused} were refused");
    }
}
