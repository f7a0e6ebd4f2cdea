//! What replaces the download in a build without the feature `hub`.

use super::{DownloadRequest, HubSettings};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::vectors::store::Added;
use crate::workspace::Workspace;

/// Returns an error: this build has no downloads from the Hub.
///
/// # Errors
/// Always.
pub fn download(
    _workspace: &Workspace,
    _settings: &HubSettings,
    _request: &DownloadRequest,
    _progress: &dyn Progress,
) -> Result<Added> {
    Err(Error::missing_feature("hub", "downloads from the Hugging Face Hub"))
}
