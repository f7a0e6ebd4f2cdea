//! A pickle's opcodes, as far as a classifier needs them.
//!
//! Each opcode makes at most one value of a fixed size, and there are at most [`MAX_OPCODES`];
//! texts and arrays stay in the file. So whatever a file says, memory and time are bounded, and
//! there is nothing to recurse into.

use super::value::{Global, Id, Value};
use crate::checkpoint::legacy::cursor::Cursor;
use crate::error::{Error, Result};

/// A classifier takes about 150.
const MAX_OPCODES: usize = 4096;

/// The state of a pickle being read.
pub(super) struct Machine<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) values: Vec<Value<'a>>,
    pub(super) stack: Vec<Id>,
    /// The stack's heights at the marks.
    marks: Vec<usize>,
    memo: Vec<Id>,
}

impl<'a> Machine<'a> {
    /// Reads a pickle to its end and returns the values and the number of the last.
    ///
    /// # Errors
    /// At the first opcode, name or size that is not expected, with the byte it stands at.
    pub(super) fn run(bytes: &'a [u8]) -> Result<(Vec<Value<'a>>, Id)> {
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
                    0 => Ok((machine.values, result)),
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
                self.text(length)?
            }
            0x8c => {
                let length = self.cursor.u8()?.into();
                self.text(length)?
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
            _ => return Err(Error::new(format!("the opcode 0x{opcode:02x} is not expected"))),
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn push(&mut self, value: Value<'a>) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    /// The topmost value above the last mark.
    pub(super) fn pop(&mut self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(Error::new("nothing on the stack"));
        }
        self.stack.pop().ok_or_else(|| Error::new("nothing on the stack"))
    }

    /// The topmost values in the order they were pushed.
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
            other => Err(Error::new(format!("pickle protocol {other}, expected 3 or 4"))),
        }
    }

    /// Frames only help those who read ahead.
    fn frame(&mut self) -> Result<()> {
        let length = self.cursor.u64()?;
        let left = self.cursor.left();
        if length > left as u64 {
            return Err(Error::new(format!("a frame of {length} bytes, {left} are left")));
        }
        Ok(())
    }

    /// Memoizes the top of the stack; pickles number these from 0, without gaps.
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
        let id = *known.ok_or_else(|| Error::new(format!("there is no memo {index} yet")))?;
        self.stack.push(id);
        Ok(())
    }

    fn text(&mut self, length: usize) -> Result<Value<'a>> {
        let bytes = self.cursor.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Error::new("a text not in UTF-8"))?;
        Ok(Value::Text(text))
    }

    /// An integer of up to 8 bytes.
    fn long(&mut self) -> Result<Value<'a>> {
        let length = self.cursor.u8()?;
        let bytes = self.cursor.take(length.into())?;
        if bytes.len() > 8 {
            return Err(Error::new(format!("an integer of {length} bytes")));
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
            other => return Err(Error::new(format!("items of {}", other.kind()))),
        }
        Ok(())
    }
}

fn global(module: &str, name: &str) -> Result<Value<'static>> {
    Global::find(module, name).map(Value::Global).ok_or_else(|| {
        let name = format!("{module}.{name}");
        Error::new(format!(
            "the name `{}` is not expected",
            crate::text::shorten(&name.escape_debug().to_string(), 100)
        ))
    })
}

/// Says at which opcode it was, unless the cursor said where already.
fn located(error: Error, offset: usize) -> Error {
    if error.reason().starts_with("byte ") {
        error
    } else {
        error.prefixed(&format!("byte {offset}"))
    }
}
