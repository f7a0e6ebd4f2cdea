//! Ten concurrent uploads and ten concurrent downloads, without locks on the server.

use super::server::Disk;
use super::{Files, THERE, checkpoint, command, here, names, put_here, run, workspace};
use crate::support::{self, Run, Sandbox};

const EACH: usize = 10;
const SIZE: usize = 300_000;

/// The URL of a remote, and further environment variables of the commands.
type Remote<'a> = (&'a str, &'a [(&'static str, String)]);

/// Runs all commands concurrently, each in its own workspace.
fn at_once<'a>(
    remote: Remote,
    commands: impl IntoIterator<Item = (&'a Sandbox, &'a [&'a str])>,
) -> Vec<Run> {
    support::at_once(commands.into_iter().map(|(sandbox, arguments)| {
        let mut command = command(sandbox, remote.0, arguments);
        command.envs(remote.1.iter().map(|(name, value)| (name, value)));
        // Ten concurrent runs may be slow, but none of them may fail.
        command.env("MENTORPAL_REMOTE_TIMEOUT", "20");
        command
    }))
}

/// Uploads ten different checkpoints with the same name while ten runs download it, and returns the
/// number of the winner.
pub(super) fn race(remote: Remote, there: impl Fn() -> Files) -> Files {
    let uploaders: Vec<Sandbox> = (0..EACH).map(|_| workspace()).collect();
    for (seed, sandbox) in uploaders.iter().enumerate() {
        put_here(sandbox, "x", &checkpoint(seed as u8, SIZE));
    }
    let downloaders: Vec<Sandbox> = (0..EACH).map(|_| workspace()).collect();
    let (up, down): (&[&str], &[&str]) = (&["upload", "x", "--json"], &["download", "x", "--json"]);
    let both = uploaders.iter().map(|one| (one, up)).zip(downloaders.iter().map(|one| (one, down)));
    let runs = at_once(remote, both.flat_map(|(up, down)| [up, down]));
    let (uploads, downloads): (Vec<_>, Vec<_>) =
        runs.into_iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let winners: Vec<usize> =
        uploads.iter().filter(|(_, run)| run.code == Some(0)).map(|(i, _)| i / 2).collect();
    assert_eq!(
        winners.len(),
        1,
        "{}",
        uploads.iter().map(|(_, run)| run.to_string()).collect::<String>()
    );
    let won = checkpoint(winners[0] as u8, SIZE);
    assert_eq!(there(), won);
    for (i, run) in uploads {
        if i / 2 != winners[0] {
            // In a bucket, the winner may not have finished yet.
            let run = run.code(2);
            let kind = run.error()["kind"].clone();
            assert!(kind == "already_exists" || kind == "conflict", "{run}");
        }
    }
    for (i, run) in downloads {
        let found = here(&downloaders[i / 2], "x");
        if run.code == Some(0) {
            assert_eq!(found, won, "{run}");
        } else {
            assert_eq!(run.code(2).error()["kind"], "not_found");
            assert_eq!(found, Files::new());
        }
    }
    for run in at_once(remote, downloaders.iter().map(|one| (one, down))) {
        run.code(0);
    }
    assert!(downloaders.iter().all(|one| here(one, "x") == won));
    won
}

#[test]
fn one_of_ten_uploads_with_the_same_name_wins() {
    let disk = Disk::serve();
    race((&disk.url, &[]), || disk.files(&format!("{THERE}/x")));
    assert_eq!(disk.names(THERE), ["x"]);
    let folder = Sandbox::empty();
    let url = format!("file://{}", folder.path().display());
    race((&url, &[]), || folder.files(&format!("{THERE}/x")));
    assert_eq!(folder.names(THERE), ["x"]);
}

#[test]
fn ten_uploads_of_the_same_checkpoint_cooperate() {
    let disk = Disk::serve();
    let sandboxes: Vec<Sandbox> = (0..EACH).map(|_| workspace()).collect();
    for sandbox in &sandboxes {
        put_here(sandbox, "x", &checkpoint(1, SIZE));
    }
    let upload: &[&str] = &["upload", "x", "--json"];
    for run in at_once((&disk.url, &[]), sandboxes.iter().map(|one| (one, upload))) {
        run.code(0);
    }
    assert_eq!(names(disk.names(THERE)).0, ["x"]);
    let mut found = disk.files(&format!("{THERE}/x"));
    found.retain(|path, _| !path.starts_with('.'));
    assert_eq!(found, checkpoint(1, SIZE));
    run(&sandboxes[0], &disk.url, &["checkpoints", "verify", "--remote"]).code(0);
}

#[test]
fn one_of_ten_downloads_in_one_workspace_is_kept() {
    let (disk, sandbox) = (Disk::serve(), workspace());
    super::put_there(&disk, "x", &checkpoint(1, SIZE));
    let download: &[&str] = &["download", "x", "--json"];
    for run in at_once((&disk.url, &[]), [(&sandbox, download); EACH]) {
        run.code(0);
    }
    assert_eq!(here(&sandbox, "x"), checkpoint(1, SIZE));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}
