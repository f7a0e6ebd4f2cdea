//! Settings, resolved once: flag, then environment, then `mentorpal.toml`, then the default.
//!
//! | setting | flag | environment | `mentorpal.toml` | default |
//! |---|---|---|---|---|
//! | workspace | `--workspace` | `MENTORPAL` | | nearest folder upward with `mentorpal.toml`, else here |
//! | architecture | `--arch` | `ARCH` | `arch` | `fusion_v1` |
//! | checkpoint | `--checkpoint` | `CHECKPOINT` | `checkpoint` | the one created last |
//! | mentor | `--mentor` | `MENTOR` | | all, or the only one |
//! | test set | `--test-set` | `TEST_SET` | `test_set` | the mentor's only one |
//! | vector model | `--vectors` | | `vectors` | `embedded` |
//! | remote | | `MENTORPAL_REMOTE` | `[remote] url` | none |
//! | when a checkpoint is made | | `SOURCE_DATE_EPOCH`, in seconds | | now |
//!
//! How a remote is reached, [`RemoteSettings`] says. Those of the Hugging Face Hub are the environment's alone, as for its own tools:
//! [`HubSettings`](crate::vectors::HubSettings).

mod fault;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::checkpoint::{self, CheckpointRef, Picked};
use crate::classifiers::registry;
use crate::error::{Error, Location, Result};
use crate::files;
use crate::remote::{RemoteSettings, RemoteTable};
use crate::text::format::quoted_list;
use crate::workspace::{Name, Workspace};

/// What the setting `vectors` says where none is wanted.
pub const NO_VECTORS: &str = "none";

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--workspace`
    pub workspace: Option<PathBuf>,
    /// `--arch`
    pub arch: Option<String>,
    /// `--checkpoint`
    pub checkpoint: Option<String>,
    /// `--mentor`, which may be repeated.
    pub mentors: Vec<String>,
    /// `--test-set`
    pub test_set: Option<String>,
    /// `--vectors`
    pub vectors: Option<String>,
}

/// The checkpoint to use, and why it is the one.
#[derive(Debug)]
pub struct Chosen {
    /// Its name.
    pub name: CheckpointRef,
    /// What chose it.
    pub by: ChosenBy,
}

/// What chose the checkpoint to use.
#[derive(Debug)]
pub enum ChosenBy {
    /// A flag or the environment names it.
    Name,
    /// `mentorpal.toml` names it.
    SettingsFile,
    /// It is the one created last; the errors say why other checkpoints were left out.
    Creation(Vec<Error>),
}

/// What was meant.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything lies.
    pub workspace: Workspace,
    /// The architecture.
    pub arch: Name,
    /// Whether a flag, the environment or `mentorpal.toml` names the architecture.
    pub is_arch_named: bool,
    /// Whether the checkpoint asked for must be of the architecture: what names the architecture goes
    /// before what names the checkpoint, or is the same.
    is_arch_binding: bool,
    /// The checkpoint asked for by flag or environment, as typed.
    pub named_checkpoint: Option<String>,
    /// The stable checkpoint of `mentorpal.toml`, where it belongs to the architecture.
    pub stable_checkpoint: Option<String>,
    /// The mentors asked for; empty where none was.
    pub mentors: Vec<Name>,
    /// The test set asked for, without `.csv`.
    pub test_set: Option<Name>,
    /// The vector model asked for, if one was: its name, or [`NO_VECTORS`].
    pub vectors: Option<Name>,
    /// Where checkpoints are shared, if anywhere.
    pub remote: Option<RemoteSettings>,
}

/// `mentorpal.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    arch: Option<String>,
    checkpoint: Option<String>,
    test_set: Option<String>,
    vectors: Option<String>,
    #[serde(default)]
    remote: RemoteTable,
}

impl Settings {
    /// Resolves the settings; `environment` looks a variable up, `here` is the current folder.
    /// An empty variable counts as unset. In one that is no Unicode, but for `MENTORPAL`, `\u{fffd}`
    /// stands in for what is none: it names nothing that is there, and is said to be missing.
    ///
    /// # Errors
    /// When the workspace is no folder, `mentorpal.toml` cannot be used, or a name is none.
    pub fn resolve(
        flags: &Flags,
        environment: impl Fn(&str) -> Option<OsString>,
        here: &Path,
    ) -> Result<Self> {
        let raw = |name: &str| environment(name).filter(|value| !value.is_empty());
        let environment = |name: &str| Some(raw(name)?.to_string_lossy().into_owned());
        let root = flags.workspace.clone().or_else(|| raw("MENTORPAL").map(PathBuf::from));
        let workspace = root.map_or_else(|| Ok(Workspace::nearest(here)), Workspace::open)?;
        let file = SettingsFile::read(&workspace)?;

        let arch = flags.arch.clone().or_else(|| environment("ARCH"));
        let is_arch_named = arch.is_some() || file.arch.is_some();
        let is_arch_binding =
            flags.arch.is_some() || (flags.checkpoint.is_none() && arch.is_some());
        let file_arch = file.arch.unwrap_or_else(|| registry::DEFAULT.to_owned());
        // The stable checkpoint is one of the file's architecture, or of the one it is written with,
        // and not of another one.
        let stable_checkpoint = file.checkpoint.filter(|name| {
            let its_arch = name.split_once('/').map_or(file_arch.as_str(), |(arch, _)| arch);
            arch.as_ref().is_none_or(|arch| arch == its_arch)
        });
        let arch = Name::new("architecture", arch.unwrap_or(file_arch))?;
        let mut mentors = flags.mentors.clone();
        if mentors.is_empty() {
            mentors.extend(environment("MENTOR"));
        }
        let mut names: Vec<Name> = Vec::new();
        for id in mentors {
            let name = Name::new("mentor", id)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let test_set = flags.test_set.clone().or_else(|| environment("TEST_SET")).or(file.test_set);
        let test_set =
            test_set.map(|name| Name::new("test set", without_ending(&name))).transpose()?;
        let vectors = flags.vectors.clone().or(file.vectors);
        let vectors = vectors.map(|name| Name::new("vector model", name)).transpose()?;
        let named_checkpoint = flags.checkpoint.clone().or_else(|| environment("CHECKPOINT"));
        let remote = RemoteSettings::resolve(file.remote, &workspace, environment)?;
        Ok(Self {
            workspace,
            arch,
            is_arch_named,
            is_arch_binding,
            named_checkpoint,
            stable_checkpoint,
            mentors: names,
            test_set,
            vectors,
            remote,
        })
    }

    /// The settings of `mentorpal.toml` and the defaults alone, without flags and environment.
    ///
    /// # Errors
    /// If `mentorpal.toml` cannot be used, or a name in it is invalid.
    pub fn of_workspace(workspace: &Workspace) -> Result<Self> {
        let flags = Flags { workspace: Some(workspace.root().to_owned()), ..Flags::default() };
        Self::resolve(&flags, |_| None, workspace.root())
    }

    /// As [`Settings::resolve`], with the process's environment and current folder.
    ///
    /// # Errors
    /// As there, and when the current folder is gone.
    pub fn resolve_here(flags: &Flags) -> Result<Self> {
        let here = std::env::current_dir()
            .map_err(|e| Error::io(Path::new("."), "find the current folder", e))?;
        Self::resolve(flags, |name| std::env::var_os(name), &here)
    }

    /// The checkpoint to use: the one asked for, else the stable one, else the one created last, of
    /// the architecture where one is named.
    ///
    /// # Errors
    /// When the name is none, or there is no checkpoint yet.
    pub fn checkpoint(&self) -> Result<Chosen> {
        if let Some(name) = self.asked_for()? {
            return Ok(Chosen { name, by: ChosenBy::Name });
        }
        if let Some(name) = self.stable()? {
            return Ok(Chosen { name, by: ChosenBy::SettingsFile });
        }
        let arch = self.is_arch_named.then_some(&self.arch);
        if arch.is_some_and(|arch| !self.workspace.arch(arch).is_dir()) {
            registry::find(self.arch.as_str())?;
        }
        let Picked { name, passed_over } =
            checkpoint::created_last(&self.workspace, arch, &self.arch)?;
        Ok(Chosen { name, by: ChosenBy::Creation(passed_over) })
    }

    /// The checkpoint that a flag or the environment names, if one does.
    ///
    /// # Errors
    /// When the name is none, or of another architecture than the one asked for.
    pub fn asked_for(&self) -> Result<Option<CheckpointRef>> {
        let Some(text) = &self.named_checkpoint else { return Ok(None) };
        let name = CheckpointRef::parse(text, &self.arch)?;
        if self.is_arch_binding && name.arch != self.arch {
            let what = format!("checkpoint `{name}` is not of the architecture `{}`", self.arch);
            return Err(Error::new(what)
                .hint("leave one of the two out: --arch or ARCH, or the part before the `/`"));
        }
        Ok(Some(name))
    }

    /// The checkpoint that `mentorpal.toml` names, if it does and the architecture is not another one.
    ///
    /// # Errors
    /// When the name is none.
    pub fn stable(&self) -> Result<Option<CheckpointRef>> {
        let stable = self.stable_checkpoint.as_deref();
        stable.map(|name| CheckpointRef::parse(name, &self.arch)).transpose()
    }

    /// The mentors asked for, or all.
    ///
    /// # Errors
    /// When there are none.
    pub fn mentors_or_all(&self) -> Result<Vec<Name>> {
        if !self.mentors.is_empty() {
            return Ok(self.mentors.clone());
        }
        let all = self.workspace.mentor_ids()?;
        if all.is_empty() {
            let place = Location::file(self.workspace.mentors());
            return Err(Error::at(place, "no mentor has a `data` folder")
                .hint("a mentor's files belong in `mentor/<mentor>/data/`"));
        }
        Ok(all)
    }

    /// The one mentor asked for, or the only one there is.
    ///
    /// # Errors
    /// When several were asked for, or there are several and none was.
    pub fn one_mentor(&self) -> Result<Name> {
        let all = self.mentors_or_all()?;
        match all.as_slice() {
            [one] => Ok(one.clone()),
            several => Err(Error::new("which mentor? one is asked at a time")
                .hint(format!("choose with --mentor or MENTOR: {}", quoted_list(several)))),
        }
    }
}

/// A test set's name without its file's ending, which may be in capitals as the file's.
fn without_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("csv") => stem,
        _ => name,
    }
}

impl SettingsFile {
    fn read(workspace: &Workspace) -> Result<Self> {
        let path = workspace.settings_file();
        if files::is_absent(&path) {
            return Ok(Self::default());
        }
        let fault = |message: &str| Error::at(Location::file(&path), message.trim_end());
        let decoded = files::read_text(&path)?;
        let inexact = decoded.notes.first().filter(|_| !decoded.is_exact);
        // A name in another encoding would be another name: this file must be all UTF-8 (or UTF-16).
        if let Some(note) = decoded.fault.as_ref().or(inexact) {
            return Err(fault(&note.message).hint("save it as UTF-8"));
        }
        toml::from_str(&decoded.text).map_err(|e| {
            fault(&fault::shown(&decoded.text, &e)).hint(
                "keys are `arch`, `checkpoint`, `test_set`, `vectors`, and `url`, `endpoint`, \
                 `region`, `ca_file` under `[remote]`",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(toml: &str, flags: &Flags, environment: &[(&str, &str)]) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mentorpal.toml"), toml).unwrap();
        let look_up = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        Settings::resolve(flags, look_up, &folder.path().join("."))
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let file = "arch = 'from_file'";
        let flags = Flags { arch: Some("from_flag".into()), ..Flags::default() };
        let environment = [("ARCH", "from_env")];
        let arch = |toml, flags: &Flags, environment: &[(&str, &str)]| {
            resolve(toml, flags, environment).unwrap().arch.to_string()
        };
        assert_eq!(arch(file, &flags, &environment), "from_flag");
        assert_eq!(arch(file, &Flags::default(), &environment), "from_env");
        assert_eq!(arch(file, &Flags::default(), &[("ARCH", "")]), "from_file");
        assert_eq!(arch("", &Flags::default(), &[]), "fusion_v1");
    }

    #[test]
    fn the_stable_checkpoint_belongs_to_its_architecture() {
        let file = "arch = 'fusion_v1'\ncheckpoint = 'stable'";
        let stable = |environment: &[(&str, &str)]| {
            resolve(file, &Flags::default(), environment).unwrap().stable_checkpoint
        };
        assert_eq!(stable(&[]).as_deref(), Some("stable"));
        assert_eq!(stable(&[("ARCH", "lstm_v1")]), None);
    }

    #[test]
    fn unknown_keys_and_escaping_names_are_refused() {
        let error = resolve("archs = 'x'", &Flags::default(), &[]).unwrap_err();
        assert!(error.to_string().contains("archs"), "{error}");
        assert!(resolve("", &Flags::default(), &[("MENTOR", "../x")]).is_err());
    }
}
