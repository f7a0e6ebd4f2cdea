//! Removing what killed runs left, wherever it lies in the workspace.

use crate::publish;
use crate::remote;
use crate::workspace::Workspace;

/// Removes the drafts of killed runs, and what their downloads left that no run can go on with.
/// Best effort: what another run holds is left to that run, and what fails to a later one.
pub(super) fn sweep(workspace: &Workspace) {
    for parent in workspace.published_folders().unwrap_or_default() {
        let Some(_held) = publish::try_lock_dir(&parent) else { continue };
        let swept =
            publish::remove_stale_drafts(&parent).and_then(|()| remote::sweep_downloads(&parent));
        if let Err(error) = swept {
            tracing::debug!(path = %parent.display(), %error, "what killed runs left stays");
        }
    }
}
