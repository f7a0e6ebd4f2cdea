//! End-to-end tests on the built binary, one file a verb.
//!
//! | file | what it holds |
//! |---|---|
//! | `support.rs` | a workspace to try things in, and what a command printed |
//! | `readme.rs` | the README's examples |

mod support;

mod readme;
mod train;
