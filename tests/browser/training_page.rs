//! Checks the page of a mentor's training against the output of `--json`.

use std::path::Path;

use serde_json::Value;

use super::{
    Browser, decimals, is_quiet, open, percent, searches, share, shows, sorts_by_number, table,
    tabulates, text,
};

/// Opens the page of a training report, and compares it with the `figures` of the training. The
/// wrongly answered questions are searched for `word`.
#[track_caller]
pub(crate) fn check(browser: &Browser, page: &Path, figures: &Value, word: &str) {
    open(browser, page);
    let accuracy = &figures["accuracy"];
    let questions = format!("{} questions", accuracy["questions"]);
    shows(
        browser,
        &[
            ("accuracy", percent(&accuracy["share"])),
            ("questions", questions),
            ("correct", accuracy["correct"].to_string()),
        ],
    );
    let rows = |key: &str, row: &dyn Fn(&Value) -> Vec<String>| -> Vec<Vec<String>> {
        figures[key].as_array().expect("an array").iter().map(row).collect()
    };
    let topic = |topic: &Value| [vec![text(&topic["topic"])], share(topic)].concat();
    tabulates(browser, "topics", &rows("topics", &topic));
    let point = |point: &Value| {
        let part = [percent(&point["part"]), decimals(&point["questions_per_answer"])];
        [part.to_vec(), share(point)].concat()
    };
    tabulates(browser, "learning-curve", &rows("learning_curve", &point));
    answers(browser, figures);
    let wrong = rows("wrong", &|wrong| vec![text(&wrong["question"])]);
    tabulates(browser, "wrong", &wrong);
    let confidences = browser.texts("[data-figure=wrong] tbody td:nth-child(4)");
    assert_eq!(confidences, rows("wrong", &|wrong| vec![decimals(&wrong["confidence"])]).concat());
    contradictions(browser, figures);
    sorts_by_number(browser, "answers", 1);
    sorts_by_number(browser, "wrong", 3);
    searches(browser, "wrong", word);
    is_quiet(browser);
}

/// Checks the row of each answer, and the list of answers that need more paraphrases, worst first.
#[track_caller]
fn answers(browser: &Browser, figures: &Value) {
    let all = figures["answers"].as_array().expect("answers");
    let shown = table(browser, "answers");
    assert_eq!(shown.len(), all.len());
    for (row, answer) in shown.iter().zip(all) {
        assert!(row[0].starts_with(&text(&answer["answer_id"])), "{row:?}");
        assert_eq!(row[1..5], share(answer));
        assert_eq!(row[5], decimals(&answer["excess"]));
    }
    let worst = figures["need_paraphrases"].as_array().expect("ids");
    let shown = table(browser, "need-paraphrases");
    assert_eq!(shown.len(), worst.len().min(50));
    for (row, id) in shown.iter().zip(worst) {
        assert!(row[0].starts_with(&text(id)), "{row:?}, expected {id}");
    }
}

#[track_caller]
fn contradictions(browser: &Browser, figures: &Value) {
    for (table_name, key) in
        [("contradictions", "contradictions"), ("near-contradictions", "near_contradictions")]
    {
        let found = figures[key].as_array().expect("an array");
        assert_eq!(table(browser, table_name).len(), found.len().min(50), "{key}");
    }
}
