//! The replacement of the readers of model files in a build without the feature `legacy`.

use super::{RidgeClassifier, TopicWeights};
use crate::error::{Error, Result};

impl RidgeClassifier {
    /// Reads no pickle.
    ///
    /// # Errors
    /// Always.
    pub fn from_pickle(_bytes: &[u8]) -> Result<Self> {
        Err(unsupported())
    }
}

impl TopicWeights {
    /// Reads no file.
    ///
    /// # Errors
    /// Always.
    pub fn from_hdf5(_bytes: &[u8]) -> Result<Self> {
        Err(unsupported())
    }
}

fn unsupported() -> Error {
    Error::missing_feature("legacy", "models of the Python pipeline")
}
