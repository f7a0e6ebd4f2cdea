//! The stack machine that runs the opcodes of a classifier's pickle.
//!
//! Each opcode creates at most one value of a fixed size, and at most [`MAX_OPCODES`] are run.
//! Strings and arrays stay in the file. Memory and time are therefore bounded for any file, and
//! nothing is recursive.

use super::value::{Global, Id, Value};
use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, ErrorKind, Result};

/// The largest number of opcodes. A classifier has about 150.
const MAX_OPCODES: usize = 4096;

/// The state of the stack machine.
pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) values: Vec<Value<'a>>,
    pub(super) stack: Vec<Id>,
    /// The heights of the stack at the marks.
    marks: Vec<usize>,
    memo: Vec<Id>,
}

/// The result of a pickle.
pub(super) struct Unpickled<'a> {
    /// All values that the pickle created.
    pub(super) values: Vec<Value<'a>>,
    /// The id of the result among them.
    pub(super) root: Id,
}

impl<'a> Machine<'a> {
    /// Runs a pickle to its end.
    ///
    /// # Errors
    /// If an opcode, name or size is not supported; the error has its byte offset.
    pub(super) fn run(bytes: &'a [u8]) -> Result<Unpickled<'a>> {
        let mut machine = Self {
            cursor: Cursor::new(bytes),
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
        };
        for _ in 0..MAX_OPCODES {
            let offset = machine.cursor.offset();
            let opcode = machine.cursor.u8()?;
            if opcode == b'.' {
                let result = machine.pop().map_err(|e| e.prefixed(&format!("byte {offset}")))?;
                return match machine.cursor.left() {
                    0 => Ok(Unpickled { values: machine.values, root: result }),
                    left => Err(Error::new(format!(
                        "byte {}: {left} bytes after the end",
                        machine.cursor.offset()
                    ))),
                };
            }
            machine.step(opcode).map_err(|e| located(e, offset))?;
        }
        let offset = machine.cursor.offset();
        Err(Error::new(format!("byte {offset}: more than {MAX_OPCODES} opcodes")))
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        let value = match opcode {
            0x80 => return self.protocol(),
            0x95 => return self.frame(),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            b'q' => {
                let index = self.cursor.u8()?.into();
                return self.put(index);
            }
            b'r' => {
                let index = self.cursor.u32()? as usize;
                return self.put(index);
            }
            0x94 => return self.put(self.memo.len()),
            b'h' => {
                let index = self.cursor.u8()?.into();
                return self.get(index);
            }
            b'j' => {
                let index = self.cursor.u32()? as usize;
                return self.get(index);
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                return self.set_items(&[key, value]);
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                return self.set_items(&items);
            }
            b'b' => return self.build(),
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'J' => Value::Int(i32::from_le_bytes(self.cursor.array()?).into()),
            b'K' => Value::Int(self.cursor.u8()?.into()),
            b'M' => Value::Int(self.cursor.u16()?.into()),
            0x8a => self.long()?,
            b'G' => Value::Float(f64::from_be_bytes(self.cursor.array()?)),
            b'X' => {
                let length = self.cursor.u32()? as usize;
                self.string(length)?
            }
            0x8c => {
                let length = self.cursor.u8()?.into();
                self.string(length)?
            }
            b'B' => {
                let length = self.cursor.u32()? as usize;
                Value::Bytes(self.cursor.take(length)?)
            }
            b'C' => {
                let length = self.cursor.u8()?.into();
                Value::Bytes(self.cursor.take(length)?)
            }
            b'}' => Value::Dict(Vec::new()),
            b')' => Value::Tuple(Vec::new()),
            b't' => Value::Tuple(self.pop_to_mark()?),
            0x85..=0x87 => Value::Tuple(self.pop_many(usize::from(opcode - 0x84))?),
            b'c' => self.global()?,
            0x93 => self.stack_global()?,
            0x81 => self.new_object()?,
            b'R' => self.call()?,
            _ => return Err(unsupported(format!("unexpected opcode 0x{opcode:02x}"))),
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    /// Pops the topmost value above the last mark.
    pub(super) fn pop(&mut self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(Error::new("the stack is empty"));
        }
        self.stack.pop().ok_or_else(|| Error::new("the stack is empty"))
    }

    /// Pops the topmost values and returns them in the order they were pushed.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        let mut taken = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        taken.reverse();
        Ok(taken)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self.marks.pop().ok_or_else(|| Error::new("no mark on the stack"))?;
        Ok(self.stack.split_off(mark))
    }

    fn protocol(&mut self) -> Result<()> {
        match self.cursor.u8()? {
            3 | 4 => Ok(()),
            other => Err(unsupported(format!("pickle protocol {other}, expected 3 or 4"))),
        }
    }

    /// Skips the header of a frame, which only matters for buffered readers.
    fn frame(&mut self) -> Result<()> {
        let length = self.cursor.u64()?;
        let left = self.cursor.left();
        if length > left as u64 {
            return Err(Error::new(format!("a frame of {length} bytes, but {left} are left")));
        }
        Ok(())
    }

    /// Stores the top of the stack in the memo. Pickles number memo entries from 0, without gaps.
    fn put(&mut self, index: usize) -> Result<()> {
        let top = self.pop()?;
        self.stack.push(top);
        if index != self.memo.len() {
            let expected = self.memo.len();
            return Err(Error::new(format!("memo {index}, expected {expected}")));
        }
        self.memo.push(top);
        Ok(())
    }

    fn get(&mut self, index: usize) -> Result<()> {
        let known = self.memo.get(index);
        let id = *known.ok_or_else(|| Error::new(format!("memo {index} does not exist")))?;
        self.stack.push(id);
        Ok(())
    }

    fn string(&mut self, length: usize) -> Result<Value<'a>> {
        let bytes = self.cursor.take(length)?;
        let string = std::str::from_utf8(bytes).map_err(|_| Error::new("a string is not UTF-8"))?;
        Ok(Value::Text(string))
    }

    /// Reads an integer of at most 8 bytes.
    fn long(&mut self) -> Result<Value<'a>> {
        let length = self.cursor.u8()?;
        let bytes = self.cursor.take(length.into())?;
        if bytes.len() > 8 {
            return Err(Error::new(format!("an integer of {length} bytes, expected at most 8")));
        }
        let negative = bytes.last().is_some_and(|&last| last >= 0x80);
        let mut all = if negative { [0xff; 8] } else { [0; 8] };
        all[..bytes.len()].copy_from_slice(bytes);
        Ok(Value::Int(i64::from_le_bytes(all)))
    }

    fn global(&mut self) -> Result<Value<'a>> {
        let module = String::from_utf8_lossy(self.cursor.take_until(b'\n')?);
        let name = String::from_utf8_lossy(self.cursor.take_until(b'\n')?);
        global(&module, &name)
    }

    fn stack_global(&mut self) -> Result<Value<'a>> {
        let (name, module) = (self.pop()?, self.pop()?);
        global(self.as_text(module)?, self.as_text(name)?)
    }

    fn set_items(&mut self, items: &[Id]) -> Result<()> {
        let dict = self.pop()?;
        self.stack.push(dict);
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(Error::new("a key without a value"));
        };
        match &mut self.values[dict] {
            Value::Dict(known) => known.extend(pairs.iter().map(|&[key, value]| (key, value))),
            other => return Err(Error::new(format!("{}, expected a dictionary", other.kind()))),
        }
        Ok(())
    }
}

fn unsupported(message: String) -> Error {
    Error::new(message).with_kind(ErrorKind::Unsupported)
}

fn global(module: &str, name: &str) -> Result<Value<'static>> {
    Global::find(module, name).map(Value::Global).ok_or_else(|| {
        let name = format!("{module}.{name}");
        unsupported(format!(
            "unexpected name `{}`",
            crate::text::shorten(&name.escape_debug().to_string(), 100)
        ))
    })
}

/// Adds the offset of the opcode to an error, unless it already has an offset.
fn located(error: Error, offset: usize) -> Error {
    if error.reason().starts_with("byte ") {
        error
    } else {
        error.prefixed(&format!("byte {offset}"))
    }
}
