//! Pages as text: their tables and key figures, and forbidden elements.

use serde_json::Value;

/// Returns data with special characters of HTML, CSV and XML in ids, answers, topics and questions.
const HOSTILE: &str = "\
ID,topics,text,question
<b>x</b>,<script>alert(1)</script>,</script><script>alert(2)</script>,\"what <img src=x onerror=alert(3)> is
{{ 7 * 7 }} or {% raw %}\"
b,\"\"\"'>&amp;,Life\",שלום \u{202e}olleh 👩‍🚀,\"&lt;b&gt; ]]> <!-- where
shalom \u{202e}evil 👩‍🚀 to you\"
";

/// Returns the same data with texts of 50,000 letters, and a question with two answers.
pub(crate) fn hostile_data() -> String {
    let long = "supercalifragilistic ".repeat(2_400);
    let questions = format!("{long}\n{long} long\nwhat <img src=x onerror=alert(3)> is");
    format!("{HOSTILE}c,</table><script>alert(5)</script>,{long},\"{questions}\"\n")
}

/// Asserts that a page loads nothing and contains no element from the data of a mentor.
#[track_caller]
pub(crate) fn is_inert(page: &str) {
    assert_eq!(page.matches("<script").count(), 1, "the page's own one script");
    for element in ["<img", "<b>", "<!--"] {
        assert!(!page.contains(element), "{element}");
    }
    for outside in ["src=\"", "src='", "href=\"http", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
}

/// Returns the cells of the table with this `data-figure`, row by row: each `data-value`, or else
/// the text.
pub(crate) fn table(page: &str, figure: &str) -> Vec<Vec<Value>> {
    let cell = |markup| data_value(markup).unwrap_or_else(|| text(markup)).into();
    let row = |cells: Vec<_>| cells.into_iter().map(cell).collect();
    cells(page, figure).into_iter().map(row).collect()
}

/// Returns only the cells with a `data-value`.
pub(crate) fn table_values(page: &str, figure: &str) -> Vec<Vec<f64>> {
    let value = |markup| data_value(markup)?.parse().ok();
    let row = |cells: Vec<_>| cells.into_iter().filter_map(value).collect();
    cells(page, figure).into_iter().map(row).collect()
}

/// Returns the markup of the cells of a table, row by row.
fn cells<'a>(page: &'a str, figure: &str) -> Vec<Vec<&'a str>> {
    let start = format!("data-figure=\"{figure}\"");
    let (_, table) = page.split_once(&start).expect("the table is there");
    let (_, body) = table.split_once("<tbody>").expect("a table has a body");
    let (body, _) = body.split_once("</tbody>").expect("a body ends");
    let is_cell = |markup: &&str| markup.starts_with(['h', 'd']);
    let row = |row: &'a str| row.split("<t").skip(1).filter(is_cell).collect();
    body.split("<tr>").skip(1).map(row).collect()
}

/// Returns the full value of the element at the start of `markup`.
fn data_value(markup: &str) -> Option<String> {
    let (head, _) = markup.split_once('>')?;
    let (_, value) = head.split_once("data-value=\"")?;
    Some(value.split('"').next()?.to_owned())
}

/// Returns the text without elements.
fn text(markup: &str) -> String {
    let pieces = markup.split('<').filter_map(|piece| Some(piece.split_once('>')?.1));
    pieces.collect::<String>().trim().to_owned()
}

/// Returns each `data-key` with its full value.
pub(crate) fn keys(page: &str) -> Vec<(&str, Value)> {
    let pairs = page.split("data-key=\"").skip(1).map(|markup| {
        let (key, _) = markup.split_once('"').expect("an attribute ends");
        (key, data_value(markup).expect("a value beside the key").into())
    });
    pairs.collect()
}

/// Returns the full value of the key figure with this name.
#[track_caller]
pub(crate) fn key(page: &str, name: &str) -> Value {
    let found = keys(page).into_iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no key figure {name}")).1
}
