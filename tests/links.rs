//! Checks that the guide is complete and that all links of the documents resolve.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_summary_lists_every_page() {
    let docs = crate::support::repository().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary).collect();
    let paths = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().path());
    let pages: BTreeSet<String> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(listed, pages);
}

#[test]
fn relative_links_and_anchors_resolve() {
    let root = crate::support::repository();
    let mut documents: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "STYLE.md"]
            .iter()
            .map(|name| root.join(name))
            .collect();
    let entries = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    documents.extend(entries.filter(|path| path.extension().is_some_and(|end| end == "md")));
    let mut broken = Vec::new();
    let mut count = 0;
    for document in &documents {
        let text = fs::read_to_string(document).unwrap();
        for link in links(&text).filter(|link| !link.contains("://")) {
            count += 1;
            if !resolves(document, &link) {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(count > 50, "only {count} links found");
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

/// Whether the target of a relative link exists, and its heading if the link has an anchor.
fn resolves(document: &Path, link: &str) -> bool {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => document.to_owned(),
        path => document.parent().expect("a document has a parent").join(path),
    };
    let has_anchor =
        || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor));
    target.exists() && (anchor.is_empty() || has_anchor())
}

/// The targets of the Markdown links outside code.
fn links(text: &str) -> impl Iterator<Item = String> {
    let mut is_code = false;
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| {
            let is_fence = line.starts_with("```");
            is_code ^= is_fence;
            !is_code && !is_fence && !line.starts_with("    ")
        })
        .collect();
    let prose = prose.join("\n");
    let targets: Vec<String> = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect();
    targets.into_iter()
}

/// The anchors of a page's headings, in the form that mdBook and code hosts use: in lower case,
/// without punctuation, and with dashes for spaces.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let title = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
