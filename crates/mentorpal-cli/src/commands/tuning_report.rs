//! The report of `mentorpal tune`, as text and as JSON.

use std::cmp::Reverse;
use std::fmt;

use serde_json::{Value, json};

use super::console::{self, BOLD, DIM, lines, table};
use mentorpal::classifiers::{Architecture, Vectors};
use mentorpal::config::NO_VECTORS;
use mentorpal::error::{Error, Result};
use mentorpal::evaluate::{FoldRun, TrialFigures, Tuning};
use mentorpal::text::format::{count, quoted_list, shell_word};
use mentorpal::text::{p_value, percent, percent_range, points};

/// The legend of the table.
const LEGEND: &str =
    "correct: the best answer is correct, declined or not, with a 95% Wilson interval;
to best: difference in percentage points; p: McNemar, p and interval Holm-corrected over all pairs";

/// An architecture and a vector model to train with.
pub(super) struct Configuration {
    pub(super) arch: &'static dyn Architecture,
    pub(super) vectors: Vectors,
}

impl Configuration {
    /// The names of the architecture and of the vector model.
    pub(super) fn names(&self) -> [String; 2] {
        let vectors = self.vectors.as_ref().map_or(NO_VECTORS, |model| model.name());
        [self.arch.name().to_owned(), vectors.to_owned()]
    }

    fn json(&self) -> Value {
        let [arch, vectors] = self.names();
        json!({ "arch": arch, "vectors": vectors })
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [arch, vectors] = self.names();
        write!(f, "{arch} with vectors {vectors}")
    }
}

/// The figures of all configurations on one mentor, or on several mentors together.
pub(super) struct TuningReport<'a> {
    mentors: &'a [&'a str],
    folds: usize,
    tried: Vec<&'a Configuration>,
    left_out: Vec<UntrainedConfiguration<'a>>,
    tuning: Tuning,
}

/// A configuration that could not be trained.
struct UntrainedConfiguration<'a> {
    configuration: &'a Configuration,
    reason: String,
}

impl<'a> TuningReport<'a> {
    /// Computes the figures of each configuration from its runs.
    ///
    /// # Errors
    /// If no configuration could be trained.
    pub(super) fn of(
        configurations: &'a [Configuration],
        runs: Vec<Result<Vec<FoldRun>, String>>,
        mentors: &'a [&'a str],
    ) -> Result<Self> {
        let (mut tried, mut trials, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (configuration, runs) in configurations.iter().zip(runs) {
            match runs {
                Ok(runs) => {
                    tried.push(configuration);
                    trials.push(runs);
                }
                Err(reason) => left_out.push(UntrainedConfiguration { configuration, reason }),
            }
        }
        if trials.is_empty() {
            let mentors = quoted_list(mentors);
            return Err(Error::new(format!("no configuration could be trained on {mentors}"))
                .hint(
                    "choose other configurations with --arch and --vectors, or omit both to try \
                     all",
                ));
        }
        let folds = trials[0].len();
        Ok(Self { mentors, folds, tried, left_out, tuning: Tuning::of(&trials) })
    }

    /// Prints the report.
    pub(super) fn show(&self, as_json: bool) -> Result<()> {
        if as_json {
            for (configuration, figures) in self.tried.iter().zip(&self.tuning.trials) {
                console::json(&self.json_line(configuration, figures))?;
            }
            return console::json(&self.json_summary());
        }
        let title = if let [one] = self.mentors { *one } else { "all" };
        console::line(format_args!(
            "{BOLD}{title}{BOLD:#}: {} held out in {}\n{}\n{DIM}{LEGEND}{DIM:#}\n\n{}\n{}",
            count(self.best_figures().share.questions, "question"),
            count(self.folds, "fold"),
            self.table(),
            self.recommendation(),
            self.expectation(),
        ))
    }

    /// Prints how to use the recommended configuration.
    pub(super) fn show_settings(&self) -> Result<()> {
        let settings = self.settings().replace('\n', "\n  ");
        console::line(format_args!(
            "\nto use it always, set in mentorpal.toml\n  {settings}\nto use it once, run\n  {}",
            self.command()
        ))
    }

    fn best(&self) -> &Configuration {
        self.tried[self.tuning.best]
    }

    fn best_figures(&self) -> &TrialFigures {
        &self.tuning.trials[self.tuning.best]
    }

    /// The configurations, best first.
    fn table(&self) -> String {
        let heads = [
            "arch",
            "vectors",
            "correct",
            "95% interval",
            "to best",
            "95% interval",
            "p",
            "seconds",
        ];
        let mut table = table(heads, &[2, 4, 7]);
        let mut rows: Vec<(&&Configuration, &TrialFigures)> =
            self.tried.iter().zip(&self.tuning.trials).collect();
        rows.sort_by_key(|(_, figures)| Reverse(figures.share.correct));
        for (configuration, figures) in rows {
            let [arch, vectors] = configuration.names();
            let interval = |[low, high]: [f64; 2]| format!("{} to {}", points(low), points(high));
            table.add_row([
                arch,
                vectors,
                percent(figures.share.accuracy()),
                percent_range(figures.share.ci95),
                figures.difference.map_or("best".to_owned(), points),
                figures.difference_ci95.map_or("–".to_owned(), interval),
                figures.p_value.map_or("–".to_owned(), p_value),
                format!("{:.2}", figures.seconds),
            ]);
        }
        lines(&table)
    }

    /// The recommended configuration, and the reason.
    fn recommendation(&self) -> String {
        let most = format!("{} answers the most questions correctly", self.best());
        if let Some(simpler) = self.tuning.simpler {
            let (name, figures) = (self.tried[simpler], &self.tuning.trials[simpler]);
            format!(
                "{most}; {name} is simpler and answers {} fewer of {} correctly, a difference that \
                 is not significant.",
                self.best_figures().share.correct - figures.share.correct,
                figures.share.questions,
            )
        } else if self.tuning.best > 0 {
            format!("{most}; every simpler configuration answers significantly fewer.")
        } else {
            format!("{most}, and is the simplest configuration.")
        }
    }

    /// The expected accuracy of the selected configuration, by nested cross-validation.
    fn expectation(&self) -> String {
        let nested = &self.tuning.nested;
        let chosen = (0..self.tried.len()).filter_map(|i| {
            let times = nested.chosen.iter().filter(|&&chosen| chosen == i).count();
            (times > 0).then(|| format!("{} ({times} of {})", self.tried[i], self.folds))
        });
        format!(
            "Expected accuracy of the selected configuration (nested cross-validation): {} ({}). \
             Selected by leave-one-out in each fold's training part: {}.",
            percent(nested.share.accuracy()),
            percent_range(nested.share.ci95),
            chosen.collect::<Vec<_>>().join(", "),
        )
    }

    /// The lines for `mentorpal.toml`. Names contain no quotation marks.
    fn settings(&self) -> String {
        let [arch, vectors] = self.best().names();
        format!("arch = \"{arch}\"\nvectors = \"{vectors}\"")
    }

    fn command(&self) -> String {
        let [arch, vectors] = self.best().names().map(|name| shell_word(&name));
        format!("mentorpal train --arch {arch} --vectors {vectors}")
    }

    fn json_line(&self, configuration: &Configuration, figures: &TrialFigures) -> Value {
        with(self.json_head(), [configuration.json(), json!(figures)])
    }

    fn json_summary(&self) -> Value {
        let nested = &self.tuning.nested;
        let chosen: Vec<Value> = nested.chosen.iter().map(|&i| self.tried[i].json()).collect();
        let left_out = self
            .left_out
            .iter()
            .map(|one| with(one.configuration.json(), [json!({ "reason": one.reason })]));
        let summary = json!({
            "recommended": self.best().json(),
            "simpler": self.tuning.simpler.map(|i| self.tried[i].json()),
            "nested": with(json!(nested), [json!({ "chosen": chosen })]),
            "left_out": left_out.collect::<Vec<_>>(),
            "settings": self.settings(),
            "command": self.command(),
        });
        with(self.json_head(), [summary])
    }

    fn json_head(&self) -> Value {
        let one = if let [one] = self.mentors { Some(one) } else { None };
        json!({ "mentor": one, "mentors": self.mentors })
    }
}

/// The JSON object `first` with the entries of `others` added.
fn with<const N: usize>(mut first: Value, others: [Value; N]) -> Value {
    for other in others {
        if let (Some(first), Value::Object(other)) = (first.as_object_mut(), other) {
            first.extend(other);
        }
    }
    first
}
