//! Plots as inline SVG. Their colours are the page's light ones; its style gives each its
//! counterpart in the dark, so a colour here must be one that `templates/page.css` knows.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::evaluate::statistics::{Calibration, CoveragePoint};
use crate::evaluate::{ConfidenceBin, FittedPoint, Ranks, Share, Tally};

const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
const LINE: RGBColor = RGBColor(0xD0, 0xD7, 0xDE);
const RIGHT: RGBColor = RGBColor(0x1F, 0x5F, 0xA6);
const WRONG: RGBColor = RGBColor(0xB3, 0x59, 0x00);

/// In units of the drawing, which the page scales to its width.
const WIDTH: u32 = 520;
const HEIGHT: u32 = 300;
const TEXT: u32 = 14;

/// How many points a curve is drawn with: more cannot be told apart.
const POINTS: usize = 400;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws into an SVG of this height.
fn draw(height: u32, plot: impl FnOnce(&Area) -> Drawn) -> String {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    // Text is measured without fonts, and memory does not fail.
    plot(&area).and_then(|()| Ok(area.present()?)).expect("a plot can be drawn in memory");
    drop(area);
    svg
}

fn style() -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&INK)
}

/// Axes over `x` and `y` with these names, drawn, to plot on.
macro_rules! axes {
    ($area:expr, $x:expr, $y:expr, $names:expr, $labels:expr) => {{
        let mut chart = ChartBuilder::on($area)
            .margin(10)
            .margin_right(26)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d($x, $y)?;
        let [x_name, y_name]: [&str; 2] = $names;
        let [x_label, y_label]: [&dyn Fn(f64) -> String; 2] = $labels;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .axis_style(INK)
            .label_style(style())
            .axis_desc_style(style())
            .x_desc(x_name)
            .y_desc(y_name)
            .x_label_formatter(&|value| x_label(*value))
            .y_label_formatter(&|value| y_label(*value))
            .x_labels(11)
            .y_labels(6)
            .draw()?;
        chart
    }};
}

fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}

fn tenth(value: f64) -> String {
    format!("{value:.1}")
}

/// A number of questions; none between whole ones.
fn whole(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{:.0}", value.abs()) } else { String::new() }
}

/// Accuracy with its interval, and the floor.
pub(super) fn accuracy(tally: &Tally, floor: Share) -> String {
    draw(80, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(10)
            .margin_right(26)
            .margin_left(26)
            .x_label_area_size(26)
            .build_cartesian_2d(0.0..1.0, -1.0..1.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .axis_style(INK)
            .label_style(style())
            .x_label_formatter(&|share| percent(*share))
            .x_labels(11)
            .draw()?;
        let ends = tally.accuracy_ci95.map(|bound| (bound, 0.0));
        chart.draw_series(LineSeries::new(ends, RIGHT.stroke_width(3)))?;
        chart.draw_series([Circle::new((tally.accuracy, 0.0), 6, RIGHT.filled())])?;
        if let Some(floor) = floor.share {
            chart.draw_series([triangle((floor, 0.0))])?;
        }
        Ok(())
    })
}

/// A marker unlike the round ones in shape and colour.
fn triangle(at: (f64, f64)) -> TriangleMarker<(f64, f64), i32> {
    TriangleMarker::new(at, 7, WRONG.filled())
}

/// Questions by the rank of their right answer.
pub(super) fn ranks(ranks: &Ranks) -> String {
    let mut bars = ranks.counts.clone();
    bars.push(ranks.unranked);
    let most = top(bars.iter().copied());
    let last = bars.len() as f64;
    let label = |rank: f64| {
        if rank < 1.0 || rank > last {
            String::new()
        } else if rank > last - 0.5 {
            "–".to_owned()
        } else {
            whole(rank)
        }
    };
    draw(HEIGHT, |area| {
        let names = ["rank", "questions"];
        let mut chart = axes!(area, 0.4..last + 0.6, 0.0..most, names, [&label, &whole]);
        chart.draw_series(bars.iter().enumerate().map(|(i, &number)| {
            let middle = (i + 1) as f64;
            let colour = if i == 0 { RIGHT } else { WRONG };
            Rectangle::new([(middle - 0.4, 0.0), (middle + 0.4, number as f64)], colour.filled())
        }))?;
        Ok(())
    })
}

/// Right and wrong best answers by confidence.
pub(super) fn confidences(bins: &[ConfidenceBin]) -> String {
    let right = top(bins.iter().map(|bin| bin.right));
    let wrong = top(bins.iter().map(|bin| bin.wrong));
    draw(HEIGHT, |area| {
        let names = ["confidence", "wrong   |   right"];
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

/// Accuracy by confidence.
pub(super) fn reliability(calibration: &Calibration) -> String {
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

/// Accuracy against coverage, and as it is fitted.
pub(super) fn coverage(points: &[CoveragePoint], fitted: FittedPoint) -> String {
    let every = points.len().div_ceil(POINTS).max(1);
    draw(HEIGHT, |area| {
        let names = ["share answered", "right of those"];
        let mut chart = axes!(area, 0.0..1.0, 0.0..1.0, names, [&percent, &percent]);
        // Counted from the end, so that the last point, all questions, is always there.
        let mut shown: Vec<(f64, f64)> =
            points.iter().rev().step_by(every).map(|p| (p.coverage, p.accuracy)).collect();
        shown.reverse();
        chart.draw_series(LineSeries::new(shown, RIGHT.stroke_width(2)))?;
        if let Some(accuracy) = fitted.accuracy {
            chart.draw_series([triangle((fitted.coverage, accuracy))])?;
        }
        Ok(())
    })
}

/// How high an axis of counts must be.
fn top(counts: impl Iterator<Item = usize>) -> f64 {
    counts.max().unwrap_or(0).max(1) as f64 * 1.05
}
