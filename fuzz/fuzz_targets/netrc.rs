//! Fuzzes `.netrc` files: any bytes give a login or the line number of an error, and a comment line
//! before them changes only the line number.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mentorpal::remote::fuzzed::netrc;

fuzz_target!(|text: &[u8]| {
    let found = netrc(text, "h");
    match &found {
        Ok(None) => {}
        Ok(Some((user, password))) => assert!(user.len() + password.len() < text.len()),
        Err(row) => assert!((1..=text.split_inclusive(|byte| *byte == b'\n').count()).contains(row)),
    }
    let later = netrc(&[b"# nothing\n", text].concat(), "h");
    assert_eq!(later, found.map_err(|row| row + 1));
});
