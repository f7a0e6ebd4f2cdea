//! The background questions of a workspace: questions of other mentors, for calibration.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::checkpoint::background_digest;
use crate::classifiers::BackgroundQuestions;
use crate::error::Result;
use crate::mentor::Mentor;
use crate::workspace::{MentorId, Workspace};

/// Number of mentors that are in memory at the same time.
const BATCH_SIZE: usize = 8;

/// Reads the questions of all mentors of the workspace, whichever are trained, so that a mentor's model
/// does not depend on that choice. A mentor that cannot be read is left out.
///
/// # Errors
/// If the mentors cannot be listed.
pub fn background_questions(workspace: &Workspace) -> Result<BackgroundQuestions> {
    Ok(read_all(workspace, &workspace.mentor_ids()?, None))
}

/// Reads the questions of the mentors `ids`; those of the mentor `known` are not read again.
fn read_all(
    workspace: &Workspace,
    ids: &[MentorId],
    known: Option<&Mentor>,
) -> BackgroundQuestions {
    let known = |id: &MentorId| known.filter(|mentor| mentor.id == *id);
    let mut background = BackgroundQuestions::default();
    for ids in ids.chunks(BATCH_SIZE) {
        let load = |id: &MentorId| match known(id) {
            Some(_) => None,
            None => Mentor::load(workspace, id).ok(),
        };
        let loaded: Vec<_> = ids.par_iter().map(load).collect();
        // In the order of the ids: of equal questions, the first one's wording is used.
        for (id, loaded) in ids.iter().zip(&loaded) {
            if let Some(mentor) = known(id).or(loaded.as_ref().map(|(mentor, _)| mentor)) {
                background.add(mentor);
            }
        }
    }
    background
}

/// The background questions, read when they are first needed; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedBackground(Arc<OnceLock<Option<BackgroundQuestions>>>);

impl SharedBackground {
    /// The digest of the background questions of `mentor`; `None` if the mentors cannot be listed.
    pub(super) fn digest(&self, workspace: &Workspace, mentor: &Mentor) -> Option<String> {
        let read = || {
            let ids = workspace.mentor_ids().ok()?;
            // A mentor's own questions are never its background questions.
            let is_alone = ids.iter().all(|id| *id == mentor.id);
            Some(if is_alone {
                BackgroundQuestions::default()
            } else {
                read_all(workspace, &ids, Some(mentor))
            })
        };
        let background = self.0.get_or_init(read).as_ref();
        background.map(|background| background_digest(&background.of(mentor)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentor::fixture::mentor;

    /// Writes mentors with one answer each.
    fn workspace(folder: &tempfile::TempDir, mentors: &[(&str, &str)]) -> Workspace {
        let workspace = Workspace::open(folder.path()).unwrap();
        for (id, question) in mentors {
            let data = workspace.mentor_data(&MentorId::new(*id).unwrap());
            std::fs::create_dir_all(&data).unwrap();
            let rows = format!("ID,topics,text,question\n1,,Yes.,{question}\n");
            std::fs::write(data.join("classifier_data.csv"), rows).unwrap();
        }
        workspace
    }

    #[test]
    fn a_known_mentor_gives_the_background_that_training_reads() {
        let folder = tempfile::tempdir().unwrap();
        for mentors in [&[("ada", "Who are you?")][..], &[("ada", "Who?"), ("bob", "Where?")]] {
            let workspace = workspace(&folder, mentors);
            let ada = Mentor::load(&workspace, &MentorId::new("ada").unwrap()).unwrap().0;
            let trained = background_digest(&background_questions(&workspace).unwrap().of(&ada));
            assert_eq!(SharedBackground::default().digest(&workspace, &ada), Some(trained));
        }
    }

    #[test]
    fn without_a_folder_of_mentors_there_is_no_digest() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(folder.path()).unwrap();
        let ada = mentor("ada", "1,,I am.,Who are you?\n");
        assert_eq!(SharedBackground::default().digest(&workspace, &ada), None);
    }
}
