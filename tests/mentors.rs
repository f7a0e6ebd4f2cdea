//! `mentorpal mentors`: how the files of a mentor are read.

use mentorpal::error::ErrorKind::{Corrupt, InvalidInput, NotFound};
use serde_json::{Value, json};

use crate::support::{Sandbox, failure};

/// One answer, for tests of the other files.
const ONE: &str = "ID,topics,text,question\na1,Life,Yes.,Is it?\n";

/// Creates a mentor `m` with this `classifier_data.csv` and no other file.
fn only_answers(classifier_data: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("mentor/m/data/classifier_data.csv", classifier_data);
    sandbox
}

#[track_caller]
fn show(sandbox: &Sandbox) -> Value {
    sandbox.run(&["mentors", "m", "--json"]).code(0).line()
}

#[test]
fn mentors_are_listed() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", ONE);
    insta::assert_snapshot!(sandbox.run(&["mentors"]).code(0).shown());
}

#[test]
fn mentors_are_listed_as_json() {
    let run = Sandbox::ada().run(&["mentors", "--json"]).code(0);
    let expected = json!({
        "id": "ada", "name": "ada the Tested", "short_name": "ada", "title": "Example",
        "answers": 4, "questions": 16, "test_sets": ["standard"],
    });
    assert_eq!(run.line(), expected);
}

#[test]
fn a_mentor_is_shown() {
    insta::assert_snapshot!(Sandbox::ada().run(&["mentors", "ada"]).code(0).shown());
}

#[test]
fn a_mentor_is_shown_as_the_documented_json() {
    let sandbox = Sandbox::ada();
    let shown = sandbox.run(&["mentors", "ada", "--json"]).code(0).line();
    let mut shown = shown.as_object().expect("an object").clone();
    let findings = shown.remove("findings").expect("findings");
    assert_eq!(findings[0]["kind"], "untested_answer");
    let expected = json!({
        "id": "ada",
        "name": "ada the Tested",
        "short_name": "ada",
        "title": "Example",
        "questions_by_id": {
            "ada_1": {"question_text": "What is your name?"},
            "ada_2": {"question_text": "Where do you live?"},
            "ada_3": {"question_text": "What did you write?"},
            "ada_4": {"question_text": "Was the engine ever built?"},
        },
        "topics_by_id": {
            "about_me": {"name": "About Me", "questions": ["ada_1", "ada_2"]},
            "about_work": {"name": "About Work", "questions": ["ada_3", "ada_4"]},
        },
        "utterances_by_type": {
            "_INTRO_": [["u1", "Hello."]],
            "_OFF_TOPIC_": [["u2", "I cannot say."], ["u3", "Ask something else."]],
        },
    });
    assert_eq!(Value::Object(shown), expected);
}

#[test]
fn columns_may_be_in_any_order_among_other_columns() {
    let sandbox = only_answers("notes,question,ID,extra,text,topics\nn,Is it?,A1,e,Yes.,Life\n");
    let shown = show(&sandbox);
    assert_eq!(shown["questions_by_id"], json!({"A1": {"question_text": "Is it?"}}));
    assert_eq!(shown["topics_by_id"], json!({"life": {"name": "Life", "questions": ["A1"]}}));
}

#[test]
fn ids_are_case_sensitive() {
    let sandbox = only_answers("ID,topics,text,question\nQ1,,Yes.,Is it?\nq1,,No.,Was it?\n");
    let expected = json!({"Q1": {"question_text": "Is it?"}, "q1": {"question_text": "Was it?"}});
    assert_eq!(show(&sandbox)["questions_by_id"], expected);
}

#[test]
fn blank_lines_in_a_question_cell_are_ignored() {
    let sandbox =
        only_answers("ID,topics,text,question\na1,,Yes.,\"\n  \nIs it?\n\nIs it so?\n\u{a0}\n\"\n");
    assert_eq!(show(&sandbox)["questions_by_id"]["a1"]["question_text"], "Is it?");
    let listed = sandbox.run(&["mentors", "--json"]).code(0).line();
    assert_eq!(listed["questions"], 2);
}

#[test]
fn a_no_break_space_in_an_answer_becomes_a_space() {
    let sandbox = only_answers("ID,topics,text,question\na1,,Oh\u{a0}yes.,Is it?\n");
    sandbox.train("one");
    let run = sandbox.run(&["ask", "Is it?", "--json"]).code(0);
    assert_eq!(run.json()[0]["answer_text"], "Oh yes.");
}

#[test]
fn topics_are_sorted_into_groups() {
    let sandbox = only_answers(
        "ID,topics,text,question\n\
         b,\"Growth/Learning, growth learning\",1,one\n\
         a,\"GROWTH - LEARNING,Navy\",2,two\n\
         C,Money?!,3,three\n\
         d,Navy,4,four\n\
         e,,5,five\n",
    );
    // `Navy` belongs to no group, so `d` is in none; `Weather` has no questions.
    sandbox.write(
        "mentor/m/data/topics.csv",
        "Weather,Small Talk\ngrowth/learning,Life & Times\nNavy,\nMoney,Life & Times\n",
    );
    let expected = json!({
        // The ids are unique and sorted, with upper case before lower case.
        "life_times": {"name": "Life & Times", "questions": ["a", "b"]},
        "about_me": {"name": "About Me", "questions": ["C", "d", "e"]},
    });
    // `Money?!` has the id `money_`, which differs from `money`.
    assert_eq!(show(&sandbox)["topics_by_id"], expected);
}

#[test]
fn without_topics_csv_questions_are_grouped_by_their_topics() {
    let sandbox = only_answers(
        "ID,topics,text,question\nb,\"STEM, What Does it Take?\",1,one\nA,STEM,2,two\nc,,3,three\n",
    );
    let expected = json!({
        "stem": {"name": "STEM", "questions": ["A", "b"]},
        "what_does_it_take_": {"name": "What Does it Take?", "questions": ["b"]},
        "about_me": {"name": "About Me", "questions": ["c"]},
    });
    assert_eq!(show(&sandbox)["topics_by_id"], expected);
}

#[test]
fn an_answer_without_a_question_is_in_no_group() {
    let sandbox = only_answers("ID,topics,text,question\na,Life,1,one\nb,Work,2,\n");
    let shown = show(&sandbox);
    assert_eq!(shown["topics_by_id"], json!({"life": {"name": "Life", "questions": ["a"]}}));
    assert_eq!(shown["questions_by_id"], json!({"a": {"question_text": "one"}}));
}

#[test]
fn without_a_profile_the_id_is_the_name() {
    let sandbox = only_answers(ONE);
    let shown = show(&sandbox);
    assert_eq!([&shown["name"], &shown["short_name"], &shown["title"]], ["m", "m", "mentor"]);
    let run = sandbox.run(&["train"]).code(0);
    run.warns(&["profile.yml: "]);
}

#[test]
fn an_invalid_profile_is_ignored_with_a_finding() {
    let sandbox = only_answers(ONE);
    for broken in ["name: [unclosed", "- a\n- list\n", "name: {first: Ada}\n", "\u{1}\u{2}"] {
        sandbox.write("mentor/m/data/profile.yml", broken);
        let shown = show(&sandbox);
        assert_eq!([&shown["name"], &shown["short_name"], &shown["title"]], ["m", "m", "mentor"]);
        assert_eq!(shown["findings"][0]["kind"], "missing_file", "{broken:?}");
        sandbox
            .run(&["train", "--overwrite", "--checkpoint", "one"])
            .code(0)
            .warns(&["profile.yml"]);
    }
}

#[test]
fn missing_fields_of_a_profile_get_defaults() {
    let sandbox = only_answers(ONE);
    sandbox.write("mentor/m/data/profile.yml", "name: Ada Lovelace\ntitle: '  '\nborn: 1815\n");
    let shown = show(&sandbox);
    let profile = [&shown["name"], &shown["short_name"], &shown["title"]];
    assert_eq!(profile, ["Ada Lovelace", "m", "mentor"]);
    let run = sandbox.run(&["train"]).code(0);
    run.warns(&["profile.yml: ", "`short_name`", "1"]);
}

#[test]
fn utterances_keep_their_order() {
    let sandbox = only_answers(ONE);
    sandbox.write(
        "mentor/m/data/utterance_data.csv",
        "situation,ID,utterance\n_PROMPT_,9,Go on.\n_OWN_,8,Mine.\n_PROMPT_,7,And?\n_PROMPT_,8,So?\n",
    );
    let shown = show(&sandbox);
    let expected = json!({
        "_PROMPT_": [["9", "Go on."], ["7", "And?"], ["8", "So?"]],
        "_OWN_": [["8", "Mine."]],
    });
    assert_eq!(shown["utterances_by_type"], expected);
}

#[test]
fn without_utterances_there_are_defaults() {
    let sandbox = only_answers(ONE);
    let expected = json!({
        "_INTRO_": ["idle"],
        "_OFF_TOPIC_": ["off_topic"],
        "_PROMPT_": ["prompt"],
        "_FEEDBACK_": ["feedback"],
        "_REPEAT_": ["repeat"],
        "_REPEAT_BUMP_": ["repeat_bump"],
        "_PROFANITY_": ["profanity"],
    });
    assert_eq!(show(&sandbox)["utterances_by_type"], expected);
    sandbox.run(&["train"]).code(0).warns(&["utterance_data.csv: "]);
}

#[test]
fn an_unknown_mentor_gets_a_suggestion() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("bob", ONE);
    sandbox
        .run(&["mentors", "adda", "--json"])
        .fails(failure(NotFound).at("mentor/adda/data").with("ada").with("bob"));
}

#[test]
fn a_mentor_outside_the_workspace_is_refused() {
    let sandbox = Sandbox::ada();
    for name in ["../ada", "ada/data", ".", "..", "", "a\\b"] {
        let shown = format!("`{}`", name.replace('\\', "\\\\"));
        let error = failure(InvalidInput).with(shown);
        sandbox.run(&["mentors", name, "--json"]).fails(error);
    }
}

#[test]
fn a_mentor_that_cannot_be_read_does_not_hide_the_others() {
    let sandbox = Sandbox::ada();
    sandbox.write("mentor/bad/data/classifier_data.csv", "ID,topics,text\n");
    let run = sandbox.run(&["mentors", "--json"]);
    assert_eq!(run.line()["id"], "ada");
    run.fails(failure(Corrupt).with("`bad`")).notes(&[
        "error: ",
        "bad/data/classifier_data.csv, row 1: ",
        "`question`",
    ]);
}
