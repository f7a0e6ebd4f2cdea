//! The architectures, one folder each. `docs/adding-an-architecture.md` shows how to add one.

pub mod fusion_v1;
pub mod lstm_v1;
