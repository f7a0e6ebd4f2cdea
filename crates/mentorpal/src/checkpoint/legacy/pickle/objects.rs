//! The opcodes that create objects, dtypes and arrays.

use super::array::{Array, Dtype, byte_count};
use super::machine::Machine;
use super::value::{Class, Global, Id, Value};
use crate::error::{Error, Result};

impl<'a> Machine<'a> {
    /// Creates an object without arguments.
    pub(super) fn new_object(&mut self) -> Result<Value<'a>> {
        let (arguments, class) = (self.pop()?, self.pop()?);
        match (&self.values[class], &self.values[arguments]) {
            (Value::Global(Global::Class(class)), Value::Tuple(none)) if none.is_empty() => {
                Ok(Value::Object(*class, None))
            }
            (class, arguments) => Err(Error::new(format!(
                "unexpected object of {} with arguments {}",
                class.kind(),
                arguments.kind()
            ))),
        }
    }

    /// Returns the result of a supported NumPy function, which is not called.
    pub(super) fn call(&mut self) -> Result<Value<'a>> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let arguments = self.as_tuple(arguments)?;
        match (&self.values[function], arguments) {
            // The shape and type in these arguments are placeholders.
            (Value::Global(Global::Reconstruct), [class, _, _])
                if matches!(self.values[*class], Value::Global(Global::Ndarray)) =>
            {
                Ok(Value::EmptyArray)
            }
            (Value::Global(Global::Dtype), [name, _, _]) => {
                let name = self.as_text(*name)?;
                let dtype = Dtype::parse(name);
                dtype.map(Value::Dtype).ok_or_else(|| unknown_dtype(name))
            }
            (Value::Global(Global::Scalar), [dtype, bytes]) => {
                let Value::Bytes(bytes) = self.values[*bytes] else {
                    return Err(self.unexpected(*bytes, "the bytes of a number"));
                };
                Array::new(self.as_dtype(*dtype)?, Vec::new(), false, bytes).map(Value::Array)
            }
            (function, arguments) => Err(Error::new(format!(
                "unexpected call of {} with {} arguments",
                function.kind(),
                arguments.len()
            ))),
        }
    }

    /// Sets the state of the object below the top of the stack.
    pub(super) fn build(&mut self) -> Result<()> {
        let (state, object) = (self.pop()?, self.pop()?);
        match self.values[object] {
            Value::Object(Class::NumpyArrayWrapper, None) => {
                let array = self.array_after_wrapper(state)?;
                self.push(Value::Array(array));
                return Ok(());
            }
            Value::Object(class, None) => {
                self.as_dict(state)?;
                self.values[object] = Value::Object(class, Some(state));
            }
            Value::EmptyArray => self.values[object] = Value::Array(self.array_from_state(state)?),
            Value::Dtype(dtype) => self.check_dtype(dtype, state)?,
            ref other => return Err(Error::new(format!("unexpected state for {}", other.kind()))),
        }
        self.stack.push(object);
        Ok(())
    }

    /// Reads the array whose bytes joblib wrote after its wrapper.
    fn array_after_wrapper(&mut self, state: Id) -> Result<Array<'a>> {
        let attributes = self.as_dict(state)?;
        let dtype = self.as_dtype(self.item(attributes, "dtype")?)?;
        let shape = self.as_shape(self.item(attributes, "shape")?)?;
        let fortran = match self.as_text(self.item(attributes, "order")?)? {
            "C" => false,
            "F" => true,
            other => return Err(Error::new(format!("array order `{other}`, expected `C` or `F`"))),
        };
        // Newer versions of joblib align the array.
        let aligned = self.item(attributes, "numpy_array_alignment_bytes").ok();
        if aligned.is_some_and(|id| !matches!(self.values[id], Value::None)) {
            let padding = self.cursor.u8()?;
            self.cursor.take(padding.into())?;
        }
        let count = byte_count(dtype, &shape)
            .ok_or_else(|| Error::new(format!("array shape {shape:?} is too large")))?;
        Array::new(dtype, shape, fortran, self.cursor.take(count)?)
    }

    /// Returns the array with NumPy's own state: version, shape, type, order, bytes.
    fn array_from_state(&self, state: Id) -> Result<Array<'a>> {
        let [_, shape, dtype, fortran, bytes] = *self.as_tuple(state)? else {
            return Err(self.unexpected(state, "the five parts of an array"));
        };
        let (Value::Bool(fortran), Value::Bytes(bytes)) =
            (&self.values[fortran], &self.values[bytes])
        else {
            return Err(self.unexpected(bytes, "the bytes of an array"));
        };
        Array::new(self.as_dtype(dtype)?, self.as_shape(shape)?, *fortran, bytes)
    }

    /// Checks the state of a dtype: version, byte order, and for strings the element size.
    fn check_dtype(&self, dtype: Dtype, state: Id) -> Result<()> {
        let [_, order, _, _, _, size, ..] = *self.as_tuple(state)? else {
            return Err(self.unexpected(state, "the parts of a dtype"));
        };
        match self.as_text(order)? {
            "<" | "|" | "=" => {}
            order => return Err(Error::new(format!("byte order `{order}`, expected `<`"))),
        }
        match (dtype, &self.values[size]) {
            (Dtype::Unicode(_), Value::Int(size))
                if usize::try_from(*size).ok() != dtype.size() =>
            {
                Err(Error::new(format!("strings of {size} bytes in an array of {dtype:?}")))
            }
            _ => Ok(()),
        }
    }

    /// Returns the value of `key`; the last one if there are several.
    fn item(&self, items: &[(Id, Id)], key: &str) -> Result<Id> {
        find(&self.values, items, key).ok_or_else(|| Error::new(format!("`{key}` is missing")))
    }

    pub(super) fn as_text(&self, id: Id) -> Result<&'a str> {
        match self.values[id] {
            Value::Text(text) => Ok(text),
            _ => Err(self.unexpected(id, "a string")),
        }
    }

    fn as_tuple(&self, id: Id) -> Result<&[Id]> {
        match &self.values[id] {
            Value::Tuple(items) => Ok(items),
            _ => Err(self.unexpected(id, "a tuple")),
        }
    }

    fn as_dict(&self, id: Id) -> Result<&[(Id, Id)]> {
        match &self.values[id] {
            Value::Dict(items) => Ok(items),
            _ => Err(self.unexpected(id, "attributes")),
        }
    }

    fn as_dtype(&self, id: Id) -> Result<Dtype> {
        match self.values[id] {
            Value::Dtype(dtype) => Ok(dtype),
            _ => Err(self.unexpected(id, "a dtype")),
        }
    }

    fn as_shape(&self, id: Id) -> Result<Vec<usize>> {
        let dim = |&id: &Id| match self.values[id] {
            Value::Int(dim) => {
                usize::try_from(dim).map_err(|_| Error::new(format!("invalid array length {dim}")))
            }
            _ => Err(self.unexpected(id, "the length of an array")),
        };
        self.as_tuple(id)?.iter().map(dim).collect()
    }

    fn unexpected(&self, id: Id, expected: &str) -> Error {
        Error::new(format!("{}, expected {expected}", self.values[id].kind()))
    }
}

/// Returns the value of `key` in a dictionary; the last one if there are several.
pub(super) fn find(values: &[Value], items: &[(Id, Id)], key: &str) -> Option<Id> {
    let is_key = |id: Id| matches!(values[id], Value::Text(text) if text == key);
    items.iter().rev().find(|(known, _)| is_key(*known)).map(|(_, value)| *value)
}

fn unknown_dtype(name: &str) -> Error {
    let name = crate::text::shorten(&name.escape_debug().to_string(), 100);
    Error::new(format!("an array of `{name}`, expected little-endian numbers or strings"))
}
