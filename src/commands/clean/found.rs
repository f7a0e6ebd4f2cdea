//! All that there is to remove in a workspace, measured while it is there, and what stays.

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

/// What there is to remove, or what was removed.
#[derive(Default)]
pub(super) struct Found {
    /// Checkpoints, then vector models.
    pub(super) published: Vec<Published>,
    /// What encoders gave before, which they give again.
    cache: Option<(PathBuf, u64)>,
    /// What interrupted downloads left.
    unfinished: Vec<(PathBuf, u64)>,
    /// What runs that were killed left of what they made.
    drafts: Vec<(PathBuf, u64)>,
    stays: Stays,
}

/// What stays, and is only told of.
#[derive(Clone, Default)]
struct Stays {
    /// Checkpoints of the older tool, which nothing can make again.
    legacy: Vec<CheckpointRef>,
    /// What else lies among the vector models, put there by hand.
    others: Vec<PathBuf>,
    /// Folders of checkpoints and vector models with files that are not part of them, put there by
    /// hand.
    with_others: Vec<(PathBuf, Vec<String>)>,
    /// Downloads that a run is using.
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
            stays: Stays { legacy, others, in_use, ..Stays::default() },
            ..Self::default()
        };
        let checkpoints = checkpoints.into_iter().map(What::Checkpoint);
        for what in checkpoints.chain(models.into_iter().map(What::Vectors)) {
            let folder = what.folder(workspace);
            match publish::unlisted_files(&folder, b"") {
                others if others.is_empty() => {
                    found.published.push(Published::find(workspace, what));
                }
                others => found.stays.with_others.push((folder, others)),
            }
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_unpublished = self.published.is_empty() && self.cache.is_none();
        is_unpublished && self.unfinished.is_empty() && self.drafts.is_empty()
    }

    /// Removes all of it, one after the other, up to the first that cannot be removed: what was
    /// removed, and the error, if there was one. Where `remote` was asked for copies, it is asked
    /// again right before each.
    pub(super) fn remove(
        self,
        workspace: &Workspace,
        remote: Option<&Remote>,
    ) -> (Self, Option<Error>) {
        let mut removed = Self { stays: self.stays.clone(), ..Self::default() };
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
            // A download may have begun meanwhile.
            if remote::remove_unfinished(&folder)? {
                removed.unfinished.push((folder, size));
            } else {
                removed.stays.in_use.push(folder);
            }
        }
        for parent in workspace.published_folders()? {
            let _held = publish::lock_dir(&parent);
            publish::remove_stale_drafts(&parent)
                .and_then(|()| remote::sweep_downloads(&parent))
                .map_err(|e| Error::io(&parent, "remove what killed runs left", e))?;
        }
        let is_gone = |(folder, _): &(PathBuf, u64)| !folder.exists();
        removed.drafts.extend(self.drafts.into_iter().filter(is_gone));
        Ok(())
    }

    pub(super) fn say(&self, args: &CleanArgs, done: &str) -> Result<()> {
        self.stays.say();
        if args.json {
            return self.say_json(args);
        }
        if self.is_empty() {
            return console::line("nothing to remove");
        }
        console::line(self.listing())?;
        console::line(format_args!("{done} {}", count(self.checkpoints().count(), "checkpoint")))
    }

    fn say_json(&self, args: &CleanArgs) -> Result<()> {
        let mut said = json!({
            "dry_run": args.dry_run,
            "checkpoints": self.checkpoints().map(ToString::to_string).collect::<Vec<_>>(),
            "kept": self.stays.legacy.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "vector_models": self.vector_models().map(Name::as_str).collect::<Vec<_>>(),
            "cache": self.cache.as_ref().map(|(folder, _)| console::path(folder)),
            "unfinished": paths(firsts(&self.unfinished)),
            "others": paths(&self.stays.others),
        });
        let with_others = |(folder, files): &(PathBuf, Vec<String>)| json!({ "folder": console::path(folder), "files": files });
        // Seldom there, and only said then.
        for (key, values) in [
            ("drafts", paths(firsts(&self.drafts))),
            ("with_other_files", self.stays.with_others.iter().map(with_others).collect()),
            ("in_use", paths(&self.stays.in_use)),
        ] {
            if !values.is_empty() {
                said[key] = values.into();
            }
        }
        console::json(&said)
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
        for (noun, folders) in
            [("unfinished downloads", &self.unfinished), ("drafts of killed runs", &self.drafts)]
        {
            if !folders.is_empty() {
                let size = folders.iter().map(|(_, size)| size).sum();
                table.add_row([noun.to_owned(), bytes(size)]);
            }
        }
        lines(&table)
    }
}

impl Stays {
    fn say(&self) {
        for name in &self.legacy {
            console::note(format_args!(
                "`{name}` stays: the older tool made it, and nothing can make it again"
            ));
        }
        for path in &self.others {
            console::note(format_args!(
                "`{}` stays: it is no vector model of this tool",
                path.display()
            ));
        }
        for (folder, files) in &self.with_others {
            console::note(format_args!(
                "`{}` stays: it holds files that are not part of it ({}); move them out of the \
                 folder, and run this again",
                folder.display(),
                quoted_list(files.iter().map(|file| file.escape_debug().to_string()))
            ));
        }
        for path in &self.in_use {
            console::note(format_args!("`{}` stays: a download is using it", path.display()));
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

/// What killed runs left of what they made, in all folders in which something is published.
fn drafts(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut drafts = Vec::new();
    for parent in workspace.published_folders()? {
        let found = publish::stale_drafts(&parent);
        drafts.extend(found.map_err(|e| Error::io(&parent, "list the folder", e))?);
    }
    Ok(drafts)
}

/// Paths as JSON has them.
fn paths<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Vec<Value> {
    paths.into_iter().map(|path| console::path(path).into()).collect()
}

/// What lies among the vector models and is none, sorted; what is hidden is this tool's own.
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

/// The size of the files below `folder`, as far as they can be listed; links are not followed.
pub(super) fn size_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
