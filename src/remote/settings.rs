//! Which remote, and how patient to be with it.
//!
//! | environment | meaning | `mentorpal.toml` | default |
//! |---|---|---|---|
//! | `MENTORPAL_REMOTE` | where it is | `[remote] url` | none |
//! | `MENTORPAL_REMOTE_USER`, `MENTORPAL_REMOTE_PASSWORD` | who asks a WebDAV disk | | a `.netrc` |
//! | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` | where a bucket is | `[remote] endpoint` | Amazon |
//! | `AWS_REGION`, `AWS_DEFAULT_REGION` | its region | `[remote] region` | `us-east-1` |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | who asks it | | |
//! | `MENTORPAL_REMOTE_TIMEOUT` | the seconds that a server may say nothing | | 60 |
//! | `MENTORPAL_REMOTE_WAIT` | the seconds before a second try | | 0.5 |

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::credentials::{Credentials, Login, Origin, look_up, netrc_files};
use super::location::Location;
use crate::error::{Error, Result};
use crate::web::Url;
use crate::workspace::Workspace;

/// `[remote]` of `mentorpal.toml`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteTable {
    /// Where it is.
    pub url: Option<String>,
    /// Where a bucket is, if not at Amazon.
    pub endpoint: Option<String>,
    /// A bucket's region.
    pub region: Option<String>,
}

/// A remote, as the settings have it; nothing is asked or read yet.
#[derive(Clone)]
pub struct RemoteSettings {
    pub(super) url: String,
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    user: Option<String>,
    password: Option<String>,
    pub(super) keys: Option<Keys>,
    pub(super) timeout: Duration,
    pub(super) first_wait: Duration,
    netrc_files: Vec<PathBuf>,
}

/// Who asks a bucket.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) session_token: Option<String>,
}

impl RemoteSettings {
    /// Resolves the settings; `environment` looks a variable up, where an empty one counts as
    /// unset. `None` where no remote is configured.
    ///
    /// # Errors
    /// When a number of seconds is none.
    pub fn resolve(
        table: RemoteTable,
        workspace: &Workspace,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>> {
        let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
        let first_of = |names: [&str; 2]| names.into_iter().find_map(environment);
        let Some(url) = environment("MENTORPAL_REMOTE").or(table.url) else { return Ok(None) };
        let seconds = |name: &str, default: f64| {
            let Some(text) = environment(name) else { return Ok(Duration::from_secs_f64(default)) };
            let seconds = text.parse().ok().filter(|seconds| (0.0..=86400.0).contains(seconds));
            seconds.map(Duration::from_secs_f64).ok_or_else(|| {
                Error::new(format!("{name} is `{}`", text.escape_debug()))
                    .hint("expected a number of seconds, for instance 30 or 0.5")
            })
        };
        let keys = environment("AWS_ACCESS_KEY_ID").zip(environment("AWS_SECRET_ACCESS_KEY"));
        let keys = keys.map(|(id, secret)| Keys {
            id,
            secret,
            session_token: environment("AWS_SESSION_TOKEN"),
        });
        Ok(Some(Self {
            url,
            endpoint: table.endpoint.or(first_of(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])),
            region: table
                .region
                .or(first_of(["AWS_REGION", "AWS_DEFAULT_REGION"]))
                .unwrap_or_else(|| "us-east-1".to_owned()),
            user: environment("MENTORPAL_REMOTE_USER"),
            password: environment("MENTORPAL_REMOTE_PASSWORD"),
            keys,
            timeout: seconds("MENTORPAL_REMOTE_TIMEOUT", 60.0)?,
            first_wait: seconds("MENTORPAL_REMOTE_WAIT", 0.5)?,
            netrc_files: netrc_files(workspace.root(), environment, std::env::home_dir()),
        }))
    }

    /// Where it is.
    ///
    /// # Errors
    /// When that is no URL of a remote.
    pub(super) fn location(&self) -> Result<Location> {
        Location::parse(&self.url)
    }

    /// Who asks the server of `url`: what the settings say goes before any `.netrc`.
    ///
    /// # Errors
    /// When a `.netrc` cannot be read as one.
    pub(super) fn login(&self, url: &Url, in_url: Option<Credentials>) -> Result<Login> {
        let of_settings = match (&self.user, &self.password) {
            (Some(user), password) => {
                let password = password.as_deref().unwrap_or_default();
                Some(Credentials::new(user.as_bytes(), password.as_bytes())?)
            }
            _ => in_url,
        };
        match of_settings {
            None => look_up(&self.netrc_files, url.host()),
            credentials => Ok(Login { credentials, origin: Origin::Settings, warning: None }),
        }
    }
}

impl fmt::Debug for RemoteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteSettings({})", crate::error::mask_credentials(&self.url))
    }
}

impl fmt::Debug for RemoteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteTable")
    }
}
