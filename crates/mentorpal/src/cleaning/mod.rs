//! Removing local checkpoints, vector models and temporary files.
//!
//! | file | contents |
//! |---|---|
//! | `item.rs` | one checkpoint or vector model: comparison with its remote copy, and removal |
//! | `drafts.rs` | what killed runs left behind |

mod drafts;
mod item;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::drafts::remove_stale_drafts;
pub use self::item::{CleanableItem, ItemName};

use crate::checkpoint::{self, CheckpointRef};
use crate::error::{Error, Result};
use crate::publish;
use crate::remote::{self, Remote, Unfinished};
use crate::vectors;
use crate::workspace::{VectorModelName, Workspace};

/// A file or folder with its size.
#[derive(Clone, Debug)]
pub struct SizedPath {
    /// Its path.
    pub path: PathBuf,
    /// The bytes of all its files.
    pub bytes: u64,
}

/// The items that can be removed from a workspace, or were removed, and the items that are kept.
#[derive(Clone, Debug, Default)]
pub struct Cleanable {
    /// Checkpoints, then vector models.
    pub items: Vec<CleanableItem>,
    /// The cache of sentence vectors, which can be computed again.
    pub cache: Option<SizedPath>,
    /// The files of interrupted downloads.
    pub unfinished: Vec<SizedPath>,
    /// The drafts of killed runs.
    pub drafts: Vec<SizedPath>,
    /// The items that are not removed.
    pub kept: Kept,
}

/// The items that are kept and only reported.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Checkpoints of the Python pipeline, which cannot be created again.
    pub legacy: Vec<CheckpointRef>,
    /// Other files and folders among the vector models, which a user put there, sorted.
    pub others: Vec<PathBuf>,
    /// Folders of checkpoints and vector models that contain other files.
    pub with_others: Vec<MixedFolder>,
    /// Downloads that a process is using.
    pub in_use: Vec<PathBuf>,
}

/// The folder of a checkpoint or vector model that contains other files.
#[derive(Clone, Debug)]
pub struct MixedFolder {
    /// The path of the folder.
    pub folder: PathBuf,
    /// The names of the other files, which a user put there.
    pub others: Vec<String>,
}

impl Cleanable {
    /// Finds what can be removed from `workspace`.
    ///
    /// # Errors
    /// If a folder of the workspace cannot be listed.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        let (legacy, checkpoints) = checkpoint::names(workspace, None)?
            .into_iter()
            .partition::<Vec<_>, _>(|name| checkpoint::legacy(workspace, name).is_some());
        let models = vectors::names(workspace)?;
        let Unfinished { idle, in_use } = remote::unfinished_downloads(workspace)?;
        let cache = Some(workspace.vector_cache()).filter(|folder| folder.is_dir());
        let others = others(workspace, &models)?;
        let mut found = Self {
            cache: cache.map(SizedPath::of),
            unfinished: idle.into_iter().map(SizedPath::of).collect(),
            drafts: drafts(workspace)?.into_iter().map(SizedPath::of).collect(),
            kept: Kept { legacy, others, in_use, ..Kept::default() },
            ..Self::default()
        };
        let checkpoints = checkpoints.into_iter().map(ItemName::Checkpoint);
        for name in checkpoints.chain(models.into_iter().map(ItemName::Vectors)) {
            let folder = name.folder(workspace);
            match publish::unlisted_files(&folder, b"") {
                others if others.is_empty() => {
                    found.items.push(CleanableItem::find(workspace, name));
                }
                others => found.kept.with_others.push(MixedFolder { folder, others }),
            }
        }
        Ok(found)
    }

    /// Returns whether there is nothing to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_unpublished = self.items.is_empty() && self.cache.is_none();
        is_unpublished && self.unfinished.is_empty() && self.drafts.is_empty()
    }

    /// The checkpoints among the items.
    pub fn checkpoints(&self) -> impl Iterator<Item = &CheckpointRef> {
        self.items.iter().filter_map(|item| match &item.name {
            ItemName::Checkpoint(name) => Some(name),
            ItemName::Vectors(_) => None,
        })
    }

    /// The vector models among the items.
    pub fn vector_models(&self) -> impl Iterator<Item = &VectorModelName> {
        self.items.iter().filter_map(|item| match &item.name {
            ItemName::Checkpoint(_) => None,
            ItemName::Vectors(name) => Some(name),
        })
    }

    /// Removes the items one by one until one fails; returns the removed items and the error, if any.
    /// With a `remote`, its copy is checked again before each removal.
    #[must_use]
    pub fn remove(self, workspace: &Workspace, remote: Option<&Remote>) -> (Self, Option<Error>) {
        let mut removed = Self { kept: self.kept.clone(), ..Self::default() };
        let failed = self.remove_into(&mut removed, workspace, remote).err();
        (removed, failed)
    }

    fn remove_into(
        self,
        removed: &mut Self,
        workspace: &Workspace,
        remote: Option<&Remote>,
    ) -> Result<()> {
        for item in self.items {
            if item.remove(workspace, remote)? {
                removed.items.push(item);
            }
        }
        if let Some(cache) = self.cache {
            publish::remove_disposable(&cache.path)
                .map_err(|e| Error::io(&cache.path, "remove the folder", e))?;
            removed.cache = Some(cache);
        }
        for unfinished in self.unfinished {
            // A download may have started in the meantime.
            if remote::remove_unfinished(&unfinished.path)? {
                removed.unfinished.push(unfinished);
            } else {
                removed.kept.in_use.push(unfinished.path);
            }
        }
        for parent in workspace.published_folders()? {
            let _held = publish::lock_dir(&parent);
            publish::remove_stale_drafts(&parent)
                .and_then(|()| remote::sweep_downloads(&parent))
                .map_err(|e| Error::io(&parent, "remove the drafts of killed processes", e))?;
        }
        removed.drafts.extend(self.drafts.into_iter().filter(|draft| !draft.path.exists()));
        Ok(())
    }
}

impl SizedPath {
    fn of(path: PathBuf) -> Self {
        let bytes = bytes_below(&path);
        Self { path, bytes }
    }
}

/// The drafts of killed processes in all folders of published items.
fn drafts(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut drafts = Vec::new();
    for parent in workspace.published_folders()? {
        let found = publish::stale_drafts(&parent);
        drafts.extend(found.map_err(|e| Error::io(&parent, "list the folder", e))?);
    }
    Ok(drafts)
}

/// The files and folders among the vector models that are not vector models, sorted. Hidden ones
/// belong to this program and are left out.
fn others(workspace: &Workspace, models: &[VectorModelName]) -> Result<Vec<PathBuf>> {
    let folder = workspace.vector_models();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |e| Error::io(&folder, "list the folder", e);
    let mut others = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_known = name.to_str().is_some_and(|name| models.iter().any(|model| model.is(name)));
        if !is_known && !name.to_string_lossy().starts_with('.') {
            others.push(folder.join(name));
        }
    }
    others.sort();
    Ok(others)
}

/// The total size of the readable files below `folder`; links are not followed.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
