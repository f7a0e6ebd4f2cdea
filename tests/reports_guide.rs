//! Checks that the figures in bold in `docs/reports.md` occur in real reports.

use std::fs;
use std::path::Path;

use crate::support::Sandbox;

#[test]
fn figures_in_bold_occur_in_the_reports() {
    let guide = include_str!("../docs/reports.md");
    let sandbox = Sandbox::guide_with_tests();
    sandbox.run(&["train", "--checkpoint", "first", "--html", "training.html"]).code(0);
    sandbox.run(&["test", "--html", "test.html"]).code(0);
    sandbox.run(&["train", "--checkpoint", "letters", "--vectors", "none"]).code(0);
    sandbox.run(&["compare", "letters", "first", "--html", "compare.html"]).code(0);
    for (section, page) in
        [("A test", "test.html"), ("A comparison", "compare.html"), ("Training", "training.html")]
    {
        let text = text(&sandbox.path().join(page));
        let (_, section_text) = guide.split_once(&format!("## {section}\n")).expect("a section");
        let section_text = section_text.split("\n## ").next().expect("its text");
        let figures: Vec<&str> = bold(section_text).filter(|bold| !bold.ends_with('.')).collect();
        assert!(figures.len() > 5, "{section}: {figures:?}");
        for figure in figures {
            assert!(has(&text, figure), "{section}: **{figure}** is not in {page}");
        }
    }
}

/// The texts between `**` and `**` that do not begin with a letter (those are headings).
fn bold(text: &str) -> impl Iterator<Item = &str> {
    let is_figure = |part: &&str| !part.starts_with(char::is_alphabetic);
    text.split("**").skip(1).step_by(2).filter(is_figure)
}

/// Whether the text contains the figure, and not only as a part of a longer number.
fn has(text: &str, figure: &str) -> bool {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_digit());
    text.match_indices(figure).any(|(at, _)| {
        is_apart(text[..at].chars().next_back())
            && is_apart(text[at + figure.len()..].chars().next())
    })
}

/// The text of a page, without tags, style and script.
fn text(page: &Path) -> String {
    let page = fs::read_to_string(page).expect("the page is there");
    let (_, body) = page.split_once("<body>").expect("a body");
    let (body, _) = body.split_once("<script>").expect("a script after it");
    let words = body.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    words.collect::<Vec<_>>().join(" ")
}
