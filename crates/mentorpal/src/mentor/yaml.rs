//! The text fields of a small YAML file: a mapping whose values of interest are scalars.

use std::collections::{BTreeMap, HashMap};

use granit_parser::{Event, Marker, Parser, ScalarStyle};

const NOT_A_MAPPING: &str = "a list or a text, expected `key: value`";

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// No value, `~` or `null`.
    Null,
    /// A scalar as text; `1815` is the text `1815`.
    Text(String),
    /// A list or a mapping.
    Nested,
}

/// Reads the keys and values of the mapping that `text` contains. An empty document has no keys.
///
/// # Errors
/// A message with line and column, if the text is not valid YAML, if the document is not a mapping, if a key occurs twice or is not a text, or if there is a second document.
pub(super) fn read_mapping(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| located(e.marker(), &e.info()))?;
        reader.take(event).map_err(|message| located(&span.start, &message))?;
    }
    Ok(reader.mapping)
}

/// Returns `message` with the place that it is about.
fn located(at: &Marker, message: &str) -> String {
    format!("line {} column {}: {message}", at.line(), at.col() + 1)
}

#[derive(Default)]
struct Reader {
    mapping: BTreeMap<String, Value>,
    /// The key whose value follows.
    key: Option<String>,
    /// The number of lists and mappings that are open.
    depth: usize,
    documents: usize,
    /// The scalars that an alias can refer to.
    anchors: HashMap<usize, Value>,
}

impl Reader {
    fn take(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) if self.documents > 0 => {
                Err("several documents, expected one".to_owned())
            }
            Event::DocumentStart(..) => {
                self.documents += 1;
                Ok(())
            }
            Event::SequenceStart(..) if self.depth == 0 => Err(NOT_A_MAPPING.to_owned()),
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                self.depth += 1;
                if self.depth == 2 { self.node(Value::Nested) } else { Ok(()) }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.depth -= 1;
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let value = scalar(&text, style);
                self.anchors.insert(anchor, value.clone());
                self.scalar(value)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned();
                self.scalar(value.unwrap_or(Value::Nested))
            }
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, value: Value) -> Result<(), String> {
        match (self.depth, value) {
            (0, Value::Null) => Ok(()),
            (0, _) => Err(NOT_A_MAPPING.to_owned()),
            (1, value) => self.node(value),
            _ => Ok(()),
        }
    }

    /// Takes a key of the mapping, or the value of the last key.
    fn node(&mut self, value: Value) -> Result<(), String> {
        match (self.key.take(), value) {
            (None, Value::Text(key)) => self.key = Some(key),
            (None, _) => return Err("a key that is not a text".to_owned()),
            (Some(key), _) if self.mapping.contains_key(&key) => {
                return Err(format!("duplicate key `{key}`"));
            }
            (Some(key), value) => {
                self.mapping.insert(key, value);
            }
        }
        Ok(())
    }
}

/// The value of a scalar. Only plain scalars can be null (YAML 1.2.2, section 10.3.2).
fn scalar(text: &str, style: ScalarStyle) -> Value {
    let is_null = matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if is_null && style == ScalarStyle::Plain { Value::Null } else { Value::Text(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Value)> {
        read_mapping(text).unwrap().into_iter().collect()
    }

    fn text(key: &str, value: &str) -> (String, Value) {
        (key.to_owned(), Value::Text(value.to_owned()))
    }

    #[test]
    fn scalars_of_every_style_are_texts() {
        // The styles of YAML 1.2.2, sections 7.3 and 8.1.
        let yaml = "a: plain text # comment\nb: 'it''s'\nc: \"\\u00e9\\n\"\nd: |\n  x\n  y\ne: >-\n  x\n  y\nf: 1815\n";
        let expected = [
            text("a", "plain text"),
            text("b", "it's"),
            text("c", "é\n"),
            text("d", "x\ny\n"),
            text("e", "x y"),
            text("f", "1815"),
        ];
        assert_eq!(read(yaml), expected);
    }

    #[test]
    fn plain_null_is_null_and_quoted_null_is_a_text() {
        let found = read("a:\nb: ~\nc: null\nd: 'null'\ne: ''\n");
        let null = |key: &str| (key.to_owned(), Value::Null);
        assert_eq!(found, [null("a"), null("b"), null("c"), text("d", "null"), text("e", "")]);
        assert_eq!(read(""), []);
        assert_eq!(read("---\n~\n"), []);
    }

    #[test]
    fn keys_within_values_are_not_keys_of_the_document() {
        let found = read("a: {name: x, b: [y, {name: z}]}\nname: n\nlist:\n- name: w\n");
        let nested = |key: &str| (key.to_owned(), Value::Nested);
        assert_eq!(found, [nested("a"), nested("list"), text("name", "n")]);
    }

    #[test]
    fn an_alias_is_replaced_by_its_scalar() {
        assert_eq!(read("a: &n Ada\nb: *n\n"), [text("a", "Ada"), text("b", "Ada")]);
    }

    #[test]
    fn other_documents_are_errors() {
        for (yaml, reason) in [
            ("- a\n", "line 1 column 1: a list or a text"),
            ("text\n", "line 1 column 1: a list or a text"),
            ("a: 1\na: 2\n", "line 2 column 4: duplicate key `a`"),
            ("a: 1\n---\nb: 2\n", "line 2 column 1: several documents"),
            ("[a]: 1\n", "line 1 column 1: a key"),
            ("name: a: b\n", "line 1 column 8: "),
            ("name: [a\n", "line "),
            ("a: *missing\n", "line 1 column "),
        ] {
            let found = read_mapping(yaml).unwrap_err();
            assert!(found.starts_with(reason), "{yaml:?}: {found}");
        }
    }

    #[test]
    fn aliases_do_not_multiply() {
        let mut yaml = "a0: &a0 [x]\n".to_owned();
        for level in 1..60 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            yaml += &format!("a{level}: &a{level} [{before}]\n");
        }
        assert_eq!(read_mapping(&yaml).unwrap().len(), 60);
    }
}
