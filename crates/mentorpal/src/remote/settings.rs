//! Settings of the remote: its URL, credentials, timeouts and trusted certificates.
//!
//! | environment | meaning | `mentorpal.toml` | default |
//! |---|---|---|---|
//! | `MENTORPAL_REMOTE` | URL | `[remote] url` | none |
//! | `MENTORPAL_REMOTE_USER`, `MENTORPAL_REMOTE_PASSWORD` | credentials for a WebDAV server | in
//! `url` | a `.netrc` |
//! | `MENTORPAL_REMOTE_TOKEN` | a token instead | | |
//! | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` | URL of the S3 server | `[remote] endpoint` |
//! Amazon |
//! | `AWS_REGION`, `AWS_DEFAULT_REGION` | region of the bucket | `[remote] region` | `us-east-1` |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | access keys of the bucket
//! | | |
//! | `MENTORPAL_REMOTE_TIMEOUT` | seconds that a server may be silent | | 60 |
//! | `MENTORPAL_REMOTE_WAIT` | seconds before the first retry | | 0.5 |
//! | `SSL_CERT_FILE` | trusted certificate authorities, instead of the system's | | |
//! | | additional certificate authorities for the remote | `[remote] ca_file` | none |

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::credentials::{InUrl, Login, Origin, look_up, netrc_files};
use super::location::Location;
use crate::error::{Error, ErrorKind, Result};
use crate::secrets;
use crate::web::{Agent, Authorities, Credentials, Url};
use crate::workspace::Workspace;

/// The table `[remote]` of `mentorpal.toml`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteTable {
    /// The URL of the remote.
    pub url: Option<String>,
    /// The URL of the S3 server, if it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// A PEM file with certificate authorities to trust in addition to the system's; relative to
    /// the workspace.
    pub ca_file: Option<String>,
}

/// The resolved settings of a remote. No file is read and no request is sent yet.
#[derive(Clone)]
#[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "S3 alone reads some of them"))]
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
    token: Option<String>,
    ca_file: Option<PathBuf>,
}

/// The access keys of a bucket.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) session_token: Option<String>,
}

impl RemoteSettings {
    /// Resolves the settings. `environment` returns the value of a variable; an empty one counts as
    /// unset. Returns `None` if no remote is configured.
    ///
    /// # Errors
    /// If a timeout or a wait is not a valid number of seconds.
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
        let password = environment("MENTORPAL_REMOTE_PASSWORD");
        password.iter().for_each(secrets::register);
        if let Some(Keys { id, secret, session_token }) = &keys {
            secrets::register(id);
            secrets::register(secret);
            session_token.iter().for_each(secrets::register);
        }
        Ok(Some(Self {
            url,
            endpoint: first_of(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]).or(table.endpoint),
            region: first_of(["AWS_REGION", "AWS_DEFAULT_REGION"])
                .or(table.region)
                .unwrap_or_else(|| "us-east-1".to_owned()),
            user: environment("MENTORPAL_REMOTE_USER"),
            password,
            keys,
            timeout: seconds("MENTORPAL_REMOTE_TIMEOUT", 60.0)?,
            first_wait: seconds("MENTORPAL_REMOTE_WAIT", 0.5)?,
            netrc_files: netrc_files(workspace.root(), environment, std::env::home_dir()),
            token: environment("MENTORPAL_REMOTE_TOKEN"),
            ca_file: table.ca_file.map(|path| workspace.root().join(path)),
        }))
    }

    /// Parses the URL of the remote.
    ///
    /// # Errors
    /// If the URL is not that of a remote.
    pub(super) fn location(&self) -> Result<Location> {
        Location::parse(&self.url)
    }

    /// Creates the HTTP client.
    ///
    /// # Errors
    /// If `ca_file` cannot be read or is invalid.
    pub(super) fn agent(&self) -> Result<Agent> {
        let authorities = self.ca_file.as_deref().map(Authorities::with_system_roots);
        Ok(Agent::new(self.timeout, authorities.transpose()?.as_ref()))
    }

    /// Returns the credentials for the server of `url`. The user is that of the variable, else of
    /// the URL, else of a `.netrc` file. The password is that of the variable, else that of the URL
    /// if the user is the URL's, else that of a `.netrc` file for this user.
    ///
    /// # Errors
    /// If there is a user without a password, a password without a user, or either together with a
    /// token, or if a `.netrc` file cannot be read or parsed.
    pub(super) fn login(&self, url: &Url, in_url: Option<InUrl>) -> Result<Login> {
        if let Some(token) = &self.token {
            if self.user.is_some() || self.password.is_some() || in_url.is_some() {
                return Err(Error::new(
                    "MENTORPAL_REMOTE_TOKEN is set together with a user or a password",
                )
                .hint("unset one of them: use either a token, or a user and a password"));
            }
            let credentials = Credentials::token(token).ok_or_else(|| {
                Error::new("MENTORPAL_REMOTE_TOKEN is not a token")
                    .hint("set it to the token only: letters, digits and signs without spaces")
            })?;
            return Ok(Login {
                credentials: Some(credentials),
                origin: Origin::Token,
                warning: None,
            });
        }
        let (user, of_url) = match (&self.user, in_url) {
            (Some(user), _) => (Some(user.clone().into_bytes()), None),
            (None, Some(in_url)) => (Some(in_url.user), in_url.password),
            (None, None) => (None, None),
        };
        let password = self.password.clone().map(String::into_bytes).or(of_url);
        match (user, password) {
            (Some(user), Some(password)) => {
                let credentials = Some(Credentials::new(&user, &password)?);
                Ok(Login { credentials, origin: Origin::Settings, warning: None })
            }
            (None, Some(_)) => Err(Error::new("MENTORPAL_REMOTE_PASSWORD is set without a user")
                .with_kind(ErrorKind::Unauthorized)
                .hint("set MENTORPAL_REMOTE_USER, too")),
            (user, None) => {
                let login = look_up(&self.netrc_files, url.host(), user.as_deref())?;
                if user.is_some() && login.credentials.is_none() {
                    return Err(self.no_password(url));
                }
                Ok(login)
            }
        }
    }

    /// The error of a user without a password. It does not quote the user, which may be a token.
    fn no_password(&self, url: &Url) -> Error {
        let of = if self.user.is_some() { "MENTORPAL_REMOTE_USER" } else { "the remote's URL" };
        let host = url.host();
        let error = Error::new(format!("{of} has a user without a password"));
        error.with_kind(ErrorKind::Unauthorized).hint(format!(
            "set MENTORPAL_REMOTE_PASSWORD, or put `machine {host} login USER password PASSWORD` \
             into a .netrc; for an empty password, write `USER:@` in the URL"
        ))
    }
}

impl fmt::Debug for RemoteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteSettings({})", secrets::mask_credentials(&self.url))
    }
}

impl fmt::Debug for RemoteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteTable")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The settings of the workspace in `folder`, with the remote at `url`.
    fn settings(folder: &Path, url: &str, environment: &[(&str, &str)]) -> RemoteSettings {
        let text = |text: &str| Some(text.to_owned());
        let table = RemoteTable {
            url: text(url),
            endpoint: text("https://of.table"),
            region: text("table"),
            ca_file: None,
        };
        let workspace = Workspace::open(folder).unwrap();
        let value = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        RemoteSettings::resolve(table, &workspace, value).unwrap().unwrap()
    }

    #[test]
    fn the_environment_takes_precedence_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let settings = |variables: &[_]| settings(folder.path(), "s3://team", variables);
        let of_file = settings(&[]);
        assert_eq!(of_file.endpoint.as_deref(), Some("https://of.table"));
        assert_eq!(of_file.region, "table");
        let variables = [("AWS_ENDPOINT_URL", "https://of.environment"), ("AWS_REGION", "here")];
        let of_environment = settings(&variables);
        assert_eq!(of_environment.endpoint.as_deref(), Some("https://of.environment"));
        assert_eq!(of_environment.region, "here");
        let variables = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "there")];
        assert_eq!(settings(&variables).region, "there");
    }

    #[test]
    fn incomplete_credentials_are_refused() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        const NETRC: &str = "machine disk.example login bob password of-bob\n\
                             machine disk.example login ada password of-file\n";
        let (user, password) = ("MENTORPAL_REMOTE_USER", "MENTORPAL_REMOTE_PASSWORD");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".netrc"), NETRC).unwrap();
        let login = |login: &str, variables: Variables| {
            let url = format!("https://{login}disk.example");
            let settings = settings(folder.path(), &url, variables);
            let Location::Dav(url, in_url) = settings.location().unwrap() else { panic!() };
            settings.login(&url, in_url)
        };
        let shown: [(&str, Variables, &str, &str); 9] = [
            ("", &[], "bob", "of-bob"),
            ("ada@", &[], "ada", "of-file"),
            ("ada@", &[(password, "p")], "ada", "p"),
            ("ada:@", &[], "ada", ""),
            ("ada:of-url@", &[], "ada", "of-url"),
            ("ada:of-url@", &[(password, "p")], "ada", "p"),
            ("eve:of-url@", &[(user, "ada")], "ada", "of-file"),
            ("", &[(user, "ada")], "ada", "of-file"),
            ("", &[(user, "eve"), (password, "p")], "eve", "p"),
        ];
        for (in_url, variables, user, password) in shown {
            let found = login(in_url, variables).unwrap().credentials;
            let expected = Credentials::new(user.as_bytes(), password.as_bytes()).unwrap();
            assert!(found == Some(expected), "{in_url} {variables:?}");
        }
        let refused: [(&str, Variables, &str); 4] = [
            ("", &[(password, "p")], "MENTORPAL_REMOTE_PASSWORD is set without a user"),
            ("", &[(user, "eve")], "MENTORPAL_REMOTE_USER has a user without"),
            ("s3cret@", &[], "the remote's URL has a user without"),
            ("", &[("MENTORPAL_REMOTE_TOKEN", "s3cret token")], "is not a token"),
        ];
        for (in_url, variables, says) in refused {
            let error = login(in_url, variables).unwrap_err();
            assert!(error.reason().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
