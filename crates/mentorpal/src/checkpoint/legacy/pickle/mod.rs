//! Reading a scikit-learn `RidgeClassifier` from a joblib pickle.
//!
//! A pickle is a program for a stack machine that can import and call any Python function. This
//! reader supports only the opcodes and names in the pickle of such a classifier (protocols 3 and
//! 4, scikit-learn 0.1x and 0.2x). It calls nothing, and rejects anything else with its byte
//! offset. Strings and arrays are borrowed from the file, so that memory use stays within a few
//! times the size of the file.
//!
//! Sources: Python's `pickletools.py` (opcodes), joblib's `numpy_pickle.py` (arrays after their
//! wrappers), numpy's `array.__reduce__` (states of arrays and dtypes).

mod array;
mod machine;
mod objects;
mod value;

use machine::{Machine, Unpickled};
use objects::find;
use value::{Class, Id, Value};

use super::{RidgeClassifier, as_corrupt};
use crate::error::{Error, ErrorKind, Result};

/// The first bytes of compressed files, which `joblib.dump` writes with `compress`.
const COMPRESSED: &[(&[u8], &str)] = &[
    (b"\x78\x01", "zlib"),
    (b"\x78\x5e", "zlib"),
    (b"\x78\x9c", "zlib"),
    (b"\x78\xda", "zlib"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x5d\x00\x00", "lzma"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"ZF", "an old joblib format"),
];

const HINT: &str = "use a `RidgeClassifier` that joblib wrote with scikit-learn 0.1x or 0.2x (nothing \
                    in the file was executed)";

impl RidgeClassifier {
    /// Reads a pickle.
    ///
    /// # Errors
    /// If the pickle contains another object, or is compressed, truncated or inconsistent.
    pub fn from_pickle(bytes: &[u8]) -> Result<Self> {
        if let Some((_, how)) = COMPRESSED.iter().find(|(start, _)| bytes.starts_with(start)) {
            let message = format!("compressed ({how}), expected an uncompressed pickle");
            return Err(Error::new(message).with_kind(ErrorKind::Unsupported).hint(
                "write the file again in Python: `joblib.dump(joblib.load(FILE), FILE, compress=0)`",
            ));
        }
        if !matches!(bytes, [0x80, ..]) {
            let error = Error::new("not a pickle of protocol 3 or 4");
            return Err(error.with_kind(ErrorKind::Unsupported).hint(HINT));
        }
        let Unpickled { values, root } =
            Machine::run(bytes).map_err(|e| as_corrupt(e).hint(HINT))?;
        Self::from_values(&values, root).map_err(|e| as_corrupt(e).hint(HINT))
    }

    fn from_values(values: &[Value], root: Id) -> Result<Self> {
        let attributes = attributes(values, root, Class::RidgeClassifier)?;
        let attribute = |items, name: &str| {
            let missing =
                || Error::new(format!("the classifier is not fitted: `{name}` is missing"));
            find(values, items, name).ok_or_else(missing)
        };
        let binarizer = attribute(attributes, "_label_binarizer")?;
        let binarizer = self::attributes(values, binarizer, Class::LabelBinarizer)?;
        let within = |name: &'static str| move |e: Error| e.prefixed(&format!("`{name}`"));
        let classes = match &values[attribute(binarizer, "classes_")?] {
            Value::Array(array) => array.strings().map_err(within("classes_"))?,
            other => return Err(unexpected("classes_", other)),
        };
        let coef = match &values[attribute(attributes, "coef_")?] {
            Value::Array(array) => array,
            other => return Err(unexpected("coef_", other)),
        };
        let (rows, features) = match *coef.shape.as_slice() {
            [features] => (1, features),
            [rows, features] => (rows, features),
            ref shape => {
                return Err(Error::new(format!("`coef_` has the unexpected shape {shape:?}")));
            }
        };
        let numbers = coef.numbers().map_err(within("coef_"))?;
        let coef = Coefficients { rows, features, numbers };
        let intercept = match &values[attribute(attributes, "intercept_")?] {
            Value::Array(array) => array.numbers().map_err(within("intercept_"))?,
            Value::Float(number) if number.is_finite() => vec![*number],
            Value::Int(number) => vec![*number as f64],
            other => return Err(unexpected("intercept_", other)),
        };
        Self::from_parts(classes, coef, intercept)
    }

    /// Returns a classifier with one row per class. For two classes, scikit-learn stores only the
    /// row of the second; the row of the first is its negative.
    fn from_parts(
        classes: Vec<String>,
        coef: Coefficients,
        mut intercept: Vec<f64>,
    ) -> Result<Self> {
        let Coefficients { rows, features, numbers: mut coef } = coef;
        if classes.is_empty() || features == 0 {
            return Err(Error::new(format!("{} classes with {features} features", classes.len())));
        }
        if intercept.len() == 1 {
            intercept = vec![intercept[0]; rows];
        }
        let expected = if classes.len() <= 2 { 1 } else { classes.len() };
        if rows != expected || intercept.len() != rows {
            return Err(Error::new(format!(
                "{} classes, but `coef_` has {rows} rows and `intercept_` {} numbers",
                classes.len(),
                intercept.len()
            )));
        }
        if expected == 1 {
            let negative = |numbers: &[f64]| numbers.iter().map(|x| -x).collect::<Vec<_>>();
            let (first, second) = (negative(&coef), negative(&intercept));
            coef.splice(0..0, first);
            intercept.splice(0..0, second);
            coef.truncate(classes.len() * features);
            intercept.truncate(classes.len());
        }
        Ok(Self { classes, features, coef, intercept })
    }
}

/// The matrix `coef_`, `[rows, features]`.
struct Coefficients {
    rows: usize,
    features: usize,
    numbers: Vec<f64>,
}

/// Returns the attributes of the object `id`.
fn attributes<'v>(values: &'v [Value], id: Id, class: Class) -> Result<&'v [(Id, Id)]> {
    match &values[id] {
        Value::Object(found, Some(state)) if *found == class => match &values[*state] {
            Value::Dict(items) => Ok(items),
            other => Err(unexpected("__dict__", other)),
        },
        other => Err(Error::new(format!("{}, expected a {class:?}", other.kind()))
            .with_kind(ErrorKind::Unsupported)),
    }
}

fn unexpected(name: &str, found: &Value) -> Error {
    Error::new(format!("unexpected value of `{name}`: {}", found.kind()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    /// Written by the joblib of scikit-learn 0.20; created by `tests/fixtures/legacy/make.py`.
    const FUSED: &[u8] =
        include_bytes!("../../../../../../tests/fixtures/legacy/checkpoint/ada/fused_model.pkl");

    macro_rules! pickled {
        ($name:literal) => {
            include_bytes!(concat!("../../../../../../tests/fixtures/legacy/pickles/", $name))
                .as_slice()
        };
    }

    fn expected() -> Json {
        let file = include_str!("../../../../../../tests/fixtures/legacy/expected.json");
        serde_json::from_str(file).unwrap()
    }

    fn numbers(json: &Json) -> Vec<f64> {
        json.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    }

    #[track_caller]
    fn assert_close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-8, "{a}, expected {b}");
        }
    }

    #[track_caller]
    fn refused(bytes: &[u8]) -> String {
        RidgeClassifier::from_pickle(bytes).expect_err("the pickle is invalid").reason()
    }

    /// Returns a pickle of protocol 3 with these opcodes.
    fn pickle(opcodes: &[&[u8]]) -> Vec<u8> {
        [b"\x80\x03".as_slice(), &opcodes.concat()].concat()
    }

    /// Returns the first offset of `pattern`.
    fn find(bytes: &[u8], pattern: &[u8]) -> usize {
        bytes.windows(pattern.len()).position(|window| window == pattern).unwrap()
    }

    /// Returns `bytes` with the first `from` replaced by `to`.
    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = find(bytes, from);
        [&bytes[..at], to, &bytes[at + from.len()..]].concat()
    }

    #[test]
    fn all_pickle_variants_give_the_same_classifier() {
        let expected = expected();
        for (name, bytes) in [
            ("fused_model.pkl", FUSED),
            ("plain-3.pkl", pickled!("plain-3.pkl")),
            ("plain-4.pkl", pickled!("plain-4.pkl")),
            ("aligned-3.pkl", pickled!("aligned-3.pkl")),
            ("aligned-4.pkl", pickled!("aligned-4.pkl")),
        ] {
            println!("{name}");
            let found = RidgeClassifier::from_pickle(bytes).unwrap();
            assert_eq!(Json::from(found.classes.clone()), expected["classes"]);
            assert_eq!(found.features, 9);
            assert_close(&found.coef, &numbers(&expected["coef"]));
            assert_close(&found.intercept, &numbers(&expected["intercept"]));
        }
    }

    #[test]
    fn single_intercept_applies_to_every_row() {
        let found = RidgeClassifier::from_pickle(pickled!("one-intercept.pkl")).unwrap();
        assert_eq!(found.intercept, [0.25; 4]);
    }

    #[test]
    fn first_of_two_classes_is_the_negative_of_the_second() {
        let expected = &expected()["two_classes"];
        let found = RidgeClassifier::from_pickle(pickled!("two-classes.pkl")).unwrap();
        assert_eq!(Json::from(found.classes.clone()), expected["classes"]);
        let (coef, intercept) = (numbers(&expected["coef"]), numbers(&expected["intercept"]));
        assert_close(&found.coef[6..], &coef);
        assert_close(&found.intercept[1..], &intercept);
        let negative = |numbers: &[f64]| numbers.iter().map(|x| -x).collect::<Vec<_>>();
        assert_close(&found.coef[..6], &negative(&coef));
        assert_close(&found.intercept[..1], &negative(&intercept));
    }

    #[test]
    fn unexpected_names_are_rejected_with_their_offset() {
        for (module, name) in
            [("os", "system"), ("builtins", "eval"), ("posix", "system"), ("numpy", "load")]
        {
            let call = format!("c{module}\n{name}\n");
            let bytes = pickle(&[call.as_bytes(), b"X\x02\0\0\0ls\x85R."]);
            let reason = refused(&bytes);
            assert!(reason.starts_with("byte 2: "), "{reason}");
            assert!(reason.contains(&format!("`{module}.{name}`")), "{reason}");
        }
        let bytes = pickle(&[b"\x8c\x02os\x8c\x06system\x93."]);
        assert!(refused(&bytes).starts_with("byte 14: unexpected name `os.system`"));
    }

    #[test]
    fn unexpected_opcodes_are_rejected_with_their_offset() {
        // INST, OBJ, EXT1, PERSID, BINPERSID, lists, sets, big byte strings, buffers, strings.
        for opcode in b"io\x82PQ]ael\x8f\x90\x8e\x96\x97STU0012FILd\x91\x8b\x92\xff" {
            let reason = refused(&pickle(&[b"N", &[*opcode], b"\0\0\0\0\0\0\0\0."]));
            assert!(
                reason.starts_with(&format!("byte 3: unexpected opcode 0x{opcode:02x}")),
                "{reason}"
            );
        }
        assert!(refused(b"\x80\x02N.").contains("protocol 2"));
        assert!(refused(b"\x80\x05N.").contains("protocol 5"));
        assert!(refused(b"cos\nsystem\n(S'ls'\ntR.").contains("not a pickle"));
    }

    #[test]
    fn sizes_beyond_the_file_are_rejected() {
        let huge = u32::MAX.to_le_bytes();
        for (opcodes, what) in [
            (vec![b"X".as_slice(), &huge], "expected 4294967295 more bytes"),
            (vec![b"B", &huge], "expected 4294967295 more bytes"),
            (vec![b"\x95", &[0xff; 8]], "a frame of"),
            (vec![b"\x8a\xff", &[0; 255]], "an integer of 255 bytes"),
            (vec![b"Nr", &huge], "memo 4294967295, expected 0"),
            (vec![b"Nq\x01"], "memo 1, expected 0"),
            (vec![b"j", &huge], "memo 4294967295 does not exist"),
            (vec![b"."], "the stack is empty"),
            (vec![b"t."], "no mark"),
            (vec![b"N(\x85."], "the stack is empty"),
            (vec![b"}(Nu."], "a key without a value"),
        ] {
            let reason = refused(&pickle(&opcodes));
            assert!(reason.starts_with("byte ") && reason.contains(what), "{reason}, {what}");
        }
        // The shape of the classes is `(4,)`; a string has 27 characters or 108 bytes.
        for (from, to) in [
            (b"shapeq\x1dK\x04".as_slice(), b"shapeq\x1dJ\xff\xff\xff\x7f".as_slice()),
            (b"shapeq\x1dK\x04", b"shapeq\x1dJ\xff\xff\xff\xff"),
            (b"shapeq\x1dK\x04", b"shapeq\x1d\x8a\x08\0\0\0\0\0\0\0\x40"),
            (b"shapeq\x1dK\x04", b"shapeq\x1dK\x00"),
            (b"U27", b"U99"),
            (b"U27", b"U+7"),
            (b"X\x03\0\0\0U27", b"X\x14\0\0\0U18446744073709551615"),
            (b"X\x03\0\0\0U27", b"X\x14\0\0\0U99999999999999999999"),
        ] {
            let reason = refused(&replaced(FUSED, from, to));
            assert!(reason.contains("byte ") || reason.contains("classes"), "{reason}");
        }
    }

    #[test]
    fn repeated_and_nested_values_use_little_memory() {
        // Each tuple contains the previous one twice, 2^1000 elements in total.
        let mut bytes = b"\x80\x03)q\0".to_vec();
        for level in 0..1000_u32 {
            let (below, above) = (level.to_le_bytes(), (level + 1).to_le_bytes());
            bytes.extend([b"j".as_slice(), &below, b"j", &below, b"\x86r", &above].concat());
        }
        bytes.push(b'.');
        assert_eq!(refused(&bytes), "a tuple, expected a RidgeClassifier");

        let deep = [b"\x80\x03N".as_slice(), &[0x85; 4000], b"."].concat();
        assert_eq!(refused(&deep), "a tuple, expected a RidgeClassifier");
        let marks = [b"\x80\x03".as_slice(), &vec![b'('; 1 << 20]].concat();
        assert!(refused(&marks).contains("more than 4096 opcodes"));

        // A dictionary that contains itself, and an object that is its own state.
        assert!(refused(&pickle(&[b"}q\0h\0h\0s."])).contains("a dictionary"));
        let object = b"csklearn.linear_model.ridge\nRidgeClassifier\n)\x81q\0h\0b.";
        assert!(refused(&pickle(&[object])).contains("a `RidgeClassifier`, expected attributes"));
    }

    #[test]
    fn invalid_contents_are_rejected() {
        let fitted = [b"coef_".as_slice(), b"intercept_", b"classes_", b"_label_binarizer"];
        for name in fitted {
            let other = vec![b'x'; name.len()];
            assert!(refused(&replaced(FUSED, name, &other)).contains("not fitted"));
        }
        // The last opcodes (7 bytes) follow the four intercepts.
        let mut infinite = FUSED.to_vec();
        let last = FUSED.len() - 7;
        for number in [f64::NAN, f64::INFINITY] {
            infinite[last - 8..last].copy_from_slice(&number.to_le_bytes());
            assert!(refused(&infinite).contains("expected a finite number"));
        }
        let mut surrogate = FUSED.to_vec();
        let first = find(FUSED, b"I\0\0\0 \0\0\0");
        surrogate[first..first + 4].copy_from_slice(&0xd800_u32.to_le_bytes());
        assert!(refused(&surrogate).contains("string 1 contains an invalid code point"));
        assert!(refused(&replaced(FUSED, b"X\x01\0\0\0<", b"X\x01\0\0\0>")).contains("byte order"));
        assert!(refused(&[FUSED, b"N."].concat()).contains("2 bytes after the end"));
    }

    #[test]
    fn compressed_pickle_error_has_a_hint() {
        let error = RidgeClassifier::from_pickle(pickled!("compressed.pkl")).unwrap_err();
        assert!(error.reason().contains("compressed (zlib)"), "{error}");
        assert!(error.hint_text().unwrap().contains("compress=0"));
    }

    #[test]
    fn truncated_pickles_are_rejected() {
        for bytes in [FUSED, pickled!("plain-4.pkl"), pickled!("aligned-4.pkl")] {
            for end in 0..bytes.len() {
                refused(&bytes[..end]);
            }
        }
    }

    proptest! {
        // Any bytes give a consistent classifier or an error, never a panic.
        #[test]
        fn modified_pickles_are_read_or_rejected(
            which in 0..3_usize,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let all = [FUSED, pickled!("plain-4.pkl"), pickled!("aligned-3.pkl")];
            let mut bytes = all[which].to_vec();
            for (index, byte) in changes {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(found) = RidgeClassifier::from_pickle(&bytes) {
                prop_assert_eq!(found.coef.len(), found.classes.len() * found.features);
                prop_assert_eq!(found.intercept.len(), found.classes.len());
                prop_assert!(found.coef.iter().chain(&found.intercept).all(|x| x.is_finite()));
            }
        }
    }
}
