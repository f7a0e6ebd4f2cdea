//! Trains the mentors of a workspace and publishes a checkpoint.
//!
//! [`Workspace::train`] does everything in one call. A [`TrainingRun`] does the same step by step: begin, train
//! each mentor, publish. The command line uses it, so that the library and the command line train the same
//! models from the same workspace, byte for byte.
//!
//! ```
//! use mentorpal::{NoProgress, TrainRequest, Workspace};
//!
//! # let folder = std::env::temp_dir().join(format!("mentorpal-training-{}", std::process::id()));
//! # let data = folder.join("mentor/ada/data");
//! # std::fs::create_dir_all(&data).unwrap();
//! # std::fs::write(data.join("classifier_data.csv"),
//! #     "ID,topics,text,question\n1,,I am Ada.,Who are you?\n2,,In London.,Where do you live?\n")
//! #     .unwrap();
//! let workspace = Workspace::open(&folder)?;
//! let request = TrainRequest::new().arch("fusion_v1").name("first").seed(7);
//! let outcome = workspace.train(&request, &NoProgress)?;
//! assert_eq!(outcome.checkpoint.to_string(), "fusion_v1/first");
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), mentorpal::Error>(())
//! ```

mod labelled;
mod naming;
mod request;
mod run;

pub use request::TrainRequest;
pub use run::update_without_mentor;
pub use run::{MentorRun, MentorTraining, Published, TrainingRun};

use std::path::PathBuf;

use crate::checkpoint::CheckpointRef;
use crate::error::{Error, Result};
use crate::open::Warning;
use crate::progress::Progress;
use crate::workspace::{MentorId, Workspace};

/// The result of [`Workspace::train`].
#[derive(Debug)]
pub struct TrainOutcome {
    /// The name of the published checkpoint.
    pub checkpoint: CheckpointRef,
    /// The path of its folder.
    pub folder: PathBuf,
    /// The trained mentors: in the order of the request, or sorted by id if all mentors were
    /// requested.
    pub trained: Vec<MentorTraining>,
    /// The mentors that could not be trained; empty unless [`TrainRequest::keep_going`] was set.
    pub failed: Vec<FailedMentor>,
    /// The warnings of reading the mentors' data.
    pub warnings: Vec<Warning>,
}

/// A mentor that could not be trained.
#[derive(Debug)]
pub struct FailedMentor {
    /// The mentor.
    pub mentor: MentorId,
    /// Why it could not be trained.
    pub error: Error,
}

impl Workspace {
    /// Trains mentors and publishes a checkpoint.
    ///
    /// # Errors
    /// If the request cannot be carried out, a mentor cannot be trained (the error is that of the first one) and
    /// [`TrainRequest::keep_going`] is not set, or the checkpoint cannot be published.
    pub fn train(&self, request: &TrainRequest, progress: &dyn Progress) -> Result<TrainOutcome> {
        let mut run = TrainingRun::begin(self, request)?;
        let (mut trained, mut failed, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for id in run.mentors().to_vec() {
            let mentor = run.train_mentor(&id, progress)?;
            warnings.extend(mentor.warnings);
            match mentor.result {
                Ok(training) => trained.push(training),
                Err(error) if !request.keeps_going() => return Err(error),
                Err(error) => failed.push(FailedMentor { mentor: id, error }),
            }
        }
        let Published { checkpoint, folder } = run.publish()?;
        Ok(TrainOutcome { checkpoint, folder, trained, failed, warnings })
    }
}
