//! Publishing, also where the disk cannot exchange names.

use super::*;

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
        let stale = new.replace(&target, Existing::Update(b"older"), exchange).unwrap_err();
        assert!(stale.to_string().contains("another run changed the thing"), "{stale}");
        assert_eq!(manifest(parent.path()), b"old");
        new.replace(&target, Existing::Update(b"old"), exchange).unwrap();
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
    remove(&parent.path().join("x"), KIND).unwrap();
    assert!(entries(parent.path()).is_empty());
}
