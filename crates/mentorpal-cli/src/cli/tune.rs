//! Arguments of `mentorpal tune`.

use clap::Args;

use super::example;

/// Arguments of `tune`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal tune\n\
     mentorpal tune --mentor guide --arch fusion_v1 --vectors embedded --vectors none\n\
     mentorpal tune --folds 10 --json"))]
pub(crate) struct TuneArgs {
    /// Tune for this mentor only; may be repeated [env: MENTOR] [default: all]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub(crate) mentors: Vec<String>,

    /// Try this architecture only; may be repeated [default: all]
    #[arg(long = "arch", value_name = "ARCH")]
    pub(crate) archs: Vec<String>,

    /// Try this vector model only; `none` to use no vector model; may be repeated [default: none,
    /// embedded and all added vector models]
    #[arg(long, value_name = "NAME")]
    pub(crate) vectors: Vec<String>,

    /// Number of cross-validation folds
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..))]
    pub(crate) folds: u16,

    /// Seed of the random number generator
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Print one JSON object per configuration, then one for the recommendation. With several
    /// mentors, do this for each mentor and then for all mentors together
    #[arg(long)]
    pub(crate) json: bool,
}
