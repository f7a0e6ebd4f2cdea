//! `mentorpal new DIR` creates a complete workspace.

use std::fs;

use mentorpal::error::ErrorKind::AlreadyExists;
use serde_json::json;

use crate::support::{Run, Sandbox, failure};

/// Runs a command in the workspace `dir`, which is found by its `mentorpal.toml`.
fn within(sandbox: &Sandbox, dir: &str, arguments: &[&str]) -> Run {
    let mut command = sandbox.command(arguments);
    sandbox.finish(command.env_remove("MENTORPAL").current_dir(sandbox.path().join(dir)))
}

#[test]
fn a_new_workspace_trains_tests_and_answers() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["new", "mine"]).code(0);
    run.prints("cd mine; mentorpal train");
    sandbox.run(&["new", "my own"]).code(0).prints("cd 'my own'; mentorpal train");
    within(&sandbox, "mine", &["train"]).code(0);
    let report = within(&sandbox, "mine", &["test", "--json"]).code(0).json().remove(0);
    // The test set has six questions, one of them an exact match. With four answers in the training
    // data, a model may miss one of the others.
    assert_eq!(report["questions"], 6);
    assert_eq!(report["canned"], json!({"questions": 1, "correct": 1}));
    assert!(report["correct"].as_u64() >= Some(5), "{report}");
    let run = within(&sandbox, "mine", &["ask", "who are you"]).code(0);
    run.prints("Example: I am an example.");
    let shown = within(&sandbox, "mine", &["mentors", "example", "--json"]).code(0).line();
    assert_eq!(shown["findings"], json!([]));
}

#[test]
fn commands_in_the_new_readme_work() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["new", "mine"]).code(0);
    let readme = fs::read_to_string(sandbox.path().join("mine/README.md")).expect("a README");
    let commands = readme.lines().filter_map(|line| line.strip_prefix("    mentorpal "));
    let mut tried = 0;
    for command in commands {
        let command = command.split('#').next().unwrap_or_default().trim();
        let (words, question) = command.split_once('"').unwrap_or((command, ""));
        let mut arguments: Vec<&str> = words.split_whitespace().collect();
        arguments.extend(question.strip_suffix('"'));
        within(&sandbox, "mine", &arguments).code(0);
        tried += 1;
    }
    assert_eq!(tried, 4, "{readme}");
}

#[test]
fn git_ignores_checkpoints_vector_models_and_credentials() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["new", "mine"]).code(0);
    within(&sandbox, "mine", &["train", "--checkpoint", "one"]).code(0);
    sandbox.write("mine/checkpoint/vector_models/words/model.safetensors", "x");
    sandbox.write("mine/.netrc", "machine host login user password hunter2");
    let git = |arguments: &[&str]| {
        let mut git = sandbox.program("git");
        git.args(arguments).current_dir(sandbox.path().join("mine"));
        // The settings of this machine do not apply.
        let nowhere = sandbox.path().join("none");
        git.env("GIT_CONFIG_GLOBAL", &nowhere).env("GIT_CONFIG_SYSTEM", &nowhere);
        sandbox.finish(&mut git).code(0).stdout
    };
    git(&["init", "--quiet"]);
    let status = git(&["status", "--porcelain", "--ignored", "--untracked-files=all"]);
    let of = |mark: &str| -> Vec<&str> {
        status.lines().filter_map(|line| line.strip_prefix(mark)).collect()
    };
    let added = of("?? ");
    assert!(added.contains(&"mentorpal.toml") && added.contains(&".gitignore"), "{status}");
    assert!(added.contains(&"checkpoint/tests/example/example.csv"), "{status}");
    assert!(added.contains(&"mentor/example/data/classifier_data.csv"), "{status}");
    let kept_out = |path: &str| {
        !added.iter().any(|added| added.starts_with(path))
            && of("!! ").iter().any(|ignored| ignored.starts_with(path))
    };
    for path in [".netrc", "checkpoint/classifiers/", "checkpoint/vector_models/"] {
        assert!(kept_out(path), "{path}\n{status}");
    }
}

#[test]
fn an_occupied_folder_is_not_changed() {
    let sandbox = Sandbox::empty();
    sandbox.write("mine/notes.txt", "mine");
    sandbox.run(&["new", "mine", "--json"]).fails(failure(AlreadyExists).at("mine"));
    sandbox.write("file", "mine");
    sandbox.run(&["new", "file", "--json"]).fails(failure(AlreadyExists).at("file"));
    let before = ["file", "mine/notes.txt"].map(|path| (path.to_owned(), b"mine".to_vec()));
    assert_eq!(sandbox.files(""), before.into());
}

#[test]
fn an_empty_folder_is_filled() {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.path().join("mine")).expect("a folder");
    sandbox.run(&["new", "mine"]).code(0);
    assert!(sandbox.path().join("mine/mentorpal.toml").is_file());
}

#[test]
fn parent_folders_are_created() {
    let sandbox = Sandbox::empty();
    let run = sandbox.run(&["new", "a/b/mine", "--json"]).code(0);
    assert_eq!(run.json(), [json!({"workspace": "a/b/mine"})]);
    let made = sandbox.files("");
    // Nothing else is created next to the folder.
    assert!(made.contains_key("a/b/mine/mentorpal.toml"), "{:?}", made.keys());
    assert!(made.keys().all(|path| path.starts_with("a/b/mine/")), "{:?}", made.keys());
}

#[test]
fn an_empty_current_folder_is_filled() {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.path().join("mine")).expect("a folder");
    within(&sandbox, "mine", &["new", "."]).code(0);
    assert!(sandbox.path().join("mine/mentorpal.toml").is_file());
}
