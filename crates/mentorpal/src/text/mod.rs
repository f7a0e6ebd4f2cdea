//! Text processing: match keys, sanitizing, stems and n-grams; and formatting of figures and names.
//!
//! ```
//! use mentorpal::text::{normalize, sanitize};
//! assert_eq!(sanitize("What's your name? "), "whats your name");
//! assert_eq!(normalize("What's your (full) name?"), "whats your full name");
//! ```

mod contractions;
pub mod format;
mod ignorable;
mod key;
mod ngrams;
mod packed;
mod ranges;
mod sanitize;
mod segments;
mod shares;
mod stem;

pub use contractions::expand_contractions;
pub(crate) use ignorable::is_ignorable;
pub(crate) use key::{Kind, compose, kinds};
pub use key::{fold, match_key};
pub use ngrams::{Analyzer, NgramCounts};
pub(crate) use packed::{HashIndex, PackedStrings, ends_at};
pub use sanitize::{normalize, sanitize, sanitize_any_script, shorten};
pub(crate) use segments::segments;
pub use shares::{p_equals, p_value, percent, percent_or_dash, percent_range, points};
pub use stem::stem;
