//! Checks the page of a comparison against the output of `--json`.

use std::path::Path;

use serde_json::Value;

use super::{
    Browser, decimals, is_quiet, open, percent, points, range, searches, shows, sorts_by_number,
    tabulates, text,
};

/// Opens the page of a comparison of two checkpoints on one mentor, and compares it with the JSON
/// line of the comparison. The questions that only B answers correctly are searched for `word`.
#[track_caller]
pub(crate) fn check(browser: &Browser, page: &Path, line: &Value, word: &str) {
    open(browser, page);
    let bounds = &line["difference_ci95"];
    shows(
        browser,
        &[
            ("accuracy-a", percent(&line["a"]["accuracy"])),
            ("accuracy-b", percent(&line["b"]["accuracy"])),
            ("difference", points(&line["difference"])),
            ("difference-low", points(&bounds[0])),
            ("difference-high", points(&bounds[1])),
            ("p-value", p_value(&line["p_value"])),
        ],
    );
    let verdict = line["verdict"].as_str().expect("a sentence");
    assert!(browser.texts("p.large").iter().any(|text| *text == format!("{verdict}.")));
    let side = |key: &str| {
        let side = &line[key];
        let numbers = [side["correct"].to_string(), line["questions"].to_string()];
        [&numbers[..], &[percent(&side["accuracy"]), range(&side["accuracy_ci95"])]].concat()
    };
    let sides = [("a", "A: "), ("b", "B: ")].map(|(key, letter)| {
        let name = |part: &str| line[key][part].as_str().expect("a name").to_owned();
        [vec![format!("{letter}{}/{}", name("arch"), name("checkpoint"))], side(key)].concat()
    });
    tabulates(browser, "accuracy", &sides);
    topics(browser, &line["figures"]["topics"]);
    ranks(browser, &line["figures"]);
    for group in ["fixed", "broken", "still_wrong_differently"] {
        changed(browser, group, &line["changed"][group]);
    }
    sorts_by_number(browser, "topics", 1);
    sorts_by_number(browser, "fixed", 3);
    searches(browser, "fixed", word);
    is_quiet(browser);
}

#[track_caller]
fn topics(browser: &Browser, topics: &Value) {
    let row = |topic: &Value| {
        let mut row = vec![topic["topic"].as_str().expect("a topic").to_owned()];
        row.push(topic["a"]["questions"].to_string());
        for share in [&topic["a"], &topic["b"]] {
            row.push(share["correct"].to_string());
            row.extend([percent(&share["share"]), range(&share["ci95"])]);
        }
        row.push(points(&topic["difference"]));
        row
    };
    let rows: Vec<Vec<String>> = topics.as_array().expect("topics").iter().map(row).collect();
    tabulates(browser, "topics", &rows);
}

#[track_caller]
fn ranks(browser: &Browser, figures: &Value) {
    let best = [("a", "A"), ("b", "B")].map(|(key, letter)| {
        let ranks = &figures[key]["ranks"];
        let shares = ["top_1", "top_3", "top_5"].map(|part| percent(&ranks[part]));
        [&[letter.to_owned()], &shares[..], &[decimals(&ranks["mean_reciprocal_rank"])]].concat()
    });
    tabulates(browser, "best", &best);
    let [a, b] = ["a", "b"].map(|key| &figures[key]["ranks"]);
    let count = |ranks: &Value, i: usize| ranks["counts"][i].to_string();
    let mut rows: Vec<Vec<String>> =
        (0..10).map(|i| vec![(i + 1).to_string(), count(a, i), count(b, i)]).collect();
    let unranked = |ranks: &Value| ranks["unranked"].to_string();
    rows.push(vec!["not ranked".to_owned(), unranked(a), unranked(b)]);
    tabulates(browser, "ranks", &rows);
}

/// Checks the questions of a group, with the answers and confidences of both checkpoints.
#[track_caller]
fn changed(browser: &Browser, group: &str, questions: &Value) {
    let table = format!("[data-figure=\"{}\"] tbody", group.replace('_', " "));
    let column = |n: usize| browser.texts(&format!("{table} :nth-child({n} of th, td)"));
    let questions = questions.as_array().expect("questions");
    let expected: Vec<String> = questions.iter().map(|found| text(&found["question"])).collect();
    assert_eq!(column(1), expected, "{group}");
    for (n, side) in [(3, "a"), (5, "b")] {
        let given = column(n);
        let confidences = column(n + 1);
        for (i, question) in questions.iter().enumerate() {
            let id = text(&question[side]["answer_id"]);
            assert!(given[i].contains(&id), "{group}: {} has {id}", given[i]);
            assert_eq!(confidences[i], decimals(&question[side]["confidence"]), "{group}");
        }
    }
}

fn p_value(p: &Value) -> String {
    let p = p.as_f64().expect("a number");
    if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }
}
