//! `compare --html` and `--csv`: their content equals `--json`; several checkpoints.

use mentorpal::error::ErrorKind::InvalidInput;
use serde_json::{Value, json};

use crate::compare::{compared, old_and_new, taught, taught_words};
use crate::pages::html::{is_inert, keys, table_values};
use crate::report::{read, rows};
use crate::support::{ADA, Sandbox, close, failure, number};

const FILES: [&str; 4] = ["--html", "r.html", "--csv", "tables"];

/// `old` declines all three questions. `new` is correct on one, wrong on one that `old` declines
/// correctly, and wrong on one that both get wrong.
const CHANGES: &str = "\
,,zuzzux zuzzux,kvajj kvajj,pyqqy pyqqy,Who are you?
,I am Ada Lovelace.,i,,,i
,The engine was never built.,,i,,
off,_OFF_TOPIC_,,,i,
";

/// Asserts equal numbers, apart from the last digit, which the JSON parser may round.
#[track_caller]
fn same(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?}, expected {expected:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }
}

/// Creates [`old_and_new`] and the checkpoint `half`, which was trained with one made-up word.
fn three() -> Sandbox {
    let sandbox = old_and_new();
    sandbox.mentor("ada", &taught_words(ADA, &[("What is", "zuzzux")]));
    sandbox.train("half");
    sandbox.mentor("ada", &taught());
    sandbox
}

#[test]
fn the_page_and_json_have_equal_numbers() {
    let sandbox = old_and_new();
    let line = compared(&sandbox, &[&["old", "new"][..], &FILES].concat()).remove(0);
    let page = read(&sandbox, "r.html");
    let expected = [
        ("difference", &line["difference"]),
        ("difference-low", &line["difference_ci95"][0]),
        ("difference-high", &line["difference_ci95"][1]),
        ("p-value", &line["p_value"]),
        ("accuracy-a", &line["a"]["accuracy"]),
        ("accuracy-b", &line["b"]["accuracy"]),
    ];
    let (names, values): (Vec<_>, Vec<_>) = keys(&page).into_iter().unzip();
    assert_eq!(names, expected.map(|(key, _)| key));
    let values: Vec<f64> = values.iter().map(number).collect();
    same(&values, &expected.map(|(_, value)| number(value)));
    let topics = line["figures"]["topics"].as_array().expect("a list");
    let shown = table_values(&page, "topics");
    assert_eq!(shown.len(), topics.len());
    for (row, topic) in shown.iter().zip(topics) {
        let keys = [&topic["a"]["share"], &topic["b"]["share"], &topic["difference"]];
        same(row, &keys.map(number));
    }
    assert!(page.contains(line["verdict"].as_str().expect("a sentence")));
    is_inert(&page);
}

// By hand from the test set: topic Life has two canned questions, which both checkpoints answer
// correctly, and four with made-up words. Topic Work has two with made-up words, and one that both
// get wrong. `old` answers only the three canned questions.
#[test]
fn topics_and_ranks_by_hand() {
    let line = compared(&old_and_new(), &["old", "new"]).remove(0);
    let topics = line["figures"]["topics"].as_array().expect("a list");
    let counts = |topic: &Value| {
        ["topic", "a", "b"].map(|key| match &topic[key] {
            Value::Object(share) => json!([share["correct"], share["questions"]]),
            name => name.clone(),
        })
    };
    let expected = [
        [json!("Life"), json!([2, 6]), json!([6, 6])],
        [json!("Work"), json!([0, 3]), json!([2, 3])],
    ];
    assert_eq!(topics.iter().map(counts).collect::<Vec<_>>(), expected);
    close(&topics[0]["difference"], 4.0 / 6.0);
    assert_eq!(line["figures"]["b"]["ranks"]["questions"], 9);
    assert_eq!(line["figures"]["b"]["tally"]["correct"], line["b"]["correct"]);
    close(&line["figures"]["a"]["fitted"]["coverage"], 3.0 / 9.0);
}

#[test]
fn changed_questions_are_grouped() {
    let sandbox = old_and_new();
    sandbox.write("checkpoint/tests/ada/standard.csv", CHANGES);
    let line = compared(&sandbox, &[&["old", "new"][..], &FILES].concat()).remove(0);
    let groups = line["changed"].as_object().expect("groups by name");
    let shown: Vec<Value> = groups
        .iter()
        .flat_map(|(name, questions)| {
            questions.as_array().into_iter().flatten().zip([name].repeat(9))
        })
        .map(|(one, name)| {
            let given = [&one["a"], &one["b"]].map(|given| &given["answer_id"]);
            json!([name, one["question"], one["expected"], given[0], given[1], one["a"]["canned"]])
        })
        .collect();
    let expected = json!([
        ["fixed", "zuzzux zuzzux", ["ada_1"], "_OFF_TOPIC_", "ada_1", false],
        ["broken", "pyqqy pyqqy", ["_OFF_TOPIC_"], "_OFF_TOPIC_", "ada_3", false],
        ["still_wrong_differently", "kvajj kvajj", ["ada_4"], "_OFF_TOPIC_", "ada_2", false],
    ]);
    assert_eq!(json!(shown), expected);
    let page = read(&sandbox, "r.html");
    let cells = |one: &Value| [&one["a"]["confidence"], &one["b"]["confidence"]].map(number);
    for (figure, name) in [
        ("fixed", "fixed"),
        ("broken", "broken"),
        ("still wrong differently", "still_wrong_differently"),
    ] {
        let table = table_values(&page, figure);
        assert_eq!(table.len(), 1, "{figure}");
        same(&table[0], &cells(&groups[name][0]));
    }
    let table: Vec<_> = rows(&sandbox, "changed").iter().map(|row| row["group"].clone()).collect();
    assert_eq!(table, ["fixed", "broken", "still wrong differently"]);
    let run = sandbox.run(&["compare", "old", "new"]).code(0);
    for (group, question) in [
        ("fixed", "zuzzux zuzzux"),
        ("broken", "pyqqy pyqqy"),
        ("still wrong differently", "kvajj kvajj"),
    ] {
        // The group is a heading with the number of its questions.
        let mut lines = run.stdout.lines();
        let heading = lines.find(|line| line.starts_with(group)).expect(group);
        assert!(heading.ends_with("(1)"), "{run}");
        assert_eq!(lines.next().map(str::trim), Some(question), "{run}");
    }
}

// `half` has 2 more of 9 correct than `old` (p = 2/4), and `new` has 6 more (p = 2/64). Holm's
// correction doubles the smaller of the two p-values, so that it is no longer significant, and
// keeps the other.
#[test]
fn of_three_checkpoints_each_is_compared_with_the_first() {
    let sandbox = three();
    let three = ["old", "half", "new"];
    let lines = compared(&sandbox, &[&three[..], &FILES].concat());
    let found: Vec<_> = lines
        .iter()
        .map(|line| json!([line["a"]["checkpoint"], line["b"]["checkpoint"], line["family"]]))
        .collect();
    assert_eq!(found, [json!(["old", "half", 2]), json!(["old", "new", 2])]);
    for (line, p, corrected) in [(&lines[0], 0.5, 0.5), (&lines[1], 0.03125, 0.0625)] {
        close(&line["p_value"], p);
        close(&line["p_corrected"], corrected);
        for (p, interval) in
            [("p_value", "difference_ci95"), ("p_corrected", "difference_ci_corrected")]
        {
            let [low, high] = [0, 1].map(|i| number(&line[interval][i]));
            assert_eq!(low <= 0.0 && 0.0 <= high, number(&line[p]) > 0.05, "{line}");
        }
        assert_eq!(line["significant"], false);
    }
    let verdict = lines[1]["verdict"].as_str().expect("a sentence");
    assert!(verdict.contains("p = 0.0625, corrected for 2 comparisons"), "{verdict}");

    let page = read(&sandbox, "r.html");
    // Columns: correct, accuracy, difference, p-value, corrected p-value.
    let row = |line: &Value| -> Vec<f64> {
        let b = &line["b"];
        let against = ["difference", "p_value", "p_corrected"].map(|key| &line[key]);
        [&[&b["correct"], &b["accuracy"]][..], &against].concat().into_iter().map(number).collect()
    };
    let table = table_values(&page, "comparisons");
    assert_eq!(table.len(), 3);
    for (shown, line) in table[1..].iter().zip(&lines) {
        same(shown, &row(line));
    }
    let corrected: Vec<f64> = keys(&page)
        .iter()
        .filter(|(key, _)| *key == "p-corrected")
        .map(|(_, value)| number(value))
        .collect();
    same(&corrected, &[0.5, 0.0625]);
    for section in ["href=\"#pair-1\"", "href=\"#pair-2\"", "id=\"pair-1\"", "id=\"pair-2\""] {
        assert_eq!(page.matches(section).count(), 1, "{section}");
    }

    let table = rows(&sandbox, "comparisons");
    let names = table.iter().map(|row| row["checkpoint"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["fusion_v1/old", "fusion_v1/half", "fusion_v1/new"]);
    assert_eq!(table[0]["p_corrected"], "");
    let corrected = table[1..].iter().map(|row| number(&row["p_corrected"]));
    same(&corrected.collect::<Vec<_>>(), &[0.5, 0.0625]);
    insta::assert_snapshot!(sandbox.run(&[&["compare"][..], &three].concat()).code(0).stdout);
}

#[test]
fn only_mentors_in_all_checkpoints_are_compared() {
    let sandbox = three();
    sandbox.mentor("bob", ADA);
    sandbox.write("checkpoint/tests/bob/own.csv", ",,Who are you?\n,I am Ada Lovelace.,i\n");
    let run = sandbox.run(&["compare", "old", "half", "new", "--json"]).code(0);
    assert_eq!(run.json().len(), 2);
    run.warns(&["`bob`"]);
}

#[test]
fn tables_match_json() {
    let sandbox = old_and_new();
    let line = compared(&sandbox, &[&["old", "new"][..], &FILES].concat()).remove(0);
    let figures = &line["figures"];
    let topics = rows(&sandbox, "topics");
    for (row, topic) in topics.iter().zip(figures["topics"].as_array().expect("a list")) {
        assert_eq!(
            [&row["mentor"], &row["a"], &row["b"]],
            ["ada", "fusion_v1/old", "fusion_v1/new"]
        );
        close(&row["accuracy_a"], number(&topic["a"]["share"]));
        close(&row["accuracy_b"], number(&topic["b"]["share"]));
        close(&row["difference"], number(&topic["difference"]));
    }
    assert_eq!(topics.len(), 2);
    for (side, checkpoint) in [("a", "fusion_v1/old"), ("b", "fusion_v1/new")] {
        let of = |table: &str| -> Vec<Value> {
            let all = rows(&sandbox, table);
            all.into_iter().filter(|row| row["checkpoint"] == checkpoint).collect()
        };
        let curve = figures[side]["coverage"].as_array().expect("a list");
        let coverage = of("coverage");
        assert_eq!(coverage.len(), curve.len());
        for (row, point) in coverage.iter().zip(curve) {
            for key in ["threshold", "coverage", "accuracy"] {
                close(&row[key], number(&point[key]));
            }
        }
        let fitted = number(&of("fitted")[0]["coverage"]);
        close(&figures[side]["fitted"]["coverage"], fitted);
        let ranked: f64 = of("ranks").iter().map(|row| number(&row["questions"])).sum();
        close(&figures[side]["ranks"]["questions"], ranked);
    }
    let only_b = line["only_b"].as_array().expect("a list").clone();
    let fixed: Vec<_> =
        rows(&sandbox, "changed").iter().map(|row| row["question"].clone()).collect();
    assert_eq!(fixed, only_b);
}

#[test]
fn markup_in_mentor_data_is_escaped() {
    let sandbox = Sandbox::empty();
    let answer = "</script><script>alert(1)</script> שלום \u{202e}olleh 👩‍🚀";
    let long = "very <b>long</b> answers ".repeat(2_000);
    let data = ADA
        .replace("ada_1", "<b>x</b>")
        .replace("I am Ada Lovelace.", answer)
        .replace("I lived in London.", &long)
        .replace("Life", "<img src=x onerror=alert(2)>");
    let question = "<zuzzux> \u{202e}zuzzux & 'zuzzux' 👩‍🚀 {{ }} -->";
    let endless = "zuzzux ".repeat(7_000);
    let tests = format!(",,{question},{endless},kvajj kvajj\n,{answer},i,i,\n,{long},,,i\n");
    sandbox.write("checkpoint/tests/eve/t.csv", tests);
    sandbox.mentor("eve", &data);
    sandbox.train("old");
    let words = [("What is", "zuzzux"), ("Where do", "kvajj")];
    sandbox.mentor("eve", &taught_words(&data, &words));
    sandbox.train("new");
    let line = compared(&sandbox, &[&["old", "new"][..], &FILES].concat()).remove(0);
    assert_eq!(line["changed"]["fixed"].as_array().map(Vec::len), Some(3));
    let page = read(&sandbox, "r.html");
    is_inert(&page);
    assert!(!page.contains("<zuzzux"));
    assert!(page.contains("&#60;zuzzux&#62;"), "shown as it was written");
    assert!(page.len() < 100_000, "{}: a long text is cut", page.len());
    assert_eq!(rows(&sandbox, "changed")[0]["question"], question);
}

#[test]
fn an_unwritable_page_is_refused_before_any_work() {
    let sandbox = old_and_new();
    sandbox.write("file", "");
    for arguments in [["--html", "nowhere/r.html"], ["--html", "mentor"], ["--csv", "file/tables"]]
    {
        let run = sandbox.run(&[&["compare", "old", "new", "--json"][..], &arguments].concat());
        let run = run.fails(failure(InvalidInput).at(arguments[1]));
        assert_eq!(run.stdout, "");
    }
}
