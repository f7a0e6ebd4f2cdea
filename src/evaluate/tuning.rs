//! Several ways to train side by side, and which of them to use.

use std::cmp::Reverse;

use serde::Serialize;

use super::compare::LEVEL;
use super::proportion::{Proportion, as_accuracy};
use super::statistics::{holm, holm_errors, mcnemar, paired_interval};
use super::test::AnswerCount;
use super::trial::FoldRun;

/// What nested cross-validation says of several ways to train ([`cross_validate`]), simplest first.
///
/// Recommended is the one that answers the most held-out questions rightly, of equals the simplest.
/// Where a simpler one cannot be told from it, that one is named, too: it is for people to weigh a
/// point of accuracy against a model less to keep.
///
/// P-values are `McNemar`'s, corrected by Holm over *all* pairs of ways: which one is best was seen
/// from the same questions, so that the pairs with it were not chosen beforehand. They take
/// questions as independent, which wordings of one author are not quite (Dietterich 1998,
/// *Approximate statistical tests for comparing supervised classification learning algorithms*).
///
/// [`cross_validate`]: super::cross_validate()
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// Each way, in the order given.
    pub trials: Vec<TrialFigures>,
    /// The index of the recommended one.
    pub best: usize,
    /// The first before it that cannot be told from it (p ≥ 0.05), if one can not.
    pub simpler: Option<usize>,
    /// How well choosing itself works.
    pub nested: Nested,
}

/// One way to train, over all folds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialFigures {
    /// Of the questions held out those whose best answer was the right one, given or not.
    #[serde(flatten, serialize_with = "as_accuracy")]
    pub share: Proportion,
    /// How many would have been declined.
    pub declined: usize,
    /// How many were answered rightly and would not have been declined.
    pub given: usize,
    /// Accuracy less that of the best, in −1..=0; `None` for the best itself, as the next two.
    pub difference: Option<f64>,
    /// Its 95% interval, widened as `p_value` is corrected: zero is in it exactly where that is
    /// above 0.05.
    pub difference_ci95: Option<[f64; 2]>,
    /// `McNemar`'s exact p-value, corrected by Holm, in 0..=1.
    pub p_value: Option<f64>,
    /// Each fold by itself.
    pub folds: Vec<FoldFigures>,
    /// How long training took in a fold, in seconds: the median, so that what is done once, such as
    /// encoding questions, counts little.
    pub seconds: f64,
}

/// One fold of one way to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FoldFigures {
    /// Leave-one-out within the questions trained on.
    pub inner: AnswerCount,
    /// The questions held out.
    pub held_out: AnswerCount,
}

/// What to expect of choosing: in each fold the way of the highest leave-one-out accuracy within the
/// questions trained on is chosen, the simplest of equals, and only then asked the held-out ones.
/// The best way's own accuracy is too high, since it was chosen by it (Cawley & Talbot 2010, *On
/// over-fitting in model selection and subsequent selection bias in performance evaluation*).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nested {
    /// Of the questions held out those that the chosen ways answered rightly.
    #[serde(flatten, serialize_with = "as_accuracy")]
    pub share: Proportion,
    /// Per fold the index of the chosen way.
    #[serde(skip)]
    pub chosen: Vec<usize>,
}

impl Tuning {
    /// Works it out for `trials`: of each way to train, simplest first, its runs over the same folds.
    ///
    /// # Panics
    /// When there is no trial, or they are not of the same folds.
    #[must_use]
    pub fn of(trials: &[Vec<FoldRun>]) -> Self {
        let sizes = |runs: &[FoldRun]| runs.iter().map(|r| r.held_out.len()).collect::<Vec<_>>();
        assert!(
            trials.windows(2).all(|pair| sizes(&pair[0]) == sizes(&pair[1])),
            "only trials on the same questions can be compared"
        );
        let correct: Vec<Vec<bool>> = trials.iter().map(|runs| correct(runs)).collect();
        let right = |i: usize| correct[i].iter().filter(|&&correct| correct).count();
        let best = (0..trials.len())
            .max_by_key(|&i| (right(i), Reverse(i)))
            .expect("there is a trial to choose from");
        let differences = Differences::of(&correct);
        let mut figures: Vec<TrialFigures> =
            trials.iter().map(|runs| TrialFigures::of(runs)).collect();
        for i in (0..trials.len()).filter(|&i| i != best) {
            let difference = figures[i].share.accuracy() - figures[best].share.accuracy();
            figures[i].difference = Some(difference);
            figures[i].difference_ci95 = Some(differences.interval(best, i));
            figures[i].p_value = Some(differences.p_value(best, i));
        }
        let simpler = (0..best).find(|&i| differences.p_value(best, i) >= LEVEL);
        Self { trials: figures, best, simpler, nested: Nested::of(trials) }
    }
}

impl TrialFigures {
    fn of(runs: &[FoldRun]) -> Self {
        let held_out = || runs.iter().flat_map(|run| &run.held_out);
        let questions = held_out().count();
        let correct = held_out().filter(|question| question.correct).count();
        let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        Self {
            share: Proportion::of(correct, questions),
            declined: held_out().filter(|question| question.declined).count(),
            given: held_out().filter(|question| question.correct && !question.declined).count(),
            difference: None,
            difference_ci95: None,
            p_value: None,
            folds: runs
                .iter()
                .map(|run| FoldFigures { inner: run.inner, held_out: run.outer() })
                .collect(),
            seconds: seconds.get(seconds.len() / 2).copied().unwrap_or(0.0),
        }
    }
}

impl Nested {
    fn of(trials: &[Vec<FoldRun>]) -> Self {
        let folds = trials.first().map_or(0, Vec::len);
        // The questions trained on, and so those measured, are the same for every trial.
        let choose = |fold: usize| {
            (0..trials.len()).max_by_key(|&i| (trials[i][fold].inner.correct, Reverse(i)))
        };
        let chosen: Vec<usize> = (0..folds).filter_map(choose).collect();
        let outer: Vec<AnswerCount> =
            chosen.iter().enumerate().map(|(fold, &i)| trials[i][fold].outer()).collect();
        let questions = outer.iter().map(|count| count.questions).sum();
        let correct = outer.iter().map(|count| count.correct).sum();
        Self { share: Proportion::of(correct, questions), chosen }
    }
}

/// The differences of all pairs of trials, corrected for being so many.
struct Differences(Vec<Difference>);

/// The difference of two trials, of which the first comes first in the list of all.
struct Difference {
    pair: [usize; 2],
    /// How many questions only the first answers rightly, and only the second.
    only: [usize; 2],
    questions: usize,
    p_corrected: f64,
    /// What the correction compares the p-value itself with.
    error: f64,
}

impl Differences {
    fn of(correct: &[Vec<bool>]) -> Self {
        let pairs: Vec<[usize; 2]> =
            (0..correct.len()).flat_map(|j| (0..j).map(move |i| [i, j])).collect();
        let only = |i: usize, j: usize| {
            correct[i].iter().zip(&correct[j]).filter(|&(&one, &other)| one && !other).count()
        };
        let counts: Vec<[usize; 2]> =
            pairs.iter().map(|&[i, j]| [only(i, j), only(j, i)]).collect();
        let p_values: Vec<f64> = counts.iter().map(|&[i, j]| mcnemar(i, j)).collect();
        let corrected = holm(&p_values).into_iter().zip(holm_errors(&p_values, LEVEL));
        let differences = pairs.into_iter().zip(counts).zip(corrected);
        let difference = |((pair, only), (p_corrected, error))| Difference {
            pair,
            only,
            questions: correct.first().map_or(0, Vec::len),
            p_corrected,
            error,
        };
        Self(differences.map(difference).collect())
    }

    fn of_pair(&self, i: usize, j: usize) -> &Difference {
        let pair = [i.min(j), i.max(j)];
        let found = self.0.iter().find(|difference| difference.pair == pair);
        found.expect("each pair of trials has a difference")
    }

    fn p_value(&self, i: usize, j: usize) -> f64 {
        self.of_pair(i, j).p_corrected
    }

    /// The interval of the accuracy of trial `j` less that of trial `i`.
    fn interval(&self, i: usize, j: usize) -> [f64; 2] {
        let Difference { only: [first, second], questions, error, .. } = *self.of_pair(i, j);
        let (only_i, only_j) = if i < j { (first, second) } else { (second, first) };
        paired_interval(only_i, only_j, questions, error)
    }
}

fn correct(runs: &[FoldRun]) -> Vec<bool> {
    runs.iter().flat_map(|run| run.held_out.iter().map(|question| question.correct)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::HeldOut;
    use super::*;

    /// A fold: how many were right of ten within, and how each held-out question fared: `+` right,
    /// `-` wrong, `d` right and declined.
    fn fold(inner: usize, held_out: &str) -> FoldRun {
        let outcome = |c| HeldOut { correct: c != '-', declined: c == 'd' };
        FoldRun {
            inner: AnswerCount { questions: 10, correct: inner },
            held_out: held_out.chars().map(outcome).collect(),
            seconds: f64::from(inner as u32),
        }
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    // Fold 1: 7 < 8, so the second is chosen (2 of 4); fold 2: 9 > 8, the first (3 of 4); fold 3: a
    // tie, the first (0 of 3). That is 5 of 11, while the first has 1 + 3 + 0 and the second
    // 2 + 1 + 3, each of 11.
    #[test]
    fn choosing_by_hand() {
        let tuning = Tuning::of(&[
            vec![fold(7, "+---"), fold(9, "+++-"), fold(6, "---")],
            vec![fold(8, "-+-+"), fold(8, "---+"), fold(6, "+++")],
        ]);
        assert_eq!(tuning.nested.chosen, [1, 0, 0]);
        assert_eq!((tuning.nested.share.correct, tuning.nested.share.questions), (5, 11));
        let right: Vec<usize> = tuning.trials.iter().map(|trial| trial.share.correct).collect();
        assert_eq!((right, tuning.best), (vec![4, 6], 1));
        assert_eq!(tuning.trials[0].seconds.to_bits(), 7.0_f64.to_bits());
    }

    // The first alone is right on 1 question, the last alone on 8: p = 2 · (1 + 9) / 2^9 = 0.0390625.
    // The middle one is right on all that the first is right on and 5 more: 2 / 2^5 = 0.0625; of the
    // middle and the last each alone 1 and 3: 2 · (1 + 4) / 2^4 = 0.625. Holm over the three:
    // 0.0390625 · 3 = 0.1171875, 0.0625 · 2 = 0.125, 0.625.
    #[test]
    fn differences_are_to_the_best_and_corrected_over_all_pairs() {
        let first = [fold(5, "+----"), fold(5, "----")];
        let middle = [fold(5, "+++++"), fold(5, "+---")];
        let last = [fold(5, "-+++d"), fold(5, "++++")];
        let tuning = Tuning::of(&[first.to_vec(), middle.to_vec(), last.to_vec()]);
        assert_eq!((tuning.best, tuning.simpler), (2, Some(0)));
        let [first, middle, last] = tuning.trials.as_slice() else { panic!("three trials") };
        close(first.difference.unwrap(), -7.0 / 9.0);
        close(middle.difference.unwrap(), -2.0 / 9.0);
        close(first.p_value.unwrap(), 0.117_187_5);
        close(middle.p_value.unwrap(), 0.625);
        assert_eq!((last.difference, last.difference_ci95, last.p_value), (None, None, None));
        let [low, high] = first.difference_ci95.unwrap();
        assert!(low < -7.0 / 9.0 && -7.0 / 9.0 < high && high < 0.5, "{low} {high}");
        assert_eq!((last.share.correct, last.given, last.declined), (8, 7, 1));
    }

    // Twelve and none: p = 2 / 2^12, beyond chance.
    #[test]
    fn what_is_worse_beyond_chance_is_not_offered() {
        let tuning = Tuning::of(&[vec![fold(1, "------------")], vec![fold(1, "++++++++++++")]]);
        assert_eq!((tuning.best, tuning.simpler), (1, None));
        let tuning = Tuning::of(&[vec![fold(1, "++")], vec![fold(2, "++")]]);
        assert_eq!((tuning.best, tuning.simpler), (0, None));
    }

    #[test]
    #[should_panic(expected = "only trials on the same questions")]
    fn other_questions_are_not_compared() {
        let _ = Tuning::of(&[vec![fold(1, "++")], vec![fold(1, "+")]]);
    }
}
