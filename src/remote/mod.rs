//! Sharing checkpoints and vector models through a remote: a WebDAV disk, a bucket, a folder.
//!
//! `docs/remote.md` has the layout, the protocol and what is guaranteed.
//!
//! | file | stage |
//! |---|---|
//! | `settings.rs`, `location.rs` | the settings → which remote |
//! | `netrc.rs`, `credentials.rs` | who asks it |
//! | `authorization.rs` | how a server wants to be shown who asks |
//! | `store.rs` | what each kind of remote can do: `dav.rs` (`propfind.rs` reads its lists, `destination.rs` and `hidden.rs` are the names it takes), `folder.rs`, `s3.rs` (`s3_client.rs` sends its requests, `s3_signature.rs` signs them, `s3_xml.rs` and `s3_error.rs` parse responses) |
//! | `http.rs` | requests: who sees credentials, which redirects are followed, what to do about a refusal |
//! | `item.rs` | what is shared |
//! | `look.rs`, `copies.rs` | what is on the remote, whether it is whole, and a copy of what is here |
//! | `upload.rs`, `download.rs` | both ways; `aside.rs` moves away what is repaired, `transfer.rs` and `side_hash.rs` what they have in common, `partial.rs` what an interrupted download leaves |

mod aside;
mod authorization;
mod copies;
mod credentials;
mod dav;
mod destination;
mod download;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzed;
mod hidden;
mod http;
mod item;
mod location;
mod look;
mod netrc;
mod outgoing;
mod partial;
mod propfind;
mod s3;
mod s3_client;
mod s3_error;
mod s3_signature;
mod s3_xml;
mod settings;
mod side_hash;
mod store;
mod transfer;
mod upload;

use std::time::Duration;

use self::credentials::{Login, Origin};
use self::dav::Dav;
use self::folder::Folder;
use self::http::Http;
pub use self::item::{Contents, Here, Item};
use self::location::Location;
pub use self::look::RemoteCheckpoint;
pub use self::partial::{Unfinished, remove_unfinished, sweep_downloads, unfinished_downloads};
use self::s3::Bucket;
pub use self::settings::{RemoteSettings, RemoteTable};
use self::store::Store;
pub use self::transfer::{Moved, Watcher};
use crate::error::{Error, Result};

/// A place where checkpoints and vector models are shared.
pub struct Remote {
    store: Box<dyn Store>,
    first_wait: Duration,
    /// How long a server may be silent.
    stall: Duration,
    warning: Option<String>,
}

/// How to move something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Up: repair a damaged copy. Down: replace what is here.
    pub force: bool,
    /// Only look what would be done.
    pub dry_run: bool,
}

/// What became of a transfer.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// Whether it was (or, of a dry run, would be) moved; not where it was there already.
    pub moved: bool,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// Where it is now.
    pub place: String,
}

/// Why the remote does not keep a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unshared {
    /// It has none.
    Absent,
    /// It has another of this name.
    Different,
    /// It has one that is damaged.
    Damaged,
    /// It has the very files that are here: the remote is the workspace's own folder, or has links
    /// to its files.
    Own,
}

impl Remote {
    /// Gets ready to ask; asks nothing yet. `is_insecure` lets credentials go over plain `http`
    /// to other machines.
    ///
    /// # Errors
    /// When the URL is none, or a `.netrc` cannot be read as one.
    pub fn open(settings: &RemoteSettings, is_insecure: bool) -> Result<Self> {
        let http = |url: &crate::web::Url, login| {
            Ok::<_, Error>(Http::new(settings.agent()?, url.clone(), login, is_insecure))
        };
        let mut warning = None;
        let store: Box<dyn Store> = match settings.location()? {
            Location::Folder(path) => Box::new(Folder(path)),
            Location::Dav(url, in_url) => {
                let mut login = settings.login(&url, in_url)?;
                warning = login.warning.take();
                Box::new(Dav::new(http(&url, login)?, url))
            }
            Location::Link(url, token) => {
                let credentials = Some(credentials::Credentials::new(token.as_bytes(), b"")?);
                let login = Login { credentials, origin: Origin::Link, warning: None };
                Box::new(Dav::public_link(http(&url, login)?, &url, &token))
            }
            Location::S3 { bucket, prefix } => {
                Box::new(Bucket::open(settings, &bucket, &prefix, is_insecure)?)
            }
        };
        let (first_wait, stall) = (settings.first_wait, settings.timeout);
        Ok(Self { store, first_wait, stall, warning })
    }

    /// What people should look at, if there is something.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}
