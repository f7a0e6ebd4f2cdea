//! The targets of the Makefile.

use std::env;
use std::fs;

use proptest::prelude::*;

use crate::support::{Run, Sandbox, require_program};

/// Runs the Makefile in a sandbox; `words` are targets and variables.
fn make(sandbox: &Sandbox, variables: &[(&str, &str)], words: &[&str]) -> Run {
    let mut make = sandbox.program("make");
    make.arg("--no-print-directory").arg("-f");
    make.arg(crate::support::repository().join("Makefile")).args(words);
    make.env("CARGO", "true").env("MENTORPAL_BIN", env!("CARGO_BIN_EXE_mentorpal"));
    make.envs(variables.iter().copied());
    sandbox.finish(&mut make)
}

/// Returns the commands that a target would run, without the build.
#[track_caller]
fn dry_run(words: &[&str]) -> Vec<String> {
    let binary = [("MENTORPAL_BIN", "mentorpal")];
    let run = make(&Sandbox::empty(), &binary, &[&["-n"], words].concat()).code(0);
    let joined = run.stdout.replace("\\\n", " ");
    let commands = joined.lines().filter(|line| line.starts_with("mentorpal "));
    commands.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn has_make() -> bool {
    require_program("make", "make").is_some()
}

#[test]
fn every_target_calls_the_program() {
    if !has_make() {
        return;
    }
    for (words, command) in [
        (&["checkpoint-train"][..], "mentorpal train"),
        (
            &["checkpoint-train", "checkpoint=my_checkpoint"],
            "mentorpal train --checkpoint 'my_checkpoint'",
        ),
        (&["checkpoint-test", "ARCH=a", "CHECKPOINT=c"], "mentorpal test"),
        (
            &[
                "checkpoints-compare",
                "mentor=m",
                "arch_1=a",
                "checkpoint_1=x",
                "arch_2=b",
                "checkpoint_2=y",
            ],
            "mentorpal compare 'a/x' 'b/y' --mentor 'm'",
        ),
        (&["checkpoints-compare", "checkpoint_1=x", "checkpoint_2=y"], "mentorpal compare 'x' 'y'"),
        (
            &["checkpoints-compare", "ARCH_1=a", "CHECKPOINT_1=x", "checkpoint_2=y", "test_set=t"],
            "mentorpal compare 'a/x' 'y' --test-set 't'",
        ),
        (
            &["checkpoint-train", "arch=a", "mentor=m", "vectors=v"],
            "mentorpal train --arch 'a' --mentor 'm' --vectors 'v'",
        ),
        (
            &["checkpoint-test", "arch=a", "checkpoint=c", "mentor=m", "test_set=t"],
            "mentorpal test --arch 'a' --checkpoint 'c' --mentor 'm' --test-set 't'",
        ),
        (&["checkpoint-train", "VECTORS=v"], "mentorpal train --vectors 'v'"),
        (&["init"], "mentorpal init"),
        (&["init", "checkpoint=c"], "mentorpal init"),
        (&["download-checkpoint", "classifier=a", "checkpoint=c"], "mentorpal download 'a/c'"),
        (&["download-checkpoint", "CHECKPOINT=c", "FORCE=1"], "mentorpal download 'c' --force"),
        (&["download-checkpoint"], "mentorpal download"),
        (&["download-vector-models"], "mentorpal vectors download"),
        (&["download-vector-models", "force=yes"], "mentorpal vectors download --overwrite"),
        (&["upload-checkpoint", "classifier=a", "checkpoint=c"], "mentorpal upload 'a/c'"),
        (
            &["upload-checkpoint", "ARCH=a", "checkpoint=c", "force=1"],
            "mentorpal upload 'a/c' --force",
        ),
        (&["clean"], "mentorpal clean"),
        (&["clean", "FORCE=1"], "mentorpal clean --force"),
        (&["clean", "force=0"], "mentorpal clean"),
        (&["clean", "force="], "mentorpal clean"),
    ] {
        assert_eq!(dry_run(words), [command], "make {words:?}");
    }
}

#[test]
fn quickstart_trains_tests_and_asks() {
    if !has_make() {
        return;
    }
    let commands = dry_run(&["quickstart"]);
    let verbs: Vec<&str> = commands.iter().filter_map(|c| c.split(' ').nth(1)).collect();
    assert_eq!(verbs, ["train", "test", "ask"]);
}

#[test]
fn train_test_and_compare_through_make() {
    if !has_make() {
        return;
    }
    let sandbox = Sandbox::ada();
    // Variables before `make`, and after it.
    make(&sandbox, &[], &["checkpoint-train", "checkpoint=one"]).code(0).prints("fusion_v1/one");
    let run = make(&sandbox, &[("ARCH", "fusion_v1")], &["checkpoint-train"]).code(0);
    run.prints("fusion_v1/2023-11-14-2213");
    let run = make(&sandbox, &[("ARCH", "my_arch")], &["checkpoint-train"]).code(2);
    run.says("`my_arch`");
    let run = make(&sandbox, &[], &["checkpoint-train", "ARCH=my_arch"]).code(2);
    run.says("`my_arch`");
    let chosen = [("ARCH", "fusion_v1"), ("CHECKPOINT", "one")];
    make(&sandbox, &chosen, &["checkpoint-test"]).code(0).prints("one\n");
    let run = make(
        &sandbox,
        &[],
        &[
            "checkpoints-compare",
            "mentor=ada",
            "arch_1=fusion_v1",
            "checkpoint_1=one",
            "arch_2=fusion_v1",
            "checkpoint_2=2023-11-14-2213",
        ],
    );
    run.code(0).prints("fusion_v1/one").prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn targets_for_the_remote_report_a_missing_remote() {
    if !has_make() {
        return;
    }
    let sandbox = Sandbox::ada();
    for words in [
        &["init"][..],
        &["download-vector-models"],
        &["download-checkpoint", "classifier=fusion_v1", "checkpoint=one"],
        &["upload-checkpoint", "classifier=fusion_v1", "checkpoint=one"],
    ] {
        make(&sandbox, &[], words).code(2).says("MENTORPAL_REMOTE");
    }
}

#[test]
fn make_clean_keeps_the_only_copies() {
    if !has_make() {
        return;
    }
    let sandbox = Sandbox::ada();
    make(&sandbox, &[], &["clean"]).code(0);
    sandbox.train("one");
    make(&sandbox, &[], &["clean"]).code(2).says("fusion_v1/one").says("--force");
    sandbox.run(&["checkpoints", "verify", "one"]).code(0).prints("fusion_v1/one");
    make(&sandbox, &[], &["clean", "force=1"]).code(0).prints("fusion_v1/one");
    assert!(sandbox.checkpoint_names().is_empty());
}

/// A program in place of the binary. It prints its arguments and its environment variables, one per
/// line.
const PRINTER: &str = r#"#!/bin/sh
for argument in "$@"; do printf 'argument %s\n' "$argument"; done
printf 'ARCH %s\nCHECKPOINT %s\nMENTOR %s\n' "$ARCH" "$CHECKPOINT" "$MENTOR"
printf 'TEST_SET %s\nMENTORPAL_REMOTE %s\n' "$TEST_SET" "$MENTORPAL_REMOTE"
"#;

/// Returns a sandbox with [`PRINTER`], and the command that runs it.
fn with_printer() -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    sandbox.write("printer", PRINTER);
    let command = format!("sh {}", sandbox.path().join("printer").display());
    (sandbox, command)
}

/// The ways to set a variable: on the command line or in the environment, in lower or upper case.
const WAYS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

/// Runs `target` with a variable (its name in lower case), set in one of the [`WAYS`].
fn make_with(
    (sandbox, printer): &(Sandbox, String),
    target: &str,
    (variable, value): (&str, &str),
    (is_typed, is_lower): (bool, bool),
) -> Run {
    let variable = if is_lower { variable.to_owned() } else { variable.to_uppercase() };
    let typed = format!("{variable}={value}");
    let mut variables = vec![("MENTORPAL_BIN", printer.as_str())];
    let mut words = vec!["-s", target];
    if is_typed {
        words.push(&typed);
    } else {
        variables.push((&variable, value));
    }
    make(sandbox, &variables, &words)
}

#[test]
fn every_variable_works_in_both_cases() {
    if !has_make() {
        return;
    }
    let printer = with_printer();
    for (target, variables) in [
        ("checkpoint-train", &["arch", "checkpoint", "mentor"][..]),
        ("checkpoint-test", &["arch", "checkpoint", "mentor", "test_set"]),
        ("init", &["arch", "checkpoint", "mentorpal_remote"]),
        ("download-checkpoint", &["arch", "checkpoint", "mentorpal_remote"]),
        ("upload-checkpoint", &["arch", "checkpoint", "mentorpal_remote"]),
        ("clean", &["mentorpal_remote"]),
    ] {
        for variable in variables {
            for way in WAYS {
                let run = make_with(&printer, target, (variable, "some_value"), way).code(0);
                run.prints(&format!("{} some_value\n", variable.to_uppercase()));
            }
        }
    }
    for (target, variable, argument) in [
        ("checkpoint-train", "classifier", "ARCH v\n"),
        ("upload-checkpoint", "classifier", "ARCH v\n"),
        ("checkpoint-train", "vectors", "argument --vectors\nargument v\n"),
        ("clean", "force", "argument --force\n"),
        ("upload-checkpoint", "force", "argument --force\n"),
    ] {
        for way in WAYS {
            make_with(&printer, target, (variable, "v"), way).code(0).prints(argument);
        }
    }
}

/// Runs two targets with a name, set in each of the [`WAYS`], and checks that the program receives
/// the name unchanged.
fn reaches_the_program(printer: &(Sandbox, String), name: &str) {
    for way in WAYS {
        let run = make_with(printer, "checkpoint-test", ("checkpoint", name), way).code(0);
        let run = run.prints(&format!("CHECKPOINT {name}\n"));
        if way.1 {
            run.prints(&format!("argument --checkpoint\nargument {name}\n"));
        }
        let run = make_with(printer, "upload-checkpoint", ("checkpoint", name), way).code(0);
        run.prints(&format!("argument upload\nargument {name}\n"));
    }
    assert_eq!(printer.0.names(""), ["printer"], "{name:?} made something");
}

#[test]
fn names_with_quotes_reach_the_program_unchanged() {
    if !has_make() {
        return;
    }
    let printer = with_printer();
    for name in [
        "it's",
        "\"so\"",
        "a b  c",
        "$HOME",
        "$$x",
        "a$b",
        "a$(b)c",
        "#1",
        "a\\",
        "a\\'b",
        "é%,*?~",
        "$(touch made)",
        "`touch made`",
        "x; touch made",
        "x'; touch made; '",
        "$(shell touch made)",
        "${shell touch made}",
        "x & touch made",
        "x | touch made",
        "a=b c=d",
    ] {
        reaches_the_program(&printer, name);
    }
    let run = make_with(&printer, "checkpoint-test", ("mentor", "x\ntouch made"), (true, true));
    run.code(2).says("mentor ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_name_reaches_the_program_unchanged(name in "[!-,.-~é][ -~é]{0,12}") {
        if has_make() {
            reaches_the_program(&with_printer(), &name);
        }
    }
}

#[test]
fn the_command_line_takes_precedence_over_the_environment_in_either_case() {
    if !has_make() {
        return;
    }
    let (sandbox, printer) = with_printer();
    let run = |variables: &[(&str, &str)], words: &[&str]| {
        let variables = [&[("MENTORPAL_BIN", printer.as_str())], variables].concat();
        make(&sandbox, &variables, &[&["-s", "checkpoint-test"], words].concat())
    };
    run(&[("ARCH", "a")], &["arch=b"]).code(0).prints("argument b\nARCH b\n");
    run(&[("arch", "a")], &["ARCH=b"]).code(0).prints("argument test\nARCH b\n");
    run(&[("ARCH", "a")], &["arch="]).code(0).prints("ARCH a\n");
    run(&[], &["arch=a", "ARCH=a"]).code(0).prints("ARCH a\n");
    for (variables, words) in [
        (&[][..], &["arch=a", "ARCH=b"][..]),
        (&[], &["arch=a", "classifier=b"]),
        (&[("arch", "a"), ("ARCH", "b")], &[]),
    ] {
        run(variables, words).code(2).says("arch");
    }
}

#[test]
fn variables_that_a_target_does_not_accept_are_refused() {
    if !has_make() {
        return;
    }
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    for (words, says) in [
        (&["checkpoint-train", "chekpoint=x"][..], "variable chekpoint; accepted: arch "),
        (&["checkpoint-test", "CHEKPOINT=x"], "variable CHEKPOINT"),
        (&["checkpoint-test", "checkpoint=a b", "MENTORS=m"], "variable MENTORS;"),
        (&["clean", "force=1", "checkpoint=old"], "variable checkpoint; accepted: force"),
        (&["clean", "force=1", "CHECKPOINT=old"], "variable CHECKPOINT"),
        (&["checkpoints-compare", "checkpoint_1=one"], "checkpoint_2"),
        (&["upload-checkpoint", "checkpoint=--force"], "checkpoint"),
    ] {
        make(&sandbox, &[], words).code(2).says(says);
    }
    assert_eq!(sandbox.checkpoint_names(), ["one"]);
    // Variables of cargo, the workspace and its remote are accepted by every target.
    let run = make(&sandbox, &[], &["clean", "CARGO_TERM_COLOR=never", "MENTORPAL=."]).code(2);
    run.says("fusion_v1/one").says("--force");
}

/// Creates a package with the Makefile and a binary that prints its arguments.
fn package() -> Sandbox {
    let sandbox = Sandbox::empty();
    let manifest = "[package]\nname = \"mentorpal\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    sandbox.write("Cargo.toml", manifest);
    let lock = "version = 4\n\n[[package]]\nname = \"mentorpal\"\nversion = \"0.1.0\"\n";
    sandbox.write("Cargo.lock", lock);
    let main = "fn main() { for word in std::env::args().skip(1) { println!(\"{word}\") } }\n";
    sandbox.write("src/main.rs", main);
    let makefile = crate::support::repository().join("Makefile");
    sandbox.write("Makefile", fs::read(makefile).unwrap());
    sandbox
}

#[test]
fn the_binary_is_run_from_the_target_folder_of_cargo() {
    if !has_make() {
        return;
    }
    let sandbox = package();
    let run = |variables: &[(&str, &str)], words: &[&str], folder: &str| {
        let mut make = sandbox.program("make");
        // The toolchain of the caller; by default, it is in the home folder.
        let toolchain = ["HOME", "CARGO", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
        make.envs(toolchain.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        make.arg("-s").args(words).envs(variables.iter().copied());
        sandbox.finish(&mut make).code(0).prints("train\n--checkpoint\nit's\n");
        let found = sandbox.path().join(folder).join("release/mentorpal");
        assert!(found.is_file(), "{variables:?}: no {}", found.display());
    };
    let train = ["checkpoint-train", "checkpoint=it's"];
    run(&[("CARGO_TARGET_DIR", "from environment")], &train, "from environment");
    run(&[], &[&train[..], &["CARGO_TARGET_DIR=typed"]].concat(), "typed");
    sandbox.write(".cargo/config.toml", "[build]\ntarget-dir = \"configured\"\n");
    run(&[], &train, "configured");
    assert!(!sandbox.path().join("target").exists());
}
