//! The replacement of the readers of model files in a build without the feature `legacy`.

use super::{RidgeClassifier, TopicWeights};
use crate::error::{Error, Result};

impl RidgeClassifier {
    /// Returns an error: this build reads no pickles.
    ///
    /// # Errors
    /// Always.
    pub fn from_pickle(_bytes: &[u8]) -> Result<Self> {
        Err(unsupported())
    }
}

impl TopicWeights {
    /// Returns an error: this build reads no Keras models.
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
