//! Test workspaces, child processes and the output of commands.

mod failure;
mod request;
mod require;
mod run;
mod running;
mod warning;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use failure::{Failure, failure};
pub(crate) use request::Request;
pub(crate) use require::{require, require_program};
pub(crate) use run::{Run, close, number};
use running::Running;
pub(crate) use running::{KillOnDrop, at_once, until};
pub(crate) use warning::{Warning, finding, note};

/// The folder of the repository.
pub(crate) fn repository() -> &'static Path {
    let program = Path::new(env!("CARGO_MANIFEST_DIR"));
    program.ancestors().nth(2).expect("the crate is in `crates/`")
}

/// A temporary folder that is deleted when dropped. Most tests use it as a workspace.
pub(crate) struct Sandbox {
    dir: TempDir,
}

/// An address without a server: no test uses the real Hub.
const NO_HUB: &str = "http://127.0.0.1:1";

/// The folder of the `fusion_v1` checkpoints in a workspace.
pub(crate) const FUSION: &str = "checkpoint/classifiers/fusion_v1";

/// The `classifier_data.csv` of a small mentor with enough questions to measure accuracy.
pub(crate) const ADA: &str = "\
ID,topics,text,question
ada_1,Life,I am Ada Lovelace.,\"What is your name?
Who are you?
what do people call you
tell me your name please\"
ada_2,Life,I lived in London.,\"Where do you live?
Where is your home?
what city do you live in
your home town\"
ada_3,Work,I wrote the first program.,\"What did you write?
Did you write a program?
what program was it that you wrote
tell me about the first program\"
ada_4,Work,The engine was never built.,\"Was the engine ever built?
Did they build the engine?
what became of the engine
is there an engine to see\"
";

/// The data of a second mentor.
pub(crate) const BOB: &str = "\
ID,topics,text,question
bob_1,Life,I bake bread.,\"What is your trade?
what do you do for work\"
bob_2,Life,I sing in a choir.,\"Do you sing?
which choir are you in\"
";

/// A test set for [`ADA`]: two paraphrases, one exact match, one out-of-scope question, and a
/// column without a mark.
pub(crate) const ADA_TEST: &str = "\
,,what is your full name,in which city is your home,Was the engine ever built?,do you like cheese,unmarked
name,I am Ada Lovelace.,i,,,,
home,I lived in London.,,R,,,x
engine,The engine was never built.,,,I,,
off,_OFF_TOPIC_,,,,i,
";

/// The environment variables of the test process that child processes inherit.
const INHERITED: [&str; 18] = [
    "PATH",
    "TMPDIR",
    // Library paths, without which some builds cannot start.
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    // The output files of `cargo llvm-cov`, options of sanitizers, and the format of panics.
    "LLVM_PROFILE_FILE",
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
    "RUST_BACKTRACE",
    // Variables that programs need on Windows.
    "SystemRoot",
    "SystemDrive",
    "ComSpec",
    "PATHEXT",
    "TEMP",
    "TMP",
    "NUMBER_OF_PROCESSORS",
];

impl Sandbox {
    /// Creates an empty folder.
    pub(crate) fn empty() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Creates a workspace with the mentor `ada` and its test set `standard`.
    pub(crate) fn ada() -> Self {
        let sandbox = Self::empty();
        sandbox.mentor("ada", ADA);
        sandbox.write("checkpoint/tests/ada/standard.csv", ADA_TEST);
        sandbox
    }

    /// Creates a workspace with a copy of the sample mentor of the repository, `guide`.
    pub(crate) fn guide() -> Self {
        let sandbox = Self::empty();
        let data = repository().join("mentor/guide/data");
        for (name, bytes) in files_below(&data) {
            sandbox.write(&format!("mentor/guide/data/{name}"), bytes);
        }
        sandbox
    }

    /// Creates a workspace with a copy of the sample mentor and its test set.
    pub(crate) fn guide_with_tests() -> Self {
        let sandbox = Self::guide();
        let tests = repository().join("checkpoint/tests");
        copy_folder(&tests, &sandbox.path().join("checkpoint/tests"));
        sandbox
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file and creates its parent folders.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
        fs::write(path, content).expect("a file can be written");
    }

    /// Writes several files into a folder.
    pub(crate) fn write_all(&self, folder: &str, files: &BTreeMap<String, Vec<u8>>) {
        for (path, bytes) in files {
            self.write(&format!("{folder}/{path}"), bytes);
        }
    }

    /// Replaces a file of ada's model and updates its record in the manifest.
    pub(crate) fn forge(&self, checkpoint: &str, file: &str, bytes: &[u8]) {
        self.write(&format!("{checkpoint}/ada/{file}"), bytes);
        let path = format!("{checkpoint}/manifest.json");
        let manifest = fs::read(self.path().join(&path)).expect("a manifest");
        let mut manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        manifest["files"][format!("ada/{file}")] =
            json!({ "size": bytes.len(), "sha256": mentorpal::sha256::digest(bytes) });
        self.write(&path, manifest.to_string());
    }

    /// Returns the content of every file in a folder by relative path; empty if there is no folder.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files_below(&self.path().join(folder))
    }

    /// Returns the sorted names in a folder, including hidden ones; empty if there is no folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(folder)).into_iter().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let mut names: Vec<_> =
            entries.map(|entry| name(entry.expect("a folder can be listed"))).collect();
        names.sort();
        names
    }

    /// Returns every file of the `fusion_v1` checkpoint `name`; empty if it does not exist.
    pub(crate) fn checkpoint(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        self.files(&format!("{FUSION}/{name}"))
    }

    /// Returns the sorted names in the folder of `fusion_v1` checkpoints, including hidden ones.
    pub(crate) fn checkpoint_names(&self) -> Vec<String> {
        self.names(FUSION)
    }

    /// Writes the `classifier_data.csv` of a mentor, and defaults for its other files.
    pub(crate) fn mentor(&self, id: &str, classifier_data: &str) {
        let data = format!("mentor/{id}/data");
        self.write(&format!("{data}/classifier_data.csv"), classifier_data);
        self.write(&format!("{data}/topics.csv"), "Life,About Me\nWork,About Work\n");
        self.write(
            &format!("{data}/profile.yml"),
            format!("name: {id} the Tested\nshort_name: {id}\ntitle: Example\n"),
        );
        self.write(
            &format!("{data}/utterance_data.csv"),
            "ID,utterance,situation\nu1,Hello.,_INTRO_\nu2,I cannot say.,_OFF_TOPIC_\n\
             u3,Ask something else.,_OFF_TOPIC_\n",
        );
    }

    /// Returns a command that runs the binary in this folder, without the caller's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_mentorpal"));
        command.args(arguments);
        command
    }

    /// Returns a command that runs a program in this folder. Of the caller's environment, the
    /// command inherits only the [`INHERITED`] variables.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir(self.path()).stdin(Stdio::null()).env_clear();
        command.envs(INHERITED.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        command.env("HOME", self.path().join("home")).env("LANG", "C.UTF-8");
        // Otherwise a `mentorpal.toml` in a parent folder could be used, because this folder has
        // none.
        command.env("MENTORPAL", self.path()).env("SOURCE_DATE_EPOCH", "1700000000");
        command.env("HF_HOME", self.path().join("huggingface")).env("HF_ENDPOINT", NO_HUB);
        command
    }

    /// Runs a command until it ends.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.finish(&mut self.command(arguments))
    }

    /// Runs a command with further environment variables.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
        self.finish(self.command(arguments).envs(variables.iter().copied()))
    }

    /// Runs a command with `input` as its standard input.
    pub(crate) fn run_on(&self, input: &str, arguments: &[&str]) -> Run {
        self.write(".stdin", input);
        let input = fs::File::open(self.path().join(".stdin")).expect("just written");
        self.finish(self.command(arguments).stdin(input))
    }

    /// Runs a command from [`Sandbox::command`] or [`Sandbox::program`] until it ends.
    pub(crate) fn finish(&self, command: &mut Command) -> Run {
        Running::start(command, self.path()).finish()
    }

    /// Trains the checkpoint `name`.
    pub(crate) fn train(&self, name: &str) {
        self.run(&["train", "--checkpoint", name]).code(0);
    }
}

/// Copies a file, or a folder with all its contents.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder can be made");
        for entry in fs::read_dir(from).expect("a folder can be listed") {
            let entry = entry.expect("an entry can be read");
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("folders can be made");
        fs::copy(from, to).expect("a file can be copied");
    }
}

fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a folder can be listed").path();
        let name = path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        if path.is_dir() {
            let below = files_below(&path).into_iter();
            files.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            files.insert(name, fs::read(&path).expect("a file can be read"));
        }
    }
    files
}
