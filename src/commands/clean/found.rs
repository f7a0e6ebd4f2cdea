//! Everything in a workspace that can be removed, with its size, and what is kept.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::console::{self, bytes, lines, table};
use super::published::{Published, What};
use crate::checkpoint::{self, CheckpointRef};
use crate::cli::CleanArgs;
use crate::error::{Error, Result};
use crate::publish;
use crate::remote::{self, Remote, Unfinished};
use crate::text::format::{count, quoted_list};
use crate::vectors;
use crate::workspace::{Name, Workspace};

/// The items to remove, or the removed items.
#[derive(Default)]
pub(super) struct Found {
    /// Checkpoints, then vector models.
    pub(super) published: Vec<Published>,
    /// The cache of sentence vectors, which can be computed again.
    cache: Option<(PathBuf, u64)>,
    /// The files of interrupted downloads.
    unfinished: Vec<(PathBuf, u64)>,
    /// The drafts of killed processes.
    drafts: Vec<(PathBuf, u64)>,
    kept: Kept,
}

/// What is kept and only reported.
#[derive(Clone, Default)]
struct Kept {
    /// Checkpoints of the Python pipeline, which cannot be created again.
    legacy: Vec<CheckpointRef>,
    /// Other files and folders among the vector models, which a user put there.
    others: Vec<PathBuf>,
    /// Folders of checkpoints and vector models that contain other files, which a user put there.
    with_others: Vec<(PathBuf, Vec<String>)>,
    /// Downloads that a process is using.
    in_use: Vec<PathBuf>,
}

impl Found {
    pub(super) fn in_workspace(workspace: &Workspace) -> Result<Self> {
        let (legacy, checkpoints) = checkpoint::names(workspace, None)?
            .into_iter()
            .partition::<Vec<_>, _>(|name| checkpoint::legacy(workspace, name).is_some());
        let models = vectors::names(workspace)?;
        let Unfinished { idle, in_use } = remote::unfinished_downloads(workspace)?;
        let cache = Some(workspace.vector_cache()).filter(|folder| folder.is_dir());
        let others = others(workspace, &models)?;
        let mut found = Self {
            cache: with_sizes(cache).pop(),
            unfinished: with_sizes(idle),
            drafts: with_sizes(drafts(workspace)?),
            kept: Kept { legacy, others, in_use, ..Kept::default() },
            ..Self::default()
        };
        let checkpoints = checkpoints.into_iter().map(What::Checkpoint);
        for what in checkpoints.chain(models.into_iter().map(What::Vectors)) {
            let folder = what.folder(workspace);
            match publish::unlisted_files(&folder, b"") {
                others if others.is_empty() => {
                    found.published.push(Published::find(workspace, what));
                }
                others => found.kept.with_others.push((folder, others)),
            }
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_unpublished = self.published.is_empty() && self.cache.is_none();
        is_unpublished && self.unfinished.is_empty() && self.drafts.is_empty()
    }

    /// Removes the items one by one until one fails; returns the removed items and the error, if any.
    /// With a `remote`, its copy is checked again before each removal.
    pub(super) fn remove(
        self,
        workspace: &Workspace,
        remote: Option<&Remote>,
    ) -> (Self, Option<Error>) {
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
        for published in self.published {
            if published.remove(workspace, remote)? {
                removed.published.push(published);
            }
        }
        if let Some((folder, size)) = self.cache {
            publish::remove_disposable(&folder)
                .map_err(|e| Error::io(&folder, "remove the folder", e))?;
            removed.cache = Some((folder, size));
        }
        for (folder, size) in self.unfinished {
            // A download may have started in the meantime.
            if remote::remove_unfinished(&folder)? {
                removed.unfinished.push((folder, size));
            } else {
                removed.kept.in_use.push(folder);
            }
        }
        for parent in workspace.published_folders()? {
            let _held = publish::lock_dir(&parent);
            publish::remove_stale_drafts(&parent)
                .and_then(|()| remote::sweep_downloads(&parent))
                .map_err(|e| Error::io(&parent, "remove the drafts of killed processes", e))?;
        }
        let is_gone = |(folder, _): &(PathBuf, u64)| !folder.exists();
        removed.drafts.extend(self.drafts.into_iter().filter(is_gone));
        Ok(())
    }

    pub(super) fn print(&self, args: &CleanArgs, done: &str) -> Result<()> {
        self.kept.report();
        if args.json {
            return self.print_json(args);
        }
        if self.is_empty() {
            return console::line("nothing to remove");
        }
        console::line(self.listing())?;
        console::line(format_args!("{done} {}", count(self.checkpoints().count(), "checkpoint")))
    }

    fn print_json(&self, args: &CleanArgs) -> Result<()> {
        let mut object = json!({
            "dry_run": args.dry_run,
            "checkpoints": self.checkpoints().map(ToString::to_string).collect::<Vec<_>>(),
            "kept": self.kept.legacy.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "vector_models": self.vector_models().map(Name::as_str).collect::<Vec<_>>(),
            "cache": self.cache.as_ref().map(|(folder, _)| console::path(folder)),
            "unfinished": paths(firsts(&self.unfinished)),
            "others": paths(&self.kept.others),
        });
        let with_others = |(folder, files): &(PathBuf, Vec<String>)| json!({ "folder": console::path(folder), "files": files });
        // These keys are present only if there is something to list.
        for (key, values) in [
            ("drafts", paths(firsts(&self.drafts))),
            ("with_other_files", self.kept.with_others.iter().map(with_others).collect()),
            ("in_use", paths(&self.kept.in_use)),
        ] {
            if !values.is_empty() {
                object[key] = values.into();
            }
        }
        console::json(&object)
    }

    fn checkpoints(&self) -> impl Iterator<Item = &CheckpointRef> {
        self.published.iter().filter_map(|published| match &published.what {
            What::Checkpoint(name) => Some(name),
            What::Vectors(_) => None,
        })
    }

    fn vector_models(&self) -> impl Iterator<Item = &Name> {
        self.published.iter().filter_map(|published| match &published.what {
            What::Checkpoint(_) => None,
            What::Vectors(name) => Some(name),
        })
    }

    pub(super) fn listing(&self) -> String {
        let mut table = table(["checkpoint", "size"], &[1]);
        for published in &self.published {
            let name = match &published.what {
                What::Checkpoint(name) => name.to_string(),
                What::Vectors(name) => format!("vector model {name}"),
            };
            table.add_row([name, bytes(published.size)]);
        }
        if let Some((_, size)) = &self.cache {
            table.add_row(["cached vectors".to_owned(), bytes(*size)]);
        }
        for (noun, folders) in [
            ("unfinished downloads", &self.unfinished),
            ("drafts of killed processes", &self.drafts),
        ] {
            if !folders.is_empty() {
                let size = folders.iter().map(|(_, size)| size).sum();
                table.add_row([noun.to_owned(), bytes(size)]);
            }
        }
        lines(&table)
    }
}

impl Kept {
    /// Prints why each item is kept.
    fn report(&self) {
        for name in &self.legacy {
            console::note(format_args!(
                "`{name}` is kept: the Python pipeline created it, and it cannot be created again"
            ));
        }
        for path in &self.others {
            console::note(format_args!("`{}` is kept: it is not a vector model", path.display()));
        }
        for (folder, files) in &self.with_others {
            console::note(format_args!(
                "`{}` is kept: it contains other files ({}); move them out of the folder and run the \
                 command again",
                folder.display(),
                quoted_list(files.iter().map(|file| file.escape_debug().to_string()))
            ));
        }
        for path in &self.in_use {
            console::note(format_args!("`{}` is kept: a download is using it", path.display()));
        }
    }
}

fn with_sizes(folders: impl IntoIterator<Item = PathBuf>) -> Vec<(PathBuf, u64)> {
    let with_size = |folder: PathBuf| {
        let size = size_below(&folder);
        (folder, size)
    };
    folders.into_iter().map(with_size).collect()
}

fn firsts(pairs: &[(PathBuf, u64)]) -> Vec<&PathBuf> {
    pairs.iter().map(|(first, _)| first).collect()
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

/// Paths as JSON values.
fn paths<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Value> {
    paths.into_iter().map(|path| console::path(path).into()).collect()
}

/// The files and folders among the vector models that are not vector models, sorted. Hidden ones
/// belong to this program and are left out.
fn others(workspace: &Workspace, models: &[Name]) -> Result<Vec<PathBuf>> {
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
pub(super) fn size_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
