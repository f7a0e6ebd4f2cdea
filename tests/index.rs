//! End-to-end tests on the built binary, one file a verb.
//!
//! | file | what it holds |
//! |---|---|
//! | `support.rs` | a workspace to try things in, and what a command printed |

mod support;

mod train;
