//! The comparison of several training configurations, and the choice of one.

use std::cmp::Reverse;

use serde::Serialize;

use super::compare::LEVEL;
use super::proportion::{Proportion, as_accuracy};
use super::statistics::{holm, holm_errors, mcnemar, paired_interval};
use super::test::AnswerCount;
use super::trial::FoldRun;

/// The result of nested cross-validation ([`cross_validate`]) of several training configurations,
/// called trials, the simplest first.
///
/// The recommended trial answers the most held-out questions correctly; among equals it is the
/// simplest. If the difference from a simpler trial is not significant, that trial is named as
/// well, so that users can weigh the accuracy against the simpler model.
///
/// The p-values are `McNemar`'s, corrected by Holm's method over *all* pairs of trials, because the
/// best trial was selected on the same questions. They assume independent questions, which is not
/// quite true of paraphrases by one author (Dietterich 1998,
/// *Approximate statistical tests for comparing supervised classification learning algorithms*).
///
/// [`cross_validate`]: super::cross_validate()
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// The figures of each trial, in the order given.
    pub trials: Vec<TrialFigures>,
    /// The index of the recommended trial.
    pub best: usize,
    /// The index of the simplest trial before `best` that is not significantly different (p ≥
    /// 0.05), if there is one.
    pub simpler: Option<usize>,
    /// The accuracy to expect from choosing a trial.
    pub nested: Nested,
}

/// The figures of one training configuration over all folds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialFigures {
    /// The accuracy of the best answer on held-out questions, even if the question was declined.
    #[serde(flatten, serialize_with = "as_accuracy")]
    pub share: Proportion,
    /// The number of questions that were declined.
    pub declined: usize,
    /// The number of questions that were answered correctly and not declined.
    pub given: usize,
    /// The accuracy minus that of the best trial, in −1..=0. This and the next two fields are
    /// `None` for the best trial.
    pub difference: Option<f64>,
    /// The interval of the difference, widened to agree with the corrected `p_value`: it contains
    /// zero if and only if `p_value` is above 0.05.
    pub difference_ci95: Option<[f64; 2]>,
    /// The p-value of `McNemar`'s exact test, corrected by Holm's method, in 0..=1.
    pub p_value: Option<f64>,
    /// The figures of each fold.
    pub folds: Vec<FoldFigures>,
    /// The median training time of a fold, in seconds. With the median, work done only once, such
    /// as encoding questions, counts little.
    pub seconds: f64,
}

/// The counts of one fold of one trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FoldFigures {
    /// The leave-one-out count on the training questions.
    pub inner: AnswerCount,
    /// The count on the held-out questions.
    pub held_out: AnswerCount,
}

/// The accuracy to expect from choosing a trial. In each fold, the trial with the highest
/// leave-one-out accuracy on the training questions is chosen, the simplest among equals, and only
/// then asked the held-out questions. The accuracy of the best trial itself is biased upwards,
/// because the trial was chosen by it (Cawley & Talbot 2010, *On over-fitting in model selection
/// and subsequent selection bias in performance evaluation*).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nested {
    /// The accuracy of the chosen trials on the held-out questions.
    #[serde(flatten, serialize_with = "as_accuracy")]
    pub share: Proportion,
    /// The index of the chosen trial per fold.
    #[serde(skip)]
    pub chosen: Vec<usize>,
}

impl Tuning {
    /// Compares `trials`. Each trial is the runs of one training configuration over the same folds;
    /// the simplest trial comes first.
    ///
    /// # Panics
    /// If there is no trial, or the trials do not have the same folds.
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
            .expect("at least one trial exists");
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
        // The training questions of a fold are the same for every trial, so counts are comparable.
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

/// The differences between all pairs of trials, corrected for the number of pairs.
struct Differences(Vec<Difference>);

/// The difference between two trials, the one with the lower index first.
struct Difference {
    pair: [usize; 2],
    /// The number of questions that only the first answers correctly, and that only the second
    /// does.
    only: [usize; 2],
    questions: usize,
    p_corrected: f64,
    /// The significance level to which Holm's method compares the uncorrected p-value.
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

    /// Returns the difference between trials `i` and `j`, in either order.
    fn of_pair(&self, i: usize, j: usize) -> &Difference {
        let pair = [i.min(j), i.max(j)];
        let found = self.0.iter().find(|difference| difference.pair == pair);
        found.expect("each pair of trials has a difference")
    }

    fn p_value(&self, i: usize, j: usize) -> f64 {
        self.of_pair(i, j).p_corrected
    }

    /// Returns the interval of the accuracy of trial `j` minus that of trial `i`.
    fn interval(&self, i: usize, j: usize) -> [f64; 2] {
        let Difference { only: [first, second], questions, error, .. } = *self.of_pair(i, j);
        let (only_i, only_j) = if i < j { (first, second) } else { (second, first) };
        paired_interval(only_i, only_j, questions, error)
    }
}

/// Returns whether each held-out question was answered correctly, over all folds.
fn correct(runs: &[FoldRun]) -> Vec<bool> {
    runs.iter().flat_map(|run| run.held_out.iter().map(|question| question.correct)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::HeldOut;
    use super::*;

    /// A fold with `inner` correct of ten by leave-one-out, and one character per held-out
    /// question: `+` correct, `-` wrong, `d` correct and declined.
    fn fold(inner: usize, held_out: &str) -> FoldRun {
        let outcome = |c| HeldOut { correct: c != '-', declined: c == 'd' };
        FoldRun {
            inner: AnswerCount { questions: 10, correct: inner },
            held_out: held_out.chars().map(outcome).collect(),
            seconds: f64::from(inner as u32),
        }
    }

    #[track_caller]
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    // Fold 1: 7 < 8, so the second trial is chosen (2 of 4 correct).
    // Fold 2: 9 > 8, so the first is chosen (3 of 4).
    // Fold 3: a tie, so the first is chosen (0 of 3).
    // That makes 5 of 11. The first trial alone has 1 + 3 + 0 of 11, and the second 2 + 1 + 3.
    #[test]
    fn nested_choices_agree_with_a_hand_count() {
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

    // Only the first answers 1 question correctly, and only the last 8: p = 2 · (1 + 9) / 2^9 =
    // 0.0390625. The middle trial answers correctly all that the first does and 5 more: 2 / 2^5 =
    // 0.0625. Only the middle answers 1 correctly, and only the last 3: 2 · (1 + 4) / 2^4 = 0.625.
    // Holm's method over the three:
    // 0.0390625 · 3 = 0.1171875, 0.0625 · 2 = 0.125, 0.625.
    #[test]
    fn differences_are_to_the_best_and_corrected_over_all_pairs() {
        let first = [fold(5, "+----"), fold(5, "----")];
        let middle = [fold(5, "+++++"), fold(5, "+---")];
        let last = [fold(5, "-+++d"), fold(5, "++++")];
        let tuning = Tuning::of(&[first.to_vec(), middle.to_vec(), last.to_vec()]);
        assert_eq!((tuning.best, tuning.simpler), (2, Some(0)));
        let [first, middle, last] = tuning.trials.as_slice() else { panic!("three trials") };
        assert_close(first.difference.unwrap(), -7.0 / 9.0);
        assert_close(middle.difference.unwrap(), -2.0 / 9.0);
        assert_close(first.p_value.unwrap(), 0.117_187_5);
        assert_close(middle.p_value.unwrap(), 0.625);
        assert_eq!((last.difference, last.difference_ci95, last.p_value), (None, None, None));
        let [low, high] = first.difference_ci95.unwrap();
        assert!(low < -7.0 / 9.0 && -7.0 / 9.0 < high && high < 0.5, "{low} {high}");
        assert_eq!((last.share.correct, last.given, last.declined), (8, 7, 1));
    }

    // Twelve correct against none: p = 2 / 2^12, which is significant.
    #[test]
    fn a_significantly_worse_trial_is_not_named_as_simpler() {
        let tuning = Tuning::of(&[vec![fold(1, "------------")], vec![fold(1, "++++++++++++")]]);
        assert_eq!((tuning.best, tuning.simpler), (1, None));
        let tuning = Tuning::of(&[vec![fold(1, "++")], vec![fold(2, "++")]]);
        assert_eq!((tuning.best, tuning.simpler), (0, None));
    }

    #[test]
    #[should_panic(expected = "only trials on the same questions")]
    fn comparing_trials_on_different_questions_panics() {
        let _ = Tuning::of(&[vec![fold(1, "++")], vec![fold(1, "+")]]);
    }
}
