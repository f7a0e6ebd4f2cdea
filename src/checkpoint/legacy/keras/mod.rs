//! The topic model as Keras 2 saved it: an LSTM, dropout, and a dense layer with a softmax.
//!
//! Both ways of saving are read: a whole model (`model.save`), whose layers are checked against
//! its configuration, and weights alone (`save_weights`), whose layers are told by their shapes.

mod network;

use super::hdf5::{Array, Hdf5, Object};
use crate::error::{Error, Result};

/// The weights of a topic model. The gates of the LSTM are in the order input, forget, cell,
/// output; its recurrent activation is `clip(0.2 x + 0.5, 0, 1)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicWeights {
    /// How many numbers a token's vector has.
    pub dims: usize,
    /// How many units the LSTM has.
    pub units: usize,
    /// How many topics there are.
    pub topics: usize,
    /// `[dims, 4 · units]`.
    pub kernel: Vec<f32>,
    /// `[units, 4 · units]`.
    pub recurrent: Vec<f32>,
    /// `[4 · units]`.
    pub bias: Vec<f32>,
    /// `[units, topics]`.
    pub dense_kernel: Vec<f32>,
    /// `[topics]`.
    pub dense_bias: Vec<f32>,
}

const HINT: &str = "only the topic model that the older tool trained with Keras 2 is read: an \
                    LSTM, dropout, and a dense layer with a softmax";

impl TopicWeights {
    /// Reads a file that Keras 2 saved.
    ///
    /// # Errors
    /// When it is none, holds another network, or its parts do not fit together.
    pub fn from_hdf5(bytes: &[u8]) -> Result<Self> {
        read(bytes).map_err(|e| e.hint(HINT))
    }
}

fn read(bytes: &[u8]) -> Result<TopicWeights> {
    let file = Hdf5::open(bytes)?;
    let root = file.root()?;
    check_version(&root)?;
    if let Some(config) = text(&root, "model_config")? {
        let config = serde_json::from_str(config)
            .map_err(|e| Error::new("`model_config` is not JSON").caused_by(e))?;
        network::check(&config).map_err(|e| e.prefixed("`model_config`"))?;
    }
    let weights = root.child("model_weights")?;
    let layers = weights.as_ref().unwrap_or(&root);
    let names = layers
        .texts("layer_names")?
        .ok_or_else(|| Error::new("no `layer_names`: not a file that Keras saved"))?;
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
            return Err(Error::new(format!("layer `{name}` is one too many")));
        }
        *slot = layer;
    }
    let missing = |what: &str| Error::new(format!("there is no {what} layer"));
    fit(lstm.ok_or_else(|| missing("LSTM"))?, dense.ok_or_else(|| missing("dense"))?)
}

/// A layer's weights.
struct Layer {
    kernel: Array,
    recurrent: Option<Array>,
    bias: Array,
}

/// The weights of the layer `name`; `None` where it has none.
fn read_layer(layers: &Object, name: &str) -> Result<Option<Layer>> {
    let layer = layers.child(name)?.ok_or_else(|| Error::new("it is not there"))?;
    let (mut kernel, mut recurrent, mut bias) = (None, None, None);
    for path in layer.texts("weight_names")?.unwrap_or_default() {
        // `lstm_4/kernel:0`, or with more scopes before the last part.
        let last = path.rsplit('/').next().unwrap_or(path);
        let slot = match last.split(':').next().unwrap_or(last) {
            "kernel" => &mut kernel,
            "recurrent_kernel" => &mut recurrent,
            "bias" => &mut bias,
            _ => return Err(Error::new(format!("the weights `{path}` are not expected"))),
        };
        if slot.is_some() {
            return Err(Error::new(format!("the weights `{path}` are there twice")));
        }
        let weights = layer
            .child(path)?
            .ok_or_else(|| Error::new(format!("the weights `{path}` are not there")))?;
        let array = weights.numbers().map_err(|e| e.prefixed(&format!("`{path}`")))?;
        if !array.numbers.iter().all(|number| number.is_finite()) {
            return Err(Error::new(format!("`{path}` holds others than finite numbers")));
        }
        *slot = Some(array);
    }
    match (kernel, bias) {
        (Some(kernel), Some(bias)) => Ok(Some(Layer { kernel, recurrent, bias })),
        (None, None) if recurrent.is_none() => Ok(None),
        _ => Err(Error::new("it lacks a part of its weights")),
    }
}

/// Puts the layers' weights together.
fn fit(lstm: Layer, dense: Layer) -> Result<TopicWeights> {
    let recurrent = lstm.recurrent.unwrap_or(Array { shape: Vec::new(), numbers: Vec::new() });
    let shapes = [&lstm.kernel, &recurrent, &lstm.bias, &dense.kernel, &dense.bias];
    let shapes = shapes.map(|array| array.shape.as_slice());
    let (&[dims, _], &[units, _], &[_, topics]) = (shapes[0], shapes[1], shapes[3]) else {
        return Err(Error::new(format!("weights of the shapes {shapes:?}")));
    };
    let gates = units.saturating_mul(4);
    let expected: [&[usize]; 5] =
        [&[dims, gates], &[units, gates], &[gates], &[units, topics], &[topics]];
    if shapes != expected || dims == 0 || units == 0 || topics == 0 {
        return Err(Error::new(format!("weights of the shapes {shapes:?}, expected {expected:?}")));
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

/// The only text of an attribute.
fn text<'a>(object: &Object<'_, 'a>, name: &str) -> Result<Option<&'a str>> {
    match object.texts(name)?.as_deref() {
        None => Ok(None),
        Some([text]) => Ok(Some(text)),
        Some(texts) => Err(Error::new(format!("`{name}` has {} texts, expected 1", texts.len()))),
    }
}

/// Keras 1 saved an LSTM otherwise, and from version 3 on `hard_sigmoid` is another function.
fn check_version(root: &Object) -> Result<()> {
    match text(root, "keras_version")? {
        Some(version) if !version.starts_with("2.") => {
            Err(Error::new(format!("saved by Keras {}, expected 2", version.escape_debug())))
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
            include_bytes!(concat!("../../../../tests/fixtures/legacy/", $name)).as_slice()
        };
    }

    /// As Keras 2.2.4 saved it; `tests/fixtures/legacy/make.py` made it.
    const MODEL: &[u8] = fixture!("checkpoint/ada/lstm_topic_model.h5");

    #[track_caller]
    fn refused(bytes: &[u8]) -> String {
        TopicWeights::from_hdf5(bytes).expect_err("it is not expected").reason()
    }

    /// Every place of `pattern`.
    fn places(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
        let windows = bytes.windows(pattern.len()).enumerate();
        windows.filter(|(_, window)| *window == pattern).map(|(at, _)| at).collect()
    }

    /// `MODEL` with `bytes` at a place.
    fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
        let mut model = MODEL.to_vec();
        model[at..at + bytes.len()].copy_from_slice(bytes);
        model
    }

    fn u64_at(at: usize) -> u64 {
        u64::from_le_bytes(MODEL[at..at + 8].try_into().unwrap())
    }

    #[test]
    fn every_way_of_saving_gives_the_same_weights() {
        let expected: Value =
            serde_json::from_str(include_str!("../../../../tests/fixtures/legacy/expected.json"))
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
        assert_eq!(refused(b"\x89HDF\r\n\x1a\n\x09"), "HDF5 superblock version 9");
        assert!(refused(fixture!("models/compressed.h5")).contains("an array in chunks"));
        assert!(refused(&with(13, &[4])).contains("numbers of [4, 8] bytes"));
        let version = places(MODEL, b"2.2.4-tf")[0];
        assert!(refused(&with(version, b"3")).contains("saved by Keras 3.2.4-tf"));
    }

    #[test]
    fn structures_that_point_at_themselves_are_refused() {
        // The tree of the root: a node of level 0 that claims to be above itself.
        let tree = places(MODEL, b"TREE")[0];
        let own = (tree as u64).to_le_bytes();
        let mut looping = with(tree + 5, &[1]);
        looping[tree + 32..tree + 40].copy_from_slice(&own);
        assert!(refused(&looping).contains("no part of a group's tree"));
        // Its only child is the tree itself, not a table.
        assert!(refused(&with(tree + 32, &own)).contains("no table of children"));
        // The first message of the root's header becomes a continuation in the header itself.
        let header = usize::try_from(u64_at(64)).unwrap();
        let mut looping = with(header + 16, &[0x10, 0]);
        looping[header + 2..header + 4].copy_from_slice(&[0xff, 0xff]);
        looping[header + 24..header + 32].copy_from_slice(&(header as u64 + 16).to_le_bytes());
        looping[header + 32..header + 40].copy_from_slice(&4096_u64.to_le_bytes());
        refused(&looping);
    }

    #[test]
    fn sizes_that_are_not_there_are_refused() {
        let huge = u64::MAX.to_le_bytes();
        let heap = places(MODEL, b"HEAP")[0];
        refused(&with(heap + 8, &huge));
        refused(&with(heap + 24, &huge));
        let table = places(MODEL, b"SNOD")[0];
        refused(&with(table + 6, &[0xff, 0xff]));
        refused(&with(table + 8, &huge));
        refused(&with(64, &huge));
        let texts = places(MODEL, b"GCOL")[0];
        refused(&with(texts + 8, &huge));
        refused(&with(texts + 24, &huge));
        // Shapes of [6, 24] (the limits that follow are the same) become 2^61 rows of 8 numbers.
        let shape = [6_u64.to_le_bytes(), 24_u64.to_le_bytes()].concat();
        let other = [(1_u64 << 61).to_le_bytes(), 8_u64.to_le_bytes()].concat();
        for at in places(MODEL, &shape).into_iter().step_by(2) {
            assert!(refused(&with(at, &other)).contains("more than any file holds"));
            assert!(refused(&with(at, &[12])).contains("in 576 bytes"));
        }
    }

    #[test]
    fn weights_that_are_no_numbers_are_refused() {
        let first = TopicWeights::from_hdf5(MODEL).unwrap().kernel[0].to_le_bytes();
        let reason = refused(&with(places(MODEL, &first)[0], &f32::NAN.to_le_bytes()));
        assert_eq!(reason, "layer `lstm_4`: `lstm_4/kernel:0` holds others than finite numbers");
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        // What ends a file that h5py wrote is padding.
        let end = MODEL.iter().rposition(|&byte| byte != 0).unwrap();
        for end in (0..end).step_by(7) {
            refused(&MODEL[..end]);
        }
    }

    proptest! {
        // Whatever the bytes: weights that fit together or an error, never a panic.
        #[test]
        fn changed_anywhere_it_is_read_or_refused(
            which in 0..3_usize,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let all = [MODEL, fixture!("models/newer.h5"), fixture!("models/weights-only.h5")];
            let mut bytes = all[which].to_vec();
            // Most bytes are padding; the others are where things go wrong.
            let places: Vec<usize> =
                (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
            for (index, byte) in changes {
                let at = places[index.index(places.len())];
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
