//! Which questions are held out, and which learned from, to see what more paraphrases bring.
//!
//! The questions that can be measured are dealt into five folds, those of an answer into different
//! ones. A fold is held out; of all other questions a quarter, a half, three quarters and all are
//! learned from, where the smaller share is part of the larger and each answer keeps a question.
//! The same held-out questions are asked each time.

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::LearningPoint;
use super::examples::Examples;

/// What is learned from, of the questions that are not held out.
pub(crate) const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

const FOLDS: usize = 5;

/// As many folds are held out as have this many questions together, and at least one: an interval
/// is narrow enough by then, and solving takes the longer the larger a mentor is.
const ENOUGH: usize = 1_000;

/// A fold that is held out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    /// The questions to ask.
    pub(crate) held_out: Vec<usize>,
    /// The questions to learn from, in the order in which they join: each share is a beginning.
    pub(crate) known: Vec<usize>,
    /// How many of `known` each share has, ascending.
    pub(crate) sizes: [usize; SHARES.len()],
}

/// The answers that a fold's held-out questions get, one a question, for each share.
pub(crate) type Given = [Vec<usize>; SHARES.len()];

/// The learning curve of what was `given` for each of `splits`; shares that bring no question more
/// than the one before are left out. Empty where nothing can be measured.
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

/// The folds that are held out; none where nothing can be measured.
pub(crate) fn splits(examples: &Examples, seed: u64) -> Vec<Split> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut of_answer = examples.by_answer();
    for questions in &mut of_answer {
        questions.shuffle(&mut random);
    }
    // An answer's measurable questions are two or more, and those next to each other are dealt
    // into different folds: none is held out whole.
    let dealt: Vec<usize> =
        of_answer.iter().flatten().copied().filter(|&i| examples.is_measurable(i)).collect();
    let fold_size = dealt.len().div_ceil(FOLDS).max(1);
    let folds = (ENOUGH / fold_size).clamp(1, FOLDS).min(dealt.len());
    // When an answer's questions join is drawn once, so that folds differ in nothing else.
    let offsets: Vec<f64> = of_answer.iter().map(|_| random.random()).collect();
    (0..folds)
        .map(|fold| split(&of_answer, &offsets, dealt.iter().skip(fold).step_by(FOLDS)))
        .collect()
}

/// The fold with the questions `held_out`: of an answer's `r` others the k-th (from 0) joins at the
/// share `(k + offset) / r`, the first from the beginning.
fn split<'a>(
    of_answer: &[Vec<usize>],
    offsets: &[f64],
    held_out: impl Iterator<Item = &'a usize>,
) -> Split {
    let mut held_out: Vec<usize> = held_out.copied().collect();
    held_out.sort_unstable();
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
    // What joins at one share may stand in any order: in that of the data, memory is read faster.
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

    /// Answers with so many questions each.
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
        // The third and the eleventh question are the only ones of their answers.
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
    // at (k + u) / 8 with u in 0..1, so that a quarter is 2, a half 4, three quarters 6 of them.
    #[test]
    fn shares_hold_within_each_answer() {
        for split in splits(&examples(&[10; 80]), 0) {
            assert_eq!(split.sizes, [160, 320, 480, 640]);
        }
    }

    // By hand: 300 · 10 questions, 600 a fold: one is enough. 150 · 10: 300 a fold, so three are.
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
    fn there_is_no_curve_where_nothing_is_measurable() {
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
