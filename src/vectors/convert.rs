//! From a checked file of word vectors to the file of a vector model.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek};
use std::path::Path;

use finalfusion::embeddings::Embeddings;
use finalfusion::error::Error as ReadError;
use finalfusion::io::ReadEmbeddings;
use finalfusion::prelude::{ReadFastText, ReadText, ReadWord2Vec};
use finalfusion::storage::{NdArray, Storage, StorageView};
use finalfusion::vocab::{SimpleVocab, Vocab};

use super::archive;
use super::fifu;
use super::guard::{self, Format, Shape};
use super::sentence::dot;
use crate::error::{Error, Location, Result};

/// What all formats but fastText are read to.
type Plain = Embeddings<SimpleVocab, NdArray>;

/// The start of a file, enough for a header and the first vector of a text.
const START: u64 = 1 << 20;

/// Tells the format of `file` by its content and walks it from end to end.
///
/// # Errors
/// When it is none that can be read, or not whole.
pub(super) fn check(file: &mut File, path: &Path) -> Result<(Format, Shape)> {
    let unreadable = |e| Error::io(path, "read the file", e);
    let size = file.metadata().map_err(unreadable)?.len();
    let mut start = Vec::new();
    file.take(START).read_to_end(&mut start).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let format = Format::detect(&start).ok_or_else(|| unknown(path, &start))?;
    let shape = guard::check(format, BufReader::new(file), size).map_err(|error| {
        let row = error.place().and_then(|place| place.row);
        let place = Location { row, ..Location::file(path) };
        error.moved_to(place).prefixed(&format!("read as {format}"))
    })?;
    Ok((format, shape))
}

fn unknown(path: &Path, start: &[u8]) -> Error {
    let is_packed = start.starts_with(archive::MAGIC) || start.starts_with(b"\x1f\x8b");
    let error = Error::at(Location::file(path), "not a file of word vectors");
    error.hint(if is_packed {
        "it is packed; unpack it first"
    } else {
        "word2vec (binary or text), GloVe text, fastText and finalfusion can be added"
    })
}

/// Reads the checked `file` and writes the file of a vector model.
///
/// # Errors
/// When a file cannot be read or written, or changed since it was checked.
pub(super) fn convert(
    file: &mut File,
    path: &Path,
    (format, shape): (Format, Shape),
    to: &mut File,
) -> Result<()> {
    file.rewind().map_err(|e| Error::io(path, "read the file", e))?;
    let reader = &mut BufReader::new(file);
    let read =
        |error: ReadError| Error::at(Location::file(path), "cannot be read").caused_by(error);
    let written = match format {
        Format::Word2VecBinary => {
            write(&Plain::read_word2vec_binary(reader).map_err(read)?, shape, to)
        }
        Format::Word2VecText => {
            // Its own reader of the first line knows one way only to end it, and the guard has
            // compared it with what follows.
            reader.skip_until(b'\n').map_err(|e| Error::io(path, "read the file", e))?;
            write(&Plain::read_text(reader).map_err(read)?, shape, to)
        }
        Format::GloveText => write(&Plain::read_text(reader).map_err(read)?, shape, to),
        Format::FastText => write(&Embeddings::read_fasttext(reader).map_err(read)?, shape, to),
        Format::Finalfusion => write(&Plain::read_embeddings(reader).map_err(read)?, shape, to),
    };
    written.map_err(|e| Error::at(Location::file(path), "cannot be converted").caused_by(e))
}

/// Writes the words and their vectors; of subwords' vectors, which may follow, none. The reader
/// has scaled vectors to unit length and kept their norms: here they get them back.
fn write(read: &Embeddings<impl Vocab, NdArray>, shape: Shape, to: &mut File) -> io::Result<()> {
    let words = read.vocab().words();
    let rows = read.storage().view().to_slice();
    let norms = read.norms().map(|norms| norms.view().to_slice().unwrap_or_default());
    let numbers = shape.words * shape.dims;
    let rows = rows.filter(|rows| {
        words.len() == shape.words
            && read.storage().shape().1 == shape.dims
            && rows.len() >= numbers
            && norms.is_none_or(|norms| norms.len() >= shape.words)
    });
    let Some(rows) = rows else {
        return Err(io::Error::other("the file changed meanwhile"));
    };
    let norm = |word: usize| norms.map_or(1.0, |norms| norms[word]);
    let rows = || rows[..numbers].chunks_exact(shape.dims).enumerate();
    // Lengths are made of squares, which are to be numbers as well.
    if let Some((word, _)) =
        rows().find(|(word, row)| !(dot(row, row) * norm(*word).powi(2)).is_finite())
    {
        let what = format!("the numbers of `{}` are too large", words[word].escape_debug());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let rows = rows().flat_map(|(word, row)| row.iter().map(move |number| number * norm(word)));
    let mut to = BufWriter::with_capacity(1 << 16, to);
    fifu::write(&mut to, words, rows, shape.dims)?;
    to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}
