//! Trains, tests, compares and shares the question → answer classifiers behind virtual mentors.
//!
//! A *mentor* is a person who recorded a few hundred answers. A *classifier* takes a question in
//! anybody's words and picks the recorded answer, or says that it is off-topic. A *checkpoint* is
//! one training run over the mentors of a *workspace*.
//!
//! Modules stand in the order of the data: a [`mentor`]'s files become questions, which [`vectors`]
//! and text features ([`mod@text`]) tell apart; an architecture of [`classifiers`] learns from them, a
//! [`checkpoint`] keeps the result, [`evaluate`] measures it, [`page`] shows what came of it, and
//! [`remote`] shares it. [`commands`] wires these stages together for the command line.
//!
//! ```
//! use mentorpal::classifiers::{MentorClassifier, TrainOptions, registry};
//! use mentorpal::{mentor::Mentor, progress::NoProgress, vectors::VectorModel};
//! use mentorpal::workspace::{Name, Workspace};
//! use std::sync::Arc;
//!
//! # let root = std::env::temp_dir().join(format!("mentorpal-doc-{}", std::process::id()));
//! # let data = root.join("mentor/ada/data");
//! # std::fs::create_dir_all(&data).unwrap();
//! # std::fs::write(data.join("classifier_data.csv"),
//! #     "ID,topics,text,question\n1,,I am Ada.,Who are you?\n2,,In London.,Where do you live?\n")
//! #     .unwrap();
//! let workspace = Workspace::at(&root)?;
//! let (mentor, _findings) = Mentor::load(&workspace, &Name::new("mentor", "ada")?)?;
//! let arch = registry::find("fusion_v1")?;
//! let vectors = Some(Arc::new(VectorModel::embedded()));
//! let options = TrainOptions { vectors, ..TrainOptions::default() };
//! let fitted = arch.train((&mentor).into(), &options, &NoProgress)?;
//! let classifier = MentorClassifier::new(mentor, fitted.classifier, true);
//! assert_eq!(classifier.answer("where do you live")?.top_answer_id, "2");
//! # std::fs::remove_dir_all(&root).unwrap();
//! # Ok::<(), mentorpal::error::Error>(())
//! ```

// The example in the docs compiles and runs with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../docs/adding-an-architecture.md")]
mod adding_an_architecture {}

pub mod cli;
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

pub mod commands;

pub mod error;
mod files;
pub mod progress;
mod publish;
mod secrets;
pub mod sha256;
mod web;
