//! `topics.csv`, `profile.yml`, `utterance_data.csv` and `mentorpal.toml`.

use mentorpal::error::ErrorKind::InvalidInput;
use mentorpal::mentor::FindingKind::{EmptyCell, Encoding, MissingFile, UnknownTopic};

use super::{cases, refused, remove, unreadable, works};
use crate::support::{Sandbox, failure, finding};

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
    cases("companions_topics_csv").check(&[
        works("missing", |s| remove(s, "mentor/ada/data/topics.csv"), "train", []),
        works(
            "empty",
            |s| topics(s, ""),
            "train",
            [finding(UnknownTopic, "classifier_data.csv")
                .row(2)
                .column("topics")
                .with("Life")
                .with("ada_1")
                .with("topics.csv")],
        ),
        unreadable("binary", |s| topics(s, [0, 1, 2]), failure(InvalidInput).at("topics.csv")),
        works("one column", |s| topics(s, "Life\nWork\n"), "train", []),
        works("more columns", |s| topics(s, "Life,A,B,C\n\n\nWork,D\n"), "train", []),
        works(
            "a group without a topic",
            |s| topics(s, "Life,A\n,B\nWork,C\n"),
            "train",
            [finding(EmptyCell, "topics.csv").row(2).column("A").with("B")],
        ),
        works(
            "Windows-1252",
            |s| topics(s, b"Life,Caf\xe9\nWork,W\n"),
            "train",
            [finding(Encoding, "topics.csv").with("Windows-1252")],
        ),
        unreadable(
            "a quote that never closes",
            |s| topics(s, "Life,A\n\"Work,B\n"),
            failure(InvalidInput).at("topics.csv").row(2),
        ),
    ]);
}

#[test]
fn profile_yml() {
    cases("companions_profile_yml").check(&[
        works(
            "missing",
            |s| remove(s, "mentor/ada/data/profile.yml"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        works("empty", |s| profile(s, ""), "train", [finding(MissingFile, "profile.yml")]),
        works(
            "broken YAML",
            |s| profile(s, "name: [Ada\n: x"),
            "train",
            [finding(MissingFile, "profile.yml").with("line 2 column 1")],
        ),
        works(
            "Windows-1252",
            |s| profile(s, b"name: Zo\xeb\nshort_name: Zo\xeb\ntitle: x\n"),
            "train",
            [finding(Encoding, "profile.yml").with("Windows-1252")],
        ),
        works(
            "a list",
            |s| profile(s, "- Ada\n- Lovelace\n"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        works(
            "binary",
            |s| profile(s, [0, 159, 146]),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        works(
            "fields missing",
            |s| profile(s, "name: Ada\n"),
            "train",
            [finding(MissingFile, "profile.yml").with("short_name")],
        ),
        works(
            "a name that is a table",
            |s| profile(s, "name: {first: Ada}\n"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        works(
            "names that are numbers and truth values",
            |s| profile(s, "name: 7\nshort_name: yes\ntitle: 2026-01-01\n"),
            "train",
            [],
        ),
        works(
            "nested 100,000 deep",
            |s| profile(s, format!("x: {}{}\n", "[".repeat(100_000), "]".repeat(100_000))),
            "train",
            [finding(MissingFile, "profile.yml")],
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
            [finding(MissingFile, "profile.yml")],
        ),
        works(
            "5 MB",
            |s| profile(s, format!("name: Ada\nstory: {}\n", "x".repeat(5 << 20))),
            "train",
            [finding(MissingFile, "profile.yml").with("short_name")],
        ),
        works(
            "two documents",
            |s| profile(s, "name: Ada\n---\nname: Eve\n"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
        works(
            "one key twice",
            |s| profile(s, "name: Ada\nname: Eve\n"),
            "train",
            [finding(MissingFile, "profile.yml")],
        ),
    ]);
}

#[test]
fn utterance_data_csv() {
    cases("companions_utterance_data_csv").check(&[
        works(
            "missing",
            |s| remove(s, "mentor/ada/data/utterance_data.csv"),
            "train",
            [finding(MissingFile, "utterance_data.csv")],
        ),
        unreadable("empty", |s| utterances(s, ""), failure(InvalidInput).at("utterance_data.csv")),
        unreadable(
            "without columns",
            |s| utterances(s, "u1,Hello.,_INTRO_\n"),
            failure(InvalidInput).at("utterance_data.csv").row(1).with("ID").with("situation"),
        ),
        unreadable(
            "binary",
            |s| utterances(s, [0; 9]),
            failure(InvalidInput).at("utterance_data.csv"),
        ),
        works("only a header", |s| utterances(s, "ID,utterance,situation\n"), "train", []),
        works(
            "rows too short",
            |s| utterances(s, "ID,utterance,situation\nu1,Hello.\nu2,Hi.,_INTRO_\n"),
            "train",
            [finding(EmptyCell, "utterance_data.csv").row(2).column("situation")],
        ),
        works(
            "nothing to say off-topic",
            |s| {
                utterances(s, "ID,utterance,situation\n");
                s.train("c");
            },
            "ask --no-canned zzzz",
            [],
        ),
    ]);
}

#[test]
fn mentorpal_toml() {
    cases("companions_mentorpal_toml").check(&[
        refused(
            "binary",
            |s| settings(s, [0, 255]),
            "train",
            failure(InvalidInput).at("mentorpal.toml"),
        ),
        refused(
            "UTF-16",
            |s| settings(s, b"\xff\xfea\0"),
            "train",
            failure(InvalidInput).at("mentorpal.toml"),
        ),
        refused(
            "an escaping architecture",
            |s| settings(s, "arch = '../x'"),
            "train",
            failure(InvalidInput).with("../x"),
        ),
        refused(
            "an escaping checkpoint",
            |s| settings(s, "checkpoint = '../../x'"),
            "test",
            InvalidInput,
        ),
        refused(
            "an escaping test set",
            |s| settings(s, "test_set = '/etc/passwd'"),
            "test",
            failure(InvalidInput).with("/etc/passwd"),
        ),
    ]);
}
