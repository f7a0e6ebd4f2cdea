//! Reports as files: HTML pages, `JUnit` XML for CI, and CSV tables for further analysis.
//!
//! The pages are rendered from `templates/`, which are compiled in and escape every value. A page
//! is one file with its style and script inline, and its content security policy forbids all
//! requests.

#[cfg(feature = "reports")]
mod answers;
#[cfg(feature = "reports")]
mod comparison_page;
mod comparison_tables;
#[cfg(feature = "reports")]
mod junit;
#[cfg(feature = "reports")]
mod plots;
mod tables;
#[cfg(feature = "reports")]
mod test_page;
#[cfg(feature = "reports")]
mod training_page;
mod training_tables;
#[cfg(not(feature = "reports"))]
mod unsupported;
#[cfg(feature = "reports")]
mod values;

#[cfg(feature = "reports")]
pub use comparison_page::comparison_page;
pub use comparison_tables::comparison_tables;
#[cfg(feature = "reports")]
pub use junit::junit;
pub use tables::{TableFile, test_tables};
#[cfg(feature = "reports")]
pub use test_page::test_page;
#[cfg(feature = "reports")]
pub use training_page::training_page;
pub use training_tables::training_tables;
#[cfg(not(feature = "reports"))]
pub use unsupported::{comparison_page, junit, test_page, training_page};

use crate::evaluate::{TestFigures, TestReport, TrainingFigures};
use crate::mentor::Mentor;

/// A test with everything that its report shows.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// The results of the test.
    pub report: &'a TestReport,
    /// The figures of the test.
    pub figures: &'a TestFigures,
    /// The tested mentor.
    pub mentor: &'a Mentor,
}

/// A mentor's training with everything that its report shows.
#[derive(Clone, Copy, Debug)]
pub struct TrainedMentor<'a> {
    /// The architecture's name.
    pub arch: &'a str,
    /// The mentor.
    pub mentor: &'a Mentor,
    /// The figures of the training.
    pub figures: &'a TrainingFigures,
    /// The other messages of training.
    pub notes: &'a [String],
}
