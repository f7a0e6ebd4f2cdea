//! Trains, tests, compares and shares the question → answer classifiers behind virtual mentors.
//!
//! A *mentor* is a person who recorded a few hundred answers. A *classifier* receives a question in
//! anyone's words and selects the recorded answer, or declines an out-of-scope question. A *checkpoint* is the
//! result of one training run over the mentors of a *workspace*, which is a folder.
//!
//! # From a workspace to an answer
//!
//! ```
//! use mentorpal::{NoProgress, TrainRequest, Workspace};
//!
//! # let folder = std::env::temp_dir().join(format!("mentorpal-front-{}", std::process::id()));
//! # let data = folder.join("mentor/ada/data");
//! # std::fs::create_dir_all(&data).unwrap();
//! # std::fs::write(data.join("classifier_data.csv"),
//! #     "ID,topics,text,question\n1,,I am Ada.,Who are you?\n2,,In London.,Where do you live?\n")
//! #     .unwrap();
//! let workspace = Workspace::open(&folder)?;
//! workspace.train(&TrainRequest::new().name("my_checkpoint"), &NoProgress)?;
//!
//! let checkpoint = workspace.checkpoint("fusion_v1/my_checkpoint")?; // or .newest(), .stable()
//! let mentor = checkpoint.mentor("ada")?;
//! let reply = mentor.ask("where do you live")?;
//! assert_eq!(mentor.text(&reply), Some("In London."));
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), mentorpal::Error>(())
//! ```
//!
//! # Testing and comparing
//!
//! ```
//! use mentorpal::{ErrorKind, NoProgress, TrainRequest, Workspace};
//!
//! # let folder = std::env::temp_dir().join(format!("mentorpal-compare-{}", std::process::id()));
//! # let data = folder.join("mentor/ada/data");
//! # let tests = folder.join("checkpoint/tests/ada");
//! # std::fs::create_dir_all(&data).unwrap();
//! # std::fs::create_dir_all(&tests).unwrap();
//! # std::fs::write(data.join("classifier_data.csv"),
//! #     "ID,topics,text,question\n1,,I am Ada.,Who are you?\n2,,In London.,Where do you live?\n")
//! #     .unwrap();
//! # std::fs::write(tests.join("standard.csv"), ",,Who are you?,Your home?\n,I am Ada.,i,\n,In London.,,i\n")
//! #     .unwrap();
//! let workspace = Workspace::open(&folder)?;
//! workspace.train(&TrainRequest::new().name("a"), &NoProgress)?;
//! workspace.train(&TrainRequest::new().name("b").vectors("none"), &NoProgress)?;
//!
//! let (a, b) = (workspace.checkpoint("a")?, workspace.checkpoint("b")?);
//! let report = a.test("ada", "standard")?;
//! assert_eq!(report.results.len(), 2);
//! let runs = a.compare(&b, "ada", "standard")?;
//! for pair in runs.comparisons().pairs() {
//!     println!("{} (p = {:.3})", pair.comparison.verdict(), pair.comparison.p_value);
//! }
//! assert_eq!(workspace.checkpoint("c").unwrap_err().kind(), ErrorKind::NotFound);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), mentorpal::Error>(())
//! ```
//!
//! # The types that matter
//!
//! | type | purpose |
//! |---|---|
//! | [`Workspace`] | the folder with mentors, test sets and checkpoints: opens, trains, shares |
//! | [`TrainRequest`] | what to train: mentors, architecture, vector model, seed, name |
//! | [`TrainOutcome`] | the published checkpoint and the figures of training |
//! | [`OpenCheckpoint`] | a checkpoint with its vector model: opens mentors, tests, compares |
//! | [`MentorAnswerer`] | a mentor that answers questions; owned, `Send + Sync` |
//! | [`Reply`] | the answer to a question, with its confidence and alternatives |
//! | [`TestReport`] | the results of a test |
//! | [`WorkspaceRemote`] | uploads and downloads checkpoints |
//! | [`Warning`] | something to look at that did not stop the work |
//! | [`Error`] | why something failed: [`ErrorKind`], location, message, hint |
//!
//! Long tasks report to a [`Progress`]; [`NoProgress`] discards the events. `examples/` has one program for each
//! of these things.
//!
//! # Modules
//!
//! The modules follow the data. The files of a [`mentor`] become questions, which [`vectors`] and text features
//! ([`mod@text`]) represent as numbers. An architecture of [`classifiers`] learns from them, and a [`checkpoint`]
//! stores the result. [`evaluate`] measures it, [`page`] renders reports, and [`remote`] shares it. [`open`],
//! [`training`] and [`sharing`] connect these steps. The command line is another crate, `mentorpal-cli`.

// The example in the docs compiles and runs with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/adding-an-architecture.md")]
mod adding_an_architecture {}

pub mod config;
pub mod workspace;

pub mod mentor;

pub mod text;

pub mod vectors;

pub mod classifiers;

pub mod checkpoint;

pub mod evaluate;
pub mod page;

pub mod remote;

pub mod cleaning;
pub mod open;
pub mod sharing;
pub mod training;

mod correlation;
pub mod error;
pub mod files;
pub mod linear;
pub mod progress;
pub mod publish;
pub mod secrets;
pub mod sha256;
mod tensors;
mod web;

pub use checkpoint::CheckpointRef;
pub use classifiers::Reply;
pub use error::{Error, ErrorKind, Result};
pub use evaluate::TestReport;
pub use open::{MentorAnswerer, OpenCheckpoint, Warning};
pub use progress::{NoProgress, Progress};
pub use sharing::WorkspaceRemote;
pub use training::{TrainOutcome, TrainRequest};
pub use workspace::Workspace;
