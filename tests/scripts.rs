//! Matching of texts in any script: equal texts match, and different texts do not.

use mentorpal::error::ErrorKind::Conflict;

use crate::support::{ADA, FUSION, Sandbox, failure};

/// Creates a workspace with the mentor `m` and trains it.
fn with(rows: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("m", &format!("ID,topics,text,question\n{rows}"));
    sandbox.train("one");
    sandbox
}

/// Asks `question` and asserts an exact match with the answer `id`.
#[track_caller]
fn is_known(sandbox: &Sandbox, question: &str, id: &str) {
    let reply = sandbox.run(&["ask", "--json", question]).code(0).line();
    assert_eq!((&reply["answer_id"], &reply["canned"]), (&id.into(), &true.into()), "{question}");
    assert_eq!(reply["confidence"], 1.0, "{question}");
}

#[track_caller]
fn is_unknown(sandbox: &Sandbox, question: &str) {
    let reply = sandbox.run(&["ask", "--json", question]).json().remove(0);
    assert_eq!(reply["canned"], false, "{question}");
}

// Both contain the letters AI, and one contains a year.
#[test]
fn chinese_questions_with_latin_letters_stay_distinct() {
    let sandbox =
        with("A1,x,AI就是人工智能。,AI是什么？\nA2,x,我2010年开始。,你什么时候开始研究AI的？\n");
    is_known(&sandbox, "AI是什么？", "A1");
    is_known(&sandbox, "ａｉ是什么?", "A1");
    is_known(&sandbox, "你什么时候开始研究AI的", "A2");
    is_unknown(&sandbox, "AI？");
}

#[test]
fn answers_with_the_same_year_stay_distinct() {
    let sandbox = with(
        "1,,2008年我在北京。,你在哪里？\n2,,2008年我是学生。,你做什么？\n3,,2009年。,2008年怎么样？\n",
    );
    sandbox.write(
        "checkpoint/tests/m/t.csv",
        ",,你在哪里？,你做什么？,2008年怎么样？,2008年在哪里？\n\
         ,2008年我在北京。,,i,,i\n,2008年我是学生。,i,,,\n,2009年。,,,i,\n",
    );
    let report = sandbox.run(&["test", "--json"]).code(0).line();
    let results = report["results"].as_array().expect("a list");
    assert_eq!(results.len(), 4);
    let correct: Vec<bool> =
        results[..3].iter().map(|result| result["correct"].as_bool().expect("it is")).collect();
    assert_eq!(correct, [false, false, true]);
    assert_eq!(results[3]["expected"], serde_json::json!(["1"]));
}

#[test]
fn a_test_and_ask_give_the_same_answers() {
    let sandbox = with(
        "1,,Tengo treinta años.,\"¿Cuántos años tienes?\n¿Cuál es tu edad?\"\n\
         2,,Tengo dos anos.,\"¿Cuántos anos?\nre-entry\"\n",
    );
    sandbox.write(
        "checkpoint/tests/m/t.csv",
        ",,¿años?,an\u{303}os,Re-entry/again?\n,Tengo treinta an\u{303}os.,i,i,\n,Tengo dos anos.,,,i\n",
    );
    let report = sandbox.run(&["test", "--json"]).code(0).line();
    let results = report["results"].as_array().expect("a list");
    assert_eq!(results.len(), 2, "the first two are one question");
    for result in results {
        let question = result["question"].as_str().expect("a question");
        let reply = sandbox.run(&["ask", "--json", question]).json().remove(0);
        for key in ["confidence", "top_answer_id", "canned"] {
            assert_eq!(result[key], reply[key], "{question}");
        }
    }
    assert_eq!(results[0]["question"], "¿años?");
}

#[test]
fn composed_and_decomposed_accents_match() {
    let (nfc, nfd) = ("Où es-tu né ?", "Ou\u{300} es-tu ne\u{301} ?");
    for (data, asked) in [(nfc, nfd), (nfd, nfc)] {
        let sandbox = with(&format!("1,,Né à Paris.,{data}\n2,,Oui.,Vraiment ?\n"));
        is_known(&sandbox, asked, "1");
        is_unknown(&sandbox, "Ou es-tu ne ?");
        sandbox.write(
            "checkpoint/tests/m/t.csv",
            format!(",,{asked}\n,Ne\u{301} a\u{300} Paris.,i\n"),
        );
        let report = sandbox.run(&["test", "--json"]).code(0).line();
        assert_eq!((&report["correct"], &report["canned"]["questions"]), (&1.into(), &1.into()));
    }
}

#[test]
fn rows_of_one_answer_in_two_unicode_forms_are_merged() {
    let sandbox = with("é1,,Né.,Quand ?\ne\u{301}1,,Ne\u{301}.,Où ?\nx,,Non.,Pourquoi ?\n");
    is_known(&sandbox, "quand", "é1");
    is_known(&sandbox, "ou\u{300}", "é1");
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).line();
    let finding = &shown["findings"][0];
    assert_eq!((&finding["kind"], &finding["row"]), (&"duplicate_id".into(), &3.into()));
}

#[test]
fn questions_without_letters_match_only_themselves() {
    let sandbox = with("1,,Glad.,\"😀\nI am glad\"\n2,,Party!,🎉\n3,,Pardon?,???\n");
    is_known(&sandbox, "😀", "1");
    is_known(&sandbox, "🎉", "2");
    is_known(&sandbox, "???", "3");
    is_unknown(&sandbox, "!");
    is_unknown(&sandbox, "😢");
}

#[test]
fn topics_in_one_script_have_distinct_ids() {
    let sandbox =
        with("1,研究,甲。,你研究什么？\n2,生活,乙。,你住在哪里？\n3,研究,丙。,为什么？\n");
    std::fs::remove_file(sandbox.path().join("mentor/m/data/topics.csv")).expect("it is there");
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).line();
    let topics = &shown["topics_by_id"];
    assert_eq!(topics["研究"]["questions"], serde_json::json!(["1", "3"]));
    assert_eq!(topics["生活"]["questions"], serde_json::json!(["2"]));
    sandbox.write("mentor/m/data/topics.csv", "研究,工作\n生活,家\n");
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).line();
    assert_eq!(shown["topics_by_id"]["工作"]["questions"], serde_json::json!(["1", "3"]));
    assert_eq!(shown["topics_by_id"]["家"]["questions"], serde_json::json!(["2"]));
}

#[test]
fn near_duplicates_and_repetitions_are_found_in_every_script() {
    let sandbox = with(
        "1,,Раз.,\"Где вы живёте сейчас?\nгде ВЫ живёте сейчас\"\n2,,Два.,Где сейчас вы живёте?\n\
         3,,Три.,Кто вы?\n4,,四。,Кто вы\n",
    );
    let shown = sandbox.run(&["mentors", "m", "--json"]).code(0).line();
    let findings = shown["findings"].as_array().expect("a list");
    for kind in ["repeated_question", "near_duplicate", "contradiction"] {
        assert!(findings.iter().any(|finding| finding["kind"] == kind), "no {kind}: {shown}");
    }
}

/// The name of a mentor with its accent composed and decomposed.
const NAMES: [&str; 2] = ["Jos\u{e9}", "Jose\u{301}"];

#[test]
fn names_match_in_either_unicode_form() {
    for (stored, typed) in [(NAMES[0], NAMES[1]), (NAMES[1], NAMES[0])] {
        let sandbox = Sandbox::empty();
        sandbox.mentor(stored, ADA);
        sandbox.mentor("other", ADA);
        sandbox.write(
            &format!("checkpoint/tests/{typed}/{stored}.csv"),
            ",,Who are you?\n,I am Ada Lovelace.,i\n",
        );
        let checkpoint = format!("c{stored}");
        sandbox
            .run(&["train", "--mentor", typed, "--mentor", "other", "--checkpoint", &checkpoint])
            .code(0);
        let named = format!("c{typed}");
        let chosen = ["--mentor", typed, "--checkpoint", &named];
        let ask = [&["ask", "--json"][..], &chosen, &["who are you"]].concat();
        assert_eq!(sandbox.run(&ask).code(0).line()["answer_id"], "ada_1");
        let test = [&["test", "--json", "--test-set", typed][..], &chosen].concat();
        assert_eq!(sandbox.run(&test).code(0).line()["correct"], 1);
        sandbox.run(&["mentors", typed]).code(0);
        sandbox.run(&["checkpoints", "verify", &named]).code(0);
        // Both forms name the same checkpoint, with one record of the mentor.
        let again = ["train", "--mentor", typed, "--checkpoint", &named, "--json"];
        assert_eq!(sandbox.run(&again).code(2).error()["kind"], "already_exists");
        sandbox.run(&[&again[..], &["--update"]].concat()).code(0);
        sandbox.run(&["train", "--overwrite", "--checkpoint", &named]).code(0);
        let listed = sandbox.run(&["checkpoints", "--json"]).code(0).line();
        assert_eq!(listed["mentors"].as_array().expect("a list").len(), 2);
        assert_eq!(std::fs::read_dir(sandbox.path().join(FUSION)).expect("it is there").count(), 1);
    }
}

#[test]
fn a_copied_checkpoint_with_folders_in_the_other_unicode_form_is_intact() {
    let sandbox = Sandbox::empty();
    sandbox.mentor(NAMES[0], ADA);
    sandbox.train("one");
    let folder = sandbox.path().join(FUSION).join("one");
    std::fs::rename(folder.join(NAMES[0]), folder.join(NAMES[1])).expect("it is there");
    sandbox.run(&["checkpoints", "verify", "one"]).code(0);
    sandbox.run(&["ask", "who are you"]).code(0).prints("Ada Lovelace");
}

// Some file systems normalise names and have only one of the folders.
#[test]
fn two_mentors_with_equal_names_are_refused() {
    let sandbox = Sandbox::empty();
    for name in NAMES {
        sandbox.mentor(name, ADA);
    }
    if std::fs::read_dir(sandbox.path().join("mentor")).expect("it is there").count() == 2 {
        sandbox.run(&["train", "--json"]).fails(failure(Conflict).at("mentor"));
    }
}

const PETS: &str = "ID,topics,text,question\n\
    name,,我叫小明。,\"你叫什么名字？\n请问你贵姓？\"\n\
    cat,,我养了一只猫。,\"你养猫吗？\n你的猫叫什么？\"\n\
    home,,我住在上海。,\"你住在哪里？\n你在哪个城市生活？\"\n";

// A single letter is a word, although it has no n-gram of two letters.
#[test]
fn a_word_of_one_letter_is_found_in_text_without_spaces() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("m", PETS);
    sandbox.run(&["train", "--vectors", "none", "--checkpoint", "one"]).code(0);
    for (question, id) in [("猫", "cat"), ("猫？", "cat"), ("贵？", "name"), ("住？", "home")]
    {
        let reply = sandbox.run(&["ask", "--json", question]).json().remove(0);
        assert_eq!(reply["top_answer_id"], id, "{question}");
    }
}

#[test]
fn vectors_of_another_language_are_skipped_with_a_note() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("m", PETS);
    let run = sandbox.run(&["train", "--checkpoint", "one"]).code(0);
    // One note is about the number of questions, the other one about the vectors.
    let notes = run.stderr.lines().filter(|line| line.starts_with("m: ")).count();
    assert_eq!(notes, 2, "{run}");
    let reply = sandbox.run(&["ask", "--json", "猫"]).json().remove(0);
    assert_eq!(reply["top_answer_id"], "cat");
    sandbox.run(&["checkpoints", "verify", "one"]).code(0);
    let english = Sandbox::ada();
    assert_eq!(english.run(&["train"]).code(0).stderr, "");
}
