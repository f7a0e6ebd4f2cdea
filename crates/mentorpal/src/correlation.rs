//! The Matthews correlation, which the calibration maximizes and tests report.

/// The sums over the classes of a classification, each sample with its weight.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClassSums {
    /// The weight of all samples.
    pub(crate) all: f64,
    /// The weight of the samples whose class is predicted correctly.
    pub(crate) right: f64,
    /// Σ t², with the weight t of the samples of each class.
    pub(crate) truths: f64,
    /// Σ p², with the weight p of the samples predicted to be of each class.
    pub(crate) predictions: f64,
    /// Σ t · p
    pub(crate) products: f64,
}

impl ClassSums {
    /// Returns the multi-class Matthews correlation, in −1..=1 (Gorodkin 2004, *Comparing two K-category
    /// assignments by a K-category correlation coefficient*). Returns `None` if all samples are of one
    /// class, or predicted to be of one class.
    pub(crate) fn matthews(&self) -> Option<f64> {
        let Self { all, right, truths, predictions, products } = self;
        let square = all * all;
        let spread = (square - truths) * (square - predictions);
        (spread > 0.0).then(|| (right * all - products) / spread.sqrt())
    }
}
