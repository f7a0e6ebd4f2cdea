//! A request to train mentors: the mentors, the options, and the name of the checkpoint.

/// A request to train mentors and publish a checkpoint.
///
/// The defaults are those of `mentorpal train`: all mentors, the architecture and the vector model that
/// `mentorpal.toml` names (else `fusion_v1` and `embedded`), seed 0, and a new checkpoint named after the
/// current time.
#[derive(Clone, Debug, Default)]
pub struct TrainRequest {
    pub(super) mentors: Vec<String>,
    pub(super) arch: Option<String>,
    pub(super) vectors: Option<String>,
    pub(super) seed: u64,
    pub(super) target: Target,
    keep_going: bool,
}

/// The destination of the new checkpoint.
#[derive(Clone, Debug, Default)]
pub(super) enum Target {
    /// Under a new name made from the current time.
    #[default]
    Automatic,
    /// Under this name; `overwrite` replaces a checkpoint of the same name.
    Named { name: String, overwrite: bool },
    /// In place of this checkpoint, whose other mentors are copied.
    Update { name: String },
}

impl TrainRequest {
    /// A request with the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trains these mentors only, given by their ids.
    #[must_use]
    pub fn mentors<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.mentors = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the architecture, for instance `fusion_v1`.
    #[must_use]
    pub fn arch(mut self, name: impl Into<String>) -> Self {
        self.arch = Some(name.into());
        self
    }

    /// Sets the vector model: a name in the workspace, `embedded`, or `none`.
    #[must_use]
    pub fn vectors(mut self, name: impl Into<String>) -> Self {
        self.vectors = Some(name.into());
        self
    }

    /// Sets the seed of the random number generator.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Publishes under this name, `CHECKPOINT` or `ARCH/CHECKPOINT`. Training fails if a checkpoint of this name
    /// exists.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.target = Target::Named { name: name.into(), overwrite: false };
        self
    }

    /// Publishes under this name and replaces a checkpoint of the same name.
    #[must_use]
    pub fn overwrite(mut self, name: impl Into<String>) -> Self {
        self.target = Target::Named { name: name.into(), overwrite: true };
        self
    }

    /// Retrains the [mentors](Self::mentors) in an existing checkpoint and keeps its other mentors.
    #[must_use]
    pub fn update(mut self, name: impl Into<String>) -> Self {
        self.target = Target::Update { name: name.into() };
        self
    }

    /// Publishes the checkpoint even if some of the mentors cannot be trained.
    #[must_use]
    pub fn keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// Whether [`keep_going`](Self::keep_going) was set.
    #[must_use]
    pub fn keeps_going(&self) -> bool {
        self.keep_going
    }
}
