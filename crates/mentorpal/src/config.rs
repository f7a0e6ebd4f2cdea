//! Settings. Each is resolved once, from the flag, else the environment, else `mentorpal.toml`, else
//! the default.
//!
//! | setting | flag | environment | `mentorpal.toml` | default |
//! |---|---|---|---|---|
//! | workspace | `--workspace` | `MENTORPAL` | | nearest parent folder with `mentorpal.toml`, else the current folder |
//! | architecture | `--arch` | `ARCH` | `arch` | `fusion_v1` |
//! | checkpoint | `--checkpoint` | `CHECKPOINT` | `checkpoint` | the newest |
//! | mentor | `--mentor` | `MENTOR` | | all mentors, or the only mentor |
//! | test set | `--test-set` | `TEST_SET` | `test_set` | the mentor's only test set |
//! | vector model | `--vectors` | | `vectors` | `embedded` |
//! | remote | | `MENTORPAL_REMOTE` | `[remote] url` | none |
//! | creation time of a checkpoint | | `SOURCE_DATE_EPOCH`, in seconds | | now |
//!
//! [`RemoteSettings`] lists the settings of a remote. The settings of the Hugging Face Hub come from
//! the environment only, as in the Hub's own tools: see [`HubSettings`](crate::vectors::HubSettings).

mod parse_error;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::checkpoint::{self, CheckpointRef, Picked};
use crate::classifiers::registry;
use crate::error::{Error, ErrorKind, Location, Result};
use crate::files;
use crate::remote::{RemoteSettings, RemoteTable};
use crate::text::format::quoted_list;
use crate::workspace::{ArchName, MentorId, TestSetName, VectorModelName, Workspace};

/// The value of the setting `vectors` that disables vectors.
pub const NO_VECTORS: &str = "none";

/// Command-line flags.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--workspace`
    pub workspace: Option<PathBuf>,
    /// `--arch`
    pub arch: Option<String>,
    /// `--checkpoint`
    pub checkpoint: Option<String>,
    /// `--mentor`, which may be given several times.
    pub mentors: Vec<String>,
    /// `--test-set`
    pub test_set: Option<String>,
    /// `--vectors`
    pub vectors: Option<String>,
}

/// The checkpoint to use, and the source of the choice.
#[derive(Debug)]
pub struct Chosen {
    /// The name of the checkpoint.
    pub name: CheckpointRef,
    /// The source of the choice.
    pub by: ChosenBy,
}

/// The source that determined the checkpoint to use.
#[derive(Debug)]
pub enum ChosenBy {
    /// A flag or an environment variable.
    Name,
    /// The `checkpoint` setting of `mentorpal.toml`.
    SettingsFile,
    /// The newest checkpoint. The errors are those of checkpoints that could not be read and were
    /// skipped.
    Creation(Vec<Error>),
}

/// The resolved settings of a command.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The workspace.
    pub workspace: Workspace,
    /// The architecture.
    pub arch: ArchName,
    /// Whether the architecture comes from a flag, the environment or `mentorpal.toml`.
    pub is_arch_named: bool,
    /// Whether the requested checkpoint must have the requested architecture: the source of the
    /// architecture has at least the precedence of the source of the checkpoint.
    is_arch_binding: bool,
    /// The checkpoint requested by flag or environment variable, as given.
    pub named_checkpoint: Option<String>,
    /// The stable checkpoint of `mentorpal.toml`, if it belongs to the architecture.
    pub stable_checkpoint: Option<String>,
    /// The requested mentors; empty if none was requested.
    pub mentors: Vec<MentorId>,
    /// The requested test set, without `.csv`.
    pub test_set: Option<TestSetName>,
    /// The name of the requested vector model, or [`NO_VECTORS`].
    pub vectors: Option<VectorModelName>,
    /// The remote that checkpoints are shared on, if one is configured.
    pub remote: Option<RemoteSettings>,
}

/// The content of `mentorpal.toml`.
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
    /// Resolves the settings. `environment` looks up a variable; `here` is the current folder.
    /// An empty variable counts as unset. In every variable but `MENTORPAL`, invalid Unicode is replaced
    /// by U+FFFD, so the name will be reported as not found.
    ///
    /// # Errors
    /// If the workspace is not a folder, `mentorpal.toml` is invalid, or a name is invalid.
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
        // The stable checkpoint has the architecture of its own name, else of the file, and is ignored
        // if another architecture is requested.
        let stable_checkpoint = file.checkpoint.filter(|name| {
            let its_arch = name.split_once('/').map_or(file_arch.as_str(), |(arch, _)| arch);
            arch.as_ref().is_none_or(|arch| arch == its_arch)
        });
        let arch = ArchName::new(arch.unwrap_or(file_arch))?;
        let mut mentors = flags.mentors.clone();
        if mentors.is_empty() {
            mentors.extend(environment("MENTOR"));
        }
        let mut names: Vec<MentorId> = Vec::new();
        for id in mentors {
            let name = MentorId::new(id)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let test_set = flags.test_set.clone().or_else(|| environment("TEST_SET")).or(file.test_set);
        let test_set = test_set.map(|name| TestSetName::new(without_ending(&name))).transpose()?;
        let vectors = flags.vectors.clone().or(file.vectors);
        let vectors = vectors.map(VectorModelName::new).transpose()?;
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

    /// Resolves the settings with the process's environment and current folder.
    ///
    /// # Errors
    /// Like [`Settings::resolve`], and if the current folder no longer exists.
    pub fn resolve_here(flags: &Flags) -> Result<Self> {
        let here = std::env::current_dir()
            .map_err(|e| Error::io(Path::new("."), "find the current folder", e))?;
        Self::resolve(flags, |name| std::env::var_os(name), &here)
    }

    /// The checkpoint to use: the requested one, else the stable one, else the newest of the requested
    /// architecture, or of all architectures if none is requested.
    ///
    /// # Errors
    /// If the name is invalid or there is no checkpoint.
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

    /// The checkpoint requested by flag or environment variable.
    ///
    /// # Errors
    /// If the name is invalid, or the checkpoint is not of the requested architecture.
    pub fn asked_for(&self) -> Result<Option<CheckpointRef>> {
        let Some(text) = &self.named_checkpoint else { return Ok(None) };
        let name = CheckpointRef::parse(text, &self.arch)?;
        if self.is_arch_binding && name.arch != self.arch {
            let what = format!("checkpoint `{name}` is not of architecture `{}`", self.arch);
            return Err(Error::new(what)
                .hint("omit --arch and ARCH, or the part of the name before the `/`"));
        }
        Ok(Some(name))
    }

    /// The stable checkpoint of `mentorpal.toml`, unless another architecture is requested.
    ///
    /// # Errors
    /// If the name is invalid.
    pub fn stable(&self) -> Result<Option<CheckpointRef>> {
        let stable = self.stable_checkpoint.as_deref();
        stable.map(|name| CheckpointRef::parse(name, &self.arch)).transpose()
    }

    /// The requested mentors, or all mentors if none was requested.
    ///
    /// # Errors
    /// If the workspace has no mentor.
    pub fn mentors_or_all(&self) -> Result<Vec<MentorId>> {
        if !self.mentors.is_empty() {
            return Ok(self.mentors.clone());
        }
        let all = self.workspace.mentor_ids()?;
        if all.is_empty() {
            let place = Location::file(self.workspace.mentors());
            return Err(Error::at(place, "no mentor has a `data` folder")
                .with_kind(ErrorKind::NotFound)
                .hint("put the files of a mentor into `mentor/<mentor>/data/`"));
        }
        Ok(all)
    }

    /// The requested mentor, or the only mentor of the workspace.
    ///
    /// # Errors
    /// If several mentors were requested, or none was and the workspace has several.
    pub fn one_mentor(&self) -> Result<MentorId> {
        let all = self.mentors_or_all()?;
        match all.as_slice() {
            [one] => Ok(one.clone()),
            several => Err(Error::new("expected one mentor, got several")
                .hint(format!("choose one with --mentor or MENTOR: {}", quoted_list(several)))),
        }
    }
}

/// A test set's name without the extension `.csv` in either case.
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
        let invalid = |message: &str| Error::at(Location::file(&path), message.trim_end());
        let decoded = files::read_text(&path)?;
        let inexact = decoded.notes.first().filter(|_| !decoded.is_exact);
        // Names decoded with the wrong encoding would differ, so the file must be UTF-8 or UTF-16.
        if let Some(note) = decoded.fault.as_ref().or(inexact) {
            return Err(invalid(&note.message).hint("save the file as UTF-8"));
        }
        toml::from_str(&decoded.text).map_err(|e| {
            invalid(&parse_error::masked(&decoded.text, &e)).hint(
                "use only these keys: `arch`, `checkpoint`, `test_set`, `vectors`, and `url`, `endpoint`, \
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
    fn the_stable_checkpoint_is_ignored_for_another_architecture() {
        let file = "arch = 'fusion_v1'\ncheckpoint = 'stable'";
        let stable = |environment: &[(&str, &str)]| {
            resolve(file, &Flags::default(), environment).unwrap().stable_checkpoint
        };
        assert_eq!(stable(&[]).as_deref(), Some("stable"));
        assert_eq!(stable(&[("ARCH", "lstm_v1")]), None);
    }

    #[test]
    fn unknown_keys_and_names_outside_the_workspace_are_errors() {
        let error = resolve("archs = 'x'", &Flags::default(), &[]).unwrap_err();
        assert!(error.to_string().contains("archs"), "{error}");
        assert!(resolve("", &Flags::default(), &[("MENTOR", "../x")]).is_err());
    }
}
