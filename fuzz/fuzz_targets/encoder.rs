//! Fuzzes the files of a sentence encoder: any content gives finite vectors, or an error. The first
//! byte selects a file, or the archive of all files, and whether the other bytes are its content or
//! [edits](shared::patched) of a valid one.

#![no_main]

mod shared;
#[path = "../../tests/vectors/tiny.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod tiny;

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mentorpal::error::Result;
use mentorpal::progress::NoProgress;
use mentorpal::vectors::{Request, SentenceEncoder, SentenceModel, add};
use mentorpal::workspace::VectorModelName;

const TEXTS: [&str; 4] = ["What is your name?", "", "xyzzy", "My naname, you?  是 Où"];

/// The files of a valid encoder by path, followed by an archive of them.
static VALID: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let files = tiny::files();
    let archive = tiny::zipped(&files, "tiny/");
    files.into_iter().chain([("tiny.zip".to_owned(), archive)]).collect()
});

/// One folder per file, whose other files are valid.
static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let prepare = |i: usize| {
        let folder = shared::folder().join(i.to_string());
        VALID.iter().for_each(|(path, bytes)| shared::put(&folder.join(path), Some(bytes)));
        folder
    };
    (0..VALID.len()).map(prepare).collect()
});

fuzz_target!(init: shared::write_seeds(seeds), |bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let which = usize::from(kind & 7) % VALID.len();
    let (path, valid) = &VALID[which];
    let path = FOLDERS[which].join(path);
    let found = if kind & 8 != 0 { shared::patched(valid.clone(), rest) } else { rest.to_vec() };
    shared::put(&path, Some(&found));
    let outcome =
        if which + 1 == VALID.len() { unpack(path) } else { check_encoder(FOLDERS[which].clone()) };
    if let Err(error) = outcome {
        shared::check_error(&error);
    }
});

/// Opens an encoder and checks that a text has the same vector alone and in a batch.
fn check_encoder(folder: PathBuf) -> Result<()> {
    let encoder = SentenceEncoder::open(&folder)?;
    let together = encoder.embed(&TEXTS, &NoProgress)?;
    assert!(together.numbers().iter().all(|number| number.is_finite()), "{together:?}");
    assert_eq!((together.len(), together.dims()), (TEXTS.len(), encoder.dims()));
    let alone = encoder.embed(&TEXTS[..1], &NoProgress)?;
    assert_eq!(alone.row(0), together.row(0));
    Ok(())
}

/// Adds the encoder in an archive and checks that all files are in its folder.
fn unpack(path: PathBuf) -> Result<()> {
    let workspace = shared::workspace();
    let name = VectorModelName::new("unpacked").unwrap();
    let request = Request { path, name: Some(name), licence: None, overwrite: true };
    let added = add(&workspace, &request, &NoProgress)?;
    assert!(added.manifest.files.keys().all(|file| added.folder.join(file).is_file()));
    check_encoder(added.folder)
}

fn seeds() -> Vec<Vec<u8>> {
    let with_kind = |(which, (_, bytes)): (usize, &(String, Vec<u8>))| {
        let edits =
            [&[which as u8 | 8][..], &[130, 0, 0, 0, 128, 127], &[0, 9, 255, 255, 127, 127]];
        [[&[which as u8][..], bytes].concat(), edits.concat()]
    };
    VALID.iter().enumerate().flat_map(with_kind).collect()
}
