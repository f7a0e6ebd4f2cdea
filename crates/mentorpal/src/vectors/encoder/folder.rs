//! The list of the files in a sentence-transformers folder that an encoder needs.

use std::path::Path;

use super::WEIGHTS_FILE;
use super::settings::{
    CONFIG_FILE, LENGTH_FILE, MODULES_FILE, Module, POOLING, POOLING_FILE, is_plain,
};
use super::tokenizer::TOKENIZER_FILE;
use crate::error::Result;

/// The maximum size of a settings or tokenizer file, in bytes.
pub(in crate::vectors) const MAX_JSON: u64 = 64 << 20;

/// The maximum size of the weights file, in bytes.
const MAX_WEIGHTS: u64 = 4 << 30;

/// A file at the top level of the folder.
#[derive(Clone, Copy, Debug)]
pub(in crate::vectors) struct Needed {
    pub(in crate::vectors) name: &'static str,
    pub(in crate::vectors) optional: bool,
    /// The maximum size, in bytes.
    pub(in crate::vectors) max_size: u64,
}

/// The files at the top level of the folder. `modules.json` may name one more file, in a subfolder.
pub(in crate::vectors) const FILES: [Needed; 5] = [
    Needed { name: CONFIG_FILE, optional: false, max_size: MAX_JSON },
    Needed { name: MODULES_FILE, optional: true, max_size: MAX_JSON },
    Needed { name: LENGTH_FILE, optional: true, max_size: MAX_JSON },
    Needed { name: TOKENIZER_FILE, optional: false, max_size: MAX_JSON },
    Needed { name: WEIGHTS_FILE, optional: false, max_size: MAX_WEIGHTS },
];

/// Whether a folder probably contains a sentence encoder. `has` returns whether the folder has a file.
pub(in crate::vectors) fn is_model_folder(has: impl Fn(&str) -> bool) -> bool {
    has(CONFIG_FILE) && (has(MODULES_FILE) || (has(TOKENIZER_FILE) && has(WEIGHTS_FILE)))
}

/// Whether `path` is a file that an encoder's folder may have: one of [`FILES`], or the pooling
/// settings in a subfolder with a plain name.
pub(in crate::vectors) fn is_file_name(path: &str) -> bool {
    match path.split_once('/') {
        None => FILES.iter().any(|file| file.name == path),
        Some((folder, name)) => is_plain(folder) && name == POOLING_FILE,
    }
}

/// Returns the path of the pooling settings that `modules.json` in `folder` names. Returns `None` if
/// `modules.json` does not exist or names no pooling settings.
///
/// # Errors
/// If `modules.json` is corrupt, or the subfolder's name is not plain.
pub(in crate::vectors) fn pooling_file(folder: &Path) -> Result<Option<String>> {
    let modules = Module::read_all(folder)?;
    let pooling = modules.iter().find(|module| module.name() == POOLING);
    let named = pooling.map(|module| module.pooling_folder(folder)).transpose()?;
    Ok(named.map(|name| format!("{name}/{POOLING_FILE}")))
}
