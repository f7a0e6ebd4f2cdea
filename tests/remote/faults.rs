//! Every request of an upload and of a download fails once, in every way.
//!
//! The tables in `docs/remote.md` show the results. `REMOTE_UPDATE=1 cargo test --test end_to_end
//! every_request` rewrites them; review the changes before you commit them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;
use std::thread;

use super::server::{Disk, Which, Wrong};
use super::{Files, HERE, THERE, checkpoint, command, here, names, put_here, put_there, workspace};
use crate::support::Sandbox;

/// The number of scenarios that run in parallel.
const AT_ONCE: usize = 6;

/// The faults of a WebDAV server: their names in the table, and the error messages of permanent
/// faults.
const FAULTS: [(Wrong, &str, &str); 17] = [
    (Wrong::CutBefore, "connection cut before", ""),
    (Wrong::CutMidway, "connection cut midway", ""),
    (Wrong::CutAfter, "connection cut after", ""),
    (Wrong::OtherBytes, "success, but wrong bytes (reads, `PUT`) or nothing done (others)", ""),
    (Wrong::HalfIsAll, "truncated body with 201 or 200", ""),
    (Wrong::CutThenNoRanges, "cut midway, then the range is ignored (200)", ""),
    (Wrong::CutThenOtherTag, "cut midway, then the `ETag` has changed", ""),
    (Wrong::LockedButDone, "423, although the request was carried out", ""),
    (Wrong::TooMany, "429 with `Retry-After`", ""),
    (Wrong::Busy, "503", ""),
    (Wrong::Stall, "the server stops sending", ""),
    (Wrong::Full, "507", "free some space"),
    (Wrong::Unknown, "401", "check the entry for the machine `127.0.0.1`"),
    (Wrong::Forbidden, "403", "ask the server's administrator for permission"),
    (Wrong::TooLarge, "413", "raise its limit for the size of a file"),
    (Wrong::OtherServer, "redirect to another host", "it may be a login page"),
    (Wrong::LoginPage, "a login page with 200", "got an HTML page instead of the file"),
];

/// The faults of a bucket.
const BUCKET_FAULTS: [(Wrong, &str, &str); 15] = [
    (Wrong::CutBefore, "connection cut before", ""),
    (Wrong::CutMidway, "connection cut midway", ""),
    (Wrong::CutAfter, "connection cut after", ""),
    (Wrong::OtherBytes, "200, but wrong bytes (reads, `PUT`) or an error as the body (others)", ""),
    (Wrong::HalfIsAll, "truncated body with 200", ""),
    (Wrong::CutThenNoRanges, "cut midway, then the range is ignored (200)", ""),
    (Wrong::CutThenOtherTag, "cut midway, then the `ETag` has changed", ""),
    (Wrong::BusyButDone, "500, although the request was carried out", ""),
    (Wrong::TooMany, "429 with `Retry-After`", ""),
    (Wrong::Busy, "503", ""),
    (Wrong::Stall, "the server stops sending", ""),
    (Wrong::Full, "507", "free some space"),
    (Wrong::Unknown, "401", "check AWS_ACCESS_KEY_ID"),
    (Wrong::Forbidden, "403", "ask the server's administrator for permission"),
    (Wrong::OtherServer, "redirect to another host", "redirect to another origin"),
];

/// A kind of remote: its faults and its table.
struct Kind {
    serve: fn() -> Disk,
    faults: &'static [(Wrong, &'static str, &'static str)],
    ways: &'static [Way],
    columns: &'static [(Way, &'static str, &'static str)],
    /// The first line of the table in the documentation.
    start: &'static str,
}

const DISK: Kind = Kind {
    serve: Disk::serve,
    faults: &FAULTS,
    ways: &[Way::Up, Way::Repair, Way::Down],
    columns: &[
        (Way::Up, "PROPFIND", "list"),
        (Way::Up, "MKCOL", "`MKCOL`"),
        (Way::Up, "PUT", "`PUT`"),
        (Way::Up, "GET", "read back"),
        (Way::Up, "MOVE", "`MOVE`"),
        (Way::Repair, "GET", "repair: `GET`"),
        (Way::Repair, "MOVE", "`MOVE`"),
        (Way::Down, "GET", "download: `GET`"),
    ],
    start: "<!-- made by tests/remote/faults.rs -->\n",
};

const BUCKET: Kind = Kind {
    serve: Disk::serve_bucket,
    faults: &BUCKET_FAULTS,
    ways: &[Way::Up, Way::UpInParts, Way::Repair, Way::Down],
    columns: &[
        (Way::Up, "LIST", "list"),
        (Way::Up, "HEAD", "`HEAD`"),
        (Way::Up, "PUT", "`PUT`"),
        (Way::UpInParts, "BEGIN", "in parts: begin"),
        (Way::UpInParts, "PART", "a part"),
        (Way::UpInParts, "END", "end"),
        (Way::Up, "GET", "read back"),
        (Way::Up, "CLAIM", "claim"),
        (Way::Up, "COPY", "copy"),
        (Way::Up, "DELETE", "`DELETE`"),
        (Way::Repair, "GET", "repair: `GET`"),
        (Way::Repair, "CLAIM", "claim"),
        (Way::Repair, "COPY", "copy"),
        (Way::Down, "HEAD", "download: `HEAD`"),
        (Way::Down, "GET", "`GET`"),
    ],
    start: "<!-- made by tests/remote/faults.rs, of a bucket -->\n",
};

/// The operation and the size of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Up,
    /// An upload of a file that is sent to a bucket in parts.
    UpInParts,
    /// An upload that replaces a damaged copy.
    Repair,
    Down,
}

impl Way {
    fn size(self) -> usize {
        if self == Self::UpInParts { 9 << 20 } else { 100_000 }
    }
}

/// The name of a damaged copy that was moved away.
const ASIDE: &str = ".replaced-x-";

/// The files of `x`, one of them truncated.
fn damaged() -> Files {
    let mut files = checkpoint(2, Way::Repair.size());
    files.insert("ada/model.json".to_owned(), b"short".to_vec());
    files
}

/// The operations for a file that is sent in parts; other operations are those of other files.
const PARTS: [&str; 3] = ["BEGIN", "PART", "END"];

/// A server and a workspace, each with an old checkpoint, and one of them with `x`.
struct Scene {
    disk: Disk,
    sandbox: Sandbox,
    way: Way,
}

impl Scene {
    fn new(kind: &Kind, way: Way) -> Self {
        let (disk, sandbox) = ((kind.serve)(), workspace());
        put_here(&sandbox, "old", &checkpoint(1, 100));
        put_there(&disk, "old", &checkpoint(1, 100));
        match way {
            Way::Up | Way::UpInParts => put_here(&sandbox, "x", &checkpoint(2, way.size())),
            Way::Repair => {
                put_here(&sandbox, "x", &checkpoint(2, way.size()));
                put_there(&disk, "x", &damaged());
            }
            Way::Down => put_there(&disk, "x", &checkpoint(2, way.size())),
        }
        Self { disk, sandbox, way }
    }

    fn run(&self) -> crate::support::Run {
        let arguments: &[&str] = match self.way {
            Way::Up | Way::UpInParts => &["upload", "fusion_v1/x"],
            Way::Repair => &["upload", "fusion_v1/x", "--force"],
            Way::Down => &["download", "fusion_v1/x"],
        };
        let mut command = command(&self.sandbox, &self.disk.url, arguments);
        self.sandbox.finish(command.envs(self.disk.variables.iter().map(|(k, v)| (k, v))))
    }

    /// Returns the visible files of `x` on the remote. In a bucket, objects without a manifest are
    /// not visible.
    fn published(&self) -> Files {
        let mut found = self.disk.files(&format!("{THERE}/x"));
        let is_seen = !self.disk.is_bucket() || found.contains_key("manifest.json");
        found.retain(|path, _| is_seen && !path.starts_with('.'));
        found
    }

    /// Returns whether the damaged copy is kept under a hidden name.
    fn is_aside(&self) -> bool {
        let mut hidden = names(self.disk.names(THERE)).1.into_iter();
        hidden.any(|name| {
            let mut found = self.disk.files(&format!("{THERE}/{name}"));
            found.remove(".claim");
            name.starts_with(ASIDE) && found == damaged()
        })
    }

    /// Asserts that `x` is complete or missing on both sides, and that older checkpoints are
    /// unchanged.
    #[track_caller]
    fn check(&self, context: &str) {
        let x = checkpoint(2, self.way.size());
        let there = self.published();
        let is_old = self.way == Way::Repair && there == damaged();
        assert!(there.is_empty() || there == x || is_old, "half a checkpoint there: {context}");
        assert!(self.way != Way::Repair || is_old || self.is_aside(), "it is lost: {context}");
        let (shown, _) = names(self.disk.names(THERE));
        assert!(shown.iter().all(|name| ["old", "x"].contains(&name.as_str())), "{shown:?}");
        let is_empty = shown.contains(&"x".to_owned()) && there.is_empty();
        assert!(!is_empty || self.disk.is_bucket(), "an empty one there: {context}");
        let local = here(&self.sandbox, "x");
        assert!(local.is_empty() || local == x, "half a checkpoint here: {context}");
        assert_eq!(here(&self.sandbox, "old"), checkpoint(1, 100), "{context}");
        assert_eq!(self.disk.files(&format!("{THERE}/old")), checkpoint(1, 100), "{context}");
    }

    /// Asserts that `x` is on both sides, without temporary files.
    #[track_caller]
    fn check_done(&self, context: &str) {
        self.check(context);
        assert_eq!(here(&self.sandbox, "x"), checkpoint(2, self.way.size()), "{context}");
        assert_eq!(self.published(), checkpoint(2, self.way.size()), "{context}");
        let mut hidden = names(self.disk.names(THERE)).1;
        hidden.retain(|name| self.way != Way::Repair || !name.starts_with(ASIDE));
        assert_eq!(hidden, Vec::<String>::new(), "{context}");
        assert_eq!(names(self.sandbox.checkpoint_names()).1, Vec::<String>::new(), "{context}");
        assert!(self.sandbox.path().join(HERE).join("x/manifest.json").exists());
    }
}

/// The results of runs with one fault each.
type Ends = BTreeMap<(Wrong, Way, String), BTreeSet<bool>>;

/// Returns the requests of a run without faults.
fn requests(kind: &Kind, way: Way) -> Vec<Which> {
    let scene = Scene::new(kind, way);
    scene.disk.has(None);
    scene.run().code(0);
    scene.check_done("nothing went wrong");
    scene.disk.asked().into_iter().map(|asked| asked.which).collect()
}

/// Returns whether a fault can occur in a request with this method.
fn applies(wrong: Wrong, (method, ..): &Which) -> bool {
    match wrong {
        Wrong::CutThenNoRanges | Wrong::CutThenOtherTag => method == "GET",
        Wrong::HalfIsAll => {
            ["GET", "PUT", "PROPFIND", "LIST", "PART", "CLAIM", "BEGIN"].contains(&method.as_str())
        }
        Wrong::TooLarge => method == "PUT",
        // The response states the actual result, that the path does not exist, so the client stops.
        Wrong::OtherBytes => method != "DELETE" && method != "HEAD",
        _ => true,
    }
}

/// Returns whether a request only detects the capabilities of the server.
fn is_probe((method, path, before): &Which) -> bool {
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    method == "PROPFIND" && *before == 0 && (path == "/dav/" || name.starts_with(".upload-"))
}

fn try_one(kind: &Kind, wrong: Wrong, says: &str, way: Way, which: &Which) -> bool {
    let context = format!("{wrong:?} at {which:?}, {way:?}");
    let scene = Scene::new(kind, way);
    scene.disk.has(Some((which.clone(), wrong)));
    let first = scene.run();
    scene.check(&format!("{context}\n{first}"));
    let has_ended = first.code == Some(0);
    assert!(has_ended || first.code == Some(2), "{context}\n{first}");
    // Permanent faults are reported. A fault may be ignored if the result does not depend on the
    // request: removing or looking for a missing file, creating an existing folder, or detecting
    // the authentication scheme and whether names may start with a dot.
    let is_helpful = ["MKCOL", "LIST"].contains(&which.0.as_str()) || is_probe(which);
    let is_needed = which.0 != "DELETE" && !(is_helpful && has_ended);
    if !says.is_empty() && is_needed {
        assert!(!has_ended && first.stderr.contains(says), "{context}\n{first}");
        assert!(first.stderr.contains(&scene.disk.server), "{context}\n{first}");
    }
    for shown in scene.disk.shown_elsewhere() {
        assert_eq!(shown, None, "{context}: another server was shown the password");
    }
    scene.disk.has(None);
    let second = scene.run();
    assert!(second.code == Some(0), "{context}: a plain re-run does not finish\n{first}\n{second}");
    scene.check_done(&format!("{context}\n{first}\n{second}"));
    has_ended
}

#[test]
fn every_request_to_a_webdav_server_fails_in_every_way() {
    every_request_goes_wrong(&DISK);
}

#[test]
fn every_request_to_a_bucket_fails_in_every_way() {
    every_request_goes_wrong(&BUCKET);
}

fn every_request_goes_wrong(kind: &Kind) {
    let mut jobs = Vec::new();
    let up = requests(kind, Way::Up);
    for way in kind.ways {
        for which in requests(kind, *way) {
            let is_new = match way {
                Way::Up | Way::Down => true,
                Way::UpInParts => PARTS.contains(&which.0.as_str()),
                Way::Repair => !up.contains(&which),
            };
            for (wrong, _, says) in kind.faults {
                if is_new && applies(*wrong, &which) {
                    jobs.push((*wrong, *says, *way, which.clone()));
                }
            }
        }
    }
    assert!(jobs.len() > 300, "only {} cases", jobs.len());
    let (jobs, ends) = (Mutex::new(jobs.into_iter()), Mutex::new(Ends::new()));
    let failed = thread::scope(|scope| {
        let worker = || {
            loop {
                let Some((wrong, says, way, which)) = jobs.lock().unwrap().next() else { break };
                let has_ended = try_one(kind, wrong, says, way, &which);
                let key = (wrong, way, which.0);
                ends.lock().unwrap().entry(key).or_default().insert(has_ended);
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().find_map(|worker| worker.join().err())
    });
    if let Some(panic) = failed {
        std::panic::resume_unwind(panic);
    }
    check_table(kind.start, &table(kind, &ends.into_inner().unwrap()));
}

/// Returns the table in the documentation.
fn table(kind: &Kind, ends: &Ends) -> String {
    let columns = kind.columns;
    let mut table = "| what goes wrong |".to_owned();
    for (_, _, head) in columns {
        table += &format!(" {head} |");
    }
    table += &format!("\n|---{}|\n", "|---".repeat(columns.len()));
    for &(wrong, name, _) in kind.faults {
        table += &format!("| {name} |");
        for &(way, method, _) in columns {
            let found = ends.get(&(wrong, way, method.to_owned()));
            let cell = match found.map(|found| found.iter().copied().collect::<Vec<_>>()) {
                None => "",
                Some(ended) if ended == [true] => "finishes",
                Some(ended) if ended == [false] => "stops",
                Some(_) => "finishes or stops",
            };
            table += &format!(" {cell} |");
        }
        table += "\n";
    }
    table
}

fn check_table(start: &str, table: &str) {
    const END: &str = "<!-- end -->";
    // Both tables are in the same file.
    static FILE: Mutex<()> = Mutex::new(());
    let _alone = FILE.lock();
    let path = crate::support::repository().join("docs/remote.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(start).expect("the table has a beginning");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("REMOTE_UPDATE").is_some() {
        fs::write(&path, format!("{before}{start}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "docs/remote.md shows another table");
    }
}
