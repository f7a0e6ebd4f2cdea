//! Checks the page of a test against the output of `--json`.

use std::path::Path;

use serde_json::Value;

use super::{
    Browser, decimals, is_quiet, open, percent, range, searches, share, shows, sorts_by_number,
    tabulates, text,
};

/// Opens the page of a test of one mentor, and compares it with the JSON line of the test. The
/// wrongly answered questions are searched for `word`.
#[track_caller]
pub(crate) fn check(browser: &Browser, page: &Path, line: &Value, word: &str) {
    open(browser, page);
    let figures = &line["figures"];
    key_figures(browser, line, figures);
    if let Some(bins) = figures["calibration"]["bins"].as_array() {
        shows(browser, &[("calibration_error", decimals(&figures["calibration"]["error"]))]);
        let rows = bins.iter().map(|bin| {
            let [low, high] = [decimals(&bin["low"]), decimals(&bin["high"])];
            let numbers = [decimals(&bin["confidence"]), percent(&bin["accuracy"])];
            let interval = range(&bin["accuracy_ci95"]);
            [
                vec![format!("{low}–{high}"), bin["questions"].to_string()],
                numbers.into(),
                vec![interval],
            ]
            .concat()
        });
        tabulates(browser, "reliability", &rows.collect::<Vec<_>>());
    }
    tables(browser, figures);
    wrong_questions(browser, figures);
    sorts_by_number(browser, "topics", 1);
    sorts_by_number(browser, "wrong", 3);
    searches(browser, "wrong", word);
    is_quiet(browser);
}

#[track_caller]
fn key_figures(browser: &Browser, line: &Value, figures: &Value) {
    let ranks = &figures["ranks"];
    shows(
        browser,
        &[
            ("accuracy", percent(&line["accuracy"])),
            ("correct", line["correct"].to_string()),
            ("accuracy_ci95", range(&line["accuracy_ci95"])),
            ("canned_floor", percent(&figures["canned_floor"]["share"])),
            ("off_topic_precision", percent(&figures["off_topic_precision"]["share"])),
            ("off_topic_recall", percent(&figures["off_topic_recall"]["share"])),
            ("top_1", percent(&ranks["top_1"])),
            ("top_3", percent(&ranks["top_3"])),
            ("top_5", percent(&ranks["top_5"])),
            ("mean_reciprocal_rank", decimals(&ranks["mean_reciprocal_rank"])),
            ("fitted_coverage", percent(&figures["fitted"]["coverage"])),
            ("fitted_accuracy", percent(&figures["fitted"]["accuracy"])),
        ],
    );
}

#[track_caller]
fn tables(browser: &Browser, figures: &Value) {
    let rows = |key: &str, row: fn(&Value) -> Vec<String>| -> Vec<Vec<String>> {
        figures[key].as_array().expect("an array").iter().map(row).collect()
    };
    let topic = |topic: &Value| [vec![text(&topic["topic"])], share(topic)].concat();
    tabulates(browser, "topics", &rows("topics", topic));
    let bin = |bin: &Value| {
        let counts = ["right", "wrong"].map(|key| bin[key].to_string());
        let name = format!("{}–{}", decimals(&bin["low"]), decimals(&bin["high"]));
        [vec![name], counts.into()].concat()
    };
    tabulates(browser, "confidences", &rows("confidences", bin));
    let ranks = &figures["ranks"];
    let counts = ranks["counts"].as_array().expect("counts").iter().enumerate();
    let mut ranked: Vec<Vec<String>> =
        counts.map(|(i, count)| vec![(i + 1).to_string(), count.to_string()]).collect();
    ranked.push(vec!["not ranked".to_owned(), ranks["unranked"].to_string()]);
    tabulates(browser, "ranks", &ranked);
}

#[track_caller]
fn wrong_questions(browser: &Browser, figures: &Value) {
    let wrong = figures["wrong"].as_array().expect("an array");
    let questions = browser.texts("[data-figure=wrong] tbody th");
    let confidences = browser.texts("[data-figure=wrong] tbody td:nth-child(4)");
    assert_eq!(questions.len(), wrong.len());
    for (i, wrong) in wrong.iter().enumerate() {
        assert_eq!(questions[i], text(&wrong["question"]));
        assert_eq!(confidences[i], decimals(&wrong["confidence"]));
        let row = format!("[data-figure=wrong] tbody tr:nth-child({})", i + 1);
        let ids = browser.texts(&format!("{row} td .id"));
        let expected = wrong["expected"].as_array().expect("ids");
        for id in expected.iter().chain([&wrong["answer_id"]]) {
            assert!(ids.iter().any(|shown| *shown == id.as_str().expect("an id")), "{id}");
        }
    }
}
