//! Fuzzes WebDAV listings: any text gives names without `/`, or no listing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mentorpal::remote::fuzzed::propfind;

fuzz_target!(|answer: &str| {
    let Some(names) = propfind(answer) else { return };
    assert!(names.len() <= answer.matches("response").count());
    assert!(names.iter().all(|name| !name.contains('/')));
});
