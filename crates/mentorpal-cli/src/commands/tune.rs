//! `mentorpal tune`: compares configurations by cross-validation and recommends one.

use super::bar::Bar;
use super::tuning_report::{Configuration, TuningReport};
use super::{ExitStatus, console, open};
use crate::cli::TuneArgs;
use mentorpal::classifiers::{BackgroundQuestions, TrainOptions, TrainingData, registry};
use mentorpal::config::{NO_VECTORS, Settings};
use mentorpal::error::{Error, Location, Result};
use mentorpal::evaluate::{FoldRun, cross_validate, folds};
use mentorpal::mentor::Mentor;
use mentorpal::open::{background_questions, training_vectors};
use mentorpal::progress::Progress;
use mentorpal::text::format::quoted_list;
use mentorpal::vectors::{self, EMBEDDED, ModelKind};
use mentorpal::workspace::{MentorId, VectorModelName, Workspace};

/// A mentor to compare the configurations on.
struct Subject {
    mentor: Mentor,
    background: Vec<String>,
    folds: Vec<Vec<usize>>,
}

/// The runs of a configuration in the folds of a mentor, or why the mentor cannot be trained with it.
type Runs = Result<Vec<FoldRun>, String>;

pub(super) fn run(settings: &Settings, args: &TuneArgs) -> Result<ExitStatus> {
    let configurations = configurations(settings, args)?;
    let subjects = subjects(settings, args)?;
    let trials = try_all(&configurations, &subjects, args.seed);
    let ids: Vec<&str> = subjects.iter().map(|subject| subject.mentor.id.as_str()).collect();
    for (configuration, runs) in configurations.iter().zip(&trials) {
        note_failures(configuration, &ids, runs);
    }
    let mut last = None;
    for RunTable { ids, runs } in tables(&trials, &ids) {
        if last.is_some() && !args.json {
            console::line("")?;
        }
        let tuned = TuningReport::of(&configurations, runs, ids)?;
        tuned.show(args.json)?;
        last = Some(tuned);
    }
    // One checkpoint has one architecture and one vector model for all its mentors.
    if let (Some(tuned), false) = (last, args.json) {
        tuned.show_settings()?;
    }
    Ok(ExitStatus::Success)
}

/// The runs of each configuration on one mentor, or on several together.
struct RunTable<'a> {
    /// The ids of the mentors.
    ids: &'a [&'a str],
    /// One entry per configuration.
    runs: Vec<Runs>,
}

/// The result tables: one per mentor, then one for all mentors if there are several.
fn tables<'a>(trials: &[Vec<Runs>], ids: &'a [&'a str]) -> Vec<RunTable<'a>> {
    let of_one = |i: usize| RunTable {
        ids: &ids[i..=i],
        runs: trials.iter().map(|runs| runs[i].clone()).collect(),
    };
    let mut tables: Vec<_> = (0..ids.len()).map(of_one).collect();
    if ids.len() > 1 {
        let runs = trials.iter().map(|runs| pooled(runs)).collect();
        tables.push(RunTable { ids, runs });
    }
    tables
}

/// Every combination of the selected architectures and vector models, simplest first: without vectors, with
/// the embedded vectors, with added word vectors or static embeddings, with encoders; the default architecture
/// first.
fn configurations(settings: &Settings, args: &TuneArgs) -> Result<Vec<Configuration>> {
    for name in &args.archs {
        registry::find(name)?;
    }
    let is_wanted = |name: &str| args.archs.is_empty() || args.archs.iter().any(|a| a == name);
    let archs: Vec<_> = registry::all().filter(|arch| is_wanted(arch.name())).collect();
    let mut configurations: Vec<Configuration> = Vec::new();
    for name in vector_models(settings, args)? {
        let vectors = training_vectors(&settings.workspace, Some(&name))?;
        let new = archs.iter().map(|&arch| Configuration { arch, vectors: vectors.clone() });
        configurations.extend(new);
    }
    configurations.sort_by_key(|configuration| match &configuration.vectors {
        None => 0,
        Some(model) if model.name() == EMBEDDED => 1,
        Some(model) if model.kind() != ModelKind::Encoder => 2,
        Some(_) => 3,
    });
    Ok(configurations)
}

/// The selected vector models, each of which must be valid; by default all valid ones, and `none`.
fn vector_models(settings: &Settings, args: &TuneArgs) -> Result<Vec<VectorModelName>> {
    let checked = |name: &str| VectorModelName::new(name);
    let workspace = &settings.workspace;
    if !args.vectors.is_empty() {
        let mut names =
            args.vectors.iter().map(|name| checked(name)).collect::<Result<Vec<_>>>()?;
        names.sort();
        names.dedup();
        for name in &names {
            check_valid(workspace, name)?;
        }
        return Ok(names);
    }
    let mut names = vec![checked(NO_VECTORS)?, checked(EMBEDDED)?];
    for name in vectors::names(workspace)? {
        match check_valid(workspace, &name) {
            Ok(()) => names.push(name),
            Err(error) => console::warn(format_args!("`{name}` is skipped: {error}")),
        }
    }
    Ok(names)
}

/// Verifies the files of a vector model.
fn check_valid(workspace: &Workspace, name: &VectorModelName) -> Result<()> {
    if name.as_str() == NO_VECTORS {
        return Ok(());
    }
    match vectors::verify(workspace, name)? {
        None => Ok(()),
        Some(fault) => {
            Err(Error::at(Location::file(workspace.vector_model(name)), fault)
                .hint(vectors::DAMAGED))
        }
    }
}

/// The mentors to compare the configurations on, with their folds: the selected ones, or all that have
/// questions to hold out.
fn subjects(settings: &Settings, args: &TuneArgs) -> Result<Vec<Subject>> {
    let ids = settings.mentors_or_all()?;
    let background = background_questions(&settings.workspace)?;
    let mut subjects = Vec::new();
    for id in &ids {
        match subject(settings, args, &background, id) {
            Ok(subject) => subjects.push(subject),
            Err(error) if settings.mentors.is_empty() && ids.len() > 1 => {
                console::warn(format_args!("`{id}` is skipped: {error}"));
            }
            Err(error) => return Err(error),
        }
    }
    if subjects.is_empty() {
        let message = format!("no configuration can be evaluated on {}", quoted_list(&ids));
        return Err(Error::new(message).hint(
            "add a second question to several answers in `classifier_data.csv`, or choose fewer \
             folds with --folds",
        ));
    }
    Ok(subjects)
}

fn subject(
    settings: &Settings,
    args: &TuneArgs,
    background: &BackgroundQuestions,
    id: &MentorId,
) -> Result<Subject> {
    let mentor = open::mentor(&settings.workspace, id)?;
    let folds = folds(&mentor, usize::from(args.folds), args.seed)
        .map_err(|e| e.or_at(Location::file(settings.workspace.mentor_data(id))))?;
    Ok(Subject { background: background.of(&mentor), mentor, folds })
}

/// Cross-validates each configuration on each mentor.
fn try_all(configurations: &[Configuration], subjects: &[Subject], seed: u64) -> Vec<Vec<Runs>> {
    let bar = Bar::new("");
    let folds: usize = subjects.iter().map(|subject| subject.folds.len()).sum();
    bar.start("tuning", configurations.len() * folds);
    let attempt = |configuration: &Configuration, subject: &Subject| {
        let vectors = configuration.vectors.clone();
        let options = TrainOptions { seed, vectors, ..TrainOptions::default() };
        let data =
            TrainingData { mentor: &subject.mentor, background_questions: &subject.background };
        cross_validate(data, &subject.folds, configuration.arch, &options, &bar)
            .map_err(|error| error.reason())
    };
    configurations
        .iter()
        .map(|configuration| subjects.iter().map(|s| attempt(configuration, s)).collect())
        .collect()
}

/// Prints which mentors cannot be trained with a configuration, and why.
fn note_failures(configuration: &Configuration, ids: &[&str], runs: &[Runs]) {
    let failed: Vec<&str> =
        ids.iter().zip(runs).filter(|(_, runs)| runs.is_err()).map(|(id, _)| *id).collect();
    let Some(reason) = runs.iter().find_map(|runs| runs.as_ref().err()) else { return };
    let of = if failed.len() == ids.len() {
        String::new()
    } else {
        format!(" for {}", quoted_list(failed))
    };
    console::note(format_args!("{configuration} is skipped{of}: {reason}"));
}

/// The runs of a configuration on all mentors, combined fold by fold.
fn pooled(runs: &[Runs]) -> Runs {
    let mut runs = runs.iter().cloned();
    let first = runs.next().unwrap_or_else(|| Ok(Vec::new()))?;
    runs.try_fold(first, |mut all, runs| {
        for (all, run) in all.iter_mut().zip(&runs?) {
            all.add(run);
        }
        Ok(all)
    })
}
