//! Sharing checkpoints and vector models through a remote: a WebDAV server, an S3 bucket, or a folder.
//!
//! `docs/remote.md` describes the layout, the protocol and the guarantees.
//!
//! | file | purpose |
//! |---|---|
//! | `settings.rs`, `location.rs` | settings → type and address of the remote |
//! | `netrc.rs`, `credentials.rs` | credentials |
//! | `store.rs` | the `Store` trait: operations that every type of remote provides |
//! | `dav.rs`, `propfind.rs`, `destination.rs`, `hidden.rs` | WebDAV: requests, folder listings, `Destination` headers, hidden names |
//! | `folder.rs` | a folder |
//! | `s3.rs`, `s3_move.rs`, `s3_client.rs`, `s3_signature.rs`, `s3_xml.rs`, `s3_error.rs` | S3: operations, moving folders, requests, signatures, responses, error responses |
//! | `advice.rs` | the HTTP client and the hints of its errors |
//! | `item.rs` | an item to share: a checkpoint or a vector model |
//! | `inspect.rs`, `copies.rs` | which items the remote has, and whether its copies are valid |
//! | `upload.rs`, `upload_files.rs`, `upload_source.rs`, `quarantine.rs` | uploads, and moving corrupt copies away |
//! | `download.rs`, `partial.rs` | downloads, and resuming them |
//! | `transfer.rs`, `background_hasher.rs` | code that uploads and downloads share |

mod advice;
mod background_hasher;
mod copies;
mod credentials;
mod dav;
mod destination;
mod download;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzed;
mod hidden;
mod inspect;
mod item;
mod location;
mod netrc;
mod partial;
mod propfind;
mod quarantine;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "s3")]
mod s3_client;
#[cfg(feature = "s3")]
mod s3_error;
#[cfg(feature = "s3")]
mod s3_move;
#[cfg(feature = "s3")]
mod s3_signature;
#[cfg(feature = "s3")]
mod s3_xml;
mod settings;
mod store;
mod transfer;
mod upload;
mod upload_files;
mod upload_source;

use std::time::Duration;

use self::advice::client;
use self::credentials::{Login, Origin};
use self::dav::Dav;
use self::folder::Folder;
pub use self::inspect::{RemoteCheckpoint, VerifiedItem};
pub use self::item::{Contents, Item, LocalState};
use self::location::Location;
pub use self::partial::{Unfinished, remove_unfinished, sweep_downloads, unfinished_downloads};
#[cfg(feature = "s3")]
use self::s3::Bucket;
pub use self::settings::{RemoteSettings, RemoteTable};
use self::store::Store;
pub use self::transfer::{Moved, Watcher};
use crate::error::{Error, Result};
use crate::web::Credentials;

/// A remote, which stores shared checkpoints and vector models.
pub struct Remote {
    store: Box<dyn Store>,
    /// The wait before the first retry.
    first_wait: Duration,
    /// The time after which a request fails if the server sends nothing.
    stall: Duration,
    warning: Option<String>,
}

/// Options for uploads and downloads.
#[derive(Clone, Copy, Debug, Default)]
pub struct TransferOptions {
    /// Upload: repair a corrupt copy on the remote. Download: replace the local item.
    pub force: bool,
    /// Report what would be transferred, without transferring it.
    pub dry_run: bool,
}

/// The result of an upload or a download.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// Whether the item was transferred (in a dry run: would be transferred). `false` if the
    /// destination already had it.
    pub moved: bool,
    /// The number of files of the item.
    pub files: usize,
    /// The total size of the files in bytes.
    pub bytes: u64,
    /// The path or URL of the destination.
    pub place: String,
}

/// The reason why the remote does not have a valid copy of a local item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCopy {
    /// The remote has no item with this name.
    Missing,
    /// The remote has a different item with this name.
    Different,
    /// The copy on the remote is corrupt.
    Corrupt,
    /// The remote is the workspace itself, or links to its files, so that there is only one copy.
    SameFiles,
}

impl Remote {
    /// Prepares access to a remote without connecting to it. `is_insecure` allows sending
    /// credentials to other machines over plain `http`.
    ///
    /// # Errors
    /// If the URL or a `.netrc` file is invalid.
    pub fn open(settings: &RemoteSettings, is_insecure: bool) -> Result<Self> {
        let http = |url: &crate::web::Url, login| {
            Ok::<_, Error>(client(settings.agent()?, url.clone(), login, is_insecure))
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
                let credentials = Some(Credentials::new(token.as_bytes(), b"")?);
                let login = Login { credentials, origin: Origin::Link, warning: None };
                Box::new(Dav::public_link(http(&url, login)?, &url, &token))
            }
            #[cfg(feature = "s3")]
            Location::S3 { bucket, prefix } => {
                Box::new(Bucket::open(settings, &bucket, &prefix, is_insecure)?)
            }
            #[cfg(not(feature = "s3"))]
            Location::S3 { .. } => return Err(Error::missing_feature("s3", "remotes on S3")),
        };
        let (first_wait, stall) = (settings.first_wait, settings.timeout);
        Ok(Self { store, first_wait, stall, warning })
    }

    /// Returns a warning to show to the user, if any.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}
