//! `mentorpal train`: trains mentors and publishes a checkpoint.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::bar::Bar;
use super::console::{self, GOOD, lines, table};
use super::essentials::essentials;
use super::sweep::sweep;
use super::training_pages::Pages;
use super::{Outcome, clock, open, report_files, sharing};
use crate::checkpoint::{
    self, Checkpoint, CheckpointRef, Draft, Manifest, MentorRecord, OnExisting, VectorsRecord,
};
use crate::classifiers::{
    Architecture, BackgroundQuestions, ModelFiles, TrainOptions, TrainingData, Vectors, registry,
};
use crate::cli::TrainArgs;
use crate::config::{Flags, NO_VECTORS, Settings};
use crate::error::{Error, Location, Result, count, quoted_list, shell_word};
use crate::evaluate::{TrainingFigures, TrainingRecord};
use crate::mentor::Mentor;
use crate::page::{self, TableFile, TrainedMentor};
use crate::text::percent;
use crate::vectors::VectorModel;
use crate::workspace::{Name, Workspace};

impl TrainArgs {
    pub(super) fn flags(&self) -> Flags {
        Flags {
            arch: self.arch.clone(),
            checkpoint: self.checkpoint.clone(),
            mentors: self.mentors.clone(),
            vectors: self.vectors.clone(),
            ..Flags::default()
        }
    }
}

/// One mentor's training.
struct Run {
    mentor: Name,
    record: MentorRecord,
    seconds: f64,
    /// Where more than a row is told of it.
    details: Option<Details>,
}

/// What is told of a mentor's training.
struct Details {
    mentor: Mentor,
    figures: TrainingFigures,
    /// What else training had to say.
    notes: Vec<String>,
}

/// What a checkpoint keeps of a mentor's training.
struct Kept {
    model: ModelFiles,
    report: TrainingRecord,
}

pub(super) fn run(settings: &Settings, args: &TrainArgs) -> Result<Outcome> {
    if args.update && settings.mentors.is_empty() {
        return Err(Error::new("--update retrains one mentor, and none was named")
            .hint("name it: `mentorpal train --mentor MENTOR --update`"));
    }
    // Noticed before the work, not after it.
    let mentors = settings.mentors_or_all()?;
    let pages = args.html.as_ref().map(|path| Pages::at(path, mentors.len())).transpose()?;
    report_files::check(&[args.html.as_ref().filter(|_| mentors.len() == 1)], args.csv.as_ref())?;
    let remote = args.upload.then(|| sharing::remote(settings, args.remote)).transpose()?;
    let existing = if args.update { Some(existing(settings)?) } else { None };
    let created = clock::now()?;
    let name = match &existing {
        Some(checkpoint) => checkpoint.name.clone(),
        None => new_name(settings, args, created)?,
    };
    let arch = registry::find(name.arch.as_str())?;
    let vectors = match &existing {
        Some(checkpoint) => its_vectors(settings, checkpoint, args)?,
        None => open::vectors_to_train_with(settings)?,
    };
    let mut manifest = Manifest::new(arch.name(), args.seed, created.to_string());
    manifest.vectors = vectors.as_deref().map(VectorsRecord::from);
    if let Some(checkpoint) = &existing {
        manifest.imported.clone_from(&checkpoint.manifest()?.imported);
    }
    sweep(&settings.workspace);
    let mut draft = Draft::begin(&settings.workspace, &name.arch, manifest)?;
    let options = TrainOptions { seed: args.seed, vectors, ..TrainOptions::default() };
    let summary = train_all(&settings.workspace, &mentors, (arch, &options), args, &mut draft)?;
    summary.check(mentors.len(), args.keep_going)?;

    // Of runs side by side, the one that publishes last is the one created last.
    draft.set_created(clock::now()?.to_string());
    let (name, path) = match &existing {
        Some(checkpoint) => {
            keep_others(&mut draft, checkpoint)?;
            let path =
                draft.publish(&name.checkpoint, OnExisting::Update(checkpoint.manifest()?))?;
            (name, path)
        }
        None => publish_new(&draft, name, settings, args, created)?,
    };
    // What was replaced is removed with the draft, once this run does not read it any more.
    drop(existing);
    drop(draft);
    if args.json {
        console::json(&json!({ "checkpoint": name.to_string(), "path": console::path(&path) }))?;
    } else {
        console::line(summary.text())?;
        console::line(format_args!("{GOOD}published{GOOD:#} {name} in {}", path.display()))?;
        console::line(summary.how_to_look(&name))?;
    }
    for report in &summary.reports {
        if let Some(path) = pages.as_ref().map(|pages| pages.write(report)).transpose()? {
            console::note(format_args!("wrote {}", path.display()));
        }
    }
    if let Some(folder) = &args.csv {
        report_files::write_tables(folder, &summary.tables(arch)?)?;
    }
    if let Some(remote) = remote {
        sharing::upload_trained(settings, &remote, &name, args.json)?;
    }
    Ok(Outcome::Done)
}

/// Trains each mentor into the draft; one that fails does not keep the others from being tried.
fn train_all(
    workspace: &Workspace,
    mentors: &[Name],
    (arch, options): (&dyn Architecture, &TrainOptions),
    args: &TrainArgs,
    draft: &mut Draft,
) -> Result<Summary> {
    let background = open::background(workspace)?;
    // Of very many mentors the details need more memory than training one.
    let keeps_details = mentors.len() <= FEW || args.csv.is_some();
    let mut summary = Summary::default();
    for mentor in mentors {
        match train_one(workspace, mentor, arch, (options, &background)) {
            Ok((run, details, kept)) => {
                if args.json {
                    console::json(&json_line(&run, &details.figures))?;
                }
                draft.add(mentor, run.record.clone(), &kept.model)?;
                draft.add_report(mentor, &kept.report.to_bytes())?;
                if args.html.is_some() {
                    summary.reports.push(kept.report);
                }
                let details = keeps_details.then_some(details);
                summary.trained.push(Run { details, ..run });
            }
            Err(error) => {
                console::error(&error);
                summary.failed.push(mentor.clone());
            }
        }
    }
    Ok(summary)
}

/// Publishes under a new name; where another run took an automatic one meanwhile, under the next.
fn publish_new(
    draft: &Draft,
    mut name: CheckpointRef,
    settings: &Settings,
    args: &TrainArgs,
    created: jiff::Timestamp,
) -> Result<(CheckpointRef, PathBuf)> {
    let on_existing = if args.overwrite { OnExisting::Replace } else { OnExisting::Refuse };
    loop {
        match draft.publish(&name.checkpoint, on_existing) {
            Err(_)
                if settings.named_checkpoint.is_none()
                    && name.folder(&settings.workspace).exists() =>
            {
                name = new_name(settings, args, created)?;
            }
            published => return Ok((name, published?)),
        }
    }
}

fn train_one(
    workspace: &Workspace,
    id: &Name,
    arch: &dyn Architecture,
    (options, background): (&TrainOptions, &BackgroundQuestions),
) -> Result<(Run, Details, Kept)> {
    let start = Instant::now();
    let mentor = open::mentor(workspace, id)?;
    let background_questions = background.of(&mentor);
    let data = TrainingData { mentor: &mentor, background_questions: &background_questions };
    let bar = Bar::new(format!("{id}: "));
    let fitted = arch
        .train(data, options, &bar)
        .map_err(|e| e.or_at(Location::file(workspace.mentor_data(id))))?;
    drop(bar);
    for note in &fitted.report.notes {
        console::note(format_args!("{id}: {note}"));
    }
    let record = MentorRecord::of(&mentor, fitted.report.loo_accuracy());
    let figures = TrainingFigures::of(&fitted.report, &mentor);
    let notes = fitted.report.notes;
    let report = TrainingRecord::of(arch.name(), &mentor, &figures, &notes);
    let model = fitted.classifier.to_files()?;
    let seconds = start.elapsed().as_secs_f64();
    let run = Run { mentor: id.clone(), record, seconds, details: None };
    Ok((run, Details { mentor, figures, notes }, Kept { model, report }))
}

/// The vector model of a checkpoint to update: all its mentors have one.
fn its_vectors(settings: &Settings, checkpoint: &Checkpoint, args: &TrainArgs) -> Result<Vectors> {
    let vectors = open::vectors(&settings.workspace, checkpoint)?;
    if args.vectors.is_none() {
        return Ok(vectors);
    }
    let wanted = open::vectors_to_train_with(settings)?;
    if wanted.as_deref().map(VectorModel::sha256) == vectors.as_deref().map(VectorModel::sha256) {
        return Ok(vectors);
    }
    let has = vectors.as_deref().map_or(NO_VECTORS, VectorModel::name);
    let message = format!("checkpoint `{}` was trained with the vectors `{has}`", checkpoint.name);
    Err(Error::new(message).hint("leave --vectors out, or train a new checkpoint without --update"))
}

/// The checkpoint to update.
fn existing(settings: &Settings) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::open(&settings.workspace, &open::chosen(settings)?)?;
    // One of the older tool is refused before any work is done.
    checkpoint.manifest()?;
    checkpoint::refuse_others(&settings.workspace, &checkpoint.name)?;
    Ok(checkpoint)
}

/// The new checkpoint's name; one that is taken is refused before any work is done.
fn new_name(
    settings: &Settings,
    args: &TrainArgs,
    created: jiff::Timestamp,
) -> Result<CheckpointRef> {
    let taken = |name: &CheckpointRef| name.folder(&settings.workspace).exists();
    if let Some(name) = settings.asked_for()? {
        if args.overwrite {
            checkpoint::refuse_legacy(&settings.workspace, &name)?;
            checkpoint::refuse_others(&settings.workspace, &name)?;
        } else if taken(&name) {
            let place = Location::file(name.folder(&settings.workspace));
            return Err(Error::at(place, format!("there is a checkpoint `{name}`")).hint(
                "choose another name with --checkpoint, replace it with --overwrite, or retrain \
                 a mentor in it with --mentor and --update",
            ));
        }
        return Ok(name);
    }
    let name = clock::name(created);
    // Several runs may start within a minute.
    let mut names = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}-{n:02}")));
    loop {
        let name = CheckpointRef::parse(&names.next().unwrap_or_default(), &settings.arch)?;
        if !taken(&name) {
            return Ok(name);
        }
    }
}

/// Takes over the mentors that were not trained this time.
fn keep_others(draft: &mut Draft, from: &Checkpoint) -> Result<()> {
    for id in from.mentors() {
        let id = Name::new("mentor", id)?;
        if !draft.mentors().any(|trained| id.is(trained)) {
            draft.add_from(from, &id)?;
        }
    }
    Ok(())
}

fn json_line(run: &Run, figures: &TrainingFigures) -> serde_json::Value {
    json!({
        "mentor": run.mentor.as_str(),
        "answers": run.record.answers,
        "questions": run.record.questions,
        "loo_accuracy": run.record.loo_accuracy,
        "cv_accuracy": run.record.loo_accuracy,
        "seconds": run.seconds,
        "figures": figures,
    })
}

/// Of up to so many mentors more than a row each is printed.
const FEW: usize = 3;

/// How the mentors fared.
#[derive(Default)]
struct Summary {
    trained: Vec<Run>,
    /// What is kept of each, where pages of them are to be written.
    reports: Vec<TrainingRecord>,
    failed: Vec<Name>,
}

impl Summary {
    /// Whether there is something to publish.
    fn check(&self, mentors: usize, keep_going: bool) -> Result<()> {
        if self.failed.is_empty() || (keep_going && !self.trained.is_empty()) {
            return Ok(());
        }
        let failed = quoted_list(&self.failed);
        let message = format!(
            "training failed for {} of {} ({failed}); nothing was published",
            self.failed.len(),
            count(mentors, "mentor"),
        );
        let error = Error::new(message);
        Err(if self.trained.is_empty() {
            error
        } else {
            error.hint("mend its data, or publish without it: --keep-going")
        })
    }

    /// A row a mentor, and of few mentors the essentials of their reports.
    fn text(&self) -> String {
        let heads = ["mentor", "answers", "questions", "leave-one-out accuracy", "seconds"];
        let mut table = table(heads, &[1, 2, 3, 4]);
        table.add_rows(self.trained.iter().map(|run| {
            [
                run.mentor.to_string(),
                run.record.answers.to_string(),
                run.record.questions.to_string(),
                run.record.loo_accuracy.map_or("not measurable".to_owned(), percent),
                format!("{:.2}", run.seconds),
            ]
        }));
        let mut text = lines(&table);
        if self.trained.len() <= FEW {
            for Details { mentor, figures, .. } in self.details() {
                text += &format!("\n\n{}", essentials(mentor, figures));
            }
            text += "\n";
        }
        text
    }

    /// How to look at the reports of the checkpoint `name`.
    fn how_to_look(&self, name: &CheckpointRef) -> String {
        let mentor = match self.trained.as_slice() {
            [run] => run.mentor.as_str(),
            _ => "MENTOR",
        };
        let (name, mentor) = (shell_word(&name.to_string()), shell_word(mentor));
        format!("report mentorpal checkpoints show {name} --mentor {mentor} --html report.html")
    }

    /// The reports as tables.
    fn tables(&self, arch: &dyn Architecture) -> Result<Vec<TableFile>> {
        let trained = self.details().map(|details| TrainedMentor {
            arch: arch.name(),
            mentor: &details.mentor,
            figures: &details.figures,
            notes: &details.notes,
        });
        page::training_tables(&trained.collect::<Vec<_>>())
    }

    /// What is told of each mentor, where it was kept.
    fn details(&self) -> impl Iterator<Item = &Details> {
        self.trained.iter().filter_map(|run| run.details.as_ref())
    }
}
