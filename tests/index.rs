//! End-to-end tests of the built binary, one file per verb.
//!
//! | file | content |
//! |---|---|
//! | `support.rs`, `support/` | test workspaces, child processes and the output of commands |
//! | `encoder_wheel.rs` | the path of the real sentence encoder |
//! | `readme.rs` | the examples of the README and of the guide |
//! | `links.rs` | the guide's table of contents, and the links of all documents |
//! | `train.rs` | `train`: names, several mentors, `--overwrite`, `--update`, `--keep-going` |
//! | `mentors.rs` | `mentors`: how the files of a mentor are read |
//! | `checks.rs` | `mentors ID`: findings in the files of a mentor |
//! | `test.rs` | `test`: the accuracy on a test set |
//! | `browser/` | a browser, and checks of pages in it |
//! | `pages.rs` | pages in a browser; `pages/html.rs` reads them as text |
//! | `reports_guide.rs` | the figures in `docs/reports.md` |
//! | `report.rs` | `test --html --csv --junit`: the content of the files |
//! | `training_report.rs` | `report.json`, its pages, and `train --json --csv` |
//! | `test_sets.rs` | `test`: choosing a test set, and errors in test sets |
//! | `scripts.rs` | matching of questions, answers, topics and names in any script |
//! | `compare.rs` | `compare` |
//! | `compare_report.rs` | `compare --html --csv`, several checkpoints |
//! | `tune.rs` | `tune` |
//! | `ask.rs` | `ask` |
//! | `new.rs` | `new` |
//! | `error_kinds.rs` | `--json`: one error object per kind, as `docs/errors.md` lists them |
//! | `settings.rs` | the order of settings: flag, environment, `mentorpal.toml`, default |
//! | `sharing.rs` | `init`, `download`, `upload`, `vectors download` without a remote |
//! | `remote.rs` | the same verbs with a remote: logins, faults, kills, races, real servers |
//! | `vectors.rs` | `vectors add`, `list`, `show`, `verify` and `download`; damaged and mutated models |
//! | `makefile.rs` | the targets of the Makefile |
//! | `help.rs` | `--help`, completions, pipes and colours |
//! | `broken.rs` | broken workspaces: a clear error or a result, for every verb that reads them |
//! | `checkpoints.rs` | `checkpoints`, and damaged checkpoints |
//! | `import.rs` | `checkpoints import`, and checkpoints of the Python pipeline in place |
//! | `clean.rs` | `clean` |
//! | `clean_copies.rs` | `clean`: copies on the remote, unknown files, downloads and drafts |
//! | `determinism.rs` | the same data gives the same bytes |
//! | `hostile.rs` | model files with forged content |
//! | `killed.rs` | training runs that are killed at any moment |
//! | `races.rs` | concurrent runs |
//! | `readers.rs` | reading during a replacement or a removal |
//! | `signals.rs` | Ctrl-C and other signals |
//! | `lstm.rs` | `lstm_v1`: topics, vectors, invalid input |
//! | `terminal.rs` | control characters and text direction in printed text |
//! | `library.rs` | the library trains and opens the same checkpoints as the command line |
//! | `leave_one_out.rs` | the leave-one-out accuracy of `train` |

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
