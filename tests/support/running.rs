//! Running processes. A process that hangs fails its test, and every process ends with its test.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Run;

/// The time limit of a command. A command that takes longer hangs, even on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// A process that is killed when dropped.
pub(crate) struct KillOnDrop(pub(crate) Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running command.
pub(super) struct Running {
    command: String,
    folder: PathBuf,
    child: KillOnDrop,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
}

impl Running {
    /// Starts a command in the workspace `folder`.
    pub(super) fn start(command: &mut Command, folder: &Path) -> Self {
        let shown = format!("{command:?}");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{shown}: {e}"));
        let stdout = gather(child.stdout.take().expect("it is piped"));
        let stderr = gather(child.stderr.take().expect("it is piped"));
        Self { command: shown, folder: folder.to_owned(), child: KillOnDrop(child), stdout, stderr }
    }

    /// Waits until the command ends.
    pub(super) fn finish(mut self) -> Run {
        let mut status = None;
        until(&format!("the end of {}", self.command), || {
            status = self.child.0.try_wait().expect("a command can be waited for");
            status.is_some()
        });
        let text = |reader: JoinHandle<_>| reader.join().expect("output can be read");
        let (stdout, stderr) = (text(self.stdout), text(self.stderr));
        let status = status.expect("it ended");
        Run::new(self.command, &self.folder, Output { status, stdout, stderr })
    }
}

/// Starts all commands, each in its own folder, before it waits for any of them.
pub(crate) fn at_once(commands: impl IntoIterator<Item = Command>) -> Vec<Run> {
    let start = |mut command: Command| {
        let folder = command.get_current_dir().expect("a folder to run in").to_owned();
        Running::start(&mut command, &folder)
    };
    let running: Vec<_> = commands.into_iter().map(start).collect();
    running.into_iter().map(Running::finish).collect()
}

/// Waits until a condition holds.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIME_LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {TIME_LIMIT:?} for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Reads a stream to its end in a thread, so that the command never blocks on its output.
fn gather(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("output can be read");
        bytes
    })
}
