//! The plots of a test.

use plotters::prelude::*;

use super::{
    HEIGHT, INK, LINE, RIGHT, WRONG, draw, percent, rank_bars, rank_label, share_axis, style,
    tenth, thinned, top, triangle, whole,
};
use crate::evaluate::statistics::{Calibration, CoveragePoint};
use crate::evaluate::{ConfidenceBin, FittedPoint, Proportion, Ranks};

/// Plots the accuracy with its interval, and the accuracy of exact matching alone (`floor`).
pub(in crate::page) fn accuracy(all: Proportion, floor: Proportion) -> String {
    draw(80, |area| {
        let mut chart = share_axis(area)?;
        let ends = all.ci95.map(|bound| (bound, 0.0));
        chart.draw_series(LineSeries::new(ends, RIGHT.stroke_width(3)))?;
        chart.draw_series([Circle::new((all.accuracy(), 0.0), 6, RIGHT.filled())])?;
        if let Some(floor) = floor.share {
            chart.draw_series([triangle((floor, 0.0), WRONG)])?;
        }
        Ok(())
    })
}

/// Plots the questions by the rank of their correct answer.
pub(in crate::page) fn ranks(ranks: &Ranks) -> String {
    let bars = rank_bars(ranks);
    let most = top(bars.iter().copied());
    let last = bars.len();
    let label = |rank: f64| rank_label(rank, last);
    draw(HEIGHT, |area| {
        let names = ["rank", "questions"];
        let mut chart = axes!(area, 0.4..last as f64 + 0.6, 0.0..most, names, [&label, &whole]);
        chart.draw_series(bars.iter().enumerate().map(|(i, &number)| {
            let middle = (i + 1) as f64;
            let colour = if i == 0 { RIGHT } else { WRONG };
            Rectangle::new([(middle - 0.4, 0.0), (middle + 0.4, number as f64)], colour.filled())
        }))?;
        Ok(())
    })
}

/// Plots correct and wrong best answers by confidence.
pub(in crate::page) fn confidences(bins: &[ConfidenceBin]) -> String {
    let right = top(bins.iter().map(|bin| bin.right));
    let wrong = top(bins.iter().map(|bin| bin.wrong));
    draw(HEIGHT, |area| {
        let names = ["confidence", "wrong   |   correct"];
        let scale =
            bins.first().map_or(0.0, |bin| bin.low)..bins.last().map_or(1.0, |bin| bin.high);
        let gap = 0.003 * (scale.end - scale.start);
        let line = [(scale.start, 0.0), (scale.end, 0.0)];
        let mut chart = axes!(area, scale, -wrong..right, names, [&tenth, &whole]);
        let bar = |bin: &ConfidenceBin, height: f64, colour: RGBColor| {
            Rectangle::new([(bin.low + gap, 0.0), (bin.high - gap, height)], colour.filled())
        };
        chart.draw_series(bins.iter().map(|bin| bar(bin, bin.right as f64, RIGHT)))?;
        chart.draw_series(bins.iter().map(|bin| bar(bin, -(bin.wrong as f64), WRONG)))?;
        chart.draw_series(LineSeries::new(line, INK))?;
        Ok(())
    })
}

/// Plots accuracy by confidence, with intervals.
pub(in crate::page) fn reliability(calibration: &Calibration) -> String {
    draw(HEIGHT, |area| {
        let names = ["confidence", "accuracy"];
        let mut chart = axes!(area, 0.0..1.0, 0.0..1.0, names, [&tenth, &percent]);
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], INK))?;
        for bin in &calibration.bins {
            let ends = bin.accuracy_ci95.map(|bound| (bin.confidence, bound));
            chart.draw_series(LineSeries::new(ends, RIGHT.stroke_width(2)))?;
            chart.draw_series([Circle::new((bin.confidence, bin.accuracy), 5, RIGHT.filled())])?;
        }
        Ok(())
    })
}

/// Plots accuracy against coverage, and the point at the classifier's own threshold.
pub(in crate::page) fn coverage(points: &[CoveragePoint], fitted: FittedPoint) -> String {
    draw(HEIGHT, |area| {
        let names = ["coverage", "accuracy of answered questions"];
        let mut chart = axes!(area, 0.0..1.0, 0.0..1.0, names, [&percent, &percent]);
        chart.draw_series(LineSeries::new(thinned(points), RIGHT.stroke_width(2)))?;
        if let Some(accuracy) = fitted.accuracy {
            chart.draw_series([triangle((fitted.coverage, accuracy), WRONG)])?;
        }
        Ok(())
    })
}
