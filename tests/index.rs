//! End-to-end tests on the built binary, one file a verb.
//!
//! | file | what it holds |
//! |---|---|
//! | `support.rs`, `support/` | a workspace to try things in, processes, and what a command printed |
//! | `encoder_wheel.rs` | where the real sentence encoder is, if it is there |
//! | `readme.rs` | the examples of the README and of the guide |
//! | `links.rs` | the guide's table of contents, and the links of all documents |
//! | `train.rs` | `train`: names, several mentors, `--overwrite`, `--update`, `--keep-going` |
//! | `mentors.rs` | `mentors`: what is read of a mentor's files |
//! | `checks.rs` | `mentors ID`: what is noticed in them, and where |
//! | `test.rs` | `test`: the standard accuracy test |
//! | `browser/` | a browser, and what pages must show in it |
//! | `pages.rs` | pages in a browser; `pages/html.rs` reads them as text |
//! | `reports_guide.rs` | `docs/reports.md`: its figures |
//! | `report.rs` | `test --html --csv --junit`: what the files say |
//! | `training_report.rs` | `report.json`, pages of it, `train --json --csv`: what training says of a mentor |
//! | `test_sets.rs` | `test`: which test set, and what may be wrong with it |
//! | `scripts.rs` | any script, any accent: questions, answers, topics and names meet |
//! | `compare.rs` | `compare` |
//! | `compare_report.rs` | `compare --html --csv`, several checkpoints |
//! | `tune.rs` | `tune` |
//! | `ask.rs` | `ask` |
//! | `new.rs` | `new` |
//! | `error_kinds.rs` | `--json`: one error object per kind, as `docs/errors.md` lists them |
//! | `settings.rs` | flag, environment, `mentorpal.toml`, default |
//! | `sharing.rs` | `init`, `download`, `upload`, `vectors download` without a remote |
//! | `remote.rs` | the same with one: verbs, logins, faults, kills, races, real servers |
//! | `vectors.rs` | `vectors add`, `list`, `show`, `verify`: word vectors and sentence encoders, whole, damaged and mutated; `download` from a Hub of its own |
//! | `makefile.rs` | the Makefile's targets |
//! | `help.rs` | `--help`, completions, pipes and colours |
//! | `broken.rs` | broken workspaces: a clear error or a result, for every verb that reads them |
//! | `checkpoints.rs` | `checkpoints`, and what becomes of damaged ones |
//! | `import.rs` | `checkpoints import`, and checkpoints of the older tool used where they lie |
//! | `clean.rs` | `clean` |
//! | `clean_copies.rs` | `clean` and the remote's copies, files of others, downloads and drafts |
//! | `determinism.rs` | the same data gives the same bytes |
//! | `hostile.rs` | model files that hold what no training wrote |
//! | `killed.rs` | kill -9 at any moment of a training run |
//! | `races.rs` | several runs at once |
//! | `readers.rs` | reading what another run replaces or removes |
//! | `signals.rs` | Ctrl-C and the like |
//! | `lstm.rs` | `lstm_v1`: topics, vectors, what is refused |
//! | `terminal.rs` | nothing that is printed commands a terminal or turns text around |
//! | `library.rs` | the library: it trains and opens what the command line does |
//! | `leave_one_out.rs` | the accuracy that `train` reports is the honest one |

mod browser;
mod encoder_wheel;
mod support;

mod ask;
mod broken;
mod checkpoints;
mod checks;
mod clean;
mod clean_copies;
mod compare;
mod compare_report;
mod determinism;
mod error_kinds;
mod help;
mod hostile;
mod import;
mod killed;
mod leave_one_out;
mod library;
mod links;
mod lstm;
mod makefile;
mod mentors;
mod new;
mod pages;
mod races;
mod readers;
mod readme;
mod remote;
mod report;
mod reports_guide;
mod scripts;
mod settings;
mod sharing;
mod signals;
mod terminal;
mod test;
mod test_sets;
mod train;
mod training_report;
mod tune;
mod vectors;
