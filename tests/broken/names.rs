//! Invalid names, and names that lead outside their folder.

use super::{check, refused, works};
use crate::support::{ADA, Sandbox};

fn nothing(_: &Sandbox) {}

fn trained(sandbox: &Sandbox) {
    sandbox.train("c");
}

#[test]
fn mentors() {
    let escapes = [
        ("up", "train --mentor ../ada", "mentor name `../ada` starts with `.`"),
        ("two up", "train --mentor ..", "mentor name `..` starts with `.`"),
        ("here", "train --mentor .", "mentor name `.` starts with `.`"),
        ("absolute", "train --mentor /etc", "mentor name `/etc` contains a path separator"),
        ("below", "train --mentor ada/data", "mentor name `ada/data` contains a path separator"),
        ("backslash", "train --mentor ..\\ada", "starts with `.`"),
        ("backslash within", "train --mentor a\\..\\b", "contains a path separator"),
        ("a drive", "train --mentor C:ada", "not every system allows"),
        ("empty", "train --mentor=", "mentor name `` is empty"),
        ("an option", "train --mentor=-x", "starts with `.` or `-`"),
        ("a line", "train --mentor=a\nb", "mentor name `a\\nb`"),
        ("environment", "MENTOR=../ada train", "mentor name `../ada`"),
        ("shown", "mentors ../ada", "mentor name `../ada`"),
        ("asked", "ask --mentor ../ada hello", "mentor name `../ada`"),
    ];
    for (name, command, says) in escapes {
        check(&[refused(name, trained, command, &["letters, digits"])]);
        super::run(&Sandbox::ada(), command).code(2).says(says);
    }
    check(&[
        refused(
            "misspelled",
            nothing,
            "train --mentor adda",
            &[
                "mentor/adda/data: no mentor `adda`, did you mean `ada`?",
                "available mentors: `ada`",
            ],
        ),
        refused("too long", nothing, LONG, &["is longer than 128 bytes"]),
        works("named twice", nothing, "train --mentor ada --mentor ada", &[]),
        works(
            "spaces and other scripts",
            |s| {
                s.mentor("Ада Лавлейс", ADA);
                s.mentor("Zoë  Q", ADA);
                s.mentor("爱达", ADA);
            },
            "train",
            &[],
        ),
        refused(
            "a folder name that cannot be used",
            |s| s.mentor("ada ", ADA),
            "train",
            &["mentor/ada : ", "mentor name `ada ` starts or ends with a space"],
        ),
        works("a hidden folder", |s| s.mentor(".ada", ADA), "train", &[]),
    ]);
}

const LONG: &str = "train --mentor aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn checkpoints_and_architectures() {
    let escapes = [
        ("train --checkpoint ../../x", "architecture name `..`"),
        ("train --checkpoint fusion_v1/../x", "checkpoint name `../x`"),
        ("train --checkpoint /tmp/x", "architecture name `` is empty"),
        ("train --checkpoint .hidden", "checkpoint name `.hidden`"),
        ("train --checkpoint a/b/c", "checkpoint name `b/c` contains a path separator"),
        ("train --checkpoint=", "checkpoint name `` is empty"),
        ("train --checkpoint a\\b", "checkpoint name `a\\\\b`"),
        ("train --overwrite --checkpoint ..", "checkpoint name `..`"),
        ("CHECKPOINT=../../x train", "architecture name `..`"),
        ("train --arch ../x", "architecture name `../x`"),
        ("ARCH=../x train", "architecture name `../x`"),
        ("ARCH=/tmp test", "architecture name `/tmp`"),
        ("test --checkpoint ../../x", "architecture name `..`"),
        ("ask --checkpoint fusion_v1/.. hello", "checkpoint name `..`"),
        ("checkpoints show ../../mentor", "architecture name `..`"),
        ("checkpoints verify fusion_v1/../..", "checkpoint name `../..`"),
        ("compare ../../a c", "architecture name `..`"),
        ("test --test-set ../../../etc/passwd", "test set name `../../../etc/passwd`"),
        ("test --test-set /etc/passwd", "test set name `/etc/passwd`"),
        ("TEST_SET=../ada/standard test", "test set name `../ada/standard`"),
    ];
    for (command, says) in escapes {
        check(&[refused(command, trained, command, &["letters, digits"])]);
        super::run(&Sandbox::ada(), command).code(2).says(says);
    }
    check(&[
        refused(
            "an unknown checkpoint",
            trained,
            "test --checkpoint d",
            &["no checkpoint `fusion_v1/d`", "available: `fusion_v1/c`"],
        ),
        refused(
            "a workspace that is not there",
            nothing,
            "--workspace nowhere train",
            &["nowhere: the workspace is not a folder"],
        ),
        refused(
            "a workspace that is a file",
            |s| s.write("plain", "x"),
            "MENTORPAL=plain train",
            &["plain: the workspace is not a folder"],
        ),
    ]);
}

// JSON is Unicode, but a path on Linux may be other bytes.
#[cfg(target_os = "linux")]
#[test]
fn every_verb_with_json_works_in_a_folder_with_a_non_unicode_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let outer = Sandbox::ada();
    let folder = outer.path().join(OsStr::from_bytes(b"w\xffk"));
    for part in ["mentor", "checkpoint"] {
        crate::support::copy_folder(&outer.path().join(part), &folder.join(part));
    }
    std::fs::write(folder.join("words.txt"), "who 1 2\nyou 3 4\n").expect("it can be written");
    std::fs::create_dir_all(folder.join("checkpoint/vector_models/none of ours"))
        .expect("a folder");
    let run = |arguments: &str| {
        let mut command = outer.command(&arguments.split(' ').collect::<Vec<_>>());
        command.current_dir(&folder).env("MENTORPAL", &folder);
        let run = outer.finish(&mut command);
        println!("{run}");
        assert!(matches!(run.code, Some(0 | 1)) && !run.stderr.contains("panicked"), "{run}");
        run.json();
        run
    };
    let lossy = folder.to_string_lossy().into_owned();
    run("train --checkpoint c --json").prints(&lossy);
    run("train --checkpoint d --json");
    run("test --checkpoint c --json");
    run("compare c d --json");
    run("tune --json");
    run("ask --json who");
    run("mentors --json");
    run("mentors ada --json").prints(&lossy);
    run("vectors add words.txt --json").prints(&lossy);
    run("vectors list --json").prints(&lossy);
    run("vectors verify --json");
    run("checkpoints --json").prints(&lossy);
    run("checkpoints show c --json");
    std::fs::remove_file(folder.join("checkpoint/classifiers/fusion_v1/c/ada/model.json"))
        .expect("a file");
    run("checkpoints verify --json").prints(&lossy);
    run("clean --force --json").prints(&lossy);
    let mut new = outer.command(&["new", "--json"]);
    let new = outer.finish(new.arg(folder.join("new")));
    new.code(0).prints(&lossy);
}
