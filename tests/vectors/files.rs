//! Small files of word vectors in every format.

/// The words in the files of [`all`], and their vectors.
pub(super) const WORDS: [(&str, [f32; 2]); 3] =
    [("king", [3.0, 4.0]), ("queen", [4.0, 3.0]), ("mud", [-2.0, 0.0])];

/// Returns a file of each format, with the name of the format.
pub(super) fn all() -> [(&'static str, Vec<u8>); 5] {
    [
        ("word2vec binary", word2vec("3 2\n")),
        ("word2vec text", format!("3 2\n{GLOVE}").into_bytes()),
        ("GloVe text", GLOVE.into()),
        ("fastText", fasttext()),
        ("finalfusion", finalfusion()),
    ]
}

/// One word per line.
pub(super) const GLOVE: &str = "king 3 4.0\nqueen 4 3e0\nmud -2 0\n";

/// A header, then for each word: the word, a space, its numbers and a line feed.
pub(super) fn word2vec(header: &str) -> Vec<u8> {
    let mut file = header.as_bytes().to_vec();
    for (word, vector) in WORDS {
        file.extend(format!("{word} ").bytes());
        file.extend(numbers(&vector));
        file.push(b'\n');
    }
    file
}

/// Subwords of three characters, all in one bucket with the vector (0, 1). A word of `n` characters
/// has `n` subwords (`<ki`, `kin`, `ing`, `ng>`). Its vector is the mean of its own vector and
/// those of its subwords.
pub(super) fn fasttext() -> Vec<u8> {
    let mut file = fasttext_header(2, 1, 3, 3, 3);
    for (word, _) in WORDS {
        file.extend(word.bytes());
        file.extend([0; 1 + 8 + 1]);
    }
    file.push(0);
    file.extend(4_u64.to_le_bytes());
    file.extend(2_u64.to_le_bytes());
    // `king`: (15, 16 + 4) / 5 = (3, 4); `queen`: (24, 13 + 5) / 6 = (4, 3);
    // `mud`: (−8, −3 + 3) / 4 = (−2, 0).
    for row in [[15.0, 16.0], [24.0, 13.0], [-8.0, -3.0], [0.0, 1.0]] {
        file.extend(numbers(&row));
    }
    file
}

/// The start of a fastText file, up to its dictionary.
pub(super) fn fasttext_header(dims: u32, buckets: u32, min: u32, max: u32, words: u32) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [793_712_314, 12, dims, 5, 5, 1, 5, 1, 2, 2, buckets, min, max, 100] {
        file.extend(u32::to_le_bytes(field));
    }
    file.extend(1e-4_f64.to_le_bytes());
    for field in [words, words, 0] {
        file.extend(u32::to_le_bytes(field));
    }
    file.extend(100_u64.to_le_bytes());
    file.extend((-1_i64).to_le_bytes());
    file
}

/// A vocabulary, a matrix of unit vectors, and their norms.
pub(super) fn finalfusion() -> Vec<u8> {
    let mut file = b"FiFu".to_vec();
    for field in [0, 3, 1, 2, 6, 1] {
        file.extend(u32::to_le_bytes(field));
    }
    let items: usize = WORDS.iter().map(|(word, _)| 4 + word.len()).sum();
    file.extend((8 + items as u64).to_le_bytes());
    file.extend(3_u64.to_le_bytes());
    for (word, _) in WORDS {
        file.extend((word.len() as u32).to_le_bytes());
        file.extend(word.bytes());
    }
    // The matrix: kind, length, rows, columns, type of numbers, padding to four bytes.
    file.extend(2_u32.to_le_bytes());
    let padding = 4 - file.len() % 4;
    file.extend((16 + padding as u64 + 24).to_le_bytes());
    file.extend(3_u64.to_le_bytes());
    file.extend(2_u32.to_le_bytes());
    file.extend(10_u32.to_le_bytes());
    file.resize(file.len() + padding, 0);
    file.extend(numbers(&[0.6, 0.8, 0.8, 0.6, -1.0, 0.0]));
    // The norms: kind, length, count, type of numbers, padding to four bytes.
    file.extend(6_u32.to_le_bytes());
    let padding = 4 - file.len() % 4;
    file.extend((12 + padding as u64 + 12).to_le_bytes());
    file.extend(3_u64.to_le_bytes());
    file.extend(10_u32.to_le_bytes());
    file.resize(file.len() + padding, 0);
    file.extend(numbers(&[5.0, 5.0, 2.0]));
    file
}

fn numbers(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
