//! Invalid names, and names that lead outside their folder.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};

use super::{cases, refused, works};
use crate::support::{ADA, Sandbox, failure};

fn nothing(_: &Sandbox) {}

fn trained(sandbox: &Sandbox) {
    sandbox.train("c");
}

#[test]
fn mentors() {
    let escapes = [
        ("up", "train --mentor ../ada", "`../ada`"),
        ("two up", "train --mentor ..", "`..`"),
        ("here", "train --mentor .", "`.`"),
        ("absolute", "train --mentor /etc", "`/etc`"),
        ("below", "train --mentor ada/data", "`ada/data`"),
        ("backslash", "train --mentor ..\\ada", "`..\\\\ada`"),
        ("backslash within", "train --mentor a\\..\\b", "`a\\\\..\\\\b`"),
        ("a drive", "train --mentor C:ada", "`C:ada`"),
        ("empty", "train --mentor=", "``"),
        ("an option", "train --mentor=-x", "`-x`"),
        ("a line", "train --mentor=a\nb", "`a\\nb`"),
        ("environment", "MENTOR=../ada train", "`../ada`"),
        ("shown", "mentors ../ada", "`../ada`"),
        ("asked", "ask --mentor ../ada hello", "`../ada`"),
    ];
    let case =
        |(name, command, value)| refused(name, trained, command, failure(InvalidInput).with(value));
    cases("names_escaping_mentors").check(&escapes.map(case));
    cases("names_mentors").check(&[
        refused(
            "misspelled",
            nothing,
            "mentors adda",
            failure(NotFound).at("mentor/adda/data").with("ada"),
        ),
        refused("too long", nothing, LONG, failure(InvalidInput).with("128")),
        works("named twice", nothing, "train --mentor ada --mentor ada", []),
        works(
            "spaces and other scripts",
            |s| {
                s.mentor("Ада Лавлейс", ADA);
                s.mentor("Zoë  Q", ADA);
                s.mentor("爱达", ADA);
            },
            "train",
            [],
        ),
        refused(
            "a folder name that cannot be used",
            |s| s.mentor("ada ", ADA),
            "train",
            failure(InvalidInput).at("mentor/ada "),
        ),
        works("a hidden folder", |s| s.mentor(".ada", ADA), "train", []),
    ]);
}

const LONG: &str = "train --mentor aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn checkpoints_and_architectures() {
    let escapes = [
        ("train --checkpoint ../../x", "`..`"),
        ("train --checkpoint fusion_v1/../x", "`../x`"),
        ("train --checkpoint /tmp/x", "``"),
        ("train --checkpoint .hidden", "`.hidden`"),
        ("train --checkpoint a/b/c", "`b/c`"),
        ("train --checkpoint=", "``"),
        ("train --checkpoint a\\b", "`a\\\\b`"),
        ("train --overwrite --checkpoint ..", "`..`"),
        ("CHECKPOINT=../../x train", "`..`"),
        ("train --arch ../x", "`../x`"),
        ("ARCH=../x train", "`../x`"),
        ("ARCH=/tmp test", "`/tmp`"),
        ("test --checkpoint ../../x", "`..`"),
        ("ask --checkpoint fusion_v1/.. hello", "`..`"),
        ("checkpoints show ../../mentor", "`..`"),
        ("checkpoints verify fusion_v1/../..", "`../..`"),
        ("compare ../../a c", "`..`"),
        ("test --test-set ../../../etc/passwd", "`../../../etc/passwd`"),
        ("test --test-set /etc/passwd", "`/etc/passwd`"),
        ("TEST_SET=../ada/standard test", "`../ada/standard`"),
    ];
    let case =
        |(command, value)| refused(command, trained, command, failure(InvalidInput).with(value));
    cases("names_escaping_checkpoints_and_architectures").check(&escapes.map(case));
    cases("names_checkpoints_and_architectures").check(&[
        refused(
            "an unknown checkpoint",
            trained,
            "test --checkpoint d",
            failure(NotFound).at("fusion_v1/d").with("fusion_v1/c"),
        ),
        refused(
            "a workspace that is not there",
            nothing,
            "--workspace nowhere train",
            failure(NotFound).at("nowhere"),
        ),
        refused(
            "a workspace that is a file",
            |s| s.write("plain", "x"),
            "MENTORPAL=plain train",
            failure(NotFound).at("plain"),
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
