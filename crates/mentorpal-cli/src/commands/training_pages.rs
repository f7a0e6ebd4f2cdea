//! HTML pages of training reports: after training, or from the report in a checkpoint.

use std::fs;
use std::path::{Path, PathBuf};

use super::{console, report_files};
use mentorpal::checkpoint::{Checkpoint, OLD_REPORT_FILE, REPORT_FILE};
use mentorpal::error::{Error, ErrorKind, Location, Result};
use mentorpal::evaluate::TrainingRecord;
use mentorpal::files;
use mentorpal::page;
use mentorpal::text::format::{quoted_list, shell_word};
use mentorpal::workspace::MentorId;

/// The destination of the pages: a file for one mentor, a folder for several.
pub(super) struct Pages<'a> {
    path: &'a Path,
    is_folder: bool,
}

impl<'a> Pages<'a> {
    /// Refuses a destination that cannot be written, before training.
    pub(super) fn at(path: &'a PathBuf, mentors: usize) -> Result<Self> {
        let is_folder = mentors > 1;
        if is_folder {
            report_files::check(&[], Some(path))?;
        } else {
            report_files::check(&[Some(path)], None)?;
        }
        Ok(Self { path, is_folder })
    }

    /// Writes the page of one mentor. Returns the path of the file.
    pub(super) fn write(&self, record: &TrainingRecord) -> Result<PathBuf> {
        let page = page::training_page(record)?;
        let path = if self.is_folder {
            let failed = |e| Error::io(self.path, "create the folder", e);
            fs::create_dir_all(self.path).map_err(failed)?;
            self.path.join(format!("{}.html", record.mentor))
        } else {
            self.path.to_owned()
        };
        files::write_atomically(&path, page.as_bytes())?;
        Ok(path)
    }
}

/// Writes the page of a mentor's training report in `checkpoint`.
pub(super) fn write_kept(
    checkpoint: &Checkpoint,
    mentor: Option<&str>,
    path: &PathBuf,
) -> Result<()> {
    let pages = Pages::at(path, 1)?;
    let mentors = &checkpoint.manifest()?.mentors;
    let mentor = match (mentor, mentors.keys().next()) {
        (Some(mentor), _) => mentor,
        (None, Some(only)) if mentors.len() == 1 => only,
        _ => {
            let what = format!(
                "checkpoint `{}` has several mentors: {}",
                checkpoint.name,
                quoted_list(mentors.keys())
            );
            return Err(Error::new(what).hint("select a mentor with --mentor MENTOR"));
        }
    };
    let mentor = MentorId::new(mentor)?;
    let Some(bytes) = checkpoint.report(&mentor)? else {
        return Err(no_figures(checkpoint, &mentor)?);
    };
    let place = Location::file(checkpoint.folder.join(mentor.as_str()).join(REPORT_FILE));
    let record = TrainingRecord::from_bytes(&bytes).map_err(|e| e.or_at(place))?;
    let path = pages.write(&record)?;
    console::note(format_args!("wrote {}", path.display()));
    Ok(())
}

/// Returns the error for a checkpoint without a training report.
fn no_figures(checkpoint: &Checkpoint, mentor: &MentorId) -> Result<Error> {
    let what =
        format!("checkpoint `{}` has no training report for mentor `{mentor}`", checkpoint.name);
    let error = Error::at(Location::file(&checkpoint.folder), what).with_kind(ErrorKind::NotFound);
    let train = format!(
        "train it again: `mentorpal train --mentor {} --checkpoint {} --update`",
        shell_word(mentor.as_str()),
        shell_word(&checkpoint.name.to_string())
    );
    let mut files = checkpoint.manifest()?.files_of(mentor);
    let has_page = files.any(|(file, _)| file == OLD_REPORT_FILE);
    Ok(error.hint(if has_page {
        format!(
            "an older version wrote `{mentor}/{OLD_REPORT_FILE}`, a page with a script: open it only \
             if you trust its author; or {train}"
        )
    } else {
        train
    }))
}
