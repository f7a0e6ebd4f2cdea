//! Uploading: gathered in a hidden folder of the remote, checked, and published by one move.
//!
//! The hidden folder is called after the name and the manifest's SHA-256, so that a later run goes
//! on with what an interrupted one left, and several runs with the same content help each other. A
//! file counts only when this run has read it back and found it to be what the manifest says.

use std::collections::BTreeMap;

use super::dav::PAGE;
use super::item::{Contents, Item};
use super::look::{There, folders};
use super::outgoing::Outgoing;
use super::s3::CLAIM;
use super::transfer::{
    CountingReader, HashingReader, Moved, ProgressMeter, Watcher, at_once, fault_of, is_same,
};
use super::{Options, Remote, Transferred};
use crate::error::{Error, Location, Result, quoted_list};
use crate::publish::{FileRecord, MANIFEST_FILE, Opened};
use crate::web::{Backoff, RequestError, RequestResult, retry_with_backoff};

/// What folders of uploads that are under way are called, before the name and the content's tag.
const UPLOAD: &str = ".upload-";

/// What files under way are called, before something random.
const PART: &str = ".part-";

/// How often a run begins anew because another one took what it was at.
const ROUNDS: usize = 5;

impl Remote {
    /// Uploads the item: afterwards the remote has it, whole, or has nothing more to be seen.
    ///
    /// # Errors
    /// When it is not here and whole; when the remote has something else of this name, or a
    /// damaged copy and [`Options::force`] is not set; when the remote cannot be written to.
    pub fn upload(
        &self,
        item: &Item,
        options: Options,
        watcher: &dyn Watcher,
    ) -> Result<Transferred> {
        let (contents, opened) = item.to_send()?;
        if let Some(error) = self.store.read_only() {
            return Err(error);
        }
        self.refuse_own(item, &contents)?;
        let (contents, opened) = (&contents, &opened);
        let upload = Upload { remote: self, item, contents, opened, options, watcher };
        upload.run().map_err(RequestError::into_error)
    }
}

/// One upload.
struct Upload<'a> {
    remote: &'a Remote,
    item: &'a Item,
    contents: &'a Contents,
    /// The folder that `contents` was read from.
    opened: &'a Opened,
    options: Options,
    watcher: &'a dyn Watcher,
}

impl Upload<'_> {
    fn run(&self) -> RequestResult<Transferred> {
        let mut last = None;
        for _ in 0..ROUNDS {
            let Some(in_the_way) = self.look()? else { return Ok(self.done(false)) };
            if self.options.dry_run {
                return Ok(self.done(true));
            }
            match self.stage().and_then(|()| self.publish(&in_the_way)) {
                // Another run with the same content has published what was gathered.
                Err(RequestError::NotFound(error)) => {
                    tracing::info!(%error, "looking again");
                    last = Some(error);
                }
                published => return published.map(|()| self.done(true)),
            }
        }
        let what = "what was uploaded was not there again and again";
        let error = Error::at(self.place(), what).hint(
            "somebody else works on it: run this again later; or the disk hides names that begin \
             with a dot: ask who looks after it",
        );
        Err(RequestError::Permanent(match last {
            Some(last) => error.caused_by(last),
            None => error,
        }))
    }

    fn place(&self) -> Location {
        self.remote.store.place(&self.item.remote())
    }

    fn done(&self, moved: bool) -> Transferred {
        Transferred {
            moved,
            files: self.contents.count(),
            bytes: self.contents.size(),
            place: self.place().to_string(),
        }
    }

    /// Looks what is there: `None` where it is this, whole; else what stands in the way.
    fn look(&self) -> RequestResult<Option<InTheWay>> {
        match self.remote.look(self.item)? {
            There::Absent => Ok(Some(InTheWay::Nothing)),
            There::Published(there) if there.manifest == self.contents.manifest => self.same(there),
            There::Published(there) => Err(self.different(&there)),
            There::Broken(_, manifest) if self.options.force => {
                Ok(Some(InTheWay::Damaged(manifest)))
            }
            There::Broken(error, _) => Err(RequestError::Permanent(
                error.hint("--force sets it aside, under a hidden name, and uploads in its place"),
            )),
        }
    }

    /// Where the remote has this very manifest: looks at the files, closely if asked to repair.
    fn same(&self, there: Contents) -> RequestResult<Option<InTheWay>> {
        let faults = if self.options.force {
            let faults = self.remote.faults(self.item, &there, self.watcher)?;
            faults.iter().map(|fault| format!("{}: {}", fault.path.display(), fault.what)).collect()
        } else {
            self.remote.size_faults(&self.item.remote(), &there)?
        };
        match faults.first() {
            None => {
                if !self.options.dry_run && self.remote.store.is_flat() {
                    self.tidy();
                }
                Ok(None)
            }
            Some(_) if self.options.force => Ok(Some(InTheWay::Damaged(Some(there.manifest)))),
            Some(fault) => {
                let what = format!("the copy on the remote is damaged: {fault}");
                Err(RequestError::Permanent(
                    Error::at(self.place(), what).hint("repair it with --force"),
                ))
            }
        }
    }

    /// The error of another item of this name.
    fn different(&self, there: &Contents) -> RequestError {
        let (ours, theirs) = (&self.contents.files, &there.files);
        let differs = |file: &&String| ours.get(*file) != theirs.get(*file);
        let mut files: Vec<&str> = ours.keys().filter(differs).map(String::as_str).collect();
        files.extend(theirs.keys().filter(|file| !ours.contains_key(*file)).map(String::as_str));
        if files.is_empty() {
            files.push(MANIFEST_FILE);
        }
        if !self.options.dry_run {
            // Best effort: what was gathered can never be published under this name.
            let _ = self.remote.store.remove(&format!("{}/", self.staging()));
        }
        let noun = self.item.noun();
        let what = format!(
            "the remote has another {noun} of this name; what differs: {}",
            quoted_list(files)
        );
        RequestError::Permanent(Error::at(self.place(), what).hint(
            "what is published is never changed: give this one another name, and upload that",
        ))
    }

    fn staging(&self) -> String {
        let (name, tag) = (self.item.name(), self.contents.tag());
        self.item.beside(&format!("{UPLOAD}{name}-{tag}"))
    }

    /// Removes what is left of gathering this when it is published: another run with the same
    /// content may have begun again, or one was killed in a bucket. Best effort.
    fn tidy(&self) {
        let store = &*self.remote.store;
        let _ = store.remove(&format!("{}/", self.staging()));
        if store.is_flat() {
            let _ = store.remove(&format!("{}/{CLAIM}", self.item.remote()));
        }
    }

    /// Has every file be in the hidden folder, checked; the manifest last.
    fn stage(&self) -> RequestResult<()> {
        let store = &*self.remote.store;
        let staging = self.staging();
        let parents = self.item.remote_parents();
        let below = folders(self.contents).into_iter().map(|folder| format!("{staging}/{folder}"));
        for folder in parents.into_iter().chain([staging.clone()]).chain(below) {
            self.make_folder(&folder)?;
        }
        if let Some(notice) = store.notice() {
            self.watcher.notice(&notice);
        }
        let there = self.remote.tree(&staging, self.contents)?;
        // Sent, and read back.
        let what = format!("uploading and checking {}", self.item);
        self.watcher.start_bytes(&what, 2 * self.contents.size(), 0);
        at_once(&self.contents.files, |(file, record)| {
            self.place_file(&Outgoing::file((self.item, self.opened), file, record), &there)
        })?;
        for part in there.keys().filter(|file| file.starts_with(PART)) {
            retry_with_backoff(self.remote.first_wait, || {
                store.remove(&format!("{staging}/{part}"))
            })?;
        }
        self.place_file(&Outgoing::manifest(self.item, self.contents), &there)?;
        self.watcher.finish();
        self.check_staged()
    }

    /// Has a folder be there. What the server says of one that another run makes at the same
    /// moment differs much: it is there, and that is enough.
    fn make_folder(&self, folder: &str) -> RequestResult<()> {
        let store = &*self.remote.store;
        let made = retry_with_backoff(self.remote.first_wait, || match store.make_folder(folder) {
            Err(_) if store.list(folder).is_ok() => Ok(()),
            made => made,
        });
        made.map_err(|fault| match fault {
            RequestError::NotFound(error) if !folder.contains('/') => RequestError::Permanent(
                error.hint("there is no such folder: look at the remote's URL"),
            ),
            fault => fault,
        })
    }

    /// All that it has, the manifest included, by path within it.
    fn files(&self) -> Vec<&str> {
        let files = self.contents.files.keys().map(String::as_str);
        files.chain([MANIFEST_FILE]).collect()
    }

    /// Notices a file that the server said was moved to its name, and was not.
    fn check_staged(&self) -> RequestResult<()> {
        let there = self.remote.tree(&self.staging(), self.contents)?;
        match self.files().into_iter().find(|file| !there.contains_key(*file)) {
            None => Ok(()),
            Some(file) => {
                let place = self.remote.store.place(&format!("{}/{file}", self.staging()));
                Err(RequestError::NotFound(Error::at(place, "it was put there, and is not there")))
            }
        }
    }

    /// Has one file be in the hidden folder, checked.
    fn place_file(
        &self,
        outgoing: &Outgoing,
        there: &BTreeMap<String, Option<u64>>,
    ) -> RequestResult<()> {
        let Outgoing { file, record, .. } = outgoing;
        let path = format!("{}/{file}", self.staging());
        let mut tries = Backoff::new(self.remote.first_wait);
        let (mut sent, mut checked) =
            (ProgressMeter::new(self.watcher), ProgressMeter::new(self.watcher));
        let size = there.get(*file);
        let mut may_be_there = size.is_some_and(|size| size.is_none_or(|size| record.size == size));
        loop {
            if may_be_there && self.is_there(&path, record, &mut checked)? {
                sent.seek(record.size);
                self.watcher.file(file, record, Moved::Kept);
                return Ok(());
            }
            match self.send(&path, outgoing, (&mut sent, &mut checked)) {
                Err(RequestError::Transient(error, asked)) => tries.failed(error, asked)?,
                Err(fault) => return Err(fault),
                Ok(()) => {
                    self.watcher.file(file, record, Moved::Now);
                    return Ok(());
                }
            }
            // What was answered by a fault may be done all the same.
            may_be_there = true;
        }
    }

    /// Sends a file under a temporary name, reads it back, and gives it its own.
    fn send(
        &self,
        path: &str,
        outgoing: &Outgoing,
        (sent, checked): (&mut ProgressMeter, &mut ProgressMeter),
    ) -> RequestResult<()> {
        let store = &*self.remote.store;
        let part = if store.is_flat() {
            path.to_owned()
        } else {
            // A page on its way is read back as one.
            let end = if path.ends_with(PAGE) { PAGE } else { "" };
            format!("{}/{PART}{:016x}{end}", self.staging(), rand::random::<u64>())
        };
        let is_own = part != path;
        if !is_own {
            // Other runs with the same content have theirs there, too.
            outgoing.check()?;
        }
        let placed = self
            .write(&part, outgoing, sent)
            .and_then(|()| {
                if self.is_kept(&part, outgoing, checked)? {
                    return Ok(());
                }
                outgoing.check()?;
                let what = "the server keeps other bytes than it was sent";
                Err(RequestError::Transient(Error::at(store.place(path), what), None))
            })
            .and_then(|()| if is_own { store.rename(&part, path) } else { Ok(()) });
        if placed.is_err() && is_own {
            // Best effort: the next upload of this content removes what stays.
            let _ = store.remove(&part);
        }
        placed
    }

    /// Writes a file on the remote, and notices one that is damaged here.
    fn write(
        &self,
        part: &str,
        outgoing: &Outgoing,
        sent: &mut ProgressMeter,
    ) -> RequestResult<()> {
        sent.seek(0);
        let mut content = HashingReader::new(outgoing.open().map_err(RequestError::Permanent)?);
        let size = outgoing.record.size;
        self.remote.store.write(part, &mut CountingReader(&mut content, sent), size)?;
        if content.record() == outgoing.record {
            return Ok(());
        }
        outgoing.check()?;
        let what = "the server did not take all that it was sent";
        Err(RequestError::Transient(Error::at(self.remote.store.place(part), what), None))
    }

    /// Whether the remote keeps at `path` what was sent there: compared from end to end with what
    /// is here, whose record was taken as it was sent.
    fn is_kept(
        &self,
        path: &str,
        outgoing: &Outgoing,
        checked: &mut ProgressMeter,
    ) -> RequestResult<bool> {
        let place = self.remote.store.place(path);
        let found = retry_with_backoff(self.remote.first_wait, || {
            checked.seek(0);
            let mut here = outgoing.open().map_err(RequestError::Permanent)?;
            is_same(self.remote.store.read(path, None)?, &mut here, &place, checked)
        });
        match found {
            Err(RequestError::NotFound(_)) => Ok(false),
            found => found,
        }
    }

    /// Whether the file at `path` on the remote is what `record` says: read from end to end.
    fn is_there(
        &self,
        path: &str,
        record: &FileRecord,
        checked: &mut ProgressMeter,
    ) -> RequestResult<bool> {
        let place = self.remote.store.place(path);
        let found = retry_with_backoff(self.remote.first_wait, || {
            checked.seek(0);
            fault_of(self.remote.store.read(path, None)?, record, &place, checked)
        });
        match found {
            Ok(fault) => Ok(fault.is_none()),
            Err(RequestError::NotFound(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Moves the hidden folder to its place, and looks whether it is there.
    fn publish(&self, in_the_way: &InTheWay) -> RequestResult<()> {
        if let InTheWay::Damaged(manifest) = in_the_way {
            self.remote.set_aside(self.item, manifest.as_deref())?;
        }
        let store = &*self.remote.store;
        let mut tries = Backoff::new(self.remote.first_wait);
        loop {
            let moved = store.move_folder(&self.staging(), &self.item.remote(), &self.files());
            // The server's word is not taken, whatever it is.
            match self.remote.look(self.item)? {
                There::Published(there) if there.manifest == self.contents.manifest => break,
                There::Published(there) => return Err(self.different(&there)),
                There::Absent | There::Broken(..) => match moved {
                    Ok(()) => {
                        let what = "the server says that it is published, but it is not there";
                        tries.failed(Error::at(self.place(), what), None)?;
                    }
                    Err(RequestError::Transient(error, asked)) => tries.failed(error, asked)?,
                    Err(fault) => return Err(fault),
                },
            }
        }
        let faults = self.remote.size_faults(&self.item.remote(), self.contents)?;
        if let Some(fault) = faults.first() {
            let what = format!("not whole after it was published: {fault}");
            return Err(RequestError::Permanent(
                Error::at(self.place(), what).hint("repair it with --force"),
            ));
        }
        self.tidy();
        Ok(())
    }
}

/// What is where an upload is to go.
enum InTheWay {
    Nothing,
    /// Something that nobody can use, with this manifest.
    Damaged(Option<Vec<u8>>),
}
