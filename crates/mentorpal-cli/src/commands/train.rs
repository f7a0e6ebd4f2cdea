//! `mentorpal train`: trains mentors and publishes a checkpoint.

use serde_json::json;

use super::bar::Bar;
use super::console::{self, GOOD, lines, table};
use super::summary_text::summary_text;
use super::training_pages::Pages;
use super::{ExitStatus, open, report_files, sharing};
use crate::cli::TrainArgs;
use mentorpal::checkpoint::CheckpointRef;
use mentorpal::config::Settings;
use mentorpal::error::Result;
use mentorpal::evaluate::TrainingRecord;
use mentorpal::page::{self, TableFile, TrainedMentor};
use mentorpal::text::format::shell_word;
use mentorpal::text::percent;
use mentorpal::training::{
    MentorRun, MentorTraining, Published, TrainRequest, TrainingRun, update_without_mentor,
};
use mentorpal::workspace::{MentorId, VectorModelName};

pub(super) fn run(settings: &Settings, args: &TrainArgs) -> Result<ExitStatus> {
    if args.update && settings.mentors.is_empty() {
        return Err(update_without_mentor());
    }
    // Report files that cannot be written, and a remote that cannot be used, are refused before training.
    let mentors = settings.mentors_or_all()?;
    let pages = args.html.as_ref().map(|path| Pages::at(path, mentors.len())).transpose()?;
    report_files::check(&[args.html.as_ref().filter(|_| mentors.len() == 1)], args.csv.as_ref())?;
    let remote = args.upload.then(|| sharing::remote(settings, args.remote)).transpose()?;
    let mut run = TrainingRun::begin(&settings.workspace, &request(settings, args)?)?;
    let summary = train_all(&mut run, args)?;
    let Published { checkpoint, folder } = run.publish()?;
    if args.json {
        let path = console::path(&folder);
        console::json(&json!({ "checkpoint": checkpoint.to_string(), "path": path }))?;
    } else {
        console::line(summary.text())?;
        console::line(format_args!(
            "{GOOD}published{GOOD:#} {checkpoint} in {}",
            folder.display()
        ))?;
        console::line(summary.how_to_look(&checkpoint))?;
    }
    for report in &summary.reports {
        if let Some(path) = pages.as_ref().map(|pages| pages.write(report)).transpose()? {
            console::note(format_args!("wrote {}", path.display()));
        }
    }
    if let Some(folder) = &args.csv {
        report_files::write_tables(folder, &summary.tables(&checkpoint)?)?;
    }
    if let Some(remote) = remote {
        sharing::upload_trained(settings, &remote, &checkpoint, args.json)?;
    }
    Ok(ExitStatus::Success)
}

/// The request of the command line.
fn request(settings: &Settings, args: &TrainArgs) -> Result<TrainRequest> {
    let mut request = TrainRequest::new()
        .mentors(settings.mentors.iter().map(MentorId::as_str))
        .arch(settings.arch.as_str())
        .seed(args.seed)
        .keep_going(args.keep_going);
    // A checkpoint that is updated has its own vector model, whatever mentorpal.toml names.
    let vectors =
        if args.update { None } else { settings.vectors.as_ref().map(VectorModelName::as_str) };
    if let Some(vectors) = args.vectors.as_deref().or(vectors) {
        request = request.vectors(vectors);
    }
    if args.update {
        return Ok(request.update(open::chosen(settings)?.to_string()));
    }
    Ok(match settings.asked_for()? {
        Some(name) if args.overwrite => request.overwrite(name.to_string()),
        Some(name) => request.name(name.to_string()),
        None => request,
    })
}

/// Trains each mentor into the draft. The others are trained even if one cannot be.
fn train_all(run: &mut TrainingRun, args: &TrainArgs) -> Result<Summary> {
    let mentors = run.mentors().to_vec();
    // The details of very many mentors need more memory than training one.
    let keeps_details = mentors.len() <= MAX_DETAILED_MENTORS || args.csv.is_some();
    let mut summary = Summary::default();
    for mentor in &mentors {
        let bar = Bar::new("");
        let MentorRun { warnings, result } = run.train_mentor(mentor, &bar)?;
        drop(bar);
        open::print_warnings(warnings);
        let training = match result {
            Ok(training) => training,
            Err(error) => {
                console::error(&error);
                continue;
            }
        };
        for note in &training.notes {
            console::note(format_args!("{mentor}: {note}"));
        }
        if args.json {
            console::json(&json_line(&training))?;
        }
        if args.html.is_some() {
            summary.reports.push(training.report());
        }
        summary.rows.push(row(&training));
        summary.last_mentor = training.mentor.id.to_string();
        if keeps_details {
            summary.details.push(training);
        }
    }
    Ok(summary)
}

fn json_line(training: &MentorTraining) -> serde_json::Value {
    let MentorTraining { mentor, record, figures, seconds, .. } = training;
    json!({
        "mentor": mentor.id.as_str(),
        "answers": record.answers,
        "questions": record.questions,
        "loo_accuracy": record.loo_accuracy,
        "cv_accuracy": record.loo_accuracy,
        "seconds": seconds,
        "figures": figures,
    })
}

/// The table row of a mentor.
fn row(training: &MentorTraining) -> [String; 5] {
    let MentorTraining { mentor, record, seconds, .. } = training;
    [
        mentor.id.to_string(),
        record.answers.to_string(),
        record.questions.to_string(),
        record.loo_accuracy.map_or("not measurable".to_owned(), percent),
        format!("{seconds:.2}"),
    ]
}

/// More than a table row is printed of each mentor if there are at most this many.
const MAX_DETAILED_MENTORS: usize = 3;

/// The results of training.
#[derive(Default)]
struct Summary {
    /// One table row per trained mentor.
    rows: Vec<[String; 5]>,
    /// The trained mentors with all figures, unless there are very many.
    details: Vec<MentorTraining>,
    /// The reports, if pages of them are to be written.
    reports: Vec<TrainingRecord>,
    last_mentor: String,
}

impl Summary {
    /// One row per mentor, followed by summaries of the reports if there are few mentors.
    fn text(&self) -> String {
        let heads = ["mentor", "answers", "questions", "leave-one-out accuracy", "seconds"];
        let mut table = table(heads, &[1, 2, 3, 4]);
        table.add_rows(&self.rows);
        let mut text = lines(&table);
        if self.rows.len() <= MAX_DETAILED_MENTORS {
            for MentorTraining { mentor, figures, .. } in &self.details {
                text += &format!("\n\n{}", summary_text(mentor, figures));
            }
            text += "\n";
        }
        text
    }

    /// The command that writes the report of a mentor in the checkpoint `name`.
    fn how_to_look(&self, name: &CheckpointRef) -> String {
        let mentor = if self.rows.len() == 1 { &self.last_mentor } else { "MENTOR" };
        let (name, mentor) = (shell_word(&name.to_string()), shell_word(mentor));
        format!("report mentorpal checkpoints show {name} --mentor {mentor} --html report.html")
    }

    /// The reports as tables.
    fn tables(&self, name: &CheckpointRef) -> Result<Vec<TableFile>> {
        let trained = self.details.iter().map(|training| TrainedMentor {
            arch: name.arch.as_str(),
            mentor: &training.mentor,
            figures: &training.figures,
            notes: &training.notes,
        });
        page::training_tables(&trained.collect::<Vec<_>>())
    }
}
