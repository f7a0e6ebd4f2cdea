//! `mentorpal tune`: its figures and its recommendation.

use mentorpal::error::ErrorKind::{InvalidInput, NotFound};
use mentorpal::evaluate::statistics::wilson;
use serde_json::{Value, json};

use crate::leave_one_out::{FAMILY, answers, left_out};
use crate::support::{ADA, Sandbox, close, failure};

/// Returns questions of one made-up word each, which have no letters in common.
const WORDS: &str = "\
ID,topics,text,question
w_1,Life,One.,\"bbb
ccc
ddd
fff\"
w_2,Life,Two.,\"ggg
hhh
jjj
kkk\"
w_3,Life,Three.,\"mmm
nnn
ppp
qqq\"
w_4,Life,Four.,\"rrr
ttt
vvv
xxx\"
";

/// Creates a mentor whose questions are only similar by vectors: the questions of an answer have
/// the same vector.
fn words() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", WORDS);
    let mut vectors = String::new();
    for (i, (_, _, questions)) in answers(WORDS).iter().enumerate() {
        let numbers = ["1 0 0 0", "0 1 0 0", "0 0 1 0", "0 0 0 1"][i];
        vectors.extend(questions.iter().map(|word| format!("{word} {numbers}\n")));
    }
    sandbox.write("words.txt", vectors);
    sandbox.run(&["vectors", "add", "words.txt"]).code(0);
    sandbox
}

#[track_caller]
fn tuned(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    sandbox.run(&[&["tune", "--json"], arguments].concat()).code(0).json()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a small one")
}

/// Returns the output without training times, the last column.
fn without_seconds(text: &str) -> String {
    let plain = |line: &str| match line.rsplit_once(' ') {
        Some((start, last)) if last.parse::<f64>().is_ok() => format!("{start} [s]"),
        _ => line.to_owned(),
    };
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_figures_are_consistent() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", FAMILY);
    let found = tuned(&sandbox, &["--arch", "fusion_v1", "--folds", "4"]);
    let [none, embedded, summary] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!([&none["vectors"], &embedded["vectors"]], ["none", "embedded"]);
    let candidates = [none, embedded];
    for candidate in candidates {
        let folds = candidate["folds"].as_array().unwrap();
        let sum = |what: &str| folds.iter().map(|f| count(&f["held_out"][what])).sum::<usize>();
        assert_eq!(
            (folds.len(), sum("questions"), sum("correct")),
            (4, 16, count(&candidate["correct"]))
        );
        // Four answers have four questions each: each fold leaves three of each for training.
        assert!(folds.iter().all(|fold| fold["inner"]["questions"] == 12), "{candidate:#}");
        close(&candidate["accuracy"], sum("correct") as f64 / 16.0);
        assert_eq!(candidate["accuracy_ci95"], json!(wilson(sum("correct"), 16)));
        assert!(count(&candidate["given"]) <= sum("correct"));
    }

    let right = candidates.map(|candidate| count(&candidate["correct"]));
    let best = usize::from(right[1] > right[0]);
    assert_eq!(summary["recommended"]["vectors"], candidates[best]["vectors"]);
    assert_eq!(candidates[best]["difference"], Value::Null);
    let difference = right[1 - best] as f64 - right[best] as f64;
    close(&candidates[1 - best]["difference"], difference / 16.0);

    let mut nested = 0;
    for fold in 0..4 {
        let inner = candidates.map(|c| count(&c["folds"][fold]["inner"]["correct"]));
        let chosen = candidates[usize::from(inner[1] > inner[0])];
        assert_eq!(summary["nested"]["chosen"][fold]["vectors"], chosen["vectors"]);
        nested += count(&chosen["folds"][fold]["held_out"]["correct"]);
    }
    assert_eq!(count(&summary["nested"]["correct"]), nested);
    close(&summary["nested"]["accuracy"], nested as f64 / 16.0);
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let sandbox = Sandbox::ada();
    let run = |arguments: &[&str]| {
        let mut found = tuned(&sandbox, &[&["--folds", "3"], arguments].concat());
        for line in &mut found {
            line.as_object_mut().unwrap().remove("seconds");
        }
        found
    };
    let once = run(&[]);
    assert_eq!(once, run(&["--seed", "0"]));
    assert_ne!(once, run(&["--seed", "1"]));
}

// Held-out questions share no letter with other questions. Without vectors, the first answer is
// given, which is correct for four questions. With vectors, each question has the direction of
// three known ones. The twelve other questions decide: p = 2 / 2^12.
#[test]
fn the_better_architecture_is_recommended() {
    let sandbox = words();
    let arguments = ["--arch", "fusion_v1", "--vectors", "words", "--vectors", "none"];
    let found = tuned(&sandbox, &arguments);
    let [none, words, summary] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((&none["correct"], &words["correct"]), (&json!(4), &json!(16)));
    close(&none["difference"], -0.75);
    close(&none["p_value"], 2.0 / 4096.0);
    let use_words = json!({ "arch": "fusion_v1", "vectors": "words" });
    assert_eq!(summary["recommended"], use_words);
    assert_eq!(summary["simpler"], Value::Null);
    assert_eq!(summary["nested"]["chosen"], json!(vec![use_words; 5]));
    assert_eq!(summary["nested"]["correct"], 16);
    assert_eq!(summary["command"], "mentorpal train --arch fusion_v1 --vectors words");

    let printed = sandbox.run(&[&["tune"], &arguments[..]].concat()).code(0).shown();
    insta::assert_snapshot!(without_seconds(&printed));
    sandbox.write("mentorpal.toml", summary["settings"].as_str().unwrap());
    sandbox.run(&["train", "--checkpoint", "x"]).code(0);
    sandbox.run(&["checkpoints", "show", "x"]).code(0).prints("words");
}

/// As many folds as questions: each is held out alone, by `tune` and by a separate training.
#[test]
fn a_fold_equals_training_without_its_questions() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", FAMILY);
    let arguments = ["--arch", "fusion_v1", "--vectors", "embedded"];
    let found = tuned(&sandbox, &[&arguments[..], &["--folds", "16"]].concat()).remove(0);
    let fold = |fold: &Value| {
        let inner = &fold["inner"];
        (
            format!("{:.3}", inner["correct"].as_f64().unwrap()),
            count(&inner["questions"]),
            fold["held_out"]["correct"] == 1,
        )
    };
    let mut found: Vec<_> = found["folds"].as_array().unwrap().iter().map(fold).collect();

    let expected = left_out(FAMILY, &arguments).into_iter();
    let inner = |accuracy: f64| format!("{:.3}", 15.0 * accuracy);
    let mut expected: Vec<_> =
        expected.map(|(accuracy, is_right)| (inner(accuracy), 15, is_right)).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let right = expected.iter().filter(|(_, _, right)| *right).count();
    assert!((1..16).contains(&right), "too easy to tell: {right} right");
}

#[test]
fn several_mentors_are_pooled() {
    let sandbox = Sandbox::empty();
    sandbox.mentor("ada", ADA);
    sandbox.mentor("bob", FAMILY);
    let arguments = ["--arch", "fusion_v1", "--folds", "4"];
    let found = tuned(&sandbox, &arguments);
    let mentors: Vec<&Value> = found.iter().map(|line| &line["mentor"]).collect();
    let expected = ["ada", "ada", "ada", "bob", "bob", "bob"].map(Value::from);
    assert_eq!(mentors[..6], expected.each_ref()[..]);
    assert!(mentors[6..] == [&Value::Null; 3], "{mentors:?}");
    for i in 0..2 {
        let (ada, bob, all) = (&found[i], &found[3 + i], &found[6 + i]);
        assert_eq!(all["mentors"], json!(["ada", "bob"]));
        for figure in ["questions", "correct", "declined", "given"] {
            assert_eq!(count(&all[figure]), count(&ada[figure]) + count(&bob[figure]));
        }
        let inner = |line: &Value| count(&line["folds"][3]["inner"]["correct"]);
        assert_eq!(inner(all), inner(ada) + inner(bob));
    }
    // The folds of a mentor do not depend on the other mentors.
    let mut alone = tuned(&sandbox, &[&["--mentor", "bob"], &arguments[..]].concat());
    alone[0]["seconds"] = found[3]["seconds"].clone();
    assert_eq!(alone[0], found[3]);

    let run = sandbox.run(&[&["tune"], &arguments[..]].concat()).code(0);
    assert_eq!(run.stdout.matches("in mentorpal.toml").count(), 1, "{run}");
    for (mentor, questions) in [("ada", "16"), ("bob", "16"), ("all", "32")] {
        let is_heading = |line: &str| line.starts_with(mentor) && line.contains(questions);
        assert!(run.stdout.lines().any(is_heading), "{mentor}: {run}");
    }
}

#[test]
fn combinations_that_cannot_be_trained_are_skipped_and_named() {
    let sandbox = Sandbox::ada();
    let run = sandbox.run(&["tune", "--json", "--folds", "2"]).code(0);
    let run = run.notes(&["`lstm_v1`"]);
    let found = run.json();
    let tried = |i: usize| json!([found[i]["arch"], found[i]["vectors"]]);
    assert_eq!(tried(0), json!(["fusion_v1", "none"]));
    assert_eq!(tried(1), json!(["fusion_v1", "embedded"]));
    assert_eq!(tried(2), json!(["lstm_v1", "embedded"]));
    let left_out = &found[3]["left_out"];
    assert_eq!(
        (&left_out[0]["arch"], &left_out[0]["vectors"]),
        (&json!("lstm_v1"), &json!("none"))
    );

    sandbox
        .run(&["tune", "--arch", "lstm_v1", "--vectors", "none", "--json"])
        .fails(failure(InvalidInput).with("ada"))
        .notes(&["`lstm_v1` "]);
}

#[test]
fn a_damaged_vector_model_is_skipped_unless_requested() {
    let sandbox = words();
    let file =
        sandbox.files("checkpoint/vector_models/words").into_keys().find(|f| f.ends_with("fifu"));
    let path = format!("checkpoint/vector_models/words/{}", file.expect("its vectors"));
    let mut bytes = std::fs::read(sandbox.path().join(&path)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sandbox.write(&path, bytes);
    let fusion = ["tune", "--arch", "fusion_v1", "--folds", "2"];
    let run = sandbox.run(&fusion).code(0).warns(&["`words`", "SHA-256"]);
    assert!(!run.stdout.contains("words"), "{run}");
    let run = sandbox.run(&[&fusion[..], &["--vectors", "words", "--json"]].concat());
    run.fails(failure(InvalidInput).at("vector_models/words").with("SHA-256"));
}

#[test]
fn usage_errors_are_reported_before_any_work() {
    let sandbox = Sandbox::ada();
    sandbox.mentor("eve", "ID,topics,text,question\na,Life,Yes.,Are you well?\nb,Life,No.,Ill?\n");
    let refused = |arguments: &[&str]| sandbox.run(&[&["tune"], arguments].concat()).code(2);
    refused(&["--folds", "1", "--json"]).fails(failure(InvalidInput).with("--folds"));
    refused(&["--mentor", "ada", "--folds", "17", "--json"])
        .fails(failure(InvalidInput).at("mentor/ada/data").with("16"));
    refused(&["--mentor", "eve", "--json"]).fails(failure(InvalidInput).at("mentor/eve/data"));
    refused(&["--mentor", "ava", "--json"])
        .fails(failure(NotFound).at("mentor/ava/data").with("ada"));
    refused(&["--arch", "fusion_v2", "--json"]).fails(failure(InvalidInput).with("fusion_v1"));
    refused(&["--vectors", "embeded", "--json"])
        .fails(failure(NotFound).at("checkpoint/vector_models/embeded"));
    // Of all mentors, those with questions that can be held out.
    let run = sandbox.run(&["tune", "--arch", "fusion_v1", "--vectors", "none", "--json"]).code(0);
    assert_eq!(run.json().len(), 2, "{run}");
    let run = run.notes(&["`eve`"]);
    assert!(!run.has_line(&["`ada`"]), "{run}");
}
