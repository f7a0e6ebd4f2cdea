//! Traces of earlier export errors in cells: spreadsheet error values and HTML entities.

use super::TableRow;
use crate::mentor::finding::FindingKind;

/// The oddities in a row: kind, index of the cell, and message.
pub(super) fn oddities(row: &TableRow) -> impl Iterator<Item = (FindingKind, usize, String)> {
    row.cells.iter().enumerate().flat_map(|(index, cell)| {
        let value = error_value(cell).map(|value| {
            let message = format!(
                "`{value}` is the spreadsheet error value of a failed formula; write the text itself"
            );
            (FindingKind::SpreadsheetError, index, message)
        });
        let entity = html_entity(cell).map(|entity| {
            let message =
                format!("`{entity}` is an HTML entity and is not decoded; write the character itself");
            (FindingKind::HtmlEntity, index, message)
        });
        value.into_iter().chain(entity)
    })
}

/// The first line of a cell that is an error value of Excel (`#NAME?`, `#REF!`, `#N/A`; localized `#WERT!`,
/// `#NV`) or Calc (`Err:502`).
fn error_value(cell: &str) -> Option<&str> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_uppercase() || "0123456789/_¿¡".contains(c))
    };
    let is_error = |line: &str| {
        if let Some(name) = line.strip_prefix('#') {
            matches!(name, "N/A" | "NV" | "N/D" | "N/V" | "GETTING_DATA")
                || name.strip_suffix(['!', '?']).is_some_and(is_name)
                || (name.len() >= 3 && name.bytes().all(|byte| byte == b'#'))
        } else {
            line.strip_prefix("Err:").is_some_and(|code| {
                code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())
            })
        }
    };
    if !cell.contains(['#', ':']) {
        return None;
    }
    cell.lines().map(str::trim).find(|line| is_error(line))
}

/// The entity names that programs commonly write into text.
const ENTITIES: [&str; 48] = [
    "amp", "lt", "gt", "quot", "apos", "nbsp", "ensp", "emsp", "thinsp", "shy", "lsquo", "rsquo",
    "sbquo", "ldquo", "rdquo", "bdquo", "laquo", "raquo", "ndash", "mdash", "hellip", "bull",
    "middot", "copy", "reg", "trade", "deg", "euro", "pound", "cent", "yen", "sect", "para",
    "times", "divide", "iexcl", "iquest", "ordf", "ordm", "szlig", "ccedil", "oslash", "aelig",
    "oelig", "aring", "zwj", "zwnj", "acute",
];

/// The suffixes of the entity names of accented letters (`&eacute;`, `&Uuml;`).
const ACCENTS: [&str; 6] = ["acute", "grave", "circ", "tilde", "uml", "caron"];

/// The first HTML entity in a cell.
fn html_entity(cell: &str) -> Option<&str> {
    cell.match_indices('&').find_map(|(begin, _)| {
        let rest = &cell[begin + 1..];
        let length = rest.bytes().take(12).position(|byte| byte == b';')?;
        is_entity(&rest[..length]).then(|| &cell[begin..begin + length + 2])
    })
}

fn is_entity(name: &str) -> bool {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let digits = hex.unwrap_or(number);
        let radix = if hex.is_some() { 16 } else { 10 };
        return !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    }
    let is_letter =
        |letter: &str| letter.len() == 1 && letter.chars().all(|c| c.is_ascii_alphabetic());
    ENTITIES.contains(&name.to_ascii_lowercase().as_str())
        || ACCENTS.iter().any(|accent| name.strip_suffix(accent).is_some_and(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_values_are_distinguished_from_text() {
        for value in [
            "#NAME?",
            " #REF! ",
            "#VALUE!",
            "#DIV/0!",
            "#N/A",
            "#NULL!",
            "#NUM!",
            "#SPILL!",
            "#BEZUG!",
            "#¿NOMBRE?",
            "#######",
            "Err:502",
            "who are you\n#REF!",
        ] {
            assert!(error_value(value).is_some(), "{value}");
        }
        for text in ["#1", "#metoo", "Are you #1?", "#!", "C#", "##", "# heading!", "Err:x", "#Hi!"]
        {
            assert_eq!(error_value(text), None, "{text}");
        }
    }

    #[test]
    fn entities_are_distinguished_from_text() {
        for (text, entity) in [
            ("Tom &amp; Ada", "&amp;"),
            ("it&#39;s", "&#39;"),
            ("it&#x2019;s", "&#x2019;"),
            ("caf&eacute;", "&eacute;"),
            ("R&D; a&nbsp;b", "&nbsp;"),
        ] {
            assert_eq!(html_entity(text), Some(entity));
        }
        for text in ["AT&T; and so on", "Q&A", "a & b;", "&;", "&#;", "&é;", "salt &pepper;"] {
            assert_eq!(html_entity(text), None, "{text}");
        }
    }
}
