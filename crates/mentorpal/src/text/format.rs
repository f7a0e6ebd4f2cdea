//! Formats names, lists and counts for messages.

/// Returns `, did you mean `x`?` if a name in `known` is close to `name`, or an empty string.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // The distance is computed only where it can be small, because `name` may be very long.
    let length = name.chars().count();
    known
        .into_iter()
        .filter(|candidate| {
            candidate.chars().count().abs_diff(length) <= 1 + candidate.len() / 4
                && candidate.len() <= 1000
        })
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| format!(", did you mean `{candidate}`?"))
        .unwrap_or_default()
}

/// Returns `` `a`, `b`, `c` ``, or `none` if the list is empty.
pub fn quoted_list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Returns `text` as one word of a shell command, quoted if necessary.
///
/// ```
/// use mentorpal::text::format::shell_word;
/// assert_eq!(shell_word("fusion_v1/x"), "fusion_v1/x");
/// assert_eq!(shell_word("Ada's own"), r"'Ada'\''s own'");
/// ```
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Returns a number with its noun: `1 question`, `2 questions`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn did_you_mean_suggests_only_similar_names() {
        assert_eq!(
            did_you_mean("fusion_v2", ["fusion_v1", "lstm_v1"]),
            ", did you mean `fusion_v1`?"
        );
        assert_eq!(did_you_mean("transformer", ["fusion_v1", "lstm_v1"]), "");
    }
}
