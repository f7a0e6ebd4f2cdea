//! Fuzzes HDF5 topic models: any bytes give consistent weights, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mentorpal::checkpoint::legacy::TopicWeights;

fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = TopicWeights::from_hdf5(bytes) else { return };
    assert_eq!(found.kernel.len(), found.dims * 4 * found.units);
    assert_eq!(found.recurrent.len(), found.units * 4 * found.units);
    assert_eq!(found.bias.len(), 4 * found.units);
    assert_eq!(found.dense_kernel.len(), found.units * found.topics);
    assert_eq!(found.dense_bias.len(), found.topics);
});
