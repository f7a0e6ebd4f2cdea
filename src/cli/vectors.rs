//! What can be typed after `mentorpal vectors`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{RemoteFlags, VectorsUploadArgs, example};

/// Arguments of `vectors`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors add glove.6B.100d.txt --licence \"PDDL 1.0\"\n\
     mentorpal vectors list\n\
     mentorpal vectors show glove.6B.100d --like navy"))]
pub struct VectorsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: VectorsCommand,
}

/// What `vectors` can do.
#[derive(Debug, Subcommand)]
pub enum VectorsCommand {
    /// Check and add word vectors (word2vec, GloVe, fastText, finalfusion) or a sentence encoder
    Add(VectorsAddArgs),
    /// Make static token vectors of a sentence encoder: smaller, and some hundred times faster
    Distill(VectorsDistillArgs),
    /// List vector models
    #[command(after_help = example("mentorpal vectors list --json"))]
    List {
        /// Print a line of JSON a vector model
        #[arg(long)]
        json: bool,
    },
    /// Show what a vector model holds, and the words nearest to one
    #[command(after_help = example("mentorpal vectors show glove.6B.100d --like navy"))]
    Show {
        /// The vector model
        name: String,
        /// Show the words nearest to this one
        #[arg(long, value_name = "WORD")]
        like: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read every file again and compare it with the manifest; exit with 1 where one differs
    #[command(after_help = example("mentorpal vectors verify\nmentorpal vectors verify glove.6B.100d"))]
    Verify {
        /// The vector model [default: all]
        name: Option<String>,
        /// Print a line of JSON a vector model
        #[arg(long)]
        json: bool,
    },
    /// Download the remote's vector models, or a sentence encoder from the Hugging Face Hub
    Download(VectorsDownloadArgs),
    /// Upload a vector model to the remote
    Upload(VectorsUploadArgs),
}

/// Arguments of `vectors add`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors add glove.6B.100d.txt --licence \"PDDL 1.0\"\n\
     mentorpal vectors add model.bin --name words --overwrite\n\
     mentorpal vectors add all-MiniLM-L6-v2/"))]
pub struct VectorsAddArgs {
    /// A file of word vectors, or a sentence encoder: its folder, or a zip archive or wheel with it
    pub path: PathBuf,

    /// What to call the vector model [default: as the folder, the file without its extension, or
    /// the wheel's distribution]
    #[arg(long)]
    pub name: Option<String>,

    /// A note on its licence [default: what an encoder's README.md says]
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub overwrite: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `vectors download`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors download\n\
     mentorpal vectors download sentence-transformers/all-MiniLM-L6-v2\n\
     mentorpal vectors download BAAI/bge-small-en-v1.5@main --name bge\n\
     HF_HUB_OFFLINE=1 mentorpal vectors download all-MiniLM-L6-v2"))]
pub struct VectorsDownloadArgs {
    /// A vector model of the remote's, where one is configured and has it; else a sentence encoder
    /// on the Hub, OWNER/NAME or OWNER/NAME@REVISION, where a bare NAME is one of
    /// sentence-transformers [env: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE] [default: all of
    /// the remote's]
    pub model: Option<String>,

    /// What to call the vector model; from the Hub only [default: as the model without its owner]
    #[arg(long, requires = "model")]
    pub name: Option<String>,

    /// A note on its licence; from the Hub only [default: what its README.md says]
    #[arg(long, value_name = "TEXT", requires = "model")]
    pub licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub overwrite: bool,

    /// Only say what would be downloaded from the remote
    #[arg(long)]
    pub dry_run: bool,

    /// How to reach the remote
    #[command(flatten)]
    pub remote: RemoteFlags,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `vectors distill`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors distill all-MiniLM-L6-v2\n\
     mentorpal vectors distill path/to/bge-small-en-v1.5 --name bge --dims 256"))]
pub struct VectorsDistillArgs {
    /// The sentence encoder: a vector model, or a sentence-transformers folder
    pub encoder: String,

    /// What to call the vector model [default: the encoder's name and `-static`]
    #[arg(long)]
    pub name: Option<String>,

    /// How many numbers a vector shall have
    #[arg(long, default_value_t = 128)]
    pub dims: usize,

    /// Where random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// A note on the licence of the vectors [default: that of the encoder]
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub overwrite: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
