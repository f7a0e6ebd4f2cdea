//! Fuzzes the stemmer: any word gives a stem that is not longer than the word in lower case.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mentorpal::text::stem;

fuzz_target!(|word: &str| {
    let stemmed = stem(word);
    assert!(stemmed.len() <= word.to_lowercase().len());
    assert!(word.is_empty() || !stemmed.is_empty());
});
