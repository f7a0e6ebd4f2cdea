//! Removes the files that killed runs left in the workspace.

use crate::publish;
use crate::remote;
use crate::workspace::Workspace;

/// Removes the drafts of killed runs, and their partial downloads that no run can resume. A folder that another
/// run uses is skipped, and errors are logged only: the next run tries again.
pub fn remove_stale_drafts(workspace: &Workspace) {
    for parent in workspace.published_folders().unwrap_or_default() {
        let Some(_held) = publish::try_lock_dir(&parent) else { continue };
        let swept =
            publish::remove_stale_drafts(&parent).and_then(|()| remote::sweep_downloads(&parent));
        if let Err(error) = swept {
            tracing::debug!(path = %parent.display(), %error, "stale files were not removed");
        }
    }
}
