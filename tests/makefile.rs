//! The Makefile's targets, each a thin call of the binary.

use std::process::{Command, Stdio};

use crate::support::{Run, Sandbox};

/// The Makefile run in a sandbox: `words` are targets and variables; none of the caller's settings.
fn make(sandbox: &Sandbox, variables: &[(&str, &str)], words: &[&str]) -> Run {
    let mut make = sandbox.program("make");
    make.arg("--no-print-directory").arg("-f");
    make.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Makefile")).args(words);
    make.env("CARGO", "true").env("MENTORPAL_BIN", env!("CARGO_BIN_EXE_mentorpal"));
    make.envs(variables.iter().copied());
    sandbox.finish(&mut make)
}

/// The commands that a target would run, the building left out.
#[track_caller]
fn dry_run(words: &[&str]) -> Vec<String> {
    let binary = [("MENTORPAL_BIN", "mentorpal")];
    let run = make(&Sandbox::empty(), &binary, &[&["-n"], words].concat()).code(0);
    let joined = run.stdout.replace("\\\n", " ");
    let commands = joined.lines().filter(|line| line.starts_with("mentorpal "));
    commands.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn make_is_here() -> bool {
    let here = Command::new("make").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !here {
        eprintln!("skipped: make is not installed");
    }
    here
}

#[test]
fn every_target_is_a_thin_call() {
    if !make_is_here() {
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
        (&["init"], "mentorpal init"),
        (&["download-checkpoint", "classifier=a", "checkpoint=c"], "mentorpal download 'a/c'"),
        (&["download-vector-models"], "mentorpal vectors download"),
        (&["upload-checkpoint", "classifier=a", "checkpoint=c"], "mentorpal upload 'a/c'"),
        (&["clean"], "mentorpal clean"),
    ] {
        assert_eq!(dry_run(words), [command], "make {words:?}");
    }
}

#[test]
fn quickstart_trains_tests_and_asks() {
    if !make_is_here() {
        return;
    }
    let commands = dry_run(&["quickstart"]);
    let verbs: Vec<&str> = commands.iter().filter_map(|c| c.split(' ').nth(1)).collect();
    assert_eq!(verbs, ["train", "test", "ask"]);
}

#[test]
fn train_test_and_compare_through_make() {
    if !make_is_here() {
        return;
    }
    let sandbox = Sandbox::ada();
    // Variables before make, and after.
    make(&sandbox, &[], &["checkpoint-train", "checkpoint=one"])
        .code(0)
        .prints("published fusion_v1/one");
    let run = make(&sandbox, &[("ARCH", "fusion_v1")], &["checkpoint-train"]).code(0);
    run.prints("published fusion_v1/2023-11-14-2213");
    let run = make(&sandbox, &[("ARCH", "my_arch")], &["checkpoint-train"]).code(2);
    run.says("no architecture `my_arch`");
    let run = make(&sandbox, &[], &["checkpoint-train", "ARCH=my_arch"]).code(2);
    run.says("no architecture `my_arch`");
    let chosen = [("ARCH", "fusion_v1"), ("CHECKPOINT", "one")];
    make(&sandbox, &chosen, &["checkpoint-test"]).code(0).prints("checkpoint    one\n");
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
    run.code(0).prints("A and B answer the same");
}

#[test]
fn targets_for_the_remote_say_that_there_is_none() {
    if !make_is_here() {
        return;
    }
    let sandbox = Sandbox::ada();
    for words in [
        &["init"][..],
        &["download-vector-models"],
        &["download-checkpoint", "classifier=fusion_v1", "checkpoint=one"],
        &["upload-checkpoint", "classifier=fusion_v1", "checkpoint=one"],
    ] {
        make(&sandbox, &[], words).code(2).says("no remote is configured");
    }
}

#[test]
fn clean_keeps_the_only_copies() {
    if !make_is_here() {
        return;
    }
    let sandbox = Sandbox::ada();
    make(&sandbox, &[], &["clean"]).code(0).prints("nothing to remove");
    sandbox.train("one");
    make(&sandbox, &[], &["clean"]).code(2).says("may be the only ones").says("--force");
    sandbox.run(&["checkpoints", "verify", "one"]).code(0).prints("whole");
    make(&sandbox, &[], &["clean", "force=1"]).code(0).prints("removed 1 checkpoint");
}
