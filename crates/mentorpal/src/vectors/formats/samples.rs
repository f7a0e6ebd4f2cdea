//! Word-vector files of every format, built from random words and numbers.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::Format;

/// Every format.
pub(super) const FORMATS: [Format; 5] = [
    Format::Word2VecBinary,
    Format::Word2VecText,
    Format::GloveText,
    Format::FastText,
    Format::Finalfusion,
];

/// Words and their vectors, `[words, dims]`.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) words: Vec<String>,
    pub(super) dims: usize,
    pub(super) rows: Vec<f32>,
}

impl Sample {
    /// A random sample; the same `seed` gives the same sample on every machine.
    pub(super) fn random(seed: u64) -> Self {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let count = random.random_range(1..12);
        let dims = random.random_range(1..40);
        let words = (0..count).map(|index| word(random, index)).collect();
        let rows = (0..count).flat_map(|_| vector(random, dims)).collect();
        Self { words, dims, rows }
    }

    /// The file of this sample in `format`; `seed` chooses white space, subwords and optional parts.
    pub(super) fn file(&self, format: Format, seed: u64) -> Vec<u8> {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        match format {
            Format::Word2VecBinary => self.word2vec(random),
            Format::Word2VecText => {
                let end = if random.random() { "\n" } else { " \r\n" };
                let header = format!("{} {}{end}", self.words.len(), self.dims);
                [header.into_bytes(), self.text(random)].concat()
            }
            Format::GloveText => self.text(random),
            Format::FastText => self.fasttext(random),
            Format::Finalfusion => self.finalfusion(random),
        }
    }

    fn entries(&self) -> impl Iterator<Item = (&String, &[f32])> {
        self.words.iter().zip(self.rows.chunks_exact(self.dims))
    }

    fn word2vec(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut file = format!("{} {}\n", self.words.len(), self.dims).into_bytes();
        let separator = if random.random() { "\n" } else { "" };
        for (word, row) in self.entries() {
            file.extend(format!("{word} ").bytes());
            file.extend(le_bytes(row));
            file.extend(separator.bytes());
        }
        file
    }

    fn text(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut file = String::new();
        for (word, row) in self.entries() {
            if random.random_range(0..4) == 0 {
                file.push(' ');
            }
            file.push_str(word);
            for number in row {
                file.push_str(["\t", " ", "  "][random.random_range(0..3)]);
                let is_short = random.random();
                file.push_str(&if is_short { format!("{number:e}") } else { number.to_string() });
            }
            file.push_str(["\n", " \n", "\r\n"][random.random_range(0..3)]);
        }
        if random.random() {
            file.truncate(file.trim_end().len());
        }
        file.into_bytes()
    }

    fn fasttext(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let mut file = Vec::new();
        let buckets = random.random_range(1..20_u32);
        let shortest = random.random_range(1..7);
        let longest = random.random_range(shortest..9);
        let (count, dims) = (self.words.len() as u32, self.dims as u32);
        for field in [793_712_314, 12, dims, 5, 5, 1, 5, 1, 2, 2, buckets, shortest, longest, 100] {
            file.extend(u32::to_le_bytes(field));
        }
        file.extend(1e-4_f64.to_le_bytes());
        for field in [count, count, 0] {
            file.extend(u32::to_le_bytes(field));
        }
        file.extend(100_u64.to_le_bytes());
        file.extend((-1_i64).to_le_bytes());
        for word in &self.words {
            file.extend(word.bytes());
            file.extend([0; 1 + 8 + 1]);
        }
        file.push(0);
        file.extend(u64::from(count + buckets).to_le_bytes());
        file.extend((self.dims as u64).to_le_bytes());
        file.extend(le_bytes(&self.rows));
        for _ in 0..buckets {
            file.extend(le_bytes(&vector(random, self.dims)));
        }
        file
    }

    fn finalfusion(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        let metadata = random.random::<bool>().then_some("[model]\ndims = 3\n");
        let has_norms = random.random();
        let mut file = b"FiFu\0\0\0\0".to_vec();
        let kinds = [(5, metadata.is_some()), (1, true), (2, true), (6, has_norms)];
        let kinds: Vec<u32> =
            kinds.iter().filter(|(_, is_present)| *is_present).map(|(kind, _)| *kind).collect();
        file.extend((kinds.len() as u32).to_le_bytes());
        file.extend(kinds.iter().flat_map(|kind| kind.to_le_bytes()));
        if let Some(metadata) = metadata {
            file.extend(5_u32.to_le_bytes());
            file.extend((metadata.len() as u64).to_le_bytes());
            file.extend(metadata.bytes());
        }
        file.extend(1_u32.to_le_bytes());
        file.extend(0_u64.to_le_bytes());
        file.extend((self.words.len() as u64).to_le_bytes());
        for word in &self.words {
            file.extend((word.len() as u32).to_le_bytes());
            file.extend(word.bytes());
        }
        file.extend(2_u32.to_le_bytes());
        file.extend(0_u64.to_le_bytes());
        file.extend((self.words.len() as u64).to_le_bytes());
        file.extend((self.dims as u32).to_le_bytes());
        numbers(&mut file, &self.rows);
        if has_norms {
            file.extend(6_u32.to_le_bytes());
            file.extend(0_u64.to_le_bytes());
            file.extend((self.words.len() as u64).to_le_bytes());
            let norms = self.words.iter().map(|_| random.random_range(0.0_f32..10.0));
            numbers(&mut file, &norms.collect::<Vec<_>>());
        }
        file
    }
}

/// A word of several scripts; the index makes it unique, and the letter not a number.
fn word(random: &mut ChaCha8Rng, index: usize) -> String {
    let parts = ["a", "ing", "über", "犬", "ё", "x-ray", "🙂", "'s"];
    let count = random.random_range(0..4);
    let parts = (0..count).map(|_| parts[random.random_range(0..parts.len())]);
    parts.collect::<String>() + &format!("w{index}")
}

/// Numbers of very different magnitudes: zero vectors, and vectors too short to be squared, too.
fn vector(random: &mut ChaCha8Rng, dims: usize) -> Vec<f32> {
    let scale = [1.0, 1.0, 0.1, 1e-3, 1e-25, 1e14, 0.0][random.random_range(0..7)];
    (0..dims).map(|_| random.random_range(-1.0_f32..1.0) * scale).collect()
}

/// The number type `f32`, the padding, and `numbers`.
fn numbers(file: &mut Vec<u8>, numbers: &[f32]) {
    file.extend(10_u32.to_le_bytes());
    file.resize(file.len() + 4 - file.len() % 4, 0);
    file.extend(le_bytes(numbers));
}

fn le_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
