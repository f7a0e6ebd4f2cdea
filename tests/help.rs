//! `--help`, completions, `--version`, pipes and colours.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::Sandbox;

const VERBS: [&[&str]; 21] = [
    &["train"],
    &["test"],
    &["compare"],
    &["tune"],
    &["ask"],
    &["mentors"],
    &["checkpoints"],
    &["checkpoints", "show"],
    &["checkpoints", "verify"],
    &["vectors"],
    &["vectors", "add"],
    &["vectors", "distill"],
    &["vectors", "list"],
    &["vectors", "show"],
    &["vectors", "verify"],
    &["vectors", "download"],
    &["init"],
    &["download"],
    &["upload"],
    &["clean"],
    &["new"],
];

#[test]
fn every_verb_helps_with_an_example_of_itself() {
    let sandbox = Sandbox::empty();
    for verb in VERBS {
        let run = sandbox.run(&[verb, &["--help"]].concat()).code(0);
        run.prints("Usage: mentorpal ")
            .prints(&format!("Examples:\n  mentorpal {}", verb.join(" ")));
    }
}

#[test]
fn help_lists_every_verb() {
    let run = Sandbox::empty().run(&["--help"]).code(0);
    for verb in VERBS.iter().filter(|verb| verb.len() == 1) {
        assert!(run.stdout.contains(&format!("\n  {} ", verb[0])), "{verb:?}\n{run}");
    }
    insta::assert_snapshot!(run.shown());
}

#[test]
fn wrong_use_exits_with_2() {
    let sandbox = Sandbox::ada();
    sandbox.run(&[]).code(2).says("Usage");
    sandbox.run(&["trian"]).code(2).says("'train'");
    sandbox.run(&["train", "--checkpont", "x"]).code(2).says("'--checkpoint'");
    sandbox.run(&["ask", "a", "--batch", "b"]).code(2).says("cannot be used with");
    sandbox.run(&["ask", "a", "--alternatives", "10"]).code(2).says("0..=9");
}

#[test]
fn the_version_is_the_crates() {
    let run = Sandbox::empty().run(&["--version"]).code(0);
    assert_eq!(run.stdout, concat!("mentorpal ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_know_the_verbs() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish"] {
        sandbox.run(&["completions", shell]).code(0).prints("mentorpal").prints("checkpoints");
    }
}

#[test]
fn bash_can_read_its_completions() {
    let sandbox = Sandbox::empty();
    let script = sandbox.run(&["completions", "bash"]).code(0).stdout;
    sandbox.write("completions.bash", &script);
    let read = Command::new("bash").arg("-n").arg(sandbox.path().join("completions.bash")).output();
    let Ok(read) = read else {
        eprintln!("skipped: bash is not installed");
        return;
    };
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

/// As `mentorpal … | head -1`: of an output larger than a pipe holds, one line is read.
#[test]
fn a_reader_that_stops_reading_ends_it_quietly() {
    let sandbox = Sandbox::empty();
    let rows: Vec<_> = (0..2000).map(|i| format!("a{i},Life,Answer {i}.,word{i}\n")).collect();
    sandbox.mentor("m", &format!("ID,topics,text,question\n{}", rows.concat()));
    let whole = sandbox.run(&["mentors", "m", "--all"]).code(0);
    assert!(whole.stdout.len() > 100_000, "{}", whole.stdout.len());
    let mut command = sandbox.command(&["mentors", "m", "--all"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut line = String::new();
    // Read and dropped.
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(line, "m the Tested, Example (m)\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn there_is_no_colour_but_on_a_terminal() {
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
