//! `topics.csv`, `profile.yml`, `utterance_data.csv` and `mentorpal.toml`.

use super::{check, refused, remove, works};
use crate::support::Sandbox;

fn topics(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.write("mentor/ada/data/topics.csv", bytes);
}

fn profile(sandbox: &Sandbox, text: impl AsRef<[u8]>) {
    sandbox.write("mentor/ada/data/profile.yml", text);
}

fn utterances(sandbox: &Sandbox, bytes: impl AsRef<[u8]>) {
    sandbox.write("mentor/ada/data/utterance_data.csv", bytes);
}

fn settings(sandbox: &Sandbox, text: impl AsRef<[u8]>) {
    sandbox.write("mentorpal.toml", text);
}

#[test]
fn topics_csv() {
    check(&[
        works("missing", |s| remove(s, "mentor/ada/data/topics.csv"), "train", &[]),
        works(
            "empty",
            |s| topics(s, ""),
            "train",
            &["row 2, column `topics`: topic `Life` of answer `ada_1` is not in topics.csv"],
        ),
        refused("binary", |s| topics(s, [0, 1, 2]), "train", &["topics.csv: a binary file"]),
        works("one column", |s| topics(s, "Life\nWork\n"), "train", &[]),
        works("more columns", |s| topics(s, "Life,A,B,C\n\n\nWork,D\n"), "train", &[]),
        works(
            "a group without a topic",
            |s| topics(s, "Life,A\n,B\nWork,C\n"),
            "train",
            &["topics.csv, row 2, column `A`: the group `B` has no topic"],
        ),
        works("Windows-1252", |s| topics(s, b"Life,Caf\xe9\nWork,W\n"), "train", &["Windows-1252"]),
        refused(
            "a quote that never closes",
            |s| topics(s, "Life,A\n\"Work,B\n"),
            "train",
            &["topics.csv, row 2: an opening quote"],
        ),
    ]);
}

#[test]
fn profile_yml() {
    check(&[
        works(
            "missing",
            |s| remove(s, "mentor/ada/data/profile.yml"),
            "train",
            &["profile.yml: no such file; the mentor's id is used as its name"],
        ),
        works("empty", |s| profile(s, ""), "train", &["profile.yml: "]),
        works(
            "broken YAML",
            |s| profile(s, "name: [Ada\n: x"),
            "train",
            &["profile.yml: invalid profile (line 1 column 7"],
        ),
        works(
            "Windows-1252",
            |s| profile(s, b"name: Zo\xeb\nshort_name: Zo\xeb\ntitle: x\n"),
            "train",
            &["profile.yml: not UTF-8 (from line 1), read as Windows-1252"],
        ),
        works("a list", |s| profile(s, "- Ada\n- Lovelace\n"), "train", &["invalid profile"]),
        works("binary", |s| profile(s, [0, 159, 146]), "train", &["profile.yml: a binary file"]),
        works("fields missing", |s| profile(s, "name: Ada\n"), "train", &["no `short_name`"]),
        works(
            "a name that is a table",
            |s| profile(s, "name: {first: Ada}\n"),
            "train",
            &["invalid profile"],
        ),
        works(
            "names that are numbers and truth values",
            |s| profile(s, "name: 7\nshort_name: yes\ntitle: 2026-01-01\n"),
            "train",
            &[],
        ),
        works(
            "nested 100,000 deep",
            |s| profile(s, format!("x: {}{}\n", "[".repeat(100_000), "]".repeat(100_000))),
            "train",
            &["invalid profile"],
        ),
        works(
            "a bomb of anchors",
            |s| {
                let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
                for i in 1..40 {
                    let uses = vec![format!("*a{}", i - 1); 9].join(", ");
                    text += &format!("a{i}: &a{i} [{uses}]\n");
                }
                profile(s, text + "name: *a39\n");
            },
            "train",
            &["invalid profile"],
        ),
        works(
            "5 MB",
            |s| profile(s, format!("name: Ada\nstory: {}\n", "x".repeat(5 << 20))),
            "train",
            &["no `short_name`"],
        ),
        works(
            "two documents",
            |s| profile(s, "name: Ada\n---\nname: Eve\n"),
            "train",
            &["profile.yml: "],
        ),
        works("one key twice", |s| profile(s, "name: Ada\nname: Eve\n"), "train", &["profile.yml"]),
    ]);
}

#[test]
fn utterance_data_csv() {
    check(&[
        works(
            "missing",
            |s| remove(s, "mentor/ada/data/utterance_data.csv"),
            "train",
            &["utterance_data.csv: no such file; default utterances are used"],
        ),
        refused(
            "empty",
            |s| utterances(s, ""),
            "train",
            &["utterance_data.csv: the file is empty"],
        ),
        refused(
            "without columns",
            |s| utterances(s, "u1,Hello.,_INTRO_\n"),
            "train",
            &["utterance_data.csv, row 1: no column `ID`", "`utterance`, `situation`"],
        ),
        refused("binary", |s| utterances(s, [0; 9]), "train", &["utterance_data.csv: a binary"]),
        works("only a header", |s| utterances(s, "ID,utterance,situation\n"), "train", &[]),
        works(
            "rows too short",
            |s| utterances(s, "ID,utterance,situation\nu1,Hello.\nu2,Hi.,_INTRO_\n"),
            "train",
            &["utterance_data.csv, row 2, column `situation`: empty cell"],
        ),
        works(
            "nothing to say off-topic",
            |s| {
                utterances(s, "ID,utterance,situation\n");
                s.train("c");
            },
            "ask --no-canned zzzz",
            &[],
        ),
    ]);
}

#[test]
fn mentorpal_toml() {
    check(&[
        refused("binary", |s| settings(s, [0, 255]), "train", &["mentorpal.toml"]),
        refused("UTF-16", |s| settings(s, b"\xff\xfea\0"), "train", &["mentorpal.toml"]),
        refused(
            "an escaping architecture",
            |s| settings(s, "arch = '../x'"),
            "train",
            &["architecture name `../x` starts with `.`"],
        ),
        refused(
            "an escaping checkpoint",
            |s| settings(s, "checkpoint = '../../x'"),
            "test",
            &["architecture name `..`"],
        ),
        refused(
            "an escaping test set",
            |s| settings(s, "test_set = '/etc/passwd'"),
            "test",
            &["test set name `/etc/passwd` contains a path separator"],
        ),
    ]);
}
