//! The learning curve: how accuracy depends on the number of training questions.
//!
//! The measurable questions are split into five folds, with the questions of an answer spread over
//! different folds. One fold is held out. The model is trained on a quarter, a half, three quarters and
//! all of the other questions, and answers the same held-out questions each time. A smaller subset is
//! contained in the larger ones, and each answer keeps at least one question.

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::LearningPoint;
use super::examples::Examples;

/// The shares of the questions not held out that are used in training.
pub(crate) const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

const FOLDS: usize = 5;

/// The number of held-out questions that gives a narrow enough interval. Only as many folds as contain
/// about this many questions are evaluated, and at least one, because solving takes longer for larger
/// mentors.
const ENOUGH: usize = 1_000;

/// A held-out fold, and the questions to train on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    /// The held-out questions, ascending.
    pub(crate) held_out: Vec<usize>,
    /// The questions to train on; the first [`sizes`](Self::sizes) of these are the subsets.
    pub(crate) known: Vec<usize>,
    /// The number of questions in the subset of each share, ascending.
    pub(crate) sizes: [usize; SHARES.len()],
}

/// The answers to the held-out questions of a fold, for each share.
pub(crate) type Given = [Vec<usize>; SHARES.len()];

/// Returns the learning curve from the answers `given` for each of `splits`. A share without more
/// questions than the share before is left out. Empty if no question is measurable.
pub(crate) fn learning_curve(
    examples: &Examples,
    splits: &[Split],
    given: Vec<Given>,
) -> Vec<LearningPoint> {
    let point = |share| LearningPoint { share, questions_per_answer: 0.0, right: Vec::new() };
    let mut points = SHARES.map(point);
    let answers = (splits.len() * examples.ids.len()) as f64;
    for (split, given) in splits.iter().zip(given) {
        for ((point, given), size) in points.iter_mut().zip(given).zip(split.sizes) {
            point.questions_per_answer += size as f64 / answers;
            let right = |(&i, answer)| answer == examples.answer_of[i];
            point.right.extend(split.held_out.iter().zip(given).map(right));
        }
    }
    let sizes = |k: usize| splits.iter().map(move |split| split.sizes[k]);
    let is_new = |k: usize| k == 0 || !sizes(k).eq(sizes(k - 1));
    let points = points.into_iter().enumerate().filter(|(k, _)| !splits.is_empty() && is_new(*k));
    points.map(|(_, point)| point).collect()
}

/// Returns the folds that are evaluated; none if no question is measurable.
pub(crate) fn splits(examples: &Examples, seed: u64) -> Vec<Split> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut of_answer = examples.by_answer();
    for questions in &mut of_answer {
        questions.shuffle(&mut random);
    }
    let measurable = examples.measurable().len();
    let fold_size = measurable.div_ceil(FOLDS).max(1);
    let evaluated = (ENOUGH / fold_size).clamp(1, FOLDS).min(measurable);
    // The offset of each answer is drawn once, so that the folds differ in the held-out questions only.
    let offsets: Vec<f64> = of_answer.iter().map(|_| random.random()).collect();
    let folds = examples.deal(&of_answer, FOLDS).into_iter().take(evaluated);
    folds.map(|held_out| split(&of_answer, &offsets, held_out)).collect()
}

/// Returns the fold with the questions `held_out`, ascending. Of an answer's `r` other questions, the k-th (from
/// 0) enters at the share `(k + offset) / r`, but the first is in every subset.
fn split(of_answer: &[Vec<usize>], offsets: &[f64], held_out: Vec<usize>) -> Split {
    let mut joining: Vec<(f64, usize)> = Vec::new();
    for (questions, offset) in of_answer.iter().zip(offsets) {
        let others: Vec<usize> =
            questions.iter().copied().filter(|i| held_out.binary_search(i).is_err()).collect();
        let joins = |k: usize| if k == 0 { 0.0 } else { (k as f64 + offset) / others.len() as f64 };
        joining.extend(others.iter().enumerate().map(|(k, &question)| (joins(k), question)));
    }
    joining.sort_by(|a, b| a.0.total_cmp(&b.0));
    let sizes = SHARES.map(|share| joining.partition_point(|(joins, _)| *joins < share));
    let mut known: Vec<usize> = joining.into_iter().map(|(_, question)| question).collect();
    // The order of questions that enter at the same share is free; the data's order reads memory faster.
    let mut from = 0;
    for to in sizes {
        known[from..to].sort_unstable();
        from = to;
    }
    Split { held_out, known, sizes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Returns answers with `sizes` questions.
    fn examples(sizes: &[usize]) -> Examples<'static> {
        let answer_of: Vec<usize> =
            sizes.iter().enumerate().flat_map(|(answer, &size)| vec![answer; size]).collect();
        Examples {
            questions: vec!["?"; answer_of.len()],
            ids: vec!["a"; sizes.len()],
            sizes: sizes.to_vec(),
            texts: Vec::new(),
            answer_of,
        }
    }

    #[test]
    fn each_measurable_question_is_held_out_once_and_shares_are_nested() {
        let examples = examples(&[2, 1, 7, 3, 1, 12]);
        let splits = splits(&examples, 3);
        assert_eq!(splits.len(), 5);
        let mut asked: Vec<usize> = splits.iter().flat_map(|s| s.held_out.clone()).collect();
        asked.sort_unstable();
        // The third and the eleventh question are the only questions of their answers.
        let measurable: Vec<usize> = (0..26).filter(|i| ![2, 13].contains(i)).collect();
        assert_eq!(asked, measurable);
        for split in &splits {
            let all: BTreeSet<usize> = split.held_out.iter().chain(&split.known).copied().collect();
            assert_eq!((all.len(), split.held_out.len() + split.known.len()), (26, 26));
            assert_eq!(split.sizes[3], split.known.len());
            assert!(split.sizes.is_sorted());
            let answers: BTreeSet<usize> =
                split.known[..split.sizes[0]].iter().map(|&i| examples.answer_of[i]).collect();
            assert_eq!(answers.len(), 6, "each answer keeps a question");
        }
    }

    // By hand: of 80 answers with 10 questions each 2 are held out; the k-th of the 8 others joins
    // at (k + u) / 8 with u in 0..1, so a quarter is 2, a half 4, and three quarters 6 questions.
    #[test]
    fn shares_hold_within_each_answer() {
        for split in splits(&examples(&[10; 80]), 0) {
            assert_eq!(split.sizes, [160, 320, 480, 640]);
        }
    }

    // By hand: 300 · 10 questions are 600 per fold, so one fold is enough. 150 · 10 are 300 per fold, so
    // three folds are enough.
    #[test]
    fn large_mentors_have_fewer_folds() {
        assert_eq!(splits(&examples(&[10; 300]), 0).len(), 1);
        assert_eq!(splits(&examples(&[10; 150]), 0).len(), 3);
        assert_eq!(splits(&examples(&[10; 100]), 0).len(), 5);
    }

    #[test]
    fn points_count_what_is_right() {
        let examples = examples(&[10; 4]);
        // Answers by the parity of the question at the first share, and rightly at the last.
        let ask = |split: &Split| -> Given {
            let all = |answer: &dyn Fn(usize) -> usize| {
                split.held_out.iter().map(|&i| answer(i)).collect()
            };
            let right = |i: usize| examples.answer_of[i];
            [all(&|i| if i % 2 == 0 { right(i) } else { 4 }), all(&|_| 4), all(&|_| 4), all(&right)]
        };
        let splits = splits(&examples, 1);
        let points = learning_curve(&examples, &splits, splits.iter().map(ask).collect());
        let right: Vec<usize> =
            points.iter().map(|point| point.right.iter().filter(|right| **right).count()).collect();
        assert_eq!(right, [20, 0, 0, 40]);
        let per_answer: Vec<f64> = points.iter().map(|point| point.questions_per_answer).collect();
        // Of 10 questions two are held out, of the 8 others 2, 4, 6 and 8 are known.
        for (found, expected) in per_answer.iter().zip([2.0, 4.0, 6.0, 8.0]) {
            assert!((found - expected).abs() < 1e-9, "{per_answer:?}");
        }
    }

    #[test]
    fn the_curve_is_empty_without_measurable_questions() {
        for sizes in [&[1, 1, 1][..], &[5]] {
            let examples = examples(sizes);
            let splits = splits(&examples, 0);
            assert!(splits.is_empty() && learning_curve(&examples, &splits, Vec::new()).is_empty());
        }
    }

    #[test]
    fn shares_without_a_question_more_are_left_out() {
        // Two questions per answer: if one is held out, only the other is known.
        let examples = examples(&[2, 2]);
        let splits = splits(&examples, 0);
        let given = splits.iter().map(|split| SHARES.map(|_| vec![0; split.held_out.len()]));
        let points = learning_curve(&examples, &splits, given.collect());
        assert!(points.len() < 4 && points[0].right.len() == 4, "{points:?}");
    }
}
