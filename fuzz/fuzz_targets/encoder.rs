//! Whatever one of a sentence encoder's files holds: vectors of numbers, or an error. The first
//! byte says which file, or the archive of them all, and whether the bytes are that file or
//! [edits](shared::patched) of a sound one.

#![no_main]

mod shared;
#[path = "../../tests/vectors/tiny.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod tiny;

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mentorpal::error::Result;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{Request, SentenceEncoder, SentenceModel, add};
use mentorpal::workspace::Name;

const TEXTS: [&str; 4] = ["What is your name?", "", "xyzzy", "My naname, you?  是 Où"];

/// A sound encoder's files by path, and last the archive of them.
static SOUND: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let files = tiny::files();
    let archive = tiny::zipped(&files, "tiny/");
    files.into_iter().chain([("tiny.zip".to_owned(), archive)]).collect()
});

/// Per file a folder whose other files are sound.
static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let prepare = |i: usize| {
        let folder = shared::folder().join(i.to_string());
        SOUND.iter().for_each(|(path, bytes)| shared::put(&folder.join(path), Some(bytes)));
        folder
    };
    (0..SOUND.len()).map(prepare).collect()
});

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let which = usize::from(kind & 7) % SOUND.len();
    let (path, sound) = &SOUND[which];
    let path = FOLDERS[which].join(path);
    let found = if kind & 8 != 0 { shared::patched(sound.clone(), rest) } else { rest.to_vec() };
    shared::put(&path, Some(&found));
    let outcome =
        if which + 1 == SOUND.len() { unpack(path) } else { try_out(FOLDERS[which].clone()) };
    if let Err(error) = outcome {
        shared::check_error(&error);
    }
});

/// Opens an encoder; of each text it makes the same numbers alone and with others.
fn try_out(folder: PathBuf) -> Result<()> {
    let encoder = SentenceEncoder::open(&folder)?;
    let together = encoder.embed(&TEXTS, &NoProgress)?;
    assert!(together.numbers().iter().all(|number| number.is_finite()), "{together:?}");
    assert_eq!((together.len(), together.dims()), (TEXTS.len(), encoder.dims()));
    let alone = encoder.embed(&TEXTS[..1], &NoProgress)?;
    assert_eq!(alone.row(0), together.row(0));
    Ok(())
}

/// Adds the encoder in an archive: nothing of it lands elsewhere.
fn unpack(path: PathBuf) -> Result<()> {
    let workspace = shared::workspace();
    let name = Name::new("vector model", "unpacked").unwrap();
    let request = Request { path, name: Some(name), licence: None, overwrite: true };
    let added = add(&workspace, &request, &NoProgress)?;
    assert!(added.manifest.files.keys().all(|file| added.folder.join(file).is_file()));
    try_out(added.folder)
}

fn seeds() -> Vec<Vec<u8>> {
    let with_kind = |(which, (_, bytes)): (usize, &(String, Vec<u8>))| {
        let edits =
            [&[which as u8 | 8][..], &[130, 0, 0, 0, 128, 127], &[0, 9, 255, 255, 127, 127]];
        [[&[which as u8][..], bytes].concat(), edits.concat()]
    };
    SOUND.iter().enumerate().flat_map(with_kind).collect()
}
