//! The replacement of the reports in a build without the feature `reports`.

use super::Tested;
use crate::error::{Error, Result};
use crate::evaluate::{Comparisons, TrainingRecord};

/// Returns an error: this build has no HTML reports.
///
/// # Errors
/// Always.
pub fn comparison_page(_comparisons: &Comparisons) -> Result<String> {
    Err(unsupported())
}

/// Returns an error: this build has no JUnit reports.
///
/// # Errors
/// Always.
pub fn junit(_tests: &[Tested]) -> Result<String> {
    Err(unsupported())
}

/// Returns an error: this build has no HTML reports.
///
/// # Errors
/// Always.
pub fn test_page(_tests: &[Tested]) -> Result<String> {
    Err(unsupported())
}

/// Returns an error: this build has no HTML reports.
///
/// # Errors
/// Always.
pub fn training_page(_record: &TrainingRecord) -> Result<String> {
    Err(unsupported())
}

fn unsupported() -> Error {
    Error::missing_feature("reports", "HTML and JUnit reports")
}
