//! The plot on the training page.

use plotters::prelude::*;

use super::{HEIGHT, INK, LINE, RIGHT, draw, percent, style, tenth};
use crate::evaluate::CurvePoint;

/// Plots accuracy, with its interval, against the mean number of questions per answer.
pub(in crate::page) fn learning_curve(points: &[CurvePoint]) -> String {
    let most = points.last().map_or(1.0, |point| 1.08 * point.questions_per_answer);
    let shown = |point: &CurvePoint| Some((point.questions_per_answer, point.share.share?));
    draw(HEIGHT, |area| {
        let names = ["mean questions per answer", "accuracy"];
        let mut chart = axes!(area, 0.0..most, 0.0..1.0, names, [&tenth, &percent]);
        chart.draw_series(LineSeries::new(points.iter().filter_map(shown), RIGHT))?;
        for point in points {
            let ends = point.share.ci95.map(|bound| (point.questions_per_answer, bound));
            chart.draw_series(LineSeries::new(ends, RIGHT.stroke_width(2)))?;
        }
        let dots = points.iter().filter_map(shown);
        chart.draw_series(dots.map(|at| Circle::new(at, 5, RIGHT.filled())))?;
        Ok(())
    })
}
