//! The URL, the token and the cache folder of the Hub, from the variables that Hugging Face's own
//! tools use.
//!
//! | environment | meaning | default |
//! |---|---|---|
//! | `HF_ENDPOINT` | URL of the Hub | `https://huggingface.co` |
//! | `HF_HOME` | folder that contains `hub/` and `token` | `$XDG_CACHE_HOME/huggingface` |
//! | `HF_HUB_CACHE` | folder of the cache | the folder `hub` in `HF_HOME` |
//! | `XDG_CACHE_HOME` | folder of all programs' caches | `~/.cache` |
//! | `HF_TOKEN` | access token | the content of the file `token`, if it exists |
//! | `HF_HUB_OFFLINE` | `1`, `on`, `yes` or `true`: only the cache is used | |

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::web::{Credentials, Url};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// The longest token, in bytes.
const MAX_TOKEN: u64 = 1 << 16;

/// Settings for downloads from the Hub.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "hub"), allow(dead_code, reason = "only downloads read them"))]
pub struct HubSettings {
    /// The URL of the Hub.
    pub(super) endpoint: Url,
    /// The cache folder, which all models and all of Hugging Face's tools share.
    pub(super) cache: PathBuf,
    /// The access token.
    pub(super) token: Option<Credentials>,
    /// Whether only the cache may be used.
    pub(super) is_offline: bool,
}

impl HubSettings {
    /// Resolves the settings. `environment` returns the value of a variable; an empty one counts as
    /// unset.
    ///
    /// # Errors
    /// If the home folder is unknown, or the endpoint or the token is invalid. No error quotes a
    /// secret.
    pub fn resolve(environment: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let environment = |name: &str| {
            environment(name).filter(|value| !value.to_string_lossy().trim().is_empty())
        };
        let text = |name: &str| Some(environment(name)?.to_string_lossy().into_owned());
        let endpoint = text("HF_ENDPOINT");
        let endpoint = read_endpoint(endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT))?;
        let folder = |name: &str| environment(name).map(PathBuf::from);
        let caches = || match folder("XDG_CACHE_HOME") {
            Some(caches) => Ok(caches),
            None => std::env::home_dir().map(|home| home.join(".cache")).ok_or_else(|| {
                Error::new("the home folder is unknown")
                    .with_kind(ErrorKind::NotFound)
                    .hint("set HF_HOME")
            }),
        };
        let home = match folder("HF_HOME") {
            Some(home) => home,
            None => caches()?.join("huggingface"),
        };
        let cache = folder("HF_HUB_CACHE").unwrap_or_else(|| home.join("hub"));
        let token = text("HF_TOKEN").or_else(|| logged_in(&home));
        let token = token.as_deref().map(read_token).transpose()?;
        let is_offline = text("HF_HUB_OFFLINE").is_some_and(|value| {
            ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
        });
        Ok(Self { endpoint, cache, token, is_offline })
    }

    /// Resolves the settings from the environment of this process.
    ///
    /// # Errors
    /// As [`HubSettings::resolve`].
    pub fn resolve_here() -> Result<Self> {
        Self::resolve(|name| std::env::var_os(name))
    }
}

/// Parses the URL of the Hub.
///
/// # Errors
/// If the text is not a URL, or the URL has a user, password or query. The error does not quote
/// them.
fn read_endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text.trim().trim_end_matches('/')).filter(|url| !url.has_query());
    url.ok_or_else(|| {
        Error::new("HF_ENDPOINT is not a valid URL of a Hub")
            .hint("set it to `https://HOST` without a user, password or query")
    })
}

/// Parses an access token.
///
/// # Errors
/// If it contains a character that no token has. The error does not quote the token.
fn read_token(text: &str) -> Result<Credentials> {
    Credentials::token(text).ok_or_else(|| {
        Error::new("the token of the Hugging Face Hub contains an invalid character")
            .hint("check HF_TOKEN, or the file `token` in HF_HOME")
    })
}

/// Reads the token that `login` of Hugging Face's own tools stored.
fn logged_in(home: &Path) -> Option<String> {
    let token = files::read_at_most(&home.join("token"), MAX_TOKEN).ok()?;
    String::from_utf8(token).ok().filter(|token| !token.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn resolve(environment: &[(&str, &str)]) -> Result<HubSettings> {
        HubSettings::resolve(|name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
        })
    }

    // The expected values are from `constants.py` of huggingface_hub 1.0.
    #[test]
    fn the_cache_folder_is_that_of_hugging_faces_tools() {
        let cache = |environment: &[(&str, &str)]| resolve(environment).unwrap().cache;
        let all = [("HF_HUB_CACHE", "/a"), ("HF_HOME", "/b"), ("XDG_CACHE_HOME", "/c")];
        for (environment, expected) in
            [(&all[..], "/a"), (&all[1..], "/b/hub"), (&all[2..], "/c/huggingface/hub")]
        {
            assert_eq!(cache(environment), Path::new(expected));
        }
    }

    #[test]
    fn hf_token_takes_precedence_over_the_stored_token() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let token = |environment: &[(&str, &str)]| {
            let settings = resolve(&[&[("HF_HOME", path)], environment].concat()).unwrap();
            settings.token.map(|token| token.header())
        };
        assert_eq!(token(&[]), None);
        fs::write(home.path().join("token"), "hf_file\n").unwrap();
        assert_eq!(token(&[]).as_deref(), Some("Bearer hf_file"));
        assert_eq!(token(&[("HF_TOKEN", " ")]).as_deref(), Some("Bearer hf_file"));
        assert_eq!(token(&[("HF_TOKEN", "hf_set")]).as_deref(), Some("Bearer hf_set"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let settings = resolve(&[("HF_HOME", "x"), ("HF_TOKEN", "hf_secret")]).unwrap();
        assert!(!format!("{settings:?}").contains("secret"));
        for (name, value) in [
            ("HF_TOKEN", "hf_sec\u{7}ret"),
            ("HF_TOKEN", "hf_sec\nret"),
            ("HF_ENDPOINT", "https://user:hf_secret@host"),
            ("HF_ENDPOINT", "https://host/?token=hf_secret"),
            ("HF_ENDPOINT", "ftp://secret"),
        ] {
            let error = resolve(&[("HF_HOME", "x"), (name, value)]).unwrap_err();
            let shown = format!("{error:?} {error} {}", error.reason());
            assert!(!shown.contains("sec"), "{shown}");
        }
    }
}
