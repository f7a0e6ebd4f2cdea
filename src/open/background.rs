//! The background questions of a workspace: questions of other mentors, for calibration.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::checkpoint::background_digest;
use crate::classifiers::BackgroundQuestions;
use crate::error::Result;
use crate::mentor::Mentor;
use crate::workspace::Workspace;

/// Number of mentors that are in memory at the same time.
const BATCH_SIZE: usize = 8;

/// Reads the questions of all mentors of the workspace, whichever are trained, so that a mentor's model
/// does not depend on that choice. A mentor that cannot be read is left out.
///
/// # Errors
/// If the mentors cannot be listed.
pub fn background_questions(workspace: &Workspace) -> Result<BackgroundQuestions> {
    let ids = workspace.mentor_ids()?;
    let mut background = BackgroundQuestions::default();
    for ids in ids.chunks(BATCH_SIZE) {
        let load = |id| Mentor::load(workspace, id).ok();
        let mentors: Vec<_> = ids.par_iter().map(load).collect();
        // In the order of the ids: of equal questions, the first one's wording is used.
        mentors.into_iter().flatten().for_each(|(mentor, _)| background.add(&mentor));
    }
    Ok(background)
}

/// The background questions, read when they are first needed; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedBackground(Arc<OnceLock<Option<BackgroundQuestions>>>);

impl SharedBackground {
    /// The digest of the background questions of `mentor`; `None` if the mentors cannot be listed.
    pub(super) fn digest(&self, workspace: &Workspace, mentor: &Mentor) -> Option<String> {
        let background = self.0.get_or_init(|| background_questions(workspace).ok()).as_ref();
        background.map(|background| background_digest(&background.of(mentor)))
    }
}
