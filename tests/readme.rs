//! Runs the examples of the README and of the guide.
//!
//! Each page is run in its own copy of the repository's workspace. Every command of its `console`
//! blocks is executed, and its output must equal the one shown, except for training times.
//! `README_UPDATE=1 cargo test --test end_to_end readme` writes the actual output into the pages;
//! read the changes before you commit them. Commands in `sh` blocks are not executed, because they
//! need a network or other files, but their verbs and options must exist. A block whose fence names
//! a path (```` ```csv mentor/ada/data/topics.csv ````) is written to that file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, copy_folder};

const CONSOLE: &str = "```console\n";
const SHELL: &str = "```sh\n";

#[test]
fn the_readme_shows_the_actual_output() {
    assert!(check_examples(&root().join("README.md")) >= 10, "too few examples in the README");
}

#[test]
fn the_guide_shows_the_actual_output() {
    let examples: usize = pages().iter().map(|page| check_examples(page)).sum();
    assert!(examples >= 40, "only {examples} examples in the guide");
}

#[test]
fn commands_that_are_not_run_have_valid_options() {
    let sandbox = Sandbox::empty();
    let mut checked = 0;
    for page in pages().into_iter().chain([root().join("README.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for command in blocks(&text, SHELL).flat_map(str::lines) {
            let Some(arguments) = command.trim().strip_prefix("mentorpal ") else { continue };
            let run = run(&sandbox, &format!("mentorpal {arguments} --help; echo \"exit $?\""));
            assert!(run.ends_with("exit 0\n"), "{}: `{command}`\n{run}", page.display());
            checked += 1;
        }
    }
    assert!(checked >= 10, "only {checked} commands checked");
}

/// The repository's folder.
fn root() -> &'static Path {
    crate::support::repository()
}

/// All pages of the guide, sorted by name.
fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

/// Runs the `console` blocks of a page and compares their output, or updates the page. Returns the
/// number of commands.
fn check_examples(page: &Path) -> usize {
    let text = fs::read_to_string(page).unwrap();
    if !text.contains(CONSOLE) {
        return 0;
    }
    let is_update = std::env::var_os("README_UPDATE").is_some();
    let sandbox = Sandbox::empty();
    for part in ["mentor", "checkpoint/tests", "mentorpal.toml"] {
        copy_folder(&root().join(part), &sandbox.path().join(part));
    }
    let mut updated = String::new();
    let mut rest = text.as_str();
    let mut examples = 0;
    while let Some((before, block)) = rest.split_once(CONSOLE) {
        let (block, after) = block.split_once("```").expect("the block is closed");
        write_files(before, sandbox.path());
        updated += &format!("{before}{CONSOLE}");
        for (command, expected) in commands(block) {
            let printed = run(&sandbox, command);
            updated += &format!("$ {command}\n{printed}");
            examples += 1;
            if !is_update {
                let page = page.display();
                assert_eq!(
                    plain(&printed),
                    plain(&expected),
                    "{page}: `{command}` prints\n{printed}"
                );
            }
        }
        updated += "```";
        rest = after;
    }
    if is_update {
        fs::write(page, updated + rest).unwrap();
    }
    examples
}

/// Writes each block of `text` whose fence names a path to that file in `folder`.
fn write_files(text: &str, folder: &Path) {
    for block in text.split("```").skip(1).step_by(2) {
        let (fence, content) = block.split_once('\n').expect("a fence is a line");
        if let Some((_, path)) = fence.split_once(' ') {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("the path has a parent")).unwrap();
            fs::write(path, content).unwrap();
        }
    }
}

/// The contents of the blocks that begin with `fence`.
fn blocks<'a>(text: &'a str, fence: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(fence).skip(1).filter_map(|block| block.split("```").next())
}

/// The commands of a block, each with the output that the block shows.
fn commands(block: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("expected a command at the start of the block, got {line:?}"),
        }
    }
    commands
}

/// Runs a command in the shell, in a workspace shown as `~/mentorpal`. Returns stdout and stderr.
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

/// The text without training times (the last column below a heading `seconds`, or a value in JSON),
/// and with confidences rounded to four decimals, because processors differ in the last ones.
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

/// Whether the word is a time in seconds with two decimals.
fn is_seconds(word: &str) -> bool {
    word.split_once('.').is_some_and(|(seconds, decimals)| {
        decimals.len() == 2
            && [seconds, decimals].iter().all(|s| s.bytes().all(|b| b.is_ascii_digit()))
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
