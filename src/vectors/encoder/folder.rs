//! The files of a sentence-transformers folder that an encoder needs, and no others.

use super::WEIGHTS_FILE;
use super::settings::{CONFIG_FILE, LENGTH_FILE, MODULES_FILE, POOLING_FILE, pooling_folder};
use super::tokenizer::TOKENIZER_FILE;

/// The files directly in the folder; `modules.json` may name one more, in a folder of its own.
const FILES: [&str; 5] = [CONFIG_FILE, MODULES_FILE, LENGTH_FILE, TOKENIZER_FILE, WEIGHTS_FILE];

/// Whether an encoder's folder may have the file `path`: one of [`FILES`], or the pooling's
/// settings in a plainly named folder.
pub(in crate::vectors) fn is_file_name(path: &str) -> bool {
    match path.split_once('/') {
        None => FILES.contains(&path),
        Some((folder, name)) => pooling_folder(folder).is_some() && name == POOLING_FILE,
    }
}
