//! Ctrl-C and other signals: drafts are removed at once, and existing files are kept.
#![cfg(unix)]

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::support::{FUSION, KillOnDrop, Sandbox, until};

/// Starts a command and sends it the signal as soon as `parent` contains a draft. Returns the exit
/// code and the names in `parent`.
fn interrupt(
    sandbox: &Sandbox,
    arguments: &[&str],
    parent: &str,
    signal: &str,
) -> (i32, Vec<String>) {
    let mut command = sandbox.command(arguments);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut child = KillOnDrop(child);
    let draft = format!(".draft-{}-0", child.0.id());
    until("a draft", || sandbox.names(parent).contains(&draft));
    send(signal, child.0.id());
    let mut code = None;
    until("its end", || {
        code = child.0.try_wait().unwrap();
        code.is_some()
    });
    (code.unwrap().code().expect("it ends by itself"), sandbox.names(parent))
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args(["-s", signal, &process.to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn interrupted_training_keeps_existing_checkpoints() {
    let sandbox = Sandbox::guide();
    sandbox.train("x");
    let before = sandbox.checkpoint("x");
    let train = ["train", "--checkpoint", "x", "--overwrite", "--seed", "1"];
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        assert_eq!(interrupt(&sandbox, &train, FUSION, signal), (code, vec!["x".to_owned()]));
        assert_eq!(sandbox.checkpoint("x"), before);
    }
}

#[test]
fn an_interrupted_vectors_command_leaves_nothing() {
    let sandbox = Sandbox::empty();
    // Adding this file takes some seconds.
    let rows = (0..200_000).map(|i| format!("word{i}{}\n", format!(" 0.{i}").repeat(20)));
    sandbox.write("words.txt", rows.collect::<String>());
    let models = "checkpoint/vector_models";
    let add = ["vectors", "add", "words.txt"];
    assert_eq!(interrupt(&sandbox, &add, models, "INT"), (130, Vec::new()));
}

// `nohup` and background jobs of a shell start programs like this.
#[test]
fn an_ignored_signal_stays_ignored() {
    let sandbox = Sandbox::guide();
    let mut shell = sandbox.program("sh");
    shell.arg("-c").arg("trap '' HUP INT; exec \"$0\" train --checkpoint x");
    shell.arg(env!("CARGO_BIN_EXE_mentorpal")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = KillOnDrop(shell.process_group(0).spawn().unwrap());
    let draft = format!(".draft-{}-0", child.0.id());
    until("a draft", || sandbox.checkpoint_names().contains(&draft));
    send("HUP", child.0.id());
    send("INT", child.0.id());
    let status = child.0.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(sandbox.checkpoint_names(), ["x"]);
}
