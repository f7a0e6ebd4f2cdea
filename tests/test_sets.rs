//! `mentorpal test`: choosing a test set, and errors in test sets.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};

use crate::support::{ADA, Sandbox, failure};

const ONE_QUESTION: &str = ",,Who are you?\n,I am Ada Lovelace.,i\n";

/// Creates a trained mentor `ada` with this test set only.
fn with(test_set: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.write("checkpoint/tests/ada/t.csv", test_set);
    sandbox.train("one");
    sandbox
}

#[test]
fn columns_with_the_same_question_are_counted() {
    let sandbox = Sandbox::ada();
    sandbox.train("c");
    // Four columns with a mark contain two questions; a fifth column has no mark.
    let table =
        ",,Who?,who,WHO!,where,why\nname,I am Ada Lovelace.,i,r,i,,\nhome,_OFF_TOPIC_,,,,i,\n";
    sandbox.write("checkpoint/tests/ada/standard.csv", table);
    let run = sandbox.run(&["test", "--json"]).code(0);
    let run = run.notes(&["`standard`", "4", "2"]);
    let line = run.line();
    assert_eq!((&line["columns"], &line["merged_columns"]), (&4.into(), &2.into()));
    assert_eq!((&line["unmarked_columns"], &line["questions"]), (&1.into(), &2.into()));
    sandbox.write("checkpoint/tests/ada/standard.csv", ",,Who?\nname,I am Ada Lovelace.,i\n");
    let run = sandbox.run(&["test", "--json"]).code(0).does_not_say("`standard`");
    assert_eq!(run.line()["merged_columns"], 0);
}

#[test]
fn a_test_set_without_a_usable_column_is_explained() {
    for useless in [
        ",,Who are you?\n,I am Ada Lovelace.,x\n",
        ",,\n,I am Ada Lovelace.,i\n",
        ",\n,I am Ada Lovelace.\n",
        ",,Who are you?\n,,i\n",
        ",,Who are you?\n",
    ] {
        with(useless).run(&["test", "--json"]).fails(failure(InvalidInput).at("t.csv"));
    }
}

#[test]
fn questions_without_letters_match_only_themselves_in_a_test() {
    let sandbox = with(",,??,who are you,😳,??\n,I am Ada Lovelace.,,i,,\n,_OFF_TOPIC_,i,,r,i\n");
    let run = sandbox.run(&["test", "--json"]).code(0);
    assert_eq!([&run.json()[0]["questions"], &run.json()[0]["correct"]], [3, 3]);
    assert_eq!(run.json()[0]["off_topic"]["questions"], 2);
    run.warns(&["row 1, column `C`: ", "`??`"]);
}

#[test]
fn questions_in_another_script_are_asked_as_written() {
    let sandbox = Sandbox::empty();
    sandbox.mentor(
        "ada",
        "ID,topics,text,question\n1,,Меня зовут Ада.,Как вас зовут?\n2,,Я жила в Лондоне.,Где вы жили?\n",
    );
    sandbox.write(
        "checkpoint/tests/ada/t.csv",
        ",,Как вас зовут?,Где вы жили?,КАК ВАС ЗОВУТ?\n,Меня зовут Ада.,i,,i\n,Я жила в Лондоне.,,i,\n",
    );
    sandbox.train("one");
    let run = sandbox.run(&["test", "--json"]).code(0).warns_of_nothing();
    // The first and the third question are equal.
    assert_eq!([&run.json()[0]["questions"], &run.json()[0]["correct"]], [2, 2]);
    assert_eq!(run.json()[0]["canned"]["questions"], 2);
}

#[test]
fn semicolons_and_tabs_are_separators() {
    let commas =
        ",,\"Well, who are you?\",your home town\n,I am Ada Lovelace.,i,\n,I lived in London.,,i\n";
    let expected = with(commas).run(&["test", "--json"]).code(0).json();
    assert_eq!([&expected[0]["questions"], &expected[0]["correct"]], [2, 2]);
    for separator in [";", "\t"] {
        let text = [
            ["", "", "Well, who are you?", "your home town"],
            ["", "I am Ada Lovelace.", "i", ""],
            ["", "I lived in London.", "", "i"],
        ]
        .map(|row| row.join(separator) + "\n");
        let found = with(text.concat()).run(&["test", "--json"]).code(0).json();
        assert_eq!(found, expected, "{separator:?}");
    }
}

#[test]
fn an_upper_case_file_extension_is_accepted() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.write("checkpoint/tests/ada/STANDARD.CSV", ONE_QUESTION);
    sandbox.train("one");
    assert_eq!(sandbox.run(&["test", "--json"]).code(0).json()[0]["test_set"], "STANDARD");
    sandbox.write("checkpoint/tests/ada/STANDARD.csv", ONE_QUESTION);
    if sandbox.files("checkpoint/tests/ada").len() == 2 {
        sandbox
            .run(&["test", "--json"])
            .fails(failure(InvalidInput).at("checkpoint/tests/ada").with("STANDARD"));
    }
}

#[test]
fn a_test_set_with_an_invalid_name_is_reported() {
    let sandbox = with(ONE_QUESTION);
    sandbox.write("checkpoint/tests/ada/.hidden.csv", "");
    sandbox.write("checkpoint/tests/ada/notes.txt", "");
    sandbox.run(&["test"]).code(0);
    sandbox.write("checkpoint/tests/ada/standard .csv", ONE_QUESTION);
    sandbox.run(&["test", "--json"]).fails(failure(InvalidInput).at("standard .csv"));
}

// Other systems do not allow such names.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_are_reported() {
    use std::os::unix::ffi::OsStrExt;
    let odd =
        |ending: &[u8]| std::ffi::OsStr::from_bytes(&[b"caf\xe9", ending].concat()).to_owned();
    let sandbox = with(ONE_QUESTION);
    let test_set = sandbox.path().join("checkpoint/tests/ada").join(odd(b".csv"));
    std::fs::write(&test_set, ONE_QUESTION).expect("a file");
    sandbox.run(&["test", "--json"]).fails(failure(InvalidInput).at("caf�.csv"));
    std::fs::remove_file(test_set).expect("it is there");
    let mentor = sandbox.path().join("mentor").join(odd(b""));
    std::fs::create_dir_all(mentor.join("data")).expect("a folder");
    sandbox.run(&["train", "--json"]).fails(failure(InvalidInput).at("mentor/caf�"));
}

#[test]
fn an_empty_test_set_is_explained() {
    for empty in ["", "\n\n", "\u{feff}"] {
        with(empty).run(&["test", "--json"]).fails(failure(InvalidInput).at("t.csv"));
    }
}

#[test]
fn a_binary_test_set_is_explained() {
    with(b"PK\x03\x04\0\0\0\0").run(&["test", "--json"]).fails(failure(InvalidInput).at("t.csv"));
}

#[test]
fn ragged_rows_are_read_with_a_warning() {
    // Row 2 lacks its last cell, row 4 has an additional cell, and row 3 is blank.
    let sandbox =
        with(",,Who are you?,your home town\n,I am Ada Lovelace.,i\n\n,I lived in London.,,i,i\n");
    let run = sandbox.run(&["test", "--json"]).code(0);
    assert_eq!([&run.json()[0]["questions"], &run.json()[0]["correct"]], [2, 2]);
    run.warns(&["t.csv: ", "4"]);
    let run = sandbox.run(&["mentors", "ada"]).code(0);
    run.prints("t.csv, row 4, column `E`: ");
}

#[test]
fn unknown_answers_are_explained_and_count_as_wrong() {
    let run = with(",,Who are you?\n,I am Babbage.,i\n").run(&["test", "--json"]).code(0);
    assert_eq!([&run.json()[0]["questions"], &run.json()[0]["correct"]], [1, 0]);
    run.warns(&["row 2, column `B`: "]);
}

#[test]
fn a_question_with_a_known_and_an_unknown_answer_can_be_correct() {
    let sandbox = with(",,Who are you?\n,I am Babbage.,i\n,I am Ada Lovelace.,r\n");
    let run = sandbox.run(&["test", "--json"]).code(0);
    assert_eq!(run.json()[0]["correct"], 1);
}

#[test]
fn off_topic_may_be_written_in_any_case() {
    let run = with(",,777 888\n,_off_topic_,R\n").run(&["test", "--json"]).code(0);
    assert_eq!(run.json()[0]["results"][0]["expected"], serde_json::json!(["_OFF_TOPIC_"]));
    assert_eq!(run.json()[0]["correct"], 1);
}

#[test]
fn of_several_test_sets_one_must_be_named() {
    let sandbox = with(ONE_QUESTION);
    sandbox.write("checkpoint/tests/ada/other.csv", ONE_QUESTION);
    sandbox.run(&["test", "--json"]).fails(
        failure(InvalidInput)
            .at("checkpoint/tests/ada")
            .with("2")
            .with("test_set")
            .with("other")
            .with("--test-set")
            .with("TEST_SET")
            .with("mentorpal.toml"),
    );
    let run = sandbox.run(&["test", "--test-set", "other", "--json"]).code(0);
    assert_eq!(run.json()[0]["test_set"], "other");
}

#[test]
fn a_test_set_is_named_with_or_without_extension() {
    let sandbox = with(ONE_QUESTION);
    sandbox.write("checkpoint/tests/ada/other.csv", ONE_QUESTION);
    for name in ["other", "other.csv"] {
        for mentor in [&["--mentor", "ada"][..], &[]] {
            let arguments = [&["test", "--json"], mentor].concat();
            let run = sandbox.run_with(&[("TEST_SET", name)], &arguments).code(0);
            assert_eq!(run.json()[0]["test_set"], "other");
        }
    }
}

#[test]
fn an_unknown_test_set_gets_a_suggestion() {
    let sandbox = with(ONE_QUESTION);
    sandbox.write("checkpoint/tests/ada/standard.csv", ONE_QUESTION);
    sandbox
        .run(&["test", "--mentor", "ada", "--test-set", "standart", "--json"])
        .fails(failure(NotFound).at("checkpoint/tests/ada").with("standart").with("standard"));
    sandbox
        .run(&["test", "--test-set", "standart", "--json"])
        .fails(failure(NotFound).with("standart"));
}

#[test]
fn the_error_for_a_missing_test_set_names_its_folder() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.train("one");
    let run = sandbox.run(&["test", "--json"]);
    run.fails(failure(NotFound).with("checkpoint/tests/<mentor>/"));
    sandbox
        .run(&["test", "--mentor", "ada", "--json"])
        .fails(failure(NotFound).at("checkpoint/tests/ada"));
}

#[test]
fn the_error_for_an_untrained_mentor_names_the_command() {
    let sandbox = with(ONE_QUESTION);
    sandbox.mentor("bob", ADA);
    sandbox.write("checkpoint/tests/bob/t.csv", ONE_QUESTION);
    sandbox.run(&["test", "--mentor", "bob", "--json"]).fails(
        failure(NotFound)
            .with("fusion_v1/one")
            .with("bob")
            .with("--mentor")
            .with("--checkpoint")
            .with("--update"),
    );
}

#[test]
fn the_error_for_a_missing_checkpoint_names_the_command() {
    let sandbox = Sandbox::ada();
    sandbox
        .run(&["test", "--json"])
        .fails(failure(NotFound).at("fusion_v1").with("mentorpal train"));
}
