//! Sentence encoders from the Hugging Face Hub.
//!
//! The cache has the layout of Hugging Face's own tools, so that they share it. Their crate `hf-hub`
//! is not used: version 0.5 sends the token to other servers and resumes a file with whatever the
//! server sends; version 1 brings some 200 crates and does not verify the hash of small files.
//!
//! | file | stage |
//! |---|---|
//! | `model_id.rs` | what was typed → which model |
//! | `settings.rs` | the environment → which Hub, cache and token |
//! | `client.rs` | requests: who gets the token, which redirects are followed |
//! | `hash.rs` | what the Hub says of a file's content |
//! | `transfer.rs` | one file → the cache, whole |
//! | `cache.rs` | the cache's layout |

mod cache;
mod client;
mod hash;
mod model_id;
mod settings;
mod transfer;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use serde::Deserialize;

use self::cache::{Cached, ModelCache, is_commit};
use self::client::{Client, FIRST_WAIT, no_hub};
use self::hash::Hash;
pub use self::model_id::ModelId;
pub use self::settings::HubSettings;
use self::transfer::{Description, Said, fetch, fetch_unverified};

use super::collect_files::{Bundle, encoder};
use super::encoder::{FILES, MAX_JSON};
use super::install::{chosen_or, install};
use super::store::Added;
use crate::error::{Error, Location, Result};
use crate::files::{self, TOO_LARGE};
use crate::progress::Progress;
use crate::web::{RequestError, Url, retry_with_backoff};
use crate::workspace::{Name, Workspace};

/// What a model from the Hub is said to be.
const FORMAT: &str = "Hugging Face Hub";

/// What to download.
#[derive(Clone, Debug)]
pub struct DownloadRequest {
    /// The sentence encoder.
    pub model: ModelId,
    /// What to call it; without, as the model without its owner.
    pub name: Option<Name>,
    /// What is known of its licence; without, what its `README.md` says.
    pub licence: Option<String>,
    /// Whether to replace a vector model of the same name.
    pub overwrite: bool,
}

/// Fetches the files that a sentence encoder needs of a model on the Hub, through the cache that
/// Hugging Face's tools share, and publishes them as a vector model: whole or not at all. Files of
/// which a mirror says no hash are taken as they come, and named in [`Added::unverified`].
///
/// # Errors
/// If the Hub cannot be asked, or refuses; when a file is not what the Hub said of it, or is no
/// file of a sentence encoder; when the name is taken and not to be replaced; when the disk fails.
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
        let made = encoder(&mut model, (FORMAT, request.licence.clone()), folder, progress)?;
        model.set_commit()?;
        unverified = model.unverified.into_inner();
        Ok((format!("{}@{}", request.model, model.commit), made))
    })?;
    Ok(Added { unverified, ..added })
}

/// A model on the Hub at a commit, whose files are fetched as they are opened.
struct HubModel<'a> {
    id: &'a ModelId,
    commit: String,
    endpoint: &'a Url,
    cache: ModelCache,
    /// `None` where only the cache is to be used.
    client: Option<Client>,
    progress: &'a dyn Progress,
    /// What is listed of its files, asked for where a file's own answer says too little.
    listed: OnceCell<BTreeMap<String, Description>>,
    /// The files that nothing was said of.
    unverified: RefCell<Vec<String>>,
}

/// What the Hub says of a model.
#[derive(Deserialize)]
struct Info {
    /// The commit.
    sha: String,
    /// Its files.
    #[serde(default)]
    siblings: Vec<Sibling>,
}

/// What the Hub lists of a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    /// What git calls it.
    blob_id: Option<String>,
    size: Option<u64>,
    /// Of a large file, what git has instead of it.
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
    /// Finds the commit that the model's revision is.
    fn find(
        settings: &'a HubSettings,
        id: &'a ModelId,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        let endpoint = &settings.endpoint;
        let cache = ModelCache::new(&settings.cache, id);
        let client = (!settings.is_offline).then(|| Client::new(settings));
        let commit = match &client {
            Some(client) => ask_commit(client, endpoint, id)?,
            None => cache.commit(id.revision()).ok_or_else(|| {
                let what = format!("`{id}` at `{}` is not in Hugging Face's cache", id.revision());
                Error::at(Location::file(&settings.cache), what).hint(OFFLINE)
            })?,
        };
        let (listed, unverified) = (OnceCell::new(), RefCell::default());
        Ok(Self { id, commit, endpoint, cache, client, progress, listed, unverified })
    }

    /// Notes in the cache which commit was used.
    fn set_commit(&self) -> Result<()> {
        let is_known = self.client.is_none() || self.id.revision() == self.commit;
        if is_known { Ok(()) } else { self.cache.set_commit(&self.commit) }
    }

    /// Where the file at `path` is in the cache, fetched if need be; `None` where there is none.
    fn file(&self, path: &str) -> Result<Option<PathBuf>> {
        match self.cache.look_up(&self.commit, path) {
            Cached::Whole(file) => return Ok(Some(file)),
            Cached::Absent => return Ok(None),
            Cached::Unknown => {}
        }
        let url = self.url(path);
        let Some(client) = &self.client else {
            // Without it, nothing but the note on the licence is missing.
            if path == "README.md" {
                return Ok(None);
            }
            let what = "not in Hugging Face's cache, or damaged there";
            return Err(Error::at(Location::file(url.to_string()), what).hint(OFFLINE));
        };
        let said = Said::ask(client, &url)?;
        let said = match &said {
            Said::Absent => {
                self.cache.set_absent(&self.commit, path)?;
                return Ok(None);
            }
            Said::Known(said) => Some(said),
            Said::Nothing => self.listed(client)?.get(path),
        };
        let most = max_size(path);
        if let Some(said) = said.filter(|said| said.size > most) {
            let what = format!("{} MiB, expected at most {}", said.size >> 20, most >> 20);
            return Err(Error::at(Location::file(url.to_string()), what).hint(TOO_LARGE));
        }
        if let Some(said) = said {
            let _lock = self.cache.lock(&said.hash)?;
            let file = fetch(client, &self.cache, (&url, path), said, self.progress)?;
            self.cache.link(&self.commit, path, &said.hash)?;
            return Ok(Some(file));
        }
        let (file, hash) =
            fetch_unverified(client, &self.cache, (&url, path), most, self.progress)?;
        self.unverified.borrow_mut().push(path.to_owned());
        let _lock = self.cache.lock(&hash)?;
        self.cache.link(&self.commit, path, &hash)?;
        Ok(Some(file))
    }

    /// What is listed of the model's files; nothing where the Hub, or a mirror of it, has no list.
    fn listed(&self, client: &Client) -> Result<&BTreeMap<String, Description>> {
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

const OFFLINE: &str = "HF_HUB_OFFLINE is set; without it, the Hub is asked";

/// Asks which commit the model's revision is.
fn ask_commit(client: &Client, endpoint: &Url, id: &ModelId) -> Result<String> {
    let revision = id.revision().replace('/', "%2F");
    let url = endpoint.below(&format!("/api/models/{id}/revision/{revision}"));
    let Info { sha, .. } =
        retry_with_backoff(FIRST_WAIT, || client.json(&url)).map_err(|fault| match fault {
            RequestError::NotFound(error) => error.hint(format!(
                "there is no model `{id}`, or it has no revision `{}`; look at the spelling",
                id.revision()
            )),
            fault => fault.into_error(),
        })?;
    if is_commit(&sha) { Ok(sha) } else { Err(no_hub(&url)) }
}

/// The largest size of the file at `path`, in bytes.
fn max_size(path: &str) -> u64 {
    FILES.iter().find(|file| file.name == path).map_or(MAX_JSON, |file| file.max_size)
}
