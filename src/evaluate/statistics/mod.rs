//! Intervals, tests and curves, each with its source.
//!
//! | file | what is in it |
//! |---|---|
//! | `proportion.rs` | one accuracy: Wilson's interval |
//! | `paired.rs` | two checkpoints on the same questions: `McNemar`'s test, and the interval that agrees with it |
//! | `multiple.rs` | several comparisons: Holm's correction |
//! | `confidence.rs` | confidences: calibration error, coverage against accuracy |
//! | `ranking.rs` | the rank of the right answer |
//! | `detection.rs` | telling questions from each other: the area under the ROC curve, Matthews correlation |

mod confidence;
mod detection;
mod multiple;
mod paired;
mod proportion;
mod ranking;

pub use confidence::{Calibration, CalibrationBin, CoveragePoint, calibration, coverage_curve};
pub use detection::{auroc, matthews};
pub use multiple::{holm, holm_errors};
pub use paired::{mcnemar, paired_interval};
pub use proportion::wilson;
pub use ranking::{mean_reciprocal_rank, share_within};

/// The 97.5% quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod fixture {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    /// The cases under `key` that `tests/fixtures/statistics/generate.py` had `SciPy`, statsmodels
    /// and scikit-learn work out.
    pub(super) fn cases<T: DeserializeOwned>(key: &str) -> Vec<T> {
        let text = include_str!("../../../tests/fixtures/statistics/expected.json");
        let all: Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(all[key].clone()).unwrap()
    }

    #[track_caller]
    pub(super) fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }
}
