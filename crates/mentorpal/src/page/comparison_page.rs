//! The page of a comparison.

use askama::Template;

use super::answers::Answers;
use super::plots;
use super::values::coverage_tenths;
use crate::error::{Error, Result};
use crate::evaluate::statistics::CoveragePoint;
use crate::evaluate::{
    ChangedGroup, Comparisons, Pair, PooledComparison, Proportion, SideFigures, Standing,
};

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparisonPage<'a> {
    /// The first checkpoint, A, with which the others are compared.
    first: String,
    /// The comparisons on all mentors together; one sentence each.
    pooled: &'a [PooledComparison<'a>],
    /// The rows of the overview table; empty if there is only one pair.
    rows: Vec<OverviewRow<'a>>,
    pairs: Vec<Section<'a>>,
}

/// A row of the overview table.
struct OverviewRow<'a> {
    standing: Standing<'a>,
    /// The number of the pair's section, if there is one.
    section: Option<usize>,
}

/// The section of one pair.
struct Section<'a> {
    /// The number of the section, from 1. Anchors contain it instead of the mentor's id, because
    /// ids are untrusted text.
    number: usize,
    pair: &'a Pair<'a>,
    /// The sides A and B.
    sides: [Side<'a>; 2],
    answers: Answers<'a>,
    plots: Plots,
    /// The groups of changed questions, each with the suffix of its element ids.
    groups: Vec<(String, ChangedGroup<'a>)>,
}

/// One checkpoint of a pair.
struct Side<'a> {
    /// `A` or `B`.
    letter: &'static str,
    /// `a` or `b`, the suffix of the `data-key` attributes.
    key: &'static str,
    checkpoint: String,
    share: Proportion,
    figures: &'a SideFigures,
}

/// The plots of a section, each an `<svg>` element.
struct Plots {
    accuracies: String,
    coverages: String,
    ranks: String,
}

/// Returns the page of a comparison. It has an overview table if there are several pairs, and one
/// section per pair.
///
/// # Errors
/// If the page cannot be rendered.
pub fn comparison_page(comparisons: &Comparisons) -> Result<String> {
    let pairs: Vec<Section> =
        comparisons.pairs().enumerate().map(|(i, pair)| Section::of(i + 1, pair)).collect();
    let page = ComparisonPage {
        first: comparisons.first.to_string(),
        pooled: &comparisons.pooled,
        rows: if pairs.len() > 1 { rows(comparisons) } else { Vec::new() },
        pairs,
    };
    page.render().map_err(|e| Error::new("cannot write the page").caused_by(e))
}

/// Returns the rows of the overview table. The sections are in the order of the rows that compare a
/// mentor's checkpoint with the first.
fn rows<'a>(comparisons: &'a Comparisons) -> Vec<OverviewRow<'a>> {
    let mut sections = 1..;
    let row = |standing: Standing<'a>| {
        let has_section = standing.mentor.is_some() && standing.against_first.is_some();
        let section = has_section.then(|| sections.next()).flatten();
        OverviewRow { standing, section }
    };
    comparisons.standings().into_iter().map(row).collect()
}

impl<'a> Section<'a> {
    fn of(number: usize, pair: &'a Pair) -> Self {
        let (a, b) = (&pair.figures.a, &pair.figures.b);
        let sides = [
            Side::of(["A", "a"], pair.a.checkpoint.to_string(), a),
            Side::of(["B", "b"], pair.b.checkpoint.to_string(), b),
        ];
        let plots = Plots {
            accuracies: plots::both_accuracies(sides[0].share, sides[1].share),
            coverages: plots::both_coverages(a, b),
            ranks: plots::both_ranks(&a.ranks, &b.ranks),
        };
        let groups = pair.figures.changed.groups().into_iter().enumerate();
        let groups = groups.map(|(i, group)| (format!("{number}-{}", i + 1), group)).collect();
        Self { number, pair, sides, answers: Answers::Of(pair.mentor), plots, groups }
    }
}

impl<'a> Side<'a> {
    fn of([letter, key]: [&'static str; 2], checkpoint: String, figures: &'a SideFigures) -> Self {
        Self { letter, key, checkpoint, share: figures.tally.share, figures }
    }

    fn coverage_tenths(&self) -> Vec<CoveragePoint> {
        coverage_tenths(&self.figures.coverage)
    }
}
