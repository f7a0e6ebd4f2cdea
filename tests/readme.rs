//! The README's examples do and print what it says.
//!
//! Each `console` block is run line by line in a copy of the repository's own workspace, and what
//! it prints must be what the block shows, training times aside. `README_UPDATE=1 cargo test
//! --test end_to_end readme` writes what is printed into the README, to be read before it is
//! committed.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, copy_folder};

const BLOCK: &str = "```console\n";

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let sandbox = Sandbox::empty();
    for part in ["mentor", "checkpoint/tests", "mentorpal.toml"] {
        copy_folder(&root.join(part), &sandbox.path().join(part));
    }
    let mut updated = String::new();
    let mut rest = readme.as_str();
    let mut examples = 0;
    while let Some((before, block)) = rest.split_once(BLOCK) {
        let (block, after) = block.split_once("```").expect("a block ends");
        updated += &format!("{before}{BLOCK}");
        for (command, expected) in commands(block) {
            let printed = run(&sandbox, command);
            updated += &format!("$ {command}\n{printed}");
            examples += 1;
            if std::env::var_os("README_UPDATE").is_none() {
                assert_eq!(plain(&printed), plain(&expected), "`{command}` prints\n{printed}");
            }
        }
        updated += "```";
        rest = after;
    }
    assert!(examples >= 10, "only {examples} examples found in the README");
    if std::env::var_os("README_UPDATE").is_some() {
        fs::write(root.join("README.md"), updated + rest).unwrap();
    }
}

/// A block's commands, each with what the block shows of its output.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("a block begins with a command, not with {line:?}"),
        }
    }
    commands
}

/// Runs a line in the shell, in a workspace shown as `~/mentorpal`; both streams together.
fn run(sandbox: &Sandbox, command: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_mentorpal"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = sandbox.program("bash");
    shell.args(["-c", &format!("exec 2>&1; {command}")]);
    shell.env("PATH", path).env("SOURCE_DATE_EPOCH", "1778000000").env_remove("MENTORPAL");
    let run = sandbox.finish(&mut shell);
    let folder = fs::canonicalize(sandbox.path()).unwrap();
    run.stdout.replace(folder.to_str().unwrap(), "~/mentorpal")
}

/// The text without training times (below a head that ends with `seconds`, or a value in JSON), and
/// with confidences to four places: processors differ in the last ones.
fn plain(text: &str) -> String {
    let mut is_below = false;
    let line = |line: &str| {
        let (start, last) = line.rsplit_once(' ').unwrap_or_default();
        let is_timed = is_below && is_seconds(last);
        is_below = is_timed || last == "seconds";
        let line = if is_timed { start.trim_end() } else { line };
        match line.split_once("\"seconds\":") {
            Some((start, _)) => start.to_owned(),
            None => rounded(line),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The line with the number after each `"confidence":` rounded.
fn rounded(line: &str) -> String {
    let mut parts = line.split("\"confidence\":");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let number = number.parse::<f64>().map_or(number.to_owned(), |n| format!("{n:.4}"));
        out += &format!("\"confidence\":{number}{rest}");
    }
    out
}

fn is_seconds(word: &str) -> bool {
    word.split_once('.').is_some_and(|(whole, part)| {
        part.len() == 2 && [whole, part].iter().all(|s| s.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[test]
fn only_training_times_may_differ() {
    let shown = |seconds: &str, rank: &str| {
        plain(&format!("mentor  seconds\nada        {seconds}\n\nmean reciprocal rank {rank}\n"))
    };
    assert_eq!(shown("0.61", "0.91"), shown("12.00", "0.91"));
    assert_ne!(shown("0.61", "0.91"), shown("0.61", "0.19"));
}
