//! Tests of publishing, with and without support for exchanging names.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::staging::Exchange;
use super::swap::exchange;
use super::*;
use crate::error::ErrorKind as Kind;
use crate::files::{pretty_json, write_synced};

const KIND: ItemKind = ItemKind { noun: "thing", hint_if_exists: "choose another" };

/// Fails like a disk that cannot exchange names.
fn unsupported_exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Publishes a folder `x` with the manifest `old`, and stages one with the manifest `new`.
fn old_and_new(parent: &Path) -> (&'static str, Staging) {
    let name = "x";
    let old = Staging::begin(parent, KIND).unwrap();
    old.publish(name, b"old", OnExisting::Refuse).unwrap();
    // Otherwise the next one would use the same draft name.
    drop(old);
    let new = Staging::begin(parent, KIND).unwrap();
    write_synced(&new.folder().join(MANIFEST_FILE), b"new").unwrap();
    (name, new)
}

fn manifest(parent: &Path) -> Vec<u8> {
    fs::read(parent.join("x").join(MANIFEST_FILE)).unwrap()
}

/// Returns the names of all entries in `folder`, including hidden ones.
fn entries(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn publishing_replaces_the_folder_and_leaves_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let (name, new) = old_and_new(parent.path());
    let refused = new.publish(name, b"new", OnExisting::Refuse).unwrap_err();
    assert_eq!(refused.kind(), Kind::AlreadyExists);
    assert!(refused.to_string().contains("a thing with this name already exists"), "{refused}");
    assert_eq!(manifest(parent.path()), b"old");
    new.publish(name, b"new", OnExisting::Replace).unwrap();
    drop(new);
    assert_eq!(manifest(parent.path()), b"new");
    assert_eq!(entries(parent.path()), ["x"]);
}

#[test]
fn update_replaces_only_the_expected_manifest() {
    for exchange in [exchange as Exchange, unsupported_exchange] {
        let parent = tempfile::tempdir().unwrap();
        let (_, new) = old_and_new(parent.path());
        let target = parent.path().join("x");
        let stale = new.replace(&target, b"", OnExisting::Update(b"older"), exchange).unwrap_err();
        assert_eq!(stale.kind(), Kind::Conflict);
        assert!(stale.to_string().contains("another process changed the thing"), "{stale}");
        assert_eq!(manifest(parent.path()), b"old");
        new.replace(&target, b"", OnExisting::Update(b"old"), exchange).unwrap();
        assert_eq!(manifest(parent.path()), b"new");
        drop(new);
        assert_eq!(entries(parent.path()), ["x"]);
    }
}

#[test]
fn cleanup_restores_or_removes_a_replaced_folder() {
    let parent = tempfile::tempdir().unwrap();
    let aside = parent.path().join(format!("{REPLACED}x"));
    // Killed between the two renames: the folder has no name.
    fs::create_dir(&aside).unwrap();
    remove_stale_drafts(parent.path()).unwrap();
    assert_eq!(entries(parent.path()), ["x"]);
    // Killed after the second rename.
    fs::create_dir(&aside).unwrap();
    remove_stale_drafts(parent.path()).unwrap();
    assert_eq!(entries(parent.path()), ["x"]);
}

#[test]
fn cleanup_removes_only_drafts_of_ended_processes() {
    let parent = tempfile::tempdir().unwrap();
    let living = Staging::begin(parent.path(), KIND).unwrap();
    fs::create_dir(parent.path().join(".draft-1-0")).unwrap();
    remove_stale_drafts(parent.path()).unwrap();
    let name = living.folder().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(entries(parent.path()), [name]);
}

#[test]
fn removal_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    drop(old_and_new(parent.path()));
    remove(&parent.path().join("x"), KIND, Some(b"old"), || Ok(())).unwrap();
    assert!(entries(parent.path()).is_empty());
}

/// Publishes a folder with one file, `a`, with the given content.
fn published(parent: &Path, content: &[u8]) -> PathBuf {
    let files = BTreeMap::from([("a", FileRecord::of(content))]);
    let manifest = pretty_json(&BTreeMap::from([("files", files)]));
    let staging = Staging::begin(parent, KIND).unwrap();
    write_synced(&staging.folder().join("a"), content).unwrap();
    staging.publish("x", &manifest, OnExisting::Replace).unwrap()
}

fn read_manifest(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join(MANIFEST_FILE)).ok()
}

#[test]
fn changed_or_unconfirmed_folders_are_not_removed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let before = read_manifest(&folder);
    let is_as_before = |folder: &Path, content: &[u8]| {
        assert_eq!(fs::read(folder.join("a")).unwrap(), content);
        assert_eq!(entries(parent.path()), ["x"]);
    };
    let refused = remove(&folder, KIND, before.as_deref(), || Err(Error::new("no copy")));
    assert!(refused.unwrap_err().to_string().contains("no copy"));
    is_as_before(&folder, b"old");
    // Replaced since the manifest was read.
    published(parent.path(), b"new");
    let changed = remove(&folder, KIND, before.as_deref(), || panic!("must not be called"));
    assert_eq!(changed.unwrap_err().kind(), Kind::Conflict);
    is_as_before(&folder, b"new");
    // A file that a user added.
    fs::write(folder.join("notes.txt"), "by hand").unwrap();
    let held =
        remove(&folder, KIND, read_manifest(&folder).as_deref(), || panic!("must not be called"));
    assert!(held.unwrap_err().to_string().contains("notes.txt"));
    is_as_before(&folder, b"new");
    fs::remove_file(folder.join("notes.txt")).unwrap();
    remove(&folder, KIND, read_manifest(&folder).as_deref(), || Ok(())).unwrap();
    assert!(entries(parent.path()).is_empty());
}

#[test]
fn killing_a_removal_during_confirmation_loses_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let copy = parent.path().join("copy");
    let confirm = || {
        assert!(!folder.exists());
        // The files that a kill would leave at this moment.
        let aside = parent.path().join(".replaced-x");
        fs::create_dir_all(copy.join(".replaced-x")).unwrap();
        for file in ["a", MANIFEST_FILE] {
            fs::copy(aside.join(file), copy.join(".replaced-x").join(file)).unwrap();
        }
        Ok(())
    };
    remove(&folder, KIND, read_manifest(&folder).as_deref(), confirm).unwrap();
    remove_stale_drafts(&copy).unwrap();
    assert_eq!(fs::read(copy.join("x/a")).unwrap(), b"old");
}

#[test]
fn unlisted_files_are_those_in_no_manifest() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let put = |file: &str| {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    };
    for file in ["b", "c/d", ".hidden", ".DS_Store", "c/._d", ".nfs0001", "new"] {
        put(file);
    }
    let new = br#"{"files": {"new": {}}}"#;
    assert_eq!(unlisted_files(&folder, new), [".hidden", "b", "c/d"]);
    assert_eq!(unlisted_files(&folder, b""), [".hidden", "b", "c/d", "new"]);
    // With an invalid manifest nothing is known; without one, every file is unlisted.
    fs::write(folder.join(MANIFEST_FILE), "{").unwrap();
    assert!(unlisted_files(&folder, new).is_empty());
    fs::remove_file(folder.join(MANIFEST_FILE)).unwrap();
    assert_eq!(unlisted_files(&folder, new), [".hidden", "a", "b", "c/d"]);
}

#[test]
fn reader_sees_the_opened_folder_with_and_without_locks() {
    for may_lock in [true, false] {
        let parent = tempfile::tempdir().unwrap();
        let folder = published(parent.path(), b"old");
        let record = FileRecord::of(b"old");
        let mut opened = OpenedFolder::open(&folder, may_lock).unwrap();
        opened.hold_files_open(["a".to_owned(), MANIFEST_FILE.to_owned()].iter()).unwrap();
        published(parent.path(), b"new");
        assert!(!opened.is_current());
        assert_eq!(opened.fault("a", &record), None);
        assert_eq!(opened.read_checked("a", &record).unwrap(), b"old");
        assert_eq!(opened.fault("a", &FileRecord::of(b"new")).as_deref(), Some(WRONG_DIGEST));
        // If there are locks, cleanup keeps a folder that is still being read.
        remove_stale_drafts(parent.path()).unwrap();
        assert_eq!(opened.files(), if may_lock { &["a", MANIFEST_FILE][..] } else { &[] });
        drop(opened);
        remove_stale_drafts(parent.path()).unwrap();
        assert_eq!(entries(parent.path()), ["x"]);
        assert_eq!(fs::read(folder.join("a")).unwrap(), b"new");
    }
}

const WRONG_DIGEST: &str = "the SHA-256 differs from the manifest";

#[test]
fn reader_starts_over_if_the_folder_is_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let mut reads = 0;
    let read = |opened: &mut OpenedFolder| {
        reads += 1;
        if reads == 1 {
            published(parent.path(), b"new");
            return Err(Error::new("corrupt"));
        }
        opened.read("a")
    };
    let (_, found) = OpenedFolder::read_with(&folder, read).unwrap();
    assert_eq!((found, reads), (b"new".to_vec(), 2));
    let missing = OpenedFolder::read_with(&parent.path().join("y"), |_| Ok(()));
    assert!(missing.is_err());
}

// On a disk that cannot exchange names, the folder has no name between the two renames.
#[test]
fn reader_waits_for_a_folder_that_is_being_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let aside = parent.path().join(".replaced-x");
    let held = lock_dir(parent.path());
    fs::rename(&folder, &aside).unwrap();
    std::thread::scope(|threads| {
        let reader =
            threads.spawn(|| OpenedFolder::open(&folder, true).map(|opened| opened.read("a")));
        // The reader finds the folder, whether it opens it before or after the rename.
        fs::rename(&aside, &folder).unwrap();
        drop(held);
        assert_eq!(reader.join().unwrap().unwrap().unwrap(), b"old");
    });
}
