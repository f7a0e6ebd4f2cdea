//! Reports as people meet them: read back in a browser, sorted, searched, and looked at by day, by
//! night and on a phone.
//!
//! | file | what it holds |
//! |---|---|
//! | `driver.rs` | the browser |
//! | `test_page.rs` | what the page of a test must show |
//! | `comparison_page.rs` | that of a comparison |
//! | `training_page.rs` | that of a mentor's training |

pub(crate) mod comparison_page;
mod driver;
pub(crate) mod test_page;
pub(crate) mod training_page;

use std::path::Path;

use serde_json::{Value, json};

pub(crate) use driver::Browser;
use driver::LOOKS;

/// Opens a page and checks what holds for every page: it fetches nothing, says nothing on the
/// console, and in each look is no wider than the window and passes axe-core.
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

/// Checks that nothing more was fetched, and nothing said on the console.
#[track_caller]
pub(crate) fn is_quiet(browser: &Browser) {
    let (requests, console) = (browser.requests(), browser.console());
    assert!(requests.is_empty(), "{requests:?}");
    assert!(console.is_empty(), "{console:#?}");
}

/// A share in 0..=1 as pages show it.
pub(crate) fn percent(share: &Value) -> String {
    share.as_f64().map_or("–".to_owned(), |share| format!("{:.1}%", 100.0 * share))
}

/// An interval of shares.
pub(crate) fn range(interval: &Value) -> String {
    let [low, high] = [&interval[0], &interval[1]].map(|bound| bound.as_f64().expect("a bound"));
    format!("{:.1}–{:.1}%", 100.0 * low, 100.0 * high)
}

/// A difference of shares in percentage points.
pub(crate) fn points(difference: &Value) -> String {
    format!("{:+.1}", 100.0 * difference.as_f64().expect("a number"))
}

/// A text as the browser has it.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("text").trim().to_owned()
}

/// The cells of a share, with how many questions it is of.
pub(crate) fn share(of: &Value) -> Vec<String> {
    let counts = ["questions", "correct"].map(|key| of[key].to_string());
    [counts.to_vec(), vec![percent(&of["share"]), range(&of["ci95"])]].concat()
}

/// Two decimals.
pub(crate) fn decimals(value: &Value) -> String {
    format!("{:.2}", value.as_f64().expect("a number"))
}

/// Compares texts on the page, by their `data-key`, with what they should be.
#[track_caller]
pub(crate) fn shows(browser: &Browser, keys: &[(&str, String)]) {
    for (key, expected) in keys {
        assert_eq!(&browser.text(&format!("[data-key={key}]")), expected, "{key}");
    }
}

/// The cells of a table by its `data-figure`, row by row.
pub(crate) fn table(browser: &Browser, figure: &str) -> Vec<Vec<String>> {
    let rows = browser.eval(&format!(
        "return Array.from(document.querySelectorAll('[data-figure={figure}] tbody tr'),
            row => Array.from(row.cells, cell => cell.innerText.trim()))"
    ));
    serde_json::from_value(rows).expect("rows")
}

/// Compares the first cells of each row of a table with what they should be.
#[track_caller]
pub(crate) fn tabulates(browser: &Browser, figure: &str, expected: &[Vec<String>]) {
    let found = table(browser, figure);
    assert_eq!(found.len(), expected.len(), "rows of {figure}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(&found[..expected.len()], expected, "{figure}");
    }
}

/// Sorts a table by a column of numbers, by keyboard, up and then down, and checks the order.
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

/// Searches a table's rows for a word and checks which are left, with what the page says of it;
/// then takes the word back.
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
