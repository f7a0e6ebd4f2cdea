//! Expands contractions.

/// The common English contractions without apostrophe, and their expansions; sorted. Contractions that
/// are other common words without the apostrophe are left out: *its*, *were*, *well*, *shell*, *ill*,
/// *id*, *wed*. *lets*, *cant* and *wont* are words too, but mostly mean *let's*, *can't* and *won't*.
/// Changing the list changes the trained models.
const CONTRACTIONS: [(&str, &str); 50] = [
    ("aint", "is not"),
    ("arent", "are not"),
    ("cant", "can not"),
    ("couldnt", "could not"),
    ("couldve", "could have"),
    ("didnt", "did not"),
    ("doesnt", "does not"),
    ("dont", "do not"),
    ("hadnt", "had not"),
    ("hasnt", "has not"),
    ("havent", "have not"),
    ("heres", "here is"),
    ("hes", "he is"),
    ("hows", "how is"),
    ("im", "i am"),
    ("isnt", "is not"),
    ("itll", "it will"),
    ("ive", "i have"),
    ("lets", "let us"),
    ("r", "are"),
    ("shes", "she is"),
    ("shouldnt", "should not"),
    ("shouldve", "should have"),
    ("thats", "that is"),
    ("theres", "there is"),
    ("theyll", "they will"),
    ("theyre", "they are"),
    ("theyve", "they have"),
    ("u", "you"),
    ("ur", "your"),
    ("wasnt", "was not"),
    ("werent", "were not"),
    ("weve", "we have"),
    ("whatre", "what are"),
    ("whats", "what is"),
    ("whatve", "what have"),
    ("whens", "when is"),
    ("whered", "where did"),
    ("wheres", "where is"),
    ("whos", "who is"),
    ("whove", "who have"),
    ("whyd", "why did"),
    ("whys", "why is"),
    ("wont", "will not"),
    ("wouldnt", "would not"),
    ("wouldve", "would have"),
    ("youd", "you would"),
    ("youll", "you will"),
    ("youre", "you are"),
    ("youve", "you have"),
];

/// Expands the contractions in text that was [sanitized](super::sanitize()): without apostrophes, in
/// lower case.
///
/// ```
/// use mentorpal::text::{sanitize, expand_contractions};
/// assert_eq!(expand_contractions(&sanitize("What's wrong? You don't say!")), "what is wrong you do not say");
/// ```
#[must_use]
pub fn expand_contractions(sanitized: &str) -> String {
    let word = |word: &str| -> String {
        let found = CONTRACTIONS.binary_search_by_key(&word, |(contraction, _)| *contraction);
        found.map_or(word, |index| CONTRACTIONS[index].1).to_owned()
    };
    sanitized.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The binary search relies on this.
    #[test]
    fn contractions_are_sorted_and_distinct() {
        assert!(CONTRACTIONS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn other_words_are_unchanged() {
        assert_eq!(expand_contractions("its where we were"), "its where we were");
        assert_eq!(expand_contractions(""), "");
    }
}
