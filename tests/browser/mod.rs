//! Checks report pages in a browser: their content, sorting, searching, colour schemes and sizes.
//!
//! | file | content |
//! |---|---|
//! | `driver.rs` | the browser |
//! | `test_page.rs` | checks the page of a test |
//! | `comparison_page.rs` | checks the page of a comparison |
//! | `training_page.rs` | checks the page of a mentor's training |

pub(crate) mod comparison_page;
mod driver;
pub(crate) mod test_page;
pub(crate) mod training_page;

use std::path::Path;

use serde_json::{Value, json};

pub(crate) use driver::Browser;
use driver::LOOKS;

/// Opens a page and checks the rules for every page: it sends no requests, writes nothing to the
/// console, and in each look is not wider than the window and passes axe-core.
#[track_caller]
pub(crate) fn open(browser: &Browser, page: &Path) {
    browser.look(LOOKS[0]);
    browser.open(page);
    let requests = browser.requests();
    let is_page = |url: &String| url.starts_with("file://");
    assert!(requests.len() == 1 && requests.iter().all(is_page), "the page alone: {requests:?}");
    browser.eval("for (const details of document.querySelectorAll('details')) details.open = true");
    for look in LOOKS {
        browser.look(look);
        assert!(!browser.is_wider_than_window(), "{look:?}");
        if let Some(violations) = browser.accessibility() {
            assert!(violations.is_empty(), "{look:?}: {violations:#?}");
        }
    }
    browser.look(LOOKS[0]);
    is_quiet(browser);
}

/// Checks that the page has sent no requests and written nothing to the console.
#[track_caller]
pub(crate) fn is_quiet(browser: &Browser) {
    let (requests, console) = (browser.requests(), browser.console());
    assert!(requests.is_empty(), "{requests:?}");
    assert!(console.is_empty(), "{console:#?}");
}

/// Formats a ratio in 0..=1 as pages show it.
pub(crate) fn percent(share: &Value) -> String {
    share.as_f64().map_or("–".to_owned(), |share| format!("{:.1}%", 100.0 * share))
}

/// Formats an interval of ratios as pages show it.
pub(crate) fn range(interval: &Value) -> String {
    let [low, high] = [&interval[0], &interval[1]].map(|bound| bound.as_f64().expect("a bound"));
    format!("{:.1}–{:.1}%", 100.0 * low, 100.0 * high)
}

/// Formats a difference of ratios in percentage points as pages show it.
pub(crate) fn points(difference: &Value) -> String {
    format!("{:+.1}", 100.0 * difference.as_f64().expect("a number"))
}

/// Returns a text without surrounding white space, as the browser returns it.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("text").trim().to_owned()
}

/// Returns the cells of a ratio: the counts, the percentage and the confidence interval.
pub(crate) fn share(of: &Value) -> Vec<String> {
    let counts = ["questions", "correct"].map(|key| of[key].to_string());
    [counts.to_vec(), vec![percent(&of["share"]), range(&of["ci95"])]].concat()
}

/// Formats a number with two decimals.
pub(crate) fn decimals(value: &Value) -> String {
    format!("{:.2}", value.as_f64().expect("a number"))
}

/// Compares texts on the page, by their `data-key`, with expected texts.
#[track_caller]
pub(crate) fn shows(browser: &Browser, keys: &[(&str, String)]) {
    for (key, expected) in keys {
        assert_eq!(&browser.text(&format!("[data-key={key}]")), expected, "{key}");
    }
}

/// Returns the cells of the table with this `data-figure`, row by row.
pub(crate) fn table(browser: &Browser, figure: &str) -> Vec<Vec<String>> {
    let rows = browser.eval(&format!(
        "return Array.from(document.querySelectorAll('[data-figure={figure}] tbody tr'),
            row => Array.from(row.cells, cell => cell.innerText.trim()))"
    ));
    serde_json::from_value(rows).expect("rows")
}

/// Compares the first cells in each row of a table with expected cells.
#[track_caller]
pub(crate) fn tabulates(browser: &Browser, figure: &str, expected: &[Vec<String>]) {
    let found = table(browser, figure);
    assert_eq!(found.len(), expected.len(), "rows of {figure}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(&found[..expected.len()], expected, "{figure}");
    }
}

/// Sorts a table by a numeric column with the keyboard, in both directions, and checks the order.
#[track_caller]
pub(crate) fn sorts_by_number(browser: &Browser, figure: &str, column: usize) {
    let button = format!("[data-figure={figure}] thead th:nth-child({}) button", column + 1);
    let read = || -> Vec<f64> {
        let rows = table(browser, figure);
        rows.iter().map(|row| row[column].parse().unwrap_or(f64::INFINITY)).collect()
    };
    let mut expected = read();
    expected.sort_by(f64::total_cmp);
    browser.press(&button, "\u{e007}");
    assert_eq!(read(), expected, "{figure} up");
    browser.press(&button, "\u{e007}");
    expected.reverse();
    assert_eq!(read(), expected, "{figure} down");
}

/// Searches the rows of a table for a word, checks the remaining rows and the status text, and
/// clears the search.
#[track_caller]
pub(crate) fn searches(browser: &Browser, figure: &str, word: &str) {
    let all = table(browser, figure);
    let left = all.iter().filter(|row| row.concat().to_lowercase().contains(word)).count();
    assert!(0 < left && left < all.len(), "`{word}` tells {left} of {} rows", all.len());
    let input = format!(
        "input[data-table=\"{}\"]",
        browser
            .eval(&format!("return document.querySelector('[data-figure={figure}]').id"))
            .as_str()
            .expect("the table's id")
    );
    browser.press(&input, word);
    let shown = browser.eval(&format!(
        "return Array.from(document.querySelectorAll('[data-figure={figure}] tbody tr'),
            row => row.getClientRects().length > 0)"
    ));
    let shown: Vec<bool> = serde_json::from_value(shown).expect("rows");
    assert_eq!(shown.iter().filter(|shown| **shown).count(), left, "{figure}: `{word}`");
    let status = browser.eval(&format!(
        "return document.getElementById(document.querySelector({}).dataset.status).textContent",
        json!(input)
    ));
    assert_eq!(status, format!("{left} of {} shown", all.len()));
    browser.press(&input, &"\u{e003}".repeat(word.len()));
}
