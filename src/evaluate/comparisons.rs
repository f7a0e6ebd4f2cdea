//! Several checkpoints on the tests of several mentors: the first against each other one.

use std::sync::Arc;

use super::compare::{Comparison, compare, correct_family};
use super::comparison_figures::{ComparisonFigures, SideFigures};
use super::proportion::Proportion;
use super::test::TestReport;
use crate::checkpoint::CheckpointRef;
use crate::mentor::Mentor;

/// Checkpoints on the same tests. The first, A, is what each other one, B, is compared with.
///
/// All comparisons on single mentors' tests are one family, whose p-values are corrected by Holm's
/// method: with two mentors and three checkpoints it has four. Those of all mentors together ask
/// another question, one time a checkpoint, and are a family of their own.
#[derive(Clone, Debug)]
pub struct Comparisons<'a> {
    /// A.
    pub first: &'a CheckpointRef,
    /// A mentor each, in the order of the tests.
    pub mentors: Vec<MentorComparisons<'a>>,
    /// All mentors' questions together, one a checkpoint after the first; empty where there is one
    /// mentor.
    pub pooled: Vec<(&'a CheckpointRef, Comparison)>,
}

/// Checkpoints on one mentor's test.
#[derive(Clone, Debug)]
pub struct MentorComparisons<'a> {
    /// Whose test it is.
    pub mentor: &'a Mentor,
    /// One a checkpoint after the first.
    pub pairs: Vec<Pair<'a>>,
}

/// The first checkpoint, A, and another one, B, on one mentor's test.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// Whose test it is.
    pub mentor: &'a Mentor,
    /// How A was tested.
    pub a: &'a TestReport,
    /// How B was tested.
    pub b: &'a TestReport,
    /// The difference, and what chance has to do with it.
    pub comparison: Comparison,
    /// All else that is shown.
    pub figures: ComparisonFigures,
}

/// How one checkpoint did, beside the first: a row of the table of all.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// On whose test; `None` for all mentors together.
    pub mentor: Option<&'a str>,
    /// Which checkpoint.
    pub checkpoint: &'a CheckpointRef,
    /// Answered rightly.
    pub share: Proportion,
    /// What sets it apart from the first; `None` for the first itself.
    pub against_first: Option<&'a Comparison>,
}

impl<'a> Comparisons<'a> {
    /// Compares runs of the same tests: of one mentor or more, each with a run of the same two
    /// checkpoints or more, in the same order.
    ///
    /// # Panics
    /// When there is no mentor, or one has not two runs or not as many as the others, or runs of one
    /// mentor are not of the same questions.
    #[must_use]
    pub fn of(runs: &'a [(Arc<Mentor>, Vec<TestReport>)]) -> Self {
        let checkpoints = runs.first().map_or(0, |(_, reports)| reports.len());
        assert!(
            checkpoints > 1 && runs.iter().all(|(_, reports)| reports.len() == checkpoints),
            "only two checkpoints or more on the same tests can be compared"
        );
        let mut mentors: Vec<MentorComparisons> = runs.iter().map(of_mentor).collect();
        let pairs = mentors.iter_mut().flat_map(|of| &mut of.pairs);
        correct_family(pairs.map(|pair| &mut pair.comparison));
        let mut pooled = if runs.len() > 1 { pooled(&mentors) } else { Vec::new() };
        correct_family(pooled.iter_mut().map(|(_, comparison)| comparison));
        Self { first: &runs[0].1[0].checkpoint, mentors, pooled }
    }

    /// Every pair, in the order of mentors and, of each, of checkpoints.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair<'a>> {
        self.mentors.iter().flat_map(|of| &of.pairs)
    }

    /// How each checkpoint did, the first of them once a mentor; all mentors together last.
    #[must_use]
    pub fn standings(&self) -> Vec<Standing<'_>> {
        let of_mentors = self.mentors.iter().flat_map(|of| {
            let compared = of.pairs.iter().map(|pair| (&pair.b.checkpoint, &pair.comparison));
            standings(Some(of.mentor.id.as_str()), self.first, compared)
        });
        let pooled = self.pooled.iter().map(|(checkpoint, comparison)| (*checkpoint, comparison));
        of_mentors.chain(standings(None, self.first, pooled)).collect()
    }

    /// How each checkpoint did on each mentor's test, the first of them once a mentor.
    pub fn sides(&self) -> impl Iterator<Item = (&TestReport, &SideFigures)> {
        self.mentors.iter().flat_map(|of| {
            let first = of.pairs.first().map(|pair| (pair.a, &pair.figures.a));
            first.into_iter().chain(of.pairs.iter().map(|pair| (pair.b, &pair.figures.b)))
        })
    }
}

fn of_mentor((mentor, reports): &(Arc<Mentor>, Vec<TestReport>)) -> MentorComparisons<'_> {
    let pair = |b| Pair {
        mentor,
        a: &reports[0],
        b,
        comparison: compare(&[&reports[0]], &[b]),
        figures: ComparisonFigures::of(&reports[0], b, mentor),
    };
    MentorComparisons { mentor, pairs: reports[1..].iter().map(pair).collect() }
}

fn pooled<'a>(mentors: &[MentorComparisons<'a>]) -> Vec<(&'a CheckpointRef, Comparison)> {
    let others = 0..mentors[0].pairs.len();
    let pool = |other: usize| {
        let pairs = mentors.iter().map(|of| &of.pairs[other]);
        let (a, b): (Vec<&TestReport>, Vec<&TestReport>) =
            pairs.map(|pair| (pair.a, pair.b)).unzip();
        (&b[0].checkpoint, compare(&a, &b))
    };
    others.map(pool).collect()
}

/// The first checkpoint, and those compared with it; nothing where none is.
fn standings<'a>(
    mentor: Option<&'a str>,
    first: &'a CheckpointRef,
    others: impl Iterator<Item = (&'a CheckpointRef, &'a Comparison)>,
) -> Vec<Standing<'a>> {
    let others: Vec<_> = others.collect();
    let row =
        |checkpoint, share, against_first| Standing { mentor, checkpoint, share, against_first };
    let first = others.first().map(|(_, one)| row(first, one.shares()[0], None));
    let others = others.iter().map(|&(name, one)| row(name, one.shares()[1], Some(one)));
    first.into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "only two checkpoints or more")]
    fn nothing_is_not_compared() {
        let _ = Comparisons::of(&[]);
    }
}
