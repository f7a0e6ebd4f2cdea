//! Generates a synthetic mentor of any size. Words have a Zipf-like frequency, and each answer has a few
//! words of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const SYLLABLES: [&str; 20] = [
    "ba", "ko", "ri", "ta", "mi", "lo", "ne", "su", "da", "pe", "vo", "ga", "ti", "ra", "el", "on",
    "sha", "ver", "ing", "tle",
];

/// Writes a workspace with the mentor `synthetic`: `answers` answers of 60 words, `questions`
/// questions of 5 to 10 words, and a test set of `tests` questions of the same kind.
pub(crate) fn write_workspace(root: &Path, answers: usize, questions: usize, tests: usize) {
    let mut words = Words::new(7);
    let mut data = String::from("ID,topics,text,question\n");
    let mut kept = Vec::new();
    for answer in 0..answers {
        let own: Vec<usize> = (0..4).map(|_| words.random.random_range(200..6_000)).collect();
        let from = answer * questions / answers;
        let to = (answer + 1) * questions / answers;
        let asked: Vec<String> = (from..to).map(|_| words.question(&own)).collect();
        let text = format!("{} {answer}", words.sentence(60));
        let _ = writeln!(data, "a{answer},t{},{text},\"{}\"", answer % 10, asked.join("\n"));
        kept.push((text, own));
    }
    let folder = root.join("mentor/synthetic/data");
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("classifier_data.csv"), data).expect("the data can be written");

    let mut header = String::from("question,answer");
    let mut rows = String::new();
    for test in 0..tests {
        let (text, own) = &kept[test * answers / tests.max(1)];
        let _ = write!(header, ",{} {test}", words.question(own));
        let _ = writeln!(rows, "label,{text}{}i", ",".repeat(test + 1));
    }
    let folder = root.join("checkpoint/tests/synthetic");
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join("synthetic.csv"), format!("{header}\n{rows}"))
        .expect("the test set can be written");
}

struct Words {
    random: ChaCha8Rng,
    all: Vec<String>,
}

impl Words {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let word = |_| {
            let syllables = random.random_range(1..=4);
            (0..syllables).map(|_| SYLLABLES[random.random_range(0..SYLLABLES.len())]).collect()
        };
        let all = (0..6_000).map(word).collect();
        Self { random, all }
    }

    /// Draws a word; words with lower indices are more frequent.
    fn common(&mut self) -> String {
        let bound = self.random.random_range(1..=self.all.len());
        self.all[self.random.random_range(0..bound)].clone()
    }

    fn sentence(&mut self, words: usize) -> String {
        (0..words).map(|_| self.common()).collect::<Vec<_>>().join(" ")
    }

    /// Draws a question: three to eight common words around two of the answer's own.
    fn question(&mut self, own: &[usize]) -> String {
        let common = self.random.random_range(3..=8);
        let mut words = vec![self.sentence(common)];
        for _ in 0..2 {
            let word = self.all[own[self.random.random_range(0..own.len())]].clone();
            words.insert(self.random.random_range(0..=words.len()), word);
        }
        words.join(" ")
    }
}
