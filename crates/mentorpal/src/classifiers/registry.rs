//! The list of architectures.

use super::Architecture;
use super::arch::fusion_v1::FusionV1;
use super::arch::lstm_v1::LstmV1;
use crate::error::{Error, Result};
use crate::text::format::{did_you_mean, quoted_list};

/// All architectures. Add a line to register a new one.
const ARCHITECTURES: &[&dyn Architecture] = &[&FusionV1, &LstmV1];

/// The default architecture.
pub const DEFAULT: &str = "fusion_v1";

/// Returns the architecture `name`.
///
/// # Errors
/// If there is no such architecture; the message lists all names.
pub fn find(name: &str) -> Result<&'static dyn Architecture> {
    ARCHITECTURES.iter().copied().find(|arch| arch.name() == name).ok_or_else(|| {
        let guess = did_you_mean(name, ARCHITECTURES.iter().map(|arch| arch.name()));
        let known = quoted_list(ARCHITECTURES.iter().map(|arch| arch.name()));
        Error::new(format!("no architecture `{name}`{guess}"))
            .hint(format!("choose one of {known} with --arch, ARCH or mentorpal.toml"))
    })
}

/// Returns all architectures, the default first.
pub fn all() -> impl Iterator<Item = &'static dyn Architecture> {
    ARCHITECTURES.iter().copied()
}
