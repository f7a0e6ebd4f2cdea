//! The values that a pickle creates. Strings and arrays are borrowed from the file.

use super::array::{Array, Dtype};

/// The index of a value in the list of all values.
pub(super) type Id = usize;

/// A value. It refers to other values by their [`Id`]s, so that shared values are not copied.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Tuple(Vec<Id>),
    /// Keys and values in insertion order.
    Dict(Vec<(Id, Id)>),
    Global(Global),
    /// An object of a class and, once it is set, its state: a [`Value::Dict`].
    Object(Class, Option<Id>),
    Dtype(Dtype),
    /// An array from `_reconstruct` that has no state yet.
    EmptyArray,
    Array(Array<'a>),
}

/// A name that a pickle may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Class(Class),
    /// `numpy.ndarray`, which is only an argument.
    Ndarray,
    /// `numpy.dtype`.
    Dtype,
    /// `numpy.core.multiarray._reconstruct`: creates an array without a state.
    Reconstruct,
    /// `numpy.core.multiarray.scalar`: creates a number.
    Scalar,
}

/// A class whose objects are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    RidgeClassifier,
    LabelBinarizer,
    /// A joblib placeholder for an array whose bytes follow in the file.
    NumpyArrayWrapper,
}

/// Every supported name.
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
    /// Returns the global `module.name` if it is supported.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        let found = GLOBALS.iter().find(|(m, n, _)| (*m, *n) == (module, name));
        found.map(|(_, _, global)| *global)
    }
}

impl Value<'_> {
    /// Returns a description of the value's type for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "`None`",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a name",
            Self::Object(Class::RidgeClassifier, _) => "a `RidgeClassifier`",
            Self::Object(Class::LabelBinarizer, _) => "a `LabelBinarizer`",
            Self::Object(Class::NumpyArrayWrapper, _) => "a `NumpyArrayWrapper`",
            Self::Dtype(_) => "a dtype",
            Self::EmptyArray => "an array without a state",
            Self::Array(_) => "an array",
        }
    }
}
