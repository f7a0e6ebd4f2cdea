//! Pages in a browser: their numbers equal `--json`, and they are accessible. `html.rs` reads pages
//! without a browser.

pub(crate) mod html;

use crate::browser::{self, Browser, comparison_page, test_page, training_page};
use crate::report::hostile;
use crate::support::Sandbox;

#[test]
fn the_pages_of_training_and_of_a_test() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::guide_with_tests();
    let train = ["train", "--checkpoint", "one", "--json", "--html", "training.html"];
    let trained = sandbox.run(&train).code(0).json();
    let page = sandbox.path().join("training.html");
    training_page::check(&browser, &page, &trained[0]["figures"], "checkpoint");
    browser.keep("training");
    let line = sandbox.run(&["test", "--json", "--html", "test.html"]).code(0).json().remove(0);
    test_page::check(&browser, &sandbox.path().join("test.html"), &line, "checkpoint");
    browser.keep("test");
}

#[test]
fn the_page_of_a_comparison() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::guide_with_tests();
    for vectors in ["none", "embedded"] {
        sandbox.run(&["train", "--checkpoint", vectors, "--vectors", vectors]).code(0);
    }
    let compare = ["compare", "none", "embedded", "--json", "--html", "compare.html"];
    let line = sandbox.run(&compare).code(0).json().remove(0);
    comparison_page::check(&browser, &sandbox.path().join("compare.html"), &line, "checkpoint");
    browser.keep("compare");
}

#[test]
fn markup_in_texts_is_escaped_in_the_browser() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = hostile();
    sandbox.run(&["test", "--html", "test.html"]).code(0);
    sandbox.run(&["train", "--checkpoint", "two", "--vectors", "none"]).code(0);
    sandbox.run(&["compare", "one", "two", "--html", "compare.html"]).code(0);
    let show = ["checkpoints", "show", "one", "--html", "training.html"];
    sandbox.run(&show).code(0);
    let made = "return document.querySelectorAll('img, b, td script, th script, li script').length";
    for page in ["test.html", "compare.html", "training.html"] {
        browser::open(&browser, &sandbox.path().join(page));
        assert_eq!(browser.eval(made), 0, "no element is of the mentor's making");
        assert!(browser.texts("bdi").iter().any(|text| text.contains("<script>alert(")), "{page}");
    }
}

// The other tests rely on this: each kind of fault fails the checks.
#[test]
fn a_faulty_page_fails_the_checks() {
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
