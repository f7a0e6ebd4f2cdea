//! The topic model: an LSTM that reads a question word by word and predicts the probability of each
//! of the mentor's topics.

mod activation;
mod adam;
mod fit;
mod network;
mod pass;
mod products;
#[cfg(test)]
mod tests;

pub(crate) use fit::{Example, FittedNetwork, fit};
pub(crate) use network::{Network, Shape};
