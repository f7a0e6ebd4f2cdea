//! Publishing, also where the disk cannot exchange names.

use std::io::{self, ErrorKind};

use super::staging::Exchange;
use super::swap::exchange;
use super::*;
use crate::workspace::Name;

const KIND: Kind = Kind { noun: "thing", if_taken: "choose another" };

/// As disks that cannot exchange names.
fn cannot(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// A published folder `x` with the manifest `old`, and a new one beside it, not yet published.
fn old_and_new(parent: &Path) -> (Name, Staging) {
    let name = Name::new("thing", "x").unwrap();
    let old = Staging::begin(parent, KIND).unwrap();
    old.publish(&name, b"old", Existing::Refuse).unwrap();
    // Before the next one takes the name of its folder.
    drop(old);
    let new = Staging::begin(parent, KIND).unwrap();
    write_synced(&new.folder().join(MANIFEST_FILE), b"new").unwrap();
    (name, new)
}

fn manifest(parent: &Path) -> Vec<u8> {
    fs::read(parent.join("x").join(MANIFEST_FILE)).unwrap()
}

/// What lies in `folder`, hidden or not.
fn entries(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_published_is_there_whole_and_nothing_beside_it() {
    let parent = tempfile::tempdir().unwrap();
    let (name, new) = old_and_new(parent.path());
    let refused = new.publish(&name, b"new", Existing::Refuse).unwrap_err();
    assert!(refused.to_string().contains("there is a thing of this name"), "{refused}");
    assert_eq!(manifest(parent.path()), b"old");
    new.publish(&name, b"new", Existing::Replace).unwrap();
    drop(new);
    assert_eq!(manifest(parent.path()), b"new");
    assert_eq!(entries(parent.path()), ["x"]);
}

#[test]
fn an_update_takes_the_place_of_what_it_was_made_from_alone() {
    for exchange in [exchange as Exchange, cannot] {
        let parent = tempfile::tempdir().unwrap();
        let (_, new) = old_and_new(parent.path());
        let target = parent.path().join("x");
        let stale = new.replace(&target, b"", Existing::Update(b"older"), exchange).unwrap_err();
        assert!(stale.to_string().contains("another run changed the thing"), "{stale}");
        assert_eq!(manifest(parent.path()), b"old");
        new.replace(&target, b"", Existing::Update(b"old"), exchange).unwrap();
        assert_eq!(manifest(parent.path()), b"new");
        drop(new);
        assert_eq!(entries(parent.path()), ["x"]);
    }
}

#[test]
fn what_was_set_aside_is_put_back_or_removed() {
    let parent = tempfile::tempdir().unwrap();
    let aside = parent.path().join(format!("{REPLACED}x"));
    // Killed between the two steps: nothing has the name.
    fs::create_dir(&aside).unwrap();
    sweep(parent.path()).unwrap();
    assert_eq!(entries(parent.path()), ["x"]);
    // Killed after them.
    fs::create_dir(&aside).unwrap();
    sweep(parent.path()).unwrap();
    assert_eq!(entries(parent.path()), ["x"]);
}

#[test]
fn only_drafts_of_runs_that_are_gone_are_swept_up() {
    let parent = tempfile::tempdir().unwrap();
    let living = Staging::begin(parent.path(), KIND).unwrap();
    fs::create_dir(parent.path().join(".draft-1-0")).unwrap();
    sweep(parent.path()).unwrap();
    let name = living.folder().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(entries(parent.path()), [name]);
}

#[test]
fn what_is_removed_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    drop(old_and_new(parent.path()));
    remove(&parent.path().join("x"), KIND, Some(b"old"), || Ok(())).unwrap();
    assert!(entries(parent.path()).is_empty());
}

/// A folder with the manifest of one file, `a`, which holds `content`.
fn published(parent: &Path, content: &[u8]) -> PathBuf {
    let files = BTreeMap::from([("a", FileRecord::of(content))]);
    let manifest = json_file(&BTreeMap::from([("files", files)]));
    let staging = Staging::begin(parent, KIND).unwrap();
    write_synced(&staging.folder().join("a"), content).unwrap();
    staging.publish(&Name::new("thing", "x").unwrap(), &manifest, Existing::Replace).unwrap()
}

fn seen(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join(MANIFEST_FILE)).ok()
}

#[test]
fn what_changed_or_is_not_confirmed_is_not_removed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let before = seen(&folder);
    let is_as_before = |folder: &Path, content: &[u8]| {
        assert_eq!(fs::read(folder.join("a")).unwrap(), content);
        assert_eq!(entries(parent.path()), ["x"]);
    };
    let refused = remove(&folder, KIND, before.as_deref(), || Err(Error::new("no copy")));
    assert!(refused.unwrap_err().to_string().contains("no copy"));
    is_as_before(&folder, b"old");
    // Retrained since it was looked at.
    published(parent.path(), b"new");
    let changed = remove(&folder, KIND, before.as_deref(), || panic!("not even asked"));
    assert!(changed.unwrap_err().to_string().contains("another run changed"));
    is_as_before(&folder, b"new");
    // A note that a user put there.
    fs::write(folder.join("notes.txt"), "by hand").unwrap();
    let held = remove(&folder, KIND, seen(&folder).as_deref(), || panic!("not even asked"));
    assert!(held.unwrap_err().to_string().contains("notes.txt"));
    is_as_before(&folder, b"new");
    fs::remove_file(folder.join("notes.txt")).unwrap();
    remove(&folder, KIND, seen(&folder).as_deref(), || Ok(())).unwrap();
    assert!(entries(parent.path()).is_empty());
}

#[test]
fn while_a_removal_is_confirmed_nothing_has_the_name_and_a_kill_loses_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let copy = parent.path().join("copy");
    let confirm = || {
        assert!(!folder.exists());
        // What a kill would leave just now.
        let aside = parent.path().join(".replaced-x");
        fs::create_dir_all(copy.join(".replaced-x")).unwrap();
        for file in ["a", MANIFEST_FILE] {
            fs::copy(aside.join(file), copy.join(".replaced-x").join(file)).unwrap();
        }
        Ok(())
    };
    remove(&folder, KIND, seen(&folder).as_deref(), confirm).unwrap();
    sweep(&copy).unwrap();
    assert_eq!(fs::read(copy.join("x/a")).unwrap(), b"old");
}

#[test]
fn which_files_are_not_part_of_what_is_published() {
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
    assert_eq!(other_files(&folder, new), [".hidden", "b", "c/d"]);
    assert_eq!(other_files(&folder, b""), [".hidden", "b", "c/d", "new"]);
    // Without a manifest all of it may be somebody's; with a broken one, nothing can be told.
    fs::write(folder.join(MANIFEST_FILE), "{").unwrap();
    assert!(other_files(&folder, new).is_empty());
    fs::remove_file(folder.join(MANIFEST_FILE)).unwrap();
    assert_eq!(other_files(&folder, new), [".hidden", "a", "b", "c/d"]);
}

#[test]
fn what_is_read_is_what_was_opened_with_locks_and_without() {
    for may_lock in [true, false] {
        let parent = tempfile::tempdir().unwrap();
        let folder = published(parent.path(), b"old");
        let record = FileRecord::of(b"old");
        let mut opened = Opened::open(&folder, may_lock).unwrap();
        opened.keep(["a".to_owned(), MANIFEST_FILE.to_owned()].iter()).unwrap();
        published(parent.path(), b"new");
        assert!(!opened.is_current());
        assert_eq!(opened.fault("a", &record), None);
        assert_eq!(opened.read_checked("a", &record).unwrap(), b"old");
        assert_eq!(opened.fault("a", &FileRecord::of(b"new")).as_deref(), Some(WRONG_DIGEST));
        // Nobody takes what is still read from its readers, if there are locks.
        sweep(parent.path()).unwrap();
        assert_eq!(opened.files(), if may_lock { &["a", MANIFEST_FILE][..] } else { &[] });
        drop(opened);
        sweep(parent.path()).unwrap();
        assert_eq!(entries(parent.path()), ["x"]);
        assert_eq!(fs::read(folder.join("a")).unwrap(), b"new");
    }
}

const WRONG_DIGEST: &str = "its SHA-256 is not what the manifest says";

#[test]
fn a_reader_begins_again_where_another_run_replaces_what_it_opened() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let mut reads = 0;
    let read = |opened: &mut Opened| {
        reads += 1;
        if reads == 1 {
            published(parent.path(), b"new");
            return Err(Error::new("damaged"));
        }
        opened.read("a")
    };
    let (_, found) = Opened::read_with(&folder, read).unwrap();
    assert_eq!((found, reads), (b"new".to_vec(), 2));
    let missing = Opened::read_with(&parent.path().join("y"), |_| Ok(()));
    assert!(missing.is_err());
}

// On a disk that cannot exchange names there is a moment between two renames.
#[test]
fn a_reader_waits_for_a_folder_that_is_being_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = published(parent.path(), b"old");
    let aside = parent.path().join(".replaced-x");
    let held = hold(parent.path());
    fs::rename(&folder, &aside).unwrap();
    std::thread::scope(|threads| {
        let reader = threads.spawn(|| Opened::open(&folder, true).map(|opened| opened.read("a")));
        // Whether the reader looks before or after, it finds it.
        fs::rename(&aside, &folder).unwrap();
        drop(held);
        assert_eq!(reader.join().unwrap().unwrap().unwrap(), b"old");
    });
}
