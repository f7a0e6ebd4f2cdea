//! Fuzzes pickled classifiers: any bytes give a consistent classifier, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mentorpal::checkpoint::legacy::RidgeClassifier;

fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = RidgeClassifier::from_pickle(bytes) else { return };
    assert_eq!(found.coef.len(), found.classes.len() * found.features);
    assert_eq!(found.intercept.len(), found.classes.len());
    assert!(found.coef.iter().chain(&found.intercept).all(|x| x.is_finite()));
});
