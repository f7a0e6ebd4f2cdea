//! Comparisons of several checkpoints on the tests of several mentors. The first checkpoint is
//! compared with each of the others.

use std::sync::Arc;

use super::compare::{Comparison, compare, correct_family};
use super::comparison_figures::{ComparisonFigures, SideFigures};
use super::proportion::Proportion;
use super::test::TestReport;
use crate::checkpoint::CheckpointRef;
use crate::mentor::Mentor;

/// The reports of several checkpoints on the same test set of one mentor.
#[derive(Clone, Debug)]
pub struct MentorReports {
    /// The mentor.
    pub mentor: Arc<Mentor>,
    /// One report per checkpoint.
    pub reports: Vec<TestReport>,
}

/// The comparisons of checkpoints on the same tests. Each checkpoint B after the first is compared
/// with the first, A.
///
/// The comparisons on single mentors' tests form one family, whose p-values are corrected by Holm's
/// method. With two mentors and three checkpoints, the family has four comparisons. The comparisons
/// on all mentors together form a second family, with one comparison per checkpoint after the
/// first.
#[derive(Clone, Debug)]
pub struct Comparisons<'a> {
    /// The first checkpoint, A.
    pub first: &'a CheckpointRef,
    /// The comparisons per mentor, in the order of the tests.
    pub mentors: Vec<MentorComparisons<'a>>,
    /// The comparison on all mentors' questions together, one per checkpoint after the first. Empty
    /// if there is only one mentor.
    pub pooled: Vec<PooledComparison<'a>>,
}

/// The comparison of the first checkpoint with another one on all mentors' questions together.
#[derive(Clone, Debug)]
pub struct PooledComparison<'a> {
    /// The other checkpoint, B.
    pub checkpoint: &'a CheckpointRef,
    /// The difference in accuracy and its significance.
    pub comparison: Comparison,
}

/// The result of one checkpoint on one mentor's test.
#[derive(Clone, Copy, Debug)]
pub struct CheckpointSide<'a> {
    /// The test report.
    pub report: &'a TestReport,
    /// The figures of the report.
    pub figures: &'a SideFigures,
}

/// The comparisons on one mentor's test.
#[derive(Clone, Debug)]
pub struct MentorComparisons<'a> {
    /// The mentor.
    pub mentor: &'a Mentor,
    /// One pair per checkpoint after the first.
    pub pairs: Vec<Pair<'a>>,
}

/// The first checkpoint, A, and another one, B, on one mentor's test.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The mentor.
    pub mentor: &'a Mentor,
    /// The test report of A.
    pub a: &'a TestReport,
    /// The test report of B.
    pub b: &'a TestReport,
    /// The difference in accuracy and its significance.
    pub comparison: Comparison,
    /// The other figures of the report.
    pub figures: ComparisonFigures,
}

/// The result of one checkpoint and its difference from the first: a row of the overview table.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The id of the tested mentor; `None` for all mentors together.
    pub mentor: Option<&'a str>,
    /// The checkpoint.
    pub checkpoint: &'a CheckpointRef,
    /// The accuracy.
    pub share: Proportion,
    /// The comparison with the first checkpoint; `None` for the first itself.
    pub against_first: Option<&'a Comparison>,
}

impl<'a> Comparisons<'a> {
    /// Compares runs of the same tests. Each mentor has one report per checkpoint, for the same two
    /// or more checkpoints in the same order.
    ///
    /// # Panics
    /// If there is no mentor, if a mentor has fewer than two reports or not as many as the others,
    /// or if the reports of one mentor have different questions.
    #[must_use]
    pub fn of(runs: &'a [MentorReports]) -> Self {
        let checkpoints = runs.first().map_or(0, |run| run.reports.len());
        assert!(
            checkpoints > 1 && runs.iter().all(|run| run.reports.len() == checkpoints),
            "a comparison needs at least two checkpoints with the same tests"
        );
        let mut mentors: Vec<MentorComparisons> = runs.iter().map(of_mentor).collect();
        let pairs = mentors.iter_mut().flat_map(|entry| &mut entry.pairs);
        correct_family(pairs.map(|pair| &mut pair.comparison));
        let mut pooled = if runs.len() > 1 { pooled(&mentors) } else { Vec::new() };
        correct_family(pooled.iter_mut().map(|one| &mut one.comparison));
        Self { first: &runs[0].reports[0].checkpoint, mentors, pooled }
    }

    /// Returns every pair, ordered by mentor, then by checkpoint.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair<'a>> {
        self.mentors.iter().flat_map(|entry| &entry.pairs)
    }

    /// Returns the rows of the overview table: for each mentor, the first checkpoint and then the
    /// others. The rows for all mentors together are last.
    #[must_use]
    pub fn standings(&self) -> Vec<Standing<'_>> {
        let of_mentors = self.mentors.iter().flat_map(|entry| {
            let compared = entry.pairs.iter().map(|pair| (&pair.b.checkpoint, &pair.comparison));
            standings(Some(entry.mentor.id.as_str()), self.first, compared)
        });
        let pooled = self.pooled.iter().map(|one| (one.checkpoint, &one.comparison));
        of_mentors.chain(standings(None, self.first, pooled)).collect()
    }

    /// Returns the report and figures of each checkpoint on each mentor's test, ordered by mentor.
    /// The first checkpoint occurs once per mentor.
    pub fn sides<'b>(&'b self) -> impl Iterator<Item = CheckpointSide<'b>> {
        let a = |pair: &'b Pair<'a>| CheckpointSide { report: pair.a, figures: &pair.figures.a };
        let b = |pair: &'b Pair<'a>| CheckpointSide { report: pair.b, figures: &pair.figures.b };
        self.mentors.iter().flat_map(move |entry| {
            entry.pairs.first().map(a).into_iter().chain(entry.pairs.iter().map(b))
        })
    }
}

/// Compares the reports of one mentor.
fn of_mentor(MentorReports { mentor, reports }: &MentorReports) -> MentorComparisons<'_> {
    let pair = |b| Pair {
        mentor,
        a: &reports[0],
        b,
        comparison: compare(&[&reports[0]], &[b]),
        figures: ComparisonFigures::of(&reports[0], b, mentor),
    };
    MentorComparisons { mentor, pairs: reports[1..].iter().map(pair).collect() }
}

/// Compares each checkpoint with the first on all mentors' questions together.
fn pooled<'a>(mentors: &[MentorComparisons<'a>]) -> Vec<PooledComparison<'a>> {
    let others = 0..mentors[0].pairs.len();
    let pool = |other: usize| {
        let pairs = mentors.iter().map(|entry| &entry.pairs[other]);
        let (a, b): (Vec<&TestReport>, Vec<&TestReport>) =
            pairs.map(|pair| (pair.a, pair.b)).unzip();
        PooledComparison { checkpoint: &b[0].checkpoint, comparison: compare(&a, &b) }
    };
    others.map(pool).collect()
}

/// Returns the row of the first checkpoint and those of the others; no rows if there are no others.
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
    #[should_panic(expected = "at least two checkpoints")]
    fn comparing_no_mentors_panics() {
        let _ = Comparisons::of(&[]);
    }
}
