//! Pages in a browser: their numbers are those of `--json`, and they serve everybody.

use crate::browser::{self, Browser, test_page};
use crate::report::hostile;
use crate::support::Sandbox;

/// The sample mentor with a checkpoint.
fn guide() -> Sandbox {
    let sandbox = Sandbox::guide();
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/checkpoint/tests/guide");
    let test_set = std::fs::read(format!("{tests}/standard.csv")).expect("the sample's test set");
    sandbox.write("checkpoint/tests/guide/standard.csv", test_set);
    sandbox.run(&["train", "--checkpoint", "one"]).code(0);
    sandbox
}

#[test]
fn the_page_of_a_test() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = guide();
    let line = sandbox.run(&["test", "--json", "--html", "test.html"]).code(0).json().remove(0);
    test_page::check(&browser, &sandbox.path().join("test.html"), &line, "checkpoint");
    browser.keep("test");
}

#[test]
fn hostile_texts_stay_texts() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = hostile();
    sandbox.run(&["test", "--html", "test.html"]).code(0);
    browser::open(&browser, &sandbox.path().join("test.html"));
    let made = "return document.querySelectorAll('img, b, td script, th script, li script').length";
    assert_eq!(browser.eval(made), 0, "no element is of the mentor's making");
    assert!(browser.texts("bdi").iter().any(|text| text.contains("<script>alert(4)</script>")));
}

// What the other tests rely on: each fault is noticed.
#[test]
fn a_page_with_faults_is_found_out() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::empty();
    let page = "<!doctype html><title>faults</title><img src=missing.png>
        <p style='color: #ccc; width: 3000px'>too pale</p><script>nothing.at.all</script>";
    sandbox.write("faults.html", page);
    browser.open(&sandbox.path().join("faults.html"));
    assert!(browser.requests().iter().any(|url| url.ends_with("missing.png")));
    assert!(browser.console().iter().any(|line| line.contains("ReferenceError")));
    assert!(browser.is_wider_than_window());
    if let Some(violations) = browser.accessibility() {
        for rule in ["image-alt", "color-contrast", "html-has-lang"] {
            assert!(violations.iter().any(|line| line.starts_with(rule)), "{rule}: {violations:?}");
        }
    }
}
