//! Downloading a sentence encoder and installing it as a vector model.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use serde::Deserialize;

use super::cache::{Cached, ModelCache, is_commit};
use super::client::{FIRST_WAIT, HubClient, unexpected_response};
use super::hash::Hash;
use super::transfer::{Description, FileInfo, fetch, fetch_unverified};
use super::{DownloadRequest, HubSettings, ModelId};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::files::{self, TOO_LARGE};
use crate::progress::Progress;
use crate::vectors::collect_files::{Bundle, encoder};
use crate::vectors::encoder::{FILES, MAX_JSON};
use crate::vectors::install::{chosen_or, install};
use crate::vectors::store::Added;
use crate::web::{RequestError, Url, at, retry_with_backoff};
use crate::workspace::Workspace;

/// The format that a downloaded model is recorded with.
const FORMAT: &str = "Hugging Face Hub";

/// Downloads the files of a sentence encoder from the Hub, through the cache that Hugging Face's
/// tools share, and publishes them as a vector model in one step. Files for which a mirror gives no
/// hash cannot be verified; their names are in [`Added::unverified`].
///
/// # Errors
/// If the Hub cannot be reached or refuses the request, a file does not match the Hub's hash or is
/// not a valid file of a sentence encoder, the name is in use and not to be overwritten, or the
/// disk fails.
pub fn download(
    workspace: &Workspace,
    settings: &HubSettings,
    request: &DownloadRequest,
    progress: &dyn Progress,
) -> Result<Added> {
    let name = chosen_or(request.name.as_ref(), request.model.name())?;
    let mut unverified = Vec::new();
    let added = install(workspace, &name, request.overwrite, |folder| {
        let mut model = HubModel::find(settings, &request.model, progress)?;
        let made = encoder(&mut model, FORMAT, request.licence.clone(), folder, progress)?;
        model.set_commit()?;
        unverified = model.unverified.into_inner();
        Ok((format!("{}@{}", request.model, model.commit), made))
    })?;
    Ok(Added { unverified, ..added })
}

/// A model on the Hub at a commit. Its files are downloaded when they are opened.
struct HubModel<'a> {
    id: &'a ModelId,
    commit: String,
    endpoint: &'a Url,
    cache: ModelCache,
    /// `None` if only the cache may be used.
    client: Option<HubClient>,
    progress: &'a dyn Progress,
    /// The descriptions in the Hub's list of files, requested if the headers of a file do not
    /// suffice.
    listed: OnceCell<BTreeMap<String, Description>>,
    /// The files for which no hash is known.
    unverified: RefCell<Vec<String>>,
}

/// The Hub's description of a model.
#[derive(Deserialize)]
struct Info {
    /// The commit hash.
    sha: String,
    /// The model's files.
    #[serde(default)]
    siblings: Vec<Sibling>,
}

/// One file in the Hub's list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    /// Git's blob hash.
    blob_id: Option<String>,
    size: Option<u64>,
    /// For a large file, the pointer that git stores instead of the content.
    lfs: Option<Pointer>,
}

#[derive(Deserialize)]
struct Pointer {
    sha256: Option<String>,
    size: Option<u64>,
}

impl Sibling {
    fn description(self) -> Option<(String, Description)> {
        let (hash, size) = match self.lfs {
            Some(pointer) => (pointer.sha256, pointer.size.or(self.size)),
            None => (self.blob_id, self.size),
        };
        let description = Description { hash: Hash::parse(&hash?)?, size: size? };
        Some((self.rfilename, description))
    }
}

impl<'a> HubModel<'a> {
    /// Finds the commit of the model's revision.
    fn find(
        settings: &'a HubSettings,
        id: &'a ModelId,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let endpoint = &settings.endpoint;
        let cache = ModelCache::new(&settings.cache, id);
        let client = (!settings.is_offline).then(|| HubClient::new(settings));
        let commit = match &client {
            Some(client) => request_commit(client, endpoint, id)?,
            None => cache.commit(id.revision()).ok_or_else(|| {
                let what = format!("`{id}` at `{}` is not in Hugging Face's cache", id.revision());
                Error::at(Location::file(&settings.cache), what)
                    .with_kind(ErrorKind::NotFound)
                    .hint(OFFLINE)
            })?,
        };
        let (listed, unverified) = (OnceCell::new(), RefCell::default());
        Ok(Self { id, commit, endpoint, cache, client, progress, listed, unverified })
    }

    /// Records the commit in the cache.
    fn set_commit(&self) -> Result<()> {
        let is_known = self.client.is_none() || self.id.revision() == self.commit;
        if is_known { Ok(()) } else { self.cache.set_commit(&self.commit) }
    }

    /// Returns the path of the file in the cache, after downloading it if necessary; `None` if the
    /// model has no such file.
    fn file(&self, path: &str) -> Result<Option<PathBuf>> {
        match self.cache.look_up(&self.commit, path) {
            Cached::Complete(file) => return Ok(Some(file)),
            Cached::Absent => return Ok(None),
            Cached::Unknown => {}
        }
        let url = self.url(path);
        let Some(client) = &self.client else {
            // Without the file, only the note on the licence is missing.
            if path == "README.md" {
                return Ok(None);
            }
            let what = "missing or corrupt in Hugging Face's cache";
            return Err(at(&url, what).with_kind(ErrorKind::NotFound).hint(OFFLINE));
        };
        let description = FileInfo::ask(client, &url)?;
        let description = match &description {
            FileInfo::Absent => {
                self.cache.set_absent(&self.commit, path)?;
                return Ok(None);
            }
            FileInfo::Described(description) => Some(description),
            FileInfo::Unverifiable => self.listed(client)?.get(path),
        };
        let most = max_size(path);
        if let Some(description) = description.filter(|description| description.size > most) {
            let what =
                format!("{} MiB, expected at most {} MiB", description.size >> 20, most >> 20);
            return Err(at(&url, what).with_kind(ErrorKind::Unsupported).hint(TOO_LARGE));
        }
        if let Some(description) = description {
            let _lock = self.cache.lock(&description.hash)?;
            let file = fetch(client, &self.cache, (&url, path), description, self.progress)?;
            self.cache.link(&self.commit, path, &description.hash)?;
            return Ok(Some(file));
        }
        let (file, hash) =
            fetch_unverified(client, &self.cache, (&url, path), most, self.progress)?;
        self.unverified.borrow_mut().push(path.to_owned());
        let _lock = self.cache.lock(&hash)?;
        self.cache.link(&self.commit, path, &hash)?;
        Ok(Some(file))
    }

    /// The Hub's list of the model's files; empty if the Hub, or its mirror, has no list.
    fn listed(&self, client: &HubClient) -> Result<&BTreeMap<String, Description>> {
        if let Some(listed) = self.listed.get() {
            return Ok(listed);
        }
        let path = format!("/api/models/{}/revision/{}?blobs=true", self.id, self.commit);
        let url = self.endpoint.below(&path);
        let info: Option<Info> = match retry_with_backoff(FIRST_WAIT, || client.json(&url)) {
            Ok(info) => Some(info),
            Err(RequestError::Transient(error, _)) => return Err(error),
            Err(_) => None,
        };
        let siblings = info.map(|info| info.siblings).unwrap_or_default().into_iter();
        Ok(self.listed.get_or_init(|| siblings.filter_map(Sibling::description).collect()))
    }

    fn url(&self, path: &str) -> Url {
        self.endpoint.below(&format!("/{}/resolve/{}/{path}", self.id, self.commit))
    }
}

impl Bundle for HubModel<'_> {
    fn open(&mut self, path: &str) -> Result<Option<Box<dyn Read + '_>>> {
        let Some(path) = self.file(path)? else { return Ok(None) };
        let file = files::open(&path).map_err(|e| Error::io(&path, "read the file", e))?;
        Ok(Some(Box::new(file)))
    }

    fn place(&self, path: &str) -> Location {
        Location::file(self.url(path).to_string())
    }
}

const OFFLINE: &str = "unset HF_HUB_OFFLINE to download from the Hub";

/// Requests the commit of the model's revision.
fn request_commit(client: &HubClient, endpoint: &Url, id: &ModelId) -> Result<String> {
    let revision = id.revision().replace('/', "%2F");
    let url = endpoint.below(&format!("/api/models/{id}/revision/{revision}"));
    let Info { sha, .. } =
        retry_with_backoff(FIRST_WAIT, || client.json(&url)).map_err(|error| match error {
            RequestError::NotFound(error) => error.hint(format!(
                "check the spelling: there is no model `{id}`, or no revision `{}` of it",
                id.revision()
            )),
            error => error.into_error(),
        })?;
    if is_commit(&sha) { Ok(sha) } else { Err(unexpected_response(&url)) }
}

/// The largest size accepted for the file at `path`, in bytes.
fn max_size(path: &str) -> u64 {
    FILES.iter().find(|file| file.name == path).map_or(MAX_JSON, |file| file.max_size)
}
