//! The result of verifying a checkpoint, as text and as JSON.

use serde_json::json;

use super::console::{self, GOOD};
use mentorpal::checkpoint::{CheckpointRef, CorruptFile};
use mentorpal::error::{Error, Result};
use mentorpal::secrets;
use mentorpal::text::format::count;

/// The file at which an error occurred, as a fault of the checkpoint.
pub(super) fn fault(error: &Error) -> CorruptFile {
    let path = error.place().map(|place| place.path.clone());
    CorruptFile { path: path.unwrap_or_default(), what: error.reason() }
}

/// Prints why an existing checkpoint cannot be opened.
pub(super) fn report_unopened(name: &CheckpointRef, error: &Error, as_json: bool) -> Result<()> {
    console::error(error);
    if as_json {
        VerifyReport { files: 0, digests: true, faults: vec![fault(error)] }.json_line(name)?;
    }
    Ok(())
}

/// The result of verifying a checkpoint's files.
pub(super) struct VerifyReport {
    /// The number of files, including the manifest.
    pub(super) files: usize,
    /// Whether the checkpoint has digests to compare the files with.
    pub(super) digests: bool,
    /// The files that are missing or differ.
    pub(super) faults: Vec<CorruptFile>,
}

impl VerifyReport {
    /// Prints the result; returns whether no file is missing or differs.
    pub(super) fn report(&self, name: &CheckpointRef, as_json: bool) -> Result<bool> {
        let Self { files, digests, faults } = self;
        for fault in faults {
            console::warn(format_args!("{}: {}", fault.path.display(), fault.what));
        }
        if as_json {
            self.json_line(name)?;
        } else if !faults.is_empty() {
            console::line(format_args!("{name}: {}", count(faults.len(), "fault")))?;
        } else if *digests {
            console::line(format_args!("{name}: {GOOD}valid{GOOD:#}, {}", count(*files, "file")))?;
        } else {
            console::line(format_args!(
                "{name}: readable, {}; checkpoints of the Python pipeline have no digests to verify",
                count(*files, "file")
            ))?;
        }
        Ok(faults.is_empty())
    }

    fn json_line(&self, name: &CheckpointRef) -> Result<()> {
        // The text may come from a server, so it is masked as a message.
        let fault = |fault: &CorruptFile| json!({ "path": console::path(&fault.path), "what": secrets::masked(&fault.what) });
        console::json(&json!({
            "arch": name.arch.as_str(),
            "checkpoint": name.checkpoint.as_str(),
            "files": self.files,
            "digests": self.digests,
            "faults": self.faults.iter().map(fault).collect::<Vec<_>>(),
        }))
    }
}
