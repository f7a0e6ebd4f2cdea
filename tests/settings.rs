//! The order of settings: flag, environment, `mentorpal.toml`, default.

use std::fs;

use mentorpal::error::ErrorKind::{Corrupt, InvalidInput, NotFound};

use crate::support::{ADA, Run, Sandbox, failure};

#[track_caller]
fn used(run: Run, key: &str) -> String {
    let run = run.code(0);
    run.json()[0][key].as_str().expect("a text").to_owned()
}

#[test]
fn the_architecture() {
    let sandbox = Sandbox::ada();
    let unknown = |name: &str| failure(InvalidInput).with(format!("`{name}`"));
    let environment = [("ARCH", "from_env")];
    sandbox.write("mentorpal.toml", "arch = 'from_file'");
    sandbox
        .run_with(&environment, &["train", "--arch", "from_flag", "--json"])
        .fails(unknown("from_flag"));
    sandbox.run_with(&environment, &["train", "--json"]).fails(unknown("from_env"));
    sandbox.run(&["train", "--json"]).fails(unknown("from_file").with("fusion_v1"));
    sandbox.write("mentorpal.toml", "");
    sandbox.run(&["train"]).code(0).prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn a_mistyped_architecture_gets_a_suggestion() {
    Sandbox::ada()
        .run_with(&[("ARCH", "fusion_v2")], &["train", "--json"])
        .fails(failure(InvalidInput).with("fusion_v2").with("fusion_v1"));
}

#[test]
fn the_checkpoint() {
    let sandbox = Sandbox::ada();
    for name in ["flag", "environment", "file", "newest", "9-older"] {
        sandbox.train(name);
    }
    let ask = ["ask", "Who are you?", "--json"];
    let environment = [("CHECKPOINT", "environment")];
    // All checkpoints are created in the same second: the last by name is used.
    assert_eq!(used(sandbox.run(&ask), "classifier"), "fusion_v1/newest");
    sandbox.write("mentorpal.toml", "checkpoint = 'file'");
    assert_eq!(used(sandbox.run(&ask), "classifier"), "fusion_v1/file");
    let run = sandbox.run_with(&environment, &ask);
    assert_eq!(used(run, "classifier"), "fusion_v1/environment");
    let run = sandbox.run_with(&environment, &[&ask[..], &["--checkpoint", "flag"]].concat());
    assert_eq!(used(run, "classifier"), "fusion_v1/flag");
    let run = sandbox.run(&[&ask[..], &["--checkpoint", "fusion_v1/flag"]].concat());
    assert_eq!(used(run, "classifier"), "fusion_v1/flag");
}

/// Trains a checkpoint at a time in seconds since 1970.
#[track_caller]
fn train_at(sandbox: &Sandbox, seconds: &str, arguments: &[&str]) {
    let variables = [("SOURCE_DATE_EPOCH", seconds)];
    sandbox.run_with(&variables, &[&["train"], arguments].concat()).code(0);
}

#[test]
fn without_a_name_the_newest_checkpoint_is_used() {
    let sandbox = Sandbox::ada();
    train_at(&sandbox, "1700000100", &["--checkpoint", "baseline"]);
    train_at(&sandbox, "1700000200", &[]);
    train_at(&sandbox, "1700000000", &["--checkpoint", "zero"]);
    let last = "fusion_v1/2023-11-14-2216";

    let run = sandbox.run(&["test", "--json"]).notes(&[last]);
    assert_eq!(used(run, "checkpoint"), "2023-11-14-2216");
    let run = sandbox.run(&["ask", "Who are you?", "--json"]).notes(&[last]);
    assert_eq!(used(run, "classifier"), last);
    let run = sandbox.run(&["checkpoints", "show"]).code(0).notes(&[last]);
    run.prints(last);
    // An update changes the creation time, but not the name.
    let update = ["--checkpoint", "baseline", "--mentor", "ada", "--update"];
    train_at(&sandbox, "1700000300", &update);
    let update = ["train", "--mentor", "ada", "--update"];
    let run = sandbox.run(&update).code(0).notes(&["fusion_v1/baseline"]);
    run.prints("fusion_v1/baseline");
}

#[test]
fn of_runs_within_one_second_the_last_is_used() {
    let sandbox = Sandbox::ada();
    let run = |arguments: &[&str]| {
        sandbox.finish(sandbox.command(arguments).env_remove("SOURCE_DATE_EPOCH")).code(0)
    };
    for name in ["b", "c", "a"] {
        run(&["train", "--checkpoint", name]);
    }
    assert_eq!(used(run(&["test", "--json"]), "checkpoint"), "a");
    // Printed times have seconds; JSON has the time in the manifest.
    let listed = run(&["checkpoints"]);
    assert!(listed.stdout.lines().skip(1).all(|line| !line.contains('.') || line.contains("kB")));
    let time = |line: &serde_json::Value| line["created"].as_str().unwrap().to_owned();
    let times: Vec<String> = run(&["checkpoints", "--json"]).json().iter().map(time).collect();
    for time in &times {
        let shown = format!("{}Z", &time[.."2026-01-01T00:00:00".len()]);
        assert!(listed.stdout.contains(&shown), "{listed}");
    }
}

#[test]
fn the_default_checkpoint_is_printed() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    sandbox.train("two");
    let named = [("CHECKPOINT", "one")];
    for verb in [&["test"][..], &["ask", "Who are you?"], &["checkpoints", "show"]] {
        sandbox.run(verb).code(0).notes(&["fusion_v1/two"]);
        sandbox.run_with(&named, verb).code(0).does_not_say("fusion_v1/");
    }
    sandbox.run(&["test", "--checkpoint", "one"]).code(0).does_not_say("fusion_v1/");
    sandbox.run(&["checkpoints", "show", "one"]).code(0).does_not_say("fusion_v1/");
    sandbox.write("mentorpal.toml", "checkpoint = 'one'");
    for verb in [&["test"][..], &["ask", "Who are you?"], &["checkpoints", "show"]] {
        sandbox.run(verb).code(0).notes(&["fusion_v1/one", "mentorpal.toml"]);
    }
}

#[test]
fn the_newest_checkpoint_is_that_of_the_named_architecture() {
    let sandbox = Sandbox::ada();
    train_at(&sandbox, "1700000000", &["--checkpoint", "x"]);
    train_at(&sandbox, "1700000001", &["--checkpoint", "a", "--arch", "lstm_v1"]);
    let arch = |variables: &[(&str, &str)], flags: &[&str]| {
        used(sandbox.run_with(variables, &[&["test", "--json"], flags].concat()), "arch")
    };
    assert_eq!(arch(&[], &[]), "lstm_v1");
    assert_eq!(arch(&[], &["--arch", "fusion_v1"]), "fusion_v1");
    assert_eq!(arch(&[("ARCH", "fusion_v1")], &[]), "fusion_v1");
    sandbox.write("mentorpal.toml", "arch = 'fusion_v1'");
    assert_eq!(arch(&[], &[]), "fusion_v1");
    assert_eq!(arch(&[("ARCH", "lstm_v1")], &[]), "lstm_v1");
}

#[test]
fn an_unreadable_checkpoint_is_reported() {
    let sandbox = Sandbox::ada();
    train_at(&sandbox, "1700000000", &["--checkpoint", "good"]);
    train_at(&sandbox, "1700000001", &["--checkpoint", "bad"]);
    let manifest = "checkpoint/classifiers/fusion_v1/bad/manifest.json";
    sandbox.write(manifest, "{");
    let run = sandbox.run(&["test", "--json"]).warns(&["bad/manifest.json: "]);
    let run = run.notes(&["fusion_v1/good"]);
    assert_eq!(used(run, "checkpoint"), "good");
    fs::remove_dir_all(sandbox.path().join("checkpoint/classifiers/fusion_v1/good")).unwrap();
    sandbox.run(&["test", "--json"]).fails(failure(Corrupt).at("bad/manifest.json"));
}

#[test]
fn a_requested_architecture_overrides_that_of_the_stable_checkpoint() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    sandbox.write("mentorpal.toml", "checkpoint = 'lstm_v1/stable'");
    sandbox.run(&["test", "--json"]).fails(failure(NotFound).at("lstm_v1/stable"));
    assert_eq!(used(sandbox.run(&["test", "--json", "--arch", "fusion_v1"]), "checkpoint"), "x");
}

#[test]
fn an_architecture_and_a_checkpoint_of_another_one_are_refused() {
    let sandbox = Sandbox::ada();
    sandbox.train("x");
    let error = || failure(InvalidInput).with("`fusion_v1/x`").with("`lstm_v1`");
    let (arch, checkpoint) = (("ARCH", "lstm_v1"), ("CHECKPOINT", "fusion_v1/x"));
    for verb in [&["test", "--json"][..], &["ask", "Who are you?", "--json"], &["train", "--json"]]
    {
        let flags = ["--arch", "lstm_v1", "--checkpoint", "fusion_v1/x"];
        sandbox.run(&[verb, &flags[..]].concat()).fails(error());
        sandbox.run_with(&[arch, checkpoint], verb).fails(error());
        sandbox.run_with(&[checkpoint], &[verb, &flags[..2]].concat()).fails(error());
    }
    // A flag takes precedence over the environment.
    sandbox.run_with(&[arch], &["test", "--checkpoint", "fusion_v1/x"]).code(0);
}

#[test]
fn the_stable_checkpoint_is_not_overwritten() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "checkpoint = 'stable'");
    sandbox.run(&["train"]).code(0).prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn a_configured_checkpoint_that_is_missing_is_not_replaced_by_another() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    sandbox.write("mentorpal.toml", "checkpoint = 'stable'");
    sandbox
        .run(&["ask", "Who are you?", "--json"])
        .fails(failure(NotFound).at("fusion_v1/stable").with("fusion_v1/one"));
}

#[test]
fn the_test_set() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.train("one");
    for name in ["flag", "environment", "file"] {
        let path = format!("checkpoint/tests/ada/{name}.csv");
        sandbox.write(&path, ",,Who are you?\n,I am Ada Lovelace.,i\n");
    }
    let environment = [("TEST_SET", "environment")];
    sandbox.write("mentorpal.toml", "test_set = 'file'");
    assert_eq!(used(sandbox.run(&["test", "--json"]), "test_set"), "file");
    let run = sandbox.run_with(&environment, &["test", "--json"]);
    assert_eq!(used(run, "test_set"), "environment");
    for name in ["flag", "flag.csv", "flag.CSV"] {
        let run = sandbox.run_with(&environment, &["test", "--json", "--test-set", name]);
        assert_eq!(used(run, "test_set"), "flag");
    }
}

#[test]
fn the_workspace() {
    let sandbox = Sandbox::empty();
    for place in ["flag", "environment", "nearest", "nearest/here"] {
        let data = format!("{place}/mentor/of_{}/data", place.replace('/', "_"));
        sandbox.write(&format!("{data}/classifier_data.csv"), ADA);
    }
    let folder = |name: &str| sandbox.path().join(name).display().to_string();
    let (flag, environment) = (folder("flag"), folder("environment"));
    let list = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = sandbox.command(&[&["mentors", "--json"], flags].concat());
        command.env_remove("MENTORPAL").current_dir(folder("nearest/here"));
        used(sandbox.finish(command.envs(variables.iter().copied())), "id")
    };
    assert_eq!(list(&[], &[]), "of_nearest_here");
    sandbox.write("nearest/mentorpal.toml", "");
    assert_eq!(list(&[], &[]), "of_nearest");
    let variables = [("MENTORPAL", environment.as_str())];
    assert_eq!(list(&variables, &[]), "of_environment");
    assert_eq!(list(&variables, &["--workspace", &flag]), "of_flag");
}

#[cfg(unix)]
#[test]
fn a_workspace_with_a_non_unicode_name_is_reported() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::ada();
    let mut command = sandbox.command(&["mentors", "--json"]);
    command.env("MENTORPAL", std::ffi::OsStr::from_bytes(b"/tmp/\xff"));
    sandbox.finish(&mut command).fails(failure(NotFound).at("/tmp/\u{fffd}"));
    // An existing folder is used. Other systems do not allow such names.
    if cfg!(target_os = "linux") {
        let odd = sandbox.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
        fs::create_dir_all(&odd).expect("a folder");
        fs::rename(sandbox.path().join("mentor"), odd.join("mentor")).expect("it can be moved");
        let mut command = sandbox.command(&["mentors"]);
        sandbox.finish(command.env("MENTORPAL", odd)).code(0).prints("ada");
    }
}

#[test]
fn a_missing_workspace_is_an_error() {
    let sandbox = Sandbox::ada();
    sandbox
        .run_with(&[("MENTORPAL", "/nowhere/at/all")], &["mentors", "--json"])
        .fails(failure(NotFound).at("/nowhere/at/all").with("mentorpal new DIR"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    let empty = ["ARCH", "CHECKPOINT", "MENTOR", "TEST_SET", "MENTORPAL_REMOTE"].map(|n| (n, ""));
    assert_eq!(used(sandbox.run_with(&empty, &["test", "--json"]), "checkpoint"), "one");
    sandbox.run_with(&[("SOURCE_DATE_EPOCH", "")], &["train", "--checkpoint", "two"]).code(0);
}

#[test]
fn a_broken_settings_file_is_explained_with_its_line() {
    let sandbox = Sandbox::ada();
    for (text, line, what) in [
        ("arch = 'fusion_v1'\ncheckpoint = \n", "line 2", "2 | checkpoint"),
        ("arch = 'fusion_v1'\n\ncheckpoints = 'one'\n", "line 3", "`checkpoints`"),
        ("\n[remote]\nurls = 'x'\n", "line 3", "`urls`"),
        ("arch = 1\n", "line 1", "1 | arch"),
    ] {
        sandbox.write("mentorpal.toml", text);
        let error = failure(InvalidInput).at("mentorpal.toml").with(line).with(what);
        sandbox.run(&["mentors", "--json"]).fails(error.with("`arch`, `checkpoint`, `test_set`"));
    }
}

#[test]
fn a_broken_settings_file_is_shown_with_its_line() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "# mine\ncheckpoints = 'one'\n");
    insta::assert_snapshot!(sandbox.run(&["mentors"]).code(2).shown());
}

#[test]
fn a_folder_in_place_of_the_settings_file_is_explained() {
    let sandbox = Sandbox::ada();
    fs::create_dir(sandbox.path().join("mentorpal.toml")).expect("a folder");
    sandbox.run(&["mentors", "--json"]).fails(failure(InvalidInput).at("mentorpal.toml"));
}
