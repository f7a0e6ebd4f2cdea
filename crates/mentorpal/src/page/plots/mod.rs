//! Plots as inline SVG. They are drawn in the page's light colours. `templates/page.css` replaces
//! each of these colours in the dark theme, so every colour used here must have a rule there.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::evaluate::Ranks;
use crate::evaluate::statistics::CoveragePoint;

/// Draws axes over the ranges `x` and `y` with names and label formatters, and returns the chart.
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

mod comparison_plots;
mod test_plots;
mod training_plots;

pub(super) use comparison_plots::{both_accuracies, both_coverages, both_ranks};
pub(super) use test_plots::{accuracy, confidences, coverage, ranks, reliability};
pub(super) use training_plots::learning_curve;

const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
const LINE: RGBColor = RGBColor(0xD0, 0xD7, 0xDE);
const RIGHT: RGBColor = RGBColor(0x1F, 0x5F, 0xA6);
const WRONG: RGBColor = RGBColor(0xB3, 0x59, 0x00);
/// The colour of the second of two checkpoints. The first has the colour [`RIGHT`].
const OTHER: RGBColor = RGBColor(0xA3, 0x24, 0x6E);

/// The width of a plot. All sizes are in units of the drawing, which the page scales to its width.
const WIDTH: u32 = 520;
const HEIGHT: u32 = 300;
const TEXT: u32 = 14;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;
type Shares<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws a plot of this height, and returns the `<svg>` element.
fn draw(height: u32, plot: impl FnOnce(&Area) -> Drawn) -> String {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    // Drawing cannot fail: text is measured without fonts, and the output is in memory.
    plot(&area).and_then(|()| Ok(area.present()?)).expect("a plot can be drawn in memory");
    drop(area);
    svg
}

/// Draws a horizontal axis of shares from 0 to 1, and returns the chart. Its vertical range is −1
/// to 1.
fn share_axis<'a, 'b>(area: &'a Area<'b>) -> Drawn<Shares<'a, 'b>> {
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
    Ok(chart)
}

/// The maximum number of points per curve; more would not be visible.
const MAX_POINTS: usize = 400;

/// Returns at most [`MAX_POINTS`] points of a coverage curve, as pairs of coverage and accuracy.
fn thinned(points: &[CoveragePoint]) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(MAX_POINTS).max(1);
    // Counted from the end, so that the last point, with all questions answered, is always
    // included.
    let mut shown: Vec<(f64, f64)> =
        points.iter().rev().step_by(every).map(|p| (p.coverage, p.accuracy)).collect();
    shown.reverse();
    shown
}

fn style() -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&INK)
}

fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}

fn tenth(value: f64) -> String {
    format!("{value:.1}")
}

/// Labels an axis of counts: whole numbers only, and an empty label between them.
fn whole(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{:.0}", value.abs()) } else { String::new() }
}

/// Returns a triangular marker, which differs from the round ones in shape.
fn triangle(at: (f64, f64), colour: RGBColor) -> TriangleMarker<(f64, f64), i32> {
    TriangleMarker::new(at, 7, colour.filled())
}

/// Returns the upper end of an axis for these counts.
fn top(counts: impl Iterator<Item = usize>) -> f64 {
    counts.max().unwrap_or(0).max(1) as f64 * 1.05
}

/// Returns the height of each bar: one per rank, then one for the questions without a rank.
fn rank_bars(ranks: &Ranks) -> Vec<usize> {
    ranks.counts.iter().copied().chain([ranks.unranked]).collect()
}

/// Labels the axis under the `bars` of [`rank_bars`]: the rank under each bar, a dash under the
/// last one, and an empty label between bars.
fn rank_label(rank: f64, bars: usize) -> String {
    let last = bars as f64;
    if rank < 1.0 || rank > last {
        String::new()
    } else if rank > last - 0.5 {
        "–".to_owned()
    } else {
        whole(rank)
    }
}
