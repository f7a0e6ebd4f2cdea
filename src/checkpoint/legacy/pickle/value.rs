//! What a pickle's opcodes put together. Texts and arrays are borrowed from the file.

use super::array::{Array, Dtype};

/// A value's number among those that were made so far.
pub(super) type Id = usize;

/// A value; what it holds besides plain data are other values' numbers, so that sharing copies
/// nothing.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Tuple(Vec<Id>),
    /// Keys and values in the order they were set.
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// An object of a class and, once it was built, its attributes: a [`Value::Dict`].
    Object(Class, Option<Id>),
    Dtype(Dtype),
    /// What `_reconstruct` made and nothing has filled yet.
    EmptyArray,
    Array(Array<'a>),
}

/// A name that a pickle may look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Class(Class),
    /// `numpy.ndarray`, only ever mentioned.
    Ndarray,
    /// `numpy.dtype`.
    Dtype,
    /// `numpy.core.multiarray._reconstruct`: an array to be filled.
    Reconstruct,
    /// `numpy.core.multiarray.scalar`: a number.
    Scalar,
}

/// A class that objects may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    RidgeClassifier,
    LabelBinarizer,
    /// joblib's stand-in for an array whose bytes follow it in the file.
    NumpyArrayWrapper,
}

/// Every name there is; another is refused.
const GLOBALS: &[(&str, &str, Global)] = &[
    ("sklearn.linear_model.ridge", "RidgeClassifier", Global::Class(Class::RidgeClassifier)),
    ("sklearn.linear_model._ridge", "RidgeClassifier", Global::Class(Class::RidgeClassifier)),
    ("sklearn.preprocessing.label", "LabelBinarizer", Global::Class(Class::LabelBinarizer)),
    ("sklearn.preprocessing._label", "LabelBinarizer", Global::Class(Class::LabelBinarizer)),
    (
        "sklearn.externals.joblib.numpy_pickle",
        "NumpyArrayWrapper",
        Global::Class(Class::NumpyArrayWrapper),
    ),
    ("joblib.numpy_pickle", "NumpyArrayWrapper", Global::Class(Class::NumpyArrayWrapper)),
    ("numpy", "ndarray", Global::Ndarray),
    ("numpy", "dtype", Global::Dtype),
    ("numpy.core.multiarray", "_reconstruct", Global::Reconstruct),
    ("numpy.core.multiarray", "scalar", Global::Scalar),
];

impl Global {
    /// The global `module.name`, if it is one of those there are.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        let found = GLOBALS.iter().find(|(m, n, _)| (*m, *n) == (module, name));
        found.map(|(_, _, global)| *global)
    }
}

impl Value<'_> {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "`None`",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a name",
            Self::Object(Class::RidgeClassifier, _) => "a `RidgeClassifier`",
            Self::Object(Class::LabelBinarizer, _) => "a `LabelBinarizer`",
            Self::Object(Class::NumpyArrayWrapper, _) => "an array's wrapper",
            Self::Dtype(_) => "an array's type",
            Self::EmptyArray => "an array that was never filled",
            Self::Array(_) => "an array",
        }
    }
}
