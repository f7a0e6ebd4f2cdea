//! Simulates how often the confidence interval of a difference contains the true difference, and how
//! wide it is: `interval_coverage [DRAWS]`, by default 20,000 draws per row. Prints the table
//! of docs/benchmarks.md; next to it is the adjusted Wald interval (Bonett & Price 2012, JEBS
//! 37: 479–488).

use std::collections::HashMap;

use mentorpal::evaluate::statistics::{mcnemar, paired_interval};
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

const QUESTIONS: [usize; 6] = [20, 50, 100, 265, 500, 1000];
/// The share of questions that exactly one of the two checkpoints answers correctly.
const RATES: [f64; 5] = [0.02, 0.05, 0.1, 0.3, 0.6];
/// The share of these questions that only B answers correctly.
const SIDES: [f64; 4] = [0.5, 0.65, 0.85, 1.0];

type Interval = [f64; 2];

fn main() {
    let draws = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 20_000,
        Some(Ok(draws)) => draws,
        Some(Err(_)) => {
            eprintln!("usage: interval_coverage [DRAWS]");
            std::process::exit(2);
        }
    };
    println!(
        "| questions | one of the two right | coverage: least | mean | width | adjusted Wald: least | mean | width | disagreements with p |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for questions in QUESTIONS {
        for rate in RATES {
            let rows: Vec<Row> =
                SIDES.map(|side| Row::simulate(questions, rate, side, draws)).to_vec();
            let least = |value: fn(&Row) -> f64| rows.iter().map(value).fold(1.0, f64::min);
            let mean =
                |value: fn(&Row) -> f64| rows.iter().map(value).sum::<f64>() / rows.len() as f64;
            println!(
                "| {questions} | {:.0}% | {:.1}% | {:.1}% | {:.1} | {:.1}% | {:.1}% | {:.1} | {} |",
                100.0 * rate,
                100.0 * least(|row| row.ours.coverage),
                100.0 * mean(|row| row.ours.coverage),
                100.0 * mean(|row| row.ours.width),
                100.0 * least(|row| row.wald.coverage),
                100.0 * mean(|row| row.wald.coverage),
                100.0 * mean(|row| row.wald.width),
                rows.iter().map(|row| row.disagreements).sum::<usize>(),
            );
        }
    }
}

/// The results of the draws of one setting.
#[derive(Clone)]
struct Row {
    ours: Figures,
    wald: Figures,
    /// The number of draws in which interval and p-value disagree: zero is in the interval and p ≤ 0.05, or
    /// the reverse.
    disagreements: usize,
}

#[derive(Clone, Default)]
struct Figures {
    coverage: f64,
    width: f64,
}

impl Figures {
    fn add(&mut self, [low, high]: Interval, truth: f64, draws: usize) {
        let is_inside = low - 1e-12 <= truth && truth <= high + 1e-12;
        self.coverage += f64::from(u8::from(is_inside)) / draws as f64;
        self.width += (high - low) / draws as f64;
    }
}

impl Row {
    fn simulate(questions: usize, rate: f64, side: f64, draws: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(questions as u64);
        let truth = rate * (2.0 * side - 1.0);
        let mut known: HashMap<(usize, usize), (Interval, bool)> = HashMap::new();
        let mut row = Self { ours: Figures::default(), wald: Figures::default(), disagreements: 0 };
        for _ in 0..draws {
            let (mut only_a, mut only_b) = (0, 0);
            for _ in 0..questions {
                let number: f64 = random.random();
                if number < rate * side {
                    only_b += 1;
                } else if number < rate {
                    only_a += 1;
                }
            }
            let (interval, agrees) = *known.entry((only_a, only_b)).or_insert_with(|| {
                let interval = paired_interval(only_a, only_b, questions, 0.05);
                let has_zero = interval[0] <= 0.0 && 0.0 <= interval[1];
                (interval, has_zero == (mcnemar(only_a, only_b) > 0.05))
            });
            row.ours.add(interval, truth, draws);
            row.wald.add(adjusted_wald(only_a, only_b, questions), truth, draws);
            row.disagreements += usize::from(!agrees);
        }
        row
    }
}

fn adjusted_wald(only_a: usize, only_b: usize, questions: usize) -> Interval {
    let n = questions as f64 + 2.0;
    let [a, b] = [only_a, only_b].map(|count| (count as f64 + 1.0) / n);
    let spread = 1.959_963_984_540_054 * ((a + b - (b - a).powi(2)) / n).sqrt();
    [(b - a - spread).max(-1.0), (b - a + spread).min(1.0)]
}
