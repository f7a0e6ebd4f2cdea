//! What can be typed after `mentorpal tune`.

use clap::Args;

use super::example;

/// Arguments of `tune`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal tune\n\
     mentorpal tune --mentor guide --arch fusion_v1 --vectors embedded --vectors none\n\
     mentorpal tune --folds 10 --json"))]
pub struct TuneArgs {
    /// Tune for this mentor only; may be repeated [env: MENTOR] [default: all]
    #[arg(long = "mentor", value_name = "MENTOR")]
    pub mentors: Vec<String>,

    /// Try this architecture only; may be repeated [default: all]
    #[arg(long = "arch", value_name = "ARCH")]
    pub archs: Vec<String>,

    /// Try this vector model only, `none` for none; may be repeated [default: none, embedded and
    /// those that were added]
    #[arg(long, value_name = "NAME")]
    pub vectors: Vec<String>,

    /// How many parts the questions are cut into; each is held out once
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..))]
    pub folds: u16,

    /// Where random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// Print a line of JSON a configuration, then one for the recommendation; of several mentors
    /// for each, then for all
    #[arg(long)]
    pub json: bool,
}
