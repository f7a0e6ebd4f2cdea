//! Flag goes before environment, environment before `mentorpal.toml`, that before the default.

use std::fs;

use crate::support::{ADA, Run, Sandbox};

#[track_caller]
fn used(run: Run, key: &str) -> String {
    let run = run.code(0);
    run.json()[0][key].as_str().expect("a text").to_owned()
}

#[test]
fn the_architecture() {
    let sandbox = Sandbox::ada();
    let unknown = |name: &str| format!("no architecture `{name}`");
    let environment = [("ARCH", "from_env")];
    sandbox.write("mentorpal.toml", "arch = 'from_file'");
    let run = sandbox.run_with(&environment, &["train", "--arch", "from_flag"]).code(2);
    run.says(&unknown("from_flag"));
    sandbox.run_with(&environment, &["train"]).code(2).says(&unknown("from_env"));
    sandbox.run(&["train"]).code(2).says(&unknown("from_file")).says("there is `fusion_v1`");
    sandbox.write("mentorpal.toml", "");
    sandbox.run(&["train"]).code(0).prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn a_mistyped_architecture_is_guessed_at() {
    let run = Sandbox::ada().run_with(&[("ARCH", "fusion_v2")], &["train"]).code(2);
    run.says("no architecture `fusion_v2`, did you mean `fusion_v1`?");
}

#[test]
fn the_checkpoint() {
    let sandbox = Sandbox::ada();
    for name in ["flag", "environment", "file", "newest", "9-older"] {
        sandbox.train(name);
    }
    let ask = ["ask", "Who are you?", "--json"];
    let environment = [("CHECKPOINT", "environment")];
    // The newest by name, whenever it was trained.
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

#[test]
fn the_stable_checkpoint_is_not_trained_over() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "checkpoint = 'stable'");
    sandbox.run(&["train"]).code(0).prints("fusion_v1/2023-11-14-2213");
}

#[test]
fn a_configured_checkpoint_that_is_missing_is_not_replaced_by_another() {
    let sandbox = Sandbox::ada();
    sandbox.train("one");
    sandbox.write("mentorpal.toml", "checkpoint = 'stable'");
    let run = sandbox.run(&["ask", "Who are you?"]).code(2);
    run.says("no checkpoint `fusion_v1/stable`").says("there is `fusion_v1/one`");
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
    let run = sandbox.run_with(&environment, &["test", "--json", "--test-set", "flag"]);
    assert_eq!(used(run, "test_set"), "flag");
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
fn a_workspace_that_is_no_unicode_is_not_passed_over() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::ada();
    let mut command = sandbox.command(&["mentors"]);
    command.env("MENTORPAL", std::ffi::OsStr::from_bytes(b"/tmp/\xff"));
    sandbox.finish(&mut command).code(2).says("the workspace is not a folder");
    // Where it is there it is used; other systems take no such names.
    if cfg!(target_os = "linux") {
        let odd = sandbox.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
        fs::create_dir_all(&odd).expect("a folder");
        fs::rename(sandbox.path().join("mentor"), odd.join("mentor")).expect("it can be moved");
        let mut command = sandbox.command(&["mentors"]);
        sandbox.finish(command.env("MENTORPAL", odd)).code(0).prints("ada");
    }
}

#[test]
fn a_workspace_that_is_nowhere_is_an_error() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run_with(&[("MENTORPAL", "/nowhere/at/all")], &["mentors"]).code(2);
    run.says("/nowhere/at/all: the workspace is not a folder").says("mentorpal new DIR");
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
        ("arch = 'fusion_v1'\ncheckpoint = \n", "line 2", "string"),
        ("arch = 'fusion_v1'\n\ncheckpoints = 'one'\n", "line 3", "unknown field `checkpoints`"),
        ("\n[remote]\nurls = 'x'\n", "line 3", "unknown field `urls`"),
        ("arch = 1\n", "line 1", "expected a string"),
    ] {
        sandbox.write("mentorpal.toml", text);
        let run = sandbox.run(&["mentors"]).code(2).says("mentorpal.toml: ").says(line);
        run.says(what).says("keys are `arch`, `checkpoint`, `test_set`");
    }
}

#[test]
fn a_broken_settings_file_as_people_see_it() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentorpal.toml", "# mine\ncheckpoints = 'one'\n");
    insta::assert_snapshot!(sandbox.run(&["mentors"]).code(2).shown());
}

#[test]
fn a_folder_for_a_settings_file_is_explained() {
    let sandbox = Sandbox::ada();
    fs::create_dir(sandbox.path().join("mentorpal.toml")).expect("a folder");
    sandbox.run(&["mentors"]).code(2).says("mentorpal.toml: a folder, where a file belongs");
}
