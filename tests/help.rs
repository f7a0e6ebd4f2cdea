//! `--help`, completions, `--version`, pipes and colours.

use std::fs;
use std::io::{ErrorKind, Write};
use std::process::Stdio;

use crate::support::{ADA, KillOnDrop, Sandbox, until};

/// All verbs and subverbs, as the help texts list them.
fn verbs(sandbox: &Sandbox, before: &str) -> Vec<String> {
    let words: Vec<&str> = before.split_whitespace().chain(["--help"]).collect();
    let help = sandbox.run(&words).code(0).stdout;
    let commands = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
    let lines = commands.lines().take_while(|line| !line.is_empty());
    // A name is indented by two spaces, and the following lines of its description by more.
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let verbs = names.filter(|name| !name.is_empty() && *name != "help").flat_map(|name| {
        let verb = format!("{before} {name}").trim_start().to_owned();
        let subverbs = verbs(sandbox, &verb);
        std::iter::once(verb).chain(subverbs)
    });
    verbs.collect()
}

#[test]
fn the_help_of_every_verb_has_an_example_of_it() {
    let sandbox = Sandbox::empty();
    let verbs = verbs(&sandbox, "");
    assert!(verbs.len() > 20, "{verbs:?}");
    for verb in verbs {
        let words: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
        let run = sandbox.run(&words).code(0).prints("Usage: mentorpal ");
        run.prints(&format!("Examples:\n  mentorpal {verb}"));
    }
}

#[test]
fn help_lists_every_verb() {
    let run = Sandbox::empty().run(&["--help"]).code(0);
    insta::assert_snapshot!(run.shown());
}

#[test]
fn usage_errors_exit_with_2() {
    let sandbox = Sandbox::ada();
    sandbox.run(&[]).code(2).says("Usage");
    sandbox.run(&["trian"]).code(2).says("'train'");
    sandbox.run(&["train", "--checkpont", "x"]).code(2).says("'--checkpoint'");
    sandbox.run(&["ask", "a", "--batch", "b"]).code(2).says("'--batch <FILE>'");
    sandbox.run(&["ask", "a", "--alternatives", "10"]).code(2).says("0..=9");
}

#[test]
fn the_version_is_that_of_the_crate() {
    let run = Sandbox::empty().run(&["--version"]).code(0);
    assert_eq!(run.stdout, concat!("mentorpal ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_contain_the_verbs() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish"] {
        sandbox.run(&["completions", shell]).code(0).prints("mentorpal").prints("checkpoints");
    }
}

#[test]
fn bash_accepts_its_completions() {
    let sandbox = Sandbox::empty();
    let script = sandbox.run(&["completions", "bash"]).code(0).stdout;
    sandbox.write("completions.bash", &script);
    sandbox.finish(sandbox.program("bash").args(["-n", "completions.bash"])).code(0);
}

/// The output is larger than a pipe, and only one line of it is read.
#[test]
fn a_closed_pipe_ends_the_command_without_an_error() {
    let sandbox = Sandbox::empty();
    let rows: Vec<_> = (0..2000).map(|i| format!("a{i},Life,Answer {i}.,word{i}\n")).collect();
    sandbox.mentor("m", &format!("ID,topics,text,question\n{}", rows.concat()));
    let output = sandbox.run(&["mentors", "m", "--all"]).code(0);
    assert!(output.stdout.len() > 100_000, "{}", output.stdout.len());
    let binary = env!("CARGO_BIN_EXE_mentorpal");
    let line = format!("'{binary}' mentors m --all | head -n 1; exit ${{PIPESTATUS[0]}}");
    let run = sandbox.finish(sandbox.program("bash").args(["-c", &line])).code(0);
    assert_eq!([run.stdout, run.stderr], ["m the Tested, Example (m)\n", ""]);
}

/// Runs a command whose stdout is closed at once.
fn run_with_closed_stdout(sandbox: &Sandbox, arguments: &[&str]) -> Option<i32> {
    let mut command = sandbox.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = KillOnDrop(command.spawn().expect("the binary runs"));
    drop(child.0.stdout.take());
    exit_code(&mut child)
}

fn exit_code(child: &mut KillOnDrop) -> Option<i32> {
    let mut status = None;
    until("its end", || {
        status = child.0.try_wait().expect("it can be waited for");
        status.is_some()
    });
    status?.code()
}

#[test]
fn closed_stdout_does_not_change_the_exit_code() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", ADA);
    let train = ["train", "--json", "--checkpoint", "x", "--csv", "tables"];
    assert_eq!(run_with_closed_stdout(&sandbox, &train), Some(0));
    sandbox.run(&["checkpoints", "verify", "x"]).code(0).prints("fusion_v1/x");
    assert!(sandbox.path().join("tables/shares.csv").is_file());
    // An exact match whose answer the test set does not mark.
    sandbox.write("checkpoint/tests/ada/standard.csv", ",,Who are you?\n,I lived in London.,i\n");
    for json in [&["--json"][..], &[]] {
        let test = ["test", "--fail-under", "0.5", "--html", "r.html"];
        assert_eq!(run_with_closed_stdout(&sandbox, &[&test, json].concat()), Some(1));
        fs::remove_file(sandbox.path().join("r.html")).expect("it was written");
    }
    assert_eq!(run_with_closed_stdout(&sandbox, &["mentors", "eve"]), Some(2));
}

/// Like `yes | mentorpal ask | head -1`.
#[test]
fn a_batch_ends_when_stdout_is_closed() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let mut command = sandbox.command(&["ask", "--batch", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = KillOnDrop(command.spawn().expect("the binary runs"));
    drop(child.0.stdout.take());
    let mut questions = child.0.stdin.take().expect("a pipe");
    // More than the pipe and the buffer can contain.
    let refused = (0..1 << 20).find_map(|_| questions.write_all(b"Who are you?\n").err());
    assert_eq!(refused.map(|error| error.kind()), Some(ErrorKind::BrokenPipe));
    assert_eq!(exit_code(&mut child), Some(0));
}

#[test]
fn output_has_colours_only_on_a_terminal() {
    let sandbox = Sandbox::ada();
    for arguments in [
        &["train", "--checkpoint", "one"][..],
        &["test"],
        &["compare", "one", "one"],
        &["ask", "Who are you?"],
        &["mentors", "ada"],
        &["checkpoints"],
        &["checkpoints", "verify"],
        &["init"],
        &["train", "--nonsense"],
        &["--help"],
    ] {
        let run = sandbox.run(arguments);
        assert!(!run.stdout.is_empty() || !run.stderr.is_empty(), "{run}");
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run}");
    }
}
