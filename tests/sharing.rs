//! `mentorpal init`, `download`, `upload`, `vectors download`.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};

use crate::support::{Sandbox, failure};

const VERBS: [&[&str]; 4] = [
    &["init"],
    &["download", "fusion_v1/one"],
    &["upload", "fusion_v1/one"],
    &["vectors", "download"],
];

#[test]
fn commands_without_a_remote_report_the_missing_remote() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    for verb in VERBS {
        let run = sandbox.run(&[verb, &["--json"][..]].concat());
        let run = run.fails(failure(NotFound).with("MENTORPAL_REMOTE").with("[remote]"));
        assert_eq!(run.stdout, "", "{run}");
    }
    sandbox.run(&["checkpoints", "verify"]).code(0).prints("fusion_v1/one");
}

#[test]
fn the_password_of_the_remote_is_never_printed() {
    let sandbox = Sandbox::ada();
    let remote = [("MENTORPAL_REMOTE", "https://user:hunter2@host.invalid/")];
    let local: [&[&str]; 5] =
        [&["train"], &["test"], &["mentors"], &["checkpoints"], &["clean", "--dry-run"]];
    for verb in VERBS.iter().chain(&local) {
        for verbose in [&["-v"][..], &[]] {
            let run = sandbox.run_with(&remote, &[verb, verbose].concat());
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"), "{run}");
        }
    }
}

// Without a slash or the scheme, the URL is invalid, but the part before the host is removed.
#[test]
fn the_password_in_an_invalid_url_is_never_printed() {
    let sandbox = Sandbox::ada();
    for url in [
        "ada:hunter2@disk.example/dav",
        "https:/ada:hunter2@disk.example",
        "https:/ada:hun=ter2@disk.example",
        "ada:hun://ter2@disk.example",
        "ada:hunter2@https://disk.example",
    ] {
        let run = sandbox.run_with(&[("MENTORPAL_REMOTE", url)], &["init", "-v", "--json"]).code(2);
        let error = run.error();
        assert!(error["message"].as_str().is_some_and(|text| text.contains("`****@")), "{error}");
        assert!(!run.stderr.contains("ada") && !run.stderr.contains("ter2"), "{run}");
    }
}

#[test]
fn the_password_in_a_broken_settings_file_is_never_printed() {
    let sandbox = Sandbox::ada();
    for text in [
        "[remote]\nurl = https://user:hunter2@host.invalid/\n",
        "[remote]\nurls = 'https://user:hunter2@host.invalid/'\n",
        "remote = 'https://user:hunter2@host.invalid/'\n",
        "[remote]\nurl = 'https://user:hun@ter2@host.invalid/'x\n",
        "[remote]\nurl = 'user:hun=ter2@host.invalid/'x\n",
        "[remote]\nurl = \"https:/user:hunter2@host.invalid/\n",
        "[remote]\nurl user:hunter2@host.invalid/\n",
    ] {
        sandbox.write("mentorpal.toml", text);
        let run = sandbox
            .run(&["init", "-v", "--json"])
            .fails(failure(InvalidInput).at("mentorpal.toml"));
        let shown = format!("{}{}", run.stdout, run.stderr);
        assert!(!shown.contains("hunter2") && !shown.contains("ter2"), "{run}");
    }
}
