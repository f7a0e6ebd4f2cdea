//! Plots as inline SVG. Their colours are the page's light ones; its style gives each its
//! counterpart in the dark, so a colour here must be one that `templates/page.css` knows.

use plotters::coord::Shift;
use plotters::prelude::*;

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

mod test_plots;

pub(super) use test_plots::{accuracy, confidences, coverage, ranks, reliability};

const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
const LINE: RGBColor = RGBColor(0xD0, 0xD7, 0xDE);
const RIGHT: RGBColor = RGBColor(0x1F, 0x5F, 0xA6);
const WRONG: RGBColor = RGBColor(0xB3, 0x59, 0x00);

/// In units of the drawing, which the page scales to its width.
const WIDTH: u32 = 520;
const HEIGHT: u32 = 300;
const TEXT: u32 = 14;

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

/// A marker unlike the round ones in shape and colour.
fn triangle(at: (f64, f64)) -> TriangleMarker<(f64, f64), i32> {
    TriangleMarker::new(at, 7, WRONG.filled())
}

/// How high an axis of counts must be.
fn top(counts: impl Iterator<Item = usize>) -> f64 {
    counts.max().unwrap_or(0).max(1) as f64 * 1.05
}
