//! Counts the values in a JSON document without storing them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The number of values in a JSON value: itself, its keys and its nested values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values(pub(super) usize);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counter)
    }
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_str<E>(self, _: &str) -> Result<Values, E> {
        Ok(Values(1))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values, A::Error> {
        let mut count = 1;
        while let Some(Values(more)) = items.next_element()? {
            count += more;
        }
        Ok(Values(count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Values, A::Error> {
        let mut count = 1;
        while let Some((_, Values(more))) = entries.next_entry::<IgnoredAny, Values>()? {
            count += 1 + more;
        }
        Ok(Values(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_keys_are_counted() {
        for (json, count) in [
            ("null", 1),
            ("[]", 1),
            ("{}", 1),
            (r#"[1, -2, 0.5, "x", true, null]"#, 7),
            (r#"{"a": 1, "b": {"c": [[], {}]}}"#, 9),
        ] {
            assert_eq!(serde_json::from_str::<Values>(json).unwrap(), Values(count), "{json}");
        }
    }

    #[test]
    fn too_deeply_nested_values_are_refused() {
        let deep = "[".repeat(100_000);
        assert!(serde_json::from_str::<Values>(&deep).is_err());
    }
}
