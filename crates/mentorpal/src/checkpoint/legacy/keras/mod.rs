//! The topic model in Keras 2 format: an LSTM, dropout, and a dense layer with a softmax.
//!
//! Two kinds of files are supported: complete models (`model.save`), whose layers are checked
//! against the configuration, and weights (`save_weights`), whose layers are identified by shape.

mod network;

use super::hdf5::{Array, Hdf5, Object};
use super::{TopicWeights, as_corrupt};
use crate::error::{Error, ErrorKind, Result};

const HINT: &str = "use a topic model that the Python pipeline trained with Keras 2: an LSTM, dropout, \
                    and a dense layer with a softmax";

impl TopicWeights {
    /// Reads a file that Keras 2 saved.
    ///
    /// # Errors
    /// If the file is not a Keras 2 file, contains another network, or is inconsistent.
    pub fn from_hdf5(bytes: &[u8]) -> Result<Self> {
        read(bytes).map_err(|e| as_corrupt(e).hint(HINT))
    }
}

fn read(bytes: &[u8]) -> Result<TopicWeights> {
    let file = Hdf5::open(bytes)?;
    let root = file.root()?;
    check_version(&root)?;
    if let Some(config) = string(&root, "model_config")? {
        let config = serde_json::from_str(config)
            .map_err(|e| Error::new("`model_config` is not JSON").caused_by(e))?;
        network::check(&config).map_err(|e| e.prefixed("`model_config`"))?;
    }
    let weights = root.child("model_weights")?;
    let layers = weights.as_ref().unwrap_or(&root);
    let names = layers
        .strings("layer_names")?
        .ok_or_else(|| Error::new("`layer_names` is missing: not a file that Keras saved"))?;
    let mut lstm = None;
    let mut dense = None;
    for name in names {
        let layer = read_layer(layers, name).map_err(|e| e.prefixed(&format!("layer `{name}`")))?;
        let slot = match &layer {
            None => continue,
            Some(layer) if layer.recurrent.is_some() => &mut lstm,
            Some(_) => &mut dense,
        };
        if slot.is_some() {
            return Err(Error::new(format!("unexpected layer `{name}`")));
        }
        *slot = layer;
    }
    let missing = |what: &str| Error::new(format!("the {what} layer is missing"));
    combine(lstm.ok_or_else(|| missing("LSTM"))?, dense.ok_or_else(|| missing("dense"))?)
}

/// The weights of a layer.
struct Layer {
    kernel: Array,
    recurrent: Option<Array>,
    bias: Array,
}

/// Reads the weights of the layer `name`; `None` if it has none.
fn read_layer(layers: &Object, name: &str) -> Result<Option<Layer>> {
    let layer = layers.child(name)?.ok_or_else(|| Error::new("missing"))?;
    let (mut kernel, mut recurrent, mut bias) = (None, None, None);
    for path in layer.strings("weight_names")?.unwrap_or_default() {
        // For example `lstm_4/kernel:0`, possibly with more scopes before the last component.
        let last = path.rsplit('/').next().unwrap_or(path);
        let slot = match last.split(':').next().unwrap_or(last) {
            "kernel" => &mut kernel,
            "recurrent_kernel" => &mut recurrent,
            "bias" => &mut bias,
            _ => return Err(Error::new(format!("unexpected weights `{path}`"))),
        };
        if slot.is_some() {
            return Err(Error::new(format!("duplicate weights `{path}`")));
        }
        let weights = layer
            .child(path)?
            .ok_or_else(|| Error::new(format!("the weights `{path}` are missing")))?;
        let array = weights.numbers().map_err(|e| e.prefixed(&format!("`{path}`")))?;
        if !array.numbers.iter().all(|number| number.is_finite()) {
            return Err(Error::new(format!("`{path}` contains a number that is not finite")));
        }
        *slot = Some(array);
    }
    match (kernel, bias) {
        (Some(kernel), Some(bias)) => Ok(Some(Layer { kernel, recurrent, bias })),
        (None, None) if recurrent.is_none() => Ok(None),
        _ => Err(Error::new("some of the weights are missing")),
    }
}

/// Combines the weights of the layers.
fn combine(lstm: Layer, dense: Layer) -> Result<TopicWeights> {
    let recurrent = lstm.recurrent.unwrap_or(Array { shape: Vec::new(), numbers: Vec::new() });
    let shapes = [&lstm.kernel, &recurrent, &lstm.bias, &dense.kernel, &dense.bias];
    let shapes = shapes.map(|array| array.shape.as_slice());
    let (&[dims, _], &[units, _], &[_, topics]) = (shapes[0], shapes[1], shapes[3]) else {
        return Err(Error::new(format!("unexpected weight shapes {shapes:?}")));
    };
    let gates = units.saturating_mul(4);
    let expected: [&[usize]; 5] =
        [&[dims, gates], &[units, gates], &[gates], &[units, topics], &[topics]];
    if shapes != expected || dims == 0 || units == 0 || topics == 0 {
        return Err(Error::new(format!(
            "unexpected weight shapes {shapes:?}, expected {expected:?}"
        )));
    }
    Ok(TopicWeights {
        dims,
        units,
        topics,
        kernel: lstm.kernel.numbers,
        recurrent: recurrent.numbers,
        bias: lstm.bias.numbers,
        dense_kernel: dense.kernel.numbers,
        dense_bias: dense.bias.numbers,
    })
}

/// Returns the single string of an attribute.
fn string<'a>(object: &Object<'_, 'a>, name: &str) -> Result<Option<&'a str>> {
    match object.strings(name)?.as_deref() {
        None => Ok(None),
        Some([string]) => Ok(Some(string)),
        Some(strings) => {
            Err(Error::new(format!("`{name}` has {} strings, expected 1", strings.len())))
        }
    }
}

/// Checks the Keras version. Keras 1 saved an LSTM differently, and Keras 3 changed `hard_sigmoid`.
fn check_version(root: &Object) -> Result<()> {
    match string(root, "keras_version")? {
        Some(version) if !version.starts_with("2.") => {
            let message = format!("saved by Keras {}, expected 2", version.escape_debug());
            Err(Error::new(message).with_kind(ErrorKind::Unsupported))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../../../../../tests/fixtures/legacy/", $name)).as_slice()
        };
    }

    /// A model saved by Keras 2.2.4; created by `tests/fixtures/legacy/make.py`.
    const MODEL: &[u8] = fixture!("checkpoint/ada/lstm_topic_model.h5");

    #[track_caller]
    fn refused(bytes: &[u8]) -> String {
        TopicWeights::from_hdf5(bytes).expect_err("the file is invalid").reason()
    }

    /// Returns every offset of `pattern`.
    fn offsets(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
        let windows = bytes.windows(pattern.len()).enumerate();
        windows.filter(|(_, window)| *window == pattern).map(|(at, _)| at).collect()
    }

    /// Returns `MODEL` with `bytes` at an offset.
    fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut model = MODEL.to_vec();
        model[at..at + bytes.len()].copy_from_slice(bytes);
        model
    }

    fn u64_at(at: usize) -> u64 {
        u64::from_le_bytes(MODEL[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn all_file_kinds_give_the_same_weights() {
        let expected: Value = serde_json::from_str(include_str!(
            "../../../../../../tests/fixtures/legacy/expected.json"
        ))
        .unwrap();
        for (name, bytes) in [
            ("lstm_topic_model.h5", MODEL),
            ("older.h5", fixture!("models/older.h5")),
            ("newer.h5", fixture!("models/newer.h5")),
            ("weights-only.h5", fixture!("models/weights-only.h5")),
        ] {
            println!("{name}");
            let found = TopicWeights::from_hdf5(bytes).unwrap();
            assert_eq!([found.dims, found.units, found.topics], [6, 6, 3]);
            for (name, found) in [
                ("kernel", found.kernel),
                ("recurrent", found.recurrent),
                ("bias", found.bias),
                ("dense_kernel", found.dense_kernel),
                ("dense_bias", found.dense_bias),
            ] {
                let numbers = expected["weights"][name].as_array().unwrap().iter();
                let expected: Vec<f32> = numbers.map(|x| x.as_f64().unwrap() as f32).collect();
                assert_eq!(found, expected, "{name}");
            }
        }
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(refused(b""), "not an HDF5 file");
        let version_9 = refused(b"\x89HDF\r\n\x1a\n\x09");
        assert_eq!(version_9, "HDF5 superblock version 9, expected 0 to 3");
        assert!(refused(fixture!("models/compressed.h5")).contains("a chunked array"));
        assert!(refused(&with(13, &[4])).contains("offsets and lengths of [4, 8] bytes"));
        let version = offsets(MODEL, b"2.2.4-tf")[0];
        assert!(refused(&with(version, b"3")).contains("saved by Keras 3.2.4-tf"));
    }

    #[test]
    fn structures_that_point_at_themselves_are_refused() {
        // The tree of the root: change the node of level 0 to be its own parent.
        let tree = offsets(MODEL, b"TREE")[0];
        let own = (tree as u64).to_le_bytes();
        let mut looping = with(tree + 5, &[1]);
        looping[tree + 32..tree + 40].copy_from_slice(&own);
        assert!(refused(&looping).contains("expected a B-tree node"));
        // Its only child is the tree itself, not a symbol table.
        assert!(refused(&with(tree + 32, &own)).contains("expected a symbol table"));
        // The first message of the root's header becomes a continuation in the header itself.
        let header = usize::try_from(u64_at(64)).unwrap();
        let mut looping = with(header + 16, &[0x10, 0]);
        looping[header + 2..header + 4].copy_from_slice(&[0xff, 0xff]);
        looping[header + 24..header + 32].copy_from_slice(&(header as u64 + 16).to_le_bytes());
        looping[header + 32..header + 40].copy_from_slice(&4096_u64.to_le_bytes());
        refused(&looping);
    }

    #[test]
    fn sizes_beyond_the_file_are_refused() {
        let huge = u64::MAX.to_le_bytes();
        let heap = offsets(MODEL, b"HEAP")[0];
        refused(&with(heap + 8, &huge));
        refused(&with(heap + 24, &huge));
        let table = offsets(MODEL, b"SNOD")[0];
        refused(&with(table + 6, &[0xff, 0xff]));
        refused(&with(table + 8, &huge));
        refused(&with(64, &huge));
        let texts = offsets(MODEL, b"GCOL")[0];
        refused(&with(texts + 8, &huge));
        refused(&with(texts + 24, &huge));
        // Shapes of [6, 24] (the maximum sizes that follow are equal) become 2^61 rows of 8 numbers.
        let shape = [6_u64.to_le_bytes(), 24_u64.to_le_bytes()].concat();
        let other = [(1_u64 << 61).to_le_bytes(), 8_u64.to_le_bytes()].concat();
        for at in offsets(MODEL, &shape).into_iter().step_by(2) {
            assert!(refused(&with(at, &other)).contains("too large"));
            assert!(refused(&with(at, &[12])).contains("in 576 bytes"));
        }
    }

    #[test]
    fn weights_that_are_not_finite_are_refused() {
        let first = TopicWeights::from_hdf5(MODEL).unwrap().kernel[0].to_le_bytes();
        let reason = refused(&with(offsets(MODEL, &first)[0], &f32::NAN.to_le_bytes()));
        assert_eq!(
            reason,
            "layer `lstm_4`: `lstm_4/kernel:0` contains a number that is not finite"
        );
    }

    #[test]
    fn truncated_files_are_refused() {
        // A file written by h5py ends with padding.
        let end = MODEL.iter().rposition(|&byte| byte != 0).unwrap();
        for end in (0..end).step_by(7) {
            refused(&MODEL[..end]);
        }
    }

    proptest! {
        // Any bytes give consistent weights or an error, never a panic.
        #[test]
        fn modified_files_are_read_or_refused(
            which in 0..3_usize,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let all = [MODEL, fixture!("models/newer.h5"), fixture!("models/weights-only.h5")];
            let mut bytes = all[which].to_vec();
            // Most bytes are padding, so only the others are modified.
            let offsets: Vec<usize> =
                (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
            for (index, byte) in changes {
                let at = offsets[index.index(offsets.len())];
                bytes[at] = byte;
            }
            if let Ok(found) = TopicWeights::from_hdf5(&bytes) {
                prop_assert_eq!(found.kernel.len(), found.dims * 4 * found.units);
                prop_assert_eq!(found.recurrent.len(), found.units * 4 * found.units);
                prop_assert_eq!(found.dense_kernel.len(), found.units * found.topics);
            }
        }
    }
}
