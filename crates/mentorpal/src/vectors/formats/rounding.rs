//! The rounding that every vector of a word2vec, `GloVe` or `fastText` file goes through.

/// Scales `vector` to unit length and back.
///
/// The first versions of this program read files with the `finalfusion` crate, which stores unit
/// vectors and norms. The product of both may differ from the original number in its last bit.
/// Repeating that keeps the digests of models that were added before. A vector whose squared length
/// is below the smallest `f32` becomes zero.
pub(super) fn scale_to_unit_length_and_back(vector: &mut [f32]) {
    let norm = norm(vector);
    for number in vector {
        if norm != 0.0 {
            *number /= norm;
        }
        *number *= norm;
    }
}

/// The Euclidean norm, its terms added in the order of `ndarray`'s `dot`: eight sums, added in
/// pairs, then the remaining terms.
fn norm(vector: &[f32]) -> f32 {
    let (chunks, rest) = vector.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for chunk in chunks {
        for (sum, number) in sums.iter_mut().zip(chunk) {
            *sum += number * number;
        }
    }
    let pairs = (0..4).map(|index| sums[index] + sums[index + 4]);
    let squares = rest.iter().map(|number| number * number);
    pairs.chain(squares).fold(0.0, |sum, term| sum + term).sqrt()
}
