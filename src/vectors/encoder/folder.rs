//! The files of a sentence-transformers folder that an encoder needs, and no others.

use std::path::Path;

use super::WEIGHTS_FILE;
use super::settings::{
    CONFIG_FILE, LENGTH_FILE, MODULES_FILE, Module, POOLING, POOLING_FILE, is_plain,
};
use super::tokenizer::TOKENIZER_FILE;
use crate::error::Result;

/// The largest file of settings or tokens, in bytes.
pub(in crate::vectors) const MAX_JSON: u64 = 64 << 20;

/// The largest file of weights, in bytes.
const MAX_WEIGHTS: u64 = 4 << 30;

/// A file directly in the folder.
#[derive(Clone, Copy, Debug)]
pub(in crate::vectors) struct Needed {
    pub(in crate::vectors) name: &'static str,
    pub(in crate::vectors) optional: bool,
    /// In bytes.
    pub(in crate::vectors) max_size: u64,
}

/// The files directly in the folder; `modules.json` may name one more, in a folder of its own.
pub(in crate::vectors) const FILES: [Needed; 5] = [
    Needed { name: CONFIG_FILE, optional: false, max_size: MAX_JSON },
    Needed { name: MODULES_FILE, optional: true, max_size: MAX_JSON },
    Needed { name: LENGTH_FILE, optional: true, max_size: MAX_JSON },
    Needed { name: TOKENIZER_FILE, optional: false, max_size: MAX_JSON },
    Needed { name: WEIGHTS_FILE, optional: false, max_size: MAX_WEIGHTS },
];

/// Whether a folder is likely one of a sentence encoder, by which of these files it `has`.
pub(in crate::vectors) fn is_model_folder(has: impl Fn(&str) -> bool) -> bool {
    has(CONFIG_FILE) && (has(MODULES_FILE) || (has(TOKENIZER_FILE) && has(WEIGHTS_FILE)))
}

/// Whether an encoder's folder may have the file `path`: one of [`FILES`], or the pooling's
/// settings in a plainly named folder.
pub(in crate::vectors) fn is_file_name(path: &str) -> bool {
    match path.split_once('/') {
        None => FILES.iter().any(|file| file.name == path),
        Some((folder, name)) => is_plain(folder) && name == POOLING_FILE,
    }
}

/// The pooling's settings that `modules.json` in `folder` names, if there is that file and it does.
///
/// # Errors
/// When it is damaged, or the name no plain one.
pub(in crate::vectors) fn pooling_file(folder: &Path) -> Result<Option<String>> {
    let modules = Module::read_all(folder)?;
    let pooling = modules.iter().find(|module| module.name() == POOLING);
    let named = pooling.map(|module| module.pooling_folder(folder)).transpose()?;
    Ok(named.map(|name| format!("{name}/{POOLING_FILE}")))
}
