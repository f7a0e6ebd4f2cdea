//! The plots of a comparison. A has dots, solid lines and filled bars; B has triangles, dashed
//! lines and outlined bars.

use plotters::prelude::*;

use super::{
    Area, Drawn, HEIGHT, INK, LINE, OTHER, RIGHT, draw, percent, rank_bars, rank_label, share_axis,
    style, thinned, top, triangle, whole,
};
use crate::evaluate::{Proportion, Ranks, SideFigures};

/// The length of B's dashes and of the gaps between them, in pixels.
const DASH: (i32, i32) = (7, 4);

/// Plots both accuracies with their intervals, A above B.
pub(in crate::page) fn both_accuracies(a: Proportion, b: Proportion) -> String {
    draw(104, |area| {
        let mut chart = share_axis(area)?;
        chart.draw_series(LineSeries::new(a.ci95.map(|at| (at, 0.5)), RIGHT.stroke_width(3)))?;
        chart.draw_series(dashed(b.ci95.map(|at| (at, -0.5)), 3))?;
        if let Some(at) = a.share {
            chart.draw_series([Circle::new((at, 0.5), 6, RIGHT.filled())])?;
        }
        if let Some(at) = b.share {
            chart.draw_series([triangle((at, -0.5), OTHER)])?;
        }
        for (name, height) in [("A", 0.5), ("B", -0.5)] {
            name_row(area, name, chart.backend_coord(&(0.0, height)).1)?;
        }
        Ok(())
    })
}

/// Writes the name of a row to the left of the axis.
fn name_row(area: &Area, name: &str, height: i32) -> Drawn {
    Ok(area.draw(&Text::new(name.to_owned(), (6, height - 7), style()))?)
}

/// Plots accuracy against coverage of both, and the point at each checkpoint's own threshold.
pub(in crate::page) fn both_coverages(a: &SideFigures, b: &SideFigures) -> String {
    draw(HEIGHT, |area| {
        let names = ["coverage", "accuracy of answered questions"];
        let mut chart = axes!(area, 0.0..1.0, 0.0..1.0, names, [&percent, &percent]);
        chart.draw_series(LineSeries::new(thinned(&a.coverage), RIGHT.stroke_width(2)))?;
        chart.draw_series(dashed(thinned(&b.coverage), 2))?;
        if let Some(accuracy) = a.fitted.accuracy {
            let at = (a.fitted.coverage, accuracy);
            chart.draw_series([Circle::new(at, 6, RIGHT.filled())])?;
        }
        if let Some(accuracy) = b.fitted.accuracy {
            chart.draw_series([triangle((b.fitted.coverage, accuracy), OTHER)])?;
        }
        Ok(())
    })
}

/// Plots the questions by the rank of their correct answer: A's bars filled, B's outlined.
pub(in crate::page) fn both_ranks(a: &Ranks, b: &Ranks) -> String {
    let [a, b] = [a, b].map(rank_bars);
    let most = top(a.iter().chain(&b).copied());
    let last = a.len();
    draw(HEIGHT, |area| {
        let names = ["rank", "questions"];
        let label = |rank: f64| rank_label(rank, last);
        let mut chart = axes!(area, 0.4..last as f64 + 0.6, 0.0..most, names, [&label, &whole]);
        let bars = |counts: &[usize], from: f64, shade: ShapeStyle| -> Vec<_> {
            let bar = |(i, &number): (usize, &usize)| {
                let left = (i + 1) as f64 + from;
                Rectangle::new([(left, 0.0), (left + 0.38, number as f64)], shade)
            };
            counts.iter().enumerate().map(bar).collect()
        };
        chart.draw_series(bars(&a, -0.4, RIGHT.filled()))?;
        chart.draw_series(bars(&b, 0.02, OTHER.stroke_width(2)))?;
        Ok(())
    })
}

/// Returns a dashed line in B's colour.
fn dashed(
    points: impl IntoIterator<Item = (f64, f64), IntoIter: Clone>,
    width: u32,
) -> DashedLineSeries<impl Iterator<Item = (f64, f64)> + Clone, i32> {
    DashedLineSeries::new(points, DASH.0, DASH.1, OTHER.stroke_width(width))
}
