//! Word vectors as sentence vectors.

use mentorpal::progress::NoProgress;
use mentorpal::vectors::{SentenceModel, TokenVectors, WordVectors};
use mentorpal::workspace::{VectorModelName, Workspace};

use super::with_words;

/// The vectors of `king`, `queen` and `mud`, in this order.
fn words() -> WordVectors {
    let sandbox = with_words();
    let workspace = Workspace::open(sandbox.path()).unwrap();
    WordVectors::open(&workspace, &VectorModelName::new("words").unwrap()).unwrap()
}

fn assert_near(found: &[f32], expected: &[f32]) {
    let is_near = found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(is_near, "{found:?}, expected {expected:?}");
}

// By hand: H_3 = 11/6, so p is 6/11 for the first word and 2/11 for the third. Their weights are
// 0.001 / (0.001 + 6/11) = 0.00182998 and 0.001 / (0.001 + 2/11) = 0.00546991.
#[test]
fn frequent_words_have_smaller_weights() {
    let words = words();
    let tokens = words.tokens("King, a m-u-d");
    assert_eq!(tokens.len(), 2);
    assert_near(tokens.row(0), &[0.6 * 0.001_829_98, 0.8 * 0.001_829_98]);
    assert_near(tokens.row(1), &[-0.005_469_91, 0.0]);
}

// (0.00109799 − 0.00546991, 0.00146398) = (−0.00437192, 0.00146398), of length 0.00461054.
#[test]
fn a_sentence_vector_is_the_normalised_sum_of_its_word_vectors() {
    let words = words();
    let found = words.embed(&["king mud", "mud mud", "peasants", ""], &NoProgress).unwrap();
    assert_eq!((found.len(), found.dims()), (4, 2));
    assert_near(found.row(0), &[-0.948_245, 0.317_529]);
    assert_near(found.row(1), &[-1.0, 0.0]);
    assert_eq!(found.row(2), [0.0, 0.0]);
    assert_eq!(found.row(3), [0.0, 0.0]);
}
