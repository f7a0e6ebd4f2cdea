//! Confidence intervals, significance tests and curves, each with its source.
//!
//! | file | content |
//! |---|---|
//! | `proportion.rs` | Wilson's confidence interval of one accuracy |
//! | `paired.rs` | `McNemar`'s test of two checkpoints on the same questions, and the interval that agrees with it |
//! | `multiple.rs` | Holm's correction for several comparisons |
//! | `confidence.rs` | calibration error, and accuracy against coverage |
//! | `ranking.rs` | mean reciprocal rank, and the share of correct answers among the first `k` |
//! | `detection.rs` | the area under the ROC curve, and the Matthews correlation |

mod confidence;
mod detection;
mod multiple;
mod paired;
mod proportion;
mod ranking;

pub use confidence::{
    Calibration, CalibrationBin, CoveragePoint, ScoredAnswer, calibration, coverage_curve,
};
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

    /// Returns the cases under `key`, which `tests/fixtures/statistics/generate.py` computed with
    /// `SciPy`, statsmodels and scikit-learn.
    pub(super) fn cases<T: DeserializeOwned>(key: &str) -> Vec<T> {
        let text = include_str!("../../../../../tests/fixtures/statistics/expected.json");
        let all: Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(all[key].clone()).unwrap()
    }

    #[track_caller]
    pub(super) fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }
}
