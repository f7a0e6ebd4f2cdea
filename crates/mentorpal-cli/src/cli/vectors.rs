//! Arguments of `mentorpal vectors`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{RemoteFlags, VectorsUploadArgs, example};

/// Arguments of `vectors`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors add glove.6B.100d.txt --licence \"PDDL 1.0\"\n\
     mentorpal vectors list\n\
     mentorpal vectors show glove.6B.100d --like navy"))]
pub(crate) struct VectorsArgs {
    /// The action
    #[command(subcommand)]
    pub(crate) command: VectorsCommand,
}

/// The actions of `vectors`.
#[derive(Debug, Subcommand)]
pub(crate) enum VectorsCommand {
    /// Add word vectors (word2vec, GloVe, fastText, finalfusion) or a sentence encoder
    Add(VectorsAddArgs),
    /// Make static vectors from a sentence encoder: smaller, and about 100 times faster
    Distill(VectorsDistillArgs),
    /// List vector models
    #[command(after_help = example("mentorpal vectors list --json"))]
    List {
        /// Print one JSON object per vector model
        #[arg(long)]
        json: bool,
    },
    /// Show details of a vector model, or the nearest neighbours of a word
    #[command(after_help = example("mentorpal vectors show glove.6B.100d --like navy"))]
    Show {
        /// The vector model
        name: String,
        /// Show the words nearest to this one
        #[arg(long, value_name = "WORD")]
        like: Option<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Compare every file with the manifest; exit with code 1 if a file differs
    #[command(after_help = example("mentorpal vectors verify\nmentorpal vectors verify glove.6B.100d"))]
    Verify {
        /// The vector model [default: all]
        name: Option<String>,
        /// Print one JSON object per vector model
        #[arg(long)]
        json: bool,
    },
    /// Download vector models from the remote, or a sentence encoder from the Hugging Face Hub
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
pub(crate) struct VectorsAddArgs {
    /// A word-vector file, or a sentence encoder as a folder, zip archive or Python wheel
    pub(crate) path: PathBuf,

    /// Name of the vector model [default: the name of the folder, of the file without its extension,
    /// or of the wheel's distribution]
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// A note on the licence of the model [default: the licence in an encoder's README.md]
    #[arg(long, value_name = "TEXT")]
    pub(crate) licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `vectors download`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors download\n\
     mentorpal vectors download sentence-transformers/all-MiniLM-L6-v2\n\
     mentorpal vectors download BAAI/bge-small-en-v1.5@main --name bge\n\
     HF_HUB_OFFLINE=1 mentorpal vectors download all-MiniLM-L6-v2"))]
pub(crate) struct VectorsDownloadArgs {
    /// A vector model on the remote (if one is configured), or a sentence encoder on the Hugging
    /// Face Hub: OWNER/NAME or OWNER/NAME@REVISION. NAME alone means sentence-transformers/NAME.
    /// The environment variables of the Hub's own tools are used: HF_ENDPOINT, HF_HOME,
    /// HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE
    /// [default: all vector models on the remote]
    pub(crate) model: Option<String>,

    /// Name of the vector model (Hub only) [default: the model's name without its owner]
    #[arg(long, requires = "model")]
    pub(crate) name: Option<String>,

    /// A note on the licence of the model (Hub only) [default: the licence in its README.md]
    #[arg(long, value_name = "TEXT", requires = "model")]
    pub(crate) licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Only show what would be downloaded from the remote
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Options for the connection to the remote
    #[command(flatten)]
    pub(crate) remote: RemoteFlags,

    /// Print one JSON object per event (remote), or one for the vector model (Hub)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `vectors distill`.
#[derive(Debug, Args)]
#[command(after_help = example(
    "mentorpal vectors distill all-MiniLM-L6-v2\n\
     mentorpal vectors distill path/to/bge-small-en-v1.5 --name bge --dims 256"))]
pub(crate) struct VectorsDistillArgs {
    /// The sentence encoder: the name of an added encoder, or the path of a sentence-transformers
    /// folder
    pub(crate) encoder: String,

    /// Name of the vector model [default: the encoder's name followed by `-static`]
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// Number of dimensions of the vectors
    #[arg(long, default_value_t = 128)]
    pub(crate) dims: usize,

    /// Seed of the random number generator
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// A note on the licence of the vectors [default: the encoder's licence]
    #[arg(long, value_name = "TEXT")]
    pub(crate) licence: Option<String>,

    /// Replace a vector model of the same name
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
