//! One way to train, tried on questions that are held out.

use std::time::Instant;

use super::test::{AnswerCount, BATCH_SIZE};
use crate::classifiers::{Architecture, Fitted, Ranking, TrainOptions, TrainingData};
use crate::error::Result;
use crate::progress::{NoProgress, Progress};

/// What came of training without the questions of one fold, and asking them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoldRun {
    /// Leave-one-out on the questions trained on, by which the architecture chose its settings.
    pub inner: AnswerCount,
    /// The fold's questions, in its order.
    pub held_out: Vec<HeldOut>,
    /// How long training took, in seconds.
    pub seconds: f64,
}

/// How a question fared that was held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldOut {
    /// Whether the best answer was the right one, given or not.
    pub correct: bool,
    /// Whether it was declined.
    pub declined: bool,
}

/// Trains `arch` once a fold, without the fold's questions, and asks them: the outer part of a
/// nested cross-validation (Varma & Simon 2006, *Bias in error estimation when using
/// cross-validation for model selection*). Within each fold the architecture chooses its settings
/// by leave-one-out as ever, so that no question has a part in what it is answered by.
///
/// `folds` are of [`folds`](super::folds()) for the same mentor. A step of `progress` is a fold;
/// those after one that fails are only counted.
///
/// # Errors
/// The first fold's that cannot be trained.
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
    /// Adds what the same way to train did in a fold of another mentor.
    pub fn add(&mut self, other: &Self) {
        self.inner.questions += other.inner.questions;
        self.inner.correct += other.inner.correct;
        self.held_out.extend(&other.held_out);
        self.seconds += other.seconds;
    }

    /// The fold's questions, counted.
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

    /// Cannot be trained; counts how often that was tried.
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

    /// Counts steps.
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
    fn after_a_fold_that_fails_no_other_is_trained() {
        let mentor = fixture::mentor("ada", "1,,One.,\"a\nb\"\n2,,Two.,\"c\nd\"\n");
        let folds = super::super::folds(&mentor, 4, 0).unwrap();
        let (arch, steps) = (Failing::default(), Steps::default());
        let error =
            cross_validate((&mentor).into(), &folds, &arch, &TrainOptions::default(), &steps);
        assert_eq!(error.unwrap_err().to_string(), "it fails");
        assert_eq!((arch.0.into_inner(), steps.0.into_inner()), (1, 4));
    }
}
