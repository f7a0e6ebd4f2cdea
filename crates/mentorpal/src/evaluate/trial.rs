//! The cross-validation of one training configuration.

use std::time::Instant;

use super::test::{AnswerCount, BATCH_SIZE};
use crate::classifiers::{Architecture, Fitted, Ranking, TrainOptions, TrainingData};
use crate::error::Result;
use crate::progress::{NoProgress, Progress};

/// The result of training without the questions of one fold and then asking those questions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldRun {
    /// The leave-one-out count on the training questions, by which the architecture chose its
    /// settings.
    pub inner: AnswerCount,
    /// The results of the fold's questions, in the order of the fold.
    pub held_out: Vec<HeldOut>,
    /// The training time in seconds.
    pub seconds: f64,
}

/// The result of one held-out question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldOut {
    /// Whether the best answer was correct, even if the question was declined.
    pub correct: bool,
    /// Whether the question was declined.
    pub declined: bool,
}

/// Trains `arch` once per fold without the fold's questions, and then asks those questions. This is
/// the outer loop of a nested cross-validation (Varma & Simon 2006, *Bias in error estimation when
/// using cross-validation for model selection*). Within each fold the architecture chooses its
/// settings by leave-one-out as usual, so no question influences the model that answers it.
///
/// `folds` come from [`folds`](super::folds()) for the same mentor. Each fold is one step of
/// `progress`. After a fold fails, the others are counted as steps but not trained.
///
/// # Errors
/// The error of the first fold that fails.
pub fn cross_validate(
    data: TrainingData<'_>,
    folds: &[Vec<usize>],
    arch: &dyn Architecture,
    options: &TrainOptions,
    progress: &dyn Progress,
) -> Result<Vec<FoldRun>> {
    let options = TrainOptions { full_report: false, ..options.clone() };
    let mut folds = folds.iter();
    let runs = folds.by_ref().map(|fold| {
        let run = run_fold(data, fold, arch, &options);
        progress.step();
        run
    });
    let runs = runs.collect();
    folds.for_each(|_| progress.step());
    runs
}

fn run_fold(
    TrainingData { mentor, background_questions }: TrainingData<'_>,
    fold: &[usize],
    arch: &dyn Architecture,
    options: &TrainOptions,
) -> Result<FoldRun> {
    let examples = mentor.examples();
    let questions: Vec<&str> = fold.iter().map(|&i| examples[i].question).collect();
    let rest = mentor.without(&questions);
    let start = Instant::now();
    let data = TrainingData { mentor: &rest, background_questions };
    let Fitted { classifier, report } = arch.train(data, options, &NoProgress)?;
    let seconds = start.elapsed().as_secs_f64();
    let batches = questions.chunks(BATCH_SIZE).map(|batch| classifier.rank_all(batch));
    let rankings = batches.collect::<Result<Vec<_>>>()?.into_iter().flatten();
    let outcome = |(&i, ranking): (&usize, Ranking)| {
        let right = &mentor.answers[examples[i].answer].id;
        let top = ranking.candidates.first();
        HeldOut {
            correct: top.is_some_and(|candidate| candidate.answer_id == *right),
            declined: ranking.off_topic,
        }
    };
    Ok(FoldRun {
        inner: AnswerCount { questions: report.left_out.len(), correct: report.loo_correct() },
        held_out: fold.iter().zip(rankings).map(outcome).collect(),
        seconds,
    })
}

impl FoldRun {
    /// Adds the result of the same training configuration in a fold of another mentor.
    pub fn add(&mut self, other: &Self) {
        self.inner.questions += other.inner.questions;
        self.inner.correct += other.inner.correct;
        self.held_out.extend(&other.held_out);
        self.seconds += other.seconds;
    }

    /// Counts the held-out questions.
    #[must_use]
    pub fn outer(&self) -> AnswerCount {
        AnswerCount {
            questions: self.held_out.len(),
            correct: self.held_out.iter().filter(|question| question.correct).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::classifiers::{Classifier, ModelFiles, Vectors};
    use crate::error::Error;
    use crate::mentor::fixture;

    /// An architecture whose training always fails. It counts the attempts.
    #[derive(Default)]
    struct Failing(AtomicUsize);

    impl Architecture for Failing {
        fn name(&self) -> &'static str {
            "failing"
        }

        fn summary(&self) -> &'static str {
            "fails"
        }

        fn train(&self, _: TrainingData<'_>, _: &TrainOptions, _: &dyn Progress) -> Result<Fitted> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(Error::new("it fails"))
        }

        fn load(&self, _: &ModelFiles, _: &Vectors) -> Result<Box<dyn Classifier>> {
            Err(Error::new("it was never trained"))
        }
    }

    /// A progress display that counts the steps.
    #[derive(Default)]
    struct Steps(AtomicUsize);

    impl Progress for Steps {
        fn start(&self, _: &str, _: usize) {}
        fn step(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn start_bytes(&self, _: &str, _: u64, _: u64) {}
        fn bytes(&self, _: u64) {}
        fn finish(&self) {}
    }

    #[test]
    fn no_fold_is_trained_after_one_that_fails() {
        let mentor = fixture::mentor("ada", "1,,One.,\"a\nb\"\n2,,Two.,\"c\nd\"\n");
        let folds = super::super::folds(&mentor, 4, 0).unwrap();
        let (arch, steps) = (Failing::default(), Steps::default());
        let error =
            cross_validate((&mentor).into(), &folds, &arch, &TrainOptions::default(), &steps);
        assert_eq!(error.unwrap_err().to_string(), "it fails");
        assert_eq!((arch.0.into_inner(), steps.0.into_inner()), (1, 4));
    }
}
