use proptest::prelude::*;

use super::samples::{FORMATS, Sample};
use super::*;
use crate::sha256;
use crate::vectors::finalfusion_file;

/// Detects the format of `file` and reads it.
fn read_bytes(file: &[u8]) -> Result<(Format, WordTable)> {
    let format = Format::detect(file).ok_or_else(|| unknown_format(Path::new("x"), file))?;
    Ok((format, read(format, file, file.len() as u64)?))
}

/// The SHA-256 of the model files of 200 random files of `format`.
fn digest_of_samples(format: Format) -> String {
    let mut models = Vec::new();
    for seed in 0..200 {
        let file = Sample::random(seed).file(format, seed);
        let (found, table) = read_bytes(&file).unwrap();
        assert_eq!(found, format, "seed {seed}");
        finalfusion_file::write(&mut models, &table).unwrap();
    }
    sha256::digest(&models)
}

/// The SHA-256 of [`digest_of_samples`], as version 0.1.0 made them with the `finalfusion` crate 0.18.
const EXPECTED: [(&str, &str); 5] = [
    ("word2vec binary", "7f63ec6312e1dcda1037008693e3abd22f6ac3eda85d54c86418b3a4a456bda0"),
    ("word2vec text", "7f63ec6312e1dcda1037008693e3abd22f6ac3eda85d54c86418b3a4a456bda0"),
    ("GloVe text", "7f63ec6312e1dcda1037008693e3abd22f6ac3eda85d54c86418b3a4a456bda0"),
    ("fastText", "a0e2aaf8bd9cc90b27e49c69ec14ae7cf0475026c3687da962be884ce48cefdb"),
    ("finalfusion", "4a71e84d3d9353f369b410ac55f40cc7283eea66b0f5b9f3f872989df5186321"),
];

#[test]
fn model_files_are_those_of_the_finalfusion_crate() {
    let found = FORMATS.map(|format| (format.name(), digest_of_samples(format)));
    let found = found.each_ref().map(|(name, digest)| (*name, digest.as_str()));
    assert_eq!(found, EXPECTED);
}

#[test]
fn norms_that_overflow_are_refused_by_row() {
    let sample = Sample { words: vec!["a".into(), "b".into()], dims: 1, rows: vec![1.0, 1e15] };
    // The seed is one that adds norms, which end the file.
    let files = (0..20).map(|seed| sample.file(Format::Finalfusion, seed));
    let mut file = files.max_by_key(Vec::len).unwrap();
    let end = file.len();
    file[end - 4..].copy_from_slice(&1e15_f32.to_le_bytes());
    let error = read_bytes(&file).unwrap_err();
    assert_eq!(error.place().unwrap().row, Some(2), "{error}");
    assert!(error.reason().contains("too large"), "{error}");
}

proptest! {
    #[test]
    fn words_and_vectors_survive_every_format(seed: u64) {
        let sample = Sample::random(seed);
        for format in [Format::Word2VecBinary, Format::Word2VecText, Format::GloveText] {
            let (found, table) = read_bytes(&sample.file(format, seed)).unwrap();
            prop_assert_eq!(found, format);
            prop_assert!(table.words.iter().map(|word| &**word).eq(&sample.words));
            let mut expected = sample.rows.clone();
            expected
                .chunks_exact_mut(sample.dims)
                .for_each(rounding::scale_to_unit_length_and_back);
            prop_assert_eq!(&table.rows, &expected);
            let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * b.abs().max(1e-19);
            prop_assert!(table.rows.iter().zip(&sample.rows).all(is_near));
        }
    }

    #[test]
    fn an_installed_file_reads_as_the_same_words_and_a_zero_vector(seed: u64) {
        let (_, table) = read_bytes(&Sample::random(seed).file(Format::GloveText, seed)).unwrap();
        let mut file = Vec::new();
        finalfusion_file::write(&mut file, &table).unwrap();
        // Its last entry has zero bytes, but is UTF-8: a word with a vector of zeros.
        let (format, mut read) = read_bytes(&file).unwrap();
        prop_assert_eq!(format, Format::Finalfusion);
        prop_assert!(read.words.pop().is_some_and(|word| word.starts_with("FiFu")));
        let zeros = read.rows.split_off(table.rows.len());
        prop_assert_eq!(zeros, vec![0.0; table.dims]);
        prop_assert_eq!(read, table);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        seed in 0..1000_u64,
        format in 0..FORMATS.len(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut file = Sample::random(seed).file(FORMATS[format], seed);
        for (index, byte) in flips {
            let at = index.index(file.len());
            file[at] = byte;
        }
        file.truncate(file.len() - end.index(file.len()) / 8);
        match read_bytes(&file) {
            Ok((_, table)) => {
                prop_assert_eq!(table.rows.len(), table.words.len() * table.dims);
                prop_assert!(table.rows.iter().all(|number| number.is_finite()));
            }
            Err(error) => {
                let kinds = [ErrorKind::Corrupt, ErrorKind::Unsupported];
                prop_assert!(kinds.contains(&error.kind()), "{}", error);
            }
        }
    }
}
